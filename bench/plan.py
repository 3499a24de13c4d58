"""The plan of `make bench`: which arrays, how long, and what counts as fast enough.

All products of function, direction, dtype, size, way of writing and threads would take hours; this table says
which of them are measured. It must not know any activation nor any implementation.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

# How a result is written: into an array that exists, into a new one, over what is read first.
WAYS = INTO, FRESH, IN_PLACE = "out", "fresh", "in place"
ONE, ALL = "one", "all"

# A call; the first-, the second- and the last-level cache; memory.
SIZES = CALL, L1, L2, LAST, MEMORY = 16, 4096, 65_536, 1_000_000, 32_000_000
SMALL = CALL, L1, L2
HALVES = "float16", "bfloat16"
DTYPES = "float32", "float64", *HALVES


@dataclass(frozen=True)
class Part:
    """Every function of every dtype and size; each process runs so many rounds, or for so many seconds."""

    way: str
    threads: str
    dtypes: tuple[str, ...]
    sizes: tuple[int, ...]
    processes: int
    rounds: int
    seconds: float


FULL = (
    #    way       threads dtypes      sizes        processes rounds seconds
    Part(INTO, ONE, DTYPES[:1], SMALL, 3, 10, 1.0),
    Part(INTO, ONE, DTYPES[1:], SMALL, 2, 10, 1.0),
    Part(INTO, ONE, DTYPES[:1], (LAST,), 2, 8, 1.0),
    Part(INTO, ONE, DTYPES[1:], (LAST,), 1, 8, 1.0),
    # Three rounds are the least, in which the arrays are most of the time.
    Part(INTO, ONE, DTYPES[:1], (MEMORY,), 1, 6, 2.0),
    Part(INTO, ONE, DTYPES[1:], (MEMORY,), 1, 4, 0.5),
    Part(FRESH, ONE, DTYPES[:1], SMALL, 2, 10, 1.0),
    Part(FRESH, ONE, DTYPES[:1], (LAST, MEMORY), 1, 5, 1.0),
    Part(IN_PLACE, ONE, DTYPES[:1], SMALL, 2, 10, 1.0),
    Part(IN_PLACE, ONE, DTYPES[:1], (LAST, MEMORY), 1, 5, 1.0),
    Part(INTO, ALL, DTYPES[:1], (L2, LAST), 2, 10, 1.0),
    Part(INTO, ALL, DTYPES[:1], (MEMORY,), 1, 5, 1.5),
)
# A trial: every kind of part, one process, few rounds.
QUICK = (
    Part(INTO, ONE, DTYPES[:1], (CALL, L1, L2, LAST), 1, 5, 0.3),
    Part(INTO, ONE, DTYPES[1:], (L1,), 1, 5, 0.3),
    Part(FRESH, ONE, DTYPES[:1], (CALL, L1), 1, 5, 0.3),
    Part(IN_PLACE, ONE, DTYPES[:1], (CALL, L1), 1, 5, 0.3),
    Part(INTO, ALL, DTYPES[:1], (LAST,), 1, 5, 0.3),
)

# How many times as fast as the best peer a function shall be: those of all sizes, and of some functions.
TARGETS = {CALL: 3.0, L1: 1.5, L2: 1.0, LAST: 1.0, MEMORY: 1.0}
LOWER_TARGETS = {("tanh", L1): 1.2}
# And the median over the functions.
MEDIAN_TARGETS = {L1: 2.5}
# On all threads: as fast as the best peer on all, and so many times as fast as on one.
THREADS_TARGET = 1.7
THREADS_FROM = LAST
# The most copies of its input that a forward pass may take outside the second-level cache.
MOST_COPIES = {"relu": 1.05, "sigmoid": 1.1, "tanh": 1.1, "silu": 1.1}
COPIES_FROM = LAST
# How many times as fast as PyTorch, and in 16 bits (forward) as the best peer, on L1 elements.
TORCH_TARGETS = {"softplus": 4.0, "mish": 4.0, "elu": 4.0, "gelu": 4.0}
HALF_TARGETS = {
    **dict.fromkeys(("relu", "sigmoid", "silu", "tanh"), 1.3),
    **dict.fromkeys(("gelu", "mish", "elu", "softplus"), 2.0),
}


@dataclass(frozen=True)
class Task:
    """One activation in all directions, on arrays of one dtype and size, for one process."""

    label: str
    way: str = INTO
    threads: str = ONE
    dtype: str = DTYPES[0]
    size: int = L1
    process: int = 0
    rounds: int = 10
    seconds: float = 10.0

    @property
    def cost(self) -> float:
        """Return about how many seconds it takes; only the ratio of two costs counts."""
        slow = 1.0 if self.dtype == "float32" else 1.5
        return slow * (0.3 + 1.5e-6 * min(self.size, LAST) + 0.1 * self.rounds * self.size / MEMORY * self.seconds)


def tasks(parts: tuple[Part, ...], labels: list[str]) -> Iterator[tuple[str, list[Task]]]:
    """Yield the threads and the work of each process.

    Threads change between processes only, as JAX cannot be told later. Arrays of one size and dtype
    serve all activations before others are made.
    """
    for threads in (ONE, ALL):
        for process in range(max(part.processes for part in parts)):
            mine = [
                Task(label, part.way, threads, dtype, size, process, part.rounds, part.seconds)
                for part in parts
                if part.threads == threads and process < part.processes
                for size in part.sizes
                for dtype in part.dtypes
                for label in labels
            ]
            if mine:
                yield threads, sorted(mine, key=lambda task: (task.size, DTYPES.index(task.dtype)))


def cells(parts: tuple[Part, ...]) -> list[tuple[str, str, str, int]]:
    """Return way, threads, dtype and size of everything that is planned, each once."""
    return list(
        dict.fromkeys(
            (part.way, part.threads, dtype, size) for part in parts for dtype in part.dtypes for size in part.sizes
        )
    )


def all_threads() -> int:
    """Return how many threads this process may run at once."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1
