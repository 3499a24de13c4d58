"""Threads: their number, the same bits by any number, and what they must survive."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastact as fa
from fastact import _core
from fastact._threads import _from_environment

LENGTH = 60_007
posix = pytest.mark.skipif(os.name != "posix", reason="fork and /proc are not of this system")


@contextlib.contextmanager
def _hooked(hook, value):
    before = hook(value)
    try:
        yield
    finally:
        hook(before)


@pytest.fixture
def eager():
    """Wake threads however little there is to do."""
    with _hooked(_core._worth_waking, 1e-3):
        yield


def _child(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# --- The number ---


def test_one_thread_unless_asked():
    done = _child("import fastact as fa; print(fa.get_num_threads())", FASTACT_NUM_THREADS="", OMP_NUM_THREADS="4")
    assert done.stdout.strip() == "1", done.stderr


@pytest.mark.parametrize(
    ("environment", "count"),
    [
        ({}, 1),
        ({"FASTACT_NUM_THREADS": "3"}, 3),
        ({"FASTACT_NUM_THREADS": "3", "OMP_NUM_THREADS": "2"}, 2),
        ({"FASTACT_NUM_THREADS": "3", "OMP_NUM_THREADS": "8,4"}, 3),
        ({"FASTACT_NUM_THREADS": "3", "OMP_NUM_THREADS": "2,1"}, 2),
        ({"FASTACT_NUM_THREADS": "3", "OMP_NUM_THREADS": "true"}, 3),
        ({"FASTACT_NUM_THREADS": " "}, 1),
    ],
)
def test_environment(environment, count):
    assert _from_environment(environment) == count


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "1025"])
def test_bad_environment(text):
    with pytest.raises(ImportError, match=f"FASTACT_NUM_THREADS={text}"):
        _from_environment({"FASTACT_NUM_THREADS": text})


def test_environment_is_read_at_import():
    done = _child("import fastact as fa; print(fa.get_num_threads())", FASTACT_NUM_THREADS="3", OMP_NUM_THREADS="2")
    assert done.stdout.strip() == "2", done.stderr
    assert "FASTACT_NUM_THREADS=x" in _child("import fastact", FASTACT_NUM_THREADS="x").stderr


def test_set_returns_the_number_before():
    before = fa.set_num_threads(3)
    try:
        assert fa.get_num_threads() == 3
        assert fa.show_config("dicts")["threads"] == 3
        assert fa.set_num_threads(np.int64(2)) == 3
    finally:
        assert fa.set_num_threads(before) == 2


def test_context_is_of_one_thread_and_nests():
    seen = []
    with fa.threads(3) as outer:
        with fa.threads(2):
            assert fa.get_num_threads() == 2
            other = threading.Thread(target=lambda: seen.append(fa.get_num_threads()))
            other.start()
            other.join()
        with outer:
            assert fa.get_num_threads() == 3
        assert fa.get_num_threads() == 3
    assert seen == [1]
    assert fa.get_num_threads() == 1


def test_context_is_of_one_task():
    async def asks(n):
        with fa.threads(n):
            await asyncio.sleep(0)
            return fa.get_num_threads()

    async def both():
        return await asyncio.gather(asks(2), asks(3))

    assert asyncio.run(both()) == [2, 3]


def test_context_ends_with_an_exception():
    with contextlib.suppress(KeyError), fa.threads(2):
        raise KeyError
    assert fa.get_num_threads() == 1


def test_threadpoolctl():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    import fastact.integrations.threadpoolctl  # noqa: F401

    with threadpoolctl.threadpool_limits(limits=3, user_api="fastact"):
        assert fa.get_num_threads() == 3
        (ours,) = [one for one in threadpoolctl.threadpool_info() if one["user_api"] == "fastact"]
        assert ours["num_threads"] == 3
        assert ours["version"] == fa.__version__
    assert fa.get_num_threads() == 1


# --- The same bits ---


def _bits(result):
    return [np.asarray(one).tobytes() for one in (result if isinstance(result, tuple) else (result,))]


def _usual():
    return np.random.default_rng(0).normal(0, 4, LENGTH).astype(np.float32)


def test_any_number_gives_the_same_bits(one_case, any_dtype, rng, eager):
    inputs = one_case.sample(rng, any_dtype, LENGTH)
    expected = _bits(one_case(*inputs))
    for n in (2, 3, 7):
        with fa.threads(n):
            assert _bits(one_case(*inputs)) == expected, n
    assert _core._workers() >= 1


def test_results_written_past_the_caches_are_the_same(one_case, any_dtype, rng, each_isa, eager):
    inputs = one_case.sample(rng, any_dtype, LENGTH)
    expected = _bits(one_case(*inputs))
    memory = np.full(LENGTH + 64, 3, any_dtype)
    for name in each_isa():
        for offset, n in ((0, 1), (1, 2), (5, 1)):
            out = memory[offset : offset + LENGTH]
            out[...] = 7
            with _hooked(_core._stream_bytes, (1, 1)), fa.threads(n):
                one_case(*inputs, out=out)
            assert _bits(out) == expected, (name, offset, n)
            assert (memory[:offset] == 3).all()
            assert (memory[offset + LENGTH :] == 3).all()
            memory[...] = 3


def test_misaligned_results_past_the_caches(eager, each_isa):
    x, memory = _usual(), np.zeros(4 * LENGTH + 64, np.uint8)
    for name in each_isa():
        for function in (fa.relu, fa.softsign, fa.sigmoid, fa.gelu):
            expected = function(x).tobytes()
            for offset in (1, 2, 17):
                out = np.frombuffer(memory.data, np.float32, LENGTH, offset)
                out[...] = 7
                with _hooked(_core._stream_bytes, (1, 1)):
                    function(x, out=out)
                assert out.tobytes() == expected, (name, function, offset)


def test_strides_ufuncs_and_integers_in_threads(eager):
    x = _usual()
    whole = np.zeros((2, LENGTH), np.float32)
    integers = np.arange(-LENGTH, LENGTH, 2, dtype=np.int32)
    expected = fa.gelu(x)
    kept = fa.relu(integers)
    before = fa.set_num_threads(3)
    try:
        assert fa.gelu(x[::-1]).tobytes() == expected[::-1].tobytes()
        assert fa.gelu(x[::2]).tobytes() == expected[::2].tobytes()
        assert fa.ufuncs.gelu(x).tobytes() == expected.tobytes()
        assert fa.relu(integers).tobytes() == kept.tobytes()
        for columns in (100, 300):
            square = x[: LENGTH // columns * columns].reshape(-1, columns)
            across = np.empty(square.shape, order="F", dtype=np.float32)
            assert np.array_equal(fa.gelu(square, out=across), expected[: square.size].reshape(square.shape))
            assert np.array_equal(fa.gelu(square[:, 7:]), across[:, 7:])
        fa.gelu(x, out=whole[0])
        assert whole[0].tobytes() == expected.tobytes()
        assert not whole[1].any()
        in_place = x.copy()
        assert fa.gelu(in_place, out=in_place).tobytes() == expected.tobytes()
        shifted = np.concatenate([x, x[:1]])
        fa.gelu(shifted[1:], out=shifted[:-1])
        assert shifted[:-1].tobytes() == np.concatenate([expected[1:], expected[:1]]).tobytes()
        running = np.abs(x[:50_000])
        assert np.array_equal(fa.ufuncs.relu_backward.accumulate(running), _accumulated(running))
    finally:
        fa.set_num_threads(before)


def _accumulated(values):
    before = fa.set_num_threads(1)
    try:
        return fa.ufuncs.relu_backward.accumulate(values)
    finally:
        fa.set_num_threads(before)


def test_prelu_weight_gradient_in_threads(eager):
    rng = np.random.default_rng(1)
    grad, x = rng.standard_normal((2, 500, 64, 40)).astype(np.float32)
    weight = np.full(64, 0.2, np.float32)
    expected = _bits(fa.prelu_backward(grad, x, weight, axis=1))
    with fa.threads(3):
        assert _bits(fa.prelu_backward(grad, x, weight, axis=1)) == expected


@pytest.mark.parametrize("shape", [(4000, 50), (3, 70_000), (50, 4000), (2, 300, 400)])
def test_rows_in_threads(shape, any_dtype, rng, eager):
    grad, x = rng.normal(0, 2, (2, *shape)).astype(any_dtype)
    for axis in range(-1, len(shape) - 1):
        for forward, backward in ((fa.softmax, fa.softmax_backward), (fa.log_softmax, fa.log_softmax_backward)):
            y = forward(x, axis=axis)
            dx = backward(grad, y, axis=axis)
            for n in (2, 5):
                with fa.threads(n):
                    assert _bits(forward(x, axis=axis)) == _bits(y)
                    assert _bits(backward(grad, y, axis=axis)) == _bits(dx)
                    assert _bits(forward(x[::-1], axis=axis)) == _bits(
                        forward(np.ascontiguousarray(x[::-1]), axis=axis)
                    )


# --- What threads must survive ---


def test_many_callers_at_once(eager):
    x = _usual()
    expected = fa.tanh(x).tobytes()
    before = fa.set_num_threads(4)
    try:
        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(lambda _: fa.tanh(x).tobytes() == expected, range(64)))
    finally:
        fa.set_num_threads(before)
    assert _core._workers() <= 6  # 7 threads are the most that any test of this file asks for


POOL = """
import os, numpy as np, fastact as fa
from fastact import _core
_core._worth_waking(1e-3)
fa.set_num_threads(3)
x = np.linspace(-9, 9, 300_000, dtype=np.float32)
y = fa.mish(x)
assert _core._workers() == 2
"""


@posix
def test_a_forked_child_has_its_own_pool():
    done = _child(
        POOL
        + """
import warnings
warnings.simplefilter("ignore")
child = os.fork()
if child == 0:
    good = _core._workers() == 0 and (fa.mish(x) == y).all() and _core._workers() == 2
    os._exit(0 if good else 1)
assert os.waitpid(child, 0)[1] == 0
assert (fa.mish(x) == y).all()
"""
    )
    assert done.returncode == 0, done.stderr


@posix
def test_fork_while_others_compute():
    done = _child(
        POOL
        + """
import threading, warnings
warnings.simplefilter("ignore")
stop = threading.Event()
def compute():
    while not stop.is_set():
        fa.mish(x)
others = [threading.Thread(target=compute) for _ in range(3)]
for one in others: one.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        os._exit(0 if (fa.mish(x) == y).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
for one in others: one.join()
"""
    )
    assert done.returncode == 0, done.stderr


def test_the_interpreter_ends_with_the_pool_alive():
    done = _child(POOL + "print('end')")
    assert (done.returncode, done.stdout.strip()) == (0, "end"), done.stderr


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="the masks of threads are read from /proc")
def test_signals_are_blocked_in_workers():
    done = _child(
        POOL
        + """
masks = []
for task in os.listdir("/proc/self/task"):
    if int(task) != os.getpid():
        status = open(f"/proc/self/task/{task}/status").read()
        masks.append(int(status.split("SigBlk:")[1].split()[0], 16))
blocked = [mask for mask in masks if mask >> 1 & 1 and mask >> 14 & 1]  # SIGINT and SIGTERM
assert len(blocked) == 2, masks
"""
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' limits differ")
def test_threads_that_cannot_start_are_done_without():
    done = _child(
        """
import resource, numpy as np, fastact as fa
from fastact import _core
x = np.linspace(-9, 9, 300_000, dtype=np.float32)
y = np.empty_like(x)
expected = fa.mish(x)
_core._worth_waking(1e-3)
pages = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (pages + (2 << 20), -1))
with fa.threads(4):
    fa.mish(x, out=y)
assert _core._workers() == 0
assert (y == expected).all()
""",
    )
    assert done.returncode == 0, done.stderr
