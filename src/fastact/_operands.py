"""Operands of functions over several arrays: brought to one shape and dtype, and results' places checked.

For functions that are no ufuncs, where NumPy would do it. No computation belongs here, and nothing that
knows a kernel.
"""

from __future__ import annotations

import numpy as np

from ._errors import parameter_error


def broadcast(function: str, operands: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return the arrays in the shape that they have together, or raise an error that lists theirs."""
    arrays = list(operands.values())
    if len({array.shape for array in arrays}) == 1:
        return arrays
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        listed = ", ".join(f"{name} {array.shape}" for name, array in operands.items())
        raise ValueError(f"{function}: the shapes do not broadcast together: {listed}") from None


def broadcast_to(function: str, name: str, array: np.ndarray, shape: tuple[int, ...], of: str) -> np.ndarray:
    """Return the array in a given shape, or raise an error that names it."""
    if array.shape == shape:
        return array
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise parameter_error(
            ValueError, function, name, f"has shape {array.shape}, which does not broadcast to {shape}, that of {of}"
        ) from None


def readable(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return the array in a dtype, native and aligned: itself, or a copy."""
    if array.dtype != dtype or not array.dtype.isnative:
        with np.errstate(all="ignore"):
            array = array.astype(dtype)
    if not array.flags.aligned:
        array = array.copy()
    return array.view(np.ndarray) if type(array) is not np.ndarray else array


def axis_of(function: str, axis, dimensions: int) -> int:
    """Return the axis as a number from 0 on, or raise an error that names it."""
    if not isinstance(axis, (int, np.integer)) or isinstance(axis, bool):
        raise parameter_error(TypeError, function, "axis", f"must be an integer, not {axis!r}")
    if not -dimensions <= axis < dimensions:
        raise parameter_error(ValueError, function, "axis", f"{axis} is out of bounds for x of {dimensions} dimensions")
    return int(axis) % dimensions


def part(array: np.ndarray, axis: int, start: int | None, stop: int | None) -> np.ndarray:
    """Return a view of what lies between two places on an axis."""
    return array[(slice(None),) * axis + (slice(start, stop),)]


def checked_out(function: str, name: str, out, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Raise what says why a result of that shape and dtype cannot go there."""
    if not isinstance(out, np.ndarray):
        raise parameter_error(TypeError, function, name, f"must be an array, not {type(out).__name__}")
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise parameter_error(
            TypeError, function, name, f"has dtype {out.dtype}, to which the result's {dtype} does not cast"
        )
    if out.shape != shape:
        raise parameter_error(ValueError, function, name, f"has shape {out.shape}, the result {shape}")
    if not out.flags.writeable:
        raise parameter_error(ValueError, function, name, "is read-only")


def place_for(out: np.ndarray | None, shape: tuple[int, ...], dtype: np.dtype, like: np.ndarray) -> np.ndarray:
    """Return where a kernel writes: `out` if it can, else a new array, laid out as another where that has the shape."""
    if out is not None and out.dtype == dtype and out.dtype.isnative and out.flags.aligned:
        return out.view(np.ndarray) if type(out) is not np.ndarray else out
    if like.shape == shape:
        return np.empty_like(like, dtype=dtype, subok=False)
    return np.empty(shape, dtype, order="F" if like.flags.fnc else "C")


def finished(out: np.ndarray | None, place: np.ndarray):
    """Return the result: in `out` where that was given, a scalar where it has no dimensions."""
    if out is None:
        return place[()]
    if not np.shares_memory(out, place):
        with np.errstate(all="ignore"):
            np.copyto(out, place, casting="same_kind")
    return out


def is_same(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether two arrays have each element in the same place."""
    return a.ctypes.data == b.ctypes.data and a.dtype == b.dtype and a.shape == b.shape and a.strides == b.strides


def _shares_memory(a: np.ndarray, b: np.ndarray) -> bool:
    try:
        return np.shares_memory(a, b, max_work=10_000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def apart(inputs: list[np.ndarray], results: list[np.ndarray]) -> list[np.ndarray]:
    """Return the inputs, those copied that share memory with a result other than element by element."""
    return [
        one.copy() if any(not is_same(one, to) and _shares_memory(one, to) for to in results) else one for one in inputs
    ]


def pair(function: str, out) -> tuple:
    """Return the two places of out=(a, b), either of which may be None."""
    if out is None:
        return None, None
    if type(out) is not tuple or len(out) != 2:
        raise parameter_error(TypeError, function, "out", "must be a tuple of two arrays")
    if out[0] is not None and out[1] is not None and _shares_memory(*out):
        raise parameter_error(ValueError, function, "out", "is two arrays that share memory")
    return out


def single(function: str, out):
    """Return the place of out=a or out=(a,)."""
    return out[0] if type(out) is tuple and len(out) == 1 else out
