"""Which argument is at fault: a ufunc's refusal, said again with the names of this library.

Called only after NumPy has refused, so that a call that succeeds pays nothing. It must not decide
what is accepted.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

AnyArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Operands: TypeAlias = Mapping[str, Any]

COMPUTABLE = "bool and integers, float16, bfloat16, float32 and float64"
_OURS = (np.ndarray, int, float, bool, type(None))  # whose own code raises nothing


class _Short(reprlib.Repr):
    """A `repr` that is short, for messages."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxlong = self.maxother = 80


def shown(value: object) -> str:
    """Return what a message shows of a value: some characters of its `repr`, whatever that does."""
    try:
        return _Short().repr(value)
    except Exception:  # the message is of the argument, not of this
        return f"a value of type {type(value).__name__}"


def parameter_error(kind: type[Exception], function: str, parameter: str, trouble: str) -> Exception:
    """Return the error for a parameter that the function does not admit."""
    return kind(f"{function}: {parameter} {trouble}")


def as_array(function: str, name: str, value: Any) -> AnyArray:
    """Return the argument as an array, or raise an error that names it."""
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError  # theirs may want other arguments
        raise kind(f"{function}: {name} cannot be made an array: {error}") from error
    except Exception as error:
        error.add_note(f"{function}: {name} cannot be made an array")
        raise


def dtype_of(function: str, dtype: Any) -> np.dtype[Any]:
    """Return the argument `dtype` as a dtype, or raise an error that names it."""
    try:
        found: np.dtype[Any] = np.dtype(dtype)
        return found
    except (TypeError, ValueError):
        raise parameter_error(TypeError, function, "dtype", _no_dtype(dtype)) from None


def _no_dtype(dtype: object) -> str:
    return f"must be one that NumPy has, not {shown(dtype)}"


def uncomputable(function: str, name: str, value: object, dtype: np.dtype[Any]) -> Exception:
    """Return the error for an argument that becomes an array of a dtype that cannot be computed with."""
    return parameter_error(TypeError, function, name, _dtype_trouble(value, dtype))


def of_others(error: Exception, function: str, operands: Operands) -> Exception:
    """Return what to raise where the code of somebody else's arrays, or of what becomes an array, has failed.

    Their own errors stay as they are, with a note that names the function and the arguments.
    """
    theirs = {name: type(value) for name, value in operands.items() if type(value) not in _OURS}
    listed = " and ".join(f"{name} of type {kind.__name__}" for name, kind in theirs.items())
    for name, kind in theirs.items():
        if getattr(kind, "__array_ufunc__", kind) is None:
            trouble = f"is of type {kind.__name__}, which refuses ufuncs (its __array_ufunc__ is None)"
            return parameter_error(TypeError, function, name, trouble)
    if isinstance(error, TypeError) and str(error).startswith("operand type(s) all returned NotImplemented"):
        return TypeError(f"{function}: __array_ufunc__ returned NotImplemented, that of {listed}")
    if theirs:
        error.add_note(f"{function}: called with {listed}")
    return error


@contextmanager
def calling_others(function: str, operands: Operands) -> Iterator[None]:
    """Say of which function and arguments it is that somebody else's arrays refuse within the block."""
    try:
        yield
    except Exception as error:
        other = of_others(error, function, operands)
        if other is error:
            raise
        raise other from error


@contextmanager
def called_by(function: str, inner: str) -> Iterator[None]:
    """Let errors of a function of ours that another one calls within the block begin with that other's name."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if not str(error).startswith(f"{inner}: "):
            raise
        raise type(error)(f"{function}: {error}") from error


def explained(
    error: Exception, function: str, operands: Operands, keywords: Mapping[str, Any], result: np.dtype[Any] | None
) -> Exception:
    """Return an error of the refusal's kind that names the function and the argument.

    `result` is the dtype that the operands and keywords ask for, None if there is no such loop.
    """
    arrays = {name: as_array(function, name, value) for name, value in operands.items()}
    kind = TypeError if isinstance(error, TypeError) else ValueError
    try:
        if kind is TypeError:
            trouble = _type_trouble(operands, arrays, keywords, result)
        else:
            trouble = _value_trouble(arrays, keywords)
    except (TypeError, ValueError):  # a keyword that NumPy cannot read, and has said so
        trouble = None
    return kind(f"{function}: {trouble or error}")


def _type_trouble(
    operands: Operands, arrays: Mapping[str, AnyArray], keywords: Mapping[str, Any], result: np.dtype[Any] | None
) -> str | None:
    for name, array in arrays.items():
        if not _computable(array.dtype):
            return f"{name} {_dtype_trouble(operands[name], array.dtype)}"
    out = _single(keywords.get("out"))
    if out is not None and not isinstance(out, np.ndarray):
        return f"out must be an array, not {type(out).__name__}"
    requested, casting = keywords.get("dtype"), keywords.get("casting", "same_kind")
    if result is None:
        if requested is None:
            return f"{' and '.join(f'{name} of {array.dtype}' for name, array in arrays.items())} have no common dtype"
        try:
            return f"dtype {np.dtype(requested)} is not one of those that the result can have"
        except (TypeError, ValueError):
            return f"dtype {_no_dtype(requested)}"
    if out is not None and not np.can_cast(result, out.dtype, casting):
        return f"out has dtype {out.dtype}, to which the result's {result} does not cast by casting={casting!r}"
    for name, array in arrays.items():
        if not np.can_cast(array.dtype, result, casting):
            return f"{name} has dtype {array.dtype}, which does not cast to {result} by casting={casting!r}"
    where = keywords.get("where", True)
    if isinstance(where, np.ndarray) and where.dtype != bool:
        return f"where has dtype {where.dtype}; bool is wanted"
    return None


def _computable(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "biu" or dtype.name in ("float16", "bfloat16", "float32", "float64")


def _dtype_trouble(value: object, dtype: np.dtype[Any]) -> str:
    if dtype.kind == "O" and not isinstance(value, (np.ndarray, np.generic, list, tuple)):
        if isinstance(value, int):
            return "is an integer of more than 64 bits"
        return f"must be an array, a float or an integer, not {type(value).__name__}"
    return f"has dtype {dtype}; {COMPUTABLE} can be computed with"


def _value_trouble(arrays: Mapping[str, AnyArray], keywords: Mapping[str, Any]) -> str | None:
    shapes = {name: array.shape for name, array in arrays.items()}
    out, where = _single(keywords.get("out")), np.asarray(keywords.get("where", True))
    if isinstance(out, tuple):
        return f"out must be an array, not a tuple of {len(out)}: there is one result"
    if where.ndim:
        shapes["where"] = where.shape
    try:
        result = np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        return f"the shapes do not broadcast together: {listed}"
    if not isinstance(out, np.ndarray):
        return None
    out = np.asarray(out)  # a subclass may say anything of itself
    if not out.flags.writeable:
        return "out is read-only"
    try:
        fits = np.broadcast_shapes(result, out.shape) == out.shape
    except ValueError:
        fits = False
    return None if fits else f"out has shape {out.shape}, the result {result}"


def _single(out: Any) -> Any:
    return out[0] if isinstance(out, tuple) and len(out) == 1 else out
