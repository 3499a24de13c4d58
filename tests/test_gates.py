"""Gates, crelu and maxout against their parts, against exact values, in every layout and place.

The parts have tests of their own; what is proven here is that joining them changes no bit, and what the joined
functions promise beyond them.
"""

import doctest
import inspect

import flint
import ml_dtypes
import numpy as np
import pytest
from flint import arb

import fastact as fa

from . import exact
from .half import nearest
from .layouts import LAYOUTS
from .ulp import Exact, ulp_of

F4, F8 = np.dtype(np.float32), np.dtype(np.float64)
GATES = {
    "reglu": (fa.relu, fa.relu_backward, {}),
    "swiglu": (fa.silu, fa.silu_backward, {}),
    "geglu": (fa.gelu, fa.gelu_backward, {}),
    "geglu tanh": (fa.gelu, fa.gelu_backward, {"approximate": "tanh"}),
}
RECORDS = [record for record in fa.activations.values() if record.kind in ("gated", "fused")]
FUNCTIONS = [function for record in RECORDS for function in (record.forward, record.backward)]


@pytest.fixture(params=GATES)
def gate(request):
    """Return the two functions of a gate with their options bound, and those of its activation."""
    name = request.param.split()[0]
    activation, derivative, options = GATES[request.param]
    return tuple(
        lambda *arrays, _function=function, **keywords: _function(*arrays, **options, **keywords)
        for function in (getattr(fa, name), getattr(fa, f"{name}_backward"), activation, derivative)
    )


def sample(rng, dtype, *shape):
    """Return numbers of all magnitudes, signs and kinds, and between them what a network would see."""
    bits = rng.integers(0, 2 ** (8 * dtype.itemsize), shape, dtype=f"u{dtype.itemsize}").view(dtype)
    with np.errstate(all="ignore"):  # signalling NaN, which NumPy's own functions would warn of: made quiet
        bits = np.where(np.isnan(bits), dtype.type(np.nan), bits)
        return np.where(rng.random(shape) < 0.2, bits, rng.normal(0, 3, shape).astype(dtype)).astype(dtype)


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=True)


def in_computing(dtype, *arrays):
    """Return the arrays as float32 where they are of 16 bits."""
    return [one.astype(F4) if dtype.itemsize == 2 else one for one in arrays]


def parts_of_gate(gate, dtype, grad, g, u):
    """Return the three results as the parts give them, rounded once."""
    _, _, activation, derivative = gate
    with np.errstate(all="ignore"):
        grad, g, u = in_computing(dtype, grad, g, u)
        results = activation(g) * u, derivative(grad * u, g), grad * activation(g)
        return [one.astype(dtype) for one in results]


def test_gates_are_their_parts(gate, isa, any_dtype, rng):
    forward, backward = gate[:2]
    for n in (0, 1, 7, 8, 31, 33, 1000, 1023, 1025, 5000):
        grad, g, u = (sample(rng, any_dtype, n) for _ in range(3))
        y, dgate, dup = parts_of_gate(gate, any_dtype, grad, g, u)
        with np.errstate(all="raise"):
            assert same(forward(g, u), y)
            assert all(map(same, backward(grad, g, u), (dgate, dup)))


def test_glu_is_its_parts(isa, any_dtype, rng):
    of_sigmoid = (None, None, fa.sigmoid, fa.sigmoid_backward)
    for shape in ((6, 8, 10), (2, 4), (300, 600), (2, 1100), (2, 0)):
        x = sample(rng, any_dtype, *shape)
        for axis in range(-len(shape), len(shape)):
            a, b = np.split(x, 2, axis=axis)
            grad = sample(rng, any_dtype, *a.shape)
            y, db, da = parts_of_gate(of_sigmoid, any_dtype, grad, b, a)
            with np.errstate(all="raise"):
                assert same(fa.glu(x, axis), y)
                assert same(fa.glu_backward(grad, x, axis), np.concatenate([da, db], axis))


def test_crelu_is_its_parts(isa, any_dtype, rng):
    for shape in ((6, 7, 10), (5,), (3, 1100), (2, 0)):
        x = sample(rng, any_dtype, *shape)
        x.flat[:2] = 0.0, -0.0
        for axis in range(-len(shape), len(shape)):
            expected = np.concatenate([fa.relu(x), fa.relu(-x)], axis)
            y = fa.crelu(x, axis)
            assert same(y, expected)
            assert np.array_equal(np.signbit(y), np.signbit(expected), equal_nan=True) or np.isnan(x).any()
            grad = sample(rng, any_dtype, *y.shape)
            first, second = np.split(grad, 2, axis)
            with np.errstate(all="ignore"):
                otherwise = np.where(x == 0, any_dtype.type(0), first - second)
                expected = np.where(x > 0, first, np.where(x < 0, -second, otherwise))
            with np.errstate(all="raise"):
                assert same(fa.crelu_backward(grad, x, axis), expected.astype(any_dtype))


@pytest.mark.parametrize("shape", [(6, 7, 10), (40, 3), (3, 130), (200, 128), (2, 700), (1, 5), (4,)], ids=str)
def test_maxout(shape, isa, any_dtype, rng):
    x = sample(rng, any_dtype, *shape)
    ties = rng.integers(-2, 3, shape).astype(any_dtype)
    ties[rng.random(shape) < 0.02] = np.nan
    for values in (x, ties, np.full(shape, -np.inf, any_dtype), np.where(ties == 2, -0.0, 0.0).astype(any_dtype)):
        for axis in range(-len(shape), len(shape)):
            number = np.asarray(values.astype(F8).argmax(axis).astype(np.int32))
            expected = np.asarray(np.take_along_axis(values, np.expand_dims(number, axis), axis).squeeze(axis))
            y, which = map(np.asarray, fa.maxout(values, axis))
            assert same(which, number) and same(y, expected)
            assert np.array_equal(np.signbit(y), np.signbit(expected)) or np.isnan(y).any()
            grad = sample(rng, any_dtype, *y.shape)
            dx = fa.maxout_backward(grad, which, shape[axis], axis)
            scattered = np.zeros(shape, any_dtype)
            np.put_along_axis(scattered, np.expand_dims(number, axis), np.expand_dims(grad, axis), axis)
            assert same(dx, scattered)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(gate, layout, any_dtype, rng):
    laid = LAYOUTS[layout]
    grad, g, u = (sample(rng, any_dtype, 2000) for _ in range(3))
    assert same(gate[0](laid(g), laid(u)), gate[0](g, u))
    assert all(map(same, gate[1](laid(grad), laid(g), u), gate[1](grad, g, u)))
    assert same(fa.glu(laid(g)), fa.glu(g)) and same(
        fa.glu_backward(grad[:1000], laid(g)), fa.glu_backward(grad[:1000], g)
    )
    assert same(fa.crelu(laid(g)), fa.crelu(g)) and same(
        fa.crelu_backward(laid(grad), g[:1000]), fa.crelu_backward(grad, g[:1000])
    )
    assert all(map(same, map(np.asarray, fa.maxout(laid(g))), map(np.asarray, fa.maxout(g))))


def test_orders_and_broadcasting(gate, isa, any_dtype, rng):
    forward, backward = gate[:2]
    grad, g, u = (sample(rng, any_dtype, 5, 6, 7) for _ in range(3))
    expected, gradients = forward(g, u), backward(grad, g, u)
    in_f = [np.asfortranarray(one) for one in (grad, g, u)]
    assert same(forward(*in_f[1:]), expected) and forward(*in_f[1:]).flags.f_contiguous
    assert all(map(same, backward(*in_f), gradients))
    assert same(forward(g.transpose(1, 2, 0), u.transpose(1, 2, 0)), expected.transpose(1, 2, 0))
    assert same(forward(g[::-1, ::2], in_f[2][::-1, ::2]), expected[::-1, ::2])
    assert same(forward(g, u[0, :, :1]), forward(g, np.broadcast_to(u[0, :, :1], g.shape).copy()))
    both = backward(grad[0], g, u[:, :1])
    assert all(map(same, both, backward(*(np.broadcast_to(one, g.shape).copy() for one in (grad[0], g, u[:, :1])))))
    many = sample(rng, any_dtype, *(2,) * 12)
    reversed_axes = many.transpose(*range(11, -1, -2), *range(0, 12, 2))
    assert same(forward(many, reversed_axes), forward(many, reversed_axes.copy()))
    y, _ = fa.maxout(reversed_axes[None] * np.ones((3, *many.shape), any_dtype), 0)
    assert same(y, reversed_axes) or np.isnan(y).any()


def test_any_order_of_halves(isa, rng):
    x = rng.normal(size=(6, 8, 4)).astype(F4)
    for axis in range(3):
        for view in (np.asfortranarray(x), x[::-1, ::-1], x.transpose(2, 0, 1).copy().transpose(1, 2, 0)):
            plain = np.ascontiguousarray(view)
            assert same(fa.glu(view, axis), fa.glu(plain, axis))
            assert same(fa.crelu(view, axis), fa.crelu(plain, axis))
            grad = fa.glu(plain, axis)
            assert same(fa.glu_backward(np.asfortranarray(grad), view, axis), fa.glu_backward(grad, plain, axis))
            twice = fa.crelu(plain, axis)
            assert same(fa.crelu_backward(np.asfortranarray(twice), view, axis), fa.crelu_backward(twice, plain, axis))
            assert all(map(same, fa.maxout(view, axis), fa.maxout(plain, axis)))


def test_in_place_of_any_operand(gate, isa, any_dtype, rng):
    forward, backward = gate[:2]
    for shape in ((1500,), (40, 50)):
        arrays = [sample(rng, any_dtype, *shape) for _ in range(3)]
        expected, gradients = forward(*arrays[1:]), backward(*arrays)
        for k in range(2):
            given = [one.copy() for one in arrays[1:]]
            assert forward(*given, out=given[k]) is given[k] and same(given[k], expected)
            for i in range(3):
                for j in range(3):
                    given = [one.copy() for one in arrays]
                    if i == j:
                        continue
                    out = (given[i], given[j])
                    first, second = backward(*given, out=out)
                    assert first is out[0] and second is out[1]
                    assert same(first, gradients[0]) and same(second, gradients[1])
        same_array = arrays[1].copy()
        assert same(forward(same_array, same_array, out=same_array), forward(arrays[1], arrays[1].copy()))


def test_overlap(gate, any_dtype, rng):
    forward, backward = gate[:2]
    grad, g, u = (sample(rng, any_dtype, 1500) for _ in range(3))
    for shift in (-17, -1, 1, 16, 600):
        for step in (1, -1):
            memory = np.zeros(4000, any_dtype)
            source, out = memory[1000:2500], memory[1000 + shift : 2500 + shift][::step]
            source[...] = g
            assert same(forward(source, u, out=out), forward(g, u))
            source[...] = g
            other = np.empty_like(g)
            assert all(map(same, backward(grad, source, u, out=(other, out)), backward(grad, g, u)))
    x = g.copy()
    assert same(fa.glu_backward(grad[:750], x, out=x), fa.glu_backward(grad[:750], g))
    x = g.copy()
    assert same(fa.glu(x, out=x[375:1125]), fa.glu(g))
    x = np.concatenate([g, u])
    assert same(fa.crelu(x[:1500], out=x), fa.crelu(g))
    x = np.concatenate([g, u])
    assert same(fa.crelu_backward(x, g, out=x[700:2200]), fa.crelu_backward(np.concatenate([g, u]), g))
    x = g.reshape(30, 50).copy()
    assert same(fa.maxout(x, 0, out=(x[3], None))[0], fa.maxout(g.reshape(30, 50), 0)[0])


def test_out(any_dtype, rng):
    grad, g, u = (rng.normal(size=(4, 6)).astype(any_dtype) for _ in range(3))
    for out in (np.empty((4, 6), any_dtype, order="F"), np.empty((8, 6), any_dtype)[::2], np.empty((4, 6), F8)):
        assert fa.swiglu(g, u, out=(out,)) is out and np.array_equal(out, fa.swiglu(g, u))
    out = np.empty((4, 6), any_dtype).astype(any_dtype.newbyteorder())
    assert np.array_equal(fa.swiglu(g, u, out), fa.swiglu(g, u))
    assert np.array_equal(fa.swiglu_backward(grad, g, u, out=(None, out))[1], fa.swiglu_backward(grad, g, u)[1])
    assert type(fa.swiglu(g[0, 0], u[0, 0])) is any_dtype.type
    nothing = np.empty((), any_dtype)
    assert fa.swiglu(g[0, 0], u[0, 0], out=nothing) is nothing and nothing == fa.swiglu(g, u)[0, 0]


def test_canaries(gate, isa, any_dtype, rng):
    for n in (*range(70), 1023, 1025):
        g, u = sample(rng, any_dtype, n), sample(rng, any_dtype, n)
        guarded = [np.full((n + 64) * any_dtype.itemsize, 0x5A, np.uint8) for _ in range(2)]
        places = [one[32 * any_dtype.itemsize :][: n * any_dtype.itemsize].view(any_dtype) for one in guarded]
        gate[0](g, u, out=places[0])
        gate[1](u, g, u, out=tuple(places))
        for one in guarded:
            assert (one[: 32 * any_dtype.itemsize] == 0x5A).all() and (
                one[(32 + n) * any_dtype.itemsize :] == 0x5A
            ).all()


def test_same_bits_by_any_set_and_number_of_threads(gate, each_isa, any_dtype, rng):
    grad, g, u = (sample(rng, any_dtype, 300_000) for _ in range(3))
    wide = g.reshape(300, 1000)
    seen = []
    before = fa._core._worth_waking(0)
    try:
        for _ in each_isa():
            for count in (1, 3):
                with fa.threads(count):
                    results = [gate[0](g, u), *gate[1](grad, g, u), fa.glu(wide), fa.crelu(wide), fa.maxout(wide)[0]]
                    results += [fa.maxout(wide)[1].astype(F8)]
                    results += [fa.maxout(wide, 0)[0], fa.glu(wide.T), fa.crelu(wide.T, 0)]
                # Of two NaN either may come out, and with it its sign.
                seen.append([np.where(np.isnan(one), one.dtype.type(np.nan), one).tobytes() for one in results])
    finally:
        fa._core._worth_waking(before)
    assert all(one == seen[0] for one in seen)


@pytest.mark.parametrize("name", ["glu", "reglu", "swiglu", "geglu"])
def test_bounds(name, dtype, each_isa, rng):
    """Against exact products, where the activation is a normal number and no product overflows or underflows."""
    activation = {"glu": "sigmoid", "reglu": "relu", "swiglu": "silu", "geglu": "gelu"}[name]
    formula, slope = getattr(exact, activation), getattr(exact, f"{activation}_derivative")
    n = 1500
    g = np.concatenate([rng.normal(0, 3, n), rng.uniform(-10, 10, n), rng.normal(0, 1e-3, n)]).astype(dtype)
    u, grad = ((rng.choice([-1, 1], g.size) * 2.0 ** rng.uniform(-20, 20, g.size)).astype(dtype) for _ in range(2))
    parameters = [arb(one) for one in fa.activations[activation].parameters.values()]
    with flint.ctx.workprec(200):
        exactly = [tuple(arb(float(one)) for one in three) for three in zip(grad, g, u, strict=True)]
        true_y = Exact([formula(b, *parameters) * c for _, b, c in exactly], dtype)
        true_dgate = Exact([a * c * slope(b, *parameters) for a, b, c in exactly], dtype)
        true_dup = Exact([a * formula(b, *parameters) for a, b, _ in exactly], dtype)
    bounds = fa.activations[name].error_bounds
    for isa in each_isa():
        if name == "glu":
            y = fa.glu(np.concatenate([u, g]))
            dup, dgate = np.split(fa.glu_backward(grad, np.concatenate([u, g])), 2)
        else:
            y = getattr(fa, name)(g, u)
            dgate, dup = getattr(fa, f"{name}_backward")(grad, g, u)
        assert true_y.error(y).max() <= bounds["forward"], isa
        assert true_dup.error(dup).max() <= bounds["forward"] <= bounds["backward"] + 0.5, isa
        assert true_dgate.error(dgate).max() <= bounds["backward"], isa


@pytest.mark.parametrize("name", ["glu", "reglu", "swiglu", "geglu"])
def test_bounds_of_16_bits(name, half, isa, rng):
    n = 20_000
    g = rng.normal(0, 4, n).astype(half)
    u, grad = (rng.normal(0, 2, n).astype(half) for _ in range(2))
    activation = {"glu": fa.sigmoid, "reglu": fa.relu, "swiglu": fa.silu, "geglu": fa.gelu}[name]
    derivative = getattr(fa, f"{activation.__name__}_backward")
    grad8, g8, u8 = (one.astype(F8) for one in (grad, g, u))
    true = activation(g8) * u8, derivative(grad8 * u8, g8), grad8 * activation(g8)
    if name == "glu":
        results = fa.glu(np.concatenate([u, g])), *np.split(fa.glu_backward(grad, np.concatenate([u, g])), 2)[::-1]
    else:
        results = getattr(fa, name)(g, u), *getattr(fa, f"{name}_backward")(grad, g, u)
    for result, value in zip(results, true, strict=True):
        error = np.abs(result.astype(F8) - value) / ulp_of(value, half)
        assert error.max() <= 0.501
        assert np.mean(result.astype(F8) != nearest(value, half)) < 0.002


def test_special_values(isa, dtype):
    inf, nan = dtype.type(np.inf), dtype.type(np.nan)
    one = dtype.type(1)
    assert fa.swiglu(-inf, one) == 0 and np.isnan(fa.swiglu(-inf, inf)) and fa.swiglu(inf, -one) == -inf
    assert np.isnan(fa.reglu(-one, inf)) and fa.reglu(-one, one) == 0
    assert np.isnan(fa.reglu(nan, one)) and np.isnan(fa.swiglu(one, nan))
    assert np.isnan(fa.glu(np.array([inf, -inf])))
    assert fa.reglu_backward(inf, -one, inf)[0] == 0
    assert fa.crelu_backward(np.array([inf, nan]), np.zeros(1, dtype)) == 0


def test_integers_and_promotion(rng):
    integers = rng.integers(-5, 5, (4, 6))
    for kind, result in ((np.int8, F4), (np.uint16, F4), (np.int64, F8), (bool, F4)):
        x = integers.astype(kind)
        assert same(fa.reglu(x, x), fa.reglu(x.astype(result), x.astype(result)))
        assert same(fa.crelu(x), fa.crelu(x.astype(result))) and fa.maxout(x)[0].dtype == result
        assert same(fa.glu(x), fa.glu(x.astype(result)))
    halves = np.ones(4, np.float16)
    assert fa.swiglu(halves, np.ones(4, F4)).dtype == F4 and fa.swiglu(halves, 2.0).dtype == halves.dtype
    assert fa.swiglu(halves, halves.astype(ml_dtypes.bfloat16)).dtype == F4
    assert fa.swiglu([1.0, 2.0], 3).dtype == F8
    assert fa.swiglu(halves, halves, dtype=F8).dtype == F8 and fa.glu(halves, dtype=F4).dtype == F4


def test_masked_arrays(rng):
    values = rng.normal(size=(3, 4, 6))
    masked = [np.ma.masked_array(one, rng.random(one.shape) < 0.3) for one in values]
    grad, g, u = masked
    y = fa.swiglu(g, u)
    assert np.array_equal(y.mask, g.mask | u.mask) and np.array_equal(y.compressed(), fa.swiglu(*values[1:])[~y.mask])
    dgate, dup = fa.swiglu_backward(grad, g, u)
    assert np.array_equal(dgate.mask, grad.mask | g.mask | u.mask) and type(dup) is type(y)
    first, second = np.split(g.mask, 2, -1)
    assert np.array_equal(fa.glu(g).mask, first | second)
    assert np.array_equal(fa.glu_backward(u[:, :3], g).mask[:, :3], fa.glu_backward(u[:, :3], g).mask[:, 3:])
    assert np.array_equal(fa.crelu(g).mask, np.tile(g.mask, 2)) and fa.crelu_backward(fa.crelu(g), g).shape == g.shape
    y, which = fa.maxout(g)
    assert np.ma.allequal(y, g.max(-1)) and not g.mask[np.arange(4), which][~y.mask].any()
    assert fa.maxout_backward(y, which, 6).shape == g.shape


class Array(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of somebody else's, which computes through ufuncs and NumPy's functions."""

    def __init__(self, values):
        self.values = np.asarray(values)
        self.shape, self.ndim, self.dtype = self.values.shape, self.values.ndim, self.values.dtype

    def __getitem__(self, key):
        return Array(self.values[key])

    def sum(self, axis):
        return Array(self.values.sum(axis=axis))

    def astype(self, dtype):
        return Array(self.values.astype(dtype))

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        return Array(getattr(ufunc, method)(*_plain(inputs), **keywords))

    def __array_function__(self, function, types, arguments, keywords):
        return Array(function(*_plain(arguments), **keywords))


def _plain(values):
    return [one.values if isinstance(one, Array) else _plain(one) if isinstance(one, list) else one for one in values]


def test_arrays_of_others(gate, rng):
    grad, g, u = rng.normal(size=(3, 4, 6))
    assert same(gate[0](Array(g), Array(u)).values, gate[0](g, u))
    assert all(
        same(a.values, b) for a, b in zip(gate[1](Array(grad), Array(g), Array(u)), gate[1](grad, g, u), strict=True)
    )
    for axis in (0, 1, -1):
        half = fa.glu(g, axis)
        assert same(fa.glu(Array(g), axis).values, half)
        assert same(fa.glu_backward(Array(half), Array(g), axis).values, fa.glu_backward(half, g, axis))
        twice = fa.crelu(g, axis)
        assert np.array_equal(fa.crelu(Array(g), axis).values, twice)
        assert same(fa.crelu_backward(Array(twice), Array(g), axis).values, fa.crelu_backward(twice, g, axis))
        y, which = fa.maxout(g, axis)
        assert all(same(a.values, b) for a, b in zip(fa.maxout(Array(g), axis), (y, which), strict=True))
    assert np.array_equal(fa.maxout_backward(Array(y), Array(which), 6).values, fa.maxout_backward(y, which, 6))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: fa.crelu(x, out=np.empty((3, 8))),
        lambda x: fa.crelu_backward(x, x, out=np.empty((3, 2))),
        lambda x: fa.glu_backward(x, x, out=np.empty((3, 4))),
        lambda x: fa.maxout(x, out=(np.empty(3), None)),
        lambda x: fa.maxout_backward(x, Array(np.zeros(4, np.int32)), 2, out=np.empty((3, 4))),
        lambda x: fa.reglu_backward(x, x, x, out=(None, np.empty((3, 4)))),
    ],
)
def test_arrays_of_others_refuse_a_place(call):
    with pytest.raises(TypeError, match="out cannot be given with arrays that are not NumPy's"):
        call(Array(np.ones((3, 4))))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_docstrings(function):
    text = function.__doc__
    record = fa.activations[function.__name__.removesuffix("_backward")]
    bound = record.error_bounds["backward" if "_backward" in function.__name__ else "forward"]
    assert f"at most {bound} ULP" in " ".join(text.split()) and "{" not in text
    for section in (
        "Parameters\n----------",
        "Returns\n-------",
        "Raises\n------",
        "Notes\n-----",
        "Examples\n--------",
    ):
        assert section in text
    for name in inspect.signature(function).parameters:
        assert f"\n{name} : " in text or f"\n**{name}\n" in text
    for name, default in record.options.items():
        assert inspect.signature(function).parameters[name].default == default
    if "_backward" not in function.__name__ and record.kind == "gated":
        assert "References\n----------" in text
    assert function.__module__ == "fastact"
    assert max(map(len, text.splitlines())) <= 120
    test = doctest.DocTestParser().get_doctest(text, {}, function.__name__, None, 0)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_the_callers_environment_changes_nothing(flushed, isa, rng):
    grad, g, u = (rng.normal(0, 3, (40, 50)).astype(F4) for _ in range(3))
    u[0] = 1e-42

    def results():
        gates = [fa.swiglu(g, u), *fa.swiglu_backward(grad, g, u), fa.glu(g), fa.crelu(u), fa.maxout(u)[0]]
        return [*gates, fa.bias_act(g, u[0], "selu"), *fa.bias_act_backward(grad, g, u[0], "selu")]

    expected = [one.tobytes() for one in results()]
    with flushed() as state:
        before = state()
        inside = results()
        after = state()
    assert [one.tobytes() for one in inside] == expected and before == after
