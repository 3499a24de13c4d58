"""Arrays that are not contiguous, or not as the processor reads them: the same values laid out otherwise.

This file must not time anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import fastact

from .family_cases import OPERANDS, Case, FamilyBuffers
from .plan import L1

FRESH = "contiguous"
INTO = "contiguous, into out"
EVERY_SECOND = "stride of 2"
EVERY_SECOND_INTO = "stride of 2, out too"

View = Callable[[np.ndarray], np.ndarray]


def _same(array):
    return array


def _every_second(array):
    wide = np.repeat(array, 2)
    return wide[::2]


def _reversed(array):
    return array[::-1].copy()[::-1]


def _square(array):
    side = math.isqrt(array.size)
    return array[: side * side].reshape(side, side)


def _transposed(array):
    return np.asfortranarray(_square(array))


def _row(array):
    square = _square(array)
    return np.broadcast_to(square[0].copy(), square.shape)


def _misaligned(array):
    moved = np.empty(array.nbytes + 1, np.uint8)[1:].view(array.dtype)
    moved[...] = array
    return moved


def _swapped(array):
    return array.astype(array.dtype.newbyteorder())


@dataclass(frozen=True)
class Layout:
    """How x lies, and grad, and out; without one the result is a new array."""

    x: View
    grad: View
    out: View | None = None

    @property
    def base(self) -> str:
        """Return the layout that its time is compared with."""
        return INTO if self.out else FRESH


LAYOUTS = {
    FRESH: Layout(_same, _same),
    INTO: Layout(_same, _same, _same),
    EVERY_SECOND: Layout(_every_second, _every_second),
    EVERY_SECOND_INTO: Layout(_every_second, _every_second, _every_second),
    "reversed": Layout(_reversed, _reversed),
    "transposed x": Layout(_transposed, _square, _square),
    "x one row, broadcast": Layout(_row, _square),
    "misaligned": Layout(_misaligned, _misaligned),
    "byte-swapped": Layout(_swapped, _swapped),
}


# So many elements of float32, and as many bytes of another dtype, stay in a first-level cache of 32 KiB whatever
# their layout: grad, x and out, all with a stride of 2, reach over 24 KiB. Of L1 elements contiguous arrays of float32
# stay there, and arrays with a stride do not.
STRIDES_SIZE = 1024
LAYOUTS_BY_SIZE = {
    STRIDES_SIZE: {name: LAYOUTS[name] for name in (FRESH, INTO, EVERY_SECOND, EVERY_SECOND_INTO)},
    L1: LAYOUTS,
}


def elements(size: int, dtype: str) -> int:
    """Return how many elements of a dtype are measured at a size."""
    return size * np.float32().itemsize // np.dtype(dtype).itemsize if size == STRIDES_SIZE else size


def statement(case: Case, direction: str, layout: Layout, buffers: FamilyBuffers) -> tuple[str, dict[str, object]]:
    """Return the call and the names that it reads, for a harness.Candidate."""
    operands = OPERANDS[direction].split(", ")
    names = {name: getattr(layout, name)(getattr(buffers, name)) for name in operands}
    if layout.out:
        names |= {"out": layout.out(buffers.out.copy()), "total": buffers.total}
    return case.spelling(direction, into=layout.out is not None), {"fa": fastact, **names}
