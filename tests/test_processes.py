"""Threads, forks, interrupts and ends of the interpreter: a few rounds; `python -m tests.processes` makes many."""

import os

import pytest

from .processes import ENDS, PROGRAMS, run

ROUNDS = {
    "32 callers at once": 5,
    "fork while the pool is busy": 50,
    "fork before there is a pool": 100,
    "fork while the pool starts": 50,
    "fork in a fork": 10,
    "fork with buffer pools": 30,
    "interrupts": 8,
    "exceptions in many callers": 5,
    "multiprocessing": 2,
    **dict.fromkeys(ENDS, 3),
}


@pytest.mark.skipif(os.name != "posix", reason="fork and signals are not of this system")
@pytest.mark.parametrize("name", [*PROGRAMS, *ENDS])
def test_program(name):
    run(name, ROUNDS[name])


def test_a_program_that_fails_is_seen(monkeypatch):
    for wrong in ("assert False", "os.abort()", "print('wrong')", "sys.exit(1)", "fa.softmax(x, 9)"):
        monkeypatch.setitem(PROGRAMS, "wrong", wrong)
        with pytest.raises(AssertionError, match="wrong: status"):
            run("wrong", 1)
