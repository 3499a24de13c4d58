"""The peers' spellings in 16 bits: in the format itself, and in float32 between two conversions.

The second are made of family_peers.py's spellings, which stay as they are: x, out and the other arrays are
float32 there, and half_x, half_out those of 16 bits. This file must not time anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .family_peers import FAMILY, NUMBA, NUMPY, TORCH
from .harness import Candidate
from .peers import Implementation
from .plan import HALVES, INTO

# How an array is converted into one that exists.
CONVERSIONS = {TORCH: "{to}.copy_({of})", NUMPY: "np.copyto({to}, {of})", NUMBA: "np.copyto({to}, {of})"}
# PyTorch brings its bfloat16 along.
PACKAGES = {NUMPY: ("ml_dtypes",), NUMBA: ("ml_dtypes",)}
# Its processor code knows no 16 bits.
ONLY_CONVERTING = (NUMBA,)
READ = ("x", "grad", "y")


def _in_float32(spelling: str, conversion: str) -> str:
    """Return a spelling between the conversions of what it reads and of its result."""
    before = [
        conversion.format(to=name, of=f"half_{name}") for name in READ if re.search(rf"\b{name}\b(?!=)", spelling)
    ]
    *rest, last = spelling.split("; ")
    if pair := re.fullmatch(r"\((\w+), (.+)\)", last):
        after = [conversion.format(to="half_out", of=pair[1]), f"(half_out, {pair[2]})"]
    elif re.search(r"\bout\b", last):
        after = [last, conversion.format(to="half_out", of="out")]
    else:  # it gives a new array
        after = [conversion.format(to="half_out", of=last)]
    return "; ".join([*before, *rest, *after])


_KEPT: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]] = {}


def _wide(name: str, array: np.ndarray) -> np.ndarray:
    """Return the float32 array that stands for one; all spellings share it, as they are many and it is long."""
    source, wide = _KEPT.get((name, array.size), (None, None))
    if source is not array:
        wide = array.astype(np.float32)
        _KEPT[name, array.size] = array, wide
    return wide


def _in_16_bits(row: Implementation) -> Implementation:
    conversion = CONVERSIONS[row.name]
    spellings = {
        direction: {
            label: (
                *(() if row.name in ONLY_CONVERTING else cell),
                *(_in_float32(one, conversion) for one in cell),
            )
            for label, cell in cells.items()
        }
        for direction, cells in row.spellings.items()
    }

    def names(arrays: Mapping[str, np.ndarray]) -> dict[str, object]:
        halves = row.names(arrays)
        wide = {name: array if array.dtype == bool else _wide(name, array) for name, array in arrays.items()}
        kept = {f"half_{name}": halves[name] for name in (*READ, "out") if name in halves}
        return {**halves, "float32": {**row.names(wide), **kept}}

    def compiled(spelling: str, names: Mapping[str, object]) -> Candidate:
        return row.compile(spelling, names["float32"] if "half_out" in spelling else names)

    packages = row.packages + PACKAGES.get(row.name, ())
    # The other ways are not asked of them.
    return replace(
        row, packages=packages, names=names, spellings=spellings, compile=compiled, dtypes=HALVES, ways=(INTO,)
    )


HALF_FAMILY = tuple(_in_16_bits(row) if row.name in CONVERSIONS else row for row in FAMILY)


def family_of(dtype: str) -> tuple[Implementation, ...]:
    """Return the implementations as they are best in a dtype."""
    return HALF_FAMILY if dtype in HALVES else FAMILY
