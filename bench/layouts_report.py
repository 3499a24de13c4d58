"""relu in 16 bits, and arrays that are not contiguous, as Markdown; every sentence is chosen by the numbers.

This file must not measure anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from .family_layouts import EVERY_SECOND, EVERY_SECOND_INTO, STRIDES_SIZE, elements
from .family_session import LAYOUT_DTYPES
from .markdown import WORDS, bold_above, nanoseconds, number, ratio, table
from .plan import L1, MEMORY

# What is timed in float32 and in 16 bits, with how many elements, and the most that the 16 bits may take.
BY_DTYPE = "relu"
MOST_BY_SIZE = {L1: 1.5, MEMORY: 1.0}
# The most that a stride of 2 may take where every array stays in the first-level cache.
MOST = 2.5
STRIDES = (EVERY_SECOND, EVERY_SECOND_INTO)


class Layouts:
    """For each function, direction and dtype, the time of each layout over the contiguous one, of so many elements."""

    def __init__(self, rows: Sequence[dict], size: int):
        self.ratios: dict[tuple[str, str, str], dict[str, float]] = {
            (row["function"], row["direction"], row["dtype"]): {name: one.median for name, one in row["ratios"].items()}
            for row in rows
            if row["size"] == size
        }

    def of(self, name: str, dtype: str) -> dict[str, float]:
        """Return the ratios of one layout in one dtype by the function's name."""
        return {
            f"{label} {WORDS[direction]}": ratios[name]
            for (label, direction, of), ratios in self.ratios.items()
            if of == dtype
        }


def by_dtype_table(rows: Sequence[dict]) -> str:
    """Write a row for each size and format."""
    lines = []
    for row in rows:
        size = row["size"]
        for dtype, one in row["ratios"].items():
            most = MOST_BY_SIZE[size]
            met = "yes" if one.median <= most else "**no**"
            lines.append((dtype, f"{size:,}", nanoseconds(row["float32"]), ratio(one), f"{most:g}", met))
    return table(("format", "elements", "float32, ns", "its time / float32's", "at most", "met"), 1, lines)


def strides_table(layouts: Layouts) -> str:
    """Write a stride of 2 for every function, bold above what it may take."""
    columns = [(name, dtype) for name in STRIDES for dtype in LAYOUT_DTYPES]
    lines = [
        (
            label,
            WORDS[direction],
            *(bold_above(MOST, layouts.ratios[label, direction, dtype][name]) for name, dtype in columns),
        )
        for label, direction in dict.fromkeys(key[:2] for key in layouts.ratios)
    ]
    heads = [dtype if name == EVERY_SECOND else f"{dtype}, out too" for name, dtype in columns]
    return table(("function", "", *heads), 2, lines)


def layouts_table(layouts: Layouts) -> str:
    """Write for each layout and dtype the median over the functions and the worst of them."""
    lines = []
    for name in next(iter(layouts.ratios.values())):
        cells = []
        for dtype in LAYOUT_DTYPES:
            found = layouts.of(name, dtype)
            worst = max(found, key=found.get)
            cells += (number(median(found.values())), f"{number(found[worst])} ({worst})")
        lines.append((name, *cells))
    return table(("layout", *(head for dtype in LAYOUT_DTYPES for head in (f"{dtype}: median", "worst"))), 1, lines)


def strides_verdict(layouts: Layouts) -> str:
    """Name what takes more than it may at a stride of 2."""
    found = {
        f"{function}, {dtype}{'' if name == EVERY_SECOND else ', out too'}": one
        for name in STRIDES
        for dtype in LAYOUT_DTYPES
        for function, one in layouts.of(name, dtype).items()
    }
    above = sorted((item for item in found.items() if item[1] > MOST), key=lambda item: -item[1])
    if above:
        return f"Above {MOST:g} times: {'; '.join(f'{where} {number(one)}' for where, one in above)}."
    worst = max(found, key=found.get)
    return f"No function takes more than {MOST:g} times as long; the worst is {number(found[worst])} times ({worst})."


def by_dtype_section(rows: Sequence[dict]) -> str:
    """Write what the page says of 16 bits beside float32."""
    return f"""\
## {BY_DTYPE} in 16 bits beside float32

Its forward pass on the same numbers in one run: in the first-level cache, and outside every cache, where the bytes
count.

{by_dtype_table(rows)}
"""


def section(rows: Sequence[dict]) -> str:
    """Write what the page says of layouts."""
    strides = Layouts(rows, STRIDES_SIZE)
    counts = [f"{elements(STRIDES_SIZE, dtype):,} elements of {dtype}" for dtype in LAYOUT_DTYPES]
    counted = f"{', '.join(counts[:-1])} and {counts[-1]}"
    return f"""\
## Arrays that are not contiguous

The time over that of contiguous arrays with as many elements, in one run. The result is a new array in both; where
out is strided too, or x is the transposed of a square matrix and grad and out are not, it is written into one that
exists in both. Gradients lie as x does, but for a transposed or broadcast x, where they are contiguous.

{counted}, so that a derivative's arrays, all with a stride, stay in a first-level cache of
32 KiB; a stride of 2 may take {MOST:g} times as long. {strides_verdict(strides)}

{strides_table(strides)}

{L1:,} elements: where every second one is taken, arrays of float32 no longer fit that cache, and contiguous ones do.

{layouts_table(Layouts(rows, L1))}
"""
