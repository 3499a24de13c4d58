"""Where the data stands: position, length, alignment, stride, order, overlap; always the same bits.

Each function once: what its parameters are does not change how data is walked.
"""

import numpy as np
import pytest

import fastact as fa

CANARY = 0x5A
LONGEST = 4 * 16 + 1


def _expected(case, inputs):
    """Return the result element by element, each alone at the start of an array."""
    return np.concatenate([case(*(np.array([value]) for value in values)) for values in zip(*inputs, strict=True)])


def _equal(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def test_every_length_and_lane(one_case, isa, dtype, rng):
    case = one_case
    inputs = case.sample(rng, dtype, LONGEST)
    expected = _expected(case, inputs)
    for n in range(LONGEST + 1):
        assert _equal(case(*(one[:n] for one in inputs)), expected[:n])
        shifted = tuple(one[LONGEST - n :] for one in inputs)
        assert _equal(case(*shifted), expected[LONGEST - n :])


def test_canaries(one_case, isa, dtype, rng):
    case = one_case
    inputs = case.sample(rng, dtype, LONGEST)
    for n in range(LONGEST + 1):
        guarded = np.full((n + 64) * dtype.itemsize, CANARY, np.uint8)
        out = guarded[32 * dtype.itemsize :][: n * dtype.itemsize].view(dtype)
        assert case(*(one[:n] for one in inputs), out=out) is out
        assert (guarded[: 32 * dtype.itemsize] == CANARY).all()
        assert (guarded[(32 + n) * dtype.itemsize :] == CANARY).all()


def test_every_alignment(one_case, isa, dtype, rng):
    case = one_case
    inputs = case.sample(rng, dtype, LONGEST)
    expected = case(*inputs)
    for offset in range(0, 64, 4 if dtype.itemsize == 4 else 8):
        moved = []
        for one in (*inputs, expected):
            raw = np.zeros(one.nbytes + 128, np.uint8)
            start = (-raw.ctypes.data) % 64 + offset
            moved.append(raw[start : start + one.nbytes].view(dtype))
            moved[-1][...] = one
        out = moved.pop()
        out[...] = 0
        assert _equal(case(*moved, out=out), expected)


LAYOUTS = {
    "stride 2": lambda a: np.repeat(a, 2)[::2],
    "reversed": lambda a: a[::-1].copy()[::-1],
    "misaligned": lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype),
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype),
    "list": lambda a: a.tolist(),
    "subclass": lambda a: a.view(np.recarray),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(one_case, isa, dtype, rng, layout):
    case = one_case
    for n in (1, 7, 513, 10_000):  # the last is more than the buffer of a ufunc
        inputs = case.sample(rng, dtype, n)
        if layout == "list" and dtype == np.float32:
            inputs = tuple(one.astype(np.float64) for one in inputs)
        result = case(*map(LAYOUTS[layout], inputs))
        assert _equal(np.asarray(result), case(*inputs))
        assert type(result) is (np.recarray if layout == "subclass" else np.ndarray)


def test_orders_and_views(one_case, isa, dtype, rng):
    for shape in ((3, 5, 7), (64, 65), (1, 9), (9, 1), (5, 0, 3)):
        _check_orders_and_views(one_case, dtype, rng, shape)


def _check_orders_and_views(case, dtype, rng, shape):
    inputs = tuple(one.reshape(shape) for one in case.sample(rng, dtype, int(np.prod(shape))))
    expected = case(*inputs)
    assert expected.flags.c_contiguous
    in_f = case(*map(np.asfortranarray, inputs))
    assert in_f.flags.f_contiguous
    assert np.array_equal(in_f, expected, equal_nan=True)
    assert np.array_equal(case(*(one.T for one in inputs)), expected.T, equal_nan=True)
    assert np.array_equal(case(*(one[..., ::2] for one in inputs)), expected[..., ::2], equal_nan=True)
    mixed = (inputs[0], *map(np.asfortranarray, inputs[1:]))
    assert np.array_equal(case(*mixed, out=np.empty(shape, dtype, order="F")), expected, equal_nan=True)


def test_broadcast(one_backward_case, isa, dtype, rng):
    case = one_backward_case
    grad, x = case.sample(rng, dtype, 12)
    result = case(grad[:3, None], x[None, :4])
    for i in range(3):
        assert _equal(result[i], case(np.repeat(grad[i], 4), x[:4].copy()))
    assert _equal(case(grad[0], x), case(np.repeat(grad[0], 12), x))


def test_scalars_and_empty(one_case, isa, dtype, rng):
    case = one_case
    inputs = case.sample(rng, dtype, 1)
    expected = case(*inputs)[0]
    for zero_dimensional in (tuple(one.reshape(()) for one in inputs), tuple(one[0] for one in inputs)):
        result = case(*zero_dimensional)
        assert type(result) is dtype.type
        assert result.tobytes() == expected.tobytes()
    out = np.zeros((), dtype)
    assert case(*(one.reshape(()) for one in inputs), out=out) is out
    assert out.tobytes() == expected.tobytes()
    nothing = case(*(one[:0] for one in inputs))
    assert nothing.shape == (0,) and nothing.dtype == dtype


def test_in_place(one_case, isa, dtype, rng):
    for n in (1, 15, 64, 1000, 5000):
        _check_in_place(one_case, dtype, rng, n)


def _check_in_place(case, dtype, rng, n):
    inputs = case.sample(rng, dtype, n)
    expected = case(*inputs)
    for k in range(case.inputs):
        copies = [one.copy() for one in inputs]
        assert case(*copies, out=copies[k]) is copies[k]
        assert _equal(copies[k], expected)
        strided = [np.repeat(one, 2)[::2] for one in inputs]
        assert np.array_equal(case(*strided, out=strided[k]), expected, equal_nan=True)


@pytest.mark.parametrize("by", ["__call__", "by_ufunc"])
def test_shifted_overlap(one_case, isa, dtype, rng, by):
    n = 1500
    call, inputs = getattr(one_case, by), one_case.sample(rng, dtype, n)
    expected = call(*inputs)
    for shift in (-17, -1, 1, 3, 16, 600):
        for step in (1, 2, -1):
            for k in range(one_case.inputs):
                memory = np.zeros(2 * n + 2000, dtype)
                window, moved = memory[700 : 700 + 2 * n], memory[700 + shift : 700 + shift + 2 * n]
                source, out = (part[: 2 * n : 2] if step == 2 else part[:n][::step] for part in (window, moved))
                source[...] = inputs[k]
                call(*inputs[:k], source, *inputs[k + 1 :], out=out)
                assert np.array_equal(out, expected, equal_nan=True), f"shift {shift}, step {step}"


def test_reversed_overlap(one_case, isa, dtype, rng):
    case = one_case
    inputs = case.sample(rng, dtype, 1001)
    expected = case(*inputs)
    memory = inputs[-1].copy()
    assert np.array_equal(case(*inputs[:-1], memory, out=memory[::-1]), expected, equal_nan=True)


def test_fast_path_and_ufunc_agree(case, isa, dtype, rng):
    """Over every set of parameters: the paths cast them in different places."""
    for n in (1, 8, 33, 5000):
        inputs = case.sample(rng, dtype, n)
        assert _equal(case(*inputs), case.by_ufunc(*inputs))
        expanded = [np.broadcast_to(dtype.type(value), n).copy() for value in case.in_full.values()]
        assert _equal(case(*inputs), case.ufunc(*inputs, *expanded))


def test_accumulate_and_reduce_see_their_own_results(isa, dtype, rng):
    values = rng.uniform(0.5, 1, 700).astype(dtype)
    running = fa.ufuncs.leaky_relu.accumulate(-values)
    expected = [-values[0]]
    for value in -values[1:]:
        expected.append(fa.leaky_relu(expected[-1:][0], float(value)))
    assert np.array_equal(running, np.array(expected, dtype))
    assert fa.ufuncs.leaky_relu.reduce(-values) == running[-1]


def test_large_arrays_release_the_gil_and_agree(one_case, isa, dtype, rng):
    case = one_case
    inputs = case.sample(rng, dtype, 300_001)
    assert _equal(case(*inputs)[:1000], case(*(one[:1000] for one in inputs)))
