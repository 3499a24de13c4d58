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


def explained(error: Exception, function: str, operands: dict, keywords: dict) -> Exception:
    """Return an error of the refusal's kind that names the function and the argument."""
    kind = TypeError if isinstance(error, TypeError) else ValueError
    find = _type_trouble if kind is TypeError else _value_trouble
    return kind(f"{function}: {find(operands, keywords) or error}")


def _type_trouble(operands, keywords):
    for name, value in operands.items():
        dtype = np.asarray(value).dtype
        if dtype.kind not in COMPUTABLE or dtype.itemsize > WIDEST:
            return f"{name} has dtype {dtype}; float32, float64, bool and integers can be computed with"
    out = _single(keywords.get("out"))
    if out is not None and not isinstance(out, np.ndarray):
        return f"out must be an array, not {type(out).__name__}"
    requested = keywords.get("dtype")
    if requested is not None and np.dtype(requested) not in (np.float32, np.float64):
        return f"dtype {np.dtype(requested)} is not one of float32, float64"
    casting = keywords["casting"]
    if out is not None:
        result = _result_dtype(operands, requested)
        if not np.can_cast(result, out.dtype, casting):
            return f"out has dtype {out.dtype}, to which the result's {result} does not cast by casting={casting!r}"
    if requested is not None:
        for name, value in operands.items():
            dtype = np.asarray(value).dtype
            if not np.can_cast(dtype, requested, casting):
                wanted = np.dtype(requested)
                return f"{name} has dtype {dtype}, which does not cast to dtype={wanted} by casting={casting!r}"
    return None


def _value_trouble(operands, keywords):
    shapes = {name: np.shape(value) for name, value in operands.items()}
    try:
        result = np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
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


def _result_dtype(operands, requested):
    if requested is not None:
        return np.dtype(requested)
    narrow = all(np.can_cast(np.asarray(value).dtype, np.float32) for value in operands.values())
    return np.dtype(np.float32 if narrow else np.float64)
