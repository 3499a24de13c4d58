"""What holds for every array, tried by hypothesis on arrays that nobody thought of."""

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import fastact as fa

from .conftest import EACH
from .isas import on_each_isa
from .ops import CASES
from .ulp import ulp_of

FORWARD = [case for case in CASES if case.direction == "forward"]
MONOTONE = [case for case in FORWARD if case.monotone]
WITH_A_MINIMUM = [case for case in CASES if case.roots and not case.parameters]
ODD = {"tanh", "softsign", "tanhshrink", "hardtanh", "softshrink", "hardshrink"}

settings.register_profile("fastact", deadline=None)
settings.load_profile("fastact")

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=70)
ARRAYS = st.sampled_from([np.float32, np.float64]).flatmap(lambda dtype: hnp.arrays(dtype, SHAPES))
LINES = st.sampled_from([np.float32, np.float64]).flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        st.integers(1, 90),
        elements=st.floats(-800, 800, width=np.dtype(dtype).itemsize * 8),
    )
)


def _bits(a):
    return np.asarray(a).tobytes()


@pytest.mark.parametrize("function", [fa.relu, fa.relu6, fa.hardtanh], ids=lambda function: function.__name__)
@given(x=ARRAYS)
@on_each_isa
def test_clips_are_idempotent_bit_for_bit(function, x):
    once = function(x)
    assert _bits(function(once)) == _bits(once)


@given(ARRAYS)
@on_each_isa
def test_relu_is_numpys_maximum(x):
    assert np.array_equal(fa.relu(x), np.maximum(x, 0), equal_nan=True)


@given(ARRAYS)
@on_each_isa
def test_clips_are_numpys(x):
    assert np.array_equal(fa.relu6(x), np.clip(x, 0, 6), equal_nan=True)
    assert np.array_equal(fa.hardtanh(x, -2, 3), np.clip(x, -2, 3), equal_nan=True)


@given(ARRAYS)
@on_each_isa
def test_odd_functions_are_odd(x):
    """Bit for bit where they keep the sign of zero."""
    for name in ODD:
        one, other = fa.activations[name].forward(-x), -fa.activations[name].forward(x)
        assert np.array_equal(one, other, equal_nan=True), name
        if name not in ("softshrink", "hardshrink"):
            assert _bits(one) == _bits(other), name


@given(LINES)
@on_each_isa
def test_monotone_within_the_bound(x):
    x = np.sort(x)
    for case in MONOTONE:
        y = case(x)
        assert y.dtype == x.dtype
        slack = 2 * case.bound * ulp_of(y, y.dtype)
        with np.errstate(invalid="ignore"):  # infinity less itself
            falls = y[:-1] - y[1:]
        assert np.all((y[1:] >= y[:-1]) | (falls <= np.maximum(slack[1:], slack[:-1]))), str(case)


@given(LINES)
@on_each_isa
def test_minima(x):
    """Nothing is below the value at the root of the derivative, beyond the bound."""
    for case in WITH_A_MINIMUM:
        forward = next(one for one in FORWARD if one.op is case.op)
        with flint.ctx.workprec(100):
            least = float(forward.exact(case.roots[0], x.dtype))
        x[0] = case.roots[0]
        slack = forward.bound * ulp_of(np.array(least), x.dtype)
        assert float(forward(x).min()) >= least - slack, forward.name


@given(LINES)
@on_each_isa
def test_functions_that_fold_at_zero(x):
    """f(x) - f(-x) = x: both sides within the bound of the truth, plus one rounding."""
    for name in ("softplus", "squareplus", "silu", "gelu", "quick_gelu", "hardswish"):
        record = fa.activations[name]
        above, below = record.forward(x), record.forward(-x)
        spacing = sum(np.spacing(np.abs(one)) for one in (above, below, x))
        assert np.all(np.abs((above - below) - x) <= (record.error_bounds["forward"] + 1) * spacing), name


@given(LINES, st.floats(0.0625, 8))
@on_each_isa
def test_exponential_units_stay_above_their_limit(x, alpha):
    limit = -x.dtype.type(alpha)
    slack = 2 * np.spacing(np.abs(limit))
    assert np.all(fa.elu(x, alpha) >= limit - slack)
    assert np.all(fa.celu(x, alpha) >= limit - slack)
    assert np.all(fa.selu(x, alpha, 1.0) >= limit - slack)
    assert np.array_equal(fa.selu(x, alpha, 1.0)[x > 0], x[x > 0])
    assert np.array_equal(fa.elu(x, alpha)[x > 0], x[x > 0])


@given(LINES)
@on_each_isa
def test_sigmoid_is_symmetric_within_rounding(x):
    """sigmoid(-x) = 1 - sigmoid(x): both sides within the bound of the truth, plus one rounding."""
    left, right = fa.sigmoid(-x), 1 - fa.sigmoid(x)
    bound = fa.activations["sigmoid"].error_bounds["forward"]
    spacing = np.maximum(ulp_of(left, left.dtype), ulp_of(np.ones_like(left), left.dtype))
    assert np.all(np.abs(left - right) <= (2 * bound + 1) * spacing)


@given(LINES)
@on_each_isa
def test_ranges(x):
    assert np.all((fa.sigmoid(x) >= 0) & (fa.sigmoid(x) <= 1))
    assert np.all(np.abs(fa.tanh(x)) <= 1)
    assert np.all(np.abs(fa.tanh(x)) <= np.abs(x))
    assert np.all(np.abs(fa.softsign(x)) <= 1)
    assert np.all(np.abs(fa.tanhshrink(x)) <= np.abs(x))
    assert np.all(fa.log_sigmoid(x) <= 0)
    assert np.all(fa.softplus(x) >= np.maximum(x, 0))
    assert np.all(fa.squareplus(x) >= np.maximum(x, 0))
    assert np.all((fa.hardsigmoid(x) >= 0) & (fa.hardsigmoid(x) <= 1))
    assert np.all(fa.hardswish(x) >= -0.375)
    ones = np.ones_like(x)
    assert np.all((fa.sigmoid_backward(ones, x) >= 0) & (fa.sigmoid_backward(ones, x) <= 0.25))
    assert np.all((fa.tanh_backward(ones, x) >= 0) & (fa.tanh_backward(ones, x) <= 1))


@given(LINES, st.floats(-8, 8))
@on_each_isa
def test_leaky_relu_lies_between_relu_and_identity_or_beyond(x, slope):
    y = fa.leaky_relu(x, slope)
    assert np.array_equal(y[x >= 0], x[x >= 0])
    assert np.array_equal(y[x < 0], (x * x.dtype.type(slope))[x < 0])


@given(ARRAYS, st.data())
@on_each_isa
def test_a_view_gives_what_its_copy_gives(x, data):
    index = data.draw(hnp.basic_indices(x.shape, allow_ellipsis=True))
    view = x[index]
    for case in EACH:
        if case.inputs == 1:
            assert np.array_equal(case(view), case(np.array(view)), equal_nan=True), case.name
