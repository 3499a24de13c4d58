"""What 16 Python threads do at the same time, with a GIL and without one, and what sub-interpreters are told.

`make test-wheels` runs these under a free-threaded Python, where a call is interrupted anywhere. The library's own
threads have a file of their own.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import threading

import numpy as np
import pytest

import fastact as fa
from fastact import _core

from .conftest import EACH
from .half import HALVES
from .ops import DTYPES

COUNT = 16
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def _at_once(work):
    """Call work(0) to work(15) in a thread each, all at the same moment; return what they return."""
    barrier, results, errors = threading.Barrier(COUNT), [None] * COUNT, []

    def one(number):
        try:
            barrier.wait(60)
            results[number] = work(number)
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=one, args=(number,)) for number in range(COUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    return results


def _bits(result):
    return [np.asarray(one).tobytes() for one in (result if isinstance(result, tuple) else (result,))]


def _calls(rng, dtype):
    """Return calls of every function as pairs: what to call, and the bits that it gives to a single thread."""
    x, grad = rng.normal(0, 3, (2, 60, 40)).astype(dtype)
    y = fa.softmax(x)
    calls = [
        lambda: fa.softmax(x),
        lambda: fa.log_softmax(x, axis=0),
        lambda: fa.softmax_backward(grad, y),
        lambda: fa.swiglu(grad, x),
        lambda: fa.geglu_backward(grad, x, x),
        lambda: fa.glu(x),
        lambda: fa.maxout(x),
        lambda: fa.bias_act(x, x[0], "elu", alpha=0.5),
        lambda: fa.bias_act_backward(grad, x, x[0], "gelu"),
        lambda: fa.prelu_backward(grad, x, x[0], axis=1),
        lambda: fa.relu_mask(x),
        lambda: fa.dead_units(x),
        lambda: fa.silu(x.T),
        lambda: fa.ufuncs.elu(x, x[:1]),
    ]
    for case in EACH:
        for length in (37, 20_000):  # with the GIL, where there is one, and without
            inputs = case.sample(rng, dtype, length)
            calls.append(lambda case=case, inputs=inputs: case(*inputs))
    return [(call, _bits(call())) for call in calls]


@pytest.mark.parametrize("dtype", HALVES + DTYPES, ids=str)
@pytest.mark.parametrize("count", [1, 3])
def test_every_function_at_once(dtype, count, rng):
    """Each thread calls everything in an order of its own, so that different functions meet."""
    calls = _calls(rng, dtype)
    before, eager = fa.set_num_threads(count), _core._worth_waking(1e-3)

    def work(number):
        order = np.random.default_rng(number).permutation(len(calls))
        return [index for index in order if _bits(calls[index][0]()) != calls[index][1]]

    try:
        assert _at_once(work) == [[]] * COUNT
    finally:
        fa.set_num_threads(before)
        _core._worth_waking(eager)


def test_settings_are_of_each_thread(rng):
    """Each thread sees the number that it has asked for, while others set that of the process."""
    x = rng.normal(0, 3, 50_000).astype(np.float32)
    expected, before = fa.mish(x).tobytes(), fa.get_num_threads()

    def work(number):
        wrong = 0
        for turn in range(50):
            count = 1 + (number + turn) % 5
            with fa.threads(count):
                fa.set_num_threads(1 + turn % 4)
                wrong += fa.mish(x).tobytes() != expected
                wrong += fa.get_num_threads() != count
            wrong += not 1 <= fa.get_num_threads() <= 4
        return wrong

    try:
        assert _at_once(work) == [0] * COUNT
    finally:
        fa.set_num_threads(before)


def test_buffers_are_freed_by_other_threads(rng):
    """Arrays of sixteen pools, each freed by another thread than that which made it."""
    x = rng.normal(0, 3, 2**18).astype(np.float32)
    expected, places = fa.relu(x).tobytes(), [None] * COUNT

    def work(number):
        wrong = 0
        with fa.buffer_pool(max_bytes=2**22) as pool:
            for turn in range(20):
                places[(number + turn) % COUNT] = fa.relu(x)
                wrong += fa.relu(x).tobytes() != expected
                wrong += pool.held_bytes > 2**22
        return wrong

    assert _at_once(work) == [0] * COUNT
    assert all(place.tobytes() == expected for place in places)


def test_one_object_for_all_threads(rng):
    """A `threads` and a `buffer_pool` that all enter at the same time, and leave in another order."""
    x = rng.normal(0, 3, 2**18).astype(np.float32)
    expected, three, pool, between = fa.relu(x).tobytes(), fa.threads(3), fa.buffer_pool(), threading.Barrier(COUNT)

    def work(number):
        with fa.buffer_pool() as own:
            with three, pool:
                between.wait(60)
                found = [fa.get_num_threads(), fa.relu(x).tobytes() == expected, pool.held_bytes >= 0]
            between.wait(60)
            held = own.held_bytes
            fa.relu(x)  # freed at once, by the handler that the outer block has set
            return [*found, fa.get_num_threads(), held, own.held_bytes]

    assert _at_once(work) == [[3, True, True, 1, 0, x.nbytes]] * COUNT
    assert pool.held_bytes == 0


def _python(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


FIRST_BFLOAT16 = """
import threading, numpy as np, ml_dtypes, fastact as fa
x = np.linspace(-3, 3, 40).astype(ml_dtypes.bfloat16)
one = np.float32(1)
calls = [
    lambda: fa.silu(x), lambda: fa.ufuncs.silu(x, one), lambda: fa.silu(x[::2]), lambda: fa.relu(x, dtype=x.dtype),
    lambda: fa.ufuncs.elu(x, one), lambda: fa.softmax(x), lambda: fa.prelu(x, x), lambda: fa.tanh_backward(x, x),
]
barrier, found = threading.Barrier(16), []
def work(call):
    barrier.wait()
    found.append((calls.index(call), call().tobytes(), str(call().dtype)))
threads = [threading.Thread(target=work, args=(calls[i % 8],)) for i in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len(found) == 16 and {dtype for *_, dtype in found} == {"bfloat16"}, found
print(all(bits == calls[index]().tobytes() for index, bits, _ in found))
"""


@pytest.mark.parametrize("attempt", range(4))
def test_bfloat16_is_found_by_all_at_once(attempt):
    """Its loops are added to the ufuncs at the first call that sees it: once, whoever comes first."""
    assert _python(FIRST_BFLOAT16) == ["True"]


@pytest.mark.skipif(not FREE_THREADED, reason="this Python has a GIL")
def test_the_gil_stays_off():
    """The module declares that it needs none, or Python would switch it on and say so."""
    code = "import numpy, fastact, sys; print(sys._is_gil_enabled())"
    assert _python("import warnings; warnings.simplefilter('error'); " + code, PYTHON_GIL="") == ["False"]


# --- What is written after the import ---

# The pool and its settings, the blocks of buffer_pool, the choice of an instruction set, all of which is under locks or
# written at import and by tests' hooks alone.
WRITTEN = {
    *("lock", "done", "job", "workers", "process_threads", "caller_threads", "fa_worth_waking", "asleep"),
    *("active", "fa_active", "fa_active_rows", "fa_stream_bytes", "fa_stream_computed_bytes"),
}
# Set at import by NumPy's and Cython's own code, and by _core.pyx where it says so.
OF_OTHERS = ("PyArray_API", "PyUFunc_API", "__", "completed", "main_interpreter_id")


def test_nothing_else_is_writable():
    """Every variable of the C sources that is no constant stands in the list above."""
    command = ["nm", "--format=sysv", "--defined-only", _core.__file__]
    if sys.platform != "linux" or shutil.which("nm") is None:
        pytest.skip("symbols are read by nm, on Linux")
    rows = [line.split("|") for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()]
    sections = (".bss", ".data", ".tbss", ".tdata")
    found = {row[0].strip().partition(".")[0] for row in rows if row[-1].strip() in sections}
    if not found:
        pytest.skip("the extension has no symbols")
    assert {name for name in found if not name.startswith(OF_OTHERS)} == WRITTEN


# --- Sub-interpreters ---

SUB_INTERPRETER = """
import _interpreters, numpy as np, fastact as fa
before = fa.gelu(np.ones(5)).tobytes()
trouble = _interpreters.exec(_interpreters.create("{kind}"), "import fastact")
print("ImportError" in str(trouble), fa.gelu(np.ones(5)).tobytes() == before)
"""


@pytest.mark.skipif(sys.version_info < (3, 13), reason="this Python makes none so simply")
@pytest.mark.parametrize("kind", ["isolated", "legacy"])
def test_other_interpreters_are_refused(kind):
    """NumPy has one interpreter a process, and so has this; an ImportError says it, and the first one works on."""
    assert _python(SUB_INTERPRETER.format(kind=kind)) == ["True", "True"]
