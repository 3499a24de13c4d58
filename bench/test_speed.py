"""The cases of the claim under pytest-benchmark: `pytest bench/`, to compare commits by hand.

Cases run one after the other, so ratios between them drift with the machine; the claim's
interleaved rounds are the ones to publish. One Python call more is measured than in the claim.
This file must not hold a case or a spelling of its own.
"""

from __future__ import annotations

from functools import lru_cache

import pytest

import fastact

from .cases import ACTIVATIONS, BYTES_PER_ELEMENT, DIRECTIONS, SIZES, Buffers
from .peers import IMPLEMENTATIONS, conditions

PRESENT = [implementation for implementation in IMPLEMENTATIONS if implementation.present]
CASES = [
    pytest.param(
        size,
        direction,
        activation,
        implementation,
        id=f"{activation}-{direction}-{size}-{implementation.name.replace(' ', '_')}",
    )
    for size in SIZES
    for direction in DIRECTIONS
    for activation in ACTIVATIONS
    for implementation in PRESENT
    if activation in implementation.spellings.get(direction, {})
]

# Sizes follow one another, so one set of buffers at a time is enough, and 16 million elements
# take too much memory for more.
buffers_of = lru_cache(maxsize=1)(Buffers)


@pytest.fixture(scope="module", autouse=True)
def equal_terms():
    with conditions():
        yield


@pytest.mark.benchmark(max_time=0.4, min_rounds=3, disable_gc=True, calibration_precision=10)
@pytest.mark.parametrize(("size", "direction", "activation", "implementation"), CASES)
def test_speed(benchmark, size, direction, activation, implementation):
    candidate, faults = implementation.candidate(activation, direction, buffers_of(size))
    assert candidate, faults
    benchmark.group = f"{activation} {direction} {size}"
    benchmark.extra_info.update(
        implementation=implementation.name,
        versions=implementation.versions(),
        spelling=candidate.shown,
        bytes_moved=size * BYTES_PER_ELEMENT[direction],
        isa=fastact.isa(),
    )
    benchmark(candidate.call)
