"""How the family's figures are written in Markdown: a table, a time, a ratio. It computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from .harness import Estimate

WORDS = {"forward": "forward", "backward": "backward", "backward_from_output": "from output"}
NONE = "-"


def nanoseconds(estimate: Estimate | None) -> str:
    return NONE if estimate is None else f"{estimate.median:,.0f}"


def number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def ratio(estimate: Estimate | None) -> str:
    """Write a ratio with its interval, if it has one."""
    if estimate is None:
        return NONE
    if estimate.low is None:
        return number(estimate.median)
    return f"{number(estimate.median)} ({number(estimate.low)}-{number(estimate.high)})"


def bold_above(limit: float, value: float | None) -> str:
    """Write a ratio, bold where it is above the limit."""
    if value is None:
        return NONE
    return f"**{number(value)}**" if value > limit else number(value)


def table(head: Sequence[str], left: int, lines: Sequence[Sequence[str]]) -> str:
    """Write a table whose first columns are flush left."""
    rule = [":--"] * left + ["--:"] * (len(head) - left)
    widths = [max(map(len, column)) for column in zip(head, rule, *lines, strict=True)]

    def written(cells):
        padded = [
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    return "\n".join(map(written, (head, rule, *lines)))
