"""autograd's own gradient checker on every function of ours."""

import numpy as np
import pytest

pytest.importorskip("autograd")

import autograd.numpy as anp
from autograd import elementwise_grad, grad, jacobian, make_vjp
from autograd.test_util import check_grads

import fastact as fa
from fastact.integrations import autograd as ours

# Away from every breakpoint, where the quotient of differences that the checker takes is no derivative.
X = np.array([[-7.3, -3.7, -1.9, -0.77, -0.31], [0.23, 0.67, 1.3, 2.4, 6.9]])
PARAMETERS = {"prelu": (0.3,), "threshold": (0.4, -1.2)}


ELEMENTWISE = [record.name for record in fa.activations.values() if record.kind == "elementwise"]
ROWS = [record.name for record in fa.activations.values() if record.kind == "rows"]
GATED = [record.name for record in fa.activations.values() if record.kind == "gated" and record.name != "maxout"]


def test_every_function_is_there():
    assert set(ours.__all__) == {*ELEMENTWISE, *ROWS, *GATED}


@pytest.mark.parametrize("name", ROWS)
def test_rows(name):
    for axis in (-1, 0):
        check_grads(lambda x, axis=axis: getattr(ours, name)(x, axis=axis), modes=["rev"], order=1)(X)
    assert grad(lambda x: anp.sum(getattr(ours, name)(x)[0]))(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("name", GATED)
def test_gates(name, rng):
    function = getattr(ours, name)
    if name in ("glu", "crelu"):
        check_grads(lambda x: function(x, axis=0), modes=["rev"], order=1)(X)
    else:
        up = rng.normal(size=X.shape)
        check_grads(function, modes=["rev"], order=1)(X, up)
        check_grads(function, modes=["rev"], order=1)(X[:1], up)
        check_grads(function, modes=["rev"], order=1)(X, up[:, :1])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_gradients(name):
    function, parameters = getattr(ours, name), PARAMETERS.get(name, ())
    check_grads(lambda x: function(x, *parameters), modes=["fwd", "rev"], order=1)(X)
    check_grads(lambda x: function(x, *parameters), modes=["fwd", "rev"], order=1)(0.4321)
    expected = fa.activations[name].backward(np.ones_like(X), X, *parameters)
    expected = expected[0] if name == "prelu" else expected
    assert np.array_equal(elementwise_grad(function)(X, *parameters), expected)
    assert np.array_equal(function(X, *parameters), getattr(fa, name)(X, *parameters))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes(dtype):
    result = elementwise_grad(ours.silu)(X.astype(dtype), beta=1.5)
    assert result.dtype == dtype


def test_parameters_by_name_and_forms_of_gelu():
    for approximate in ("none", "tanh"):
        check_grads(lambda x, form=approximate: ours.gelu(x, approximate=form), modes=["fwd", "rev"], order=1)(X)
    check_grads(lambda x: ours.hardtanh(x, max_val=2.0), modes=["fwd", "rev"], order=1)(X)


def test_parameters_that_broadcast_x():
    slopes = np.array([[0.1], [0.2], [0.3]])
    check_grads(lambda x: ours.leaky_relu(x, slopes), modes=["rev"], order=1)(X[0])


@pytest.mark.parametrize("shape", [(), (5,), (2, 1), (2, 5)])
def test_the_weight_of_prelu(shape, rng):
    weight = rng.uniform(0.1, 0.9, shape)
    check_grads(lambda w: ours.prelu(X, w), modes=["rev"], order=1)(weight)
    check_grads(lambda x: ours.prelu(x, weight), modes=["rev"], order=1)(X)
    if shape == (5,):
        check_grads(lambda w: ours.prelu(X, w, axis=1), modes=["rev"], order=1)(weight)


def test_in_a_network(rng):
    x, w, v = rng.normal(size=(8, 5)), rng.normal(size=(5, 6)), rng.normal(size=6)

    def loss(w, gelu):
        return anp.sum(anp.dot(gelu(anp.dot(x, w)), v) ** 2)

    def tanh_form(z):
        return 0.5 * z * (1 + anp.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))

    assert np.allclose(grad(loss)(w, lambda z: ours.gelu(z, "tanh")), grad(loss)(w, tanh_form), rtol=1e-10)
    assert np.allclose(np.diagonal(jacobian(ours.mish)(v)), elementwise_grad(ours.mish)(v), rtol=1e-14)


def test_tails_are_right_where_autograds_tanh_overflows():
    x = np.array([-800.0, 800.0])
    assert elementwise_grad(ours.tanh)(x).tolist() == [0, 0]


def test_derivatives_are_linear_in_grad_and_no_second_ones(rng):
    check_grads(lambda g: make_vjp(ours.softplus)(X)[0](g), modes=["rev"], order=1)(rng.normal(size=X.shape))
    with pytest.raises(NotImplementedError):
        elementwise_grad(elementwise_grad(ours.softplus))(X)


@pytest.mark.parametrize("wrong", [{"out": np.zeros(3)}, {"where": False}, {"dtype": "f4"}])
def test_nothing_but_parameters(wrong):
    with pytest.raises(TypeError, match="relu takes arrays here and nothing else"):
        ours.relu(np.zeros(3), **wrong)
    with pytest.raises(TypeError, match="nothing else"):
        ours.relu(np.zeros(3), np.zeros(3))
    with pytest.raises(TypeError, match="nothing else"):
        ours.rrelu(np.zeros(3), rng=1)
