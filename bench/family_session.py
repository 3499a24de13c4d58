"""One process's share of the family's benchmarks: one activation at a time, all of its groups.

It neither prints nor summarises, and starts no process.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np

import fastact

from . import family_layouts, family_slow
from .cases import PERIOD, SEED
from .family_cases import CASES, HALVES, FamilyBuffers, dtype_of
from .half_peers import family_of
from .harness import Candidate, Samples, measure
from .peers import FROM_OUTPUT, conditions

LEAST_ROUNDS = 5
# A group ends its rounds after so many seconds, which only long arrays reach.
LONGEST = 10.0
DTYPES = ("float32", "float64")
LAYOUT_DTYPES = (*DTYPES, "float16")


@dataclass(frozen=True)
class Group:
    """What one process measured in one group: of one activation, all that is compared."""

    key: tuple[str, ...]
    samples: Samples
    spellings: dict[object, str]
    faults: list[str]


@dataclass(frozen=True)
class Task:
    """One activation for one process."""

    label: str
    size: int
    rounds: int
    process: int
    dtype: str = "float32"


def _measure(task: Task, candidates: dict, x: np.ndarray, out: np.ndarray) -> Samples:
    return measure(
        candidates,
        (out, x),
        deadline=time.monotonic() + LONGEST,
        most_rounds=task.rounds,
        least_rounds=LEAST_ROUNDS,
        generator=np.random.default_rng((SEED, task.process)),
    )


def against_peers(task: Task) -> list[Group]:
    """Time one activation in all implementations: forward, backward, from the output."""
    candidates, faults = {}, []
    with conditions():
        buffers = FamilyBuffers(task.size, task.dtype)
        for implementation in (row for row in family_of(task.dtype) if row.present):
            for direction, spellings in implementation.spellings.items():
                if task.label not in spellings:
                    continue
                candidate, wrong = implementation.candidate(task.label, direction, buffers)
                # In 16 bits a library that lacks one spelling, or loses too much by it, has another that converts.
                if not candidate or task.dtype not in HALVES:
                    faults += [f"{implementation.name}, {task.label} {direction}: {fault}" for fault in wrong]
                # From the output is a direction of its own here.
                own = "backward_from_output" if implementation.name == FROM_OUTPUT else direction
                if candidate:
                    candidates[implementation.name, own] = candidate
        samples = _measure(task, candidates, buffers.x, buffers.out)
    spellings = {key: candidate.shown for key, candidate in candidates.items()}
    return [Group((task.label,), samples, spellings, faults)]


def on_slow_inputs(task: Task) -> list[Group]:
    """Time one activation on every kind of slow inputs, in each direction and dtype."""
    case = CASES[task.label]
    groups = []
    with conditions():
        for direction in case.directions:
            for dtype in DTYPES:
                inputs = family_slow.slow_inputs(case, direction, dtype, task.size)
                candidates = {
                    kind: Candidate(*family_slow.statement(case, direction, operands))
                    for kind, operands in inputs.items()
                }
                for candidate in candidates.values():
                    candidate.first_call()
                x = next(iter(inputs.values()))[-1]
                samples = _measure(task, candidates, x, np.full_like(x, np.nan))
                groups.append(Group((task.label, direction, dtype), samples, {}, []))
    return groups


def on_layouts(task: Task) -> list[Group]:
    """Time one activation on arrays of every layout, forward and backward, in each dtype."""
    case = CASES[task.label]
    groups = []
    with conditions():
        for dtype in LAYOUT_DTYPES:
            buffers = FamilyBuffers(task.size, dtype)
            for direction in ("forward", "backward"):
                candidates = {
                    name: Candidate(*family_layouts.statement(case, direction, layout, buffers))
                    for name, layout in family_layouts.LAYOUTS.items()
                }
                for candidate in candidates.values():
                    candidate.first_call()
                samples = _measure(task, candidates, buffers.x, buffers.out)
                groups.append(Group((task.label, direction, dtype), samples, {}, []))
    return groups


def by_dtype(task: Task) -> list[Group]:
    """Time the forward pass of one activation in float32 and in 16 bits, on the same numbers."""
    values = np.random.default_rng(SEED).standard_normal(min(task.size, PERIOD), dtype=np.float32)
    candidates = {}
    with conditions():
        for dtype in ("float32", *HALVES):
            x = np.resize(values.astype(dtype_of(dtype)), task.size)
            names = {"fa": fastact, "x": x, "out": np.full_like(x, np.nan)}
            candidates[dtype] = Candidate(CASES[task.label].spelling("forward"), names)
            candidates[dtype].first_call()
        samples = _measure(task, candidates, names["x"], names["out"])
    return [Group((task.label, str(task.size)), samples, {}, [])]


def serve(connection: Connection, work: Callable[[Task], list[Group]], tasks: Sequence[Task]) -> None:
    """Run in a fresh process: send the result of each task, or the text of an error."""
    try:
        for task in tasks:
            connection.send(("result", work(task)))
    except BrokenPipeError:
        return
    except Exception:
        connection.send(("error", traceback.format_exc()))
