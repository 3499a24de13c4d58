"""dask: lazily and with the same bits, by threads, by processes and on a cluster of two workers."""

import functools
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

pytest.importorskip("dask.array")

import dask.array as da
from dask.base import tokenize

import fastact as fa

from .arrays import X, each_call, results

to_dask = functools.partial(da.from_array, chunks=(2, 4))


@each_call
def test_every_function(call):
    result, expected = results(call, convert=to_dask)
    assert isinstance(result, da.Array)
    assert result.dtype == expected.dtype
    assert result.chunks == ((2, 2), (4, 2))
    assert np.array_equal(result.compute(scheduler="synchronous"), expected)


def test_parameters_and_keywords():
    x = to_dask(X)
    for result, expected in (
        (fa.leaky_relu(x, negative_slope=0.2), fa.leaky_relu(X, 0.2)),
        (fa.leaky_relu(x, to_dask(X)), fa.leaky_relu(X, X)),
        (fa.gelu(x, approximate="tanh"), fa.gelu(X, "tanh")),
        (fa.prelu(x, np.arange(6), axis=1), fa.prelu(X, np.arange(6))),
        (fa.gelu_backward(X, x), fa.gelu_backward(X, X)),
        (fa.relu(x, dtype="f8"), fa.relu(X, dtype="f8")),
        (fa.relu(x.astype(np.int16)), fa.relu(X.astype(np.int16))),
        (fa.gelu(x.astype(np.float16)), fa.gelu(X.astype(np.float16))),
        (x.map_blocks(fa.elu, alpha=0.5), fa.elu(X, 0.5)),
        (fa.gelu(x[x > 0]), fa.gelu(X[X > 0])),
    ):
        assert isinstance(result, da.Array)
        assert result.dtype == expected.dtype
        assert np.array_equal(result.compute(scheduler="synchronous"), expected)


def test_rows_and_gates():
    x = da.from_array(X, chunks=(2, 6))
    for result, expected in (
        (fa.softmax(x), fa.softmax(X)),
        (fa.softmax_backward(x, x), fa.softmax_backward(X, X)),
        (fa.swiglu(x, x), fa.swiglu(X, X)),
        (fa.glu(x), fa.glu(X)),
    ):
        assert isinstance(result, da.Array)
        assert result.dtype == expected.dtype
        assert np.array_equal(result.compute(scheduler="synchronous"), expected)
    with pytest.raises(ValueError, match="multiple chunks"):
        fa.softmax(to_dask(X))


def test_two_results_by_blocks():
    """prelu_backward itself would make NumPy arrays of the whole."""
    grad, x, weight = to_dask(X), to_dask(X), 0.25

    def dweight(grad, x):
        return np.reshape(fa.prelu_backward(grad, x, weight)[1], (1, 1))

    total = da.map_blocks(dweight, grad, x, chunks=(1, 1), dtype=X.dtype, meta=X[:0, :0]).sum()
    dx = da.map_blocks(lambda grad, x: fa.prelu_backward(grad, x, weight)[0], grad, x, dtype=X.dtype, meta=X[:0, :0])
    expected = fa.prelu_backward(X, X, weight)
    assert np.array_equal(dx.compute(scheduler="synchronous"), expected[0])
    assert np.isclose(total.compute(scheduler="synchronous"), expected[1], rtol=1e-6)


def test_out_must_be_dasks():
    out = da.zeros((4, 6), dtype=np.float32)
    fa.gelu(to_dask(X), out=out)
    assert np.array_equal(out.compute(scheduler="synchronous"), fa.gelu(X))
    with pytest.raises(NotImplementedError):
        fa.gelu(to_dask(X), out=X.copy())


def test_names_are_deterministic():
    assert tokenize(fa.gelu) == tokenize(fa.gelu)
    assert fa.gelu(to_dask(X)).name == fa.gelu(to_dask(X)).name
    assert fa.gelu(to_dask(X)).name != fa.gelu(to_dask(X), "tanh").name


def test_by_threads(rng):
    x = rng.normal(size=(1000, 1000)).astype(np.float32)
    lazy = fa.silu_backward(x, da.from_array(x, chunks=(100, 500)))
    assert np.array_equal(lazy.compute(scheduler="threads", num_workers=4), fa.silu_backward(x, x))


def script(text, **environment):
    """Run a program of its own, for processes and clusters start by importing the main module."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_by_processes():
    script("""
        import numpy as np, dask.array as da, fastact as fa
        x = np.linspace(-9, 9, 4000, dtype=np.float32)
        if __name__ == "__main__":
            lazy = fa.leaky_relu(fa.gelu(da.from_array(x, chunks=1000)), 0.2)
            assert np.array_equal(lazy.compute(scheduler="processes", num_workers=2), fa.leaky_relu(fa.gelu(x), 0.2))
    """)


def test_on_a_cluster():
    """Two workers, one thread each whatever is asked for, and an array that fits neither."""
    pytest.importorskip("distributed")
    script(
        """
        import numpy as np, dask.array as da, fastact as fa
        from distributed import Client, LocalCluster

        LIMIT = 400_000_000  # bytes; a worker itself takes 150 to 200 million

        def worker_threads():
            import fastact
            from fastact import _core
            return fastact.get_num_threads(), _core._workers()

        if __name__ == "__main__":
            assert fa.get_num_threads() == 4
            with (
                LocalCluster(n_workers=2, threads_per_worker=1, memory_limit=LIMIT, dashboard_address=None) as cluster,
                Client(cluster) as client,
            ):
                x = da.linspace(-8, 8, 110_000_001, chunks=2_000_000, dtype=np.float32)
                assert x.nbytes > LIMIT
                error = abs(fa.gelu(x) - fa.gelu(-x) - x).max()
                assert client.compute(error, sync=True) <= 2e-6

                few = np.linspace(-9, 9, 10_001, dtype=np.float32)
                lazy = fa.mish_backward(few, da.from_array(few, chunks=1000))
                assert np.array_equal(client.compute(lazy, sync=True), fa.mish_backward(few, few))
                assert np.array_equal(client.submit(fa.ufuncs.gelu, few).result(), fa.gelu(few))

                assert set(client.run(worker_threads).values()) == {(1, 0)}
        """,
        FASTACT_NUM_THREADS="4",
    )
