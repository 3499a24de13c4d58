"""What stands around an activation, as Markdown. This file must not measure anything."""

from __future__ import annotations

from collections.abc import Sequence

from .markdown import number, ratio, table


def _cell(peer: dict) -> str:
    """Write a peer's time over ours, bold where that is slower and italic below its target."""
    value, target = peer["ratio"].median, peer["target"]
    mark = "*" if target is not None and value < target else "**" if target is None and value < 1 else ""
    wanted = "" if target is None else f", wanted {number(target)}"
    return f"{mark}{ratio(peer['ratio'])}{mark} {peer['name']}{wanted}"


def around_table(rows: Sequence[dict]) -> str:
    lines = [
        (row["function"], row["on"], f"{row['ns'].median / 1e3:,.1f}", "; ".join(map(_cell, row["peers"])))
        for row in rows
    ]
    return table(("function", "on", "us", "the other's time over ours"), 2, lines)


def targets_line(rows: Sequence[dict]) -> str:
    """Say how many of the targets are met, and which are not."""
    aimed = [(row, peer) for row in rows for peer in row["peers"] if peer["target"] is not None]
    missed = [
        f"{row['function']} ({row['on']}) {number(peer['ratio'].median)} of {number(peer['target'])}"
        for row, peer in aimed
        if peer["ratio"].median < peer["target"]
    ]
    below = f"; below: {', '.join(missed)}" if missed else ""
    return f"{len(aimed) - len(missed)} of {len(aimed)} reach their target{below}."


def section(rows: Sequence[dict]) -> str:
    """Write what the page says of rows, gates, biases, masks and zeros."""
    return f"""\
## Around an activation

Rows, gates, a bias, masks and zeros, float32, one thread, against PyTorch, SciPy and NumPy, and against fastact's own
functions one after the other ("fastact, apart"). Results go to arrays that exist where the function can; in place,
the time of restoring what was overwritten is taken off. **Bold**: slower. *Italic*: below the target.

{around_table(rows)}

{targets_line(rows)}
"""
