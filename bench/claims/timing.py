"""Times of fastact's functions, and of the peers', in fresh processes: what the claim about speed is made of.

`python -m bench.claims.timing own "{...}"` measures in a process of its own, whose FASTACT_ISA chooses the kernels, and
writes the result to standard output. This file must not judge.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

import fastact as fa

from ..cases import SIZES
from ..harness import Candidate, Samples, measure
from ..session import Group, Plan, measure_groups

NAMES = ("relu", "sigmoid", "tanh")
DIRECTIONS = {
    "forward": "fa.{0}(x, out=out)",
    "backward": "fa.{0}_backward(grad, x, out=out)",
    "backward_from_output": "fa.{0}_backward_from_output(grad, y_{0}, out=out)",
}
DTYPES = ("float32", "float64", "float16", "bfloat16")
IN_CACHE, PAST_CACHE = 4096, 1_000_000
# By dtype and instruction set only these, to save time.
SOME = (IN_CACHE, PAST_CACHE)

ROOT = Path(__file__).parents[2]

Key = tuple[str, int, str]  # dtype, size, direction


def own(sizes: Iterable[int], seed: int, rounds: int, seconds: float) -> dict[Key, Samples]:
    """Time fastact here: float32 at all sizes, other dtypes at some; seconds are the most for a group."""
    generator, found = np.random.default_rng(seed), {}
    for dtype in DTYPES:
        kind = _kind(dtype)
        for size in sizes if kind is not None else ():
            if dtype != "float32" and size not in SOME:
                continue
            x, grad = (generator.standard_normal(size, dtype=np.float32).astype(kind) for _ in range(2))
            names = {"fa": fa, "x": x, "grad": grad, "out": np.full_like(x, 0)}
            names |= {f"y_{name}": getattr(fa, name)(x) for name in NAMES}
            for direction, spelling in DIRECTIONS.items():
                candidates = {name: Candidate(spelling.format(name), names) for name in NAMES}
                found[dtype, size, direction] = measure(
                    candidates,
                    (names["out"], x),
                    deadline=time.monotonic() + seconds,
                    most_rounds=rounds,
                    least_rounds=min(rounds, 5),
                    generator=generator,
                )
    return found


def _kind(dtype: str):
    if dtype != "bfloat16":
        return np.dtype(dtype)
    try:
        import ml_dtypes
    except ImportError:
        return None
    return np.dtype(ml_dtypes.bfloat16)


def peers(process: int, seconds: float, rounds: int) -> list[Group]:
    """Time every implementation that is installed, as `make claim` does."""
    from ..peers import conditions

    plan = Plan(process=process, deadline=time.monotonic() + seconds, most_rounds=rounds, least_rounds=1)
    with conditions():
        return list(measure_groups(plan, lambda size, direction: None))


WORK = {"own": own, "peers": peers}


def in_a_process(work: str, isa: str | None = None, **options):
    """Return what `own` or `peers` gives in a fresh process, by the kernels of one instruction set."""
    environment = {**os.environ, **({"FASTACT_ISA": isa} if isa else {})}
    command = [sys.executable, "-m", __name__, work, json.dumps(options)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"measuring {work} failed: {done.stderr.decode(errors='replace')[-2000:]}")
    return pickle.loads(done.stdout)


def sizes(smallest: bool) -> tuple[int, ...]:
    """Return those of `make claim`, or some that need no time."""
    return (SIZES[0], IN_CACHE) if smallest else SIZES


if __name__ == "__main__":
    result = WORK[sys.argv[1]](**json.loads(sys.argv[2]))
    sys.stdout.buffer.write(pickle.dumps(result))
