"""What is written where: shapes, scalars, broadcasting, overlap, and nothing outside `out`.

Each function once: what its parameters are does not change how data is walked. That the bits are
always the same is for test_same_bits.py.
"""

import itertools
import zlib

import numpy as np
import pytest

import fastact as fa

from .isas import on_each_isa

CANARY = 0x5A
LONGEST = 4 * 16 + 1


def _equal(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


@on_each_isa
def test_canaries(one_case, any_dtype, rng):
    case = one_case
    inputs = case.sample(rng, any_dtype, LONGEST)
    for n in range(LONGEST + 1):
        guarded = np.full((n + 64) * any_dtype.itemsize, CANARY, np.uint8)
        out = guarded[32 * any_dtype.itemsize :][: n * any_dtype.itemsize].view(any_dtype)
        assert case(*(one[:n] for one in inputs), out=out) is out
        assert (guarded[: 32 * any_dtype.itemsize] == CANARY).all()
        assert (guarded[(32 + n) * any_dtype.itemsize :] == CANARY).all()


def test_lists_and_subclasses(one_case, any_dtype, rng):
    case = one_case
    inputs = case.sample(rng, any_dtype, 513)
    expected = case(*inputs)
    result = case(*(one.view(np.recarray) for one in inputs))
    assert type(result) is np.recarray and _equal(np.asarray(result), expected)
    result = case(*(one.tolist() for one in inputs))
    assert result.dtype == np.float64
    assert _equal(result, case(*(one.astype(np.float64) for one in inputs)))


@on_each_isa
def test_orders_and_views(one_case, any_dtype, rng):
    for shape in ((3, 5, 7), (64, 65), (1, 9), (9, 1), (5, 0, 3)):
        _check_orders_and_views(one_case, any_dtype, rng, shape)


def _check_orders_and_views(case, dtype, rng, shape):
    inputs = tuple(one.reshape(shape) for one in case.sample(rng, dtype, int(np.prod(shape))))
    expected = case(*inputs)
    assert expected.flags.c_contiguous
    in_f = case(*map(np.asfortranarray, inputs))
    assert in_f.flags.f_contiguous
    assert np.array_equal(in_f, expected, equal_nan=True)
    assert np.array_equal(case(*(one.T for one in inputs)), expected.T, equal_nan=True)
    assert np.array_equal(case(*(one[..., ::2] for one in inputs)), expected[..., ::2], equal_nan=True)
    mixed = (inputs[0], *map(np.asfortranarray, inputs[1:]))
    assert np.array_equal(case(*mixed, out=np.empty(shape, dtype, order="F")), expected, equal_nan=True)


def _laid(array, axes, extra):
    """Return an array's values with its axes in that order in memory, and so many elements behind each row."""
    wide = [array.shape[axis] for axis in axes]
    wide[-1] += extra
    view = np.zeros(wide, array.dtype)[..., : array.shape[axes[-1]]].transpose(np.argsort(axes))
    view[...] = array
    return view


@on_each_isa
def test_axes_in_any_order(one_case, any_dtype):
    """Whole panels of operands that lie across each other, and what is left of them; long rows, and short ones.

    In other orders for each function, of which there are enough for all.
    """
    rng = np.random.default_rng(zlib.crc32(f"{one_case} {any_dtype}".encode()))
    for shape in ((35, 70), (3, 33, 40), (2, 300), (2, 1, 17, 2, 9)):
        inputs = [one.reshape(shape) for one in one_case.sample(rng, any_dtype, int(np.prod(shape)))]
        expected = one_case(*inputs)
        orders = list(itertools.permutations(range(len(shape))))
        for i in range(3):
            extra, chosen = int(rng.integers(2)), [orders[k] for k in rng.integers(len(orders), size=3)]
            views = [_laid(one, axes, extra) for one, axes in zip(inputs, chosen, strict=False)]
            out = _laid(np.zeros_like(expected), chosen[2], 1)
            assert one_case(*views, out=out) is out
            assert _equal(np.ascontiguousarray(out), expected), f"{shape}, {chosen}, {extra}"
            fresh, by_ufunc = one_case(*views), one_case.by_ufunc(*views)
            assert fresh.strides == by_ufunc.strides, f"{shape}, {chosen}, {extra}"
            assert _equal(np.ascontiguousarray(fresh), expected), f"{shape}, {chosen}, {extra}"
            with pytest.raises(ValueError, match="out"):
                one_case(*views, out=out[..., :-1])
            wide = np.zeros(shape, np.float64 if any_dtype != np.float64 else np.longdouble)
            assert one_case(*views, out=wide) is wide and np.array_equal(wide.astype(any_dtype), expected)
            if i == 0:  # beside its result: nothing is written to what lies between rows
                memory = out.base
                memory[...] = 7
                one_case(*views, out=out)
                assert (memory[..., -1] == 7).all()
                out.flags.writeable = False
                with pytest.raises(ValueError, match="out"):
                    one_case(*views, out=out)


def _swapped(array):
    return array.astype(array.dtype.newbyteorder())


def _misaligned(array):
    """Return the values as they lie, one byte from where they should."""
    memory = np.empty(array.nbytes + 1, np.uint8)[1:].view(array.dtype)
    moved = np.lib.stride_tricks.as_strided(memory, array.shape, array.strides)
    moved[...] = array
    return moved


@pytest.mark.parametrize("unreadable", [_swapped, _misaligned])
@pytest.mark.parametrize("shape", [(7, 33), (2, 20_000)], ids=str)
def test_what_no_kernel_reads(unreadable, shape, dtype, rng):
    """Few of them are copied, more pass through NumPy's buffers, in C order and F; the result may be an input, too."""
    grad, x = (rng.normal(0, 3, shape).astype(dtype) for _ in range(2))
    expected = fa.gelu_backward(grad, x)
    for order in "CF":
        given = unreadable(np.array(x, order=order))
        for inputs in ((grad, given), (unreadable(grad), given), (unreadable(grad), x)):
            result = fa.gelu_backward(*inputs)
            assert result.dtype == dtype and result.strides == fa.ufuncs.gelu_backward(*inputs).strides
            assert _equal(np.ascontiguousarray(result), expected)
        assert fa.gelu_backward(grad, given, out=given) is given
        assert np.array_equal(given, expected)


@pytest.mark.parametrize("unreadable", [_swapped, _misaligned])
def test_what_no_kernel_reads_of_prelu(unreadable, dtype, rng):
    grad, x = (rng.normal(0, 3, 50_000).astype(dtype) for _ in range(2))
    expected = fa.prelu_backward(grad, x, 0.25)
    for inputs in ((unreadable(grad), x), (grad, unreadable(x)), (unreadable(grad), unreadable(x))):
        assert all(map(_equal, fa.prelu_backward(*inputs, 0.25), expected))
        dx, dweight = fa.prelu_backward(*inputs, 0.25, out=(inputs[1], None))
        assert dx is inputs[1] and np.array_equal(dx, expected[0]) and _equal(dweight, expected[1])
        inputs[1][...] = x


@on_each_isa
def test_broadcast(one_backward_case, any_dtype, rng):
    case = one_backward_case
    grad, x = case.sample(rng, any_dtype, 12)
    result = case(grad[:3, None], x[None, :4])
    for i in range(3):
        assert _equal(result[i], case(np.repeat(grad[i], 4), x[:4].copy()))
    assert _equal(case(grad[0], x), case(np.repeat(grad[0], 12), x))


@on_each_isa
def test_scalars_and_empty(one_case, any_dtype, rng):
    case = one_case
    inputs = case.sample(rng, any_dtype, 1)
    expected = case(*inputs)[0]
    for zero_dimensional in (tuple(one.reshape(()) for one in inputs), tuple(one[0] for one in inputs)):
        result = case(*zero_dimensional)
        assert type(result) is any_dtype.type
        assert result.tobytes() == expected.tobytes()
    out = np.zeros((), any_dtype)
    assert case(*(one.reshape(()) for one in inputs), out=out) is out
    assert out.tobytes() == expected.tobytes()
    nothing = case(*(one[:0] for one in inputs))
    assert nothing.shape == (0,) and nothing.dtype == any_dtype


@pytest.mark.parametrize("by", ["__call__", "by_ufunc"])
@on_each_isa
def test_shifted_overlap(one_case, any_dtype, rng, by):
    n = 1500
    call, inputs = getattr(one_case, by), one_case.sample(rng, any_dtype, n)
    expected = call(*inputs)
    for shift in (-17, -1, 1, 3, 16, 600):
        for step in (1, 2, -1):
            for k in range(one_case.inputs):
                memory = np.zeros(2 * n + 2000, any_dtype)
                window, moved = memory[700 : 700 + 2 * n], memory[700 + shift : 700 + shift + 2 * n]
                source, out = (part[: 2 * n : 2] if step == 2 else part[:n][::step] for part in (window, moved))
                source[...] = inputs[k]
                call(*inputs[:k], source, *inputs[k + 1 :], out=out)
                assert np.array_equal(out, expected, equal_nan=True), f"shift {shift}, step {step}"


@on_each_isa
def test_reversed_overlap(one_case, any_dtype, rng):
    case = one_case
    inputs = case.sample(rng, any_dtype, 1001)
    expected = case(*inputs)
    memory = inputs[-1].copy()
    assert np.array_equal(case(*inputs[:-1], memory, out=memory[::-1]), expected, equal_nan=True)


@on_each_isa
def test_accumulate_and_reduce_see_their_own_results(dtype, rng):
    values = rng.uniform(0.5, 1, 700).astype(dtype)
    running = fa.ufuncs.leaky_relu.accumulate(-values)
    expected = [-values[0]]
    for value in -values[1:]:
        expected.append(fa.leaky_relu(expected[-1:][0], float(value)))
    assert np.array_equal(running, np.array(expected, dtype))
    assert fa.ufuncs.leaky_relu.reduce(-values) == running[-1]


def test_large_arrays_release_the_gil_and_agree(one_case, any_dtype, rng):
    case = one_case
    inputs = case.sample(rng, any_dtype, 50_001)
    assert _equal(case(*inputs)[:1000], case(*(one[:1000] for one in inputs)))
