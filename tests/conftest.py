"""Every test runs on every instruction set the machine has, or on the one FASTACT_ISA forces."""

import gc
import os
import platform

import numpy as np
import pytest

import fastact as fa
from fastact import _core

from .half import HALVES
from .isas import ISAS
from .ops import CASES, DTYPES, OPS


# Of the objects of 25,000 tests none is garbage: looking through them again and again is a third of their collection.
@pytest.hookimpl(tryfirst=True)
def pytest_collection():
    gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop():
    gc.freeze()
    gc.enable()


EACH = list({case.name: case for case in reversed(CASES)}.values())[::-1]


@pytest.fixture(params=ISAS)
def isa(request):
    """Run the test on one instruction set and put the chosen one back."""
    chosen = fa.isa()
    _core._use_isa(request.param)
    yield request.param
    _core._use_isa(chosen)


@pytest.fixture
def each_isa():
    """Return an iterator factory that switches to one instruction set after another.

    For tests whose cost is the reference, which is the same for all of them.
    """
    chosen = fa.isa()

    def switched():
        for name in ISAS:
            _core._use_isa(name)
            yield name

    yield switched
    _core._use_isa(chosen)


@pytest.fixture(params=DTYPES, ids=str)
def dtype(request):
    return request.param


@pytest.fixture(params=HALVES, ids=str)
def half(request):
    return request.param


@pytest.fixture(params=HALVES + DTYPES, ids=str)
def any_dtype(request):
    return request.param


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return request.param


@pytest.fixture(params=[case for case in CASES if case.inputs == 2], ids=str)
def backward_case(request):
    return request.param


@pytest.fixture(params=EACH, ids=str)
def one_case(request):
    """Return each function once, with its first parameters: for what their values cannot change."""
    return request.param


@pytest.fixture(params=[case for case in EACH if case.inputs == 2], ids=str)
def one_backward_case(request):
    return request.param


@pytest.fixture(params=OPS, ids=lambda op: op.name)
def op(request):
    return request.param


@pytest.fixture
def rng():
    return np.random.default_rng(20261121)


@pytest.fixture
def flushed():
    """Return a context manager that flushes subnormals to zero, rounds upwards and sets a flag.

    It yields a function that reads the state. Through a few bytes of machine code.
    """
    if os.name != "posix" or platform.machine() != "x86_64":
        pytest.skip("the control register is reached by machine code for x86-64 and POSIX")
    from . import _x86

    return _x86.flushed
