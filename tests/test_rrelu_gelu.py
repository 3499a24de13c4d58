"""What only rrelu and gelu have: random slopes that come back, and two forms under one name.

That they are right as functions of x is for the tests that iterate the rows; not to be said again here.
"""

import numpy as np
import pytest

import fastact as fa


def _bits(a):
    return np.asarray(a).tobytes()


@pytest.fixture
def x(dtype, rng):
    return rng.normal(0, 2, (40, 51)).astype(dtype)


def test_evaluation_is_a_leaky_relu_of_the_middle(isa, dtype, x):
    for parameters in ((), (0.25, 0.75), (-1, 3)):
        low, high = (dtype.type(value) for value in parameters or (1 / 8, 1 / 3))
        middle = float((low + high) / 2)
        grad = x[::-1].copy()
        assert _bits(fa.rrelu(x, *parameters)) == _bits(fa.leaky_relu(x, middle))
        assert _bits(fa.rrelu_backward(grad, x, *parameters)) == _bits(fa.leaky_relu_backward(grad, x, middle))


def test_training_returns_its_slopes(isa, dtype, x):
    y, slope = fa.rrelu(x, 0.25, 0.75, rng=np.random.default_rng(5))
    assert y.dtype == slope.dtype == dtype and y.shape == slope.shape == x.shape
    assert slope.min() >= 0.25 and slope.max() <= 0.75
    assert 0.45 < slope.mean() < 0.55 and slope.std() > 0.1
    assert len(np.unique(slope)) > 0.9 * slope.size
    assert _bits(y) == _bits(fa.prelu(x, slope))
    grad = x[::-1].copy()
    dx = fa.rrelu_backward(grad, x, slope=slope)
    assert _bits(dx) == _bits(fa.prelu_backward(grad, x, slope)[0])
    assert _bits(dx) == _bits(fa.rrelu_backward(grad, x, 0.1, 0.2, slope))  # limits do not count then


def test_the_seed_decides(x):
    one, same = fa.rrelu(x, rng=7), fa.rrelu(x, rng=np.random.default_rng(7))
    assert all(_bits(a) == _bits(b) for a, b in zip(one, same, strict=True))
    generator = np.random.default_rng(7)
    assert _bits(fa.rrelu(x, rng=generator)[1]) == _bits(one[1])
    assert _bits(fa.rrelu(x, rng=generator)[1]) != _bits(one[1])
    assert _bits(fa.rrelu(x, rng=8)[1]) != _bits(one[1])


@pytest.mark.parametrize(
    "limits", [(-3.0, 0.1), (0.1, 0.3), (-1e-8, 1.0), (1.0, 1.0 + 2**-23), (0.5, 0.5), (-2.0, -1.0)]
)
def test_slopes_keep_their_limits(dtype, limits):
    low, high = (dtype.type(limit) for limit in limits)
    _, slope = fa.rrelu(np.zeros(200_000, dtype), *limits, rng=3)
    assert low <= slope.min() and slope.max() <= high


class Extreme(np.random.Generator):
    """The generator whose every number is the largest below 1."""

    def random(self, size=None, dtype=np.float64, out=None):
        return np.full(size, np.nextafter(np.dtype(dtype).type(1), np.dtype(dtype).type(0)), dtype)


@pytest.mark.parametrize("limits", [(-3.0, 0.1), (1 / 8, 1 / 3), (-0.7, 0.6), (-5.0, 0.3), (-1.1, 1e-3), (0.0, 0.3)])
def test_the_largest_random_number_keeps_the_limits_too(dtype, limits):
    low, high = (dtype.type(limit) for limit in limits)
    _, slope = fa.rrelu(np.zeros(3, dtype), *limits, rng=Extreme(np.random.PCG64(1)))
    assert (low <= slope).all() and (slope <= high).all()


def test_limits_whose_distance_overflows(dtype):
    largest = float(np.finfo(dtype).max)
    with np.errstate(all="raise"):
        y, slope = fa.rrelu(-np.ones(1000, dtype), -largest, largest, rng=1)
    assert np.isfinite(slope).all() and (slope < 0).any() and (slope > 0).any()
    assert np.array_equal(y, -slope)


def test_arrays_of_limits(dtype):
    low = np.array([0.0, 1.0, 2.0])
    y, slope = fa.rrelu(-np.ones((50, 3), dtype), low, low + 1, rng=1)
    assert slope.dtype == y.dtype == dtype
    assert ((slope >= low) & (slope <= low + 1)).all()
    assert fa.rrelu(-np.ones(3, dtype), low[:, None], 4.0, rng=1)[1].shape == (3, 3)


@pytest.mark.parametrize(
    ("kind", "expected"), [("bool", "f4"), ("int8", "f4"), ("uint16", "f4"), ("int32", "f8"), ("int64", "f8")]
)
def test_slopes_of_integers(kind, expected):
    y, slope = fa.rrelu(np.array([0, 1, 1], kind), rng=1)
    assert y.dtype == slope.dtype == np.dtype(expected)


def test_slopes_of_scalars_lists_and_nothing():
    y, slope = fa.rrelu(-2.0, rng=1)
    assert np.shape(y) == np.shape(slope) == () and y == -2 * slope
    y, slope = fa.rrelu([-2.0, 2.0], rng=1)
    assert y.tolist() == [-2 * slope[0], 2.0]
    assert [one.shape for one in fa.rrelu(np.empty((0, 3)), rng=1)] == [(0, 3), (0, 3)]
    y, slope = fa.rrelu(np.array([-2.0, 2.0]), rng=1, dtype=np.float32)
    assert y.dtype == slope.dtype == np.float32


def test_slopes_in_another_memory_order(dtype, x):
    y, slope = fa.rrelu(np.asfortranarray(x), rng=1)
    assert np.array_equal(y, fa.rrelu(x, rng=1)[0])
    assert np.array_equal(y, fa.prelu(x, slope))


def test_out_is_a_pair_when_training(dtype, x):
    expected = fa.rrelu(x, rng=2)
    out = np.empty_like(x), np.empty_like(x)
    assert all(a is b for a, b in zip(fa.rrelu(x, rng=2, out=out), out, strict=True))
    assert all(_bits(a) == _bits(b) for a, b in zip(out, expected, strict=True))
    y, slope = fa.rrelu(x, rng=2, out=(None, out[1]))
    assert slope is out[1] and _bits(y) == _bits(expected[0])
    y, slope = fa.rrelu(x, rng=2, out=(out[0], None))
    assert y is out[0] and _bits(slope) == _bits(expected[1])
    in_place = x.copy()
    y, slope = fa.rrelu(in_place, rng=2, out=(in_place, None))
    assert y is in_place and _bits(y) == _bits(expected[0]) and _bits(slope) == _bits(expected[1])


@pytest.mark.parametrize(("approximate", "suffix"), [("none", ""), ("tanh", "_tanh")])
def test_the_forms_of_gelu_are_ufuncs(isa, dtype, x, approximate, suffix):
    grad = x[::-1].copy()
    forward, backward = (getattr(fa.ufuncs, f"gelu{suffix}{direction}") for direction in ("", "_backward"))
    assert _bits(fa.gelu(x, approximate)) == _bits(fa.gelu(x, approximate=approximate)) == _bits(forward(x))
    assert _bits(fa.gelu_backward(grad, x, approximate)) == _bits(backward(grad, x))
    assert _bits(fa.gelu_backward(grad, x, approximate=approximate)) == _bits(backward(grad, x))
    out = np.empty_like(x)
    assert fa.gelu(x, approximate, out) is out and _bits(out) == _bits(forward(x))
    if approximate == "none":
        assert _bits(fa.gelu(x)) == _bits(forward(x))
        assert _bits(fa.gelu_backward(grad, x)) == _bits(backward(grad, x))


def test_the_forms_of_gelu_differ_by_what_the_docstring_says(dtype):
    x = np.linspace(-6, 6, 20_001, dtype=dtype)
    difference = np.abs(fa.gelu(x) - fa.gelu(x, "tanh"))
    assert 4e-4 < difference.max() < 4.8e-4


def test_a_block_of_gelu_far_out_is_told_wherever_its_tables_begin_anew(isa, dtype):
    # A block whose numbers all seem usual is computed without a question: each binade is met alone.
    for exponent in range(4, np.finfo(dtype).maxexp):
        x = np.ldexp(np.repeat(np.array([1, 1.1, 1.3, 1.5, 1.75, 1.99], dtype), 512), exponent)
        if dtype == np.float64 and exponent < 6:
            continue  # -16 is not far out there
        assert _bits(fa.gelu(x)) == _bits(x), exponent
        assert _bits(fa.gelu(-x)) == _bits(np.full_like(x, -0.0)), exponent
