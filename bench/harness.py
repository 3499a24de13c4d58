"""How anything is measured: interleaved rounds, ratios within a round, bootstrap intervals.

A neighbour on the machine, or a change of clock, slows all candidates of one round alike; the
ratio of two times of the same round cancels it. This file must not know any library that is
measured, nor any activation.
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import numpy as np

# What one process measured in one group: per candidate, one time in nanoseconds for each round.
Samples = dict[object, np.ndarray]

SAMPLE_NS = 300_000
LONG_NS = 30 * SAMPLE_NS
LEAST_FOR_INTERVAL = 5
LEAST = 0.01
COPY = "copy"


class Candidate:
    """One spelling: statements separated by '; ' (the last an expression), and their names.

    The text is compiled into the timed loop, so that no extra Python call is measured: on 16
    elements that call would cost as much as the function under test. Of text that runs as
    `candidate.call()`, one call more is measured.
    """

    def __init__(self, statement: str, names: Mapping[str, object], shown: str | None = None):
        self.statement = statement
        self.shown = shown or statement
        # How the table of peers has it, and under what conditions it runs.
        self.spelling = statement
        self.around: Callable[[], AbstractContextManager] = nullcontext
        self.names = dict(names)
        self.repeats = 0

    @cached_property
    def call(self) -> Callable[[], object]:
        """The statement as a function without arguments; it returns the last expression."""
        *first, last = self.statement.split("; ")
        lines = ["def call():", *first, f"return {last}"]
        namespace = dict(self.names)
        exec("\n    ".join(lines), namespace)
        return namespace["call"]

    # timeit turns the garbage collector off while it runs.
    @cached_property
    def _timer(self) -> timeit.Timer:
        return timeit.Timer(self.statement, timer=time.perf_counter_ns, globals=self.names)

    def first_call(self) -> object:
        """Run once and return the result.

        A call that is long even when warm needs no calibration. The first may be many times
        slower than the next (pages, caches, lazy set-up), hence the margin in LONG_NS.
        """
        start = time.perf_counter_ns()
        result = self.call()
        if time.perf_counter_ns() - start > LONG_NS:
            self.repeats = 1
        return result

    def sample(self) -> float:
        """Time one sample and return nanoseconds per call."""
        with self.around():
            return self._timer.timeit(self.repeats) / self.repeats

    def calibrate(self) -> None:
        """Choose the number of calls in a sample so that it lasts SAMPLE_NS at least."""
        if self.repeats:
            return
        self.repeats = 1
        while (taken := self.sample() * self.repeats) < SAMPLE_NS:
            growth = 1.2 * SAMPLE_NS / max(taken, 1)
            self.repeats = int(self.repeats * min(max(growth, 1.2), 10)) + 1


def fastest(candidates: Sequence[Candidate], samples: int = 3) -> Candidate:
    """Return the quickest of several spellings of one computation by the least of its times."""

    def least(candidate):
        candidate.calibrate()
        return min(candidate.sample() for _ in range(samples))

    return candidates[0] if len(candidates) == 1 else min(candidates, key=least)


def measure(
    candidates: Mapping[object, Candidate],
    copy: tuple[np.ndarray, np.ndarray],
    *,
    deadline: float,
    most_rounds: int,
    generator: np.random.Generator,
    least_rounds: int = 2,
    subtracted: Mapping[object, object] | None = None,
    pause: float = 0.0,
) -> Samples:
    """Time all candidates of one group, and np.copyto(*copy) as 'copy', once a round.

    Rounds end at most_rounds, or when one more would pass the deadline (time.monotonic), but not
    before least_rounds. The order within a round is shuffled anew each time. Of a candidate whose key
    is in subtracted, the time of that other one in the same round is taken off: what both do is not meant.
    A pause before every sample, in seconds, lets go to sleep what threads the one before has left spinning.
    """
    out, x = copy
    names = {"np": np, "out": out, "x": x}
    candidates = {COPY: Candidate("np.copyto(out, x)", names), **candidates}
    for candidate in candidates.values():
        candidate.calibrate()
    keys = list(candidates)
    samples = {key: [] for key in keys}
    longest = 0.0
    for done in range(most_rounds):
        start = time.monotonic()
        if done >= least_rounds and start + longest > deadline:
            break
        for index in generator.permutation(len(keys)):
            time.sleep(pause)
            samples[keys[index]].append(candidates[keys[index]].sample())
        longest = max(longest, time.monotonic() - start)
    times = {key: np.array(times) for key, times in samples.items()}
    # A difference that noise makes negative is no time.
    off = {key: np.maximum(times[key] - times[other], LEAST * times[key]) for key, other in (subtracted or {}).items()}
    return {**times, **off}


@dataclass(frozen=True)
class Estimate:
    """A median and its 95 % interval, which is None where the rounds are too few for one."""

    median: float
    low: float | None
    high: float | None


class Pool:
    """The runs of several processes on one group, and the estimates that follow from them.

    Rounds of one process share its memory layout and are no independent witnesses, so the
    bootstrap draws processes first and then rounds within each. One set of draws serves all
    estimates of the group.
    """

    def __init__(self, runs: Sequence[Samples], generator: np.random.Generator, resamples: int = 1000):
        self._runs = runs
        lengths = np.array([len(run[COPY]) for run in self._runs])
        starts = np.cumsum(lengths) - lengths
        drawn = generator.integers(len(lengths), size=(resamples, len(lengths), 1))
        width = -(-lengths.sum() // len(lengths))
        within = generator.random((resamples, len(lengths), width)) * lengths[drawn]
        self._draws = (starts[drawn] + within.astype(np.intp)).reshape(resamples, -1)

    def _joined(self, key) -> np.ndarray:
        return np.concatenate([run[key] for run in self._runs])

    def _estimate(self, values: np.ndarray) -> Estimate:
        if len(values) < LEAST_FOR_INTERVAL:
            return Estimate(float(np.median(values)), None, None)
        medians = np.median(values[self._draws], axis=1)
        low, high = np.percentile(medians, (2.5, 97.5))
        return Estimate(float(np.median(values)), float(low), float(high))

    def time(self, key) -> Estimate:
        """Return nanoseconds per call."""
        return self._estimate(self._joined(key))

    def ratio(self, key, base=COPY) -> Estimate:
        """Return the time of one candidate over another's, taken within each round."""
        return self._estimate(self._joined(key) / self._joined(base))
