"""Thousands of calls leave nothing behind; `python -m tests.leaks` makes a million of each."""

import gc

import pytest

from fastact import _core

from .calls import calls
from .leaks import left

COUNT = 1000


@pytest.fixture(autouse=True)
def eager():
    """Wake threads however little there is to do."""
    before = _core._worth_waking(1e-3)
    yield
    _core._worth_waking(before)


@pytest.fixture(autouse=True, scope="module")
def frozen():
    """Spare the collector what the suite has made so far: it is asked several times a call."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("call", calls(), ids=lambda call: call.name)
def test_calls_leave_nothing(call):
    found = left(call, COUNT)
    assert found.is_nothing, found


def test_what_is_left_is_seen():
    """A reference, a block, NumPy's memory: each alone is enough."""
    kept = []
    (call,) = [one for one in calls() if one.name == "fast path"]
    for leaking in (
        lambda x: kept.append(x),
        lambda x: kept.append(object()),
        lambda x: kept.append(call.function(x)),
        lambda x: kept.append(float(len(kept))),
    ):
        assert not left(type(call)("leaking", leaking, call.arguments), COUNT).is_nothing
