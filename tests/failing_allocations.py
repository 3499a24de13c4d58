"""Every call of calls.py with its first allocation failing, its second, its third ... until none is left to fail.

`python -m tests.failing_allocations` compiles failing.c, starts itself again with that before the C library and with
Python's own memory from malloc, and prints a line a call: how many allocations, attempts, MemoryErrors (in the others
somebody did without), how many attempts met an allocation of fastact's own C code, blocks lost a round, what was wrong.
"""

import argparse
import contextlib
import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import fastact as fa
from fastact import _core

from .calls import Call, calls

CANARY = 0x5A


def compiled(folder: Path) -> Path:
    """Compile failing.c; returns the library."""
    library = folder / "failing.so"
    command = [os.environ.get("CC", "cc").split()[-1], "-O1", "-shared", "-fPIC", "-pthread", "-o", library]
    subprocess.run([*command, Path(__file__).parent / "failing.c", "-ldl"], check=True, timeout=60)
    return library


def environment(library: Path) -> dict[str, str]:
    """Return the environment in which a Python process lets the library fail."""
    return os.environ | {"LD_PRELOAD": str(library), "PYTHONMALLOC": "malloc"}


def shown(value):
    """Return what two results have in common if they are the same bit for bit."""
    if isinstance(value, tuple):
        return tuple(map(shown, value))
    if isinstance(value, np.ma.MaskedArray):
        return shown(value.data), shown(value.mask)
    if hasattr(value, "indptr"):
        return shown((value.data, value.indices, value.indptr))
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.str, value.shape, value.tobytes()
    return value


# What Python 3.11 or NumPy 2.4 says where it has lost its own MemoryError: np.where, np.nditer, np.matvec,
# ndarray.ctypes and threading.Lock do so alone, and a function that raises without memory for its traceback.
ASTRAY = (
    *("without setting an exception", "without error in PyObject_Call", "error return without exception set"),
    *("returned a result with an exception set", "NULL object passed to Py_BuildValue", "can't allocate lock"),
    "expected a sequence of integers or a single integer",
)


def _has_gone_astray(error) -> bool:
    return type(error) in (SystemError, RuntimeError, TypeError) and any(text in str(error) for text in ASTRAY)


def _blank(call: Call):
    for out in call.outs:
        if out.flags.writeable:
            out[...] = np.frombuffer(bytes([CANARY]) * out.itemsize, out.dtype)[0]


def _pieces(array):
    return np.ascontiguousarray(array).view(f"u{array.itemsize}")


class Injection:
    """The calls of one process, in which the library has been loaded before all others."""

    def __init__(self):
        self.library = ctypes.CDLL(None)
        self.library.failing_after.argtypes = (ctypes.c_long, ctypes.c_long)
        for function in ("failing_end", "failing_in_use", "failing_from_library"):
            getattr(self.library, function).restype = ctypes.c_long
        self.unraisable = []
        sys.unraisablehook = lambda what: self.unraisable.append(repr(what.exc_value))

    def attempt(self, call: Call, before: int):
        """Return the result, the error and whether an allocation failed."""
        result = error = None
        try:
            self.library.failing_after(before, 1)
            result = call()
        except BaseException as raised:
            error = raised
        failed = self.library.failing_end() == 0
        if error is not None:
            error.__traceback__ = error.__context__ = error.__cause__ = None
        return result, error, failed

    def trouble(self, call: Call, result, error, right, right_outs) -> str | None:
        """Return what is wrong with an attempt."""
        if error is None:
            return None if shown(result) == right else "another result"
        expected = (MemoryError, call.error) if call.error else MemoryError
        if not isinstance(error, expected) and not _has_gone_astray(error):
            return repr(error)
        for out, whole in zip(call.outs, right_outs, strict=True):
            if out.flags.writeable:
                pieces, blank = _pieces(out), np.frombuffer(bytes([CANARY]) * out.itemsize, f"u{out.itemsize}")
                if not ((pieces == blank) | (pieces == _pieces(whole))).all():
                    return "out holds what is neither old nor right"
        return None

    def survey(self, call: Call, rounds: int) -> dict:
        """Return what came of failing each allocation of a call in turn."""
        right = None
        for _ in range(3):
            _blank(call)
            with contextlib.suppress(call.error or ()):
                right = shown(call())
        right_outs = [out.copy() for out in call.outs]
        given = shown(tuple(one for one in call.arrays if not any(one is out for out in call.outs)))
        found = {"name": call.name, "allocations": 0, "attempts": 0, "refused": 0, "astray": 0, "faults": []}
        ours, in_use = self.library.failing_from_library(), np.zeros(rounds, np.int64)
        for number in range(rounds):
            before, reached = 0, True
            while reached:
                _blank(call)
                hit = self.library.failing_from_library()
                result, error, reached = self.attempt(call, before)
                hit = self.library.failing_from_library() > hit
                found["attempts"] += 1
                found["refused"] += isinstance(error, MemoryError)
                found["astray"] += _has_gone_astray(error)
                wrong = self.trouble(call, result, error, right, right_outs)
                if hit and _has_gone_astray(error):
                    wrong = f"an allocation of fastact's own: {error!r}"
                if wrong and number == rounds - 1:
                    found["faults"].append(f"allocation {before + 1}: {wrong}")
                before += 1
                del result, error
            found["allocations"] = before - 1
            gc.collect()
            in_use[number] = self.library.failing_in_use()
        found["ours"] = (self.library.failing_from_library() - ours) // rounds
        steps = np.diff(in_use[1:])
        found["lost"] = int(steps.min()) if len(steps) and steps.min() > 0 else 0
        if given != shown(tuple(one for one in call.arrays if not any(one is out for out in call.outs))):
            found["faults"].append("an input has changed")
        found["faults"] += self.unraisable
        self.unraisable.clear()
        return found


def _with_threads(call: Call) -> Call:
    def function(*arguments, **keywords):
        with fa.threads(call.threads):
            return call.function(*arguments, **keywords)

    return call if call.threads == 1 else Call(call.name, function, call.arguments, call.keywords, call.error)


def _line(found: dict) -> str:
    numbers = "".join(f"{found[name]:>12}" for name in ("allocations", "attempts", "refused", "astray", "ours", "lost"))
    return f"{found['name']:32}{numbers}  {'; '.join(found['faults'][:3])}"


def main():
    """Fail the allocations of every call; fail where one gives other than a MemoryError or the right result."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--only", default="", help="a part of the names")
    parser.add_argument("--rounds", type=int, default=5, help="what is lost in each of them is a leak")
    parser.add_argument("--json", action="store_true", help="a line of JSON a call")
    chosen = parser.parse_args()
    if not hasattr(ctypes.CDLL(None), "failing_after"):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-X", "faulthandler", "-m", "tests.failing_allocations", *sys.argv[1:]]
            sys.exit(subprocess.run(command, env=environment(compiled(Path(folder))), check=False).returncode)
    injection = Injection()
    _core._worth_waking(1e-3)
    totals = dict.fromkeys(("attempts", "refused", "astray", "ours", "lost"), 0)
    wrong = 0
    for call in calls():
        if chosen.only not in call.name or call.dies_in_numpy:
            continue
        print(f"{call.name} ...", file=sys.stderr, flush=True)  # the last line of a process that dies
        found = injection.survey(_with_threads(call), chosen.rounds)
        totals = {name: totals[name] + found[name] for name in totals}
        wrong += len(found["faults"])
        print(json.dumps(found) if chosen.json else _line(found), flush=True)
    if not chosen.json:
        print(f"in all: {totals}, faults: {wrong}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
