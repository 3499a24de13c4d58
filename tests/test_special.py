"""NaN, infinities, signed zeros and breakpoints, in every lane, and no warning from any of them."""

import numpy as np
import pytest

import fastact as fa

from .isas import on_each_isa
from .ops import CASES, DTYPES, INF, NAN, OPS
from .ulp import finfo

LANES = 37  # more than two vectors of the widest set, and a tail


def _same(a, b):
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(
        np.signbit(a)[~np.isnan(a)], np.signbit(b)[~np.isnan(b)]
    )


def _first(op, direction):
    """Return the case of the first row of parameters, which the special values are for."""
    return next(case for case in CASES if case.op is op and case.direction == direction)


def _inputs(case, grad, x):
    return (x,) if case.inputs == 1 else (grad, x)


@on_each_isa
def test_forward_values(op, dtype):
    case = _first(op, "forward")
    for x, y in op.special:
        result = case(np.full(LANES, x, dtype))
        expected = np.full(LANES, y, dtype)
        if y == 0 and (x != 0 or np.signbit(x) != np.signbit(y)):  # a limit or a branch: the sign is free
            result = np.abs(result)
        assert _same(result, expected), f"at {x}"


@pytest.mark.parametrize("op", [op for op in OPS if "backward" in op.directions], ids=lambda op: op.name)
@on_each_isa
def test_derivative_values(op, dtype):
    case = _first(op, "backward")
    for x, derivative in op.derivative_special:
        # Where the derivative has vanished but is not 0, a large grad would show it.
        vanished = derivative == 0 and np.isfinite(x) and not case.exactly_zero(np.array([x], dtype))[0]
        for grad in (1.0, -2.0, 1.0 if vanished else float(np.finfo(dtype).max)):
            with np.errstate(all="ignore"):
                expected = np.full(LANES, dtype.type(grad) * dtype.type(derivative))
            result = case(np.full(LANES, grad, dtype), np.full(LANES, x, dtype))
            assert np.array_equal(result, expected), f"at {x}, grad {grad}"


def _nans(dtype):
    """Return NaNs of either sign and several payloads."""
    bits = np.array(NAN, dtype).view(f"u{dtype.itemsize}") | np.array([0, 1, 0xFF], f"u{dtype.itemsize}")
    return [np.copysign(nan, sign) for nan in bits.astype(f"u{dtype.itemsize}").view(dtype) for sign in (1, -1)]


@on_each_isa
def test_nan_in_every_lane(case, dtype):
    ones = np.ones(LANES, dtype)
    usual = case(*_inputs(case, ones, ones))
    assert not np.isnan(usual).any()
    for nan in _nans(dtype):
        for lane in range(LANES):
            x, expected = ones.copy(), usual.copy()
            x[lane] = nan
            expected[lane] = NAN if case.inputs == 1 else case.derivative_at_nan(dtype)
            assert np.array_equal(case(*_inputs(case, ones, x)), expected, equal_nan=True), (nan, lane)


@on_each_isa
def test_grad_at_nan(backward_case, dtype):
    """IEEE's product of grad with what the derivative is there."""
    case = backward_case
    x = np.full(LANES, NAN, dtype)
    derivative = dtype.type(case.derivative_at_nan(dtype))
    selected = case.exactly_zero(x)[0] or derivative == 0
    for grad in (2.0, -0.5, INF, -INF, NAN):
        with np.errstate(all="ignore"):
            expected = dtype.type(0 if selected else dtype.type(grad) * derivative)
        assert np.array_equal(case(np.full(LANES, grad, dtype), x), np.full(LANES, expected), equal_nan=True), grad


@on_each_isa
def test_what_grad_becomes(backward_case, dtype):
    """A selected 0 beats NaN and inf; elsewhere they follow IEEE's product."""
    case = backward_case
    low, high = case.outputs if case.direction == "backward_from_output" else (-INF, INF)
    for at in (-INF, -1e30, -7.0, -2.0, -0.7, -0.3, -0.0, 0.0, 0.3, 0.7, 2.0, 7.0, 1e30, INF):
        if not low <= at <= high:
            continue
        x = np.full(LANES, at, dtype)
        derivative = case(np.ones(LANES, dtype), x)[0]
        selected = case.exactly_zero(x)[0]
        assert not selected or derivative == 0
        for grad in (NAN, INF, -INF):
            with np.errstate(all="ignore"):
                expected = dtype.type(0 if selected else grad * derivative)
            result = case(np.full(LANES, grad, dtype), x)
            if abs(at) == 1e30 and derivative == 0 and not selected:  # it may have vanished, or be small but not 0
                assert np.isnan(result).all() or (np.isinf(result).all() and not np.isnan(grad))
            else:
                assert np.array_equal(result, np.full(LANES, expected), equal_nan=True), f"at {at}, grad {grad}"


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "silu", "mish", "gelu", "quick_gelu"])
@on_each_isa
def test_inf_grad_times_a_vanished_derivative_is_nan(dtype, name):
    function = fa.activations[name].backward
    infinite = np.full(LANES, INF, dtype)
    assert np.isnan(function(infinite, -infinite)).all()
    assert np.isinf(function(infinite, np.full(LANES, -10, dtype))).all()


@on_each_isa
def test_slope_zero_at_infinity(dtype):
    below, above, none = np.full(LANES, -INF, dtype), np.full(LANES, INF, dtype), np.zeros(LANES, dtype)
    grad = np.full(LANES, NAN, dtype)
    for slope in (0.0, none):
        assert np.array_equal(fa.leaky_relu(below, slope), none)
        assert np.array_equal(fa.leaky_relu_backward(grad, below, slope), none)
        assert np.array_equal(fa.prelu(below, slope), none)
        assert np.array_equal(fa.prelu_backward(grad, below, slope)[0], none)
        assert np.array_equal(fa.rrelu(below, slope, slope), none)
        assert np.array_equal(fa.rrelu_backward(grad, below, slope, slope), none)
        assert np.array_equal(fa.rrelu_backward(grad, below, slope=slope), none)
        for x in (below, above):
            assert np.array_equal(fa.hardsigmoid(x, slope, 0.25), none + dtype.type(0.25))
            assert np.array_equal(fa.hardsigmoid_backward(grad, x, slope, 0.25), none)
            assert np.array_equal(fa.silu(x, slope), x)
            assert np.array_equal(fa.silu_backward(none + 1, x, slope), none + dtype.type(0.5))


@pytest.mark.parametrize("name", ["relu_squared", "hardshrink", "threshold"])
@on_each_isa
def test_where_the_sign_of_zero_is_free_it_is_zero(dtype, name):
    parameters = {"threshold": (0.5, 0.0)}.get(name, ())
    x = np.array([-0.0, 0.0] * LANES, dtype)
    assert np.array_equal(fa.activations[name].forward(x, *parameters), np.zeros_like(x))


@on_each_isa
def test_no_warnings(case, any_dtype):
    info = finfo(any_dtype)
    ends = [float(end) for end in (info.max, info.tiny, info.smallest_subnormal)]
    hard = np.array([0.0, -0.0, INF, -INF, NAN, *ends, *(-end for end in ends), -90, 90, -800, 1])
    grid = np.stack(np.meshgrid(hard, hard)).reshape(2, -1).astype(any_dtype)
    with np.errstate(all="raise"):
        for length in range(1, grid.shape[1], 1 if any_dtype in DTYPES else 13):
            case(*_inputs(case, grid[1, :length], grid[0, :length]))
        case.by_ufunc(*_inputs(case, grid[1], grid[0]))


@on_each_isa
def test_subnormals_are_kept_whatever_the_callers_environment(case, dtype, flushed):
    """The caller's flush-to-zero, rounding and flags neither reach the kernels nor change."""
    x = np.array([np.finfo(dtype).smallest_subnormal * 7, -90, -740, 0.3, -0.3, 1.7], dtype)
    inputs = _inputs(case, np.full_like(x, 0.7), x)
    expected = case(*inputs)
    with flushed() as state:
        before = state()
        result = case(*inputs)
        after = state()
    assert before == after
    assert result.tobytes() == expected.tobytes()


@on_each_isa
def test_a_gradient_of_0_gives_0_beside_subnormal_ones(backward_case, dtype):
    info = np.finfo(dtype)
    magnitudes = np.ldexp(np.ones(1, dtype), np.arange(info.minexp - info.nmant, info.maxexp))
    x = np.repeat(np.concatenate((magnitudes, -magnitudes)), 2)
    grad = np.resize(np.array([0.0, info.smallest_subnormal, -0.0, -info.smallest_subnormal], dtype), x.size)
    result = backward_case(grad, x)[grad == 0]
    assert np.all((result == 0) | np.isnan(result)), x[grad == 0][result != 0]
