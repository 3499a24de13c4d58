"""One process's share of the family's benchmarks: one activation at a time, all of its groups.

It neither prints nor summarises, and starts no process.
"""

from __future__ import annotations

import gc
import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.connection import Connection

import numpy as np

import fastact

from . import around_cases, family_layouts, family_slow, jax_peers
from .cases import PERIOD, SEED
from .family_cases import CASES, OPERANDS, FamilyBuffers, dtype_of
from .half_peers import family_of
from .harness import Candidate, Samples, measure
from .peers import FASTACT, bytes_of, conditions
from .plan import ALL, HALVES, IN_PLACE, INTO, L2, LAST, Task, all_threads

LEAST_ROUNDS = 3
SLOW_DTYPES = ("float32", "float64")
LAYOUT_DTYPES = (*SLOW_DTYPES, "float16")

# Beyond the caches spellings are chosen on the first size there: the choice is the same and costs less.
CHOSEN_ON = LAST
# And a peer that takes so many times as long as the quickest is told of, not timed.
HOPELESS = 1.5
ONE_THREAD = "fastact, one thread"
RESTORE = "restore"
# PyTorch's threads spin for about a millisecond after a call, on the cores that the next one asks for.
PAUSE = 0.01


@dataclass(frozen=True)
class Group:
    """What one process measured in one group: of one activation, all that is compared.

    Slower has the peers that are not worth their time, and how many times as long as the quickest they took.
    """

    key: tuple[str, ...]
    samples: Samples
    spellings: dict[object, str]
    faults: list[str]
    slower: dict[object, float]


def _measure(task: Task, candidates: dict, x: np.ndarray, out: np.ndarray, subtracted: dict | None = None) -> Samples:
    return measure(
        candidates,
        (out, x),
        deadline=time.monotonic() + task.seconds,
        most_rounds=task.rounds,
        least_rounds=LEAST_ROUNDS,
        generator=np.random.default_rng((SEED, task.process)),
        subtracted=subtracted,
        pause=PAUSE if task.threads == ALL else 0.0,
    )


# Tasks of one size and dtype follow one another; of long arrays there is room for one set.
_large = lru_cache(maxsize=1)(FamilyBuffers)
_small = lru_cache(maxsize=1)(FamilyBuffers)

Key = tuple[str, str]


def _candidates(task: Task, buffers: FamilyBuffers, among: Mapping[Key, Sequence[str]] | None = None):
    """Return the quickest right candidate of each implementation and direction, and the faults."""
    found, faults = {}, []
    for row in family_of(task.dtype):
        if not row.present:
            continue
        for direction, cells in row.spellings.items():
            key = row.name, direction
            spellings = cells.get(task.label, ()) if among is None else among.get(key, ())
            candidate, wrong = row.chosen(spellings, task.label, direction, buffers, task.way)
            # In 16 bits a library that lacks one spelling, or loses too much by it, has another that converts.
            if not candidate or task.dtype not in HALVES:
                faults += [f"{row.name}, {task.label} {direction}, {task.dtype}: {fault}" for fault in wrong]
            if candidate:
                found[key] = candidate
    return found, faults


def _worth(candidates: Mapping[Key, Candidate]) -> dict[Key, float]:
    """Return of each peer that is hopeless how many times as long as the quickest it takes."""
    taken: dict[str, dict[Key, float]] = {direction: {} for direction in OPERANDS}
    for key, candidate in candidates.items():
        if key[0] != FASTACT:
            candidate.calibrate()
            taken[key[1]][key] = candidate.sample()
    slower = {}
    for direction, times in taken.items():
        # From the output the quickest of all backward passes counts, from the input that of its kind.
        rivals = {**times, **taken["backward"]} if direction == "backward_from_output" else times
        least = min(rivals.values(), default=0)
        slower |= {key: time / least for key, time in times.items() if time > HOPELESS * least}
    return slower


def against_peers(task: Task) -> list[Group]:
    """Time one activation in all implementations: forward, backward, from the output."""
    if task.way != INTO and task.dtype in HALVES:
        raise ValueError("in 16 bits the peers' spellings are those into an array that exists")
    with conditions(all_threads() if task.threads == ALL else 1):
        slower, among = {}, None
        if task.size > CHOSEN_ON:
            chosen, _ = _candidates(task, _small(CHOSEN_ON, task.dtype))
            slower = _worth(chosen)
            among = {key: (one.spelling,) for key, one in chosen.items() if key not in slower}
            del chosen
        buffers = _large(task.size, task.dtype)
        candidates, faults = _candidates(task, buffers, among)
        if L2 < task.size <= CHOSEN_ON:
            slower = _worth(candidates)
            candidates = {key: one for key, one in candidates.items() if key not in slower}
        spellings = {key: candidate.shown for key, candidate in candidates.items()}
        subtracted = {}
        if task.threads == ALL:
            for (name, direction), candidate in list(candidates.items()):
                if name == FASTACT:
                    alone = Candidate(candidate.statement, candidate.names)
                    alone.around = lambda: fastact.threads(1)
                    candidates[ONE_THREAD, direction] = alone
        if task.way == IN_PLACE:
            names = {"restore": bytes_of(buffers.out), "source": bytes_of(buffers.x)}
            subtracted = dict.fromkeys(candidates, RESTORE)
            candidates[RESTORE] = Candidate("restore[:] = source", names)
        samples = _measure(task, candidates, buffers.x, buffers.out, subtracted)
    return [Group((task.label, task.way, task.threads, task.dtype, str(task.size)), samples, spellings, faults, slower)]


def on_slow_inputs(task: Task) -> list[Group]:
    """Time one activation on every kind of slow inputs, in each direction and dtype."""
    case = CASES[task.label]
    groups = []
    with conditions():
        for direction in case.directions:
            for dtype in SLOW_DTYPES:
                inputs = family_slow.slow_inputs(case, direction, dtype, task.size)
                candidates = {
                    kind: Candidate(*family_slow.statement(case, direction, operands))
                    for kind, operands in inputs.items()
                }
                for candidate in candidates.values():
                    candidate.first_call()
                x = next(iter(inputs.values()))[-1]
                samples = _measure(task, candidates, x, np.full_like(x, np.nan))
                groups.append(Group((task.label, direction, dtype), samples, {}, [], {}))
    return groups


def on_layouts(task: Task) -> list[Group]:
    """Time one activation on arrays of every layout, forward and backward, in each dtype."""
    case = CASES[task.label]
    groups = []
    with conditions():
        for dtype in LAYOUT_DTYPES:
            buffers = FamilyBuffers(family_layouts.elements(task.size, dtype), dtype)
            for direction in ("forward", "backward"):
                candidates = {
                    name: Candidate(*family_layouts.statement(case, direction, layout, buffers))
                    for name, layout in family_layouts.LAYOUTS_BY_SIZE[task.size].items()
                }
                for candidate in candidates.values():
                    candidate.first_call()
                samples = _measure(task, candidates, buffers.x, buffers.out)
                groups.append(Group((task.label, direction, dtype, str(task.size)), samples, {}, [], {}))
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
    return [Group((task.label, str(task.size)), samples, {}, [], {})]


def around(task: Task) -> list[Group]:
    """Time one function of rows, gates, biases, masks or zeros and what does the same."""
    with conditions():
        found, faults = around_cases.candidates(task.label)
        restore = around_cases.RESTORE
        subtracted = dict.fromkeys(found.keys() - {restore}, restore) if restore in found else None
        copy = np.zeros((2, task.size), np.float32)
        samples = _measure(task, found, *copy, subtracted)
    return [Group((task.label,), samples, {name: one.shown for name, one in found.items()}, faults, {})]


def serve(connection: Connection, work: Callable[[Task], list[Group]], tasks: Sequence[Task]) -> None:
    """Run in a fresh process: send the result of each task, or the text of an error."""
    try:
        if tasks[0].threads != ALL:
            os.environ.update(jax_peers.one_thread())
        for task in tasks:
            connection.send(("result", work(task)))
            # A candidate's call and its names refer to each other: of long arrays that would fill 24 GB.
            gc.collect()
    except BrokenPipeError:
        return
    except Exception:
        connection.send(("error", traceback.format_exc()))
