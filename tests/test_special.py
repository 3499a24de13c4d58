"""NaN, infinities, signed zeros and breakpoints, in every lane, and no warning from any of them."""

import numpy as np
import pytest

import fastact as fa

from .ops import CASES, INF, NAN

LANES = 37  # more than two vectors of the widest set, and a tail


def _same(a, b):
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(
        np.signbit(a)[~np.isnan(a)], np.signbit(b)[~np.isnan(b)]
    )


def _first(op, direction):
    """Return the case of the first row of parameters, which the special values are for."""
    return next(case for case in CASES if case.op is op and case.direction == direction)


def test_forward_values(op, isa, dtype):
    case = _first(op, "forward")
    for x, y in op.special:
        result = case(np.full(LANES, x, dtype))
        expected = np.full(LANES, y, dtype)
        if y == 0 and x != 0:  # a limit or a branch: the sign is free
            result = np.abs(result)
        assert _same(result, expected), f"at {x}"


def test_derivative_values(op, isa, dtype):
    case = _first(op, "backward")
    for x, derivative in op.derivative_special:
        for grad in (1.0, -2.0, float(np.finfo(dtype).max)):
            with np.errstate(all="ignore"):
                expected = np.full(LANES, dtype.type(grad) * dtype.type(derivative))
            result = case(np.full(LANES, grad, dtype), np.full(LANES, x, dtype))
            assert np.array_equal(result, expected), f"at {x}, grad {grad}"


@pytest.mark.parametrize("payload", [0, 1, 0xFF])
@pytest.mark.parametrize("sign", [1, -1])
def test_nan_in_every_lane(case, isa, dtype, sign, payload):
    integer = f"u{dtype.itemsize}"
    nan = np.copysign((np.array(NAN, dtype).view(integer) | payload).astype(integer).view(dtype), sign)
    ones = np.ones(LANES, dtype)
    if case.inputs == 1:
        alone = case(np.full(1, nan))
        assert np.isnan(alone)
    else:
        slope = case.in_full.get("negative_slope", 0.25)
        at_nan = {1.0: 1.0, 0.25: slope}.get(case.op.derivative_at_nan, NAN)
        alone = np.full(1, at_nan, dtype)
    for lane in range(LANES):
        x = ones.copy()
        x[lane] = nan
        y = case(x) if case.inputs == 1 else case(ones, x)
        assert np.array_equal(y[lane : lane + 1], alone, equal_nan=True)
        assert not np.isnan(np.delete(y, lane)).any()


def test_what_grad_becomes(backward_case, isa, dtype):
    """A selected 0 beats NaN and inf; elsewhere they follow IEEE's product."""
    case = backward_case
    for at in (-2.0, 0.0, 0.5):
        if not case.op.outputs[0] <= at <= case.op.outputs[1]:
            continue
        x = np.full(LANES, at, dtype)
        derivative = case(np.ones(LANES, dtype), x)[0]
        selected = derivative == 0 and (case.op.exactly_zero or case.in_full.get("negative_slope") == 0)
        for grad in (NAN, INF, -INF):
            with np.errstate(all="ignore"):
                expected = 0.0 if selected else grad * derivative
            assert np.array_equal(case(np.full(LANES, grad, dtype), x), np.full(LANES, expected, dtype), equal_nan=True)


def test_inf_grad_times_a_vanished_derivative_is_nan(isa, dtype):
    for function in (fa.sigmoid_backward, fa.tanh_backward):
        assert np.isnan(function(np.full(LANES, INF, dtype), np.full(LANES, INF, dtype))).all()
        assert np.isinf(function(np.full(LANES, INF, dtype), np.full(LANES, 30, dtype))).all()


def test_slope_zero_at_minus_infinity(isa, dtype):
    x = np.full(LANES, -INF, dtype)
    assert np.array_equal(fa.leaky_relu(x, 0.0), np.zeros(LANES, dtype))
    assert np.array_equal(fa.leaky_relu(x, np.zeros(LANES, dtype)), np.zeros(LANES, dtype))
    assert np.array_equal(fa.leaky_relu_backward(np.full(LANES, NAN, dtype), x, 0.0), np.zeros(LANES, dtype))


def test_no_warnings(case, isa, dtype):
    info = np.finfo(dtype)
    hard = np.array(
        [
            0.0,
            -0.0,
            INF,
            -INF,
            NAN,
            info.max,
            -info.max,
            info.tiny,
            -info.tiny,
            info.smallest_subnormal,
            -90,
            90,
            -800,
            1,
        ]
    )
    grid = np.stack(np.meshgrid(hard, hard)).reshape(2, -1).astype(dtype)
    with np.errstate(all="raise"):
        for length in range(1, grid.shape[1]):
            inputs = (grid[0, :length],) if case.inputs == 1 else (grid[0, :length], grid[1, :length])
            case(*inputs)
        case.by_ufunc(*(grid[0],) if case.inputs == 1 else (grid[0], grid[1]))


def test_subnormals_are_kept_whatever_the_callers_environment(case, isa, dtype, flushed):
    """The caller's flush-to-zero, rounding and flags neither reach the kernels nor change."""
    x = np.array([np.finfo(dtype).smallest_subnormal * 7, -90, -740, 0.3, -0.3, 1.7], dtype)
    inputs = (x,) if case.inputs == 1 else (np.full_like(x, 0.7), x)
    expected = case(*inputs)
    with flushed() as state:
        before = state()
        result = case(*inputs)
        after = state()
    assert before == after
    assert result.tobytes() == expected.tobytes()
