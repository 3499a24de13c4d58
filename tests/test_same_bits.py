"""The same input gives the same bits: wherever it stands, however it is walked, on every instruction set.

Each function once, against the fast path over one long array on the first set: what its parameters
are does not change how data is walked, but for the ufunc, which casts them in another place.
"""

import numpy as np
import pytest

from .half import HALVES, hardest
from .layouts import LAYOUTS
from .ops import CASES, INF, NAN, computing
from .ulp import finfo

LONGEST = 4 * 16 + 1
HARDEST = 48
ALIGNMENT = 64
WALKED = ("stride 2", "stride 3", "reversed", "misaligned", "byte-swapped", "read-only")


def _bits(a):
    return np.asarray(a).tobytes()


def _hard(case, dtype, rng):
    """Return inputs that take every way through a kernel, more than two blocks of the longest length.

    Specials, subnormals, turns of the formula and their neighbours, results next to the midpoints
    of 16 bits, and what a network would see. A NaN never meets another, for then either may come out.
    """
    info = finfo(dtype)
    ends = [float(end) for end in (info.smallest_subnormal, 3 * float(info.smallest_subnormal), info.tiny, info.max)]
    turns = case.turns(dtype)
    integer = f"u{dtype.itemsize}"
    near = (turns[turns > 0].view(integer)[:, None] + np.array([-1, 0, 1]).astype(integer)).view(dtype).ravel()
    specials = np.array([0.0, NAN, INF, 1.0, *ends], dtype)
    signed = np.concatenate([specials, near])
    last = case.sample(rng, dtype, 3 * LONGEST)[-1]
    difficult = hardest(case, dtype, HARDEST) if dtype in HALVES else last[:0]
    x = rng.permutation(np.concatenate([signed, -signed, difficult, last]))
    if case.inputs == 1:
        return (x,)
    grad = np.where(rng.random(x.size) < 0.5, dtype.type(1), rng.normal(0, 1, x.size).astype(dtype))
    return grad, x


@pytest.fixture
def hard(one_case, any_dtype, rng):
    """Return the inputs and, of the first instruction set, their results."""
    inputs = _hard(one_case, any_dtype, rng)
    assert all(one.dtype == any_dtype and one.ctypes.data % any_dtype.itemsize == 0 for one in inputs)
    return inputs, one_case(*inputs)


def test_every_length_and_lane(one_case, hard, each_isa):
    case, (inputs, expected) = one_case, hard
    assert expected.dtype == inputs[-1].dtype
    for name in each_isa():
        assert _bits(case(*inputs)) == _bits(expected), name
        for n in range(LONGEST + 1):
            for start in (n, LONGEST + 7 * n, expected.size - n):
                result = case(*(one[start : start + n] for one in inputs))
                assert _bits(result) == _bits(expected[start : start + n]), f"{name}: {n} from {start}"
        for k in range(expected.size):
            assert _bits(case(*(one[k : k + 1] for one in inputs))) == _bits(expected[k]), f"{name}: {inputs[-1][k]}"


def test_every_alignment(one_case, hard, each_isa, any_dtype):
    case, (inputs, expected) = one_case, hard
    for offset in range(0, ALIGNMENT, any_dtype.itemsize):
        moved = []
        for one in (*inputs, np.zeros_like(expected)):
            raw = np.zeros(one.nbytes + 2 * ALIGNMENT, np.uint8)
            start = (-raw.ctypes.data) % ALIGNMENT + offset
            moved.append(raw[start : start + one.nbytes].view(any_dtype))
            moved[-1][...] = one
        *moved, out = moved
        for name in each_isa():
            out[...] = 0
            assert _bits(case(*moved, out=out)) == _bits(expected), f"{name}: {offset}"


def test_every_walk(one_case, hard, each_isa, any_dtype):
    case, (inputs, expected) = one_case, hard
    layouts = [name for name in WALKED if name != "byte-swapped" or any_dtype.kind == "f"]  # bfloat16 has no order
    for name in each_isa():
        for layout in layouts:
            walked = tuple(map(LAYOUTS[layout], inputs))
            result = case(*walked)
            assert result.dtype == any_dtype and _bits(result) == _bits(expected), f"{name}: {layout}"
            assert _bits(case(*walked[:-1], inputs[-1])) == _bits(expected), f"{name}: grad {layout}"
            assert _bits(case(*inputs[:-1], walked[-1])) == _bits(expected), f"{name}: x {layout}"
        assert _bits(case(*inputs, dtype=any_dtype)) == _bits(expected), f"{name}: dtype"
        assert _bits(case(*inputs, subok=False)) == _bits(expected), f"{name}: a keyword, so the ufunc"
        for step in (2, 3, -1, -2):
            for first in (inputs[0], LAYOUTS["stride 2"](inputs[0])):
                out = np.zeros(abs(step) * expected.size, any_dtype)[::step]
                case(first, *inputs[1:], out=out)
                assert _bits(out) == _bits(expected), f"{name}: out of stride {step}"


def test_in_place(one_case, hard, each_isa):
    case, (inputs, expected) = one_case, hard
    for name in each_isa():
        for k in range(case.inputs):
            for form in ("contiguous", "stride 2", "reversed"):
                copies = [LAYOUTS.get(form, np.copy)(one) for one in inputs]
                assert case(*copies, out=copies[k]) is copies[k]
                assert _bits(copies[k]) == _bits(expected), f"{name}: {form}"


def test_orders(one_case, hard, each_isa, any_dtype):
    case, (inputs, expected) = one_case, hard
    rows, columns = 5, expected.size // 5
    inputs = tuple(one[: rows * columns].reshape(rows, columns) for one in inputs)
    expected = expected[: rows * columns].reshape(rows, columns)
    for name in each_isa():
        results = {
            "C": case(*inputs),
            "F": case(*map(np.asfortranarray, inputs)),
            "mixed": case(inputs[0], *map(np.asfortranarray, inputs[1:])),
            "transposed": case(*(one.T for one in inputs)).T,
            "out in F": case(*inputs, out=np.empty(expected.shape, any_dtype, order="F")),
            "every other column": case(*(np.repeat(one, 2, axis=1)[:, ::2] for one in inputs)),
        }
        assert results["C"].flags.c_contiguous and results["F"].flags.f_contiguous
        for order, result in results.items():
            assert _bits(result) == _bits(expected), f"{name}: {order}"


def test_long_arrays(one_case, any_dtype, each_isa, rng):
    """More than the buffer of a ufunc, where its pieces meet."""
    inputs = one_case.sample(rng, any_dtype, 20_011)
    expected = one_case(*inputs)
    for name in each_isa():
        for layout in ("stride 2", "misaligned"):
            assert _bits(one_case(*map(LAYOUTS[layout], inputs))) == _bits(expected), f"{name}: {layout}"


def test_fast_path_and_ufunc_agree(case, any_dtype, each_isa, rng):
    """Over every set of parameters: the paths cast them in different places."""
    for n in (1, 8, 33, 5000):
        inputs = case.sample(rng, any_dtype, n)
        for name in each_isa():
            expected = case(*inputs)
            assert expected.dtype == any_dtype
            assert _bits(case.by_ufunc(*inputs)) == _bits(expected), f"{name}: {n}"
            expanded = [np.full(n, value) for value in case.in_full.values()]
            assert _bits(case.ufunc(*inputs, *expanded)) == _bits(expected), f"{name}: {n}, arrays"


BY_FUNCTION = {case.name: [other for other in CASES if other.name == case.name] for case in CASES}
SEVERAL = {name: cases for name, cases in BY_FUNCTION.items() if len(cases) > 1}


@pytest.mark.parametrize("name", SEVERAL)
def test_parameters_of_neighbours_change_nothing(name, any_dtype, each_isa, rng):
    """Parameters as arrays, every vector a mixture: an element gives what it gives among its like."""
    cases, n = SEVERAL[name], 4003
    chosen = rng.integers(0, len(cases), n)
    samples = [case.sample(rng, any_dtype, n) for case in cases]
    inputs = [np.choose(chosen, operands) for operands in zip(*samples, strict=True)]
    values = zip(*(case.in_full.values() for case in cases), strict=True)
    mixed = [np.array(value, computing(any_dtype))[chosen] for value in values]
    for isa in each_isa():
        expected = np.choose(chosen, [case(*inputs) for case in cases])
        assert _bits(cases[0].ufunc(*inputs, *mixed)) == _bits(expected), isa
