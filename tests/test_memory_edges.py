"""Memory at its edges: pages next to an array, read-only maps, results on themselves, arrays that others let go of.

A kernel that reads or writes one byte too many ends the process here. Arrays of more than 2**31 elements are tried
where FASTACT_HUGE is set (`make test-huge`), for they take up to 4 GiB.
"""

import contextlib
import os
import threading

import numpy as np
import pytest

import fastact as fa

from .edges import READ, READ_AND_WRITE, Guarded
from .half import HALVES
from .isas import on_each_isa
from .ops import DTYPES
from .test_gates import sample

LENGTHS = range(201)
LONGEST = 4 * max(LENGTHS)
FLOATS = (*HALVES, *DTYPES)
INTEGERS = tuple(map(np.dtype, ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")))
posix = pytest.mark.skipif(os.name != "posix", reason="pages are protected by POSIX's mprotect")
SIDES = (True, False)


@pytest.fixture(scope="module")
def guarded():
    """Return pieces of memory between forbidden pages, one for each operand."""
    pieces = [Guarded(LONGEST * 8) for _ in range(6)]
    yield pieces
    for piece in pieces:
        piece.close()


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def alike(a, b):
    """Tell the same numbers, or any NaN for a NaN."""
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)


# --- Pages ---


@posix
def test_elementwise(one_case, any_dtype, each_isa, guarded, rng):
    case, dtype = one_case, any_dtype
    inputs = case.sample(rng, dtype, max(LENGTHS))
    for _ in each_isa():
        expected = case(*inputs)
        for at_end in SIDES:
            for n in LENGTHS:
                given = [piece.copy(one[:n], at_end) for piece, one in zip(guarded, inputs, strict=False)]
                out = guarded[3].array(n, dtype, at_end)
                case(*given, out=out)
                assert same(out, expected[:n]), f"{n}, out"
                case(*given, out=given[0])
                assert same(given[0], expected[:n]), f"{n}, in place"


@posix
@on_each_isa
def test_elementwise_strided(one_case, any_dtype, guarded, rng):
    """The last element of a stride of two ends at the page; backwards, the first of the array does."""
    case, dtype = one_case, any_dtype
    inputs = case.sample(rng, dtype, max(LENGTHS))
    expected = case(*inputs)
    for n in (1, 2, 7, 8, 31, 64, 65, 200):
        for step in (2, -2, 3):
            given = []
            for piece, one in zip(guarded, inputs, strict=False):
                view = piece.array((n - 1) * abs(step) + 1, dtype)[::step]
                view[...] = one[:n]
                given.append(view)
            out = guarded[3].array((n - 1) * abs(step) + 1, dtype)[::step]
            assert same(case(*given, out=out).copy(), expected[:n]), f"{n}, {step}"
            assert same(case.by_ufunc(*given), expected[:n]), f"{n}, {step}, ufunc"


@posix
@pytest.mark.parametrize("name", ["relu", "relu6", "relu_squared", "hardtanh", "threshold"])
def test_integers(name, guarded, rng):
    parameters = {"threshold": (1, 2), "hardtanh": (3, 50)}.get(name, ())
    for dtype in INTEGERS:
        x = rng.integers(0, 100, max(LENGTHS)).astype(dtype)
        expected = getattr(fa, name)(x, *parameters)
        for at_end in SIDES:
            for n in LENGTHS:
                out = guarded[1].array(n, dtype, at_end)
                getattr(fa, name)(guarded[0].copy(x[:n], at_end), *parameters, out=out)
                assert same(out, expected[:n])


@posix
def test_rows(any_dtype, each_isa, guarded, rng):
    for n in (*range(1, 70), 127, 128, 129, 200):
        x, grad = (rng.normal(0, 3, n).astype(any_dtype) for _ in range(2))
        for shape, axis in (((n,), 0), ((2, n), 1), ((n, 2), 0)):
            whole, gradient = (np.resize(one, shape) for one in (x, grad))
            for forward, backward in ((fa.softmax, fa.softmax_backward), (fa.log_softmax, fa.log_softmax_backward)):
                for _ in each_isa():
                    y = forward(whole, axis)
                    dx = backward(gradient, y, axis)
                    for at_end in SIDES:
                        laid = [
                            piece.copy(one.ravel(), at_end).reshape(shape)
                            for piece, one in zip(guarded, (whole, gradient, y), strict=False)
                        ]
                        out = guarded[3].array(whole.size, any_dtype, at_end).reshape(shape)
                        assert same(forward(laid[0], axis, out=out), y)
                        assert same(backward(laid[1], laid[2], axis, out=out), dx)


@posix
def test_fused(any_dtype, each_isa, guarded, rng):
    for n in (*range(1, 70, 3), 127, 128, 129, 200):
        g, u, grad = (sample(rng, any_dtype, n) for _ in range(3))
        for _ in each_isa():
            expected = fa.swiglu(g, u), *fa.swiglu_backward(grad, g, u), fa.crelu(g), fa.bias_act(g, u, "silu")
            for at_end in SIDES:
                g_, u_, grad_ = (piece.copy(one, at_end) for piece, one in zip(guarded, (g, u, grad), strict=False))
                out, second = guarded[3].array(n, any_dtype, at_end), guarded[4].array(n, any_dtype, at_end)
                assert alike(fa.swiglu(g_, u_, out=out), expected[0])
                fa.swiglu_backward(grad_, g_, u_, out=(out, second))
                assert alike(out, expected[1]) and alike(second, expected[2])
                twice = guarded[5].array(2 * n, any_dtype, at_end)
                assert alike(fa.crelu(g_, out=twice), expected[3])
                assert alike(fa.crelu_backward(twice, g_, out=out), fa.crelu_backward(expected[3], g))
                assert alike(fa.bias_act(g_, u_, "silu", out=out), expected[4])
                pairs = twice.reshape(n, 2)
                y, which = fa.maxout(pairs, out=(out, guarded[4].array(n, np.dtype(np.int32), at_end)))
                assert alike(y, fa.maxout(expected[3].reshape(n, 2))[0])
                dx = guarded[0].array(2 * n, any_dtype, at_end).reshape(n, 2)
                assert alike(fa.maxout_backward(grad_, which, 2, out=dx), fa.maxout_backward(grad, np.array(which), 2))


@posix
def test_sparse(any_dtype, each_isa, guarded, rng):
    bytes_ = np.dtype(np.uint8)
    for n in LENGTHS:
        x, grad = (sample(rng, any_dtype, n) for _ in range(2))
        for _ in each_isa():
            y, mask = fa.relu_mask(x)
            dx = fa.relu_backward_mask(grad, mask)
            for at_end in SIDES:
                x_, grad_ = guarded[0].copy(x, at_end), guarded[1].copy(grad, at_end)
                out, bits = guarded[2].array(n, any_dtype, at_end), guarded[3].array((n + 7) // 8, bytes_, at_end)
                fa.relu_mask(x_, out=(out, bits))
                assert alike(out, y) and same(bits, mask)
                assert alike(fa.relu_backward_mask(grad_, bits, out=out), dx)
                assert fa.sparsity(x_) == fa.sparsity(x) or n == 0
                assert n == 0 or same(fa.dead_units(x_[None]), fa.dead_units(x[None]))


@posix
def test_nothing_is_written_to_inputs(one_case, any_dtype, each_isa, guarded, rng):
    """Not even what is there already: the pages cannot be written."""
    inputs = one_case.sample(rng, any_dtype, 200)
    given = [piece.copy(one) for piece, one in zip(guarded, inputs, strict=False)]
    for piece in guarded[:2]:
        piece.protect(READ)
    try:
        for _ in each_isa():
            for n in (1, 7, 64, 200):
                expected = one_case(*(one[:n] for one in inputs))
                assert same(one_case(*(one[:n] for one in given)), expected)
                assert same(one_case(*(one[:n][::-1] for one in given))[::-1].copy(), expected)
    finally:
        for piece in guarded[:2]:
            piece.protect(READ_AND_WRITE)


# --- Maps ---


@pytest.fixture
def path(tmp_path, any_dtype, rng):
    found = tmp_path / "numbers"
    rng.normal(0, 3, 5000).astype(any_dtype).tofile(found)
    return found


def test_maps(path, any_dtype):
    """A file mapped to be read is an input and no result; one copied on writing is left as it was."""
    held = path.read_bytes()
    plain = np.fromfile(path, any_dtype)
    reading = np.memmap(path, any_dtype, "r")
    for function in (fa.relu, fa.gelu, fa.softmax):
        assert same(np.asarray(function(reading)), function(plain))
        for out in (reading, reading.view(np.ndarray)):
            with pytest.raises(ValueError, match=r"out|read-only"):
                function(plain, out=out)
    with pytest.raises(ValueError, match="out"):
        fa.relu_mask(plain, out=(reading, None))
    copied = np.memmap(path, any_dtype, "c")
    assert fa.relu(copied, out=copied) is copied and same(np.asarray(copied), fa.relu(plain))
    assert path.read_bytes() == held
    written = np.memmap(path, any_dtype, "r+")
    fa.silu(written, out=written)
    written.flush()
    assert same(np.fromfile(path, any_dtype), fa.silu(plain))


# --- Steps of zero, and results on themselves ---


@on_each_isa
def test_inputs_of_step_zero(one_case, any_dtype, rng):
    inputs = one_case.sample(rng, any_dtype, 3)
    for shape in ((7,), (5, 300), (2, 3, 70)):
        spread = [np.broadcast_to(one[0], shape) for one in inputs]
        expected = one_case(*(np.full(shape, one[0]) for one in inputs))
        assert same(one_case(*spread), expected)
        out = np.empty(shape, any_dtype)
        assert same(one_case(*spread, out=out), expected)
        mixed = [spread[0], *(np.full(shape, one[0]) for one in inputs[1:])]
        assert same(one_case(*mixed), expected)


SELVES = (((6, 5), (0, 1)), ((6, 5), (1, 1)), ((40,), (0,)), ((300, 4), (1, 0)), ((3, 700), (2, 1)))


@pytest.mark.parametrize(("shape", "steps"), SELVES, ids=str)
@on_each_isa
def test_results_on_themselves(shape, steps, any_dtype, rng):
    """Where elements of `out` share memory the last one written stays, as NumPy's own functions have it."""
    x = rng.normal(0, 3, shape).astype(any_dtype)
    results = []
    for function in (fa.relu, lambda x, out: np.maximum(x, any_dtype.type(0), out=out)):
        memory = np.full(2048, 77, any_dtype)
        strides = [step * any_dtype.itemsize for step in steps]
        out = np.lib.stride_tricks.as_strided(memory[100:], shape, strides)
        assert function(x, out=out) is out
        results.append(memory)
    assert same(*results)


@on_each_isa
def test_results_on_themselves_of_other_functions(one_case, any_dtype, rng):
    """Nothing is written outside, and what is there are results."""
    inputs = [one.reshape(20, 30) for one in one_case.sample(rng, any_dtype, 600)]
    expected = one_case(*inputs)
    memory = np.full(400, 77, any_dtype)
    size = any_dtype.itemsize
    out = np.lib.stride_tricks.as_strided(memory[100:], (20, 30), (2 * size, size))
    one_case(*inputs, out=out)
    assert (memory[:100] == 77).all() and (memory[100 + 38 + 30 :] == 77).all()
    assert np.isin(out.view(f"u{size}"), expected.view(f"u{size}")).all()


@on_each_isa
def test_rows_on_themselves(any_dtype, rng):
    """As above; the rows of a result that shares memory among them."""
    x = rng.normal(0, 3, (20, 30)).astype(any_dtype)
    memory = np.full(400, 77, any_dtype)
    out = np.lib.stride_tricks.as_strided(memory[100:], (20, 30), (2 * any_dtype.itemsize, any_dtype.itemsize))
    fa.softmax(x, out=out)
    fa.swiglu(x, x, out=out)
    fa.bias_act(x, x[0], out=out)
    assert (memory[:100] == 77).all() and (memory[100 + 38 + 30 :] == 77).all()


# --- Arrays that another thread resizes or lets go of ---


def test_an_array_in_use_is_not_resized():
    """NumPy refuses while anything else refers to the array, as a call does."""
    x, out = np.linspace(-4, 4, 400_000), np.empty(400_000)
    expected, stop, refused = fa.gelu(x), threading.Event(), []

    def resizes():
        while not stop.is_set():
            for one in (x, out):
                with contextlib.suppress(ValueError):
                    one.resize(10)
                    refused.append("was resized")
                    return
            refused.append(None)

    thread = threading.Thread(target=resizes)
    thread.start()
    for _ in range(30):
        fa.gelu(x, out=out)
    stop.set()
    thread.join()
    assert len(refused) > 0 and not any(refused)
    assert same(out, expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_array_in_use_is_not_freed(threads):
    """The last names of the operands go while they are in use, and whoever comes next writes to freed memory."""
    values = np.linspace(-4, 4, 300_000)
    expected, held, stop, calls = fa.gelu(values), {}, threading.Event(), 0

    def frees():
        while not stop.wait(1e-4):
            held.pop("x", None)
            held.pop("out", None)
            np.full(300_000, np.nan)

    thread = threading.Thread(target=frees)
    thread.start()
    try:
        with fa.threads(threads):
            for _ in range(60):
                held["x"], held["out"] = values.copy(), np.empty_like(values)
                with contextlib.suppress(KeyError):  # gone before the call
                    assert same(fa.gelu(held["x"], out=held["out"]), expected)
                    calls += 1
    finally:
        stop.set()
        thread.join()
    assert calls > 0


# --- More than 2**31 elements ---

huge = pytest.mark.skipif(not os.environ.get("FASTACT_HUGE"), reason="takes 4 GiB: make test-huge")
HUGE = 2**31 + 4099


def _memory_for(size):
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if os.name == "posix" else 0
    with contextlib.suppress(OSError), open("/proc/meminfo") as lines:
        available = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))
    if available < size + (1 << 30):
        pytest.skip(f"{available >> 20} MiB are free, {(size >> 20) + 1024} are needed")


@huge
@pytest.mark.parametrize("dtype", [np.int8, np.float16], ids=lambda one: one.__name__)
@pytest.mark.parametrize("threads", [1, 2])
def test_huge_relu(dtype, threads):
    """In place, every element."""
    _memory_for(HUGE * np.dtype(dtype).itemsize)
    pattern = np.arange(-100, 157, dtype=np.int16).astype(dtype)[:251]  # a prime: its places shift with 2**31
    x = np.resize(pattern, 251 * 4096)
    all_of_it = np.empty(HUGE, dtype)
    for start in range(0, HUGE, x.size):
        all_of_it[start : start + x.size] = x[: HUGE - start]
    with fa.threads(threads):
        assert fa.relu(all_of_it, out=all_of_it) is all_of_it
    expected = np.maximum(x, 0)
    for start in range(0, HUGE, x.size):
        assert np.array_equal(all_of_it[start : start + x.size], expected[: HUGE - start]), start


@huge
def test_huge_rows():
    """float16 in rows of 4099 in place; the first, the last, and those about 2**31."""
    length = 4099
    count = 2**31 // length + 2
    _memory_for(count * length * 2)
    rng = np.random.default_rng(1)
    some = rng.normal(0, 3, (64, length)).astype(np.float16)
    x = np.empty((count, length), np.float16)
    for start in range(0, count, 64):
        x[start : start + 64] = some[: count - start]
    expected = fa.softmax(some)
    assert fa.softmax(x, out=x) is x
    for start in range(0, count, 64):
        assert np.array_equal(x[start : start + 64], expected[: count - start]), start


@huge
def test_huge_strided():
    """Every second of 2**32 bytes: positions beyond 32 bits, signed and not."""
    _memory_for(2 * HUGE)
    x = np.zeros(2 * HUGE, np.int8)
    x[-2], x[0], x[2**31], x[2**32] = -5, -6, -7, -8
    assert not (fa.relu(x[::2], out=x[::2]) < 0).any()
    assert x[-2] == x[0] == x[2**31] == x[2**32] == 0
