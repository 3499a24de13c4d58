"""One fresh process's share of the claim: every group once, within a deadline.

It sends what it measures to the process that started it, and neither prints nor summarises.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np

from .cases import ACTIVATIONS, DIRECTIONS, SEED, SIZES, Buffers
from .harness import Candidate, Samples, measure
from .machine import machine
from .peers import IMPLEMENTATIONS, Implementation, conditions

# The size at which the cost of one round begins to grow with the array; time that small sizes
# leave over, having done all their rounds, goes to the large ones.
BULK = 2_000_000

# A forward round lasts longer: the slowest peers compute tanh there, one element at a time.
COST = {"forward": 2, "backward": 1}

# Size, direction and weight; the time of a process is shared out by weight.
GROUPS = [(size, direction, COST[direction] * (1 + size / BULK)) for size in SIZES for direction in DIRECTIONS]

Key = tuple[str, str]


@dataclass(frozen=True)
class Plan:
    """What the parent asks for; the deadline is on the clock of time.monotonic."""

    process: int
    deadline: float
    most_rounds: int
    least_rounds: int


@dataclass(frozen=True)
class Group:
    """One size and direction as this process measured it."""

    size: int
    direction: str
    samples: Samples
    spellings: dict[Key, str]
    faults: list[dict[str, str]]


def prepare(
    present: list[Implementation], direction: str, buffers: Buffers
) -> tuple[dict[Key, Candidate], list[dict[str, str]]]:
    """Return the candidates of a group and the faults of those that cannot be timed."""
    candidates, faults = {}, []
    for implementation in present:
        for activation in ACTIVATIONS:
            candidate, wrong = implementation.candidate(activation, direction, buffers)
            row = {"implementation": implementation.name, "activation": activation}
            faults += [{**row, "fault": fault} for fault in wrong]
            if candidate:
                candidates[implementation.name, activation] = candidate
    return candidates, faults


def measure_groups(plan: Plan, report: Callable[[int, str], None]) -> Iterator[Group]:
    """Measure every group; report hears of the size and direction that come next."""
    generator = np.random.default_rng((SEED, plan.process))
    present = [implementation for implementation in IMPLEMENTATIONS if implementation.present]
    # Just-in-time compilers and lazy imports work on first use, which no group should pay for.
    for direction in DIRECTIONS:
        prepare(present, direction, Buffers(SIZES[0]))
    buffers = None
    for index, (size, direction, weight) in enumerate(GROUPS):
        report(size, direction)
        now = time.monotonic()
        due = sum(weight for *_, weight in GROUPS[index:])
        deadline = now + (plan.deadline - now) * weight / due
        if buffers is None or buffers.size != size:
            buffers = None  # frees the last ones before as much again is allocated
            buffers = Buffers(size)
        candidates, faults = prepare(present, direction, buffers)
        samples = measure(
            candidates,
            (buffers.out, buffers.x),
            deadline=deadline,
            most_rounds=plan.most_rounds,
            least_rounds=plan.least_rounds,
            generator=generator,
        )
        spellings = {key: candidate.shown for key, candidate in candidates.items()}
        yield Group(size, direction, samples, spellings, faults)


def session(connection: Connection, plan: Plan) -> None:
    """Run in a fresh process: send progress, then the result or the text of an error."""
    try:
        versions = {}
        for implementation in IMPLEMENTATIONS:
            versions |= implementation.versions()

        def report(size, direction):
            connection.send(("progress", (size, direction)))

        with conditions():
            measured = list(measure_groups(plan, report))
        connection.send(("result", (machine(versions), measured)))
    except BrokenPipeError:
        return
    except Exception:
        connection.send(("error", traceback.format_exc()))
