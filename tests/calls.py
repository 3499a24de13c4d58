"""One row a way through the library, for the tests that call each of them again and again, or without memory.

No check belongs here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np

import fastact as fa

F4 = np.float32
FEW, SHARED = 60, 40_000  # elements: by the caller alone; enough for the pool, if waking it is cheap
LONG_ROW = 5000  # longer than a stage on the stack: rows of 16 bits and of strides allocate one


@dataclass(frozen=True)
class Call:
    """A function and what it is given; `error` where it must refuse, `threads` where it may share the work.

    `dies_in_numpy` where NumPy 2.4 does so without memory: for buffers of conversions, in a ufunc of masked arrays.
    """

    name: str
    function: Callable
    arguments: tuple = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    error: type[Exception] | None = None
    threads: int = 1
    dies_in_numpy: bool = False

    def __call__(self):
        """Call it."""
        return self.function(*self.arguments, **self.keywords)

    @property
    def arrays(self) -> list[np.ndarray]:
        """Return the arrays among what it is given."""
        given = [*self.arguments, *self.keywords.values()]
        flat = [one for value in given for one in (value if isinstance(value, tuple) else (value,))]
        return [one for one in flat if isinstance(one, np.ndarray)]

    @property
    def outs(self) -> list[np.ndarray]:
        """Return the arrays that it writes to."""
        out = self.keywords.get("out", ())
        return [one for one in (out if isinstance(out, tuple) else (out,)) if isinstance(one, np.ndarray)]


class Foreign:
    """An array of somebody else's, with a protocol of its own."""

    def __init__(self, values):
        self.values = values

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        """Compute on what is inside."""
        return ufunc(*(one.values if isinstance(one, Foreign) else one for one in inputs), **keywords)


class Convertible:
    """No array, but it can be made one."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        """Return what is inside."""
        return self.values


class Hostile:
    """What raises when it is asked for an array."""

    def __array__(self, dtype=None, copy=None):
        """Refuse."""
        raise RuntimeError("no array today")


def _overlapping(x):
    memory = np.append(x, F4(0))
    return fa.tanh(memory[:-1], out=memory[1:])


def _in_buffer_pool(x):
    with fa.buffer_pool(max_bytes=2**22):
        return fa.relu(x).shape


def _kept_by_buffer_pool(x):
    with fa.buffer_pool(max_bytes=2**22):
        for _ in range(3):
            y = fa.relu(x)
        return y


def _resized_in_buffer_pool(n):
    with fa.buffer_pool(max_bytes=2**22):
        array = np.zeros(n, F4)
        array[n // 2] = 1
        array.resize(n + n // 8, refcheck=False)
        return array[: n + 1]


def _in_threads(n):
    with fa.threads(n):
        return fa.get_num_threads()


def _set_threads(n):
    return fa.set_num_threads(fa.set_num_threads(n))


def _numbers(*shape, dtype=F4, seed=0):
    return np.random.default_rng(seed + sum(shape)).normal(0, 2, shape).astype(dtype)


def _strided(array):
    """Return a copy that is contiguous along no axis."""
    wide = np.zeros(tuple(2 * length for length in array.shape), array.dtype)
    view = wide[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    return view


def _read_only(array):
    array.flags.writeable = False
    return array


def calls() -> list[Call]:
    """Return the rows, with arrays of their own."""
    x, g, u = (_numbers(FEW, seed=seed) for seed in range(3))
    square, grads = _numbers(6, 10), _numbers(6, 10, seed=1)
    large, large_grad = _numbers(SHARED), _numbers(SHARED, seed=1)
    wide = _numbers(7, SHARED // 7)
    long_rows = _numbers(2, LONG_ROW)
    bits, chosen = np.packbits(x > 0, bitorder="little"), np.zeros((6, 5), np.int32)
    half = np.dtype(np.float16)
    new = np.empty_like
    pooled = np.ones(2**18, F4)
    elementwise = [
        Call("fast path", fa.gelu, (x,)),
        Call("fast path, backward", fa.gelu_backward, (g, x)),
        Call("fast path, from output", fa.tanh_backward_from_output, (g, np.tanh(x))),
        Call("fast path, out", fa.silu, (x,), {"out": new(x)}),
        Call("fast path, parameters", fa.elu, (x, 0.7)),
        Call("fast path, F order", fa.mish, (np.asfortranarray(square),)),
        Call("fast path, float16", fa.silu, (x.astype(half),)),
        Call("fast path, bfloat16", fa.silu, (x.astype(ml_dtypes.bfloat16),)),
        Call("fast path, shared", fa.mish, (large,), threads=3),
        Call("fast path, shared, out", fa.mish_backward, (large_grad, large), {"out": new(large)}, threads=3),
        Call("one dimension, strided", fa.leaky_relu, (_strided(x), 0.2)),
        Call("one dimension, strided, out", fa.leaky_relu, (_strided(x), 0.2), {"out": _strided(x)}),
        Call("several dimensions", fa.elu, (_strided(square), 0.5)),
        Call("several dimensions, out", fa.gelu_backward, (grads, _strided(square)), {"out": _strided(square)}),
        Call("several dimensions, shared", fa.mish_backward, (wide, np.asfortranarray(wide)), threads=3),
        Call("ufunc, number", fa.elu, (_strided(square).T, 0.5)),
        Call("ufunc, out", fa.gelu_backward, (grads[:1], _strided(square)), {"out": _strided(square)}),
        Call("ufunc, array of parameters", fa.softplus, (x, np.linspace(1, 2, FEW, dtype=F4))),
        Call("ufunc, itself", fa.ufuncs.silu, (x, F4(1.0))),
        Call("ufunc, scalar", fa.sigmoid, (0.5,)),
        Call("ufunc, shared", fa.mish, (_strided(large),), threads=3),
        Call("conversion, int8", fa.sigmoid, (x.astype(np.int8),)),
        Call("conversion, int64", fa.sigmoid, (np.arange(20_000),), dies_in_numpy=True),
        Call("conversion, list", fa.tanh, ([0.5, 1.5, -2.5],)),
        Call("conversion, byte order", fa.tanh, (x.astype(">f4"),)),
        Call("conversion, protocol", fa.tanh, (Convertible(x),)),
        Call("conversion, dtype and out", fa.tanh, (x,), {"dtype": np.float64, "out": new(x), "casting": "same_kind"}),
        Call("where", fa.relu, (x,), {"out": new(x), "where": x > 1}),
        Call("broadcast", fa.silu_backward, (g[:10], square)),
        Call("overlap", _overlapping, (x,)),
        Call("integers", fa.relu, (np.arange(-20, 20),)),
        Call("integers, parameters", fa.hardtanh, (np.arange(-20, 20), -3, 3)),
        Call("masked array", fa.silu, (np.ma.masked_less(x, 0),), dies_in_numpy=True),
        Call("foreign", fa.silu, (Foreign(x),)),
        Call("foreign, gate", fa.swiglu, (Foreign(g), Foreign(u))),
    ]
    composed = [
        Call("prelu", fa.prelu, (square, np.full(10, 0.25, F4)), {"axis": 1}),
        Call("prelu_backward, number", fa.prelu_backward, (grads, square, 0.25)),
        Call("prelu_backward, array", fa.prelu_backward, (grads, square, np.full(10, 0.25, F4)), {"axis": 1}),
        Call("rrelu, random", fa.rrelu, (x,), {"rng": 1}),
        Call("rrelu_backward", fa.rrelu_backward, (g, x), {"slope": np.full(FEW, 0.25, F4)}),
        Call("swiglu", fa.swiglu, (g, u)),
        Call("swiglu, out", fa.swiglu, (g, u), {"out": new(x)}),
        Call("swiglu, general", fa.swiglu, (grads[0], _strided(square))),
        Call("swiglu, shared", fa.swiglu, (large_grad, large), threads=3),
        Call("swiglu_backward", fa.swiglu_backward, (x, g, u), {"out": (new(x), new(x))}),
        Call("swiglu_backward, general", fa.swiglu_backward, (1.0, grads, _strided(square))),
        Call("glu", fa.glu, (square,)),
        Call("glu_backward", fa.glu_backward, (grads[:, :5], square), {"axis": 1}),
        Call("crelu", fa.crelu, (square,), {"axis": 0}),
        Call("crelu_backward", fa.crelu_backward, (np.ones((12, 10), F4), square), {"axis": 0}),
        Call("maxout", fa.maxout, (square.reshape(6, 5, 2),)),
        Call("maxout_backward", fa.maxout_backward, (np.ones((6, 5), F4), chosen, 2)),
        Call("bias_act", fa.bias_act, (square, square[0], "silu")),
        Call("bias_act, out", fa.bias_act, (square, square[0], "silu"), {"out": new(square)}),
        Call("bias_act, parameters", fa.bias_act, (_strided(square), square[0], "elu"), {"alpha": 0.5}),
        Call("bias_act_backward", fa.bias_act_backward, (grads, square, square[0], "gelu")),
        Call("bias_act_backward, shared", fa.bias_act_backward, (wide, wide, wide[:, 0], "silu", 0), threads=3),
    ]
    rows = [
        Call("softmax", fa.softmax, (square,)),
        Call("softmax, out", fa.softmax, (square,), {"axis": 0, "out": new(square)}),
        Call("softmax, float16", fa.softmax, (square.astype(half),)),
        Call("softmax, long float16", fa.softmax, (long_rows.astype(half),), {"out": new(long_rows, half)}),
        Call("softmax, across", fa.softmax, (np.tile(long_rows[0, :70, None], 70),), {"axis": 0}),
        Call("softmax, across, float16", fa.softmax, (np.tile(long_rows[0, :70, None], 70).astype(half),), {"axis": 0}),
        Call("softmax, long and strided", fa.softmax, (_strided(long_rows.T),), {"axis": 0}),
        Call("softmax, two axes", fa.softmax, (square.reshape(2, 3, 10),), {"axis": (0, 2)}),
        Call("softmax, masked", fa.softmax, (np.ma.masked_less(square, -1),)),
        Call("softmax, integers", fa.softmax, (np.arange(12).reshape(3, 4),)),
        Call("softmax, shared", fa.softmax, (wide.astype(half),), threads=3),
        Call("log_softmax_backward", fa.log_softmax_backward, (grads, fa.log_softmax(square))),
    ]
    sparse = [
        Call("relu_mask", fa.relu_mask, (x,)),
        Call("relu_mask, out", fa.relu_mask, (x,), {"out": (new(x), new(bits))}),
        Call("relu_mask, strided", fa.relu_mask, (_strided(square),)),
        Call("relu_mask, integers", fa.relu_mask, (np.arange(-9, 9),)),
        Call("relu_backward_mask", fa.relu_backward_mask, (g, bits)),
        Call("relu_backward_mask, out", fa.relu_backward_mask, (_strided(g), bits), {"out": _strided(g)}),
        Call("relu_csr", fa.relu_csr, (square,)),
        Call("relu_csr, strided", fa.relu_csr, (_strided(square),)),
        Call("relu_csr, shared", fa.relu_csr, (wide,), threads=3),
        Call("sparsity", fa.sparsity, (x,)),
        Call("sparsity, many blocks", fa.sparsity, (np.zeros(2**17 + 1, half),)),
        Call("dead_units", fa.dead_units, (square,)),
    ]
    control = [
        Call("buffer_pool", _in_buffer_pool, (x,)),
        Call("buffer_pool, kept", _kept_by_buffer_pool, (pooled,)),
        Call("buffer_pool, resize", _resized_in_buffer_pool, (2**18,)),
        Call("threads()", _in_threads, (3,)),
        Call("set_num_threads", _set_threads, (3,)),
        Call("show_config", fa.show_config, ("dicts",)),
    ]
    refused = [
        Call("TypeError, dtype", fa.relu, (np.array(["a"]),), error=TypeError),
        Call("TypeError, complex", fa.swiglu, (x * 1j, u), error=TypeError),
        Call("TypeError, keyword", partial(fa.gelu, beta=1), (x,), error=TypeError),
        Call("TypeError, out", fa.silu, (x,), {"out": np.empty(FEW, np.int32)}, error=TypeError),
        Call("ValueError, parameter", fa.hardtanh, (x, 1.0, -1.0), error=ValueError),
        Call("ValueError, shapes", fa.relu_backward, (g[:7], x), error=ValueError),
        Call("ValueError, read-only", fa.relu, (x,), {"out": _read_only(new(x))}, error=ValueError),
        Call("ValueError, option", fa.gelu, (x,), {"approximate": "sinh"}, error=ValueError),
        Call("ValueError, axis", fa.softmax, (square, 5), error=ValueError),
        Call("ValueError, mask", fa.relu_backward_mask, (g, bits[:-1]), error=ValueError),
        Call("ValueError, piece", fa.maxout_backward, (np.ones((6, 5), F4), chosen + 9, 2), error=ValueError),
        Call("ValueError, activation", fa.bias_act, (square, square[0], "step"), error=ValueError),
        Call("ValueError, threads", fa.set_num_threads, (0,), error=ValueError),
        Call("ValueError, buffer_pool", fa.buffer_pool, (-1,), error=ValueError),
        Call("RuntimeError, __array__", fa.relu, (Hostile(),), error=RuntimeError),
    ]
    return [*elementwise, *composed, *rows, *sparse, *control, *refused]
