"""The family's tables and docs/performance.md, as Markdown; every sentence is chosen by the numbers.

This file must not measure anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .cases import SEED
from .family_cases import CASES, HALVES, HIGH_TARGETS, SIZE, TARGET
from .family_peers import NUMPY, TORCH
from .family_session import Group
from .family_slow import COLUMNS, KINDS, SCATTER, USUAL
from .harness import Estimate, Pool
from .markdown import NONE, WORDS, bold_above, nanoseconds, number, ratio, table
from .peers import FASTACT, FROM_OUTPUT
from .wording import platform_line

TWICE = 2.0


@dataclass(frozen=True)
class Row:
    """One function against its peers; an estimate is None where there is nothing to compare."""

    label: str
    direction: str
    ours: Estimate
    torch: Estimate | None
    ratio: Estimate | None
    numpy: Estimate | None
    numpy_ratio: Estimate | None
    torch_reads: str
    target: float | None
    against: Estimate | None  # the ratio that the target is set for

    @property
    def met(self) -> bool | None:
        return None if self.against is None or self.target is None else self.against.median >= self.target


class Peers:
    """All rows of the comparison, and what could not be timed."""

    def __init__(self, measured: Sequence[list[Group]], size: int, dtype: str = "float32"):
        self.size, self.dtype = size, dtype
        self.rows: list[Row] = []
        self.faults: list[str] = []
        generator = np.random.default_rng(SEED)
        for same in measured:
            (label,) = same[0].key
            pool = Pool([group.samples for group in same], generator)
            timed = set.intersection(*(set(group.samples) for group in same))
            self.faults += dict.fromkeys(fault for group in same for fault in group.faults)
            for direction in CASES[label].directions:
                ours = (FROM_OUTPUT if direction == "backward_from_output" else FASTACT), direction
                if ours not in timed:
                    continue
                estimates = []
                for name in (TORCH, NUMPY):
                    # A peer has one backward pass; it starts from whichever of x and y suits it.
                    peer = name, direction.removesuffix("_from_output")
                    estimates += (pool.time(peer), pool.ratio(peer, ours)) if peer in timed else (None, None)
                # The targets are set for one size.
                target = CASES[label].target(direction, dtype) if size == SIZE else None
                # In 16 bits it is set for the quicker of the peers.
                ratios = [one for one in estimates[1 : 4 if dtype in HALVES else 2 : 2] if one]
                against = min(ratios, key=lambda one: one.median, default=None)
                reads = _reads(same, direction)
                self.rows.append(Row(label, direction, pool.time(ours), *estimates, reads, target, against))


def _reads(same: list[Group], direction: str) -> str:
    """Say what PyTorch's backward pass starts from: x, y, or both."""
    if direction == "forward":
        return ""
    spellings = " ".join(group.spellings.get((TORCH, "backward"), "") for group in same)
    return ", ".join(name for name in "xy" if re.search(rf"\b{name}\b", spellings))


class Slow:
    """For each function and dtype, the time of each kind of inputs over that of usual ones."""

    def __init__(self, measured: Sequence[list[Group]], size: int):
        self.size = size
        self.usual: dict[tuple[str, str, str], Estimate] = {}
        self.ratios: dict[tuple[str, str, str], dict[str, Estimate]] = {}
        generator = np.random.default_rng(SEED)
        for same in measured:
            key = same[0].key
            pool = Pool([group.samples for group in same], generator)
            self.usual[key] = pool.time(USUAL)
            self.ratios[key] = {kind: pool.ratio(kind, USUAL) for kind in KINDS if kind in same[0].samples}

    def above(self) -> dict[tuple[str, str, str], dict[str, Estimate]]:
        """Return by function and dtype the kinds that take more than twice the usual time, the worst first."""
        found = {}
        for key, ratios in self.ratios.items():
            kinds = {kind: ratio for kind, ratio in ratios.items() if ratio.median > TWICE}
            if kinds:
                found[key] = dict(sorted(kinds.items(), key=lambda item: -item[1].median))
        return dict(sorted(found.items(), key=lambda item: -next(iter(item[1].values())).median))


def peers_table(peers: Peers) -> str:
    """Write every row, those that lose included."""
    words = {None: NONE, True: "yes", False: "**no**"}
    lines = [
        (
            row.label,
            WORDS[row.direction],
            nanoseconds(row.ours),
            nanoseconds(row.torch),
            row.torch_reads,
            ratio(row.ratio),
            NONE if row.target is None else f"{row.target:g}",
            words[row.met],
            nanoseconds(row.numpy),
            ratio(row.numpy_ratio),
        )
        for row in peers.rows
    ]
    head = (
        "function",
        "",
        "fastact",
        "torch",
        "it reads",
        "torch / fastact",
        "target",
        "met",
        "NumPy",
        "NumPy / fastact",
    )
    return table(head, 2, lines)


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


def peers_verdict(peers: Peers) -> str:
    """Count the rows that meet their targets, and name those that do not or that lose to a peer."""
    compared = [row for row in peers.rows if row.ratio is not None]
    missed = [row for row in peers.rows if row.met is False]
    met = [row for row in peers.rows if row.met]
    whom = "the quicker of PyTorch and NumPy" if peers.dtype in HALVES else "PyTorch"
    sentences = [f"{len(met)} of {len(met) + len(missed)} rows meet their target against {whom}."]

    judged = {row.label for row in met + missed if row.direction != "forward"}
    if judged:
        best = {row.label for row in met if row.direction != "forward"}
        sentences.append(
            f"In whichever form suits it, as for a peer, the backward pass of {len(best)} of {len(judged)} meets it."
        )

    def named(rows, of):
        return ", ".join(f"{row.label} {WORDS[row.direction]} {number(of(row).median)}" for row in rows)

    if missed:
        sentences.append(f"Below it: {named(missed, lambda row: row.against)}.")
    slower = [row for row in compared if row.ratio.median < 1]
    sentences.append(
        f"Slower than PyTorch: {named(slower, lambda row: row.ratio)}." if slower else "None is slower than PyTorch."
    )
    against_numpy = [row for row in peers.rows if row.numpy_ratio is not None and row.numpy_ratio.median < 1]
    sentences.append(
        f"Slower than NumPy or SciPy: {named(against_numpy, lambda row: row.numpy_ratio)}."
        if against_numpy
        else "None is slower than NumPy or SciPy."
    )
    return " ".join(sentences)


def document(described: dict, peers: Peers, slow: Slow) -> str:
    """Write docs/performance.md."""
    high = ", ".join(HIGH_TARGETS)
    faults = "".join(f"- not timed: {fault}\n" for fault in peers.faults)
    return f"""\
# Performance

Written by `python -m bench.family --write`; do not edit. {platform_line(described)}.

Within a round every candidate of one activation runs once, in an order shuffled anew, as often as fills 0.3 ms;
a ratio is the median over the rounds of all processes of two times of the same round, with its 95 % bootstrap
interval. All run on one thread, into arrays that exist already where the library can.

## Against PyTorch and NumPy

Nanoseconds a call on {peers.size:,} standard normal float32 numbers. Each peer has its fastest spelling
(`bench/family_peers.py`): PyTorch's fused kernels are called without its record for automatic differentiation, and a
peer's backward pass starts from the input x or from the saved output y, whichever suits it ("it reads"). Our `backward`
starts from x and `from output` from y, against the same pass of the peer; from y a derivative may need no
exponential. The target is {TARGET:g} times as fast as PyTorch, {max(HIGH_TARGETS.values()):g} times for {high}.

{peers_verdict(peers)}

{peers_table(peers)}
{faults}
## No slow inputs

The time on inputs that hardware may find slow, over that of usual ones (normal, standard deviation 3; gradients
standard normal), {slow.size:,} elements. Each column shows the worst of its kinds. Every element is such, and for
subnormal inputs and results also one in {SCATTER}; results are subnormal at small inputs or in a tail; saturated is
|x| = 50 or 10,000, huge 1e30 in float32 and 1e300 in float64. From the output these are the inputs that the output
came from, and every y is subnormal where that can be. A dash: there is no such input.

{slow_tables(slow)}
"""
