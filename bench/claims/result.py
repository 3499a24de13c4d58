"""What a claim is and what measuring it gives: numbers, pictures, and a verdict that follows from them.

A verdict is chosen here by conditions that a claim has found true, false or open; no file of the report holds one.
This file must not measure, draw, or know any activation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..harness import LEAST_FOR_INTERVAL, Estimate

HOLDS, ONLY_WHEN, FAILS, UNDECIDED = "holds", "holds only when", "does not hold", "undecided"

Report = Callable[[str, float], None]  # where the work is, and the part that is done
Cell = str | int | float | bool | Estimate | None
STATUSES = MEASURED, FAILED, LEFT_OUT = "measured", "failed", "not measured"
LEVELS = SMALLEST, QUICK, FULL = "smallest", "quick", "full"


class NotMeasuredError(Exception):
    """A claim cannot be measured here, and the text says why: no failure."""


@dataclass(frozen=True)
class Effort:
    """How much to do, and the seed of every random number."""

    level: str = FULL
    seed: int = 0

    def of(self, smallest, quick, full):
        """Return the value of this level."""
        return {SMALLEST: smallest, QUICK: quick, FULL: full}[self.level]

    def generator(self, *key: int) -> np.random.Generator:
        """Return random numbers that depend on the seed and the key alone."""
        return np.random.default_rng((self.seed, *key))


@dataclass(frozen=True)
class Verdict:
    """A word, and the conditions behind it."""

    word: str
    when: tuple[str, ...] = ()
    not_when: tuple[str, ...] = ()
    open_when: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Say it in words."""
        if self.word == HOLDS:
            return f"It holds: {_listed(self.when)}."
        if self.word == FAILS:
            return f"It does not hold: {_listed(self.not_when)}."
        if self.word == UNDECIDED:
            rest = f" It does not when: {_listed(self.not_when)}." if self.not_when else ""
            return f"The measurement leaves it open: {_listed(self.open_when)}.{rest}"
        said = f"It holds only when: {_listed(self.when)}."
        if self.not_when:
            said += f" It does not when: {_listed(self.not_when)}."
        if self.open_when:
            said += f" Left open: {_listed(self.open_when)}."
        return said


def _listed(conditions: Iterable[str]) -> str:
    """Write them, together those that differ after their last comma only: 'float32 (sigmoid, tanh)'."""
    groups: dict[str, list[str]] = {}
    for condition in conditions:
        head, comma, tail = condition.rpartition(", ")
        groups.setdefault(head if comma else condition, []).extend([tail] if comma else [])
    return "; ".join(f"{head} ({', '.join(tails)})" if tails else head for head, tails in groups.items())


def judged(conditions: Mapping[str, bool | None]) -> Verdict:
    """Return the verdict that conditions give which were found true, false, or (None) neither.

    Conditions left open do not stand against a statement that holds elsewhere, but they are no witnesses
    for it either: beside them it is known to hold only where it was found to.
    """
    when, not_when, open_when = (
        tuple(text for text, found in conditions.items() if found is answer) for answer in (True, False, None)
    )
    if len(when) + len(not_when) + len(open_when) != len(conditions):
        raise TypeError("a condition is True, False or None, of Python's own type")
    if not conditions or (not when and open_when):
        word = UNDECIDED
    elif not when:
        word = FAILS
    else:
        word = ONLY_WHEN if not_when or open_when else HOLDS
    return Verdict(word, when, not_when, open_when)


@dataclass(frozen=True)
class Finding:
    """One statement of a claim, and what became of it."""

    statement: str
    verdict: Verdict


def overall(findings: Sequence[Finding]) -> str:
    """Return the word over a whole claim: that of its findings if they agree."""
    words = {finding.verdict.word for finding in findings}
    if len(words) == 1:
        return words.pop()
    return ONLY_WHEN if words & {HOLDS, ONLY_WHEN} else UNDECIDED


@dataclass(frozen=True)
class Table:
    """Rows of cells under a caption; an Estimate is shown with its interval."""

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG to stand inline in HTML, and the numbers that it shows."""

    title: str
    svg: str
    data: dict


@dataclass(frozen=True)
class Result:
    """What measuring a claim gave; sentences quote what was measured, setting says how."""

    findings: tuple[Finding, ...]
    setting: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def word(self) -> str:
        """The verdict over all findings."""
        return overall(self.findings)


@dataclass(frozen=True)
class Claim:
    """One claim of the literature or of teaching; `seconds` are about those of a quick and of a full run."""

    point: int
    title: str
    stated: str
    sources: tuple[str, ...]
    seconds: tuple[float, float]
    measure: Callable[[Effort, Report], Result] = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What became of one claim; a failed one has a reason, and a claim only if its file could be imported."""

    name: str
    status: str
    seconds: float
    claim: Claim | None = None
    result: Result | None = None
    reason: str = ""


def estimate(values, generator: np.random.Generator, statistic=np.mean, resamples: int = 2000) -> Estimate:
    """Return a statistic of independent repetitions with its 95 % bootstrap interval, if they are enough."""
    values = np.asarray(values, dtype=np.float64)
    centre = float(statistic(values))
    if len(values) < LEAST_FOR_INTERVAL:
        return Estimate(centre, None, None)
    drawn = values[generator.integers(len(values), size=(resamples, len(values)))]
    low, high = np.percentile(statistic(drawn, axis=1), (2.5, 97.5))
    return Estimate(centre, float(low), float(high))


def above(found: Estimate, limit: float) -> bool | None:
    """Say whether a number is above a limit: None where the interval reaches it, or where there is none."""
    if found.low is None or found.low <= limit <= found.high:
        return None
    return found.low > limit


def below(found: Estimate, limit: float) -> bool | None:
    """Say whether a number is below a limit, as `above` does."""
    answer = above(found, limit)
    return None if answer is None else not answer


def within(found: Estimate, low: float, high: float) -> bool | None:
    """Say whether a number lies between two limits: None where its interval reaches over one of them."""
    if found.low is None:
        return None
    if low <= found.low and found.high <= high:
        return True
    return False if found.high < low or found.low > high else None
