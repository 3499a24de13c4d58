"""Bad input: an error of the right kind that names the function and the argument, and nothing written."""

import numpy as np
import pytest

import fastact as fa

from .conftest import EACH
from .ops import CASES

LAST = {"forward": "x", "backward": "x", "backward_from_output": "y"}


def _operands(case, last, dtype=np.float32):
    return (last,) if case.inputs == 1 else (np.ones(np.shape(last), dtype), last)


def _with_parameter(case, operands, name, value):
    """Call the function with one of its parameters replaced."""
    return case.function(*operands, **{**case.parameters, name: value}, **case.op.options)


BAD = {
    "complex": np.ones(3, np.complex64),
    "longdouble": np.ones(3, np.longdouble),
    "str": np.array(["1", "2", "3"]),
    "object": np.array([1, None, "x"], dtype=object),
    "datetime": np.array(["2026-11-21"] * 3, dtype="M8[D]"),
    "bytes": np.array([b"1", b"2", b"3"]),
    "void": np.zeros(3, dtype=[("a", "f4")]),
}


@pytest.mark.parametrize("bad", [name for name in BAD if name != "longdouble" or np.dtype(np.longdouble).itemsize > 8])
def test_dtypes(one_case, bad):
    case = one_case
    name, last = case.function.__name__, LAST[case.direction]
    with pytest.raises(TypeError, match=rf"^{name}: {last} has dtype .*"):
        case(*_operands(case, BAD[bad]))
    if case.inputs == 2:
        with pytest.raises(TypeError, match=rf"^{name}: grad has dtype .*"):
            case(BAD[bad], np.ones(3, np.float32))


@pytest.mark.parametrize("bad", ["abc", None, object(), {"a": 1}, 1j])
def test_values_that_are_no_arrays(one_case, bad):
    case = one_case
    with pytest.raises(TypeError, match=rf"^{case.function.__name__}: {LAST[case.direction]} "):
        case(*_operands(case, bad))


RAGGED = [[1.0], [1.0, 2.0]]


def test_ragged_lists(one_case):
    case = one_case
    name, last = case.function.__name__, LAST[case.direction]
    with pytest.raises(ValueError, match=rf"^{name}: {last} cannot be made an array"):
        case(RAGGED) if case.inputs == 1 else case(np.ones(3), RAGGED)
    for parameter in case.op.record.parameters:
        with pytest.raises(ValueError, match=rf"^{name}: {parameter} cannot be made an array"):
            _with_parameter(case, _operands(case, np.ones(3)), parameter, RAGGED)


def test_out_shapes(one_case, dtype):
    case = one_case
    for shape, out_shape in (((4,), (3,)), ((4,), (4, 1)), ((2, 3), (3, 2)), ((), (2, 0)), ((3,), ())):
        out = np.full(out_shape, 7, dtype)
        if shape == () and 0 in out_shape:
            continue
        with pytest.raises(ValueError, match=rf"^{case.function.__name__}: out has shape"):
            case(*_operands(case, np.ones(shape, dtype), dtype), out=out)
        assert (out == 7).all()


def test_read_only_out(one_case, dtype):
    case = one_case
    out = np.full(5, 7, dtype)
    out.flags.writeable = False
    with pytest.raises(ValueError, match=rf"^{case.function.__name__}: out is read-only"):
        case(*_operands(case, np.ones(5, dtype), dtype), out=out)
    assert (out == 7).all()


def test_read_only_in_place(one_case, dtype):
    case = one_case
    x = np.full(5, 7, dtype)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="out is read-only"):
        case(*_operands(case, x, dtype), out=x)
    assert (x == 7).all()


def test_out_of_another_kind(one_case):
    case = one_case
    x = np.ones(5, np.float32)
    for kind in (np.int32, bool):
        out = np.full(5, 1, kind)
        with pytest.raises(TypeError, match=rf"^{case.function.__name__}: out has dtype"):
            case(*_operands(case, x), out=out)
        assert (out == 1).all()
    for bad in ([1.0] * 5, 3.0, "out"):
        with pytest.raises(TypeError, match=rf"^{case.function.__name__}: out must be an array"):
            case(*_operands(case, x), out=bad)


def test_grad_and_x_that_do_not_broadcast(one_backward_case, dtype):
    case = one_backward_case
    name, last = case.function.__name__, LAST[case.direction]
    for grad, x in (((3,), (4,)), ((2, 3), (3, 2))):
        with pytest.raises(ValueError, match=rf"^{name}: the shapes do not broadcast together: grad .*{last} "):
            case(np.ones(grad, dtype), np.ones(x, dtype))


def test_dtype_and_casting(one_case):
    case = one_case
    x = np.ones(5, np.float64)
    name = case.function.__name__
    with pytest.raises(TypeError, match=rf"^{name}: dtype complex128 is not one of "):
        case(*_operands(case, x), dtype=complex)
    with pytest.raises(TypeError, match=rf"^{name}: .* does not cast .* casting='safe'"):
        case(*_operands(case, x, np.float64), dtype=np.float32, casting="safe")
    with pytest.raises(TypeError, match=rf"^{name}: out has dtype float32, .* casting='safe'"):
        case(*_operands(case, x, np.float64), out=np.ones(5, np.float32), casting="safe")
    for keyword, bad in (("casting", "loose"), ("order", "Z")):
        with pytest.raises(ValueError, match=rf"^{name}: {keyword} must be"):
            case(*_operands(case, x), **{keyword: bad})
    with pytest.raises(TypeError, match="no such"):
        case(*_operands(case, x), dtype="no such")


PARAMETRISED = [(case, name) for case in EACH for name in case.op.record.parameters]


@pytest.mark.parametrize(
    ("case", "parameter"), PARAMETRISED, ids=[f"{case.name}-{name}" for case, name in PARAMETRISED]
)
def test_parameters(case, parameter):
    name = case.function.__name__
    operands = _operands(case, np.ones(5, np.float32))
    assert case.out_of_domain[parameter], "nothing is refused?"
    for bad in case.out_of_domain[parameter]:
        for scalar in (bad, np.float32(bad), np.array(bad)):
            # A limit that the other parameter sets may be told of either.
            either = "|".join(case.out_of_domain) if not np.isnan(bad) else parameter
            with pytest.raises(ValueError, match=rf"^{name}: ({either}) must be"):
                _with_parameter(case, operands, parameter, scalar)
    for bad in ("0.1", None, 1j, [1j], np.array("x")):
        with pytest.raises(TypeError, match=rf"^{name}: {parameter} must be a real number"):
            _with_parameter(case, operands, parameter, bad)
    with pytest.raises(ValueError, match=rf"^{name}: the shapes do not broadcast together: .*{parameter} \(3,\)"):
        _with_parameter(case, operands, parameter, np.ones(3))


def test_what_parameters_admit():
    """Every set of parameters of the rows is admitted, as Python's, NumPy's and 0-d numbers."""
    x = np.ones(3)
    for case in CASES:
        for kind in (float, np.float64, np.float32, np.array):
            parameters = {name: kind(value) for name, value in case.parameters.items()}
            assert case.function(*_operands(case, x, np.float64), **parameters, **case.op.options).shape == (3,)


@pytest.mark.parametrize("function", [fa.hardtanh, fa.rrelu])
def test_limits_may_meet_but_not_cross(function):
    x = np.array([-8.0, 8.0])
    assert function(x, 2, 2).tolist() == ([2, 2] if function is fa.hardtanh else [-16, 8])
    above = np.nextafter(2.0, 3.0)
    for low, high in ((above, 2.0), (np.float64(above), np.float64(2)), (np.array(above), 2)):
        with pytest.raises(ValueError, match=rf"^{function.__name__}: (min_val|max_val|lower|upper) must be"):
            function(x, low, high)


def test_the_values_of_an_array_of_parameters_are_not_checked():
    x = np.array([-1.0, 1.0])
    with np.errstate(all="raise"):
        for function in (fa.elu, fa.celu, fa.selu, fa.silu, fa.softplus, fa.leaky_relu, fa.squareplus):
            for n in (1, 2, 9):
                some = np.where(np.arange(n) % 2, 1.0, np.nan)
                assert np.isnan(function(-np.ones(n), some)).tolist() == np.isnan(some).tolist(), function.__name__
        assert fa.hardtanh(x, np.array([1.0, -1.0]), np.array([-1.0, 1.0])).shape == (2,)
        assert fa.softshrink(x, np.array([-1.0, 0.0])).shape == (2,)
