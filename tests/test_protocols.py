"""What a NumPy user expects of a function over a ufunc: dtypes, where, subclasses, pickling, threads."""

import pickle
import threading

import numpy as np
import pytest

import fastact as fa

from .conftest import EACH
from .test_integers import KEEPING

PARAMETER_OF = ("ff", "dd", "ef")  # the characters of x and of the parameters, in each loop


def test_out_forms(one_case):
    case = one_case
    x = np.linspace(0, 1, 9)
    inputs = (x,) if case.inputs == 1 else (np.ones_like(x), x)
    expected = case(*inputs)
    out = np.zeros(9)
    assert case(*inputs, out=(out,)) is out
    assert np.array_equal(out, expected)
    assert np.array_equal(case(*inputs, out=None), expected)
    wider = np.zeros((2, 9))
    assert case(*inputs, out=wider) is wider
    assert np.array_equal(wider, [expected, expected])
    if not case.op.record.parameters and not case.op.record.options:
        positional = np.zeros(9)
        assert case.function(*inputs, positional) is positional
        assert np.array_equal(positional, expected)


def test_where(one_case):
    case = one_case
    x = np.linspace(0, 1, 9)
    inputs = (x,) if case.inputs == 1 else (np.ones_like(x), x)
    mask = np.arange(9) % 3 == 0
    out = np.full(9, 7.0)
    case(*inputs, where=mask, out=out)
    assert np.array_equal(out, np.where(mask, case(*inputs), 7))


def test_order_and_subok(one_case):
    case = one_case
    x = np.ones((3, 4))
    inputs = (x,) if case.inputs == 1 else (x, x)
    assert case(*inputs, order="F").flags.f_contiguous
    masked = [np.ma.masked_array(one) for one in inputs]
    assert type(case(*masked, subok=False)) is np.ndarray


def test_masked_arrays_and_matrices(one_case):
    case = one_case
    x = np.linspace(0, 1, 6)
    inputs = (x,) if case.inputs == 1 else (np.ones_like(x), x)
    result = case(*(np.ma.masked_array(one, mask=x > 0.5) for one in inputs))
    assert np.array_equal(result.mask, x > 0.5)
    assert np.array_equal(result.compressed(), case(*inputs)[x <= 0.5])
    with pytest.warns(PendingDeprecationWarning):
        assert type(case(*(np.matrix(one) for one in inputs))) is np.matrix


class Foreign:
    """An array of somebody else's, which takes part in the protocol."""

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        return ufunc, method, len(inputs), sorted(keywords)


def test_array_ufunc(one_case):
    case = one_case
    inputs = (Foreign(),) if case.inputs == 1 else (np.ones(3), Foreign())
    ufunc, method, count, keywords = case(*inputs)
    assert ufunc is case.ufunc
    assert method == "__call__"
    assert count == case.inputs + len(case.op.record.parameters)
    assert keywords == []  # dask refuses those that it does not know, be they the usual
    assert case(*inputs, casting="unsafe", order="C", subok=False)[3] == ["casting", "order", "subok"]


class Refuses:
    """One whose own code raises: the error is not ours to explain."""

    def __array_ufunc__(self, *_, **__):
        raise ValueError("mine")


def test_errors_of_others_pass_through(one_case):
    case = one_case
    inputs = (Refuses(),) if case.inputs == 1 else (np.ones(3), Refuses())
    with pytest.raises(ValueError) as caught:
        case(*inputs)
    assert str(caught.value) == "mine"


def test_parameters_never_change_the_dtype():
    x = np.array([-1, 2], np.float32)
    for slope in (
        0.5,
        np.float64(0.5),
        np.array(0.5),
        np.array([0.5, 0.5]),
        [0.5, 0.5],
        np.array([1, 1]),
        1,
        True,
        np.int8(1),
    ):
        result = fa.leaky_relu(x, slope)
        assert result.dtype == np.float32
        assert np.array_equal(result, [-np.float32(np.ravel(slope)[0]), 2])
    assert fa.leaky_relu(x.astype(np.int8), np.array([0.5, 0.5])).dtype == np.float32
    assert fa.leaky_relu(x.astype(np.int32), 0.5).dtype == np.float64


def test_parameters_broadcast(isa):
    x = -np.ones((3, 4), np.float32)
    slopes = np.array([0.5, 1, 2, 4])
    assert np.array_equal(fa.leaky_relu(x, slopes), -np.broadcast_to(slopes, (3, 4)))
    limits = fa.hardtanh(4 * x, -slopes, np.array([[0.0], [0.5], [1.0]]))
    assert np.array_equal(limits, np.broadcast_to(-slopes, (3, 4)))
    assert np.array_equal(fa.hardtanh(x, -slopes[-1], slopes - 2), np.minimum(x, slopes - 2))
    column = slopes[:3, None]
    assert np.array_equal(fa.leaky_relu(x, column), -np.broadcast_to(column, (3, 4)))
    assert fa.leaky_relu(-np.ones(4, np.float32), np.ones((3, 1))).shape == (3, 4)


def test_a_parameter_that_overflows_float32_is_infinite_without_a_warning():
    with np.errstate(all="raise"):
        assert fa.leaky_relu(np.float32([-1.0, 0.0]), 1e300).tolist() == [-np.inf, 0.0]
        assert fa.leaky_relu(np.float32([[-1.0, 0.0]])[:, ::-1], 1e300).tolist() == [[0.0, -np.inf]]


def test_ufuncs(one_case):
    case = one_case
    assert isinstance(case.ufunc, np.ufunc)
    assert case.ufunc.__name__ == case.name
    assert case.ufunc.nin == case.inputs + len(case.op.record.parameters)
    floats = {x * case.inputs + parameter * len(case.op.record.parameters) + f"->{x}" for x, parameter in PARAMETER_OF}
    kept = set(case.ufunc.types) - floats  # bfloat16 is not listed, as no dtype of others is
    assert floats <= set(case.ufunc.types)
    assert {signature[-1] for signature in kept} == (
        set(np.typecodes["AllInteger"]) - set("pPnN") if case.name in KEEPING else set()
    )
    assert pickle.loads(pickle.dumps(case.ufunc)) is case.ufunc
    assert pickle.loads(pickle.dumps(case.function)) is case.function


def test_ufunc_methods():
    x = np.array([-1.0, 2.0])
    assert np.array_equal(fa.ufuncs.leaky_relu.outer(x, [0.5, 0.25]), [[-0.5, -0.25], [2, 2]])
    fa.ufuncs.relu.at(x, [0])
    assert x.tolist() == [0, 2]


def test_threads_compute_at_once(rng):
    x = rng.normal(size=200_000).astype(np.float32)
    expected = [(case, case(x)) for case in EACH if case.inputs == 1]
    wrong = []

    def work():
        for _ in range(3):
            wrong.extend(str(case) for case, y in expected if not np.array_equal(case(x), y))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_memory_map(tmp_path, one_case):
    case = one_case
    np.save(tmp_path / "x.npy", np.linspace(0, 1, 100))
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    inputs = (x,) if case.inputs == 1 else (x, x)
    assert np.array_equal(case(*inputs), case(*map(np.array, inputs)))
