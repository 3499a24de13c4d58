"""Integers: the functions that keep them, against Python's numbers; the others, and all backward, through floats."""

import numpy as np
import pytest

import fastact as fa

from .layouts import LAYOUTS
from .ops import INF, NAN

KINDS = tuple(map(np.dtype, ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")))
BOOL = np.dtype(bool)
KEEPING = ("relu", "relu6", "relu_squared", "hardtanh", "threshold")
HUGE = 2**70
# Each function with parameters: within the dtypes, at their ends, beyond them, on one side only.
CALLS = (
    ("relu", {}),
    ("relu6", {}),
    ("relu_squared", {}),
    ("hardtanh", {}),
    *(
        ("hardtanh", {"min_val": low, "max_val": high})
        for low, high in (
            *((-2.0, 3.0), (0, 100), (5, 5), (-128, 127), (-129, 128), (0, 255), (-1, 256), (-70_000, 70_000)),
            *((-INF, INF), (-INF, 0), (0, INF), (-HUGE, HUGE), (-1e30, 1e30), (300, 400), (-400, -300), (-3, -2)),
            *((2**62 + 1, 2**63), (-(2**63), -(2**62) - 1), (2.0**63, 2.0**64), (2**64 - 1, 2**64), (HUGE, HUGE)),
        )
    ),
    *(
        ("threshold", {"threshold": limit, "value": value})
        for limit in (
            0,
            -3.0,
            7,
            126,
            127,
            128,
            -128,
            -129,
            255,
            256,
            2**62 + 1,
            2**63,
            2.0**64,
            HUGE,
            -HUGE,
            INF,
            -INF,
        )
        for value in (0, 20.0)
    ),
)


@pytest.fixture(params=KINDS, ids=str)
def kind(request):
    return request.param


def _clip(value, low, high):
    return min(max(value, low), high)


def _reference(name, kind, x, *parameters):
    """Return the function of one Python integer; a limit outside the dtype is its end."""
    info = np.iinfo(kind)
    if name == "threshold":
        limit, value = parameters
        return x if x > limit else int(value)
    if name == "relu_squared":
        square = max(x, 0) ** 2 % 2**info.bits
        return square - 2**info.bits if square > info.max else square
    low, high = {"relu": (0, INF), "relu6": (0, 6)}.get(name, parameters)
    return int(_clip(x, _clip(low, info.min, info.max), _clip(high, info.min, info.max)))


def _values(kind, rng):
    """Return every 8-bit number; of wider dtypes the ends, what is around 0 and around powers of two, and others."""
    info = np.iinfo(kind)
    if info.bits == 8:
        return np.arange(info.min, info.max + 1, dtype=kind)
    powers = [sign * 2**k + step for k in range(info.bits + 1) for sign in (1, -1) for step in range(-2, 3)]
    roots = [int(2 ** (k / 2)) + step for k in range(info.bits, 2 * info.bits) for step in (0, 1)]  # squares wrap
    ends = [end + sign * step for end, sign in ((info.min, 1), (info.max, -1)) for step in range(70)]
    fitting = [value for value in (*powers, *roots, *ends, *range(-70, 70)) if info.min <= value <= info.max]
    return np.concatenate([np.array(fitting, kind), rng.integers(info.min, info.max, 500, kind, endpoint=True)])


def _fits(name, kind, parameters):
    return name != "threshold" or np.iinfo(kind).min <= parameters["value"] <= np.iinfo(kind).max


def _in_full(name, parameters):
    return {**fa.activations[name].parameters, **parameters}


def _expected(name, kind, x, parameters):
    values = _in_full(name, parameters).values()
    return np.array([_reference(name, kind, one, *values) for one in x.tolist()], kind)


@pytest.mark.parametrize(("name", "parameters"), CALLS, ids=lambda one: str(one))
def test_values(name, parameters, kind, each_isa, rng):
    x = _values(kind, rng)
    function = getattr(fa, name)
    assert _fits(name, kind, parameters)
    expected = _expected(name, kind, x, parameters)
    for isa in each_isa():
        result = function(x, **parameters)
        assert result.dtype == kind
        wrong = np.flatnonzero(result != expected)
        assert wrong.size == 0, f"{isa}: {result[wrong[0]]} of {x[wrong[0]]}, not {expected[wrong[0]]}"


def test_every_length(kind, each_isa, rng):
    x = _values(kind, rng)[-200:]
    for name, parameters in CALLS[:6] + CALLS[-1:]:
        expected = _expected(name, kind, x, parameters)
        for isa in each_isa():
            for n in range(4 * 64 + 2 if kind.itemsize == 1 else 66):
                n = min(n, x.size)
                result = getattr(fa, name)(x[x.size - n :], **parameters)
                assert np.array_equal(result, expected[x.size - n :]), f"{isa}: {name}, {n}"


def _layouts_of(name, kind, x, parameters):
    """Yield what each layout gives, and how it was made."""
    function = getattr(fa, name)
    for layout, laid in LAYOUTS.items():
        yield layout, function(laid(x), **parameters)
    for step in (2, 3, -1):
        out = np.zeros(abs(step) * x.size, kind)[::step]
        yield f"out of stride {step}", function(x, **parameters, out=out)
    for layout in ("contiguous", "stride 2", "reversed", "byte-swapped"):
        copy = LAYOUTS.get(layout, np.copy)(x)
        assert function(copy, **parameters, out=copy) is copy
        yield f"{layout}, in place", copy
    rows = x[: x.size // 4 * 4].reshape(4, -1)
    whole = np.concatenate(
        [function(np.asfortranarray(rows), **parameters).ravel(), function(x, **parameters)[rows.size :]]
    )
    yield "F order", whole
    for shift in (-17, -1, 1, 3, 64):
        memory = np.zeros(x.size + 200, kind)
        source, out = memory[100 : 100 + x.size], memory[100 + shift : 100 + shift + x.size]
        source[...] = x
        yield f"shifted by {shift}", function(source, **parameters, out=out).copy()
    memory = x.copy()
    yield "overlap reversed", function(memory, **parameters, out=memory[::-1]).copy()
    yield "ufunc", function(x, **parameters, subok=False)
    yield "dtype", function(x, **parameters, dtype=kind)


@pytest.mark.parametrize("name", KEEPING)
def test_layouts(name, kind, each_isa, rng):
    x = _values(kind, rng)
    parameters = {"threshold": 3, "value": 9} if name == "threshold" else {}
    expected = _expected(name, kind, x, parameters)
    for isa in each_isa():
        for layout, result in _layouts_of(name, kind, x, parameters):
            assert result.dtype.newbyteorder("=") == kind and np.array_equal(result, expected), f"{isa}: {layout}"


@pytest.mark.parametrize("name", KEEPING)
def test_scalars_and_empty(name, kind):
    function, required = getattr(fa, name), (1, 2) if name == "threshold" else ()
    for x in (kind.type(5), np.array(5, kind)):
        result = function(x, *required)
        assert (
            type(result) is kind.type
            and result
            == _expected(name, kind, np.array([5], kind), dict(zip(("threshold", "value"), required, strict=False)))[0]
        )
    assert function(np.empty((0, 3), kind), *required).dtype == kind
    assert function(5, *required).dtype == function([5], *required).dtype == np.int64


def test_parameters_in_every_form(kind):
    """Numbers of Python and of NumPy, 0-d and whole arrays; bool is 0 or 1, as for floats."""
    x = np.array([0, 1, 2, 3, 4, 100], kind)
    forms = (int, float, np.float16, np.float32, np.float64, np.int8, np.uint64, np.array)
    for form in (*forms, lambda one: np.array(float(one)), lambda one: np.full(6, one), lambda one: [float(one)] * 6):
        result = fa.hardtanh(x, form(2), form(3))
        assert result.dtype == kind and result.tolist() == [2, 2, 2, 3, 3, 3]
        result = fa.threshold(x, form(2), form(9))
        assert result.dtype == kind and result.tolist() == [9, 9, 9, 3, 4, 100]
    for true, false in ((True, False), (np.True_, np.False_), (np.array(True), np.array(False))):
        assert fa.hardtanh(x, false, true).tolist() == [0, 1, 1, 1, 1, 1]
        assert fa.threshold(x, true, false).tolist() == [0, 0, 2, 3, 4, 100]


def test_arrays_of_parameters(kind):
    x = np.arange(5, dtype=kind)
    low, high = np.array([[0.0], [2.0], [-1e10]]), np.array([1.0, 2, 3, 1e10, np.inf])
    expected = [[int(min(max(i, low[j, 0]), high[i])) for i in range(5)] for j in range(3)]
    result = fa.hardtanh(x, low, high)
    assert result.dtype == kind and result.tolist() == expected
    result = fa.threshold(x, np.array([[-HUGE], [2], [HUGE]], dtype=float), np.arange(5) + 10)
    assert result.dtype == kind
    assert result.tolist() == [[0, 1, 2, 3, 4], [10, 11, 12, 3, 4], [10, 11, 12, 13, 14]]
    assert fa.ufuncs.hardtanh(x, 1, 3).dtype == fa.ufuncs.hardtanh(x, np.full(5, 1, kind), 3).dtype == kind


@pytest.mark.parametrize(
    ("name", "parameters", "named"),
    [
        *(("hardtanh", {"min_val": low, "max_val": 9}, "min_val") for low in (0.5, -0.5, NAN, 1e-300)),
        *(("hardtanh", {"min_val": -1, "max_val": high}, "max_val") for high in (0.5, 1.5, NAN, np.float32(2.25))),
        *(("hardtanh", {"min_val": low, "max_val": 2}, "(min_val|max_val)") for low in (3, HUGE, INF, np.int8(5))),
        *(("threshold", {"threshold": limit, "value": 0}, "threshold") for limit in (0.1, NAN, np.array(0.5))),
        *(("threshold", {"threshold": 0, "value": value}, "value") for value in (0.1, NAN, INF, -INF, HUGE, -HUGE)),
        *(("threshold", {"threshold": 0, "value": value}, "value") for value in (2.0**64, -(2**63) - 1, 1e300)),
        *(("hardtanh", {"min_val": np.array(low), "max_val": 9}, "min_val") for low in ([0.5] * 3, [0, 1, 0.5])),
        ("threshold", {"threshold": 0, "value": np.array([0.0, 1.0, 0.5])}, "value"),
    ],
    ids=str,
)
def test_refused(name, parameters, named, kind):
    x, out = np.ones(3, kind), np.full(3, 7, kind)
    for keywords in ({}, {"out": out}, {"subok": False}):
        with pytest.raises(ValueError, match=rf"^{name}: {named} "):
            getattr(fa, name)(x, **parameters, **keywords)
    assert (out == 7).all()


def test_a_value_that_does_not_fit(kind):
    info = np.iinfo(kind)
    x = np.ones(3, kind)
    for value in (info.min, info.max):
        for form in (int, kind.type, lambda one: np.full(3, one, kind)):
            assert fa.threshold(x, 1, form(value)).tolist() == [value] * 3
    for value in (info.min - 1, info.max + 1):
        for form in (int, np.array, lambda one: [one] * 3):
            kept = np.asarray(form(value)).dtype != object  # what NumPy cannot hold is no real number to it
            with pytest.raises(ValueError if kept or form is int else TypeError, match=r"^threshold: value "):
                fa.threshold(x, 1, form(value))


@pytest.mark.parametrize("bad", ["1", None, 1j, [1j], object()], ids=["text", "None", "complex", "list", "object"])
def test_parameters_that_are_no_numbers(bad, kind):
    with pytest.raises(TypeError, match=r"^hardtanh: max_val must be a real number"):
        fa.hardtanh(np.ones(3, kind), 0, bad)


def test_dtype_of_the_five(kind):
    """As for any ufunc: an integer dtype of the same kind may be asked for, a float one too."""
    x = np.array([0, 1, 2, 100], kind)
    for name in ("relu", "relu6", "relu_squared", "hardtanh"):
        function = getattr(fa, name)
        for wanted in (*KINDS, np.dtype(np.float32), np.dtype(np.float64)):
            if np.can_cast(kind, wanted, "same_kind"):
                result = function(x, dtype=wanted)
                assert result.dtype == wanted and np.array_equal(result, function(x.astype(wanted)))
            else:
                with pytest.raises(TypeError, match=rf"^{name}: x has dtype {kind}"):
                    function(x, dtype=wanted)


def _through(kind):
    return np.dtype(np.float32 if kind.itemsize <= 2 else np.float64)


@pytest.mark.parametrize("kind", (BOOL, *KINDS), ids=str)
def test_the_others_go_through_floats(one_case, kind):
    """And bool everywhere; whether grad is an integer or not."""
    case = one_case
    x = case.defined(np.array([0, 1, 1, 0, 1], kind))
    inputs = (x,) if case.inputs == 1 else (x[::-1], x)
    keeps = case.op.name in KEEPING and case.direction == "forward" and kind != BOOL
    if not keeps:
        result, expected = case(*inputs), case(*(one.astype(_through(kind)) for one in inputs))
        assert result.dtype == _through(kind) and np.array_equal(result, expected)
        by_ufunc = case.ufunc(*inputs, *case.in_full.values())
        assert by_ufunc.dtype == _through(kind) and np.array_equal(by_ufunc, expected)
