"""The one table of implementations, each in the best spelling known; nothing else keeps a list.

A cell holds one or more spellings as text. Of several, the fastest on this machine and at this
size is chosen by measurement before the rounds begin: which of two NumPy spellings wins depends
on both. Spellings share the names x, grad, y (the saved output), out, temporary and mask.
This file must not time rounds, nor print.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np

import fastact

from .cases import ACTIVATIONS, SLOPE, Buffers
from .harness import Candidate, fastest
from .plan import DTYPES, FRESH, IN_PLACE, INTO
from .spellings import RESTORE, in_way
from .tensors import array_of, tensor_of

FASTACT = "fastact"
FROM_OUTPUT = "fastact from output"
OURS = (FASTACT, FROM_OUTPUT)
ARRAYS = ("x", "grad", "out", "temporary", "mask", "zeros")


def _arrays(buffers: Buffers, activation: str, direction: str) -> dict[str, object]:
    names = {name: getattr(buffers, name) for name in ARRAYS}
    if direction != "forward":
        names["y"] = buffers.y(activation)
    return names


def bytes_of(array: np.ndarray) -> memoryview:
    """Return what restores an array, or restores another from it, in less time than NumPy's call takes."""
    return array.view(np.uint8).data


def overwritten(buffers: Buffers, direction: str) -> tuple[str, dict[str, object], dict[str, object]]:
    """Return for work in place: what is overwritten, the arrays, and what restores it before each call."""
    victim = "x" if direction == "forward" else "grad"
    restoring = {"restore": bytes_of(buffers.out), "source": bytes_of(getattr(buffers, victim))}
    return victim, {victim: buffers.out, "work": buffers.work}, restoring


def _numpy_names(arrays):
    # 0-d arrays: a Python number is converted anew at each call, a NumPy scalar costs more too.
    dtype = arrays["x"].dtype
    constants = {name: np.array(value, dtype=dtype) for name, value in (("zero", 0), ("one", 1), ("slope", SLOPE))}
    return {"np": np, **constants, **arrays}


def _scipy_names(arrays):
    from scipy.special import expit

    return {"expit": expit, **_numpy_names(arrays)}


def _fastact_names(arrays):
    return {"fa": fastact, **arrays}


def _numba_names(arrays):
    from . import numba_kernels

    return {"np": np, **numba_kernels.KERNELS, **arrays}


def _torch_names(arrays):
    import torch

    tensors = {name: tensor_of(array) for name, array in arrays.items()}
    return {"torch": torch, "aten": torch.ops.aten, "zero": torch.zeros((), dtype=tensors["x"].dtype), **tensors}


def _plain(spelling: str, names: Mapping[str, object]) -> Candidate:
    return Candidate(spelling, names)


def _numexpr(spelling: str, names: Mapping[str, object]) -> Candidate:
    # The compiled expression is called directly, as re_evaluate does after its look-up of the
    # last one; evaluate() parses and hashes the text each time. "float" means float32 here.
    import numexpr

    operands = [name for name in ("grad", "slope", "x", "y") if re.search(rf"\b{name}\b", spelling)]
    compiled = numexpr.NumExpr(spelling, [(name, float) for name in operands])
    statement = f"compiled({', '.join(operands)}, out=out, ex_uses_vml=False)"
    return Candidate(statement, {**names, "compiled": compiled}, shown=f"numexpr: {spelling}")


@dataclass(frozen=True)
class Implementation:
    """One row: where its spellings come from, what its backward reads, x or y, and its results as arrays.

    Of dtypes and ways of writing, those that it has. What compiles, does so at its first call.
    """

    name: str
    packages: tuple[str, ...]
    names: Callable[[dict[str, object]], dict[str, object]]
    spellings: Mapping[str, Mapping[str, tuple[str, ...]]]
    backward_reads: str = "y"
    compile: Callable[[str, Mapping[str, object]], Candidate] = _plain
    result: Callable[[object], object] = lambda result: result
    dtypes: tuple[str, ...] = DTYPES
    ways: tuple[str, ...] = (INTO, FRESH, IN_PLACE)
    show: Callable[[str], str] | None = None
    compiles: bool = False

    def versions(self) -> dict[str, str | None]:
        """Return the version of each package it needs; None for an absent one."""
        found = {}
        for package in self.packages:
            try:
                found[package] = importlib.import_module(package).__version__
            except ImportError:
                found[package] = None
        return found

    @property
    def present(self) -> bool:
        """Say whether its packages are installed, without the time that importing them takes."""
        return all(importlib.util.find_spec(package) for package in self.packages)

    def candidate(
        self, activation: str, direction: str, buffers: Buffers, way: str = INTO
    ) -> tuple[Candidate | None, list[str]]:
        """Return the quickest spelling that gives the right result, and what the others did.

        None without a fault beside it means that this implementation has no such cell.
        """
        return self.chosen(self.spellings.get(direction, {}).get(activation, ()), activation, direction, buffers, way)

    def chosen(
        self, spellings: Sequence[str], activation: str, direction: str, buffers: Buffers, way: str = INTO
    ) -> tuple[Candidate | None, list[str]]:
        """Return the quickest of some spellings, as `candidate` does; each is named by how the table has it."""
        if way not in self.ways or buffers.dtype.name not in self.dtypes:
            return None, []
        arrays, restoring, victim = _arrays(buffers, activation, direction), {}, "x"
        if way == IN_PLACE:
            victim, work, restoring = overwritten(buffers, direction)
            arrays |= work
        right, faults = [], []
        for spelling in spellings:
            wrong = []
            for text in in_way(spelling, way, victim):
                try:
                    names = {**self.names(arrays), **restoring}
                    candidate = self.compile(text, names)
                    if self.compiles:
                        candidate.call()
                    buffers.out.fill(np.nan)
                    result = candidate.first_call()
                    result = buffers.out if result is None else self.result(result)
                    deviation = buffers.deviation(activation, direction, result)
                    if way == IN_PLACE and not np.shares_memory(_first(result), buffers.out):
                        continue  # it gives a new array
                except Exception as error:  # whatever a peer raises is its fault, and is reported
                    wrong.append(f"{spelling}: {type(error).__name__}: {error}")
                    continue
                if deviation <= 1:
                    candidate.spelling = spelling
                    candidate.shown = (self.show or str)(candidate.shown.removeprefix(RESTORE))
                    right.append(candidate)
                    break
                wrong.append(f"{spelling}: off by {deviation:.3g} times the tolerance")
            else:
                # In place only its last form is a fault of the peer's, not of a rule of ours.
                faults += wrong if way == INTO or self.name in OURS else []
        return (fastest(right) if right else None), faults


def _first(result):
    return result[0] if isinstance(result, tuple) else result


def _each(pattern: str) -> dict[str, tuple[str]]:
    return {name: (pattern.format(name),) for name in ACTIVATIONS}


IMPLEMENTATIONS = (
    Implementation(
        "naive NumPy",
        ("numpy",),
        _numpy_names,
        {
            "forward": {
                "relu": ("np.maximum(x, 0)",),
                "leaky_relu": ("np.where(x > 0, x, 0.01 * x)",),
                "sigmoid": ("1 / (1 + np.exp(-x))",),
                "tanh": ("np.tanh(x)",),
            },
            "backward": {
                "relu": ("grad * (x > 0)",),
                "leaky_relu": ("np.where(x > 0, grad, 0.01 * grad)",),
                "sigmoid": ("s = 1 / (1 + np.exp(-x)); grad * s * (1 - s)",),
                "tanh": ("grad * (1 - np.tanh(x) ** 2)",),
            },
        },
        backward_reads="x",
    ),
    Implementation(
        "NumPy/SciPy",
        ("numpy", "scipy"),
        _scipy_names,
        {
            "forward": {
                "relu": ("np.maximum(x, zero, out=out)", "np.maximum(x, zeros, out=out)"),
                "leaky_relu": ("np.multiply(x, slope, out=out); np.maximum(x, out, out=out)",),
                "sigmoid": (
                    "expit(x, out=out)",
                    "np.negative(x, out=out); np.exp(out, out=out); "
                    "np.add(out, one, out=out); np.divide(one, out, out=out)",
                ),
                "tanh": ("np.tanh(x, out=out)",),
            },
            "backward": {
                "relu": (
                    "np.greater(y, zero, out=mask); np.multiply(grad, mask, out=out)",
                    "np.greater(y, zero, out=mask); np.copyto(temporary, mask); np.multiply(grad, temporary, out=out)",
                    "np.heaviside(y, zero, out=out); np.multiply(grad, out, out=out)",
                ),
                "leaky_relu": (
                    "np.greater(y, zero, out=mask); np.copyto(temporary, mask); "
                    "np.maximum(temporary, slope, out=temporary); "
                    "np.multiply(grad, temporary, out=out)",
                    "np.greater(y, zero, out=mask); np.multiply(grad, slope, out=out); np.putmask(out, mask, grad)",
                ),
                "sigmoid": (
                    "np.subtract(one, y, out=out); np.multiply(out, y, out=out); np.multiply(grad, out, out=out)",
                ),
                "tanh": (
                    "np.multiply(y, y, out=out); np.subtract(one, out, out=out); np.multiply(grad, out, out=out)",
                ),
            },
        },
    ),
    Implementation(
        FASTACT,
        ("fastact",),
        _fastact_names,
        {
            "forward": _each("fa.{}(x, out=out)"),
            "backward": _each("fa.{}_backward(grad, x, out=out)"),
        },
        backward_reads="x",
    ),
    Implementation(
        FROM_OUTPUT,
        ("fastact",),
        _fastact_names,
        {"backward": _each("fa.{}_backward_from_output(grad, y, out=out)")},
    ),
    Implementation(
        "numexpr",
        ("numexpr",),
        _numpy_names,
        {
            # Its maximum() returns float64 for float32; a product with a comparison does not.
            "forward": {
                "relu": ("x * (x > 0)", "where(x > 0, x, 0)"),
                "leaky_relu": ("where(x > 0, x, slope * x)", "x * ((x > 0) + slope * (x <= 0))"),
                "sigmoid": ("1 / (1 + exp(-x))",),
                "tanh": ("tanh(x)",),
            },
            "backward": {
                "relu": ("grad * (y > 0)", "where(y > 0, grad, 0)"),
                "leaky_relu": (
                    "where(y > 0, grad, slope * grad)",
                    "grad * ((y > 0) + slope * (y <= 0))",
                ),
                "sigmoid": ("grad * (y * (1 - y))",),
                "tanh": ("grad * (1 - y * y)",),
            },
        },
        compile=_numexpr,
        dtypes=("float32",),
        ways=(INTO,),
    ),
    Implementation(
        "numba",
        ("numba",),
        _numba_names,
        {"forward": _each("{}_forward(x, out)"), "backward": _each("{}_backward_from_output(grad, y, out)")},
        compiles=True,
    ),
    Implementation(
        "torch",
        ("torch",),
        _torch_names,
        {
            "forward": {
                "relu": (
                    "torch.clamp_min(x, 0, out=out)",
                    "torch.maximum(x, zero, out=out)",
                    "torch.threshold(x, 0, 0, out=out)",
                ),
                # The second is what torch.nn.functional.leaky_relu calls, which takes no out.
                "leaky_relu": (
                    "aten.leaky_relu.out(x, 0.01, out=out)",
                    "torch._C._nn.leaky_relu(x, 0.01, out=out)",
                ),
                "sigmoid": ("torch.sigmoid(x, out=out)",),
                "tanh": ("torch.tanh(x, out=out)",),
            },
            "backward": {
                "relu": ("aten.threshold_backward.grad_input(grad, y, 0, grad_input=out)",),
                "leaky_relu": ("aten.leaky_relu_backward.grad_input(grad, y, 0.01, True, grad_input=out)",),
                "sigmoid": ("aten.sigmoid_backward.grad_input(grad, y, grad_input=out)",),
                "tanh": ("aten.tanh_backward.grad_input(grad, y, grad_input=out)",),
            },
        },
        result=array_of,
    ),
)


@contextmanager
def conditions(threads: int = 1) -> Iterator[None]:
    """Give every implementation its best and equal terms: so many threads, no warnings, no autograd."""
    with ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))
        stack.enter_context(fastact.threads(threads))
        try:
            import numexpr
        except ImportError:
            pass
        else:
            stack.callback(numexpr.set_num_threads, numexpr.set_num_threads(threads))
        try:
            import torch
        except ImportError:
            pass
        else:
            stack.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(threads)
            stack.enter_context(torch.inference_mode())
        yield
