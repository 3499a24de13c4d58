"""16 bits and arrays that are not contiguous, as Markdown; every sentence is chosen by the numbers.

This file must not measure anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from .cases import SEED
from .family_cases import HALF_TARGETS, HALVES, SIZE
from .family_layouts import EVERY_SECOND, EVERY_SECOND_INTO, LAYOUTS
from .family_report import Peers, peers_table, peers_verdict
from .family_session import LAYOUT_DTYPES, Group
from .harness import Estimate, Pool
from .markdown import WORDS, bold_above, nanoseconds, number, ratio, table

# What is timed in float32 and in 16 bits, with how many elements, and the most that the 16 bits may take.
BY_DTYPE = "relu"
MOST_BY_SIZE = {SIZE: 1.5, 32_000_000: 1.0}
# The most that a stride of 2 may take, for SIZE elements.
MOST = 2.5
STRIDES = (EVERY_SECOND, EVERY_SECOND_INTO)


class ByDtype:
    """The time in 16 bits over that in float32, by size."""

    def __init__(self, measured: Sequence[list[Group]]):
        self.rows: dict[int, dict[str, Estimate]] = {}
        self.times: dict[int, Estimate] = {}
        generator = np.random.default_rng(SEED)
        for same in measured:
            size = int(same[0].key[1])
            pool = Pool([group.samples for group in same], generator)
            self.times[size] = pool.time("float32")
            self.rows[size] = {dtype: pool.ratio(dtype, "float32") for dtype in HALVES}


class Layouts:
    """For each function, direction and dtype, the time of each layout over the contiguous one."""

    def __init__(self, measured: Sequence[list[Group]], size: int):
        self.size = size
        self.ratios: dict[tuple[str, str, str], dict[str, float]] = {}
        generator = np.random.default_rng(SEED)
        for same in measured:
            pool = Pool([group.samples for group in same], generator)
            self.ratios[same[0].key] = {
                name: pool.ratio(name, layout.base).median for name, layout in LAYOUTS.items() if name != layout.base
            }

    def of(self, name: str, dtype: str) -> dict[str, float]:
        """Return the ratios of one layout in one dtype by the function's name."""
        return {
            f"{label} {WORDS[direction]}": ratios[name]
            for (label, direction, of), ratios in self.ratios.items()
            if of == dtype
        }


def by_dtype_table(found: ByDtype) -> str:
    """Write a row for each size and format."""
    lines = []
    for size, ratios in found.rows.items():
        for dtype, one in ratios.items():
            most = MOST_BY_SIZE[size]
            met = "yes" if one.median <= most else "**no**"
            lines.append((dtype, f"{size:,}", nanoseconds(found.times[size]), ratio(one), f"{most:g}", met))
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


def layouts_tables(layouts: Layouts) -> str:
    """Write the verdict and both tables."""
    return "\n\n".join((strides_verdict(layouts), strides_table(layouts), layouts_table(layouts)))


def _of_one_format(peers: Peers) -> str:
    faults = "".join(f"\n- not timed: {fault}" for fault in peers.faults)
    return f"### {peers.dtype}\n\n{peers_verdict(peers)}\n\n{peers_table(peers)}{faults}"


def sections(halves: Sequence[Peers], found: ByDtype, layouts: Layouts) -> str:
    """Write what docs/performance.md says of 16 bits and of layouts."""
    targets = "; ".join(
        f"{target:g} times as fast for {', '.join(name for name, one in HALF_TARGETS.items() if one == target)}"
        for target in dict.fromkeys(HALF_TARGETS.values())
    )
    formats = "\n\n".join(map(_of_one_format, halves))
    return f"""\

## 16 bits

As above, on {halves[0].size:,} numbers of 16 bits. Each peer has its fastest spelling (`bench/half_peers.py`): on its
own arrays of the format, for NumPy's bfloat16 those of ml_dtypes, or in float32 between two conversions into arrays
that exist. The target is set for the forward pass, against the quicker of PyTorch and NumPy:
{targets}.

{formats}

### {BY_DTYPE} beside float32

Its forward pass on the same numbers in one run: in the first-level cache, and outside every cache, where the bytes
count.

{by_dtype_table(found)}

## Arrays that are not contiguous

The time over that of contiguous arrays with as many elements, {layouts.size:,}, in one run. The result is a new array
in both; where out is strided too, or x is the transposed of a square matrix and grad and out are not, it is written
into one that exists in both. Gradients lie as x does, but for a transposed or broadcast x, where they are contiguous.
A stride of 2 may take {MOST:g} times as long.

{layouts_tables(layouts)}
"""
