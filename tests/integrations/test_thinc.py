"""Thinc's operators as ours: its conventions of writing in place, any layout, the same training."""

import inspect

import numpy as np
import pytest

pytest.importorskip("thinc")

from thinc.api import Adam, Mish, NumpyOps, Ops, Relu, Softmax, chain, fix_random_seed, get_ops, use_ops

from fastact.integrations.thinc import FastactOps

OURS, THEIRS = FastactOps(), NumpyOps()

# What the operator takes beside X, dY and Y.
FORWARD = {
    "sigmoid": {},
    "relu": {},
    "relu_k": {"n": 3.0},
    "clipped_linear": {"slope": 0.7, "offset": -0.1, "min_val": -0.5, "max_val": 0.5},
    "hard_sigmoid": {},
    "hard_tanh": {},
    "swish": {},
    "hard_swish": {},
    "hard_swish_mobilenet": {},
    "dish": {},
    "gelu": {},
    "gelu_approx": {},
    "mish": {},
    "dsigmoid": {},
    "dtanh": {},
}
BACKWARD = [name for name in FORWARD if hasattr(OURS, f"backprop_{name}")]
# Thinc's own error, in either dtype: its coefficients for the error function and for gelu_approx have so many digits.
APPROXIMATE = {"gelu": 5e-7, "backprop_gelu": 2e-6, "backprop_gelu_approx": 1e-5}


def tolerance(name, dtype):
    return max(APPROXIMATE.get(name, 0), 20 * np.finfo(dtype).eps)


def arguments(name, values):
    """Return the arrays that the operator takes, in its order, and its other arguments."""
    if name == "backprop_swish":
        values = values | {"Y": THEIRS.swish(values["X"])}
    names = [one for one in inspect.signature(getattr(Ops, name)).parameters if one in values]
    return [values[one].copy() for one in names], FORWARD[name.removeprefix("backprop_")]


@pytest.fixture(params=[np.float32, np.float64], ids=lambda dtype: dtype.__name__)
def values(request, rng):
    x, grad = rng.normal(size=(2, 37, 64)).astype(request.param) * 4
    # As Y the output of whatever it may be: in (0, 1).
    return {"X": x, "Y": rng.uniform(0.01, 0.99, x.shape).astype(request.param), "dY": grad}


@pytest.mark.parametrize("name", [*FORWARD, *(f"backprop_{name}" for name in BACKWARD)])
def test_operators(name, values):
    arrays, others = arguments(name, values)
    expected = getattr(THEIRS, name)(*(one.copy() for one in arrays), **others)
    given = [one.copy() for one in arrays]
    result = getattr(OURS, name)(*given, **others)
    assert result.dtype == values["X"].dtype
    error = np.abs(result - expected) / (1 + np.abs(expected))
    assert error.max() <= tolerance(name, result.dtype)
    assert all(np.array_equal(one, before) for one, before in zip(given, arrays, strict=True))

    overwritten = 1 if name == "backprop_sigmoid" else 0
    in_place = getattr(OURS, name)(*given, **others, inplace=True)
    assert in_place is given[overwritten]
    assert np.array_equal(in_place, result)
    for i, one in enumerate(given):
        assert i == overwritten or np.array_equal(one, arrays[i])


@pytest.mark.parametrize("name", [*FORWARD, *(f"backprop_{name}" for name in BACKWARD)])
def test_not_contiguous(name, values):
    arrays, others = arguments(name, values)
    expected = getattr(OURS, name)(*arrays, **others)
    around = [np.stack([one, np.full_like(one, 7)], axis=-1) for one in arrays]
    result = getattr(OURS, name)(*(one[..., 0] for one in around), **others)
    assert np.array_equal(result, expected)
    getattr(OURS, name)(*(one[..., 0] for one in around), **others, inplace=True)
    assert all((one[..., 1] == 7).all() for one in around)
    overwritten = 1 if name == "backprop_sigmoid" else 0
    assert np.array_equal(around[overwritten][..., 0], expected)


@pytest.mark.parametrize("pieces", [1, 2, 3, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_maxout(dtype, pieces, rng):
    x = rng.normal(size=(17, 9, pieces)).astype(dtype)
    x[0] = 1  # of equal pieces the first
    best, which = OURS.maxout(x)
    their_best, their_which = THEIRS.maxout(x)
    assert best.dtype == dtype
    assert which.dtype == np.int32
    assert np.array_equal(best, their_best)
    assert np.array_equal(which[1:], their_which[1:])
    assert not which[0].any()
    grad = rng.normal(size=best.shape).astype(dtype)
    result = OURS.backprop_maxout(grad, their_which, pieces)
    assert result.dtype == dtype
    assert np.array_equal(result, THEIRS.backprop_maxout(grad, their_which, pieces))
    around = np.stack([x, x + 9], axis=-1)
    assert np.array_equal(OURS.maxout(around[..., 0])[0], best)
    assert OURS.maxout(x[:0])[0].shape == (0, 9)


@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_softmax(values, axis, temperature):
    x, grad = values["X"], values["dY"]
    eps = np.finfo(x.dtype).eps
    y = OURS.softmax(x, axis=axis, temperature=temperature)
    expected = THEIRS.softmax(x, axis=axis, temperature=temperature)
    assert y.dtype == x.dtype
    assert np.allclose(y, expected, rtol=64 * eps, atol=0)
    dx = OURS.backprop_softmax(y, grad, axis=axis, temperature=temperature)
    assert dx.dtype == x.dtype
    assert np.allclose(dx, THEIRS.backprop_softmax(y, grad, axis=axis, temperature=temperature), rtol=0, atol=64 * eps)
    in_place = x[:, ::2].copy()
    padded = np.repeat(in_place, 2, axis=1)
    OURS.softmax(padded[:, ::2], axis=axis, temperature=temperature, inplace=True)
    assert np.array_equal(padded[:, ::2], OURS.softmax(in_place, axis=axis, temperature=temperature))
    assert np.array_equal(padded[:, 1::2], in_place)


def test_thincs_own_relu_is_wrong_where_ours_is_right():
    """If this fails Thinc has mended it, and the docs need not say so."""
    x = np.array([[-1, -7], [-1, -7]], np.float32)
    THEIRS.relu(x[:, 0], inplace=True)
    assert x.tolist() == [[0, 0], [-1, -7]]
    x = np.array([[-1, -7], [-1, -7]], np.float32)
    OURS.relu(x[:, 0], inplace=True)
    assert x.tolist() == [[0, -7], [0, -7]]


@pytest.mark.parametrize("name", [f"backprop_{name}" for name in BACKWARD if name != "sigmoid"])
def test_shapes_do_not_broadcast(name):
    count = len(arguments(name, {"X": np.ones(1), "Y": np.ones(1), "dY": np.ones(1)})[0])
    with pytest.raises(ValueError, match=r"incompatible shapes|broadcast"):
        getattr(OURS, name)(*[np.ones((3, 4), np.float32)] * (count - 1), np.ones((1, 5), np.float32))


def test_signatures_are_those_of_ops():
    for name in vars(FastactOps):
        method = getattr(FastactOps, name)
        if callable(method):
            ours = inspect.signature(method).parameters.values()
            theirs = inspect.signature(getattr(Ops, name)).parameters.values()
            assert [(one.name, one.default, one.kind) for one in ours] == [
                (one.name, one.default, one.kind) for one in theirs
            ], name


def test_a_lower_threshold_of_mish_is_thincs(values):
    x = values["X"]
    assert np.array_equal(OURS.mish(x, threshold=2.0), THEIRS.mish(x, threshold=2.0))
    assert np.array_equal(OURS.backprop_mish(x, x, threshold=2.0), THEIRS.backprop_mish(x, x, threshold=2.0))


def test_found_by_name():
    assert isinstance(get_ops("fastact"), FastactOps)
    with use_ops("fastact"):
        assert isinstance(Relu(2, 2).ops, FastactOps)


def trained(name):
    """Return how well a small network has learnt to tell rings apart, and its predictions."""
    fix_random_seed(0)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 4)).astype(np.float32)
    y = np.eye(2, dtype=np.float32)[(np.sum(x * x, axis=1) > 3.4).astype(int)]
    with use_ops(name):
        model = chain(Mish(24), Relu(24), Softmax())
        model.initialize(X=x[:8], Y=y[:8])
        optimizer = Adam(0.02)
        for _ in range(25):
            for batch, truth in model.ops.multibatch(60, x, y, shuffle=False):
                predicted, backprop = model.begin_update(batch)
                backprop(predicted - truth)
                model.finish_update(optimizer)
        predicted = model.predict(x)
    return np.mean(predicted.argmax(axis=1) == y.argmax(axis=1)), predicted


def test_a_model_trains_alike():
    ours, our_predictions = trained("fastact")
    theirs, their_predictions = trained("numpy")
    assert theirs > 0.95
    assert abs(ours - theirs) <= 0.005
    assert np.mean(our_predictions.argmax(axis=1) == their_predictions.argmax(axis=1)) > 0.99
