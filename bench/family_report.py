"""docs/performance.md, as Markdown; every sentence is chosen by the numbers.

It reads what family_results.py made and must not measure anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import around_report, layouts_report, plan, slow_report
from .family_results import Count, Results, Row, counted, median_target, ratio_of, slower_rows
from .family_session import HOPELESS
from .markdown import NONE, WORDS, number, ratio, table
from .plan import ALL, FRESH, HALVES, IN_PLACE, INTO, L1, LAST, ONE
from .wording import duration, platform_line, unit

WAYS = {INTO: "into an array that exists", FRESH: "into a new array", IN_PLACE: "in place"}
THREADS = {ONE: "one thread", ALL: "all threads"}
ALIKE, BEST = "alike", "best"
PICTURES = {"time": "performance-time.svg", "peers": "performance-peers.svg"}


def named(row: Row) -> str:
    return f"{row.function} {WORDS[row.direction]}"


def title(way: str, threads: str, dtype: str) -> str:
    return f"{dtype}, {WAYS[way]}, {THREADS[threads]}"


def _sized_table(rows: Sequence[Row], sizes: Sequence[int], head: Callable, cell: Callable, more=()) -> str:
    """Write a line for each function and direction, and a column for each size; more lines come first."""
    by_key = {(row.function, row.direction, row.size): row for row in rows}
    lines = [
        (function, WORDS[direction], *(cell(by_key.get((function, direction, size))) for size in sizes))
        for function, direction in dict.fromkeys((row.function, row.direction) for row in rows)
    ]
    return table(("function", "", *map(head, sizes)), 2, [*more, *lines])


def times_table(rows: Sequence[Row], sizes: Sequence[int]) -> str:
    """Write our times, in the unit of each size, under that of a copy."""

    def cell(row):
        return NONE if row is None else duration({"ns": {"median": row.ns.median}}, row.size)

    def copy(size):
        # Each group has its own copy beside it; here their median stands for all.
        found = sorted(row.ns.median / row.copies.median for row in rows if row.size == size)
        return duration({"ns": {"median": found[len(found) // 2]}}, size) if found else NONE

    copies = ("np.copyto", "", *map(copy, sizes))
    return _sized_table(rows, sizes, lambda size: f"{size:,}, {unit(size)}", cell, [copies])


def _against(row: Row | None, intervals: bool) -> str:
    """Write the ratio to the peer that reads the same, and that to the quickest of all where it is another."""
    if row is None or row.alike is None:
        return NONE
    cells = [(row.alike, ratio(row.alike["ratio"]) if intervals else number(row.alike["ratio"].median))]
    if row.best is not row.alike:
        cells.append((row.best, number(row.best["ratio"].median)))
    return "; ".join(_marked(row, peer, text) for peer, text in cells)


def _marked(row: Row, peer: dict, text: str) -> str:
    median = peer["ratio"].median
    mark = "**" if median < 1 else "*" if row.target is not None and median < row.target else ""
    reads = "" if row.direction == "forward" or peer["alike"] else f" ({peer['reads']})"
    return f"{mark}{text}{mark} {peer['name']}{reads}"


def peers_table(rows: Sequence[Row], sizes: Sequence[int], intervals: bool) -> str:
    """Write the best peer's time over ours, losses included."""
    return _sized_table(rows, sizes, lambda size: f"{size:,}", lambda row: _against(row, intervals))


def copies_table(rows: Sequence[Row], sizes: Sequence[int]) -> str:
    """Write our time in copies."""

    def cell(row):
        if row is None:
            return NONE
        over = row.most_copies is not None and row.copies.median > row.most_copies
        return f"**{number(row.copies.median)}**" if over else number(row.copies.median)

    return _sized_table(rows, sizes, lambda size: f"{size:,}", cell)


def reads_table(rows: Sequence[Row]) -> str:
    """Say for each backward pass what each peer's spellings start from."""
    found: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        if row.direction != "forward":
            for peer in row.peers:
                found.setdefault(row.function, {}).setdefault(peer["name"], set()).add(peer["reads"])
    names = sorted({name for peers in found.values() for name in peers})
    lines = [
        (function, *(" or ".join(sorted(peers.get(name, [NONE]))).replace(", ", " and ") for name in names))
        for function, peers in found.items()
    ]
    return table(("function", *names), 1, lines)


def summary_table(results: Results) -> str:
    """Write a line for each kind of rows: at each size the median ratio, and how many reach the target."""
    sizes = sorted({row.size for row in results.rows})
    lines = []
    for way, threads, dtype in results.tables():
        for direction in ("forward", "backward"):
            for which in (ALIKE,) if direction == "forward" else (ALIKE, BEST):
                cells = []
                for size in sizes:
                    rows = [
                        row
                        for row in results.of(way, threads, dtype, size)
                        if (row.direction == "forward") == (direction == "forward")
                    ]
                    cells.append(_count(counted(rows, which)))
                passes = direction if direction == "forward" else f"{direction}, {SAME[which]}"
                lines.append((title(way, threads, dtype), passes, *cells))
    return table(("", "", *(f"{size:,}" for size in sizes)), 2, lines)


SAME = {ALIKE: "from x against from x", BEST: "against the quickest"}


def _count(count: Count | None) -> str:
    return NONE if count is None else f"{number(count.median)}, {count.met} of {count.total}"


def _listed(rows: Sequence[Row], which: str) -> str:
    return ", ".join(f"{named(row)} {number(ratio_of(row, which))} ({getattr(row, which)['name']})" for row in rows)


def size_lines(results: Results) -> str:
    """Say for each size of the first table what its target is, how many rows reach it, and which do not."""
    lines = []
    for size in results.sizes(INTO, ONE, "float32"):
        rows = results.of(size=size)
        count = counted(rows, ALIKE)
        if count is None:
            continue
        lower = ", ".join(f"{name} {least:g}" for (name, of), least in plan.LOWER_TARGETS.items() if of == size)
        text = (
            f"- {size:,} elements, {plan.TARGETS[size]:g} times{f' ({lower})' if lower else ''}: {count.met} of "
            f"{count.total} rows reach it, the median is {number(count.median)}, the least "
            f"{number(ratio_of(count.worst, ALIKE))} ({named(count.worst)})"
        )
        if least := median_target(rows, size):
            text += f"; a median of {least:g} is {'reached' if count.median >= least else '**not reached**'}"
        missed = sorted(count.missed, key=lambda row: ratio_of(row, ALIKE))
        lines.append(f"{text}. Below: {_listed(missed, ALIKE)}." if missed else f"{text}.")
    return "\n".join(lines)


def copies_lines(results: Results) -> str:
    """Say of the functions with a limit in copies how they stand."""
    rows = [row for row in results.of() if row.most_copies is not None]
    found = [
        f"{row.function} at {row.size:,} {number(row.copies.median)} (at most {row.most_copies:g}: "
        f"{'met' if row.copies.median <= row.most_copies else '**not met**'})"
        for row in rows
    ]
    return f"In copies of the input, forward: {'; '.join(found)}." if found else ""


def threads_lines(results: Results) -> str:
    """Say what all threads bring."""
    rows = [row for row in results.rows if row.over_one_thread is not None]
    texts = []
    for size in sorted({row.size for row in rows}):
        found = [row.over_one_thread.median for row in rows if row.size == size]
        worst = min((row for row in rows if row.size == size), key=lambda row: row.over_one_thread.median)
        text = (
            f"- {size:,} elements: median {number(sorted(found)[len(found) // 2])} times as fast as one thread, "
            f"the least {number(worst.over_one_thread.median)} ({named(worst)})"
        )
        if size >= plan.THREADS_FROM:
            enough = sum(one >= plan.THREADS_TARGET for one in found)
            text += f"; {enough} of {len(found)} reach {plan.THREADS_TARGET:g}"
        texts.append(f"{text}.")
    return "\n".join(texts)


def older_targets(results: Results) -> str:
    """Count what was asked of some functions against PyTorch, and in 16 bits."""
    texts = []
    rows = [row for row in results.of(size=L1) if row.function in plan.TORCH_TARGETS]
    compared = [(row, row.peer("torch")["ratio"].median) for row in rows if row.peer("torch")]
    if compared:
        below = [f"{named(row)} {number(times)}" for row, times in compared if times < plan.TORCH_TARGETS[row.function]]
        most = max(plan.TORCH_TARGETS.values())
        texts.append(
            f"Against PyTorch on {L1:,} elements, {', '.join(plan.TORCH_TARGETS)}: {len(compared) - len(below)} of "
            f"{len(compared)} are {most:g} times as fast{_below(below)}."
        )
    for dtype in HALVES:
        rows = [
            row
            for row in results.of(dtype=dtype, size=L1)
            if row.direction == "forward" and row.function in plan.HALF_TARGETS and row.best
        ]
        below = [
            f"{row.function} {number(ratio_of(row, BEST))} of {plan.HALF_TARGETS[row.function]:g}"
            for row in rows
            if ratio_of(row, BEST) < plan.HALF_TARGETS[row.function]
        ]
        if rows:
            texts.append(
                f"{dtype} on {L1:,} elements, forward, against the best peer ({_half_targets()}): "
                f"{len(rows) - len(below)} of {len(rows)} reach it{_below(below)}."
            )
    return "\n".join(f"- {text}" for text in texts)


def _half_targets() -> str:
    return "; ".join(
        f"{target:g} times for {', '.join(name for name, one in plan.HALF_TARGETS.items() if one == target)}"
        for target in dict.fromkeys(plan.HALF_TARGETS.values())
    )


def _below(texts: Sequence[str]) -> str:
    return f"; below: {', '.join(texts)}" if texts else ""


def losses(results: Results) -> str:
    """Name every row that is slower than the peer it is compared with, beyond the noise."""
    lines = []
    for way, threads, dtype in results.tables():
        for size in results.sizes(way, threads, dtype):
            if lost := slower_rows(results.of(way, threads, dtype, size), ALIKE):
                lines.append(f"- {title(way, threads, dtype)}, {size:,} elements: {_listed(lost, ALIKE)}.")
    return "\n".join(lines) if lines else "No row."


def table_section(results: Results, way: str, threads: str, dtype: str) -> str:
    """Write one kind of rows: times, and the ratio to the best peer."""
    rows, sizes = results.of(way, threads, dtype), results.sizes(way, threads, dtype)
    first = (way, threads, dtype) == (INTO, ONE, "float32")
    parts = [
        f"## {title(way, threads, dtype)}",
        "The best peer's time over ours; above 1 we are faster.",
        peers_table(rows, sizes, intervals=first),
        "Our times:",
        times_table(rows, sizes),
    ]
    if first:
        parts += [
            "In copies: our time over that of `np.copyto(out, x)`, bold above the limit. A forward pass moves the "
            "bytes of one copy, a backward pass half as many again.",
            copies_table(rows, sizes),
            "What each peer's backward passes start from:",
            reads_table(rows),
        ]
    if threads == ALL:
        parts.append(
            _sized_table(
                rows,
                sizes,
                lambda size: f"{size:,}: one thread / all",
                lambda row: NONE if row is None else ratio(row.over_one_thread),
            )
        )
    return "\n\n".join(parts)


def document(data: dict) -> str:
    """Write docs/performance.md from the results."""
    results = Results(data)
    tables = "\n\n".join(table_section(results, *kind) for kind in results.tables())
    faults = "".join(f"- {fault}\n" for fault in data["faults"])
    is_trial = data.get("effort", {}).get("quick")
    trial = " **A trial (`--quick`): one process, few rounds, no arrays of 32,000,000.**" if is_trial else ""
    sections = [
        f"""\
# Performance

Written by `make bench ARGS=--write`; do not edit. {platform_line(results.machine, _threads(results))}.{trial}

Within a round every candidate of one activation runs once, in an order shuffled anew, as often as fills 0.3 ms;
a ratio is the median over the rounds of all processes of two times of the same round, with its 95 % bootstrap
interval. Data are standard normal, arrays are touched before. Sizes stand for the call, the first, second and last
level of cache, and memory.

Peers: {", ".join(data["peers"])}, each in the fastest of several spellings
(`bench/family_peers.py`, `formulas.py`, `jax_peers.py`) on this machine at this size. PyTorch's fused kernels are
called without its record for automatic differentiation. JAX has new arrays only, whatever the table. In 16 bits NumPy
and PyTorch compute on arrays of the format or convert to float32 and back, Numba converts. On all threads PyTorch, JAX
and numexpr have as many as we; NumPy, SciPy and Numba's loops have one. A new array counts with what it costs to have
it; what a peer keeps between its steps exists already. In place, what is read is restored before every call, and the
time of that, taken in the same round, is subtracted. From {LAST:,} elements on, a peer that takes more than
{HOPELESS:g} times as long as the quickest is left out.

Our `backward` starts from x and is compared with the best peer that does: PyTorch's own derivatives of sigmoid and
tanh read y, and from x it has to compute y first. Where a quicker one reads y, it follows after a semicolon. Our
`from output` starts from y and is compared with the quickest of all. Brackets say what a peer reads that does not read
the same. **Bold**: slower than the peer. *Italic*: below the target.

![Nanoseconds per element against size]({PICTURES["time"]})

![Ratio to the best peer, by function and size]({PICTURES["peers"]})

## Summary

Median of the best peer's time over ours, and how many rows reach the target of their size ({_targets()}):

{summary_table(results)}

Targets are set for {title(INTO, ONE, "float32")}:

{size_lines(results)}

{copies_lines(results)}

{older_targets(results)}

{threads_lines(results)}

Slower than the peer that it is compared with, intervals included:

{losses(results)}

{f"Not timed, as the result was wrong or there was none:{chr(10)}{chr(10)}{faults}" if faults else ""}
{tables}
"""
    ]
    if data.get("around"):
        sections.append(around_report.section(data["around"]))
    if data.get("by_dtype"):
        sections.append(layouts_report.by_dtype_section(data["by_dtype"]))
    if data.get("slow"):
        sections.append(slow_report.section(data["slow"]))
    if data.get("layouts"):
        sections.append(layouts_report.section(data["layouts"]))
    text = "\n".join(sections)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text


def _targets() -> str:
    return ", ".join(f"{target:g} at {size:,}" for size, target in plan.TARGETS.items())


def _threads(results: Results) -> str:
    several = any(row.threads == ALL for row in results.rows)
    return f"one thread, and {results.data['threads']} where all are named" if several else "one thread"


def terminal(results: Results) -> str:
    """Return what is printed when the run ends."""
    return "\n\n".join(
        part for part in (summary_table(results), size_lines(results), copies_lines(results), losses(results)) if part
    )
