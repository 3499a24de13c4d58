"""Functions of rows: errors against exact values, masks and special values, axes and layouts, bits, protocols.

The bounds stand in `fastact.activations`. What an element-wise function promises of memory, dtypes and errors holds
here too, but along an axis; so these tests have a file of their own.
"""

import inspect
import pickle

import flint
import numpy as np
import pytest
from flint import arb

import fastact as fa

from .half import HALVES, nearest
from .isas import ISAS
from .layouts import LAYOUTS
from .ops import DTYPES, INF, NAN
from .ulp import Exact, finfo, ulp_of

F4, F8 = DTYPES
ROWS = {name: record for name, record in fa.activations.items() if record.kind == "rows"}
FORWARD = {name: record.forward for name, record in ROWS.items()}
BACKWARD = {record.backward_from_output.__name__: record.backward_from_output for record in ROWS.values()}
FUNCTIONS = {**FORWARD, **BACKWARD}
# Around the lanes, a turned tile, a block; and a thousand.
LENGTHS = (1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 255, 256, 257, 511, 512, 513, 1000, 1025)
SPREADS = ((1, 0), (5, 20), (40, -100), (30, 255), (30, 1e4), (1e-3, 0), (1e30, 0))  # deviation and mean


@pytest.fixture(params=FUNCTIONS)
def name(request):
    return request.param


@pytest.fixture(params=FORWARD)
def forward(request):
    return request.param


def _bits(a):
    return np.asarray(a).tobytes()


def _operands(name, rng, dtype, shape, spread=(4, 0)):
    """Return x, or grad and what the forward function gives."""
    x = rng.normal(spread[1], spread[0], shape).astype(dtype)
    if name in FORWARD:
        return (x,)
    return rng.normal(0, 1, shape).astype(dtype), FORWARD[name.removesuffix("_backward")](x)


def _exactly(name, *operands):
    """Return the values of one row as arbs, and of a derivative the sum of its terms' magnitudes."""
    a, *others = ([arb(float(value)) for value in one] for one in operands)
    zero = arb(0)
    if name in FORWARD:
        top = max(float(value) for value in operands[0])
        e = [(value - arb(top)).exp() if value.is_finite() else zero for value in a]
        if name == "softmax":
            total = sum(e, zero)
            return [value / total for value in e], None
        position = [float(value) for value in operands[0]].index(top)
        rest = sum((value for i, value in enumerate(e) if i != position), zero).log1p()
        return [value - arb(top) - rest for value in a], None
    y = others[0]
    if name == "softmax_backward":
        total = sum((one * other for one, other in zip(a, y, strict=True)), zero)
        size = sum((abs(one * other) for one, other in zip(a, y, strict=True)), zero)
        values = [other * (one - total) for one, other in zip(a, y, strict=True)]
        return values, [abs(other) * (abs(one) + size) for one, other in zip(a, y, strict=True)]
    total, size, e = sum(a, zero), sum(map(abs, a), zero), [value.exp() for value in y]
    values = [one - other * total for one, other in zip(a, e, strict=True)]
    return values, [abs(one) + other * size for one, other in zip(a, e, strict=True)]


def _bound(name, dtype):
    record = ROWS[name.removesuffix("_backward")]
    bound = record.error_bounds["forward" if name in FORWARD else "backward_from_output"]
    return fa._table.HALF_BOUND if dtype in HALVES else bound


def _error(name, result, operands):
    """Return the largest error of one row in the unit of its bound."""
    with flint.ctx.workprec(1200 if float(np.max(np.abs(operands[0].astype(F8)))) > 1e6 else 240):
        values, terms = _exactly(name, *operands)
        if terms is None and result.dtype not in HALVES:
            return np.max(Exact(values, result.dtype).error(result))
        scale = np.array([float(value) for value in (values if terms is None else terms)])
        off = np.array([float(arb(float(one)) - value) for one, value in zip(result, values, strict=True)])
    return np.max(np.abs(off) / ulp_of(scale, result.dtype))


def test_error(name, any_dtype, each_isa, rng):
    for length in (1, 2, 8, 17, 65, 300, 1000):
        for spread in SPREADS:
            if any_dtype in HALVES and spread[0] > 100:
                continue
            operands = _operands(name, rng, any_dtype, (1, length), spread)
            for isa in each_isa():
                result = FUNCTIONS[name](*operands)
                error = _error(name, result[0], [one[0] for one in operands])
                assert error <= _bound(name, any_dtype), f"{isa}: {length} of {spread}: {error}"


def test_low_part_of_the_difference(dtype, each_isa):
    """What x - max rounds away would be an error of up to 32 ULP."""
    x = (np.array([[0.00123456789, 70.123456789, 33.3333333333]]) - [[0], [35], [70.2]]).astype(dtype)
    for isa in each_isa():
        for row in x:
            for name, function in FORWARD.items():
                assert _error(name, function(row), [row]) <= _bound(name, dtype), isa


def test_dominant_class(dtype, each_isa, rng):
    """The logarithm of nearly 1 keeps its digits: far below the ULP of 1, down to the subnormals."""
    for gap in (2, 20, 60, 86, 100, 500):
        row = rng.normal(0, 1, 700).astype(dtype)
        row[17] = gap
        for isa in each_isa():
            result = fa.log_softmax(row)
            assert _error("log_softmax", result, [row]) <= _bound("log_softmax", dtype), f"{isa}: {gap}"
            assert result[17] < 0 or (gap == 500 and dtype == F4)


@pytest.mark.parametrize("shape", [(1, 2**20), (2**20, 1)], ids=str)
def test_long_rows(forward, dtype, each_isa, shape, rng):
    """2**20 elements: a plain sum in float32 would be off by hundreds of ULP."""
    x = rng.normal(0, 1, shape).astype(dtype)
    x.ravel()[123_456] = 30
    wide = x.astype(np.longdouble)  # of more than float64's digits where there are any
    e = np.exp(wide - 30)
    e.ravel()[123_456] = 0
    others = np.sum(e)
    true = np.exp(wide - 30) / (1 + others) if forward == "softmax" else wide - 30 - np.log1p(others)
    unit = ulp_of(true.astype(F8), dtype)
    slack = 2 if dtype == F8 and np.finfo(np.longdouble).nmant < 60 else 0.01
    for isa in each_isa():
        result = FORWARD[forward](x, axis=0 if shape[1] == 1 else 1)
        error = np.abs(result - true).astype(F8) / unit
        assert np.max(error) <= _bound(forward, dtype) + slack, isa


def test_long_rows_of_equal_elements(forward, dtype, isa):
    n = 2**20
    x = np.full(n, -1.25, dtype)
    true = 1 / n if forward == "softmax" else -np.log(n)
    error = np.abs(FORWARD[forward](x).astype(F8) - true) / ulp_of(np.array(true), dtype)
    assert np.max(error) <= _bound(forward, dtype)


SPECIAL = (
    ((0.0, -INF), (1.0, 0.0), (0.0, -INF)),
    ((-INF, -INF, 5.0), (0.0, 0.0, 1.0), (-INF, -INF, 0.0)),
    ((-INF, -INF), (NAN, NAN), (NAN, NAN)),
    ((-INF,), (NAN,), (NAN,)),
    ((INF, 0.0), (NAN, NAN), (NAN, NAN)),
    ((INF, -INF), (NAN, NAN), (NAN, NAN)),
    ((NAN, 0.0, 1.0), (NAN,) * 3, (NAN,) * 3),
    ((NAN, -INF), (NAN, NAN), (NAN, NAN)),
    ((NAN, INF), (NAN, NAN), (NAN, NAN)),
    ((7.0,), (1.0,), (0.0,)),
    ((-0.0,), (1.0,), (0.0,)),
    ((2.0, 2.0), (0.5, 0.5), (-np.log(2), -np.log(2))),
    ((-1e4, 0.0), (0.0, 1.0), (-1e4, 0.0)),
    ((1e38, -1e38), (1.0, 0.0), (0.0, -2e38)),
)


@pytest.mark.parametrize(("x", "probabilities", "logarithms"), SPECIAL, ids=str)
def test_special_rows(x, probabilities, logarithms, any_dtype, isa):
    """Alone and beside others, in every row of a tile and at every width: neighbours do not matter."""
    with np.errstate(all="ignore"):
        row = np.array(x).astype(any_dtype)
        if not np.array_equal(row.astype(F8), x, equal_nan=True) and abs(x[0]) > 1e30:
            pytest.skip("beyond the format's range")
        expected = [np.array(one).astype(any_dtype) for one in (probabilities, logarithms)]
    for function, one in zip((fa.softmax, fa.log_softmax), expected, strict=True):
        with np.errstate(all="raise"):
            alone = function(row)
        for length in (len(row), 20, 300, 700):
            padded = np.full(length, -INF).astype(any_dtype)
            padded[: len(row)] = row
            rows = np.cos(np.arange(35 * length)).reshape(35, length).astype(any_dtype)
            plain = function(rows)
            for place in (0, 5, 34):
                mixed = rows.copy()
                mixed[place] = padded
                for axis in (0, 1):
                    turned = np.ascontiguousarray(np.moveaxis(mixed, 1, axis))
                    with np.errstate(all="raise"):
                        result = np.moveaxis(function(turned, axis=axis), axis, 1)
                    assert _bits(result[place, : len(row)]) == _bits(alone)
                    assert _bits(np.delete(result, place, 0)) == _bits(np.delete(plain, place, 0))
        assert alone.dtype == any_dtype
        assert np.array_equal(np.isnan(alone), np.isnan(one))
        np.testing.assert_allclose(alone.astype(F8), one.astype(F8), rtol=4 * float(finfo(any_dtype).eps))


def test_special_gradients(any_dtype, isa):
    """What IEEE arithmetic makes of the formulas, as in PyTorch."""
    infinite = fa.softmax_backward(np.array([INF, 1, 1], any_dtype), np.array([0.5, 0.25, 0.25], any_dtype))
    assert np.isnan(infinite[0]) and np.all(infinite[1:] == -INF)
    assert np.isnan(fa.softmax_backward(np.array([NAN, 1], any_dtype), np.array([0.5, 0.5], any_dtype))).all()
    infinite = fa.log_softmax_backward(np.array([INF, 1], any_dtype), np.array([-0.7, -0.7], any_dtype))
    assert np.isnan(infinite[0]) and infinite[1] == -INF
    masked = fa.log_softmax_backward(np.array([3, 1], any_dtype), np.array([-INF, 0], any_dtype))
    assert np.array_equal(masked, np.array([3, -3], any_dtype))
    masked = fa.softmax_backward(np.array([3, 1], any_dtype), np.array([0, 1], any_dtype))
    assert np.array_equal(masked, np.zeros(2, any_dtype))


def test_subnormal_results(dtype, isa):
    """Down to the last subnormal number and to 0, beside normal ones."""
    info = np.finfo(dtype)
    last = -np.log(float(info.smallest_subnormal)) if dtype == F4 else 744.44
    x = np.concatenate([[0], -np.linspace(-np.log(float(info.tiny)) - 2, last + 3, 400)]).astype(dtype)
    y = fa.softmax(x)
    assert _error("softmax", y, [x]) <= _bound("softmax", dtype)
    assert y[-1] == 0 and np.sum((y > 0) & (y < info.tiny)) > 50
    faint = np.array([1.0, 0.0, 0.0], dtype), np.array([0.0, -float(last) + 6, -30.0], dtype)
    assert _error("log_softmax_backward", fa.log_softmax_backward(*faint), faint) <= _bound(
        "log_softmax_backward", dtype
    )


def test_no_warnings_and_no_flags(name, any_dtype, isa, rng, flushed):
    """Nor do the caller's control bits change a result: subnormals stay, nearest is nearest."""
    operands = _operands(name, rng, any_dtype, (40, 70), (30, 0))
    operands[-1][3, 5:9] = [INF, -INF, NAN, 0]
    with np.errstate(all="raise"):
        expected = FUNCTIONS[name](*operands)
        across = FUNCTIONS[name](*operands, axis=0)
    with flushed() as state:
        before = state()
        assert _bits(FUNCTIONS[name](*operands)) == _bits(expected)
        assert _bits(FUNCTIONS[name](*operands, axis=0)) == _bits(across)
        assert state() == before


def test_same_bits_at_every_length_and_place(name, any_dtype, each_isa, rng):
    """By every set, in whichever row of how many, along the row and across, by strides, in F order, by the ufunc."""
    for length in LENGTHS:
        operands = _operands(name, rng, any_dtype, (37, length), (20, 0))
        expected = FUNCTIONS[name](*operands)
        for isa in each_isa():
            for first, last in ((0, 37), (0, 1), (3, 4), (5, 13), (20, 37), (1, 3)):
                part = FUNCTIONS[name](*(one[first:last] for one in operands))
                assert _bits(part) == _bits(expected[first:last]), f"{isa}: rows {first} to {last} of {length}"
            walks = {
                "one row": FUNCTIONS[name](*(one[2] for one in operands))[None],
                "F order": FUNCTIONS[name](*map(np.asfortranarray, operands)),
                "transposed": FUNCTIONS[name](*(np.ascontiguousarray(one.T) for one in operands), axis=0).T,
                "ufunc": fa.ufuncs.__dict__[name](*operands),
                "ufunc, axis 0": fa.ufuncs.__dict__[name](*(one.T.copy() for one in operands), axis=0).T,
                "every other": FUNCTIONS[name](*(np.repeat(one, 2, 1)[:, ::2] for one in operands)),
                "reversed": FUNCTIONS[name](*(one[:, ::-1].copy()[:, ::-1] for one in operands)),
                "rows apart": FUNCTIONS[name](*(np.repeat(one, 2, 0)[::2] for one in operands)),
            }
            for walk, result in walks.items():
                of = expected[2:3] if walk == "one row" else expected
                assert _bits(result) == _bits(of), f"{isa}: {walk}, {length}"


@pytest.mark.parametrize("columns", [1, 2, 5, 8, 16, 63, 64, 65, 130, 200])
def test_same_bits_beside_any_number_of_columns(name, any_dtype, each_isa, columns, rng):
    operands = _operands(name, rng, any_dtype, (3, columns, 40))
    expected = FUNCTIONS[name](*operands)
    turned = tuple(np.ascontiguousarray(one.transpose(0, 2, 1)) for one in operands)
    for isa in each_isa():
        assert _bits(FUNCTIONS[name](*turned, axis=1).transpose(0, 2, 1)) == _bits(expected), isa


@pytest.mark.parametrize("shape", [(19, 21), (19, 41), (4, 291)], ids=["turned", "beside", "along"])
def test_same_bits_at_every_alignment(name, any_dtype, each_isa, shape, rng):
    operands = _operands(name, rng, any_dtype, shape)
    operands[0][1, 0], operands[0][2, 1] = -np.inf, np.nan
    expected = FUNCTIONS[name](*operands)
    for offset in range(0, 64, any_dtype.itemsize):
        moved = []
        for one in (*operands, expected):
            raw = np.zeros(one.nbytes + 128, np.uint8)
            start = -raw.ctypes.data % 64 + offset
            moved.append(raw[start : start + one.nbytes].view(any_dtype).reshape(one.shape))
            moved[-1][...] = one
        *moved, out = moved
        for isa in each_isa():
            out[...] = 0
            assert FUNCTIONS[name](*moved, out=out) is out
            assert _bits(out) == _bits(expected), f"{isa}: {offset}"


def test_axes(name, any_dtype, isa, rng):
    function, operands = FUNCTIONS[name], _operands(name, rng, any_dtype, (3, 4, 5, 6))
    for axis in (0, 1, 2, 3, -1, -2, -3, -4, np.int64(1)):
        expected = np.moveaxis(function(*(np.moveaxis(one, axis, -1).copy() for one in operands)), -1, axis)
        for result in (function(*operands, axis), function(*map(np.asfortranarray, operands), axis=axis)):
            assert result.dtype == any_dtype and _bits(result) == _bits(expected), axis
    for axes in ((0, 1), (2, 3), (1, 3), (-1, 0), (0, 1, 2, 3), None, [3, 2]):
        chosen = tuple(range(4)) if axes is None else tuple(sorted(one % 4 for one in axes))
        if axes not in (None, (0, 1), (2, 3), (1, 3), (0, 1, 2, 3)):
            chosen = tuple(one % 4 for one in axes)  # the order of axes is that of the row's elements
        kept = tuple(i for i in range(4) if i not in chosen)
        merged = [one.transpose(kept + chosen).reshape([one.shape[i] for i in kept] + [-1]) for one in operands]
        parted = function(*merged).reshape([operands[0].shape[i] for i in kept + chosen])
        expected = parted.transpose(np.argsort(kept + chosen))
        out = np.zeros(operands[0].shape, any_dtype)
        assert function(*operands, axis=axes, out=out) is out
        for result in (function(*operands, axis=axes), out):
            assert result.shape == operands[0].shape and _bits(result) == _bits(expected), axes
    for axes in ((), ()):
        assert _bits(function(*operands, axis=axes)) == _bits(function(*(one[..., None] for one in operands))[..., 0])


def test_shapes_without_elements(name, any_dtype, isa):
    inputs = 1 if name in FORWARD else 2
    for shape, axis in (
        ((0,), -1),
        ((3, 0), 1),
        ((0, 3), 1),
        ((0, 3), 0),
        ((3, 0), 0),
        ((2, 0, 3), None),
        ((2, 0, 3), (0, 2)),
    ):
        result = FUNCTIONS[name](*[np.zeros(shape, any_dtype)] * inputs, axis=axis)
        assert result.shape == shape and result.dtype == any_dtype


def test_scalars(name, any_dtype, isa):
    expected = {"softmax": 1, "log_softmax": 0, "softmax_backward": 0, "log_softmax_backward": 0}[name]
    operands = [np.array(one, any_dtype) for one in ((3,) if name in FORWARD else (2, 1 if name[0] == "s" else 0))]
    for axis in (-1, 0, None):
        for given in (operands, [one[()] for one in operands]):
            result = FUNCTIONS[name](*given, axis=axis)
            assert type(result) is any_dtype.type and result == expected
    out = np.full((), 9, any_dtype)
    assert FUNCTIONS[name](*operands, out=out) is out and out == expected
    with pytest.raises(np.exceptions.AxisError):
        FUNCTIONS[name](*operands, axis=1)


@pytest.mark.parametrize("axis", [0, 1])
def test_out_in_place_and_overlap(name, any_dtype, isa, axis, rng):
    for shape in ((30, 20), (7, 300), (100, 70)):
        operands = _operands(name, rng, any_dtype, shape)
        expected = FUNCTIONS[name](*operands, axis=axis)
        for k in range(len(operands)):
            copies = [one.copy() for one in operands]
            assert FUNCTIONS[name](*copies, axis, copies[k]) is copies[k]
            assert _bits(copies[k]) == _bits(expected)
            for shift in (-33, -1, 1, 17):
                memory = np.zeros(2 * expected.size + 100, any_dtype)
                source, out = (memory[50 + at : 50 + at + expected.size].reshape(shape) for at in (0, shift))
                source[...] = operands[k]
                copies = [one.copy() for one in operands]
                copies[k] = source
                FUNCTIONS[name](*copies, axis=axis, out=out)
                assert _bits(out) == _bits(expected), shift
            copies = [one.copy() for one in operands]
            FUNCTIONS[name](*copies, axis=axis, out=copies[k][::-1])
            assert _bits(copies[k][::-1]) == _bits(expected)
        out = np.zeros(shape, any_dtype, order="F")
        assert FUNCTIONS[name](*operands, axis=axis, out=(out,)) is out
        assert _bits(out) == _bits(expected)
        wider = np.zeros(shape, F8)
        FUNCTIONS[name](*operands, axis=axis, out=wider)
        assert np.array_equal(wider, expected.astype(F8))


def test_canaries(name, any_dtype, isa, rng):
    guard = 32
    for length in (1, 3, 8, 17, 40, 257, 600):
        for count in (1, 2, 7, 9, 20):
            operands = _operands(name, rng, any_dtype, (count, length))
            for axis in (0, 1):
                memory = np.full((count * length + 2 * guard) * any_dtype.itemsize, 0x5A, np.uint8)
                inside = memory[guard * any_dtype.itemsize : -guard * any_dtype.itemsize]
                FUNCTIONS[name](*operands, axis=axis, out=inside.view(any_dtype).reshape(count, length))
                assert (memory[: guard * any_dtype.itemsize] == 0x5A).all()
                assert (memory[-guard * any_dtype.itemsize :] == 0x5A).all()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(name, any_dtype, isa, layout, rng):
    if layout == "byte-swapped" and any_dtype.kind != "f":
        pytest.skip("bfloat16 has no order")
    operands = _operands(name, rng, any_dtype, 77)
    result = FUNCTIONS[name](*map(LAYOUTS[layout], operands))
    assert result.dtype == any_dtype and _bits(result) == _bits(FUNCTIONS[name](*operands))


def test_sixteen_bits_are_rounded_once(name, half, isa, rng):
    """What float32 gives, to the nearest: but for a handful so is the true value."""
    for axis in (0, 1):
        operands = _operands(name, rng, half, (60, 50))
        result = FUNCTIONS[name](*operands, axis=axis).astype(F8)
        single = FUNCTIONS[name](*(one.astype(F4) for one in operands), axis=axis)
        assert np.array_equal(result, nearest(single.astype(F8), half))
        double = FUNCTIONS[name](*(one.astype(F8) for one in operands), axis=axis)
        assert np.mean(result != nearest(double, half)) < 0.002


def test_long_rows_of_sixteen_bits(name, half, isa, rng):
    operands = _operands(name, rng, half, (2, 5000))
    expected = nearest(FUNCTIONS[name](*(one.astype(F4) for one in operands)).astype(F8), half)
    assert np.array_equal(FUNCTIONS[name](*operands).astype(F8), expected)
    turned = FUNCTIONS[name](*(np.ascontiguousarray(one.T) for one in operands), axis=0).T
    assert np.array_equal(turned.astype(F8), expected)


def test_integers(forward):
    for kind, result in ((np.bool_, F4), (np.int8, F4), (np.uint16, F4), (np.int32, F8), (np.uint64, F8)):
        x = np.array([[0, 1, 1], [1, 0, 1]], kind)
        for function in (FORWARD[forward], fa.ufuncs.__dict__[forward]):
            y = function(x)
            assert y.dtype == result and _bits(y) == _bits(function(x.astype(result)))
    assert FORWARD[forward]([1, 2]).dtype == F8
    assert FORWARD[forward]([1, 2], dtype=np.float16).dtype == np.float16


def test_promotion_and_broadcasting(dtype, rng):
    for name, function in BACKWARD.items():
        grad, y = _operands(name, rng, F4, (4, 5))
        assert function(grad, y.astype(F8)).dtype == F8
        assert function(1.0, y).dtype == F4
        assert _bits(function(grad[0], y)) == _bits(function(np.tile(grad[0], (4, 1)), y))
        assert _bits(function(grad[:, :1], y, axis=0)) == _bits(function(np.repeat(grad[:, :1], 5, 1), y, axis=0))
        with pytest.raises(
            ValueError, match=rf"^{name}: the shapes do not broadcast together: grad \(4, 5\), y \(3, 5\)"
        ):
            function(grad, y[:3])


def test_dtype(forward, rng):
    x = rng.normal(0, 3, (4, 6))
    function = FORWARD[forward]
    assert _bits(function(x, dtype=np.float32)) == _bits(function(x.astype(F4)))
    assert _bits(function(x.astype(F4), dtype=float)) == _bits(function(x.astype(F4).astype(F8)))
    for wanted in (int, bool, complex, np.longdouble, "S"):
        if np.dtype(wanted) == np.dtype(float):
            continue
        with pytest.raises(TypeError, match=rf"^{forward}: dtype "):
            function(x, dtype=wanted)


def test_read_only_input(name, any_dtype, rng):
    operands = _operands(name, rng, any_dtype, (3, 5))
    expected = FUNCTIONS[name](*operands)
    for one in operands:
        one.flags.writeable = False
    assert _bits(FUNCTIONS[name](*operands)) == _bits(expected)


def test_masked_arrays(dtype, rng):
    """What is masked takes no part."""
    x = np.ma.masked_array(rng.normal(0, 1, (3, 5)).astype(dtype), mask=rng.random((3, 5)) < 0.3)
    for name, function in FORWARD.items():
        y = function(x)
        assert type(y) is np.ma.MaskedArray and y.dtype == dtype and np.array_equal(y.mask, x.mask)
        for row, result in zip(x, y, strict=True):
            np.testing.assert_allclose(result.compressed(), function(row.compressed()), rtol=1e-6)
        grad = rng.normal(0, 1, (3, 5)).astype(dtype)
        dx = BACKWARD[f"{name}_backward"](grad, y)
        assert np.array_equal(dx.mask, x.mask)
        for k in range(3):
            kept = ~x.mask[k]
            expected = BACKWARD[f"{name}_backward"](grad[k][kept], y[k].compressed())
            np.testing.assert_allclose(dx[k].compressed(), expected, rtol=1e-5, atol=1e-7)
    assert fa.softmax(np.ma.masked_array([1, 2], mask=[False, True])).compressed().tolist() == [1.0]
    out = np.ma.zeros((3, 5), dtype)
    assert fa.softmax(x, out=out) is out and np.array_equal(out.mask, x.mask)


def test_dask(name, rng):
    array = pytest.importorskip("dask.array")
    operands = _operands(name, rng, F4, (6, 8))
    for axis in (-1, 1):
        lazy = FUNCTIONS[name](*(array.from_array(one, chunks=(2, 8)) for one in operands), axis=axis)
        assert isinstance(lazy, array.Array) and lazy.dtype == F4
        assert _bits(lazy.compute()) == _bits(FUNCTIONS[name](*operands))


def test_xarray(name, rng):
    xarray = pytest.importorskip("xarray")
    operands = _operands(name, rng, F4, (6, 8))
    result = FUNCTIONS[name](*(xarray.DataArray(one, dims=("a", "b")) for one in operands), axis=0)
    assert isinstance(result, xarray.DataArray) and result.dims == ("a", "b")
    assert _bits(result.values) == _bits(FUNCTIONS[name](*operands, axis=0))


class Foreign:
    """An array of somebody else's, which takes part in the protocol."""

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        return ufunc, method, len(inputs), keywords


def test_protocol(name):
    inputs = [Foreign()] if name in FORWARD else [np.ones(3), Foreign()]
    ufunc = fa.ufuncs.__dict__[name]
    assert FUNCTIONS[name](*inputs) == (ufunc, "__call__", len(inputs), {"axis": -1})
    assert FUNCTIONS[name](*inputs, axis=0) == (ufunc, "__call__", len(inputs), {"axis": 0})
    with pytest.raises(TypeError, match=f"^{name}: axis must be an integer"):
        FUNCTIONS[name](*inputs, axis=(0, 1))


def test_subclasses_and_lists(name, rng):
    operands = _operands(name, rng, F8, (3, 4))
    expected = FUNCTIONS[name](*operands)
    result = FUNCTIONS[name](*(one.view(np.recarray) for one in operands), axis=-1)
    assert type(result) is np.recarray and _bits(result) == _bits(expected)
    assert _bits(FUNCTIONS[name](*(one.tolist() for one in operands))) == _bits(expected)


def test_ufuncs(name):
    ufunc = fa.ufuncs.__dict__[name]
    assert isinstance(ufunc, np.ufunc)
    assert ufunc.signature == ("(n)->(n)" if name in FORWARD else "(n),(n)->(n)")
    assert pickle.loads(pickle.dumps(ufunc)) is ufunc
    assert pickle.loads(pickle.dumps(FUNCTIONS[name])) is FUNCTIONS[name]


def test_signatures(name):
    parameters = list(inspect.signature(FUNCTIONS[name]).parameters.values())
    assert [one.name for one in parameters if one.kind is one.POSITIONAL_ONLY] == (
        ["x"] if name in FORWARD else ["grad", "y"]
    )
    free = {one.name: one.default for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD}
    assert free == {"axis": -1, "out": None}
    keywords = {one.name: one.default for one in parameters if one.kind is one.KEYWORD_ONLY}
    assert keywords == ({"dtype": None} if name in FORWARD else {})


def test_large_arrays_release_the_gil_and_agree(name, any_dtype, isa, rng):
    operands = _operands(name, rng, any_dtype, (900, 100))
    assert _bits(FUNCTIONS[name](*operands)[400:403]) == _bits(FUNCTIONS[name](*(one[400:403] for one in operands)))
    across = FUNCTIONS[name](*operands, axis=0)
    assert _bits(across[:, 31:33]) == _bits(FUNCTIONS[name](*(one[:, 31:33] for one in operands), axis=0))


def test_records():
    for name, record in ROWS.items():
        assert record.backward is None and record.forward is getattr(fa, name)
        assert record.backward_from_output is getattr(fa, f"{name}_backward")
        assert dict(record.options) == {"axis": -1} and not record.parameters
    assert len(ISAS) >= 1
