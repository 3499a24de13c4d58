"""scikit-learn with our functions: the same networks, and everything as it was afterwards."""

import pickle
import threading

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_digits, make_regression
from sklearn.neural_network import MLPClassifier, MLPRegressor, _base

import fastact as fa
from fastact.integrations import sklearn as integration

OURS = [(_base.ACTIVATIONS, name) for name in ("logistic", "tanh", "relu", "softmax")]
OURS += [(_base.DERIVATIVES, name) for name in ("logistic", "tanh", "relu")]
THEIRS = [entries[name] for entries, name in OURS]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def is_patched():
    same = [entries[name] is theirs for (entries, name), theirs in zip(OURS, THEIRS, strict=True)]
    assert len(set(same)) == 1
    return not same[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["logistic", "tanh", "relu"])
def test_functions(name, dtype, rng):
    x = rng.normal(size=(200, 100)).astype(dtype) * 5
    delta = rng.normal(size=x.shape).astype(dtype)
    expected, expected_delta = x.copy(), delta.copy()
    _base.ACTIVATIONS[name](expected)
    _base.DERIVATIVES[name](expected, expected_delta)
    with integration.patched():
        assert _base.ACTIVATIONS[name](x) is None
        _base.DERIVATIVES[name](x, delta)
    assert np.allclose(x, expected, rtol=8 * np.finfo(dtype).eps, atol=0)
    # 1 - z from a rounded z: scikit-learn's own error, relative to 1
    assert np.allclose(delta, expected_delta, rtol=0, atol=1e2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax(dtype, rng):
    x = rng.normal(size=(200, 10)).astype(dtype) * 5
    expected = x.copy()
    _base.ACTIVATIONS["softmax"](expected)
    with integration.patched():
        _base.ACTIVATIONS["softmax"](x)
    assert np.allclose(x, expected, rtol=32 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("activation", ["logistic", "tanh", "relu"])
def test_same_loss_curve(activation):
    x, y = load_digits(return_X_y=True)

    def curve():
        return MLPClassifier(activation=activation, max_iter=5, random_state=0).fit(x / 16, y).loss_curve_

    expected = curve()
    with integration.patched():
        assert np.allclose(curve(), expected, rtol=0, atol=1e-5)


def test_regression_in_float32():
    x, y = make_regression(200, 10, random_state=0)
    with integration.patched():
        model = MLPRegressor(activation="logistic", max_iter=3, random_state=0).fit(x.astype(np.float32), y)
        assert model.predict(x.astype(np.float32)).dtype == np.float32


def test_patch_and_unpatch():
    assert not is_patched()
    integration.patch()
    integration.patch()
    assert is_patched()
    with integration.patched():
        integration.unpatch()
        assert is_patched()
    assert not is_patched()
    with integration.patched():
        integration.patch()
    assert is_patched()
    integration.unpatch()
    integration.unpatch()
    assert not is_patched()


def test_put_back_after_an_error():
    with pytest.raises(KeyError), integration.patched():
        raise KeyError
    assert not is_patched()


def test_what_others_replaced_meanwhile_stays():
    def another(X):
        pass

    try:
        with integration.patched():
            _base.ACTIVATIONS["relu"] = another
        assert _base.ACTIVATIONS["relu"] is another
        assert _base.ACTIVATIONS["tanh"] is THEIRS[1]
    finally:
        _base.ACTIVATIONS["relu"] = THEIRS[2]
    assert not is_patched()


def test_threads_enter_and_leave_in_any_order():
    wrong = []
    start = threading.Barrier(8)

    def work():
        start.wait()
        for _ in range(200):
            with integration.patched():
                if not is_patched():
                    wrong.append("not patched inside")

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
    assert not is_patched()


def test_a_fitted_estimator_pickles():
    x, y = load_digits(return_X_y=True)
    with integration.patched():
        model = MLPClassifier(max_iter=2, random_state=0).fit(x[:200] / 16, y[:200])
    again = pickle.loads(pickle.dumps(model))
    assert np.allclose(again.predict_proba(x), model.predict_proba(x), rtol=0, atol=1e-12)


def test_our_relu_derivative_is_theirs_bit_for_bit(rng):
    z = fa.relu(rng.normal(size=(50, 40)))
    delta = rng.normal(size=z.shape)
    ours, theirs = delta.copy(), delta.copy()
    with integration.patched():
        _base.DERIVATIVES["relu"](z, ours)
    _base.DERIVATIVES["relu"](z, theirs)
    assert np.array_equal(ours, theirs)
