"""float16 and bfloat16: every number of either with gradients, rounded correctly; what a NumPy user expects of them.

Without a gradient every number is compared with the record of the sweep: test_sweep_record.py.
"""

import pickle
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

import fastact as fa

from .half import BOUND, F8, every_finite, finite, nearest, truth
from .ops import INF, NAN
from .ulp import finfo, ulp_of

GRADS = (2.0**-8, -3.0, 2.0**-14, 1.375 * 2.0**15)
F4 = np.dtype(np.float32)
SMALL = 8  # elements for what does not depend on the values


def _bits(a):
    return np.asarray(a).tobytes()


def _random(rng, dtype, n):
    """Return finite numbers of all magnitudes."""
    infinity = int(np.array(INF, dtype).view(np.uint16))
    return (rng.integers(0, infinity, n, np.uint16) | rng.choice(np.uint16([0, 0x8000]), n)).view(dtype)


def test_every_number_with_a_grad(backward_case, half, each_isa, rng):
    """The product is rounded once; one that float64 cannot tell from a tie may become either neighbour."""
    x = finite(backward_case, half)
    for grad in (*(np.full_like(x, value) for value in GRADS), _random(rng, half, x.size)):
        true = truth(backward_case, x, grad)
        for name in each_isa():
            result = backward_case(grad, x)
            wrong = np.flatnonzero(result.astype(F8) != true.rounded)
            if wrong.size:
                wrong = wrong[~(true.near_tie & (true.errors(result) <= BOUND))[wrong]]
            where = f"grad {grad[wrong[0]]}, x {x[wrong[0]]}: {result[wrong[0]]}" if wrong.size else ""
            assert wrong.size == 0, f"{name}: {wrong.size}, as {where}"


SLOPES = (11 / 48, 1 / 6, 0.1, -0.3, 1.0, 2.0**-24, 2.0**-60, 2.0**-140, 1e30, 3.0, 0.0)


def test_one_rounding_by_any_parameter(half, each_isa):
    """What float32 rounds to odd is rounded right by every slope and offset: the true values are exact in float64."""
    x = every_finite(half)
    wide = x.astype(F8)
    with np.errstate(over="ignore", under="ignore"):
        for _ in each_isa():
            for slope in SLOPES:
                true = nearest(wide * float(F4.type(slope)), half)
                np.testing.assert_array_equal(fa.leaky_relu(x, slope).astype(F8), np.where(wide < 0, true, wide))
                np.testing.assert_array_equal(fa.leaky_relu_backward(x, -x * 0 - 1, slope).astype(F8), true)
            for lambd in (0.5, 0.1, 1e-3, 7.3):
                far = np.abs(wide) > F4.type(lambd)
                true = nearest(np.where(far, np.abs(wide) - float(F4.type(lambd)), 0), half)
                np.testing.assert_array_equal(np.abs(fa.softshrink(x, lambd).astype(F8)), true)


def test_a_nan_hides_no_tiny_grad(half, each_isa):
    """At NaN the derivative is the slope; grad's product with it may be subnormal in float32."""
    grad = every_finite(half)
    true = nearest(grad.astype(F8) * float(F4.type(1 / 6)), half)
    for _ in each_isa():
        np.testing.assert_array_equal(fa.hardsigmoid_backward(grad, np.full_like(grad, NAN)).astype(F8), true)


def test_hardsigmoid_is_rounded_once(half, each_isa):
    """Most results of x / 6 + 1/2 that are not exact lie next to a tie."""
    x = every_finite(half)[::7]
    for slope, offset in ((1 / 6, 0.5), (0.2, 0.5), (0.1, 0.3), (2.0**-20, 2.0**-40), (-0.7, 0.9), (2.0**-35, 1.0)):
        exact = [Fraction(float(one)) * Fraction(float(F4.type(slope))) + Fraction(float(F4.type(offset))) for one in x]
        true = np.array([_rounded_fraction(min(max(one, 0), 1), half) for one in exact])
        for _ in each_isa():
            np.testing.assert_array_equal(fa.hardsigmoid(x, slope, offset).astype(F8), true)


def _rounded_fraction(value, dtype):
    """Return a fraction from 0 to 1 rounded once, ties to even."""
    spacing = Fraction(float(ulp_of(np.float64(float(value)), dtype)))
    return float(round(value / spacing) * spacing)


def _landmarks(case, dtype):
    """Return NaN, infinities, zeros, and the numbers at which a piecewise function changes its form."""
    turns = case.turns(dtype).astype(F8) if case.op.exactly_zero else []
    specials = (NAN, INF, -INF, 0.0, -0.0, *turns, *(-turn for turn in turns))
    return np.array([x for x in specials if np.isnan(x) or case.defined(np.array([x])).size], dtype)


def test_landmarks_are_those_of_float32(case, half, each_isa):
    """The sign of zero too, but for an underflow."""
    x = np.repeat(_landmarks(case, half), 37)
    for grad in (1.0, -2.0, INF, -INF, NAN) if case.inputs == 2 else (None,):
        inputs = (x,) if grad is None else (np.full_like(x, grad), x)
        for _ in each_isa():
            result, expected = case(*inputs), case(*(one.astype(F4) for one in inputs))
            assert result.dtype == half
            with np.errstate(all="ignore"):
                assert np.array_equal(result, expected.astype(half), equal_nan=True), (grad, result[::37])
            zero = expected == 0
            assert np.array_equal(np.signbit(result[zero]), np.signbit(expected[zero])), (grad, x[zero][::37])


def test_subnormals_stand_for_themselves(half, each_isa):
    """Those of float16 are normal numbers in float32, those of bfloat16 are not."""
    least = np.array([1, 2, 3, 0x7F, 0x8001, 0x807F], np.uint16).view(half)
    for _ in each_isa():
        for function in (fa.hardtanh, fa.tanh, fa.elu, fa.softsign):
            assert _bits(function(least)) == _bits(least)
        assert _bits(fa.leaky_relu(least[:3], 0.0)) == _bits(least[:3])


def test_a_result_beyond_the_largest_is_infinite(half, each_isa):
    largest = np.full(37, finfo(half).max, half)
    with np.errstate(all="raise"):
        for _ in each_isa():
            assert np.isposinf(fa.relu_squared(largest)).all()
            assert np.isneginf(fa.prelu(-largest, 1.5)).all()
            assert np.isposinf(fa.elu_backward(largest, -np.zeros_like(largest), 3.0)).all()


def test_the_dtype_stays(one_case, half):
    case = one_case
    x = case.sample(np.random.default_rng(1), half, SMALL)
    expected = case(*x)
    assert expected.dtype == half
    assert _bits(case(*(list(one) for one in x))) == _bits(expected), "a list of NumPy's scalars"
    assert case(*(list(one) for one in x)).dtype == half
    if case.inputs == 2:
        assert case(1.0, x[-1]).dtype == case(1, x[-1]).dtype == half
        assert _bits(case(1.0, x[-1])) == _bits(case(np.ones_like(x[-1]), x[-1]))


def test_parameters_are_float32(case, half, rng):
    """In every form that they may have; arrays of them give the bits of scalars."""
    inputs = case.sample(rng, half, 100)
    expected = _bits(case(*inputs))
    for kind in (float, np.float64, np.float32, np.array, lambda value: np.full(100, value)):
        parameters = {name: kind(value) for name, value in case.in_full.items()}
        assert _bits(case.function(*inputs, **parameters, **case.op.options)) == expected
    narrow = {name: half.type(value) for name, value in case.in_full.items()}
    expected = _bits(case.function(*inputs, **{name: float(one) for name, one in narrow.items()}, **case.op.options))
    for kind in (lambda value: value, np.array, lambda value: np.full(100, value)):
        parameters = {name: kind(value) for name, value in narrow.items()}
        result = case.function(*inputs, **parameters, **case.op.options)
        assert result.dtype == half and _bits(result) == expected


@pytest.mark.parametrize("parameter", [1 / 3, 1e300, 65_519.0, 1e-30])
def test_a_parameter_that_the_dtype_cannot_hold(half, parameter):
    x = np.array([-1.0, -0.0, 0.5, -(2.0**-3)], half)
    with np.errstate(over="ignore"):
        slope = float(np.float32(parameter))
    with np.errstate(all="raise"):
        results = [fa.leaky_relu(x, slope_form) for slope_form in (parameter, np.full(4, parameter))]
    expected = nearest(np.where(x.astype(F8) < 0, x.astype(F8) * min(slope, 1e300), x.astype(F8)), half)
    for result in results:
        assert np.array_equal(result.astype(F8), expected)


def _python(code):
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split()


FIRST_CALLS = (
    *("fa.silu(x)", "fa.silu_backward(x, x)", "fa.prelu(x, 0.5)", "fa.prelu(x, x)", "fa.silu(x[::2])"),
    *("fa.ufuncs.silu(x, np.float32(1))", "fa.relu(np.ones(3), dtype=x.dtype)"),
)


@pytest.mark.parametrize("call", FIRST_CALLS)
def test_bfloat16_is_found_when_it_is_imported_later(call):
    code = "import fastact as fa, numpy as np, ml_dtypes; x = np.ones(4, ml_dtypes.bfloat16)"
    assert _python(f"{code}; print({call}.dtype, fa.ufuncs.silu(x, np.float32(1)).dtype)") == ["bfloat16", "bfloat16"]


def test_nothing_needs_ml_dtypes():
    code = "import sys; sys.modules['ml_dtypes'] = None; import fastact as fa, numpy as np"
    assert _python(f"{code}; print(*(fa.silu(np.ones(3, t)).dtype for t in ('e', 'f', 'd')))") == [
        *("float16", "float32", "float64")
    ]


def test_nothing_imports_ml_dtypes():
    code = "import sys, fastact as fa, numpy as np; fa.silu(np.ones(3, 'e')); fa.relu(np.ones(3, 'i1'))"
    assert _python(f"{code}; print('ml_dtypes' in sys.modules)") == ["False"]


def test_ufuncs_pickle_when_their_loops_have_been_used(one_case, half):
    inputs = one_case.sample(np.random.default_rng(1), half, SMALL)
    expected = one_case.by_ufunc(*inputs)
    assert pickle.loads(pickle.dumps(one_case.ufunc)) is one_case.ufunc
    assert expected.dtype == half


# What has results or parameters of its own.

WEIGHTS = [((), None), ((7,), 1), ((11,), -1), ((5, 7, 11), None), ((5, 1, 1), None)]


@pytest.fixture
def x(half, rng):
    x = rng.normal(0, 2, (5, 7, 11)).astype(half)
    x[0, 0, :4] = [0.0, -0.0, 0.0, -0.0]
    return x


@pytest.fixture
def grad(x, rng):
    return rng.normal(0, 1, x.shape).astype(x.dtype)


@pytest.mark.parametrize(("shape", "axis"), WEIGHTS)
def test_prelu(isa, half, grad, x, rng, shape, axis):
    """The weight is float32 whatever it is given as; its gradient has the dtype of x."""
    weight = rng.normal(0, 1, shape)
    aligned = weight if axis is None else np.reshape(weight, (-1, *(1,) * (2 - axis % 3)))
    wide, slope = x.astype(F8), np.broadcast_to(aligned, x.shape).astype(F4).astype(F8)
    y = fa.prelu(x, weight, axis)
    assert y.dtype == half and np.array_equal(y.astype(F8), nearest(np.where(wide < 0, wide * slope, wide), half))
    dx, dweight = fa.prelu_backward(grad, x, weight, axis)
    assert dx.dtype == dweight.dtype == half and dx.shape == x.shape and dweight.shape == shape
    product = grad.astype(F8) * np.where(wide > 0, 1, slope)
    assert np.array_equal(dx.astype(F8), nearest(product, half))
    true = grad.astype(F8) * np.where(wide < 0, wide, 0)
    if axis is not None:
        true = true.sum(axis=tuple({0, 1, 2} - {axis % 3}))
    elif true.shape != shape:
        kept = (1,) * (3 - len(shape)) + shape
        true = true.sum(axis=tuple(k for k in range(3) if kept[k] == 1), keepdims=True).reshape(shape)
    assert np.all(np.abs(dweight.astype(F8) - nearest(true, half)) <= ulp_of(np.asarray(true), half))
    # Narrow weights are widened, not the other way round.
    narrow = weight.astype(half)
    assert _bits(fa.prelu(x, narrow, axis)) == _bits(fa.prelu(x, narrow.astype(F8), axis))
    assert fa.prelu_backward(grad, x, narrow, axis)[1].dtype == half


def test_prelu_out(half, grad, x, rng):
    weight = rng.normal(0, 1, 7)
    expected = fa.prelu_backward(grad, x, weight, 1)
    out = np.empty_like(x), np.empty(7, half)
    results = fa.prelu_backward(grad, x, weight, 1, out)
    assert all(one is array for one, array in zip(results, out, strict=True))
    assert [*map(_bits, out)] == [*map(_bits, expected)]
    dx, _ = fa.prelu_backward(grad, x, weight, 1, out=(x, None))
    assert dx is x and _bits(x) == _bits(expected[0])


def test_sums_of_weights_do_not_stop_growing(isa, half):
    """4096 ones: a running sum in the dtype would stop at 2048 or at 256."""
    ones = np.ones(4096, half)
    assert fa.prelu_backward(ones, -ones, 0.5)[1] == -4096


def test_rrelu(isa, half, grad, x):
    for parameters in ((), (0.25, 0.75), (-1, 3)):
        low, high = map(np.float32, parameters or (1 / 8, 1 / 3))
        middle = float((low + high) / 2)
        assert _bits(fa.rrelu(x, *parameters)) == _bits(fa.leaky_relu(x, middle))
        assert _bits(fa.rrelu_backward(grad, x, *parameters)) == _bits(fa.leaky_relu_backward(grad, x, middle))
    y, slope = fa.rrelu(x, 0.25, 0.75, rng=np.random.default_rng(5))
    assert y.dtype == half and slope.dtype == F4 and y.shape == slope.shape == x.shape  # of the computing type
    assert slope.min() >= 0.25 and slope.max() <= 0.75 and len(np.unique(slope)) > 0.9 * slope.size
    assert _bits(y) == _bits(fa.prelu(x, slope))
    dx = fa.rrelu_backward(grad, x, slope=slope)
    assert dx.dtype == half and _bits(dx) == _bits(fa.prelu_backward(grad, x, slope)[0])
    assert [*map(_bits, fa.rrelu(x, 0.25, 0.75, rng=5))] == [_bits(y), _bits(slope)]


def test_gelu(isa, half, grad, x):
    for approximate, suffix in (("none", ""), ("tanh", "_tanh")):
        forward, backward = (getattr(fa.ufuncs, f"gelu{suffix}{direction}") for direction in ("", "_backward"))
        assert fa.gelu(x, approximate).dtype == fa.gelu_backward(grad, x, approximate).dtype == half
        assert _bits(fa.gelu(x, approximate)) == _bits(forward(x))
        assert _bits(fa.gelu_backward(grad, x, approximate=approximate)) == _bits(backward(grad, x))
