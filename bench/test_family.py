"""The whole family under pytest-benchmark: `pytest bench/`, to compare commits by hand.

Cases run one after the other, so ratios between them drift with the machine; `python -m bench.family`
interleaves them and is what is published. This file must not hold a case or a spelling of its own.
"""

from __future__ import annotations

from functools import cache

import pytest

import fastact

from .family_cases import CASES, HALVES, SIZE, FamilyBuffers
from .family_slow import slow_inputs, statement
from .half_peers import family_of
from .harness import Candidate
from .peers import conditions

PEERS = [
    pytest.param(
        *(label, direction, implementation, dtype),
        id=f"{label}-{direction}-{implementation.name}-{dtype}".replace(" ", "_"),
    )
    for dtype in ("float32", *HALVES)
    for label in CASES
    for direction in ("forward", "backward")
    for implementation in family_of(dtype)
    if implementation.present and label in implementation.spellings.get(direction, {})
]
# What kinds of slow inputs there are only a search tells; it takes a few milliseconds a function.
SLOW = [
    pytest.param(label, direction, kind, operands, id=f"{label}-{direction}-{kind}".replace(" ", "_"))
    for label, case in CASES.items()
    for direction in case.directions
    for kind, operands in slow_inputs(case, direction, "float32").items()
]

buffers = cache(FamilyBuffers)


@pytest.fixture(scope="module", autouse=True)
def equal_terms():
    with conditions():
        yield


@pytest.mark.benchmark(max_time=0.05, min_rounds=3, disable_gc=True, calibration_precision=10)
@pytest.mark.parametrize(("label", "direction", "implementation", "dtype"), PEERS)
def test_family(benchmark, label, direction, implementation, dtype):
    candidate, faults = implementation.candidate(label, direction, buffers(SIZE, dtype))
    assert candidate, faults
    benchmark.group = f"{label} {direction} {dtype} {SIZE}"
    benchmark.extra_info.update(
        implementation=implementation.name,
        versions=implementation.versions(),
        spelling=candidate.shown,
        isa=fastact.isa(),
    )
    benchmark(candidate.call)


@pytest.mark.benchmark(max_time=0.02, min_rounds=3, disable_gc=True, calibration_precision=10)
@pytest.mark.parametrize(("label", "direction", "kind", "operands"), SLOW)
def test_slow_inputs(benchmark, label, direction, kind, operands):
    candidate = Candidate(*statement(CASES[label], direction, operands))
    benchmark.group = f"{label} {direction} {SIZE}, by kind of inputs"
    benchmark.extra_info.update(kind=kind, spelling=candidate.shown, isa=fastact.isa())
    benchmark(candidate.call)
