"""From measured rounds to the figures that are published, and the way to look them up again.

The dictionary made here is what bench.json holds; the page, the pictures and the regression check read it through
Results. This file must not measure, nor format anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np

from . import plan
from .around_cases import AROUND
from .cases import SEED
from .family_cases import CASES
from .family_layouts import LAYOUTS_BY_SIZE
from .family_session import FASTACT, ONE_THREAD, RESTORE, Group
from .family_slow import USUAL
from .harness import COPY, Estimate, Pool
from .plan import ALL, COPIES_FROM, INTO, L1, MEDIAN_TARGETS, MOST_COPIES, ONE, TARGETS
from .spellings import reads

PROTOCOL = {
    "round": "every candidate of a group once, in an order shuffled anew",
    "ratio": "median over the rounds of all processes of the ratio of two times of one round",
    "interval": "95 % bootstrap; processes are drawn first, then rounds within each",
    "copies": "the time over that of np.copyto(out, x) in the same round",
    "best": "the peer of the least time; alike: from x, the one of the least time that reads x",
    "slower": "peers that took more than so many times as long as the quickest, and were not timed further",
}


def _pool(same: Sequence[Group], generator: np.random.Generator) -> Pool:
    return Pool([group.samples for group in same], generator)


def rows(same: Sequence[Group], generator: np.random.Generator) -> Iterator[dict]:
    """Yield one row for each direction of a group, from the groups of all processes."""
    label, way, threads, dtype, size = same[0].key
    pool = _pool(same, generator)
    timed = set.intersection(*(set(group.samples) for group in same)) - {COPY, RESTORE}
    nanoseconds = {key: pool.time(key) for key in timed}
    for direction in CASES[label].directions:
        ours = FASTACT, direction
        if ours not in timed:
            continue
        pass_of_peers = ("forward",) if direction == "forward" else ("backward", "backward_from_output")
        peers = [
            {
                "name": name,
                "reads": "x" if of == "forward" else _reads(same, (name, of)),
                "spellings": sorted({group.spellings[name, of] for group in same}),
                "ns": nanoseconds[name, of],
                "ratio": pool.ratio((name, of), ours),
                "alike": of == direction,
            }
            for name, of in sorted(timed)
            if name not in (FASTACT, ONE_THREAD) and of in pass_of_peers
        ]
        alone = ONE_THREAD, direction
        yield {
            "function": label,
            "direction": direction,
            "way": way,
            "threads": threads,
            "dtype": dtype,
            "size": int(size),
            "rounds": [len(group.samples[COPY]) for group in same],
            "ns": nanoseconds[ours],
            "copies": pool.ratio(ours),
            "over_one_thread": pool.ratio(alone, ours) if alone in timed else None,
            "peers": sorted(peers, key=lambda peer: peer["ns"].median),
            "slower": {
                f"{name} {of}": round(times, 1)
                for group in same
                for (name, of), times in group.slower.items()
                if of in pass_of_peers
            },
        }


def _reads(same: Sequence[Group], key: tuple[str, str]) -> str:
    return ", ".join(sorted({name for group in same for name in reads(group.spellings[key]).split(", ")}))


def slow_row(same: Sequence[Group], generator: np.random.Generator) -> dict:
    """Return the time on each kind of inputs over that on usual ones."""
    label, direction, dtype = same[0].key
    pool = _pool(same, generator)
    kinds = [kind for kind in same[0].samples if kind not in (COPY, USUAL)]
    ratios = {kind: pool.ratio(kind, USUAL) for kind in kinds}
    return {"function": label, "direction": direction, "dtype": dtype, "usual": pool.time(USUAL), "ratios": ratios}


def layout_row(same: Sequence[Group], generator: np.random.Generator) -> dict:
    """Return the time of each layout over that of the contiguous one."""
    label, direction, dtype, size = same[0].key
    pool = _pool(same, generator)
    layouts = LAYOUTS_BY_SIZE[int(size)].items()
    ratios = {name: pool.ratio(name, layout.base) for name, layout in layouts if name != layout.base}
    return {"function": label, "direction": direction, "dtype": dtype, "size": int(size), "ratios": ratios}


def by_dtype_row(same: Sequence[Group], generator: np.random.Generator) -> dict:
    """Return the time in 16 bits over that in float32."""
    label, size = same[0].key
    pool = _pool(same, generator)
    ratios = {dtype: pool.ratio(dtype, "float32") for dtype in plan.HALVES}
    return {"function": label, "size": int(size), "float32": pool.time("float32"), "ratios": ratios}


def around_row(same: Sequence[Group], generator: np.random.Generator) -> dict:
    """Return the time of each other way over ours."""
    row = AROUND[same[0].key[0]]
    pool = _pool(same, generator)
    timed = [name for name in row.peers if all(name in group.samples for group in same)]
    peers = [
        {
            "name": name,
            "spellings": sorted({group.spellings[name] for group in same}),
            "ratio": pool.ratio(name, FASTACT),
            "target": row.targets.get(name),
        }
        for name in timed
    ]
    return {"function": row.function, "on": row.on, "ns": pool.time(FASTACT), "peers": peers}


SUMMARIES = {"peers": rows, "slow": slow_row, "layouts": layout_row, "by_dtype": by_dtype_row, "around": around_row}


def summarised(section: str, groups: Iterable[Sequence[Group]]) -> list[dict]:
    """Return the rows of a section; each group comes as every process measured it."""
    generator = np.random.default_rng(SEED)
    found = []
    for same in groups:
        row = SUMMARIES[section](same, generator)
        found += [row] if isinstance(row, dict) else row
    return found


def written(data: dict) -> str:
    """Return the text of bench.json."""
    return json.dumps(data, indent=1, allow_nan=False, default=asdict) + "\n"


def _estimate(found: dict) -> dict | Estimate:
    return Estimate(**found) if found.keys() == {"median", "low", "high"} else found


def load(path: Path) -> dict:
    """Read a file of results."""
    data = json.loads(path.read_text(encoding="utf-8"), object_hook=_estimate)
    if not isinstance(data, dict) or "rows" not in data or "machine" not in data:
        raise ValueError(f"{path} holds no results of bench")
    return data


@dataclass(frozen=True)
class Row:
    """One function in one direction, way, dtype and size, on one thread or all."""

    function: str
    direction: str
    way: str
    threads: str
    dtype: str
    size: int
    ns: Estimate
    copies: Estimate
    peers: tuple[dict, ...]
    over_one_thread: Estimate | None = None
    rounds: tuple[int, ...] = ()
    slower: dict | None = None

    @property
    def key(self) -> tuple:
        return self.function, self.direction, self.way, self.threads, self.dtype, self.size

    @property
    def best(self) -> dict | None:
        """The quickest peer, whatever its backward pass reads."""
        return self.peers[0] if self.peers else None

    @property
    def alike(self) -> dict | None:
        """The quickest peer that reads what ours does; where none does, the quickest.

        From the output it is the quickest of all, as whoever has y may have kept x instead.
        """
        if self.direction == "backward_from_output":
            return self.best
        return next((peer for peer in self.peers if peer["alike"]), self.best)

    def peer(self, name: str) -> dict | None:
        """Return a peer that reads what ours does, or its only pass."""
        found = [peer for peer in self.peers if peer["name"] == name]
        return next((peer for peer in found if peer["alike"]), found[0] if found else None)

    @property
    def target(self) -> float | None:
        """How many times as fast as the best peer it shall be, in float32."""
        return plan.LOWER_TARGETS.get((self.function, self.size), TARGETS.get(self.size))

    @property
    def most_copies(self) -> float | None:
        limited = self.direction == "forward" and self.size >= COPIES_FROM
        return MOST_COPIES.get(self.function) if limited else None


class Results:
    """The published dictionary with look-ups."""

    def __init__(self, data: dict):
        self.data = data
        self.machine = data["machine"]
        self.rows = [Row(**row) for row in data["rows"]]

    def of(self, way: str = INTO, threads: str = ONE, dtype: str = "float32", size: int | None = None) -> list[Row]:
        """Return the rows of one table, of one size or all."""
        return [
            row
            for row in self.rows
            if (row.way, row.threads, row.dtype) == (way, threads, dtype) and size in (None, row.size)
        ]

    def tables(self) -> list[tuple[str, str, str]]:
        """Return way, threads and dtype of each table, float32 on one thread into out first."""
        found = dict.fromkeys((row.way, row.threads, row.dtype) for row in self.rows)
        order = [(threads, way, dtype) for threads in (ONE, ALL) for way in plan.WAYS for dtype in plan.DTYPES]
        return [(way, threads, dtype) for threads, way, dtype in order if (way, threads, dtype) in found]

    def sizes(self, way: str, threads: str, dtype: str) -> list[int]:
        return sorted({row.size for row in self.of(way, threads, dtype)})


@dataclass(frozen=True)
class Count:
    """Rows of one table and size against a target: how many meet it, those that do not, the median ratio."""

    met: int
    missed: tuple[Row, ...]
    median: float
    worst: Row

    @property
    def total(self) -> int:
        return self.met + len(self.missed)


def ratio_of(row: Row, which: str) -> float | None:
    """Return the time of the best peer, or of the best alike, over ours."""
    peer = getattr(row, which)
    return peer["ratio"].median if peer else None


def counted(rows: Sequence[Row], which: str) -> Count | None:
    """Count the rows that meet the target of their size."""
    compared = [row for row in rows if ratio_of(row, which) is not None]
    if not compared:
        return None
    missed = tuple(row for row in compared if row.target is not None and ratio_of(row, which) < row.target)
    ratios = [ratio_of(row, which) for row in compared]
    worst = min(compared, key=lambda row: ratio_of(row, which))
    return Count(len(compared) - len(missed), missed, median(ratios), worst)


def slower_rows(rows: Sequence[Row], which: str) -> list[Row]:
    """Return the rows that lose to a peer even at the friendly end of the interval, the worst first."""
    lost = []
    for row in rows:
        if peer := getattr(row, which):
            ratio = peer["ratio"]
            if (ratio.median if ratio.high is None else ratio.high) < 1:
                lost.append(row)
    return sorted(lost, key=lambda row: ratio_of(row, which))


def median_target(rows: Sequence[Row], size: int) -> float | None:
    return MEDIAN_TARGETS.get(size) if rows and size == L1 else None
