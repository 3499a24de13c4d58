"""Parameters of any value as arrays: an element gives what it gives alone, whatever stands beside it in a vector.

The scalar set, which has no neighbours, is the measure. What fuzzing found stands first.
"""

import numpy as np
import pytest

import fastact as fa
from fastact import _core

from .conftest import EACH
from .isas import ISAS
from .ops import DTYPES, INF, NAN

WITH_PARAMETERS = [case for case in EACH if case.in_full and case.op.name not in ("prelu", "rrelu")]
F4 = DTYPES[0]


def _by_each_set(call):
    results = {}
    chosen = fa.isa()
    try:
        for name in dict.fromkeys([*ISAS, "scalar"]):
            _core._use_isa(name)
            results[name] = call()
    finally:
        _core._use_isa(chosen)
    return results, results.pop("scalar")


@pytest.mark.parametrize(
    ("name", "grad", "x", "alpha", "beside", "expected"),
    [
        # NaN became 0 where the exponential had vanished and a neighbour was subnormal.
        ("elu_backward", -1.86, -3e38, NAN, (1.0, -100.0, 1.0), NAN),
        ("selu_backward", -1.86, -3e38, NAN, (1.0, -100.0, 1.0), NAN),
        # inf * 0 became inf beside a slope that grows, or a limit out of the ordinary.
        ("celu_backward", INF, -1000.0, 1.0, (1.0, -500.0, -1.0), NAN),
        ("elu_backward", INF, -1000.0, 1.0, (1.0, -1.0, 1e-30), NAN),
    ],
)
def test_what_was_found(name, grad, x, alpha, beside, expected):
    columns = np.array([(grad, x, alpha), beside] * 16, F4).T.copy()
    given = dict(zip(fa.activations[name.removesuffix("_backward")].parameters, [columns[2]], strict=False))
    results, alone = _by_each_set(lambda: getattr(fa, name)(columns[0], columns[1], **given))
    assert np.array_equal(alone[::2], np.full(16, expected), equal_nan=True)
    for isa, result in results.items():
        assert np.array_equal(result, alone, equal_nan=True), isa


@pytest.mark.parametrize("case", WITH_PARAMETERS, ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_any_neighbours(case, dtype, rng):
    n = 12_000
    info = np.finfo(dtype)
    special = [0, -0.0, 1, -1, 0.5, 27, -27, 700, -700, INF, -INF, NAN, info.tiny, info.max, -info.max, 1e-30, 1e20]
    with np.errstate(all="ignore"):
        special = np.array([*special, info.smallest_subnormal, -1e-30, 2.0**-100], dtype)

        def some(share):
            return np.where(rng.random(n) < share, rng.choice(special, n), rng.normal(0, 3, n).astype(dtype))

        inputs = [some(0.3) for _ in range(case.inputs)]
        parameters = {name: some(0.4) for name in case.in_full}
    results, alone = _by_each_set(lambda: case.function(*inputs, **parameters))
    for isa, result in results.items():
        wrong = ~((result == alone) | (np.isnan(result) & np.isnan(alone)))
        at = np.flatnonzero(wrong)[:1]
        assert not wrong.any(), (
            f"{isa}: {result[at]}, alone {alone[at]}, of {[one[at] for one in (*inputs, *parameters.values())]}"
        )
