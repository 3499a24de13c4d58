"""Which argument is at fault: a ufunc's refusal, said again with the names of this library.

Called only after NumPy has refused, so that a call that succeeds pays nothing. It must not decide
what is accepted.
"""

from __future__ import annotations

import numpy as np

COMPUTABLE = "biuf"
WIDEST = np.dtype(np.float64).itemsize


def parameter_error(kind: type[Exception], function: str, parameter: str, trouble: str) -> Exception:
    """Return the error for a parameter that the function does not admit."""
    return kind(f"{function}: {parameter} {trouble}")


def as_array(function: str, name: str, value) -> np.ndarray:
    """Return the argument as an array, or raise an error that names it."""
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}: {name} cannot be made an array: {error}") from None


def explained(error: Exception, function: str, operands: dict, keywords: dict) -> Exception:
    """Return an error of the refusal's kind that names the function and the argument."""
    arrays = {name: as_array(function, name, value) for name, value in operands.items()}
    kind = TypeError if isinstance(error, TypeError) else ValueError
    find = _type_trouble if kind is TypeError else _value_trouble
    try:
        trouble = find(arrays, keywords)
    except (TypeError, ValueError):  # a keyword that NumPy cannot read, and has said so
        trouble = None
    return kind(f"{function}: {trouble or error}")


def _type_trouble(arrays, keywords):
    for name, array in arrays.items():
        if array.dtype.kind not in COMPUTABLE or array.dtype.itemsize > WIDEST:
            return f"{name} has dtype {array.dtype}; float32, float64, bool and integers can be computed with"
    out = _single(keywords.get("out"))
    if out is not None and not isinstance(out, np.ndarray):
        return f"out must be an array, not {type(out).__name__}"
    requested, casting = keywords.get("dtype"), keywords["casting"]
    if requested is not None and np.dtype(requested) not in (np.float32, np.float64):
        return f"dtype {np.dtype(requested)} is not one of float32, float64"
    result = _result_dtype(arrays, requested)
    if out is not None and not np.can_cast(result, out.dtype, casting):
        return f"out has dtype {out.dtype}, to which the result's {result} does not cast by casting={casting!r}"
    for name, array in arrays.items():
        if not np.can_cast(array.dtype, result, casting):
            return f"{name} has dtype {array.dtype}, which does not cast to {result} by casting={casting!r}"
    return None


def _value_trouble(arrays, keywords):
    try:
        result = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        listed = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        return f"the shapes do not broadcast together: {listed}"
    out = _single(keywords.get("out"))
    if not isinstance(out, np.ndarray):
        return None
    if not out.flags.writeable:
        return "out is read-only"
    try:
        fits = np.broadcast_shapes(result, out.shape) == out.shape
    except ValueError:
        fits = False
    return None if fits else f"out has shape {out.shape}, the result {result}"


def _single(out):
    return out[0] if isinstance(out, tuple) and len(out) == 1 else out


def _result_dtype(arrays, requested):
    if requested is not None:
        return np.dtype(requested)
    narrow = all(np.can_cast(array.dtype, np.float32) for array in arrays.values())
    return np.dtype(np.float32 if narrow else np.float64)
