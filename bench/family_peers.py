"""The best spelling of every activation of the family in PyTorch, NumPy with SciPy, Numba, JAX and numexpr.

It continues the table of peers.py, whose rows it takes over, by the same rules: a cell holds one or more
spellings, of which the fastest is chosen by measurement; a backward pass reads grad, x, the saved output
y, and (PyTorch's log_sigmoid) what its forward pass saved besides. What reads y is the pass from the output,
and what does not, that from the input. PyTorch's fused kernels are called directly, without its record for
automatic differentiation; where it has none, the shortest composition stands. This file must not time anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from . import formulas, jax_peers
from .family_cases import CASES, OPERANDS
from .harness import Candidate
from .peers import FASTACT, IMPLEMENTATIONS, Implementation
from .plan import FRESH, INTO
from .spellings import reads

TORCH = "torch"
NUMPY = "NumPy/SciPy"
NUMBA = "numba"
JAX = "jax"
NUMEXPR = "numexpr"

BASE = {row.name: row for row in IMPLEMENTATIONS}
SELU = "1.6732632423543772, 1.0507009873554805"
RRELU = (1 / 8 + 1 / 3) / 2
GELU_TANH = {"linear": 2 * 0.7978845608028654, "cubic": 2 * 0.7978845608028654 * 0.044715}


def _nn(call: str) -> tuple[str]:
    return (f"torch._C._nn.{call}, out=out)",)


def _grad_input(name: str, rest: str) -> str:
    return f"aten.{name}.grad_input(grad, {rest}, grad_input=out)"


def _elu_backward(constants: str) -> tuple[str, ...]:
    return tuple(
        f"aten.elu_backward.grad_input(grad, {constants}, {saved}, grad_input=out)" for saved in ("True, y", "False, x")
    )


def _leaky_backward(slope: float) -> tuple[str, ...]:
    return tuple(_grad_input("leaky_relu_backward", f"{read}, {slope!r}, {read == 'y'}") for read in "yx")


TORCH_FORWARD = {
    "relu6": ("torch.clamp(x, 0, 6, out=out)", *_nn("hardtanh(x, 0, 6")),
    "relu_squared": ("torch.clamp_min(x, 0, out=out); torch.mul(out, out, out=out)",),
    # There is no form that writes into an existing tensor.
    "prelu": ("torch.prelu(x, quarter)", "aten._prelu_kernel.default(x, quarter)"),
    "rrelu": (f"torch._C._nn.leaky_relu(x, {RRELU!r}, out=out)",),
    "hardtanh": ("torch.clamp(x, -1, 1, out=out)", *_nn("hardtanh(x, -1, 1")),
    "hardsigmoid": _nn("hardsigmoid(x"),
    "hardswish": _nn("hardswish(x"),
    "threshold": ("torch.threshold(x, 0.1, 0.0, out=out)",),
    "hardshrink": ("torch.hardshrink(x, 0.5, out=out)",),
    "softshrink": _nn("softshrink(x, 0.5"),
    "log_sigmoid": (
        *_nn("log_sigmoid(x"),
        "aten.log_sigmoid_forward.output(x, output=out, buffer=temporary)[0]",
    ),
    "elu": _nn("elu(x, 1.0"),
    "celu": _nn("elu(x, 1.0, 1.0, 1.0"),
    "selu": (*_nn(f"elu(x, {SELU}, 1.0"), "torch.selu(x)"),
    "softplus": _nn("softplus(x, 1.0, 20.0"),
    "silu": _nn("silu(x"),
    "mish": _nn("mish(x"),
    "tanhshrink": ("torch.tanh(x, out=out); torch.sub(x, out, out=out)",),
    "softsign": ("torch.abs(x, out=out); torch.add(out, 1, out=out); torch.div(x, out, out=out)",),
    "gelu": _nn("gelu(x, approximate='none'"),
    "gelu tanh": _nn("gelu(x, approximate='tanh'"),
    "quick_gelu": (
        "torch.mul(x, 1.702, out=out); torch.sigmoid(out, out=out); torch.mul(out, x, out=out)",
        f"torch.mul(x, 1.702, out=out); torch._C._nn.silu(out, out=out); torch.mul(out, {1 / 1.702!r}, out=out)",
    ),
    "squareplus": (
        "torch.addcmul(four, x, x, out=out); torch.sqrt(out, out=out); "
        "torch.add(out, x, out=out); torch.mul(out, 0.5, out=out)",
        "torch.hypot(x, two, out=out); torch.add(out, x, out=out); torch.mul(out, 0.5, out=out)",
    ),
}
TORCH_BACKWARD = {
    "relu6": (_grad_input("hardtanh_backward", "x, 0, 6"),),
    "relu_squared": (
        "torch.clamp_min(x, 0, out=temporary); torch.addcmul(zero, temporary, grad, value=2, out=out)",
        "aten.threshold_backward.grad_input(grad, x, 0, grad_input=out); torch.mul(out, x, out=out); "
        "torch.mul(out, 2, out=out)",
    ),
    # Both gradients; the kernel leaves that of the weight unreduced.
    "prelu": ("dx, dweight = aten._prelu_kernel_backward.default(grad, x, quarter); (dx, dweight.sum())",),
    "rrelu": _leaky_backward(RRELU),
    "leaky_relu": _leaky_backward(0.01),
    **{
        name: (
            _grad_input(f"{name}_backward", "y"),
            f"torch.{name}(x, out=temporary); {_grad_input(f'{name}_backward', 'temporary')}",
        )
        for name in ("sigmoid", "tanh")
    },
    "hardtanh": (_grad_input("hardtanh_backward", "x, -1, 1"),),
    "hardsigmoid": (_grad_input("hardsigmoid_backward", "x"),),
    "hardswish": ("aten.hardswish_backward.out(grad, x, out=out)",),
    "threshold": (_grad_input("threshold_backward", "x, 0.1"),),
    "hardshrink": (_grad_input("hardshrink_backward", "x, 0.5"),),
    "softshrink": (_grad_input("softshrink_backward", "x, 0.5"),),
    "log_sigmoid": (_grad_input("log_sigmoid_backward", "x, saved"),),
    "elu": _elu_backward("1.0, 1.0, 1.0"),
    "celu": _elu_backward("1.0, 1.0, 1.0"),
    "selu": _elu_backward(f"{SELU}, 1.0"),
    "softplus": (_grad_input("softplus_backward", "x, 1.0, 20.0"),),
    "silu": (_grad_input("silu_backward", "x"),),
    "mish": ("aten.mish_backward.default(grad, x)",),
    "tanhshrink": (
        "torch.sub(x, y, out=out); torch.mul(out, out, out=out); torch.mul(out, grad, out=out)",
        "torch.tanh(x, out=out); torch.mul(out, out, out=out); torch.mul(out, grad, out=out)",
    ),
    "softsign": (
        "torch.abs(y, out=out); torch.sub(one, out, out=out); torch.mul(out, out, out=out); "
        "torch.mul(out, grad, out=out)",
        "torch.abs(x, out=out); torch.add(out, 1, out=out); torch.mul(out, out, out=out); "
        "torch.div(grad, out, out=out)",
    ),
    "gelu": (_grad_input("gelu_backward", "x, approximate='none'"),),
    "gelu tanh": (_grad_input("gelu_backward", "x, approximate='tanh'"),),
    "quick_gelu": (
        "torch.mul(x, 1.702, out=temporary); aten.silu_backward.grad_input(grad, temporary, grad_input=out)",
    ),
    # The derivative is y / sqrt(x**2 + 4), and the root is 2 y - x.
    "squareplus": (
        "torch.sub(x, y, alpha=2, out=out); torch.mul(grad, y, out=temporary); "
        "torch.addcdiv(zero, temporary, out, value=-1, out=out)",
        "torch.hypot(x, two, out=out); torch.div(x, out, out=out); torch.add(out, 1, out=out); "
        "torch.mul(out, grad, out=out); torch.mul(out, 0.5, out=out)",
    ),
}

_SOFTPLUS_PARTS = "np.exp(out, out=out); np.log1p(out, out=out)"
_LEAKY = "np.multiply(x, {}, out=out); np.maximum(x, out, out=out)"
_EXPM1 = "np.minimum(x, zero, out=out); np.expm1(out, out=out)"
NUMPY_FORWARD = {
    "relu6": (
        "np.clip(x, zero, six, out=out)",
        "np.maximum(x, zero, out=out); np.minimum(out, six, out=out)",
    ),
    "relu_squared": (
        "np.maximum(x, zero, out=out); np.multiply(out, out, out=out)",
        "np.maximum(x, zeros, out=out); np.multiply(out, out, out=out)",
    ),
    "prelu": (_LEAKY.format("quarter"),),
    "rrelu": (_LEAKY.format("rrelu_slope"),),
    "hardtanh": (
        "np.clip(x, minus_one, one, out=out)",
        "np.maximum(x, minus_one, out=out); np.minimum(out, one, out=out)",
    ),
    "hardsigmoid": (
        "np.multiply(x, sixth, out=out); np.add(out, half, out=out); "
        "np.maximum(out, zero, out=out); np.minimum(out, one, out=out)",
    ),
    "hardswish": (
        "np.multiply(x, sixth, out=out); np.add(out, half, out=out); "
        "np.maximum(out, zero, out=out); np.minimum(out, one, out=out); np.multiply(out, x, out=out)",
    ),
    "threshold": ("np.greater(x, tenth, out=mask); np.multiply(x, mask, out=out)",),
    "hardshrink": ("np.abs(x, out=out); np.greater(out, half, out=mask); np.multiply(x, mask, out=out)",),
    "softshrink": ("np.maximum(x, minus_half, out=out); np.minimum(out, half, out=out); np.subtract(x, out, out=out)",),
    "log_sigmoid": (
        "log_expit(x, out=out)",
        f"np.abs(x, out=out); np.negative(out, out=out); {_SOFTPLUS_PARTS}; "
        "np.minimum(x, zero, out=temporary); np.subtract(temporary, out, out=out)",
    ),
    "elu": (f"{_EXPM1}; np.maximum(x, out, out=out)",),
    "celu": (f"{_EXPM1}; np.maximum(x, out, out=out)",),
    "selu": (
        f"{_EXPM1}; np.multiply(out, selu_alpha, out=out); np.maximum(x, zero, out=temporary); "
        "np.add(out, temporary, out=out); np.multiply(out, selu_scale, out=out)",
    ),
    "softplus": (
        "np.logaddexp(x, zero, out=out)",
        f"np.abs(x, out=out); np.negative(out, out=out); {_SOFTPLUS_PARTS}; "
        "np.maximum(x, zero, out=temporary); np.add(temporary, out, out=out)",
    ),
    "silu": (
        "expit(x, out=out); np.multiply(out, x, out=out)",
        "np.negative(x, out=out); np.exp(out, out=out); np.add(out, one, out=out); np.divide(x, out, out=out)",
    ),
    "mish": (
        f"{_SOFTPLUS_PARTS.replace('np.exp(out', 'np.exp(x', 1)}; np.tanh(out, out=out); np.multiply(out, x, out=out)",
    ),
    "tanhshrink": ("np.tanh(x, out=out); np.subtract(x, out, out=out)",),
    "softsign": ("np.abs(x, out=out); np.add(out, one, out=out); np.divide(x, out, out=out)",),
    "gelu": ("ndtr(x, out=out); np.multiply(out, x, out=out)",),
    "gelu tanh": (
        "np.multiply(x, x, out=out); np.multiply(out, cubic, out=out); np.add(out, linear, out=out); "
        "np.multiply(out, x, out=out); expit(out, out=out); np.multiply(out, x, out=out)",
    ),
    "quick_gelu": ("np.multiply(x, quick, out=out); expit(out, out=out); np.multiply(out, x, out=out)",),
    "squareplus": (
        "np.multiply(x, x, out=out); np.add(out, four, out=out); np.sqrt(out, out=out); "
        "np.add(out, x, out=out); np.multiply(out, half, out=out)",
    ),
}


def _passing(mask: str) -> tuple[str, str]:
    return (
        f"{mask}; np.multiply(grad, mask, out=out)",
        f"{mask}; np.copyto(temporary, mask); np.multiply(grad, temporary, out=out)",
    )


def _between(low: str, high: str, of: str = "x") -> str:
    return (
        f"np.greater({of}, {low}, out=mask); np.less({of}, {high}, out=second); np.logical_and(mask, second, out=mask)"
    )


def _sloped(slope: str) -> str:
    return f"np.greater(x, zero, out=mask); np.multiply(grad, {slope}, out=out); np.putmask(out, mask, grad)"


# The smooth functions without a short derivative have no row.
NUMPY_BACKWARD = {
    "sigmoid": (
        *BASE[NUMPY].spellings["backward"]["sigmoid"],
        "expit(x, out=out); np.subtract(one, out, out=temporary); np.multiply(out, temporary, out=out); "
        "np.multiply(grad, out, out=out)",
    ),
    "tanh": (
        *BASE[NUMPY].spellings["backward"]["tanh"],
        "np.tanh(x, out=out); np.multiply(out, out, out=out); np.subtract(one, out, out=out); "
        "np.multiply(grad, out, out=out)",
    ),
    "relu6": _passing(_between("zero", "six", "y")),
    "relu_squared": (
        "np.maximum(x, zero, out=out); np.multiply(out, grad, out=out); np.multiply(out, two, out=out)",
        "np.maximum(x, zero, out=out); np.multiply(out, grad, out=out); np.add(out, out, out=out)",
    ),
    "prelu": (
        f"{_sloped('quarter')}; np.minimum(x, zero, out=temporary); (out, np.dot(temporary, grad))",
        "np.minimum(x, zero, out=temporary); total = np.dot(temporary, grad); "
        "np.greater(x, zero, out=mask); np.copyto(temporary, mask); np.maximum(temporary, quarter, out=temporary); "
        "np.multiply(grad, temporary, out=out); (out, total)",
    ),
    "rrelu": (_sloped("rrelu_slope"),),
    "hardtanh": _passing(_between("minus_one", "one", "y")),
    "hardsigmoid": tuple(
        f"{spelling}; np.multiply(out, sixth, out=out)"
        for between in (_between("zero", "one", "y"), _between("minus_three", "three"))
        for spelling in _passing(between)
    ),
    "threshold": _passing("np.greater(x, tenth, out=mask)"),
    "hardshrink": _passing("np.abs(x, out=out); np.greater(out, half, out=mask)"),
    "softshrink": _passing("np.not_equal(y, zero, out=mask)"),
    "log_sigmoid": ("np.negative(x, out=out); expit(out, out=out); np.multiply(out, grad, out=out)",),
    "elu": (
        "np.minimum(y, zero, out=out); np.add(out, one, out=out); np.multiply(out, grad, out=out)",
        "np.minimum(x, zero, out=out); np.exp(out, out=out); np.multiply(out, grad, out=out)",
    ),
    "celu": (
        "np.minimum(y, zero, out=out); np.add(out, one, out=out); np.multiply(out, grad, out=out)",
        "np.minimum(x, zero, out=out); np.exp(out, out=out); np.multiply(out, grad, out=out)",
    ),
    "softplus": ("expit(x, out=out); np.multiply(out, grad, out=out)",),
    "silu": (
        "expit(x, out=out); np.subtract(one, out, out=temporary); np.multiply(temporary, y, out=temporary); "
        "np.add(out, temporary, out=out); np.multiply(out, grad, out=out)",
        "expit(x, out=out); np.subtract(one, out, out=temporary); np.multiply(temporary, x, out=temporary); "
        "np.add(temporary, one, out=temporary); np.multiply(out, temporary, out=out); np.multiply(out, grad, out=out)",
    ),
    "tanhshrink": (
        "np.subtract(x, y, out=out); np.multiply(out, out, out=out); np.multiply(out, grad, out=out)",
        "np.tanh(x, out=out); np.multiply(out, out, out=out); np.multiply(out, grad, out=out)",
    ),
    "softsign": (
        "np.abs(x, out=out); np.add(out, one, out=out); np.multiply(out, out, out=out); np.divide(grad, out, out=out)",
        "np.abs(y, out=out); np.subtract(one, out, out=out); np.multiply(out, out, out=out); "
        "np.multiply(out, grad, out=out)",
    ),
    "squareplus": (
        "np.add(y, y, out=out); np.subtract(out, x, out=out); np.divide(y, out, out=out); "
        "np.multiply(out, grad, out=out)",
        "np.multiply(x, x, out=out); np.add(out, four, out=out); np.sqrt(out, out=out); np.divide(x, out, out=out); "
        "np.add(out, one, out=out); np.multiply(out, grad, out=out); np.multiply(out, half, out=out)",
    ),
}


def _numpy_names(arrays):
    from scipy.special import log_expit, ndtr

    constants = {
        "two": 2,
        "three": 3,
        "four": 4,
        "six": 6,
        "half": 0.5,
        "sixth": 1 / 6,
        "tenth": 0.1,
        "quarter": 0.25,
        "minus_one": -1,
        "minus_three": -3,
        "minus_half": -0.5,
        "rrelu_slope": RRELU,
        "quick": 1.702,
        "selu_alpha": float(SELU.split(", ")[0]),
        "selu_scale": float(SELU.split(", ")[1]),
        **GELU_TANH,
    }
    return {
        **BASE[NUMPY].names(arrays),
        **{name: np.array(value, dtype=arrays["x"].dtype) for name, value in constants.items()},
        "log_expit": log_expit,
        "ndtr": ndtr,
        "second": np.full_like(arrays["mask"], True),
    }


def _torch_names(arrays):
    import torch

    names = BASE[TORCH].names(arrays)
    dtype = names["x"].dtype
    return {
        **names,
        **{name: torch.tensor(value, dtype=dtype) for name, value in (("one", 1.0), ("two", 2.0), ("four", 4.0))},
        "quarter": torch.full((1,), 0.25, dtype=dtype),
        "saved": torch.ops.aten.log_sigmoid_forward(names["x"])[1],
    }


def _fastact_names(arrays):
    return {**BASE[FASTACT].names(arrays), "total": np.full((), np.nan, dtype=arrays["x"].dtype)}


def _bound(spelling: str, names: Mapping[str, object]) -> Candidate:
    # An operator that is found behind several dots is looked up once, not at each call.
    bound = dict(names)

    def bind(match):
        name = match[0].replace(".", "_")
        bound[name] = eval(match[0], dict(names))
        return name

    return Candidate(re.sub(r"\baten\.\w+\.\w+|\btorch\._C\._nn\.\w+", bind, spelling), bound, shown=spelling)


# Their masks are the same of x and of y, so that a spelling from either serves from the other.
SAME_FROM_BOTH = ("relu", "relu6", "leaky_relu", "hardtanh", "hardshrink")


def _by_what_it_reads(backward: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the passes from the input and those from the output."""
    found = {"backward": {}, "backward_from_output": {}}
    for label, cell in backward.items():
        spellings = list(cell)
        if label in SAME_FROM_BOTH:
            # A flag says what PyTorch is given, and then both spellings stand in the table.
            alike = [one for one in cell if not re.search("True|False", one)]
            spellings += (re.sub(r"\b[xy]\b", read, one) for one in alike for read in "xy")
        for direction, wanted in (("backward", False), ("backward_from_output", True)):
            if matching := tuple(dict.fromkeys(one for one in spellings if ("y" in reads(one)) is wanted)):
                found[direction][label] = matching
    return found


def _extended(name: str, names, forward, backward, **more) -> Implementation:
    base = BASE[name]
    spellings = {
        "forward": {**base.spellings["forward"], **forward},
        **_by_what_it_reads({**base.spellings["backward"], **backward}),
    }
    return replace(base, names=names, spellings=spellings, **more)


def _ours(direction: str) -> dict[str, tuple[str]]:
    return {label: (case.spelling(direction),) for label, case in CASES.items() if direction in case.directions}


FAMILY = (
    Implementation(FASTACT, ("fastact",), _fastact_names, {direction: _ours(direction) for direction in OPERANDS}),
    _extended(TORCH, _torch_names, TORCH_FORWARD, TORCH_BACKWARD, compile=_bound),
    _extended(NUMPY, _numpy_names, NUMPY_FORWARD, NUMPY_BACKWARD),
    replace(BASE[NUMBA], spellings=formulas.SPELLINGS, dtypes=("float32", "float64")),
    Implementation(
        JAX,
        ("jax",),
        jax_peers.names,
        jax_peers.SPELLINGS,
        result=jax_peers.result,
        ways=(INTO, FRESH),
        show=jax_peers.shown,
        compiles=True,
    ),
    _extended(NUMEXPR, BASE[NUMEXPR].names, {}, {}),
)
