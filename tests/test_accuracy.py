"""The bounds of the table, asserted as they stand: float32 on a slice of all inputs, float64 by mpmath."""

import mpmath
import numpy as np

import fastact as fa

from .ulp import ulp_error

STRIDE = 4093  # a prime: a million of the 2**32 float32 inputs; `make sweep` walks them all


def _float32_slice(offset):
    x = np.arange(offset, 2**32, STRIDE, dtype=np.uint32).view(np.float32)
    return x[np.isfinite(x)]


def _inputs(case, x):
    return (x,) if case.inputs == 1 else (np.ones_like(x), x)


def _in_output_range(case, x):
    low, high = case.op.outputs
    return x[(low <= x) & (x <= high)] if case.direction == "backward_from_output" else x


def _assert_within(bound, result, true, *inputs):
    error = ulp_error(result, true)
    worst = np.argmax(error)
    assert error[worst] <= bound, f"{error[worst]:.3f} ULP at {[one[worst] for one in inputs]}"


def test_float32_slice(case, isa):
    x = _in_output_range(case, _float32_slice(offset=17))
    result = case(*_inputs(case, x))
    _assert_within(case.bound, result, case.reference(x.astype(np.float64), x.dtype), x)


def test_float32_any_grad(backward_case, isa, rng):
    case = backward_case
    x = np.concatenate([rng.uniform(-110, 110, 200_000), rng.uniform(-1, 1, 200_000)]).astype(np.float32)
    x = _in_output_range(case, x)
    grad = rng.integers(0, 2**32, x.size, dtype=np.uint32).view(np.float32)
    grad[~np.isfinite(grad)] = 1
    result = case(grad, x)
    true = grad.astype(np.float64) * case.reference(x.astype(np.float64), x.dtype)
    finite = np.abs(true) < np.finfo(np.float32).max
    _assert_within(case.bound_at_any_grad, result[finite], true[finite], grad[finite], x[finite])


def _around_turns(case, dtype, reach):
    """Return the numbers next to those at which a formula changes its form, of both signs."""
    turns = np.array(case.op.turns, dtype)
    bits = np.maximum(turns.view(f"i{dtype.itemsize}")[:, None] + np.arange(-reach, reach + 1), 0)
    near = bits.astype(f"i{dtype.itemsize}").view(dtype).ravel()
    return _in_output_range(case, np.concatenate([near, -near]))


def test_float32_turns(case, isa):
    x = _around_turns(case, np.dtype(np.float32), 2000)
    result = case(*_inputs(case, x))
    _assert_within(case.bound, result, case.reference(x.astype(np.float64), x.dtype), x)


def _float64_points(case, rng):
    """Return points uniform over exponents, around 0, and through the tail."""
    bits = rng.integers(0, 2**64, 600, dtype=np.uint64).view(np.float64)
    tail = rng.uniform(-760, 760, 600)
    x = np.concatenate([bits[np.isfinite(bits)], tail, rng.normal(0, 3, 1200), rng.uniform(-1, 1, 600)])
    return np.concatenate([_in_output_range(case, x), _around_turns(case, np.dtype(np.float64), 8)])


def _mpmath_error(result, true):
    magnitude = abs(true)
    exponent = max(int(mpmath.floor(mpmath.log(magnitude, 2))), -1022) if magnitude else -1022
    return float(abs(mpmath.mpf(float(result)) - true) / mpmath.mpf(2) ** (exponent - 52))


def _assert_exactly_within(case, bound, result, grad, x):
    with mpmath.workprec(200):
        for one, factor, at in zip(result, grad, x, strict=True):
            true = mpmath.mpf(float(factor)) * case.exact(at, x.dtype)
            if abs(true) <= np.finfo(np.float64).max:
                error = _mpmath_error(one, true)
                assert error <= bound, f"{error:.3f} ULP at {at!r}, grad {factor!r}"


def test_float64(case, isa, rng):
    x = _float64_points(case, rng)
    _assert_exactly_within(case, case.bound, case(*_inputs(case, x)), np.ones_like(x), x)


def test_float64_any_grad(backward_case, isa, rng):
    x = _float64_points(backward_case, rng)
    grad = np.ldexp(rng.uniform(-1, 1, x.size), rng.integers(-1074, 1024, x.size))
    _assert_exactly_within(backward_case, backward_case.bound_at_any_grad, backward_case(grad, x), grad, x)


def test_large_grad_meets_a_subnormal_derivative_at_full_precision(isa):
    x, grad = np.float32([-95.0, 100.0]), np.float32([1e30, -1e30])
    true = grad * np.exp(-np.abs(x.astype(np.float64)))
    bound = fa.activations["sigmoid"].error_bounds["backward"] + 1
    assert np.all(ulp_error(fa.sigmoid_backward(grad, x), true) <= bound)
