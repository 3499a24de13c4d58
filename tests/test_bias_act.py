"""Biased activations: the unfused pair bit for bit, and sums in one order whatever the layout, set and threads."""

import math

import ml_dtypes
import numpy as np
import pytest

import fastact as fa

from .layouts import LAYOUTS
from .test_gates import Array, same, sample

NAMES = [name for name, record in fa.activations.items() if record.kind == "elementwise"]
REQUIRED = {"prelu": {"weight": 0.25}, "threshold": {"threshold": 0.5, "value": -2.0}}
OTHERS = {
    "leaky_relu": {"negative_slope": 0.3},
    "elu": {"alpha": 0.5},
    "selu": {"alpha": 1.5, "scale": 2.0},
    "silu": {"beta": 1.5},
    "hardtanh": {"min_val": -0.5, "max_val": 2},
    "gelu": {"approximate": "tanh"},
}
F4, F8 = np.dtype(np.float32), np.dtype(np.float64)


def _aligned(bias, ndim, axis):
    return bias.reshape([-1 if i == axis % ndim else 1 for i in range(ndim)])


def _backward(name, grad, x, **parameters):
    with np.errstate(all="ignore"):
        result = getattr(fa, f"{name}_backward")(grad, x, **parameters)
    return result[0] if type(result) is tuple else result


def _sums(dx, axis):
    """Return the sums in the order that is promised: 16 lanes, blocks of 1024, blocks pairwise as in counting."""
    rows = np.moveaxis(dx, axis, 0).astype(F8).reshape(dx.shape[axis], -1)
    result = np.zeros(len(rows))
    for k, row in enumerate(rows):
        levels = []  # (length, sum)
        for start in range(0, row.size, 1024):
            lanes = np.zeros(16)
            block = row[start : start + 1024]
            for i in range(0, block.size, 16):
                lanes[: len(block[i : i + 16])] += block[i : i + 16]
            total = 0.0
            for lane in lanes:
                total += lane
            levels.append((1, total))
            while len(levels) > 1 and levels[-1][0] == levels[-2][0]:
                (length, right), (_, left) = levels.pop(), levels.pop()
                levels.append((2 * length, left + right))
        total = 0.0
        for _, one in reversed(levels):
            total = one + total
        result[k] = total
    return result


@pytest.mark.parametrize("name", NAMES)
def test_the_unfused_pair(name, isa, any_dtype, rng):
    activation = getattr(fa, name)
    for parameters in (REQUIRED.get(name, {}), *([OTHERS[name]] if name in OTHERS else [])):
        for shape in ((3, 7, 40), (1, 1100), (5,), (2, 0)):
            x, grad = sample(rng, any_dtype, *shape), rng.normal(size=shape).astype(any_dtype)
            for axis in range(-len(shape), len(shape)):
                bias = rng.normal(size=shape[axis]).astype(any_dtype)
                with np.errstate(all="ignore"):
                    total = x + _aligned(bias, len(shape), axis)
                with np.errstate(all="raise"):
                    y = fa.bias_act(x, bias, name, axis, **parameters)
                    dx, dbias = fa.bias_act_backward(grad, x, bias, name, axis, **parameters)
                    of_sum = fa.bias_act_backward(grad, total, None, name, axis, **parameters)
                assert same(y, activation(total, **parameters))
                assert same(dx, _backward(name, grad, total, **parameters)) and same(of_sum[0], dx)
                assert dbias.shape == bias.shape and dbias.dtype == bias.dtype and same(of_sum[1], dbias)


@pytest.mark.parametrize(
    "shape, axis",
    [((2500, 3), 1), ((1100, 70), 1), ((40, 2100), -1), ((3, 5, 700), 1), ((2, 9000), 0), ((2, 3, 4, 6), 2)],
)
def test_sums(shape, axis, isa, any_dtype, rng):
    grad, x = (rng.normal(size=shape).astype(any_dtype) for _ in range(2))
    bias = rng.normal(size=shape[axis]).astype(any_dtype)
    dx, dbias = fa.bias_act_backward(grad, x, bias, "silu", axis)
    expected = _sums(dx, axis)
    single = expected if any_dtype == F8 else expected.astype(F4)
    if any_dtype.itemsize > 2:
        assert np.array_equal(dbias, single.astype(any_dtype))
    else:
        assert np.abs(dbias.astype(F8) - expected).max() <= np.abs(expected).max() * float(
            ml_dtypes.finfo(any_dtype).eps
        )
    rows = np.moveaxis(dx, axis, 0).astype(F8).reshape(shape[axis], -1)
    exact = np.array([math.fsum(row) for row in rows])
    assert (np.abs(expected - exact) <= 1e-14 * np.abs(rows).sum(1)).all()


def test_sums_do_not_depend_on_layout(isa, any_dtype, rng):
    for shape, axis in (((30, 50, 7), 1), ((1500, 6), 1), ((5, 400, 3), 0), ((12, 300), 1)):
        grad, x = (rng.normal(size=shape).astype(any_dtype) for _ in range(2))
        bias = rng.normal(size=shape[axis]).astype(any_dtype)
        expected = fa.bias_act_backward(grad, x, bias, "gelu", axis)
        forms = [np.asfortranarray, lambda a: a[::-1].copy()[::-1], lambda a: np.repeat(a, 2, -1)[..., ::2]]
        forms += [
            lambda a: a.astype(a.dtype.newbyteorder()),
            lambda a: np.moveaxis(np.moveaxis(a, 0, -1).copy(), -1, 0),
        ]
        for form in forms:
            assert all(map(same, fa.bias_act_backward(form(grad), form(x), bias, "gelu", axis), expected))
        out = (np.asfortranarray(np.empty_like(x)), np.empty_like(bias))
        result = fa.bias_act_backward(grad, x, bias, "gelu", axis, out=out)
        assert result[0] is out[0] and result[1] is out[1] and all(map(same, result, expected))


def test_same_bits_by_any_set_and_number_of_threads(each_isa, any_dtype, rng):
    x, grad = (rng.normal(size=(40, 96, 100)).astype(any_dtype) for _ in range(2))
    before = fa._core._worth_waking(0)
    seen = []
    try:
        for _ in each_isa():
            for count in (1, 3):
                with fa.threads(count):
                    results = []
                    for axis in range(3):
                        bias = grad[(0,) * axis + (slice(None),) + (0,) * (2 - axis)].copy()
                        results += [
                            fa.bias_act(x, bias, "gelu", axis),
                            *fa.bias_act_backward(grad, x, bias, "gelu", axis),
                        ]
                    seen.append([one.tobytes() for one in results])
    finally:
        fa._core._worth_waking(before)
    assert all(one == seen[0] for one in seen)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout, any_dtype, rng):
    x, grad = (rng.normal(size=1500).astype(any_dtype) for _ in range(2))
    bias = rng.normal(size=1500).astype(any_dtype)
    laid = LAYOUTS[layout]
    assert same(fa.bias_act(laid(x), laid(bias), "gelu"), fa.bias_act(x, bias, "gelu"))
    results = fa.bias_act_backward(laid(grad), laid(x), laid(bias), "gelu")
    assert all(map(same, results, fa.bias_act_backward(grad, x, bias, "gelu")))


def test_in_place_and_overlap(isa, any_dtype, rng):
    x, grad = (rng.normal(size=(30, 50)).astype(any_dtype) for _ in range(2))
    for axis in (0, 1):
        bias = rng.normal(size=x.shape[axis]).astype(any_dtype)
        expected = fa.bias_act(x, bias, "gelu", axis)
        copy = x.copy()
        assert fa.bias_act(copy, bias, "gelu", axis, out=copy) is copy and same(copy, expected)
        copy = x.copy()
        own = copy[0, :] if axis else copy[:, 0]
        again = own.copy()
        assert same(fa.bias_act(copy, own, "gelu", axis, out=copy), fa.bias_act(x, again, "gelu", axis))
        for k in range(2):
            given = [grad.copy(), x.copy()]
            results = fa.bias_act_backward(*given, bias, "gelu", axis, out=(given[k], bias.copy()))
            assert all(map(same, results, fa.bias_act_backward(grad, x, bias, "gelu", axis)))
        memory = np.empty((34, 50), any_dtype)
        for shift in (1, 3):
            memory[:30] = x
            assert same(fa.bias_act(memory[:30], bias, "gelu", axis, out=memory[shift : 30 + shift]), expected)
            memory[shift : 30 + shift] = x
            assert same(fa.bias_act(memory[shift : 30 + shift], bias, "gelu", axis, out=memory[:30]), expected)


def test_dtypes(rng):
    x, bias = rng.normal(size=(4, 6)), rng.normal(size=6)
    assert fa.bias_act(x.astype(F4), bias).dtype == F8 and fa.bias_act(x.astype(F4), bias.astype("f2")).dtype == F4
    assert same(fa.bias_act(x.astype(F4), bias, "gelu"), fa.gelu(x.astype(F4) + bias))
    dx, dbias = fa.bias_act_backward(x, x.astype(F4), bias.astype("f2"), "gelu")
    assert dx.dtype == F8 and dbias.dtype == np.float16
    assert same(dx, fa.gelu_backward(x, x.astype(F4) + bias.astype("f2")))
    integers = rng.integers(-100, 100, (4, 6)).astype(np.int8)
    assert same(fa.bias_act(integers, integers[0]), fa.relu(integers + integers[0]))
    assert same(fa.bias_act(integers, integers[0], "sigmoid"), fa.sigmoid(integers + integers[0]))
    assert same(fa.bias_act(integers, bias.astype(F4), "sigmoid"), fa.sigmoid(integers + bias.astype(F4)))
    dx, dbias = fa.bias_act_backward(x.astype(F4), integers, integers[0], "sigmoid")
    assert same(dx, fa.sigmoid_backward(x.astype(F4), integers + integers[0])) and dbias.dtype == F4
    assert fa.bias_act(x.astype("f2"), bias.astype(ml_dtypes.bfloat16)).dtype == F4
    assert same(
        fa.bias_act(x.astype(F4), bias.astype(F4), "gelu", dtype=F8), fa.gelu(x.astype(F4).astype(F8) + bias.astype(F4))
    )
    assert same(fa.bias_act(x, None, "gelu"), fa.gelu(x))
    assert same(fa.bias_act(x.tolist(), bias.tolist(), "gelu"), fa.bias_act(x, bias, "gelu"))


def test_other_parameters_and_arrays(rng):
    x, grad, bias = rng.normal(size=(4, 6)), rng.normal(size=(4, 6)), rng.normal(size=6)
    total, slopes = x + bias, rng.uniform(0, 1, 6)
    assert same(fa.bias_act(x, bias, "leaky_relu", negative_slope=slopes), fa.leaky_relu(total, slopes))
    dx, dbias = fa.bias_act_backward(grad, x, bias, "leaky_relu", negative_slope=slopes)
    assert same(dx, fa.leaky_relu_backward(grad, total, slopes)) and np.allclose(dbias, dx.sum(0))
    dx, dbias = fa.bias_act_backward(grad, x, bias, "prelu", weight=slopes)
    assert same(dx, fa.prelu_backward(grad, total, slopes)[0]) and np.array_equal(dbias, _sums(dx, 1))
    y, slope = fa.bias_act(x, bias, "rrelu", rng=1)
    assert same(y, fa.rrelu(total, rng=1)[0])
    dx, dbias = fa.bias_act_backward(grad, x, bias, "rrelu", slope=slope)
    assert same(dx, fa.rrelu_backward(grad, total, slope=slope))
    masked = np.ma.masked_array(x, x > 1)
    y = fa.bias_act(masked, bias, "gelu")
    assert np.array_equal(y.mask, masked.mask) and np.array_equal(y.compressed(), fa.gelu(total)[~y.mask])
    dx, dbias = fa.bias_act_backward(grad, masked, bias, "gelu")
    assert np.array_equal(dx.mask, masked.mask) and np.allclose(dbias, dx.sum(0).filled(0))
    assert same(fa.bias_act(Array(x), bias, "gelu").values, fa.gelu(total))
    results = fa.bias_act_backward(Array(grad), Array(x), bias, "gelu")
    assert same(results[0].values, fa.gelu_backward(grad, total)) and np.allclose(
        results[1].values, results[0].values.sum(0)
    )


def test_nothing_to_sum():
    dx, dbias = fa.bias_act_backward(np.ones((0, 3)), np.ones((0, 3)), np.ones(3))
    assert dx.shape == (0, 3) and np.array_equal(dbias, np.zeros(3))
    dx, dbias = fa.bias_act_backward(np.ones((3, 0)), np.ones((3, 0)), np.ones(0))
    assert dx.shape == (3, 0) and dbias.shape == (0,)
