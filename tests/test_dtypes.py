"""Which dtype comes of which: promotion, `dtype=`, `casting=`, `out=`; NumPy's own multiply is the measure."""

import ml_dtypes
import numpy as np
import pytest

import fastact as fa

from .half import HALVES
from .ops import DTYPES

INTEGERS = ("bool", "int8", "uint8", "int16", "uint16", "int32", "int64", "uint64")
FLOATS = HALVES + DTYPES
KINDS = (*map(np.dtype, INTEGERS), *FLOATS)
CASTINGS = ("no", "equiv", "safe", "same_kind", "unsafe")
F4, F8 = DTYPES
MEASURED = ("silu_backward", "relu_backward", "sigmoid_backward_from_output", "leaky_relu_backward")


def _ones(kind, n=3):
    return np.ones(n, kind)


def _float_of(kind):
    """Return what a dtype is computed in where integers are not kept."""
    if kind in FLOATS:
        return kind
    return F4 if kind.itemsize <= 2 else F8


def _promoted(*kinds):
    """Return NumPy's promotion of two operands, which np.promote_types does not tell of bfloat16."""
    return _float_of(np.multiply(*map(_ones, kinds)).dtype)


def test_the_measure_itself():
    """That multiply promotes as DESIGN says, of what it says."""
    bfloat16 = np.dtype(ml_dtypes.bfloat16)
    assert _promoted(np.dtype(np.float16), np.dtype(np.int8)) == np.float16
    assert _promoted(np.dtype(np.float16), np.dtype(np.int16)) == np.float32
    assert _promoted(bfloat16, F4) == np.float32
    assert _promoted(bfloat16, np.dtype(np.float16)) == np.float32
    assert _promoted(np.dtype(np.uint8), np.dtype(bool)) == np.float32
    assert _promoted(np.dtype(np.uint16), np.dtype(np.int16)) == np.float64


@pytest.mark.parametrize("name", MEASURED)
def test_grad_and_x_promote_as_numpys_operands(name, rng):
    function = getattr(fa, name)
    values = rng.integers(0, 2, (2, 70))
    for of_grad in KINDS:
        for of_x in KINDS:
            grad, x = values[0].astype(of_grad), values[1].astype(of_x)
            expected = _promoted(of_grad, of_x)
            for keywords in ({}, {"subok": False}):
                result = function(grad, x, **keywords)
                assert result.dtype == expected, f"{of_grad}, {of_x}: {result.dtype}, not {expected}"
                assert result.tobytes() == function(grad.astype(expected), x.astype(expected)).tobytes()


def test_ufuncs_promote_as_the_functions_do():
    """Whatever dtype the parameter has."""
    for of_grad in KINDS:
        for of_x in KINDS:
            expected = _promoted(of_grad, of_x)
            assert fa.ufuncs.mish_backward(_ones(of_grad), _ones(of_x)).dtype == expected
            for parameter in (1.0, 1, np.float64(1), np.float32(1), np.float16(1), _ones(F8), _ones(np.int64)):
                result = fa.ufuncs.silu_backward(_ones(of_grad), _ones(of_x), parameter)
                assert result.dtype == expected, f"{of_grad}, {of_x}, {type(parameter)}: {result.dtype}"


@pytest.mark.parametrize("kind", FLOATS, ids=str)
def test_python_numbers_are_weak(one_backward_case, kind):
    case = one_backward_case
    for grad in (1.0, 1, True):
        assert case(grad, _ones(kind)).dtype == kind
        assert case(grad, kind.type(1)).dtype == kind
        assert case(_ones(kind), 0.5).dtype == kind
    assert case(np.float64(1), _ones(F4)).dtype == F8


def test_python_numbers_alone():
    assert fa.sigmoid(3).dtype == fa.sigmoid(3.0).dtype == fa.sigmoid([3, 4]).dtype == np.float64
    assert fa.relu(3).dtype == np.int64 and fa.relu(3.0).dtype == np.float64 and fa.relu(True).dtype == np.float32
    assert fa.silu_backward(1, 2).dtype == fa.relu_backward(1, 2).dtype == np.float64


def _trouble(call):
    """Return the class of what the call raises, NumPy's own subclasses aside, and the message."""
    try:
        return None, call()
    except (TypeError, ValueError) as error:
        return TypeError if isinstance(error, TypeError) else ValueError, str(error)


def _agrees(case, operands, keywords, named):
    """Assert that the function accepts what multiply accepts, with the dtype of its result."""
    kind, theirs = _trouble(lambda: np.multiply(*operands, **keywords()))
    own, ours = _trouble(lambda: case(*operands, **keywords()))
    told = f"{[one.dtype for one in operands]}, {keywords()}: {ours!r}, multiply: {theirs!r}"
    assert own == kind, told
    if own is None:
        assert ours.dtype == theirs.dtype, told
    else:
        assert ours.startswith(f"{case.function.__name__}: ") and any(name in ours for name in named), told


def test_dtype_and_casting(one_backward_case):
    """What is refused names the operand at fault, or dtype and casting."""
    for kind in FLOATS:
        for wanted in FLOATS:
            for casting in CASTINGS:
                keywords = {"dtype": wanted, "casting": casting}
                _agrees(one_backward_case, (_ones(kind), _ones(kind)), lambda: keywords, ("grad has dtype",))  # noqa: B023


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in FLOATS], ids=str)
def test_dtype_of_integers(kind):
    for name in MEASURED:
        function = getattr(fa, name)
        for wanted in FLOATS:
            for casting in CASTINGS:
                call = lambda: function(_ones(kind), _ones(kind), dtype=wanted, casting=casting)  # noqa: B023, E731
                if np.can_cast(kind, wanted, casting):
                    result = call()
                    assert result.dtype == wanted
                    assert result.tobytes() == function(_ones(wanted), _ones(wanted)).tobytes()
                else:
                    with pytest.raises(TypeError, match=rf"^{name}: grad has dtype {kind}"):
                        call()


@pytest.mark.parametrize("wanted", ["int8", "int64", "bool", "complex64", "complex128", "O", "M8[s]", "U3"])
def test_dtypes_that_are_no_floats(one_backward_case, wanted):
    name = one_backward_case.function.__name__
    with pytest.raises(TypeError, match=rf"^{name}: dtype .* is not one of "):
        one_backward_case(_ones(F4), _ones(F4), dtype=wanted)


@pytest.mark.parametrize("wanted", FLOATS, ids=str)
def test_dtype_is_what_is_computed_in(one_case, wanted, rng):
    """Not only the result's: the inputs are cast first."""
    case = one_case
    for kind in FLOATS:
        if np.can_cast(kind, wanted, "same_kind"):
            inputs = tuple(np.abs(one) / 8 for one in case.sample(rng, F4, 20))
            inputs = tuple(one.clip(2.0**-8, 0.875).astype(kind) for one in inputs)
            result = case(*inputs, dtype=wanted)
            assert result.dtype == wanted
            assert result.tobytes() == case(*(one.astype(wanted) for one in inputs)).tobytes(), kind


def test_out_of_another_dtype(one_backward_case, rng):
    """Wider, narrower, of another kind: as multiply, and the values those of a cast."""
    for kind in FLOATS:
        for of_out in (*KINDS, np.dtype(np.complex64), np.dtype(np.longdouble)):
            for keywords in ({}, {"casting": "safe"}, {"casting": "unsafe"}):
                call = lambda: {"out": _ones(of_out), **keywords}  # noqa: B023, E731
                _agrees(one_backward_case, (_ones(kind), _ones(kind)), call, ("out has dtype",))
        grad, x = (rng.uniform(0.125, 1, 37).astype(kind) for _ in range(2))
        for of_out in FLOATS:
            if np.can_cast(kind, of_out, "same_kind"):
                out = np.zeros(37, of_out)
                assert one_backward_case(grad, x, out=out) is out
                assert out.tobytes() == one_backward_case(grad, x).astype(of_out).tobytes()


def test_dtype_with_out(one_backward_case):
    for wanted in FLOATS:
        for of_out in FLOATS:
            call = lambda: {"out": _ones(of_out), "dtype": wanted}  # noqa: B023, E731
            _agrees(one_backward_case, (_ones(F4), _ones(F4)), call, ("out has dtype", "grad has dtype"))
