"""What the rows of malformed calls are made of: the names that they use, and the objects that do harm.

A row is the text of a call, the class of its error and the message, in which three dots stand for anything. What a
message should be is decided before the library is asked. The test is in test_bad_input.py; no row belongs here.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np

import fastact as fa

Row = tuple[str, type[Exception], str]

COMPUTABLE = "bool and integers, float16, bfloat16, float32 and float64 can be computed with"


class ArrayRaises:
    """It becomes no array: its own code raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __array__(self, *_: object, **__: object) -> Any:
        raise self.error


class ArrayLies:
    """It says that it becomes an array and gives none."""

    def __array__(self, *_: object, **__: object) -> Any:
        return "no array"


class FloatRaises:
    """A number of somebody's, which fails."""

    def __float__(self) -> float:
        raise ValueError("mine")


class IndexRaises:
    """An integer of somebody's, which fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __index__(self) -> int:
        raise self.error


class IndexLies:
    """An integer of somebody's, which is none."""

    def __index__(self) -> Any:
        return "3"


class LengthRaises:
    """A sequence of somebody's, which fails."""

    def __len__(self) -> int:
        raise ValueError("mine")

    def __getitem__(self, index: int) -> float:
        return 1.0


class ReprRaises:
    """It cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("mine")


class OptsOut:
    """It takes no part in ufuncs, and says so as NumPy wants it said."""

    __array_ufunc__ = None


class Declines:
    """It takes part, and declines each time."""

    def __array_ufunc__(self, *_: object, **__: object) -> Any:
        return NotImplemented


class Raises:
    """It takes part, and fails by its own error."""

    def __array_ufunc__(self, *_: object, **__: object) -> Any:
        raise ValueError("mine")


class Fails:
    """It takes part, and fails by an error of its own kind, which takes other arguments than one."""

    def __array_ufunc__(self, *_: object, **__: object) -> Any:
        raise UnicodeDecodeError("utf8", b"", 0, 1, "mine")


class Subclass(np.ndarray[Any, Any]):
    """An array of a subclass that takes part in ufuncs and fails."""

    def __array_ufunc__(self, *_: object, **__: object) -> Any:  # type: ignore[override]
        raise ValueError("mine")


class DecliningSubclass(np.ndarray[Any, Any]):
    """An array of a subclass that takes part in ufuncs and declines."""

    def __array_ufunc__(self, *_: object, **__: object) -> Any:  # type: ignore[override]
        return NotImplemented


class LyingSubclass(np.ndarray[Any, Any]):
    """An array of a subclass whose results are no arrays."""

    def __array_ufunc__(self, *_: object, **__: object) -> Any:  # type: ignore[override]
        return "a result"


class Boasts(np.ndarray[Any, Any]):
    """An array of a subclass that says it has a million elements."""

    @property
    def shape(self) -> Any:  # type: ignore[override]
        return (10**6,)


CLASSES = (ArrayRaises, ArrayLies, FloatRaises, IndexRaises, IndexLies, LengthRaises, ReprRaises, OptsOut, Declines)
CLASSES += (Raises, Fails, Subclass, DecliningSubclass, LyingSubclass, Boasts)


def names() -> dict[str, Any]:
    """Return what a row's call may name: functions, arrays to read and arrays to write, all made anew."""
    frozen = np.full(3, 7.0)
    frozen.flags.writeable = False
    public = {name: getattr(fa, name) for name in fa.__all__}
    arrays = {
        "v": np.array([-1.0, 0.0, 2.0]),
        "w": np.array([-1.0, 0.0, 2.0, 4.0]),
        "x": np.array([[-1.0, 0.0, 2.0], [3.0, -4.0, 5.0]]),
        "f": np.array([-1, 0, 2], np.float32),
        "i": np.array([-1, 0, 2]),
        "z": np.array([-1, 0, 2], np.complex128),
        "mask": np.array([5], np.uint8),
        "out": np.full(3, 7.0),
        "other": np.full(3, 7.0),
        "pair": np.full(2, 7.0),
        "wide": np.full((2, 3), 7.0),
        "single": np.full(3, 7, np.float32),
        "whole": np.full(3, 7),
        "flags": np.full(3, True),
        "bits": np.full(1, 7, np.uint8),
        "number": np.full((), 7.0),
        "frozen": frozen,
    }
    tools = {
        "np": np,
        "bfloat16": ml_dtypes.bfloat16,
        "nan": np.nan,
        "inf": np.inf,
        "Fraction": Fraction,
        "Decimal": Decimal,
    }
    return public | arrays | tools | {kind.__name__: kind for kind in CLASSES}
