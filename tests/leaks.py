"""What many calls of one kind leave behind: references, blocks of Python's memory, NumPy's memory, resident memory.

`python -m tests.leaks` makes a million of each call of calls.py and prints a table; test_leaks.py makes some thousands.
"""

import argparse
import gc
import os
import re
import sys
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import fastact as fa
from fastact import _core

from .calls import Call, calls

STATM = Path("/proc/self/statm")
NUMPY_MEMORY = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
# Nothing of a call's own, but what it may forget to give back. From Python 3.12 on some objects are immortal, until an
# extension for older ones (python-flint) counts one into mortality: then Python's own calls take what they never gave.
MORTAL = (None, True, ()) if sys.version_info < (3, 12) else ()
SHARED = (*MORTAL, np.float32, *(np.dtype(code) for code in "efdbBhHiIlLqQ"), MemoryError, TypeError, ValueError)


@dataclass(frozen=True)
class Left:
    """What was more after the calls than before them."""

    name: str
    calls: int
    references: int  # to the arguments and to what calls share, the largest difference
    blocks: int  # of Python's allocator
    traced: int  # bytes of NumPy's
    resident: int  # bytes

    @property
    def is_nothing(self) -> bool:
        """Return whether it is nothing that grows with the number of calls."""
        # Caches fill, of Python's for its objects and of NumPy's for its loops: by some hundreds, however many calls.
        few = 500 + self.calls // 100
        numbers = (abs(self.references), self.blocks, self.traced)
        return max(numbers) <= few and self.resident <= max(self.calls, 2**20)


def _repeated(call: Call, count: int):
    function, arguments, keywords, error = call.function, call.arguments, call.keywords, call.error
    if error is None:
        for _ in range(count):
            function(*arguments, **keywords)
        return
    for _ in range(count):
        try:
            function(*arguments, **keywords)
        except error:
            continue
        raise AssertionError(f"{call.name}: was not refused")


def _references(call: Call) -> list[int]:
    given = [call.function, *call.arguments, *call.keywords.values(), *call.arrays]
    return [sys.getrefcount(one) for one in (*given, *SHARED)]


def _resident() -> int:
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") if STATM.exists() else 0


def _numpy_memory(call: Call, count: int) -> int:
    """Return how many bytes of NumPy's memory the calls leave allocated."""

    def now():
        gc.collect()
        return sum(one.size for one in tracemalloc.take_snapshot().filter_traces([NUMPY_MEMORY]).traces)

    tracemalloc.start()
    try:
        _repeated(call, 10)
        before = now()
        _repeated(call, count)
        return now() - before
    finally:
        tracemalloc.stop()


def left(call: Call, count: int) -> Left:
    """Return what so many calls leave."""
    with fa.threads(call.threads):
        _repeated(call, max(count // 50, 20))
        traced = _numpy_memory(call, max(count // 100, 20))
        gc.collect()
        references, blocks, resident = _references(call), sys.getallocatedblocks(), _resident()
        _repeated(call, count)
        gc.collect()
        resident = _resident() - resident
        blocks = sys.getallocatedblocks() - blocks
        differences = [after - before for before, after in zip(references, _references(call), strict=True)]
    return Left(call.name, count, max(differences, key=abs), blocks, traced, resident)


def main():
    """Make many calls of each kind and print what they leave; fail where that is something."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--calls", type=int, default=10**6)
    parser.add_argument("--only", default="", help="a regular expression of names")
    parser.add_argument("--but", default="^$", help="one of names to leave out")
    parser.add_argument("--share", default="1/1", help="2/3: of three processes the second")
    chosen = parser.parse_args()
    number, of = map(int, chosen.share.split("/"))
    _core._worth_waking(1e-3)
    print(f"{'call':32}{'calls':>9}{'references':>11}{'blocks':>8}{'numpy, B':>9}{'resident, KiB':>14}")
    failed = 0
    for call in [one for one in calls() if re.search(chosen.only, one.name) and not re.search(chosen.but, one.name)][
        number - 1 :: of
    ]:
        found = left(call, chosen.calls)
        failed += not found.is_nothing
        numbers = f"{found.references:11}{found.blocks:8}{found.traced:9}{found.resident // 1024:14}"
        print(f"{found.name:32}{found.calls:9}{numbers}{'' if found.is_nothing else '  LEAK'}", flush=True)
    print(f"{failed} leaks")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
