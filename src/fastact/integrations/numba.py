"""fastact inside functions that Numba compiles, which finds this by itself: it is an entry point.

>>> import numba, numpy as np, fastact as fa
>>> @numba.njit
... def layer(x, w):
...     return fa.gelu(x @ w)

Every elementwise function, on arrays of float32 or float64 of one shape and on such numbers, with its parameters,
which are numbers, and `out`, which is in C order. An array in another order is copied first. A parameter that is not
admitted is a ValueError, for a single number NaN. No random slopes, no weight's gradient, no other keywords.
Compiled code holds addresses of its process: Numba says that it does not cache it on disk.
"""

from __future__ import annotations

import ctypes
import inspect
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import numpy as np
from numba import types
from numba.core.errors import TypingError
from numba.extending import overload, register_jitable

import fastact as fa
from fastact import _core

__all__ = ["init"]

Function: TypeAlias = Callable[..., Any]


class _Table(ctypes.Structure):
    """`fastact_table` of include/fastact_api.h."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("find", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)),
        ("input_count", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)),
        ("parameter_count", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)),
        (
            "call",
            ctypes.CFUNCTYPE(
                *[ctypes.c_int] * 3, *[ctypes.c_void_p] * 3, ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_int
            ),
        ),
        ("one", ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_int] * 2, *[ctypes.c_double] * 4)),
    )


def _table() -> _Table:
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return _Table.from_address(pointer(_core.C_API, b"fastact._core.C_API"))


_api = _table()
_call, _one = _api.call, _api.one
_FORMATS = {types.float32: (0, np.float32), types.float64: (1, np.float64)}


@register_jitable
def _readable(array: Any, out: Any) -> Any:
    """Return the array in C order, and apart from `out` unless it is `out`."""
    array = np.ascontiguousarray(array)
    distance = np.intp(array.ctypes.data) - np.intp(out.ctypes.data)
    if distance != 0 and abs(distance) < out.nbytes:
        return array.copy()
    return array


def _on_arrays(function: str, number: int, dtype: int, kind: type, two: bool, gives_out: bool) -> Function:
    other_shape = f"{function}: arrays must be of one shape here"
    not_admitted = f"{function}: a parameter is not admitted"

    @register_jitable
    def run(first: Any, second: Any, out: Any, parameters: Any) -> Any:
        result = out if gives_out else np.empty(first.shape, kind)
        if result.shape != first.shape or second.shape != first.shape:
            raise ValueError(other_shape)
        first = _readable(first, result)
        second = _readable(second, result) if two else first
        given = np.array(parameters)
        if _call(number, dtype, first.ctypes, second.ctypes, result.ctypes, first.size, given.ctypes, 1) != 0:
            raise ValueError(not_admitted)
        return result

    return cast(Function, run)


def _on_numbers(number: int, dtype: int, kind: type) -> Function:
    @register_jitable
    def run(first: Any, second: Any, out: Any, parameters: Any) -> Any:
        return kind(_one(number, dtype, first, second, parameters[0], parameters[1]))

    return cast(Function, run)


def _chosen(function: str, number: int, first: Any, second: Any, out: Any) -> Function:
    """Return what computes the function for operands of these types; `second` is `first` where there is one."""
    arrays = isinstance(first, types.Array)
    kind = first.dtype if arrays else first
    second_kind = second.dtype if isinstance(second, types.Array) else second
    if kind not in _FORMATS or kind != second_kind or isinstance(second, types.Array) != arrays:
        raise TypingError(
            f"{function} takes float32 or float64 here, arrays or numbers of one dtype, not {first}, {second}"
        )
    gives_out = not isinstance(out, types.Omitted | types.NoneType) and out is not None
    if gives_out and not (
        arrays
        and isinstance(out, types.Array)
        and out.dtype == kind
        and out.ndim == first.ndim
        and out.layout == "C"
        and out.mutable
    ):
        raise TypingError(f"{function}: out must be an array like the others, writeable and in C order, not {out}")
    if arrays:
        return _on_arrays(function, number, *_FORMATS[kind], second is not first, gives_out)
    return _on_numbers(number, *_FORMATS[kind])


# Numba compares signatures, and compiles code: so the code has to be of the function's own signature.
_TEMPLATE = """
def overloaded({signature}):
    run = chosen({first}, {second}, out{option})
    def implementation({signature}):
        return run({first}, {second}, out, ({parameters}))
    return implementation
"""


def _overload(function: Function, record: fa.Activation) -> None:
    inputs = ["x"] if function is record.forward else list(inspect.signature(function).parameters)[:2]
    named = [name if default is None else f"{name}={default!r}" for name, default in record.parameters.items()]
    options = [f"{name}={default!r}" for name, default in record.options.items() if name == "approximate"]
    api_name = function.__name__.encode()
    numbers = {"none": _api.find(api_name), "tanh": _api.find(api_name.replace(b"gelu", b"gelu_tanh"))}

    def chosen(first: Any, second: Any, out: Any, form: Any = "none") -> Function:
        form = getattr(form, "literal_value", getattr(form, "value", form))
        if form not in numbers:
            raise TypingError(f'{function.__name__}: approximate must be "none" or "tanh", written out')
        return _chosen(function.__name__, numbers[form], first, second, out)

    parameters = [f"float({name})" for name in record.parameters]
    text = _TEMPLATE.format(
        signature=", ".join([*inputs, *named, *options, "out=None"]),
        first=inputs[0],
        second=inputs[-1],
        option=", approximate" if options else "",
        parameters=", ".join([*parameters, *["0.0"] * (2 - len(parameters))]),
    )
    scope = {"chosen": chosen}
    exec(text, scope)
    overload(function, strict=False, prefer_literal=bool(options))(scope["overloaded"])


def init() -> None:
    """Teach Numba every elementwise function; called by Numba itself, once."""
    for record in fa.activations.values():
        for function in (record.forward, record.backward, record.backward_from_output):
            if record.kind == "elementwise" and function is not None and function is not fa.prelu_backward:
                _overload(function, record)
