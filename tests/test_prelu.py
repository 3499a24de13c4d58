"""prelu's weight along an axis, and its two gradients: what the rows of the table do not cover.

The forward formula and its derivative are leaky_relu's, whose tests hold its bound; sums are compared
with exact ones, of fractions.
"""

import math
from fractions import Fraction

import numpy as np
import pytest

import fastact as fa

from . import layouts
from .ops import INF, NAN
from .ulp import ulp_of


def _bits(a):
    return np.asarray(a).tobytes()


@pytest.fixture
def x(dtype, rng):
    """Return inputs of a network's size, zeros of both signs among them."""
    x = rng.normal(0, 2, (5, 7, 11)).astype(dtype)
    x[0, 0, :4] = [0.0, -0.0, 0.0, -0.0]
    return x


@pytest.fixture
def grad(x, rng):
    return rng.normal(0, 1, x.shape).astype(x.dtype)


def _aligned(weight, axis, dimensions):
    """Return the weight as NumPy broadcasts it."""
    if axis is None:
        return weight
    return np.reshape(weight, (-1,) + (1,) * (dimensions - 1 - axis % dimensions))


# A weight's shape and the axis it is given for, for x of shape (5, 7, 11).
WEIGHTS = [
    *(((), None), ((1,), None), ((11,), None), ((7, 1), None), ((1, 11), None), ((5, 1, 1), None), ((7, 11), None)),
    *(((5, 7, 11), None), ((5, 1, 11), None), ((1, 1, 1), None)),
    *(((5,), 0), ((7,), 1), ((11,), 2), ((11,), -1), ((7,), -2), ((5,), -3), ((1,), 1), ((), 1), ((1,), 0)),
]


@pytest.fixture(params=WEIGHTS, ids=str)
def weight_and_axis(request, rng):
    shape, axis = request.param
    return rng.normal(0, 1, shape), axis


def test_forward(isa, dtype, x, weight_and_axis):
    weight, axis = weight_and_axis
    slope = np.broadcast_to(_aligned(weight, axis, 3), x.shape)
    expected = np.where(x < 0, x * slope.astype(dtype), x)
    assert np.array_equal(fa.prelu(x, weight, axis), expected)
    assert np.array_equal(fa.prelu(x, weight, axis=axis), expected)
    assert np.array_equal(fa.prelu(x, weight.tolist(), axis), expected)
    assert np.array_equal(fa.prelu(x.tolist(), weight, axis), np.where(x < 0, x.astype(float) * slope, x))
    assert np.array_equal(fa.prelu(np.asfortranarray(x), weight, axis), expected)
    out = np.empty_like(x)
    assert fa.prelu(x, weight, axis, out) is out and _bits(out) == _bits(expected)
    in_place = x.copy()
    assert fa.prelu(in_place, weight, axis, out=in_place) is in_place and _bits(in_place) == _bits(expected)


def test_a_weight_may_widen_the_result(dtype):
    assert fa.prelu(np.ones(3, dtype), np.ones((2, 1))).shape == (2, 3)
    dx, dweight = fa.prelu_backward(np.ones(3, dtype), -np.ones(3, dtype), np.array([[0.5], [2.0]]))
    assert dx.tolist() == [[0.5] * 3, [2.0] * 3] and dx.dtype == dtype
    assert dweight.tolist() == [[-3.0], [-3.0]] and dweight.dtype == dtype


def _exact_sums(grad, x, shape, axis):
    """Return the exact sums, of the weight's shape, and those of the magnitudes."""
    grad, x = np.broadcast_arrays(grad, x)
    of_each = np.broadcast_to(_aligned(np.arange(math.prod(shape)).reshape(shape), axis, x.ndim), x.shape)
    sums = [Fraction(0)] * math.prod(shape)
    magnitudes = [0.0] * math.prod(shape)
    for g, value, index in zip(grad.ravel().tolist(), x.ravel().tolist(), of_each.ravel().tolist(), strict=True):
        if value < 0:
            sums[index] += Fraction(g) * Fraction(value)
            magnitudes[index] += abs(g * value)
    return np.array([float(one) for one in sums]).reshape(shape), np.array(magnitudes).reshape(shape)


def _assert_accurate(dweight, grad, x, axis=None):
    """Half an ULP of rounding to the dtype, and what a pairwise float64 sum of so few loses."""
    true, magnitude = _exact_sums(grad, x, dweight.shape, axis)
    allowed = 0.5001 * ulp_of(true, dweight.dtype) + 16 * 2.0**-53 * magnitude
    assert np.all(np.abs(dweight.astype(np.float64) - true) <= allowed)


def test_backward(isa, dtype, grad, x, weight_and_axis):
    weight, axis = weight_and_axis
    dx, dweight = fa.prelu_backward(grad, x, weight, axis)
    slope = np.broadcast_to(_aligned(weight, axis, 3), x.shape).copy()
    assert dx.dtype == dweight.dtype == dtype
    assert dx.shape == x.shape and dweight.shape == np.shape(weight)
    assert _bits(dx) == _bits(fa.leaky_relu_backward(grad, x, slope))
    _assert_accurate(dweight, grad, x, axis)
    again = fa.prelu_backward(grad, x, weight.tolist(), axis=axis)
    assert _bits(again[0]) == _bits(dx) and _bits(again[1]) == _bits(dweight)


def test_the_derivative_in_every_row_of_the_table(isa, dtype):
    """The first result at special values, as the rows test the other functions."""
    for value, derivative in ((0.0, 0.25), (-0.0, 0.25), (INF, 1.0), (-INF, 0.25), (1e30, 1.0), (NAN, 0.25)):
        for grad in (1.0, -2.0, INF, NAN):
            dx, _ = fa.prelu_backward(np.full(37, grad, dtype), np.full(37, value, dtype), 0.25)
            assert np.array_equal(dx, np.full(37, grad * derivative, dtype), equal_nan=True)
    none = np.zeros(37, dtype)
    for grad in (1.0, INF, NAN):
        assert np.array_equal(fa.prelu_backward(np.full(37, grad, dtype), none - 1, 0.0)[0], none)
        assert np.array_equal(fa.prelu_backward(np.full(37, grad, dtype), none - 1, none)[0], none)


def test_what_counts_in_the_sum(isa, dtype):
    """Nothing at 0 and above, whatever grad is there; a NaN below, or as x, makes it NaN."""
    for value in (0.0, -0.0, 3.0, INF):
        for grad in (INF, -INF, NAN, 1.0):
            for n in (1, 16, 37, 5000):
                with np.errstate(all="raise"):
                    _, dweight = fa.prelu_backward(np.full(n, grad, dtype), np.full(n, value, dtype), 0.25)
                assert dweight == 0
    x, grad = np.full(100, -1, dtype), np.ones(100, dtype)
    for place in (0, 15, 16, 99):
        for bad in (NAN, -NAN):
            one = x.copy()
            one[place] = bad
            assert np.isnan(fa.prelu_backward(grad, one, 0.25)[1])
            one[place] = 1
            other = grad.copy()
            other[place] = bad
            assert np.isnan(fa.prelu_backward(other, x, 0.25)[1])
            assert fa.prelu_backward(other, one, 0.25)[1] == -99
        other[place] = INF
        assert fa.prelu_backward(other, x, 0.25)[1] == -INF
        other[place] = 0
        one[place] = -INF
        with np.errstate(all="raise"):
            assert np.isnan(fa.prelu_backward(other, one, 0.25)[1])  # IEEE's product


def test_only_its_own_weight_becomes_nan(dtype):
    x, grad = np.full((4, 3, 5), -1, dtype), np.ones((4, 3, 5), dtype)
    x[2, 1, 3] = NAN
    dweight = fa.prelu_backward(grad, x, np.ones(3), 1)[1]
    assert np.array_equal(dweight, [-20, NAN, -20], equal_nan=True)


@pytest.mark.parametrize("n", [1, 15, 16, 17, 1023, 1024, 1025, 2047, 2048, 2049, 3072, 5000])
def test_sums_of_any_length(isa, dtype, n):
    """Small integers: exact whatever the order, so that an element lost or doubled shows."""
    x = -(np.arange(n) % 7 + 1).astype(dtype)
    grad = (np.arange(n) % 5 - 1).astype(dtype)
    assert fa.prelu_backward(grad, x, 0.5)[1] == np.sum(grad * x)
    both = fa.prelu_backward(np.stack([grad, -grad]), np.stack([x, x]), np.ones(2), 0)[1]
    assert both.tolist() == [np.sum(grad * x), -np.sum(grad * x)]


def test_large_terms_that_cancel(isa, dtype, rng):
    n = 3001
    large = rng.uniform(1e5, 1e7, n)
    grad = np.concatenate([large, -large, rng.uniform(0, 1, n)]).astype(dtype)
    x = -np.concatenate([np.full(2 * n, 3.0), np.ones(n)]).astype(dtype)
    order = rng.permutation(grad.size)
    grad, x = grad[order], x[order]
    dweight = fa.prelu_backward(grad, x, 0.25)[1]
    true = math.fsum(g * v for g, v in zip(grad.tolist(), x.tolist(), strict=True))
    magnitude = float(np.sum(np.abs(grad.astype(float) * x)))
    # A running float64 sum could lose n * 2**-53 of the magnitudes; this one what its 12 levels and 64 terms do.
    assert abs(float(dweight) - true) <= 80 * 2.0**-53 * magnitude + 0.5001 * ulp_of(np.array(true), dtype)
    assert abs(float(dweight) - true) <= 1e-4 * abs(true)


def test_sums_beyond_the_range_are_infinite_without_a_warning(dtype):
    largest = np.finfo(dtype).max
    with np.errstate(all="raise"):
        assert fa.prelu_backward(np.full(4, largest, dtype), -np.ones(4, dtype), 0.5)[1] == -INF
        assert fa.prelu_backward(np.full(2, largest, dtype), np.full(2, -largest, dtype), 0.5)[1] == -INF


def test_a_sum_of_subnormals(dtype):
    smallest = np.finfo(dtype).smallest_subnormal
    dweight = fa.prelu_backward(np.ones(100, dtype), np.full(100, -smallest, dtype), 0.5)[1]
    assert dweight == -100 * smallest


def test_no_elements(dtype):
    dx, dweight = fa.prelu_backward(np.empty((0, 3), dtype), np.empty((0, 3), dtype), np.ones(3), 1)
    assert dx.shape == (0, 3) and dweight.tolist() == [0, 0, 0]
    dx, dweight = fa.prelu_backward(np.empty((0, 3), dtype), np.empty((0, 3), dtype), 0.5)
    assert dweight.shape == () and dweight == 0
    dx, dweight = fa.prelu_backward(np.empty((2, 0), dtype), np.empty((2, 0), dtype), np.empty(0))
    assert dx.shape == (2, 0) and dweight.shape == (0,)


def test_scalars(isa, dtype):
    dx, dweight = fa.prelu_backward(dtype.type(2), dtype.type(-3), 0.5)
    assert (dx, dweight) == (1, -6) and dx.dtype == dweight.dtype == dtype
    assert np.shape(dx) == np.shape(dweight) == ()
    assert tuple(map(float, fa.prelu_backward(2, -3, 1))) == (2, -6)


LAYOUTS = {
    "F order": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "reversed": lambda a: a[::-1, :, ::-1].copy()[::-1, :, ::-1],
    "axes moved": lambda a: np.moveaxis(np.moveaxis(a, 0, -1).copy(), -1, 0),
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "misaligned": lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("shape", "axis"), [((), None), ((4,), 0), ((30,), 1), ((70,), 2), ((4, 1, 70), None)])
def test_any_layout_gives_the_same_bits(isa, dtype, rng, layout, shape, axis):
    grad, x = rng.normal(0, 3, (2, 4, 30, 70)).astype(dtype)
    weight = rng.normal(0, 1, shape)
    expected = fa.prelu_backward(grad, x, weight, axis)
    for one, other in ((LAYOUTS[layout](grad), LAYOUTS[layout](x)), (LAYOUTS[layout](grad), x)):
        dx, dweight = fa.prelu_backward(one, other, weight, axis)
        assert np.array_equal(dx, expected[0]) and _bits(dweight) == _bits(expected[1])


@pytest.mark.parametrize("layout", ["stride 2", "stride 3", "reversed"])
@pytest.mark.parametrize("which", ["grad", "x", "both"])
def test_sums_over_any_step_give_the_same_bits(isa, dtype, rng, layout, which):
    for n in (1, 33, 1023, 1025, 3000):
        grad, x = (rng.standard_normal(n).astype(dtype) for _ in range(2))
        expected = fa.prelu_backward(grad, x, 0.25)
        laid = [layouts.LAYOUTS[layout](a) if which in (name, "both") else a for name, a in (("grad", grad), ("x", x))]
        for got, wanted in zip(fa.prelu_backward(*laid, 0.25), expected, strict=True):
            np.testing.assert_array_equal(_bits(got), _bits(wanted))


def test_the_axis_may_be_first_or_last(isa, dtype, rng):
    grad, x = rng.normal(0, 3, (2, 3000, 6)).astype(dtype)
    weight = rng.normal(0, 1, 6)
    last = fa.prelu_backward(grad, x, weight, -1)
    first = fa.prelu_backward(grad.T, x.T, weight, 0)
    copied = fa.prelu_backward(grad.T.copy(), x.T.copy(), weight, 0)
    for dx, dweight in (first, copied):
        assert np.array_equal(dx, last[0].T) and _bits(dweight) == _bits(last[1])


def test_every_set_gives_the_same_bits(each_isa, dtype, rng):
    grad, x = rng.normal(0, 3, (2, 7, 5001)).astype(dtype)
    results = []
    for _ in each_isa():
        of_one, of_each = fa.prelu_backward(grad, x, 0.25), fa.prelu_backward(grad, x, x[:, 0], 0)
        results.append([_bits(one) for one in (*of_one, *of_each)])
    assert all(one == results[0] for one in results)


def test_grad_and_x_broadcast_and_promote(dtype, rng):
    x = rng.normal(0, 3, (4, 3)).astype(dtype)
    dx, dweight = fa.prelu_backward(1.0, x, np.ones(3), 1)
    whole = fa.prelu_backward(np.ones_like(x), x, np.ones(3), 1)
    assert dx.dtype == dweight.dtype == dtype
    assert np.array_equal(dx, whole[0]) and _bits(dweight) == _bits(whole[1])
    dx, dweight = fa.prelu_backward(np.ones((2, 4, 3), np.float64), x, np.ones(3), -1)
    assert dx.shape == (2, 4, 3) and dx.dtype == dweight.dtype == np.float64
    assert np.allclose(dweight, 2 * whole[1].astype(float))
    dx, dweight = fa.prelu_backward(np.ones((4, 1), dtype), x[:1], 0.25)
    assert dx.shape == (4, 3)
    _assert_accurate(dweight, np.ones((4, 3), dtype), np.repeat(x[:1], 4, axis=0))


def test_integers():
    dx, dweight = fa.prelu_backward(np.array([1, 2], np.int8), np.array([-3, -4], np.int16), 0.5)
    assert dx.dtype == dweight.dtype == np.float32 and dx.tolist() == [0.5, 1] and dweight == -11
    dx, dweight = fa.prelu_backward(np.array([1, 2]), np.array([-3, -4]), np.float32(0.5))
    assert dx.dtype == dweight.dtype == np.float64
    assert fa.prelu_backward(np.float32([1]), np.float32([-1]), np.float64([0.1]))[1].dtype == np.float32


@pytest.mark.parametrize(("shape", "axis"), [((), None), ((7,), 1), ((5, 7, 11), None), ((5, 1, 1), None)])
def test_out(isa, dtype, grad, x, rng, shape, axis):
    weight = rng.normal(0, 1, shape)
    dx, dweight = (_bits(one) for one in fa.prelu_backward(grad, x, weight, axis))

    def check(results, *expected):
        assert [_bits(one) for one in results] == [dx, dweight]
        for one, array in zip(results, expected, strict=True):
            assert array is None or one is array

    out = np.empty_like(x), np.empty(shape, dtype)
    check(fa.prelu_backward(grad, x, weight, axis, out), *out)
    out = np.empty_like(x), np.empty(shape, dtype)
    check(fa.prelu_backward(grad, x, weight, axis, out=(out[0], None)), out[0], None)
    check(fa.prelu_backward(grad, x, weight, axis, out=(None, out[1])), None, out[1])
    check(fa.prelu_backward(grad, x, weight, axis, out=(None, None)), None, None)
    for k in (0, 1):
        operands = [grad.copy(), x.copy()]
        check(fa.prelu_backward(*operands, weight, axis, out=(operands[k], None)), operands[k], None)
        operands = [grad.copy(), x.copy()]
        into = np.empty(shape, dtype)
        check(fa.prelu_backward(*operands, weight, axis, out=(operands[k], into)), operands[k], into)
    spaced = np.zeros((*shape, 2), dtype)[..., 0]
    assert _bits(fa.prelu_backward(grad, x, weight, axis, out=(None, spaced))[1].copy()) == dweight
    memory = np.concatenate([x.ravel(), x.ravel()])
    memory[: x.size] = x.ravel()
    shifted = memory[3 : 3 + x.size].reshape(x.shape)
    check(fa.prelu_backward(grad, memory[: x.size].reshape(x.shape), weight, axis, out=(shifted, None)), shifted, None)


def test_the_weight_may_be_overwritten_by_its_gradient(dtype, grad, x, rng):
    for shape, axis in (((7,), 1), (x.shape, None)):
        weight = rng.normal(0, 1, shape).astype(dtype)
        expected = fa.prelu_backward(grad, x, weight, axis)
        dx, dweight = fa.prelu_backward(grad, x, weight, axis, out=(None, weight))
        assert dweight is weight
        assert _bits(dx) == _bits(expected[0]) and _bits(dweight) == _bits(expected[1])


def test_out_of_a_wider_or_narrower_type(grad, x):
    expected = fa.prelu_backward(grad, x, 0.25)
    for kind in (np.float64, np.float16):
        out = np.empty(x.shape, kind), np.empty((), kind)
        with np.errstate(over="ignore"):
            dx, dweight = fa.prelu_backward(grad, x, 0.25, out=out)
            assert dx is out[0] and np.array_equal(dx, expected[0].astype(kind))
            assert dweight is out[1] and dweight == expected[1].astype(kind)


def test_in_place_on_broadcast_operands(dtype):
    """The array written to is x itself, and grad is smaller."""
    x = -np.arange(1, 7, dtype=dtype).reshape(2, 3)
    grad = np.array([1, 2, 3], dtype)
    expected = fa.prelu_backward(grad, x, 0.5)
    dx, dweight = fa.prelu_backward(grad, x, 0.5, out=(x, None))
    assert dx is x and np.array_equal(dx, expected[0]) and dweight == expected[1]


def test_the_sum_keeps_subnormals_in_any_environment(isa, flushed):
    grad, x = np.float32([2.0**100, 2.0**100]), np.float32([-(2.0**-140), -(2.0**-149)])
    with flushed():
        _, dweight = fa.prelu_backward(grad, x, 0.25)
    assert dweight == np.float32(-(2.0**-40) - 2.0**-49)
