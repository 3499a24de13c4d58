"""What fell and what rose between two files of results: `python -m bench.compare old.json new.json`.

Times of two runs are not compared, as the machine may have changed: only ratios within each run are, ours to np.copyto
or the best peer's to ours. This file must not measure anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .family_results import Results, Row, load
from .harness import Estimate
from .markdown import WORDS, ratio, table

TOLERANCE = 0.1
BASES = ("copy", "peer")


@dataclass(frozen=True)
class Change:
    """One row in both files: how many times as fast as what it is compared with, before and after."""

    key: tuple
    before: Estimate
    after: Estimate

    @property
    def factor(self) -> float:
        """Above 1 it rose."""
        return self.after.median / self.before.median


def _speed(row: Row, base: str, peer: str | None) -> Estimate | None:
    """Return how many times as fast as the copy, or as a peer, a row is."""
    if base == "copy":
        inverse = (row.copies.high, row.copies.low)
        low, high = (None if one is None else 1 / one for one in inverse)
        return Estimate(1 / row.copies.median, low, high)
    found = row.peer(peer) if peer else None
    return found["ratio"] if found else None


def changes(before: Mapping[tuple, Row], after: Mapping[tuple, Row], base: str) -> list[Change]:
    """Return the rows of both files, the worst first.

    The peer is the one that was best before: another one that becomes quicker is no fault of ours.
    """
    found = []
    for key, row in before.items():
        peer = row.alike["name"] if row.alike else None
        was = _speed(row, base, peer)
        now = _speed(after[key], base, peer) if key in after else None
        if was and now:
            found.append(Change(key, was, now))
    return sorted(found, key=lambda change: change.factor)


def beyond(change: Change, tolerance: float) -> int:
    """Return -1 for a row that fell, 1 for one that rose, 0 within the tolerance or where intervals overlap."""
    if 1 / (1 + tolerance) <= change.factor <= 1 + tolerance:
        return 0
    first, second = (change.before, change.after) if change.factor > 1 else (change.after, change.before)
    if first.high is not None and second.low is not None and first.high >= second.low:
        return 0
    return 1 if change.factor > 1 else -1


def changes_table(found: Sequence[Change], base: str) -> str:
    """Write a line for each change."""
    lines = []
    for change in found:
        function, direction, way, threads, dtype, size = change.key
        where = f"{dtype}, {way}{'' if threads == 'one' else ', all threads'}"
        cells = function, WORDS[direction], where, f"{size:,}", ratio(change.before), ratio(change.after)
        lines.append((*cells, f"{change.factor:.2f}"))
    speed = "copy / ours" if base == "copy" else "peer / ours"
    return table(("function", "", "", "elements", f"{speed} before", "after", "after / before"), 3, lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="of a ratio (default: %(default)s)")
    parser.add_argument("--base", choices=BASES, default=BASES[0], help="what ours is compared with in each run")
    options = parser.parse_args(arguments)
    if not options.tolerance >= 0:
        parser.error("--tolerance is not negative")
    try:
        before, after = ({row.key: row for row in Results(load(path)).rows} for path in (options.old, options.new))
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"{error}")
    found = changes(before, after, options.base)
    if not found:
        parser.error("the files have no row in common")
    fell = [change for change in found if beyond(change, options.tolerance) < 0]
    rose = [change for change in reversed(found) if beyond(change, options.tolerance) > 0]
    for word, some in (("fell", fell), ("rose", rose)):
        if some:
            print(f"{word}:\n\n{changes_table(some, options.base)}\n")
    print(f"{len(found)} rows compared with {options.tolerance:.0%} tolerance: {len(fell)} fell, {len(rose)} rose")
    for name, rows, others in (("old", before, after), ("new", after, before)):
        if alone := len(rows.keys() - others.keys()):
            print(f"only in the {name} file: {alone} rows")
    return int(bool(fell))


if __name__ == "__main__":
    sys.exit(main())
