"""The bounds at parameters far from the defaults, against exact numbers.

Parameters that the rows of ops.py hold are tested everywhere else; none of those belongs here.
"""

import flint
import numpy as np
import pytest

import fastact as fa

from .ops import INF, OPS, Case, computing
from .ulp import Exact, within_bound

BITS = 300
FAR = (2.0**-100, 1e-10, 0.3, 7.0, 1e10, 2.0**100)  # of either dtype; products of two may leave float32
SIGNED = FAR + tuple(-value for value in FAR)
SETS = {
    "leaky_relu": [{"negative_slope": value} for value in SIGNED],
    "prelu": [{"weight": value} for value in SIGNED],
    "rrelu": [{"lower": -value, "upper": 3 * value} for value in FAR],
    "hardtanh": [{"min_val": -value, "max_val": value} for value in (*FAR, INF)],
    "hardsigmoid": [
        *({"slope": value, "offset": offset} for value in SIGNED for offset in (0.5, 0.25, -3.0)),
        *({"offset": offset} for offset in (2.0**-30, 0.0, 1.0, 2.0**33)),  # 1 - offset rounds without harm
    ],
    "threshold": [{"threshold": value, "value": -value} for value in SIGNED],
    "hardshrink": [{"lambd": value} for value in SIGNED],
    "softshrink": [{"lambd": value} for value in FAR],
    "elu": [{"alpha": value} for value in SIGNED],
    "celu": [{"alpha": value} for value in SIGNED],
    "selu": [{"alpha": value, "scale": scale} for value in FAR for scale in (2.0**-20, 0.3, 7.0, 2.0**20)],
    "softplus": [{"beta": value} for value in FAR],
    "silu": [{"beta": value} for value in SIGNED],
    "squareplus": [{"b": value} for value in FAR],
}
CASES = [
    case
    for op in OPS
    for direction in op.directions
    if direction in op.record.error_bounds
    for parameters in SETS.get(op.name, ())
    if direction != "backward_from_output" or all(parameters[name] > 0 for name in op.positive_from_output)
    for case in [Case(op, direction, parameters)]
]


def _points(case, dtype, rng):
    """Return points uniform over exponents, next to the turns, and of the parameters' scales."""
    integer = f"i{dtype.itemsize}"
    with np.errstate(all="ignore"):
        turns = case.turns(dtype)
        near = np.maximum(turns.view(integer)[:, None] + np.arange(-1, 2), 0).astype(integer).view(dtype).ravel()
        scales = np.abs([value for value in case.parameters.values() if value and np.isfinite(value)])
        scales = np.concatenate([[1.0], scales, 3 / scales, 40 / scales, 40 * scales])
        scaled = (rng.normal(0, 1, (len(scales), 12)) * scales[:, None]).astype(dtype).ravel()
    anything = rng.integers(0, 2 ** (8 * dtype.itemsize), 60, dtype=f"u{dtype.itemsize}").view(dtype)
    x = np.concatenate([anything, near, -near, scaled])
    return case.defined(x[np.isfinite(x)])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_parameters_far_from_the_defaults(case, dtype, each_isa, rng):
    x = _points(case, dtype, rng)
    with flint.ctx.workprec(BITS):
        true = Exact(map(case.exactly(dtype), map(flint.arb, x.tolist())), dtype)
    for _ in each_isa():
        result = case(x) if case.inputs == 1 else case(np.ones_like(x), x)
        error = true.error(result)
        kept = within_bound(error, true.spacing, x, case.roots, case.bound)
        if not kept.all():
            worst = np.argmax(np.where(kept, -1, error))
            pytest.fail(f"{fa.isa()}: {error[worst]:.3f} ULP at {x[worst]!r}: {result[worst]!r}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_never_nan_and_no_warning(case, dtype, rng):
    """At infinity too, where limits are told, and at the ends of the dtype."""
    info = np.finfo(dtype)
    ends = [0.0, info.smallest_subnormal, info.tiny, 1.0, info.max, INF]
    x = case.defined(np.array([*ends, *(-end for end in ends)], dtype))
    with np.errstate(all="raise"):
        result = case(x) if case.inputs == 1 else case(np.ones_like(x), x)
    assert not np.isnan(result).any(), f"at {x[np.isnan(result)]}"


MIXED = [
    (op, direction)
    for op in OPS
    if op.name in SETS
    for direction in op.directions
    if direction in op.record.error_bounds
]


@pytest.mark.parametrize("of", MIXED, ids=lambda of: f"{of[0].name}-{of[1]}")
def test_neighbours_of_other_parameters(of, any_dtype, each_isa, rng):
    """A vector whose lanes take different ways: each element has the bits that its own parameters give alone."""
    op, direction = of
    sets = [parameters for parameters in op.parameters if parameters] + SETS[op.name]
    cases = [Case(op, direction, {**dict(op.record.parameters), **parameters}) for parameters in sets]
    if direction == "backward_from_output":
        cases = [case for case in cases if all(case.in_full[name] > 0 for name in op.positive_from_output)]
    which = rng.integers(0, len(cases), 4000)
    which[::3] = 0  # usual ones among unusual
    inputs = cases[0].sample(rng, any_dtype, which.size)
    arrays = [
        np.array([case.in_full[name] for case in cases], computing(any_dtype))[which] for name in op.record.parameters
    ]
    for name in each_isa():
        together = cases[0].ufunc(*inputs, *arrays)
        for k, case in enumerate(cases):
            alone = case(*(one[which == k] for one in inputs))
            same = together[which == k].tobytes() == alone.tobytes()
            if not same:
                bits = f"u{any_dtype.itemsize}"
                differ = together[which == k].view(bits) != alone.view(bits)
                pytest.fail(f"{name}: {case.parameters}: {[one[which == k][differ] for one in inputs]}")
