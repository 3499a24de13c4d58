"""fastact as operators of Thinc, and so of spaCy, which find them by their name without an import of this module.

>>> from thinc.api import use_ops
>>> with use_ops("fastact"):
...     pass  # models made and run here compute their activations with fastact

Only activations are ours: everything else, and the conventions of all, are those of Thinc's `NumpyOps`. Where Thinc
approximates (sigmoid clipped at 20, the error function to 1e-7) the result here is exact; NaN gives NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from numpy.typing import NDArray
from thinc.api import NumpyOps, registry

import fastact as fa

__all__ = ["FastactOps"]

Array: TypeAlias = NDArray[Any]

MISH_IS_X = 20.0  # x tanh(softplus(x)) is x (1 - 9e-18) here: a higher threshold changes nothing, a lower one does


def _check_shapes(a: Array, b: Array) -> None:
    """Refuse what fastact would broadcast, as Thinc does."""
    if a.shape != b.shape:
        raise ValueError(f"arrays have incompatible shapes: {a.shape} and {b.shape}")


def _backprop(backward: Callable[..., Any], grad: Array, second: Array, inplace: bool, *parameters: float | str) -> Any:
    _check_shapes(grad, second)
    return backward(grad, second, *parameters, out=grad if inplace else None)


@registry.ops("FastactOps")
class FastactOps(NumpyOps):
    """Thinc's operators on NumPy arrays, of any memory layout, with fastact's activations."""

    name = "fastact"

    def sigmoid(self, X: Array, *, inplace: bool = False) -> Any:
        return fa.sigmoid(X, out=X if inplace else None)

    def dsigmoid(self, Y: Array, *, inplace: bool = False) -> Any:
        return fa.sigmoid_backward_from_output(1.0, Y, out=Y if inplace else None)

    def backprop_sigmoid(self, dY: Array, Y: Array, *, inplace: bool = False) -> Any:
        return fa.sigmoid_backward_from_output(dY, Y, out=Y if inplace else None)  # Thinc overwrites Y here

    def dtanh(self, Y: Array, *, inplace: bool = False) -> Any:
        return fa.tanh_backward_from_output(1.0, Y, out=Y if inplace else None)

    def maxout(self, X: Array) -> Any:
        return fa.maxout(X)

    def backprop_maxout(self, dY: Array, which: Array, P: int) -> Any:
        try:
            return fa.maxout_backward(dY, which, P)
        except ValueError as error:
            if which.size and which.max() >= P:
                raise IndexError(f"index {which.max()} is out of bounds for maxout with size {P}") from error
            raise

    def softmax(self, x: Array, *, inplace: bool = False, axis: int = -1, temperature: float = 1.0) -> Any:
        scaled = x if temperature == 1 else x / temperature
        return fa.softmax(scaled, axis, out=x if inplace else None)  # Thinc forgets `inplace` here

    def backprop_softmax(self, Y: Array, dY: Array, *, axis: int = -1, temperature: float = 1.0) -> Any:
        _check_shapes(Y, dY)
        return fa.softmax_backward(dY if temperature == 1 else dY / temperature, Y, axis)

    def relu(self, X: Array, inplace: bool = False) -> Any:
        return fa.relu(X, out=X if inplace else None)

    def backprop_relu(self, dY: Array, Y: Array, inplace: bool = False) -> Any:
        return _backprop(fa.relu_backward_from_output, dY, Y, inplace)

    def clipped_linear(
        self,
        X: Array,
        slope: float = 1.0,
        offset: float = 0.0,
        min_val: float = 0.0,
        max_val: float = 1.0,
        inplace: bool = False,
    ) -> Any:
        out = X if inplace else None
        if slope == 1 and offset == 0 and min_val <= max_val:
            return fa.hardtanh(X, min_val, max_val, out=out)
        if min_val == 0 and max_val == 1:
            return fa.hardsigmoid(X, slope, offset, out=out)
        return super().clipped_linear(X, slope, offset, min_val, max_val, inplace)

    def backprop_clipped_linear(
        self,
        dY: Array,
        X: Array,
        slope: float = 1.0,
        offset: float = 0.0,
        min_val: float = 0.0,
        max_val: float = 1.0,
        inplace: bool = False,
    ) -> Any:
        if slope == 1 and offset == 0 and min_val <= max_val:
            return _backprop(fa.hardtanh_backward, dY, X, inplace, min_val, max_val)
        if min_val == 0 and max_val == 1:
            return _backprop(fa.hardsigmoid_backward, dY, X, inplace, slope, offset)
        return super().backprop_clipped_linear(dY, X, slope, offset, min_val, max_val, inplace)

    # Thinc forgets `inplace` in these two.
    def backprop_hard_sigmoid(self, dY: Array, X: Array, inplace: bool = False) -> Any:
        return self.backprop_clipped_linear(dY, X, slope=0.2, offset=0.5, inplace=inplace)

    def backprop_hard_tanh(self, dY: Array, X: Array, inplace: bool = False) -> Any:
        return self.backprop_clipped_linear(dY, X, min_val=-1.0, max_val=1.0, inplace=inplace)

    def swish(self, X: Array, inplace: bool = False) -> Any:
        return fa.silu(X, out=X if inplace else None)

    def backprop_swish(self, dY: Array, X: Array, Y: Array, inplace: bool = False) -> Any:
        _check_shapes(X, Y)
        return _backprop(fa.silu_backward, dY, X, inplace)

    # x times a hard sigmoid of slope 0.2, where fastact's hardswish, as MobileNet's, has 1/6.
    def hard_swish(self, X: Array, inplace: bool = False) -> Any:
        gate = fa.hardsigmoid(X, 0.2, 0.5)
        gate *= X
        if inplace:
            X[...] = gate
        return X if inplace else gate

    def backprop_hard_swish(self, dY: Array, X: Array, inplace: bool = False) -> Any:
        _check_shapes(dY, X)
        dX = fa.hardsigmoid_backward(X, X, 0.2, 0.5)  # (x g)' = x g' + g
        dX += fa.hardsigmoid(X, 0.2, 0.5)
        dX *= dY
        if inplace:
            dY[...] = dX
        return dY if inplace else dX

    def hard_swish_mobilenet(self, X: Array, inplace: bool = False) -> Any:
        return fa.hardswish(X, out=X if inplace else None)

    def backprop_hard_swish_mobilenet(self, dY: Array, X: Array, inplace: bool = False) -> Any:
        return _backprop(fa.hardswish_backward, dY, X, inplace)

    # x squareplus'(x) with b = 1 is x (1 + x / sqrt(1 + x**2)) / 2; the derivative stays Thinc's.
    def dish(self, X: Array, inplace: bool = False) -> Any:
        return fa.squareplus_backward(X, X, 1.0, out=X if inplace else None)

    def gelu(self, X: Array, inplace: bool = False) -> Any:
        return fa.gelu(X, out=X if inplace else None)

    def backprop_gelu(self, dY: Array, X: Array, inplace: bool = False) -> Any:
        return _backprop(fa.gelu_backward, dY, X, inplace)

    def gelu_approx(self, X: Array, inplace: bool = False) -> Any:
        return fa.gelu(X, "tanh", out=X if inplace else None)

    def backprop_gelu_approx(self, dY: Array, X: Array, inplace: bool = False) -> Any:
        return _backprop(fa.gelu_backward, dY, X, inplace, "tanh")

    def mish(self, X: Array, threshold: float = 20.0, inplace: bool = False) -> Any:
        if threshold < MISH_IS_X:
            return super().mish(X, threshold, inplace)
        return fa.mish(X, out=X if inplace else None)

    def backprop_mish(self, dY: Array, X: Array, threshold: float = 20.0, inplace: bool = False) -> Any:
        if threshold < MISH_IS_X:
            return super().backprop_mish(dY, X, threshold, inplace)
        return _backprop(fa.mish_backward, dY, X, inplace)
