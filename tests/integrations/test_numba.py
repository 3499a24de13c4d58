"""Every elementwise function inside code that Numba compiles: the same bits as outside."""

import numpy as np
import pytest

pytest.importorskip("numba")

import numba

import fastact as fa

from .arrays import CALLS

# Compiling what takes arrays lasts half a second: every function on a number, a few on arrays, in every way.
each = pytest.mark.parametrize("call", CALLS, ids=lambda call: call[0].__name__)
some = pytest.mark.parametrize("call", CALLS[::11], ids=lambda call: call[0].__name__)
X = np.linspace(-9, 9, 61, dtype=np.float32)


@pytest.fixture(autouse=True, scope="module")
def entry_point():
    """Load the entry point's function where the package is not installed."""
    from importlib.metadata import entry_points

    if not any("fastact" in entry.value for entry in entry_points(group="numba_extensions")):
        from fastact.integrations.numba import init

        init()


def compiled(call):
    function, inputs, parameters = call
    if inputs == 1:
        return numba.njit(lambda x: function(x, *parameters))
    return numba.njit(lambda x: function(x, x, *parameters))


@each
def test_every_function(call):
    function, inputs, parameters = call
    jitted = compiled(call)
    for x in X[::10]:
        result = jitted(x)
        assert result == function(*(np.array([x]),) * inputs, *parameters)[0]


@some
def test_arrays(call):
    function, inputs, parameters = call
    assert np.array_equal(compiled(call)(X), function(*(X,) * inputs, *parameters))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers(dtype):
    @numba.njit
    def loop(x, y):
        for i in range(x.size):
            y[i] = fa.leaky_relu_backward(x[i], fa.gelu(x[i]), 0.3)

    x = X.astype(dtype)
    y = np.empty_like(x)
    loop(x, y)
    assert np.array_equal(y, fa.leaky_relu_backward(x, fa.gelu(x), 0.3))
    one = numba.njit(lambda x: fa.elu(x, -np.inf))(dtype(-1))
    assert np.isnan(one)
    assert numba.njit(lambda x: fa.gelu(x))(dtype(1)) == fa.gelu(np.ones(1, dtype))[0]


def test_parameters_by_name_and_both_forms_of_gelu():
    @numba.njit
    def several(x):
        return fa.hardtanh(x, max_val=2), fa.gelu(x, approximate="tanh"), fa.gelu(x, "none"), fa.softplus(x, beta=2.5)

    expected = several.py_func(X)
    for result, one in zip(several(X), expected, strict=True):
        assert np.array_equal(result, one)


@numba.njit
def into(x, out):
    return fa.silu(x, 1.5, out=out)


def test_out_and_overlaps():
    out = np.empty_like(X)
    assert np.array_equal(into(X, out), fa.silu(X, 1.5))
    assert np.array_equal(out, fa.silu(X, 1.5))
    for shift in (0, 1, 7):
        memory = np.concatenate([X, X])
        into(memory[: X.size], memory[shift : shift + X.size])
        assert np.array_equal(memory[shift : shift + X.size], fa.silu(X, 1.5))
    with pytest.raises(ValueError, match="one shape"):
        into(X, np.empty(3, np.float32))
    with pytest.raises(numba.TypingError, match="out must be"):
        into(X, np.empty(X.size))
    with pytest.raises(numba.TypingError, match="out must be"):
        into(X, np.empty(2 * X.size, np.float32)[::2])


def test_layouts():
    gelu = numba.njit(lambda x: fa.gelu(x))
    whole = np.arange(24, dtype=np.float64).reshape(4, 6) / 4 - 3
    for x in (whole, whole.T, whole[:, ::2], whole[::-1], whole[:0], whole[1, 1:1]):
        assert np.array_equal(gelu(x), fa.gelu(x))
    read_only = whole.copy()
    read_only.flags.writeable = False
    assert np.array_equal(gelu(read_only), fa.gelu(whole))


def test_refusals():
    with pytest.raises(ValueError, match="not admitted"):
        numba.njit(lambda x: fa.softplus(x, 0.0))(X)
    with pytest.raises(numba.TypingError, match="float32 or float64"):
        numba.njit(lambda x: fa.gelu(x))(np.arange(3))
    with pytest.raises(numba.TypingError, match="one dtype"):
        numba.njit(lambda x: fa.gelu_backward(x, 1.0))(X)
    with pytest.raises(ValueError, match="one shape"):
        numba.njit(lambda x: fa.gelu_backward(x, x[1:]))(X)


def test_parallel_and_without_the_gil():
    @numba.njit(nogil=True, parallel=True)
    def rows(x, out):
        for i in numba.prange(x.shape[0]):
            out[i] = fa.mish(x[i])

    x = np.random.default_rng(0).normal(size=(50, 300))
    out = np.empty_like(x)
    rows(x, out)
    assert np.array_equal(out, fa.mish(x))
