"""Inputs that hardware may find slow, as Markdown; every sentence is chosen by the numbers.

This file must not measure anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from .family_slow import COLUMNS, SCATTER
from .harness import Estimate
from .markdown import WORDS, bold_above, nanoseconds, number, ratio, table
from .plan import L1

TWICE = 2.0


class Slow:
    """For each function and dtype, the time of each kind of inputs over that of usual ones."""

    def __init__(self, rows: Sequence[dict]):
        keys = [(row["function"], row["direction"], row["dtype"]) for row in rows]
        self.usual: dict[tuple[str, str, str], Estimate] = dict(zip(keys, (row["usual"] for row in rows), strict=True))
        self.ratios: dict[tuple[str, str, str], dict[str, Estimate]] = dict(
            zip(keys, (row["ratios"] for row in rows), strict=True)
        )

    def above(self) -> dict[tuple[str, str, str], dict[str, Estimate]]:
        """Return by function and dtype the kinds that take more than twice the usual time, the worst first."""
        found = {}
        for key, ratios in self.ratios.items():
            kinds = {kind: ratio for kind, ratio in ratios.items() if ratio.median > TWICE}
            if kinds:
                found[key] = dict(sorted(kinds.items(), key=lambda item: -item[1].median))
        return dict(sorted(found.items(), key=lambda item: -next(iter(item[1].values())).median))


def slow_table(slow: Slow, dtype: str) -> str:
    """Write one dtype: in each column the worst of its kinds, bold above twice the usual time."""
    lines = []
    for (label, direction, of), ratios in slow.ratios.items():
        if of != dtype:
            continue
        cells = []
        for kinds in COLUMNS.values():
            worst = max((ratios[kind].median for kind in kinds if kind in ratios), default=None)
            cells.append(bold_above(TWICE, worst))
        lines.append((label, WORDS[direction], nanoseconds(slow.usual[label, direction, of]), *cells))
    return table(("function", "", "usual, ns", *COLUMNS), 2, lines)


def slow_verdict(slow: Slow) -> str:
    """Say what takes more than twice its usual time."""
    above = slow.above()
    if not above:
        worst, kind, key = max(
            (ratio.median, kind, key) for key, ratios in slow.ratios.items() for kind, ratio in ratios.items()
        )
        label, direction, dtype = key
        return (
            f"No kind of inputs takes more than twice the usual time; the worst is {number(worst)} times "
            f"({label} {WORDS[direction]}, {dtype}, {kind})."
        )
    lines = [
        f"- {label} {WORDS[direction]}, {dtype}: " + "; ".join(f"{kind} {ratio(one)}" for kind, one in kinds.items())
        for (label, direction, dtype), kinds in above.items()
    ]
    return "\n".join(["Above twice the usual time:", "", *lines])


def slow_tables(slow: Slow) -> str:
    """Write the tables of all dtypes and the verdict."""
    dtypes = dict.fromkeys(dtype for *_, dtype in slow.ratios)
    return "\n\n".join([*(f"{dtype}:\n\n{slow_table(slow, dtype)}" for dtype in dtypes), slow_verdict(slow)])


def section(rows: Sequence[dict]) -> str:
    """Write what the page says of slow inputs."""
    return f"""\
## No slow inputs

The time on inputs that hardware may find slow, over that of usual ones (normal, standard deviation 3; gradients
standard normal), {L1:,} elements. Each column shows the worst of its kinds. Every element is such, and for
subnormal inputs and results also one in {SCATTER}; results are subnormal at small inputs or in a tail; saturated is
|x| = 50 or 10,000, huge 1e30 in float32 and 1e300 in float64. From the output these are the inputs that the output
came from, and every y is subnormal where that can be. A dash: there is no such input.

{slow_tables(Slow(rows))}
"""
