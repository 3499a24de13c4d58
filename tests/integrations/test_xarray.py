"""xarray: names, dimensions and attributes stay, over NumPy and over dask."""

import numpy as np
import pytest

pytest.importorskip("xarray")

import xarray as xr

import fastact as fa

from .arrays import X, each_call, results


def labelled(x):
    return xr.DataArray(x, dims=("batch", "unit"), coords={"unit": np.arange(x.shape[1]) * 10}, name="activity")


@each_call
def test_every_function(call):
    result, expected = results(call, convert=labelled)
    assert isinstance(result, xr.DataArray)
    assert result.dims == ("batch", "unit")
    assert result.unit.values.tolist() == [0, 10, 20, 30, 40, 50]
    assert result.dtype == expected.dtype
    assert np.array_equal(result.values, expected)


def test_over_dask():
    pytest.importorskip("dask.array")
    lazy = labelled(X).chunk(batch=2, unit=3)
    result = fa.leaky_relu(fa.gelu(lazy), 0.2)
    assert result.chunks == ((2, 2), (3, 3))
    assert np.array_equal(result.compute(scheduler="synchronous").values, fa.leaky_relu(fa.gelu(X), 0.2))
    applied = xr.apply_ufunc(fa.mish, lazy, dask="parallelized", output_dtypes=[np.float32])
    assert np.array_equal(applied.compute(scheduler="synchronous").values, fa.mish(X))


def test_rows_and_gates():
    x = labelled(X)
    for result, expected in (
        (fa.softmax(x), fa.softmax(X)),
        (fa.swiglu(x, x), fa.swiglu(X, X)),
        (fa.glu(x), fa.glu(X)),
    ):
        assert isinstance(result, xr.DataArray)
        assert np.array_equal(result.values, expected)


def test_datasets():
    data = xr.Dataset({"a": labelled(X), "b": ("other", np.arange(3))})
    result = fa.relu(data)
    assert np.array_equal(result.a.values, fa.relu(X))
    assert result.b.dtype == np.int64


def test_parameters_and_grad_align_by_name():
    slopes = xr.DataArray(np.linspace(0.1, 0.6, 6), dims="unit", coords={"unit": np.arange(6) * 10})
    assert np.array_equal(fa.leaky_relu(labelled(X), slopes).values, fa.leaky_relu(X, slopes.values))
    assert fa.leaky_relu(labelled(X), slopes).dtype == np.float32
    grad = labelled(X).transpose("unit", "batch")
    assert np.array_equal(fa.gelu_backward(grad, labelled(X)).values, fa.gelu_backward(X, X).T)


def test_out_is_numpys():
    out = np.zeros_like(X)
    fa.gelu(labelled(X), out=out)
    assert np.array_equal(out, fa.gelu(X))
    with pytest.raises(NotImplementedError):
        fa.gelu(labelled(X), out=labelled(out))
