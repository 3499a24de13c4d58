"""The one table of other libraries' activation functions, for their errors; no measuring here.

Only what a library has itself, in its best spelling; speed has its own table, in `bench/peers.py`.
A spelling is an expression in x, for the form from the output in y and grad, and in the parameters;
one that does not name all of an activation's parameters stands for their defaults only. A result wider
than its input, as SciPy's of 16 bits, is rounded to it.
"""

import importlib.metadata
import importlib.util
from functools import cache
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.tensors import array_of, tensor_of
from tests.ops import Case, computing

NUMPY = {
    "relu": "np.maximum(x, 0)",
    "relu6": "np.clip(x, 0, 6)",
    "hardtanh": "np.clip(x, min_val, max_val)",
    "tanh": "np.tanh(x)",
    "log_sigmoid": "-np.logaddexp(0, -x)",
    "softplus": "np.logaddexp(0, x)",
}
SCIPY = {
    "sigmoid": "special.expit(x)",
    "log_sigmoid": "special.log_expit(x)",
    "softplus": "special.softplus(x)",
}
# The backward from x is autograd's, of the same spelling.
TORCH = {
    "relu": "F.relu(x)",
    "relu6": "F.relu6(x)",
    "leaky_relu": "F.leaky_relu(x, negative_slope)",
    "prelu": "F.prelu(x, torch.tensor([weight], dtype=x.dtype))",
    "rrelu": "F.rrelu(x, lower, upper, training=False)",
    "hardtanh": "F.hardtanh(x, min_val, max_val)",
    "hardsigmoid": "F.hardsigmoid(x)",
    "hardswish": "F.hardswish(x)",
    "threshold": "F.threshold(x, threshold, value)",
    "hardshrink": "F.hardshrink(x, lambd)",
    "softshrink": "F.softshrink(x, lambd)",
    "sigmoid": "torch.sigmoid(x)",
    "tanh": "torch.tanh(x)",
    "log_sigmoid": "F.logsigmoid(x)",
    "elu": "F.elu(x, alpha)",
    "celu": "F.celu(x, alpha)",
    "selu": "F.selu(x)",
    "softplus": "F.softplus(x, beta)",
    "silu": "F.silu(x)",
    "mish": "F.mish(x)",
    "tanhshrink": "F.tanhshrink(x)",
    "softsign": "F.softsign(x)",
    "gelu": "F.gelu(x)",
    "gelu_tanh": "F.gelu(x, approximate='tanh')",
    "relu_backward_from_output": "aten.threshold_backward(grad, y, 0)",
    "leaky_relu_backward_from_output": "aten.leaky_relu_backward(grad, y, negative_slope, True)",
    "hardtanh_backward_from_output": "aten.hardtanh_backward(grad, y, min_val, max_val)",
    "sigmoid_backward_from_output": "aten.sigmoid_backward(grad, y)",
    "tanh_backward_from_output": "aten.tanh_backward(grad, y)",
    "elu_backward_from_output": "aten.elu_backward(grad, alpha, 1, 1, True, y)",
}
PEERS = {"numpy": NUMPY, "scipy": SCIPY, "torch": TORCH}


def versions() -> dict[str, str]:
    """Return the version of every peer that is installed, without importing it."""
    return {peer: importlib.metadata.version(peer) for peer in PEERS if importlib.util.find_spec(peer)}


@cache
def _names(peer: str) -> dict[str, Any]:
    if peer == "numpy":
        return {"np": np}
    if peer == "scipy":
        from scipy import special

        return {"special": special}
    import torch

    torch.set_num_threads(1)  # the sweep has its own processes
    return {"torch": torch, "F": torch.nn.functional, "aten": torch.ops.aten}


def _spelling(peer: str, case: Case) -> CodeType | None:
    """Return the code for a case and the name of its argument, or None where there is none."""
    name = case.name
    if case.direction == "backward":
        name = name.removesuffix("_backward") if peer == "torch" else ""
    text = PEERS[peer].get(name)
    if text is None:
        return None
    code = compile(text, f"<{peer}>", "eval")
    defaults = case.op.record.parameters
    if not set(defaults) <= set(code.co_names) and case.in_full != defaults:
        return None
    return code


def has(peer: str, case: Case) -> bool:
    """Tell whether a peer has the function, with these parameters."""
    return _spelling(peer, case) is not None


def evaluate(peer: str, case: Case, x: NDArray[Any]) -> Any:
    """Return a peer's result at grad = 1, or None where it has no such function or parameters."""
    code = _spelling(peer, case)
    if code is None:
        return None
    parameters = {name: float(computing(x.dtype).type(value)) for name, value in case.in_full.items()}
    names = {**_names(peer), **parameters}
    if peer != "torch":
        with np.errstate(all="ignore"):
            return eval(code, names, {"x": x}).astype(x.dtype, copy=False)
    torch = names["torch"]
    tensor = tensor_of(x.copy())
    grad = torch.ones_like(tensor)
    if case.direction != "backward":
        with torch.inference_mode():
            return array_of(eval(code, names, {"x": tensor, "y": tensor, "grad": grad}))
    tensor.requires_grad_()
    return array_of(torch.autograd.grad(eval(code, names, {"x": tensor}), tensor, grad)[0])
