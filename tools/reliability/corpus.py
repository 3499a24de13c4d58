"""Write the seed corpus of the fuzzer: a few cases of every function, dtype and kind, the same every time.

    python -m tools.reliability.corpus FOLDER

The bytes are those that `run_case` of fuzz_loops.c takes first, then what a generator of a fixed seed gives. No file
of a corpus is kept: what a run finds and minimises becomes a test.
"""

import itertools
import random
import sys
from collections.abc import Iterator
from pathlib import Path

SEED = 20261121
LENGTH = 96
# By kind: how many values each of the bytes after the kind, the set and four of the seed has. In run_case's order.
LEADING = {
    0: (81, 4),  # plain calls: function, dtype
    1: (81, 4),  # the ufuncs' loop
    2: (81, 4),
    3: (5, 8),  # integers: activation, integer
    4: (4, 2, 1, 4),  # rows: function, by ufunc, style, dtype
    5: (8, 3, 5),  # fused: kind, axes, activation
    6: (2, 3),  # masks: backward, axes
    7: (3, 10),  # counts
}
SETS = 2


def cases() -> Iterator[bytes]:
    """Yield the bytes of each seed."""
    random_bytes = random.Random(SEED).randbytes
    for kind, counts in LEADING.items():
        for chosen in itertools.product(range(SETS), *map(range, counts)):
            first, *others = chosen
            yield bytes([kind, first]) + random_bytes(4) + bytes(others) + random_bytes(LENGTH - 6 - len(others))


def write(folder: Path) -> int:
    """Write the corpus and return how many files it has."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, data in enumerate(cases(), 1):
        (folder / f"seed-{count:05}").write_bytes(data)
    return count


if __name__ == "__main__":
    print(f"{write(Path(sys.argv[1]))} files")
