"""Which argument is at fault: a ufunc's refusal, said again with the names of this library.

Called only after NumPy has refused, so that a call that succeeds pays nothing. It must not decide
what is accepted.
"""

from __future__ import annotations

import numpy as np

COMPUTABLE = "bool and integers, float16, bfloat16, float32 and float64"


def parameter_error(kind: type[Exception], function: str, parameter: str, trouble: str) -> Exception:
    """Return the error for a parameter that the function does not admit."""
    return kind(f"{function}: {parameter} {trouble}")


def as_array(function: str, name: str, value) -> np.ndarray:
    """Return the argument as an array, or raise an error that names it."""
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}: {name} cannot be made an array: {error}") from None


def explained(error: Exception, function: str, operands: dict, keywords: dict, result: np.dtype | None) -> Exception:
    """Return an error of the refusal's kind that names the function and the argument.

    `result` is the dtype that the operands and keywords ask for, None if there is no such loop.
    """
    arrays = {name: as_array(function, name, value) for name, value in operands.items()}
    kind = TypeError if isinstance(error, TypeError) else ValueError
    try:
        trouble = _type_trouble(arrays, keywords, result) if kind is TypeError else _value_trouble(arrays, keywords)
    except (TypeError, ValueError):  # a keyword that NumPy cannot read, and has said so
        trouble = None
    return kind(f"{function}: {trouble or error}")


def _type_trouble(arrays, keywords, result):
    for name, array in arrays.items():
        if not _computable(array.dtype):
            return f"{name} has dtype {array.dtype}; {COMPUTABLE} can be computed with"
    out = _single(keywords.get("out"))
    if out is not None and not isinstance(out, np.ndarray):
        return f"out must be an array, not {type(out).__name__}"
    requested, casting = keywords.get("dtype"), keywords.get("casting", "same_kind")
    if result is None:
        if requested is not None:
            return f"dtype {np.dtype(requested)} is not one of those that the result can have"
        return f"{' and '.join(f'{name} of {array.dtype}' for name, array in arrays.items())} have no common dtype"
    if out is not None and not np.can_cast(result, out.dtype, casting):
        return f"out has dtype {out.dtype}, to which the result's {result} does not cast by casting={casting!r}"
    for name, array in arrays.items():
        if not np.can_cast(array.dtype, result, casting):
            return f"{name} has dtype {array.dtype}, which does not cast to {result} by casting={casting!r}"
    return None


def _computable(dtype):
    return dtype.kind in "biu" or dtype.name in ("float16", "bfloat16", "float32", "float64")


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
