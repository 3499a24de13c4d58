"""The bounds of the table, asserted as they stand: float32 on a slice of all inputs, float64 by exact numbers.

What is measured here in part, `make sweep` measures in full; no reference and no bound is kept here.
"""

import flint
import numpy as np
import pytest

import fastact as fa

from .ops import CASES
from .ulp import Exact, ulp_error

F4, F8 = np.dtype(np.float32), np.dtype(np.float64)
BITS = 200
STRIDE = 16_381  # a prime: a quarter of a million of the 2**32 float32 inputs
NEAR = 0.06  # how far around a root points are drawn
EXACT_GRADS = (2.0**100, 2.0**-100)


def _first(case):
    """Tell whether it is the case with the defaults, or with the first parameters of its row."""
    return case.parameters in ({}, case.op.parameters[0])


def _inputs(case, x):
    return (x,) if case.inputs == 1 else (np.ones_like(x), x)


def _around_turns(case, dtype, reach):
    """Return the numbers next to those at which a formula changes its form, of both signs."""
    turns = case.turns(dtype)
    integer = f"i{dtype.itemsize}"
    bits = np.maximum(turns.view(integer)[:, None] + np.arange(-reach, reach + 1), 0)
    near = bits.astype(integer).view(dtype).ravel()
    near = near[np.isfinite(near)]
    return np.concatenate([near, -near])


def _around_roots(case, rng, n):
    return np.concatenate([root + rng.uniform(-NEAR, NEAR, n) for root in case.roots] or [np.empty(0)])


def _assert_within(bound, result, true, x, grad=None):
    """Compare float32 with float64; a product with `grad` that overflows may be anything."""
    overflows = np.zeros(x.shape, bool) if grad is None else ~(np.abs(true) <= np.finfo(result.dtype).max)
    _assert_kept(bound, result, ulp_error(result, true), overflows, x, grad)


def _assert_exactly_within(bound, result, true, x, grad=None):
    """Compare float64 with exact numbers likewise."""
    overflows = np.zeros(x.shape, bool) if grad is None else np.isinf(true.whole)
    _assert_kept(bound, result, true.error(result), overflows, x, grad)


def _assert_kept(bound, result, error, overflows, x, grad):
    kept = overflows | (error <= bound)
    if not kept.all():
        worst = np.argmax(np.where(kept, -1, error))
        at = f"{x[worst]!r}" + (f", grad {grad[worst]!r}" if grad is not None else "")
        pytest.fail(f"{fa.isa()}: {error[worst]:.4g} ULP at {at}: {result[worst]!r}")


def _compare(case, each_isa, x):
    true = case.reference(x.astype(F8), x.dtype)
    for _ in each_isa():
        _assert_within(case.bound, case(*_inputs(case, x)), true, x)


def test_float32_slice(case, each_isa):
    stride = STRIDE if _first(case) else STRIDE * 4
    x = np.arange(17, 2**32, stride, dtype=np.uint32).view(F4)
    _compare(case, each_isa, case.defined(x[np.isfinite(x)]))


# Where formulas that are no more broke the bound, as walks over every input found.
BROKEN_BEFORE = {
    "silu": "-0x1.5cac46p4",
    "gelu": "-0x1.baad9cp1",
    "gelu_tanh_backward": "-0x1.93444ep1",
}


@pytest.mark.parametrize("case", [case for case in CASES if case.name in BROKEN_BEFORE], ids=str)
def test_float32_broken_before(case, each_isa):
    _compare(case, each_isa, np.array([float.fromhex(BROKEN_BEFORE[case.name])], F4))


def test_float32_turns(case, each_isa, rng):
    x = np.concatenate([_around_turns(case, F4, 500), _around_roots(case, rng, 5000).astype(F4)])
    _compare(case, each_isa, case.defined(x))


def test_float32_any_grad(backward_case, each_isa, rng):
    case = backward_case
    n = 20_000 if _first(case) else 5000
    anything = rng.integers(0, 2**32, n, dtype=np.uint32).view(F4)
    parts = [rng.uniform(-220, 220, n), rng.normal(0, 3, n), rng.uniform(-1, 1, n), _around_roots(case, rng, n)]
    x = np.concatenate([anything[np.isfinite(anything)], *parts]).astype(F4)
    x = np.concatenate([case.defined(x), case.defined(_around_turns(case, F4, 4))])
    random = rng.integers(0, 2**32, x.size, dtype=np.uint32).view(F4).copy()
    random[~np.isfinite(random) | (random == 0)] = 1
    derivative = case.reference(x.astype(F8), x.dtype)
    for grad in (random, *(np.full_like(x, value) for value in EXACT_GRADS)):
        with np.errstate(over="ignore"):
            true = grad.astype(F8) * derivative
        for _ in each_isa():
            _assert_within(case.bound_at_any_grad, case(grad, x), true, x, grad)


def _float64_points(case, rng):
    """Return points uniform over exponents, around 0, through the tail and next to roots and turns."""
    n = 250 if _first(case) else 80
    bits = rng.integers(0, 2**64, n, dtype=np.uint64).view(F8)
    parts = [rng.uniform(-760, 760, n), rng.normal(0, 3, n), rng.uniform(-1, 1, n), _around_roots(case, rng, n)]
    x = np.concatenate([bits[np.isfinite(bits)], *parts, _around_turns(case, F8, 2 if _first(case) else 1)])
    return case.defined(x)


def test_float64(case, each_isa, rng):
    x = _float64_points(case, rng)
    with flint.ctx.workprec(BITS):
        true = Exact(map(case.exactly(F8), map(flint.arb, x.tolist())), F8)
    for _ in each_isa():
        _assert_exactly_within(case.bound, case(*_inputs(case, x)), true, x)


def test_float64_any_grad(backward_case, each_isa, rng):
    case = backward_case
    x = _float64_points(case, rng)
    random = np.ldexp(rng.uniform(0.5, 1, x.size) * rng.choice([-1, 1], x.size), rng.integers(-1073, 1025, x.size))
    with flint.ctx.workprec(BITS):
        derivative = list(map(case.exactly(F8), map(flint.arb, x.tolist())))
        for grad in (random, *(np.full_like(x, value) for value in EXACT_GRADS)):
            true = Exact([flint.arb(one) * at for one, at in zip(grad.tolist(), derivative, strict=True)], F8)
            for _ in each_isa():
                _assert_exactly_within(case.bound_at_any_grad, case(grad, x), true, x, grad)


@pytest.mark.parametrize("name", ["sigmoid", "silu", "mish", "softplus"])
def test_large_grad_meets_a_subnormal_derivative_at_full_precision(isa, name):
    """All of these decay as exp(x), silu and mish with a factor."""
    record = fa.activations[name]
    x, grad = np.float32([-95.0, -100.0]), np.float32([1e30, -1e30])
    wide = x.astype(np.float64)
    true = grad * np.exp(wide) * (1 + wide if name in ("silu", "mish") else 1)
    assert np.all(ulp_error(record.backward(grad, x), true) <= record.error_bounds["backward"] + 1)
