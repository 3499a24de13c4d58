"""ONNX's activation operators computed by fastact, for the reference evaluator of the onnx package.

>>> from onnx.reference import ReferenceEvaluator
>>> import fastact.integrations.onnx
>>> ReferenceEvaluator(model, new_ops=fastact.integrations.onnx.ops())  # doctest: +SKIP

Operators that are quick enough there (Clip, Max) or no activations are not here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from onnx.reference.op_run import OpRun
from onnx.reference.ops import op_prelu, op_shrink

import fastact as fa

__all__ = ["ops"]

Array: TypeAlias = NDArray[Any]


def _operator(name: str, function: Callable[..., Any], *attributes: str) -> type[OpRun]:
    """Return the operator of one input that is a function of ours; `attributes` are its parameters in order."""

    def _run(self: Any, x: Array, **given: float) -> tuple[Array]:
        # Plain floats take the fast path; asarray: a scalar comes out of what has no dimension.
        return (np.asarray(function(x, *(float(given[attribute]) for attribute in attributes))),)

    return type(name, (OpRun,), {"op_domain": "", "_run": _run, "__doc__": f"{name} by fastact.{function.__name__}."})


def _rows(name: str, function: Callable[..., Any]) -> type[OpRun]:
    def _run(self: Any, x: Array, axis: int = -1) -> tuple[Array]:
        return (np.asarray(function(x, int(axis))),)

    return type(name, (OpRun,), {"op_domain": "", "_run": _run, "__doc__": f"{name} by fastact.{function.__name__}."})


class Gelu(OpRun):
    """Gelu by fastact.gelu: both forms."""

    op_domain = ""

    def _run(self, x: Array, approximate: Literal["none", "tanh"] = "none") -> tuple[Array]:
        return (np.asarray(fa.gelu(x, approximate)),)


class ThresholdedRelu(OpRun):
    """ThresholdedRelu by fastact.threshold."""

    op_domain = ""

    def _run(self, x: Array, alpha: float = 1.0) -> tuple[Array]:
        return (np.asarray(fa.threshold(x, float(alpha), 0.0)),)


class PRelu(op_prelu.PRelu):
    """PRelu by fastact.prelu, but for integers and for slopes that do not broadcast as NumPy's arrays do."""

    op_domain = ""

    def _run(self, x: Array, slope: Array) -> Any:
        try:
            fits = x.dtype.kind not in "iu" and np.broadcast_shapes(x.shape, slope.shape) == x.shape
        except ValueError:
            fits = False
        return (np.asarray(fa.prelu(x, slope)),) if fits else super()._run(x, slope)


class Shrink(op_shrink.Shrink):
    """Shrink by fastact.hardshrink without a bias, by softshrink where the bias is lambd."""

    op_domain = ""

    def _run(self, x: Array, bias: float = 0.0, lambd: float = 0.5) -> Any:
        if x.dtype.kind not in "iu":
            if bias == 0:
                return (np.asarray(fa.hardshrink(x, float(lambd))),)
            if bias == lambd and lambd > 0:
                return (np.asarray(fa.softshrink(x, float(lambd))),)
        return super()._run(x, bias=bias, lambd=lambd)


class SwiGLU(OpRun):
    """SwiGLU by fastact.swiglu, or silu with another alpha; inputs that would have to be broadcast are refused."""

    op_domain = ""

    def _run(self, a: Array, b: Array, alpha: float = 1.0) -> tuple[Array]:
        for what in ("shape", "dtype"):
            if getattr(a, what) != getattr(b, what):
                raise ValueError(f"SwiGLU: inputs of one {what}, please, not {getattr(a, what)} and {getattr(b, what)}")
        return (np.asarray(fa.swiglu(a, b) if alpha == 1 else fa.silu(a, float(alpha)) * b),)


_OPERATORS = (
    _operator("Relu", fa.relu),
    _operator("LeakyRelu", fa.leaky_relu, "alpha"),
    _operator("Elu", fa.elu, "alpha"),
    _operator("Celu", fa.celu, "alpha"),
    _operator("Selu", fa.selu, "alpha", "gamma"),
    _operator("Sigmoid", fa.sigmoid),
    _operator("HardSigmoid", fa.hardsigmoid, "alpha", "beta"),
    _operator("HardSwish", fa.hardswish),
    _operator("Tanh", fa.tanh),
    _operator("Softplus", fa.softplus),
    _operator("Softsign", fa.softsign),
    _operator("Mish", fa.mish),
    _operator("Swish", fa.silu, "alpha"),
    _rows("Softmax", fa.softmax),
    _rows("LogSoftmax", fa.log_softmax),
    Gelu,
    PRelu,
    Shrink,
    SwiGLU,
    ThresholdedRelu,
)


def ops() -> list[type[OpRun]]:
    """Return the classes for `new_ops` of `onnx.reference.ReferenceEvaluator`.

    Returns
    -------
    list of subclasses of onnx.reference.op_run.OpRun
        One for each activation operator of ONNX, for every dtype and attribute that the operator has.
    """
    return list(_OPERATORS)
