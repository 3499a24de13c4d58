"""What holds for every array, tried by hypothesis on arrays that nobody thought of."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import fastact as fa

from .ulp import ulp_of

# The fixture chooses an instruction set once for all examples, as it should.
settings.register_profile("fastact", suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
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


@given(ARRAYS)
def test_relu_is_idempotent_bit_for_bit(isa, x):
    once = fa.relu(x)
    assert _bits(fa.relu(once)) == _bits(once)


@given(ARRAYS)
def test_relu_is_numpys_maximum(isa, x):
    assert np.array_equal(fa.relu(x), np.maximum(x, 0), equal_nan=True)


@given(ARRAYS)
def test_tanh_is_odd_bit_for_bit(isa, x):
    assert _bits(fa.tanh(-x)) == _bits(-fa.tanh(x))


@given(LINES)
def test_monotone_within_the_bound(isa, x):
    x = np.sort(x)
    for name, record in fa.activations.items():
        y = record.forward(x)
        assert y.dtype == x.dtype
        slack = 2 * record.error_bounds["forward"] * ulp_of(y, y.dtype)
        assert np.all(np.diff(y) >= -np.maximum(slack[1:], slack[:-1])), name


@given(LINES)
def test_sigmoid_is_symmetric_within_rounding(isa, x):
    """sigmoid(-x) = 1 - sigmoid(x): both sides within the bound of the truth, plus one rounding."""
    left, right = fa.sigmoid(-x), 1 - fa.sigmoid(x)
    bound = fa.activations["sigmoid"].error_bounds["forward"]
    spacing = np.maximum(ulp_of(left, left.dtype), ulp_of(np.ones_like(left), left.dtype))
    assert np.all(np.abs(left - right) <= (2 * bound + 1) * spacing)


@given(LINES)
def test_ranges(isa, x):
    assert np.all((fa.sigmoid(x) >= 0) & (fa.sigmoid(x) <= 1))
    assert np.all(np.abs(fa.tanh(x)) <= 1)
    assert np.all(np.abs(fa.tanh(x)) <= np.abs(x))
    ones = np.ones_like(x)
    assert np.all((fa.sigmoid_backward(ones, x) >= 0) & (fa.sigmoid_backward(ones, x) <= 0.25))
    assert np.all((fa.tanh_backward(ones, x) >= 0) & (fa.tanh_backward(ones, x) <= 1))


@given(LINES, st.floats(-8, 8))
def test_leaky_relu_lies_between_relu_and_identity_or_beyond(isa, x, slope):
    y = fa.leaky_relu(x, slope)
    assert np.array_equal(y[x >= 0], x[x >= 0])
    assert np.array_equal(y[x < 0], (x * x.dtype.type(slope))[x < 0])


@given(ARRAYS, st.data())
def test_a_view_gives_what_its_copy_gives(isa, x, data):
    index = data.draw(hnp.basic_indices(x.shape, allow_ellipsis=True))
    view = x[index]
    for record in fa.activations.values():
        assert np.array_equal(record.forward(view), record.forward(np.array(view)), equal_nan=True)
