"""Operands of functions over several arrays: brought to one shape and dtype, and results' places checked.

For functions that are no ufuncs, where NumPy would do it. No computation belongs here, and nothing that
knows a kernel.
"""

from __future__ import annotations

import operator
from typing import Any, NoReturn

import numpy as np

from ._errors import AnyArray, parameter_error, shown


def plain(array: AnyArray) -> AnyArray:
    """Return an array of a subclass as it lies in memory: what it says of itself may be made up."""
    return array if type(array) is np.ndarray else np.ndarray.view(array, np.ndarray)


def broadcast(function: str, operands: dict[str, AnyArray]) -> list[AnyArray]:
    """Return the arrays in the shape that they have together, or raise an error that lists theirs."""
    arrays = list(operands.values())
    if len({array.shape for array in arrays}) == 1:
        return arrays
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        listed = ", ".join(f"{name} {array.shape}" for name, array in operands.items())
        raise ValueError(f"{function}: the shapes do not broadcast together: {listed}") from None


def broadcast_to(function: str, name: str, array: AnyArray, shape: tuple[int, ...], of: str) -> AnyArray:
    """Return the array in a given shape, or raise an error that names it."""
    if array.shape == shape:
        return array
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise parameter_error(
            ValueError, function, name, f"has shape {array.shape}, which does not broadcast to {shape}, that of {of}"
        ) from None


def readable(array: AnyArray, dtype: np.dtype[Any]) -> AnyArray:
    """Return the array in a dtype, native and aligned: itself, or a copy."""
    array = plain(array)
    if array.dtype != dtype or not array.dtype.isnative:
        with np.errstate(all="ignore"):
            array = array.astype(dtype)
    return array if array.flags.aligned else array.copy()


def integer(function: str, name: str, value: Any, wanted: str = "an integer") -> int:
    """Return the argument as a Python integer, or raise an error that names it; True and False are none."""
    if not isinstance(value, (bool, np.bool_)):
        try:
            return operator.index(value)
        except TypeError:
            pass
        except Exception as error:
            error.add_note(f"{function}: {name} must be {wanted}")
            raise
    raise parameter_error(TypeError, function, name, f"must be {wanted}, not {shown(value)}")


def axis_of(function: str, axis: Any, dimensions: int, of: str = "x", wanted: str = "an integer") -> int:
    """Return the axis as a number from 0 on, or raise an error that names it."""
    place = integer(function, "axis", axis, wanted)
    if not -dimensions <= place < dimensions:
        _no_axis(function, place, dimensions, of)
    return place % dimensions


def axes_of(function: str, axis: Any, dimensions: int, of: str) -> tuple[int, ...]:
    """Return the axes, of which there may be several or with None all, as numbers from 0 on."""
    if axis is None:
        return tuple(range(dimensions))
    wanted = "None, an integer or a tuple of them"
    if not isinstance(axis, (tuple, list)):
        return (axis_of(function, axis, dimensions, of, wanted),)
    try:
        given = [integer(function, "axis", one) for one in axis]
    except TypeError:
        raise parameter_error(TypeError, function, "axis", f"must be {wanted}, not {shown(axis)}") from None
    if not all(-dimensions <= one < dimensions for one in given):
        _no_axis(function, axis, dimensions, of)
    places = tuple(one % dimensions for one in given)
    if len(set(places)) < len(places):
        raise parameter_error(ValueError, function, "axis", f"{shown(axis)} names one axis twice")
    return places


def _no_axis(function: str, axis: Any, dimensions: int, of: str) -> NoReturn:
    trouble = f"{shown(axis)} is out of bounds for {of} of {dimensions} dimensions"
    raise parameter_error(np.exceptions.AxisError, function, "axis", trouble)


def shape_of(function: str, name: str, value: Any) -> tuple[int, ...]:
    """Return the shape of somebody else's array, or raise an error where it has none."""
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple):
        raise parameter_error(TypeError, function, name, f"is of type {type(value).__name__}, which has no shape")
    return shape


def part(array: AnyArray, axis: int, start: int | None, stop: int | None) -> AnyArray:
    """Return a view of what lies between two places on an axis."""
    return array[(slice(None),) * axis + (slice(start, stop),)]


def checked_out(function: str, name: str, out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Raise what says why a result of that shape and dtype cannot go there."""
    if not isinstance(out, np.ndarray):
        raise parameter_error(TypeError, function, name, f"must be an array, not {type(out).__name__}")
    out = plain(out)
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise parameter_error(
            TypeError, function, name, f"has dtype {out.dtype}, to which the result's {dtype} does not cast"
        )
    if out.shape != shape:
        raise parameter_error(ValueError, function, name, f"has shape {out.shape}, the result {shape}")
    if not out.flags.writeable:
        raise parameter_error(ValueError, function, name, "is read-only")


def place_for(out: AnyArray | None, shape: tuple[int, ...], dtype: np.dtype[Any], like: AnyArray) -> AnyArray:
    """Return where a kernel writes: `out` if it can, else a new array, laid out as another where that has the shape."""
    if out is not None:
        out = plain(out)
        if out.dtype == dtype and out.dtype.isnative and out.flags.aligned:
            return out
    if like.shape == shape:
        return np.empty_like(like, dtype=dtype, subok=False)
    return np.empty(shape, dtype, order="F" if like.flags.fnc else "C")


def finished(out: AnyArray | None, place: AnyArray) -> Any:
    """Return the result: in `out` where that was given, a scalar where it has no dimensions."""
    if out is None:
        return place[()]
    if not np.shares_memory(out, place):
        with np.errstate(all="ignore"):
            np.copyto(out, place, casting="same_kind")
    return out


def is_same(a: AnyArray, b: AnyArray) -> bool:
    """Return whether two arrays have each element in the same place."""
    return a.ctypes.data == b.ctypes.data and a.dtype == b.dtype and a.shape == b.shape and a.strides == b.strides


def _shares_memory(a: AnyArray, b: AnyArray) -> bool:
    try:
        return np.shares_memory(a, b, max_work=10_000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def apart(inputs: list[AnyArray], results: list[AnyArray]) -> list[AnyArray]:
    """Return the inputs, those copied that share memory with a result other than element by element."""
    return [
        one.copy() if any(not is_same(one, to) and _shares_memory(one, to) for to in results) else one for one in inputs
    ]


def pair(function: str, out: Any) -> tuple[Any, Any]:
    """Return the two places of out=(a, b), either of which may be None."""
    if out is None:
        return None, None
    if type(out) is not tuple or len(out) != 2:
        raise parameter_error(TypeError, function, "out", "must be a tuple of two arrays")
    if all(isinstance(one, np.ndarray) for one in out) and _shares_memory(*out):
        raise parameter_error(ValueError, function, "out", "is two arrays that share memory")
    return out


def single(function: str, out: Any) -> Any:
    """Return the place of out=a or out=(a,)."""
    return out[0] if type(out) is tuple and len(out) == 1 else out
