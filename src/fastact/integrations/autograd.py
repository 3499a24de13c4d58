"""fastact's functions for autograd: those of `fastact` by name, with derivatives, forward and reverse.

>>> from autograd import elementwise_grad
>>> from fastact.integrations.autograd import gelu
>>> elementwise_grad(gelu)(0.0)
np.float64(0.5)

They take the array and the activation's parameters, nothing else: no `out`, for what is differentiated must not be
overwritten, and no random slopes. Of the parameters only `prelu`'s weight has a derivative, and no function a second
one: autograd says so where it meets one. Forward mode is for elementwise functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd.extend import defjvp, defvjp, primitive
from autograd.numpy.numpy_vjps import unbroadcast_f

import fastact as fa

if TYPE_CHECKING:

    def __getattr__(name: str) -> Callable[..., Any]: ...


Function: TypeAlias = Callable[..., Any]


def _restricted(function: Function | None, inputs: int, names: list[str]) -> Function:
    """Return the function without what writes into arrays or draws random numbers."""
    assert function is not None

    def restricted(*operands: Any, **parameters: Any) -> Any:
        if len(operands) > inputs + len(names) or not parameters.keys() <= set(names):
            raise TypeError(f"{function.__name__} takes {', '.join(['arrays', *names])} here and nothing else")
        return function(*operands, **parameters)

    restricted.__name__ = restricted.__qualname__ = function.__name__
    restricted.__doc__ = function.__doc__
    return restricted


def _differentiable(record: fa.Activation) -> Function:
    names = [*record.parameters, *(name for name in record.options if name != "rng")]
    function: Function = primitive(_restricted(record.forward, 1, names))
    backward = primitive(_restricted(record.backward, 2, names))

    def to_x(g: Any, x: Any, *parameters: Any, **named: Any) -> Any:
        result = backward(g, x, *parameters, **named)
        return result[0] if record.name == "prelu" else result

    def to_weight(g: Any, x: Any, *parameters: Any, **named: Any) -> Any:
        return backward(g, x, *parameters, **named)[1]

    def vjp_to_x(ans: Any, x: Any, *parameters: Any, **named: Any) -> Any:
        return unbroadcast_f(x, lambda g: to_x(g, x, *parameters, **named))

    def vjp_to_weight(ans: Any, x: Any, *parameters: Any, **named: Any) -> Function:
        return lambda g: to_weight(g, x, *parameters, **named)

    defvjp(function, vjp_to_x, *([vjp_to_weight] if record.name == "prelu" else []))
    defjvp(function, lambda g, ans, x, *parameters, **named: to_x(g, x, *parameters, **named))
    if record.name != "prelu":  # a derivative is linear in its grad
        defvjp(backward, lambda ans, grad, x, *rest, **named: unbroadcast_f(grad, lambda g: to_x(g, x, *rest, **named)))
    return function


def _differentiable_rows(record: fa.Activation) -> Function:
    names = list(record.options)
    function: Function = primitive(_restricted(record.forward, 1, names))
    backward = primitive(_restricted(record.backward_from_output, 2, names))
    defvjp(function, lambda ans, x, *axis, **named: lambda g: backward(g, ans, *axis, **named))
    return function


def _differentiable_gates(record: fa.Activation) -> Function:
    """Return a function of one array in halves, or of two arrays."""
    names = list(record.options)
    inputs = 2 if "gate" in inspect.signature(record.forward).parameters else 1
    function: Function = primitive(_restricted(record.forward, inputs, names))
    backward = primitive(_restricted(record.backward, inputs + 1, names))

    def vjp(which: int) -> Function:
        def to_operand(ans: Any, *operands: Any, **named: Any) -> Any:
            def product(g: Any) -> Any:
                result = backward(g, *operands, **named)
                return result if inputs == 1 else result[which]

            return unbroadcast_f(operands[which], product)

        return to_operand

    defvjp(function, *map(vjp, range(inputs)))
    return function


_KINDS = {"elementwise": _differentiable, "rows": _differentiable_rows, "gated": _differentiable_gates}
_functions = {
    name: _KINDS[record.kind](record)
    for name, record in fa.activations.items()
    if record.kind in _KINDS and name != "maxout"  # which gives two arrays
}
globals().update(_functions)
__all__ = list(_functions)
