"""Sparsity: masks of a relu and what they select, sparse arrays of its result, zeros and dead units counted."""

import subprocess
import sys
import threading

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import fastact as fa
from fastact import _core

from .half import HALVES
from .layouts import LAYOUTS
from .ops import DTYPES
from .test_buffers import CANARY, LONGEST
from .test_threads import _hooked

INTEGERS = [np.dtype(code) for code in "bhilBHIL"]
FLOATS = HALVES + DTYPES
COUNTS = (2, 3)


def _sample(rng, dtype, shape, zeros=0.3):
    """Return numbers of both signs, zeros of both, NaN, infinities and any bits at all."""
    n = int(np.prod(shape))
    if dtype.kind in "biu":
        x = rng.integers(-3, 4, n).astype(dtype)
    else:
        x = rng.normal(0, 1, n).astype(dtype)
        with np.errstate(all="ignore"):
            special = np.array([0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 1e-40, -1e-40, 5e-324]).astype(dtype)
        chosen = rng.random(n)
        x = np.where(chosen < 0.1, rng.choice(special, n), x)
        anything = rng.integers(0, 256, n * dtype.itemsize, dtype=np.uint8).view(dtype)
        x = np.where(chosen > 0.9, anything, x)
    x[rng.random(n) < zeros] = 0
    return x.reshape(shape)


def _packed(x):
    with np.errstate(all="ignore"):  # ml_dtypes warns of signalling NaNs
        return np.packbits(~(x <= 0).ravel(), bitorder="little")


def _same(a, b):
    return type(a) is type(b) and a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _guarded(margin, n, itemsize, dtype):
    """Return an array between canaries, and a function that tells whether they live."""
    memory = np.full(n * itemsize + 2 * margin, CANARY, np.uint8)
    inside = memory[margin : margin + n * itemsize].view(dtype)
    return inside, lambda: (memory[:margin] == CANARY).all() and (memory[margin + n * itemsize :] == CANARY).all()


@pytest.fixture
def eager():
    with _hooked(_core._worth_waking, 1e-3):
        yield


# --- relu_mask and relu_backward_mask ---


def test_every_length(isa, any_dtype, rng):
    x, grad = (_sample(rng, any_dtype, 200) for _ in range(2))
    for n in range(LONGEST + 70):
        for start in (0, 1, 5):  # of any alignment
            part, of_grad = x[start : start + n], grad[start : start + n]
            y, y_lives = _guarded(64 + start * any_dtype.itemsize, n, any_dtype.itemsize, any_dtype)
            mask, mask_lives = _guarded(64, (n + 7) // 8, 1, np.uint8)
            given_back = fa.relu_mask(part, out=(y, mask))
            assert given_back[0] is y and given_back[1] is mask
            assert y_lives() and mask_lives()
            assert _same(y, fa.relu(part)) and _same(mask, _packed(part))
            dx, dx_lives = _guarded(64 + start * any_dtype.itemsize, n, any_dtype.itemsize, any_dtype)
            assert fa.relu_backward_mask(of_grad, mask, out=dx) is dx
            assert dx_lives()
            assert _same(dx, fa.relu_backward(of_grad, part))


def test_every_lane(isa, any_dtype):
    """One element that passes, or one that does not, at each place; NaN is of those that do."""
    for n in (1, 8, 63, 64, 65, 130):
        for one, others in ((1, -1), (-1, 1), (np.nan, -0.0), (-0.0, np.nan)):
            for lane in range(n):
                x = np.full(n, others, any_dtype)
                x[lane] = one
                y, mask = fa.relu_mask(x)
                assert _same(mask, _packed(x)) and _same(y, fa.relu(x))
                grad = np.full(n, np.nan, any_dtype)
                assert _same(fa.relu_backward_mask(grad, mask), fa.relu_backward(grad, x))


def test_bits_of_the_last_byte_to_spare(isa, any_dtype, rng):
    grad = _sample(rng, any_dtype, 13)
    assert _same(
        fa.relu_backward_mask(grad, np.uint8([0xFF, 0xFF])), fa.relu_backward_mask(grad, np.uint8([0xFF, 0x1F]))
    )


def test_selection_not_product(isa, any_dtype):
    grad = np.array([np.nan, np.inf, -np.inf, np.nan, np.inf, 1], any_dtype)
    dx = fa.relu_backward_mask(grad, np.uint8([0b111000]))
    assert _same(dx[:3], np.zeros(3, any_dtype))
    assert np.array_equal(dx[3:].astype(float), [np.nan, np.inf, 1], equal_nan=True)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(isa, any_dtype, rng, layout):
    for n in (1, 7, 64, 1500, 4099):
        x, grad = (_sample(rng, any_dtype, n) for _ in range(2))
        y, mask = fa.relu_mask(LAYOUTS[layout](x))
        assert _same(y, fa.relu(x)) and _same(mask, _packed(x))
        assert _same(fa.relu_backward_mask(LAYOUTS[layout](grad), mask), fa.relu_backward(grad, x))
        assert _same(fa.relu_backward_mask(grad, LAYOUTS[layout](mask)), fa.relu_backward(grad, x))


SHAPES = [(), (0,), (1,), (3, 0, 5), (3, 5, 7), (64, 65), (1, 9), (9, 1), (2, 3, 4, 5), (41, 129), (2,) * 12]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_orders_and_views(isa, any_dtype, rng, shape):
    """The mask is of C order whatever that of x, which y keeps."""
    x, grad = (_sample(rng, any_dtype, shape) for _ in range(2))
    y, mask = fa.relu_mask(x)
    dx = fa.relu_backward_mask(grad, mask)
    assert mask.shape == ((x.size + 7) // 8,) and _same(mask, _packed(x))
    assert _same(y, fa.relu(x)) and _same(dx, fa.relu_backward(grad, x))
    for view in (
        np.asfortranarray,
        lambda a: a.copy().T,
        lambda a: np.repeat(a[None], 2, 0)[1],
        lambda a: a[..., ::-1],
    ):
        if shape == () and view(np.zeros(1)).strides == (-8,):
            continue
        seen, seen_grad = view(x), view(grad)
        expected, y_of_view, mask = np.asarray(fa.relu(seen)), *fa.relu_mask(seen)
        assert y_of_view.tobytes() == expected.tobytes() and np.shape(y_of_view) == expected.shape
        assert np.asarray(y_of_view).strides == expected.strides or x.size == 0
        assert _same(mask, _packed(seen))
        got = np.asarray(fa.relu_backward_mask(seen_grad, mask))
        expected = np.asarray(fa.relu_backward(seen_grad, seen))
        assert got.tobytes() == expected.tobytes()
        strided = np.zeros((*got.shape, 2), any_dtype)[..., 1]
        assert fa.relu_backward_mask(seen_grad, mask, out=strided) is strided
        assert strided.tobytes() == expected.tobytes()


def test_scalars():
    y, mask = fa.relu_mask(2.5)
    assert type(y) is np.float64 and y == 2.5 and mask.tolist() == [1]
    y, mask = fa.relu_mask(np.float32(-1))
    assert type(y) is np.float32 and mask.tolist() == [0]
    assert type(fa.relu_backward_mask(np.float32(3), mask)) is np.float32
    out = np.zeros(())
    assert fa.relu_backward_mask(3.0, np.uint8([1]), out=out) is out and out == 3


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_integers(isa, dtype, rng):
    for shape in ((0,), (1,), (77,), (70_001,), (13, 11)):
        for order in (np.ascontiguousarray, np.asfortranarray):
            x = order(_sample(rng, dtype, shape))
            y, mask = fa.relu_mask(x)
            assert _same(y, fa.relu(x)) and _same(mask, _packed(x))
            dx = fa.relu_backward_mask(x, mask)
            assert dx.dtype == (np.float32 if dtype.itemsize <= 2 else np.float64)
            assert np.array_equal(dx, fa.relu_backward(x, x))
            copy = x.copy(order="K")
            assert fa.relu_mask(copy, out=(copy, None))[0] is copy
            assert np.array_equal(copy, y)


def test_bool_and_lists():
    y, mask = fa.relu_mask([True, False])
    assert y.dtype == np.float32 and y.tolist() == [1, 0] and mask.tolist() == [1]
    y, mask = fa.relu_mask([[1.0], [-1.0]])
    assert y.dtype == np.float64 and y.shape == (2, 1) and mask.tolist() == [1]


def test_in_place(isa, any_dtype, rng):
    for n in (5, 5000):
        x, grad = (_sample(rng, any_dtype, n) for _ in range(2))
        expected_y, expected_dx = fa.relu(x), fa.relu_backward(grad, x)
        y, mask = fa.relu_mask(x, out=(x, None))
        assert y is x and _same(x, expected_y)
        assert fa.relu_backward_mask(grad, mask, out=(grad,)) is grad and _same(grad, expected_dx)


def test_overlap_behaves_as_if_there_were_none(isa, any_dtype, rng):
    n = 1500
    x, grad = (_sample(rng, any_dtype, n) for _ in range(2))
    expected, mask = fa.relu_mask(x)
    expected_dx = fa.relu_backward(grad, x)
    for shift in (-17, -1, 1, 3, 600):
        for step in (1, -1, 2):
            memory = np.zeros(2 * n + 2000, any_dtype)
            window, moved = (memory[700 + by : 700 + by + 2 * n] for by in (0, shift))
            source, out = (part[::2] if step == 2 else part[:n][::step] for part in (window, moved))
            source[...] = x
            fa.relu_mask(source, out=(out, None))
            assert out.tobytes() == expected.tobytes()
            source[...] = grad
            fa.relu_backward_mask(source, mask, out=out)
            assert out.tobytes() == expected_dx.tobytes()
    memory = x.copy()
    assert fa.relu_mask(memory, out=(memory[::-1], None))[0].tobytes() == expected.tobytes()
    # a mask that lies in x, and in the gradient's result
    memory = x.copy()
    inside = memory.view(np.uint8)[40 : 40 + mask.size]
    y, got = fa.relu_mask(memory, out=(None, inside))
    assert got is inside and _same(got.copy(), mask) and _same(y, expected)
    out = np.zeros(n, any_dtype)
    inside = out.view(np.uint8)[40 : 40 + mask.size]
    inside[...] = mask
    assert fa.relu_backward_mask(grad, inside, out=out).tobytes() == expected_dx.tobytes()


def test_out_of_another_dtype_or_layout(isa, any_dtype, rng):
    x = rng.normal(0, 1, (30, 50)).astype(any_dtype)
    y, mask = fa.relu_mask(x)
    wide, bits = np.zeros((30, 50), np.float64, order="F"), np.zeros(2 * mask.size, np.uint8)[::2]
    got = fa.relu_mask(x, out=(wide, bits))
    assert got[0] is wide and got[1] is bits
    assert np.array_equal(wide, y.astype(np.float64)) and np.array_equal(bits, mask)
    out = np.zeros((50, 30), any_dtype).T
    assert fa.relu_backward_mask(x, mask, out=out) is out and np.array_equal(out, y)
    swapped = np.zeros((30, 50), any_dtype.newbyteorder())
    fa.relu_mask(x, out=(swapped, None))
    assert np.array_equal(swapped.astype(any_dtype), y)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("past_the_caches", [False, True])
def test_masks_by_threads_and_past_the_caches(isa, any_dtype, rng, eager, count, past_the_caches):
    n = 200_003
    x, grad = (_sample(rng, any_dtype, n) for _ in range(2))
    expected = fa.relu(x), _packed(x), fa.relu_backward(grad, x)
    with _hooked(_core._stream_bytes, (1, 1) if past_the_caches else (1 << 40, 1 << 40)), fa.threads(count):
        y, mask = fa.relu_mask(x)
        assert _same(y, expected[0]) and _same(mask, expected[1])
        assert _same(fa.relu_backward_mask(grad, mask), expected[2])
        y, mask = fa.relu_mask(np.repeat(x, 2)[::2])
        assert _same(y, expected[0]) and _same(mask, expected[1])
        for start in range(5):  # results that begin anywhere in a line
            memory = np.zeros(n + 8, any_dtype)
            y, mask = fa.relu_mask(x, out=(memory[start : start + n], None))
            assert _same(y, expected[0]) and _same(mask, expected[1])
            assert fa.relu_backward_mask(grad, mask, out=y).tobytes() == expected[2].tobytes()
            assert not memory[:start].any() and not memory[start + n :].any()
        assert _same(fa.relu_backward_mask(grad, mask, out=grad), expected[2])
    assert _core._workers() > 0


def test_the_gil_is_released(rng):
    """Another Python thread runs while a large mask is made."""
    x = rng.normal(0, 1, 1 << 22).astype(np.float32)
    expected = _packed(x)
    results = []
    workers = [threading.Thread(target=lambda: results.append(fa.relu_mask(x)[1])) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(np.array_equal(one, expected) for one in results)


def test_no_warnings(isa, any_dtype, rng):
    bits = np.arange(2**16, dtype=np.uint16)
    x = bits.view(any_dtype) if any_dtype.itemsize == 2 else _sample(rng, any_dtype, 2**16)
    with np.errstate(all="raise"):
        _, mask = fa.relu_mask(x)
        fa.relu_mask(x[::2])
        fa.relu_backward_mask(x, mask)
        fa.sparsity(x)
        fa.dead_units(x.reshape(256, 256), axis=0)
        fa.dead_units(x.reshape(256, 256), axis=1)
        if any_dtype.itemsize > 2:
            fa.relu_csr(x.reshape(256, 256))


def test_subnormals_whatever_the_environment(isa, dtype, flushed):
    x = np.full(100, np.finfo(dtype).smallest_subnormal)
    with flushed():
        mask = fa.relu_mask(x)[1]
        zeros, stored = fa.sparsity(x), fa.relu_csr(x[None]).nnz
        dead = fa.dead_units(x[None]).any()
    assert _same(mask, _packed(x)) and zeros == 0 and stored == 100 and not dead


# --- relu_csr ---


def _assert_as_scipy(x, relu=lambda x: np.maximum(x, 0)):
    got, expected = fa.relu_csr(x), scipy.sparse.csr_array(relu(x))
    assert type(got) is scipy.sparse.csr_array and got.shape == expected.shape and got.dtype == expected.dtype
    for name in ("data", "indices", "indptr"):
        one, other = getattr(got, name), getattr(expected, name)
        assert one.dtype == other.dtype, name
        assert one.tobytes() == other.tobytes(), name
    assert got.has_canonical_format and expected.has_canonical_format
    assert got.has_sorted_indices
    got.check_format(full_check=True)


@pytest.mark.parametrize("dtype", [np.dtype(np.float32), np.dtype(np.float64), *INTEGERS], ids=str)
def test_csr_of_every_width(isa, dtype, rng):
    for columns in (*range(LONGEST + 1), 300, 1025):
        for zeros in (0, 0.5, 0.9, 1):
            _assert_as_scipy(_sample(rng, dtype, (3, columns), zeros))


@pytest.mark.parametrize("dtype", [np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int16)], ids=str)
def test_csr_of_any_layout(isa, dtype, rng):
    for shape in ((0, 0), (0, 5), (5, 0), (1, 1), (17, 300), (33, 515), (200, 3), (1, 2000), (2000, 1)):
        x = _sample(rng, dtype, shape)
        views = [np.asfortranarray(x), x.T, x[::-1], x[:, ::-1], x[::2, 1::3], np.repeat(x, 2, 1)[:, ::2]]
        views += [np.broadcast_to(x[-1:], (4 * min(shape[0], 1), shape[1])), x.astype(dtype.newbyteorder())]
        for view in views:
            _assert_as_scipy(view, relu=lambda view: np.maximum(view, 0).astype(dtype))
    memory = np.zeros(8 * 21 + 1, np.uint8)
    misaligned = memory[1:].view(np.float64).reshape(3, 7)
    misaligned[...] = rng.normal(0, 1, (3, 7))
    _assert_as_scipy(misaligned)


def test_csr_stores_nan_and_no_zero(isa, dtype):
    x = np.array([[np.nan, -0.0, 0, -np.nan, np.inf, -np.inf]], dtype)
    got = fa.relu_csr(x)
    assert got.indices.tolist() == [0, 3, 4] and np.isnan(got.data[:2]).all() and got.data[2] == np.inf


def test_csr_of_every_pattern(isa, dtype):
    """Each of the 2**16 sets of passing lanes that the widest vector has."""
    width = 16
    chosen = (np.arange(1 << width)[:, None] >> np.arange(width) & 1).astype(bool)
    values = np.arange(1, width + 1, dtype=dtype)
    _assert_as_scipy(np.where(chosen, values, -values))


def test_csr_of_bool_and_lists():
    got = fa.relu_csr([[True, False], [False, True]])
    assert got.dtype == np.float32 and got.indices.tolist() == [0, 1]
    assert fa.relu_csr([[1, -2], [0, 3]]).toarray().tolist() == [[1, 0], [0, 3]]


def test_csr_of_too_many_columns_for_32_bits(dtype):
    _assert_as_scipy(np.zeros((0, 2**31), dtype))
    assert fa.relu_csr(np.zeros((0, 2**31), dtype)).indices.dtype == np.int64


@pytest.mark.parametrize("dtype", [np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int8)], ids=str)
def test_csr_with_wide_indices(isa, dtype, rng):
    """The kernels for 64-bit indices, which only huge arrays need."""
    for shape in ((1, 1), (5, 3000), (20, 70)):
        x = _sample(rng, dtype, shape)
        for view in (x, np.asfortranarray(x)):
            expected = scipy.sparse.csr_array(np.maximum(x, 0))
            data, indices, indptr = _core._compressed(view, True)
            assert indices.dtype == indptr.dtype == np.int64
            assert data.tobytes() == expected.data.tobytes()
            assert np.array_equal(indices, expected.indices) and np.array_equal(indptr, expected.indptr)


@pytest.mark.parametrize("count", COUNTS)
def test_csr_by_threads(isa, dtype, rng, eager, count):
    with fa.threads(count):
        for shape in ((300, 700), (70_001, 3), (2, 200_003)):
            for zeros in (0, 0.9):
                x = _sample(rng, dtype, shape, zeros)
                _assert_as_scipy(x)
                _assert_as_scipy(np.asfortranarray(x))
    assert _core._workers() > 0


def test_csr_without_scipy():
    code = (
        "import sys; sys.modules['scipy'] = None; sys.modules['scipy.sparse'] = None\n"
        "import numpy as np, fastact as fa\n"
        "try: fa.relu_csr(np.ones((2, 2)))\n"
        "except ImportError as error: print(error)\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("relu_csr: SciPy is not installed")


# --- sparsity and dead_units ---


def _is_zero(y):
    with np.errstate(all="ignore"):
        return y == 0


def test_sparsity(isa, any_dtype, rng):
    for n in range(1, LONGEST + 70):
        y = _sample(rng, any_dtype, n)
        got = fa.sparsity(y)
        assert type(got) is float and got == np.count_nonzero(_is_zero(y)) / n
    for shape in ((64, 65), (3, 5, 7), (1, 9), (9, 1), (120, 100)):
        y = _sample(rng, any_dtype, shape)
        for view in (y, np.asfortranarray(y), y[::-1], y[..., ::2], np.broadcast_to(y, (2, *shape)), y[:1]):
            assert fa.sparsity(view) == np.count_nonzero(_is_zero(view)) / view.size
        assert fa.sparsity(y.swapaxes(0, -1)) == fa.sparsity(y)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sparsity_of_any_layout(isa, any_dtype, rng, layout):
    y = _sample(rng, any_dtype, 3001)
    assert fa.sparsity(LAYOUTS[layout](y)) == np.count_nonzero(_is_zero(y)) / y.size
    rows = LAYOUTS[layout](y)[:3000].reshape(50, 60)
    assert _same(fa.dead_units(rows), np.all(_is_zero(rows), axis=0))


def test_sparsity_of_special_cases(isa, dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    assert fa.sparsity(np.array([0, -0.0, tiny, -tiny, np.nan, -np.nan, np.inf, 1], dtype)) == 0.25
    assert np.isnan(fa.sparsity(np.zeros((0, 3), dtype))) and type(fa.sparsity([])) is float
    assert fa.sparsity(0.0) == 1 and fa.sparsity(2) == 0 and fa.sparsity([True, False]) == 0.5
    assert fa.sparsity(np.arange(4, dtype=np.int8)) == 0.25


@pytest.mark.parametrize("count", COUNTS)
def test_counts_by_threads(isa, any_dtype, rng, eager, count):
    with fa.threads(count):
        y = _sample(rng, any_dtype, 400_003, 0.9)
        assert fa.sparsity(y) == np.count_nonzero(_is_zero(y)) / y.size
        y = np.where(rng.random(2000) < 0.5, any_dtype.type(0), _sample(rng, any_dtype, (200, 2000), 0.99))
        for view, axis in ((y, 0), (y, 1), (y.T, 0), (y[:, ::2], 0), (y.reshape(20, 10, 40, 50), (0, 2))):
            assert _same(fa.dead_units(view, axis), np.all(_is_zero(view), axis=axis))
    assert _core._workers() > 0


AXES = [0, 1, -1, 2, (0, 1), (0, 2), (1, 2), (2, 0), (), None, (0, 1, 2)]


@pytest.mark.parametrize("axis", AXES, ids=str)
def test_dead_units(isa, any_dtype, rng, axis):
    for shape in ((3, 5, 7), (1, 4, 130), (4, 1, 65), (64, 64, 1), (2, 3, 2100), (0, 3, 4), (3, 4, 0)):
        y = _sample(rng, any_dtype, shape, 0.97)
        y = np.where(_sample(rng, any_dtype, shape[1:], 0.5) == 0, any_dtype.type(0), y)
        for view in (y, np.asfortranarray(y), y.transpose(1, 2, 0), y[:, ::-1], y[..., ::2], y[:, :, :1]):
            expected = np.all(_is_zero(view), axis=axis)
            assert _same(fa.dead_units(view, axis), expected)


def test_dead_units_in_every_lane(isa, any_dtype):
    for n in (1, 7, 64, 130):
        for value in (np.nan, -1, np.inf, 1e-7):
            for lane in range(n):
                y = np.zeros((3, n), any_dtype)
                y[1, lane] = value
                assert np.array_equal(np.flatnonzero(~fa.dead_units(y)), [lane])
                assert fa.dead_units(y, axis=1).tolist() == [True, False, True]
    assert fa.dead_units(np.full((2, 3), -0.0, any_dtype)).all()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_dead_units_of_any_shape(data):
    shape = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    axes = data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True))
    order = data.draw(st.permutations(range(len(shape))))
    steps = data.draw(st.lists(st.sampled_from([1, -1, 2]), min_size=len(shape), max_size=len(shape)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    y = _sample(rng, np.dtype(np.float32), shape, 0.9).transpose(order)[
        tuple(slice(None, None, step) for step in steps)
    ]
    assert _same(fa.dead_units(y, tuple(axes)), np.all(y == 0, axis=tuple(axes)))
    assert fa.sparsity(y) == np.count_nonzero(y == 0) / y.size


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_dead_units_of_integers(dtype, rng):
    y = _sample(rng, dtype, (3, 40), 0.7)
    assert _same(fa.dead_units(y), np.all(y == 0, axis=0))
    assert _same(fa.dead_units(y > 0, 1), np.all(y <= 0, axis=1) if dtype.kind == "i" else np.all(y == 0, axis=1))


# --- Any input ---


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 3000), st.sampled_from(FLOATS), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_masks_of_anything(n, dtype, seed, zeros):
    rng = np.random.default_rng(seed)
    x, grad = (_sample(rng, dtype, n, zeros) for _ in range(2))
    y, mask = fa.relu_mask(x)
    assert _same(y, fa.relu(x)) and _same(mask, _packed(x))
    assert _same(fa.relu_backward_mask(grad, mask), fa.relu_backward(grad, x))
