"""The rows of `make bench` under pytest-benchmark, to look at some of them by hand; all of them take hours.

`pytest bench/ -k relu-forward-out-one-float32-n4096` selects by function, direction, way, threads, dtype and size.
Cases run one after the other, so ratios between them drift with the machine; `make bench` interleaves them and
is what is published. This file must not hold a case or a spelling of its own.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache

import pytest

import fastact

from . import jax_peers
from .family_cases import CASES, FamilyBuffers
from .family_peers import JAX
from .family_slow import KINDS, USUAL, slow_inputs, statement
from .half_peers import family_of
from .harness import Candidate
from .peers import conditions
from .plan import ALL, FULL, L1, ONE, all_threads, cells

DTYPES = {cell[2] for cell in cells(FULL)}
PRESENT = {dtype: [row for row in family_of(dtype) if row.present and dtype in row.dtypes] for dtype in DTYPES}
PEERS = [
    pytest.param(
        *(label, direction, way, threads, dtype, size, row),
        id=f"{label}-{direction}-{way}-{threads}-{dtype}-n{size}-{row.name}".replace(" ", "_"),
    )
    for way, threads, dtype, size in sorted(cells(FULL), key=lambda cell: (cell[3], cell[2]))
    for row in PRESENT[dtype]
    # Of its threads JAX is told in the environment, before it starts.
    if way in row.ways and (threads == ONE or row.name != JAX)
    for direction, spellings in row.spellings.items()
    for label in CASES
    if label in spellings
]
# Which of these kinds of inputs there are, only a search tells.
SLOW = [
    pytest.param(label, direction, kind, id=f"{label}-{direction}-{kind}".replace(" ", "_"))
    for label, case in CASES.items()
    for direction in case.directions
    for kind in (USUAL, *KINDS)
]

# Sizes follow one another, and of the long arrays there is room for one set.
buffers = lru_cache(maxsize=1)(FamilyBuffers)
inputs = cache(slow_inputs)


@pytest.fixture(scope="module", autouse=True)
def one_thread_for_jax():
    os.environ.update(jax_peers.one_thread())


@pytest.mark.benchmark(max_time=0.05, min_rounds=3, disable_gc=True, calibration_precision=10)
@pytest.mark.parametrize(("label", "direction", "way", "threads", "dtype", "size", "implementation"), PEERS)
def test_family(benchmark, label, direction, way, threads, dtype, size, implementation):
    with conditions(all_threads() if threads == ALL else 1):
        candidate, faults = implementation.candidate(label, direction, buffers(size, dtype), way)
        if candidate is None and not faults:
            pytest.skip(f"{implementation.name} has no form {way}")
        assert candidate, faults
        benchmark.group = f"{label} {direction} {way} {threads} {dtype} {size}"
        benchmark.extra_info.update(
            implementation=implementation.name,
            versions=implementation.versions(),
            spelling=candidate.statement,
            isa=fastact.isa(),
        )
        benchmark(candidate.call)


@pytest.mark.benchmark(max_time=0.02, min_rounds=3, disable_gc=True, calibration_precision=10)
@pytest.mark.parametrize(("label", "direction", "kind"), SLOW)
def test_slow_inputs(benchmark, label, direction, kind):
    operands = inputs(CASES[label], direction, "float32").get(kind)
    if operands is None:
        pytest.skip("there is no such input")
    candidate = Candidate(*statement(CASES[label], direction, operands))
    benchmark.group = f"{label} {direction} {L1}, by kind of inputs"
    benchmark.extra_info.update(kind=kind, spelling=candidate.shown, isa=fastact.isa())
    with conditions():
        benchmark(candidate.call)
