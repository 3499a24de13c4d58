"""What stands around an activation in a network, and its peers: rows, gates, a bias, masks and zeros.

One table: the arrays, our call, the peers' calls, and how many times as long as ours each of them shall take. As in
peers.py a spelling writes where it can into arrays that exist, and of several the fastest is chosen by measurement.
This file must not time rounds, nor format anything.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

import fastact

from .cases import SEED
from .harness import Candidate, fastest
from .peers import FASTACT, bytes_of
from .tensors import array_of, tensor_of

TORCH, SCIPY, NUMPY, APART = "torch", "scipy", "numpy", "fastact, apart"
# Of the largest result: it tells a wrong spelling, not a lost digit.
TOLERANCE = 1e-4
# How a call begins that overwrites what it reads; what that takes is measured too, and taken off.
RESTORE = "restore[:] = source; "
# The arrays of the largest cases: beyond every cache.
MANY, BATCH = 32_000_000, 10_000_000

Arrays = dict[str, object]


@dataclass(frozen=True)
class Around:
    """One comparison on float32 arrays, and the targets by peer."""

    function: str
    on: str
    arrays: Callable[[np.random.Generator], Arrays]
    ours: str
    peers: Mapping[str, tuple[str, ...]]
    targets: Mapping[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.function}, {self.on}"


def _normal(generator: np.random.Generator, *shape: int) -> np.ndarray:
    return generator.standard_normal(shape, dtype=np.float32)


def _rows(*shape: int):
    def arrays(generator):
        x, grad = 2 * _normal(generator, *shape), _normal(generator, *shape)
        return {"x": x, "grad": grad, "y": fastact.softmax(x), "log_y": fastact.log_softmax(x), "out": np.empty_like(x)}

    return arrays


def _gates(*shape: int):
    def arrays(generator):
        inputs = {name: _normal(generator, *shape) for name in ("gate", "up", "grad")}
        return inputs | {name: np.empty(shape, np.float32) for name in ("out", "work", "dgate", "dup")}

    return arrays


def _halves(count: int, length: int):
    """Return a maker of x of two halves, of a half, and of gradients as long as each."""

    def arrays(generator):
        x, wide = _normal(generator, 2, count, 2 * length)
        half, grad = x[:, :length].copy(), wide[:, length:].copy()
        return {"x": x, "half": half, "grad": grad, "wide": wide, "out": np.empty_like(half), "dx": np.empty_like(x)}

    return arrays


def _units(count: int, length: int, pieces: int):
    def arrays(generator):
        x, grad = _normal(generator, count, length, pieces), _normal(generator, count, length)
        _, which = fastact.maxout(x)
        place = which[..., np.newaxis].astype(np.int64)
        return {
            "x": x,
            "grad": grad,
            "which": which,
            "place": place,
            "out": np.empty_like(grad),
            "dx": np.empty_like(x),
        }

    return arrays


def _batch(*shape: int):
    def arrays(generator):
        x, bias = _normal(generator, *shape), _normal(generator, shape[-1])
        work = x.copy()
        restoring = {"restore": bytes_of(work.ravel()), "source": bytes_of(x.ravel())}
        out = np.empty_like(x)
        return {"x": x, "bias": bias, "work": work, "out": out, "grad": _normal(generator, *shape), **restoring}

    return arrays


def _long(count: int):
    def arrays(generator):
        x, grad = _normal(generator, count), _normal(generator, count)
        y, mask = fastact.relu_mask(x)
        return {"x": x, "grad": grad, "y": y, "mask": mask, "bits": mask.copy(), "out": np.empty_like(x)}

    return arrays


def _zeros(share: float, *shape: int):
    """Numbers of which relu makes so many zeros."""

    def arrays(generator):
        x = np.abs(_normal(generator, *shape))
        x[generator.random(shape) < share] *= -1
        return {"x": x, "y": np.maximum(x, 0)}

    return arrays


def _of_rows() -> Iterator[Around]:
    for count, length in ((1000, 1000), (10_000, 32)):
        arrays, on = _rows(count, length), f"{count:,} rows of {length:,}"
        for name, targets in (("softmax", {TORCH: 1.3, SCIPY: 5.0}), ("log_softmax", {})):
            peers = {
                TORCH: (f"torch.{name}(x, -1, out=out)", f"aten._{name}.out(x, -1, False, out=out)"),
                SCIPY: (f"special.{name}(x, axis=-1)",),
            }
            yield Around(name, on, arrays, f"fa.{name}(x, out=out)", peers, targets)
        for name, y, result in (("softmax", "y", "grad_input"), ("log_softmax", "log_y", "out")):
            call = f"aten._{name}_backward_data.out(grad, {y}, -1, torch.float32, {result}=out)"
            yield Around(f"{name}_backward", on, arrays, f"fa.{name}_backward(grad, {y}, out=out)", {TORCH: (call,)})
    peers = {TORCH: ("torch.softmax(x, 0, out=out)",), SCIPY: ("special.softmax(x, axis=0)",)}
    yield Around("softmax", "1,000 columns of 1,000", _rows(1000, 1000), "fa.softmax(x, 0, out)", peers)


# PyTorch's activation of a gate into `{}`, and its derivative times `work` into dgate.
GATES = {
    "reglu": ("torch.clamp_min(gate, 0, out={})", "threshold_backward.grad_input(work, gate, 0, grad_input=dgate)"),
    "geglu": ("torch._C._nn.gelu(gate, out={})", "gelu_backward.grad_input(work, gate, grad_input=dgate)"),
    "swiglu": ("torch._C._nn.silu(gate, out={})", "silu_backward.grad_input(work, gate, grad_input=dgate)"),
}


def _of_gates() -> Iterator[Around]:
    arrays, on = _gates(1000, 1000), "1,000 x 1,000"
    for name, (activation, derivative) in GATES.items():
        forward = f"{activation.format('out')}; torch.mul(out, up, out=out)"
        backward = (
            f"torch.mul(grad, up, out=work); aten.{derivative}; {activation.format('dup')}; "
            "torch.mul(dup, grad, out=dup); (dgate, dup)"
        )
        both = ({TORCH: 1.3}, {TORCH: 2.0}) if name == "swiglu" else ({}, {})
        yield Around(name, on, arrays, f"fa.{name}(gate, up, out=out)", {TORCH: (forward,)}, both[0])
        ours = f"fa.{name}_backward(grad, gate, up, out=(dgate, dup))"
        yield Around(f"{name}_backward", on, arrays, ours, {TORCH: (backward,)}, both[1])
    arrays, on = _halves(1000, 1000), "1,000 rows of two halves"
    yield Around("glu", on, arrays, "fa.glu(x, out=out)", {TORCH: ("torch._C._nn.glu(x, -1, out=out)",)})
    call = "aten.glu_backward.grad_input(grad, x, -1, grad_input=dx)"
    yield Around("glu_backward", on, arrays, "fa.glu_backward(grad, x, out=dx)", {TORCH: (call,)})
    call = "torch.cat((torch.relu(half), torch.relu(-half)), -1, out=dx)"
    yield Around("crelu", "1,000 x 1,000", arrays, "fa.crelu(half, out=dx)", {TORCH: (call,)})
    call = (
        "torch.mul(wide[:, :1000], half > 0, out=out); torch.addcmul(out, wide[:, 1000:], half < 0, value=-1, out=out)"
    )
    ours = "fa.crelu_backward(wide, half, out=out)"
    yield Around("crelu_backward", "1,000 x 1,000", arrays, ours, {TORCH: (call,)})
    arrays, on = _units(1000, 1000, 3), "1,000 x 1,000 units of 3"
    ours = "fa.maxout(x, out=(out, which))"
    yield Around("maxout", on, arrays, ours, {TORCH: ("torch.max(x, -1)",)})
    call = "dx.zero_(); dx.scatter_(-1, place, grad[..., None])"
    ours = "fa.maxout_backward(grad, which, 3, out=dx)"
    yield Around("maxout_backward", on, arrays, ours, {TORCH: (call,)})


def _of_biases() -> Iterator[Around]:
    arrays, on = _batch(BATCH // 1000, 1000), f"{BATCH // 1000:,} x 1,000"
    for name, target in (("relu", {}), ("gelu", {APART: 1.5})):
        added = f"np.add(work, bias, out=work); fa.{name}(work, out=work)"
        call = f"{RESTORE}fa.bias_act(work, bias, '{name}', out=work)"
        yield Around("bias_act", f"{name}, {on}, in place", arrays, call, {APART: (RESTORE + added,)}, target)
    apart = "np.add(x, bias, out=out); fa.gelu_backward(grad, out, out=out); (out, out.sum(0))"
    ours = "fa.bias_act_backward(grad, x, bias, 'gelu', out=(out, None))"
    yield Around("bias_act_backward", f"gelu, {on}", arrays, ours, {APART: (apart,)})


def _of_zeros() -> Iterator[Around]:
    for count in (4096, MANY):
        arrays, on = _long(count), f"{count:,}"
        relu, backward = "(fa.relu(x, out=out), mask)", "fa.relu_backward(grad, x, out=out)"
        targets = ({APART: 1 / 1.15}, {APART: 1.6}) if count == MANY else ({}, {})
        yield Around("relu_mask", on, arrays, "fa.relu_mask(x, out=(out, bits))", {APART: (relu,)}, targets[0])
        peers = {APART: (backward,), TORCH: ("aten.threshold_backward.grad_input(grad, x, 0, grad_input=out)",)}
        ours = "fa.relu_backward_mask(grad, mask, out=out)"
        yield Around("relu_backward_mask", on, arrays, ours, peers, targets[1])
    for share in (0.5, 0.9, 0.99):
        arrays, on = _zeros(share, 2000, 2000), f"2,000 x 2,000, {share:.0%} zeros"
        peers = {SCIPY: ("sparse.csr_array(np.maximum(x, 0))",)}
        yield Around("relu_csr", on, arrays, "fa.relu_csr(x)", peers, {SCIPY: 3.0})
    arrays, on = _zeros(0.9, 2000, 2000), "2,000 x 2,000"
    yield Around("sparsity", on, arrays, "fa.sparsity(y)", {NUMPY: ("1 - np.count_nonzero(y) / y.size",)})
    yield Around("dead_units", on, arrays, "fa.dead_units(y)", {NUMPY: ("~(y != 0).any(0)", "(y == 0).all(0)")})


AROUND = {one.label: one for part in (_of_rows, _of_gates, _of_biases, _of_zeros) for one in part()}


def _names(peer: str, arrays: Arrays) -> dict[str, object] | None:
    """Return what the peer's spellings name, or None where it is absent."""
    names: dict[str, object] = {"np": np, "fa": fastact, **arrays}
    if peer in (TORCH, SCIPY) and importlib.util.find_spec(peer) is None:
        return None
    if peer == TORCH:
        import torch

        tensors = {name: tensor_of(one) for name, one in arrays.items() if isinstance(one, np.ndarray)}
        names |= {"torch": torch, "aten": torch.ops.aten, **tensors}
    if peer == SCIPY:
        from scipy import sparse, special

        names |= {"sparse": sparse, "special": special}
    return names


def _parts(result) -> list[np.ndarray]:
    """Return the arrays of a result."""
    if hasattr(result, "indptr"):
        return [result.data, result.indices, result.indptr]
    if isinstance(result, tuple):
        return [part for one in result for part in _parts(one)]
    return [array_of(result) if hasattr(result, "numpy") else np.asarray(result)]


def _is_same(result, truth: list[np.ndarray]) -> bool:
    parts = _parts(result)
    return len(parts) == len(truth) and all(
        one.shape == other.shape and np.allclose(one, other, 0, TOLERANCE * np.max(np.abs(other), initial=0))
        for one, other in zip(parts, truth, strict=True)
    )


def candidates(label: str) -> tuple[dict[str, Candidate], list[str]]:
    """Return ours and the fastest right spelling of each peer, and the faults."""
    row = AROUND[label]
    arrays = row.arrays(np.random.default_rng(SEED))
    ours = Candidate(row.ours, {"fa": fastact, **arrays})
    truth = [part.copy() for part in _parts(ours.first_call())]
    found, faults = {FASTACT: ours}, []
    for peer, spellings in row.peers.items():
        names = _names(peer, arrays)
        right = []
        for spelling in spellings if names is not None else ():
            candidate = Candidate(spelling, names)
            if _is_same(candidate.first_call(), truth):
                right.append(candidate)
            else:
                faults.append(f"{peer}, {label}: {spelling}: another result")
        if right:
            found[peer] = fastest(right)
    if row.ours.startswith(RESTORE):
        found[RESTORE] = Candidate(RESTORE.removesuffix("; "), arrays)
    return found, faults
