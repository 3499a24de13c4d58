"""pandas: indexes stay, missing values stay missing, each column keeps to its dtype."""

import numpy as np
import pytest

pytest.importorskip("pandas")

import pandas as pd

import fastact as fa

from .arrays import X, each_call, results


def framed(x):
    return pd.DataFrame(x, index=list("wxyz"), columns=list("abcdef"))


@each_call
def test_every_function(call):
    result, expected = results(call, convert=framed)
    assert isinstance(result, pd.DataFrame)
    assert list(result.index) == list("wxyz")
    assert list(result.columns) == list("abcdef")
    assert set(result.dtypes) == {expected.dtype}
    assert np.array_equal(result.to_numpy(), expected)
    result, expected = results(call, x=X[0], convert=lambda x: pd.Series(x, index=list("abcdef"), name="s"))
    assert isinstance(result, pd.Series)
    assert result.name == "s"
    assert np.array_equal(result.to_numpy(), expected)


def test_rows_and_gates():
    x = framed(X)
    for result, expected in (
        (fa.softmax(x), fa.softmax(X)),
        (fa.softmax(x, 0), fa.softmax(X, 0)),
        (fa.swiglu(x, x), fa.swiglu(X, X)),
    ):
        assert isinstance(result, pd.DataFrame)
        assert np.array_equal(result.to_numpy(), expected)


def test_columns_of_different_dtypes():
    frame = pd.DataFrame({"a": np.float32([-1, 2]), "b": [-3, 4], "c": np.int8([5, -6])})
    assert list(fa.relu(frame).dtypes) == [np.float32, np.int64, np.int8]
    assert list(fa.gelu(frame).dtypes) == [np.float32, np.float64, np.float32]
    # With more than one operand pandas makes one array of the frame first.
    assert list(fa.leaky_relu(frame, 0.2).dtypes) == [np.float64] * 3
    assert list(fa.leaky_relu(frame[["a", "c"]], 0.2).dtypes) == [np.float32] * 2


@pytest.mark.parametrize(
    ("given", "of_gelu"),
    [("Float32", "Float32"), ("Float64", "Float64"), ("Int8", "Float32"), ("Int64", "Float64"), ("boolean", "Float32")],
)
def test_nullable(given, of_gelu):
    with np.errstate(all="raise"):
        series = pd.Series([1, 0, None], dtype=given)
        result = fa.gelu(series)
        assert result.dtype == of_gelu
        assert result.isna().tolist() == [False, False, True]
        assert result[0] == fa.gelu(np.ones(1, of_gelu.lower()))[0]
        assert fa.gelu_backward(series, series).isna().tolist() == [False, False, True]
        assert fa.leaky_relu(series, 0.2).isna().tolist() == [False, False, True]


def test_grad_aligns_by_index():
    x = pd.Series([-1.0, 2.0], index=["a", "b"])
    grad = pd.Series([10.0, 20.0], index=["b", "a"])
    assert fa.relu_backward(grad, x).to_dict() == {"a": 0.0, "b": 10.0}


def test_indexes_and_objects():
    assert isinstance(fa.relu(pd.Index([-1.0, 2.0])), pd.Index)
    with pytest.raises(TypeError, match="object"):
        fa.gelu(pd.Series([1.0, 2.0], dtype=object))
