"""The instruction sets that tests run on: every one that the machine has, or the one that FASTACT_ISA forces."""

import functools
import os

import fastact as fa
from fastact import _core

ISAS = [os.environ["FASTACT_ISA"]] if os.environ.get("FASTACT_ISA") else list(fa.available_isas())


def on_each_isa(test):
    """Run a test on one set after another, and put the chosen one back.

    For tests of every function and dtype: as many again for each set take pytest longer than they take themselves.
    """

    @functools.wraps(test)
    def run(*args, **given):
        chosen = fa.isa()
        try:
            for name in ISAS:
                _core._use_isa(name)
                try:
                    test(*args, **given)
                except BaseException as error:
                    error.add_note(f"on {name}")
                    raise
        finally:
            _core._use_isa(chosen)

    return run
