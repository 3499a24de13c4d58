"""Each operation of each instruction set's vocabulary against the scalar one, bit for bit."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from fastact import _core

from .isas import ISAS

NAMES, _ = _core._operations()
WIDEST = 16


def _moderate(a):
    """Return a's fractions and signs with magnitudes from 1/4 to 1, 0 as it is."""
    fraction, exponent = np.frexp(a)
    return np.ldexp(fraction, exponent % 2 - 1)


# Operations whose domain is a part of all numbers; elsewhere their result is not specified.
DOMAINS = {
    "v_pow2": lambda a, info: a * 0 + (1.5 * 2.0**info.nmant + 1 - info.minexp) + np.round(np.abs(a) % 1 * 200 - 100),
    "v_rescaled": lambda a, info: np.where(np.abs(a) < 1, a, a * info.tiny),
    "v_exponent": lambda a, info: np.where(np.abs(a) < info.tiny, a.dtype.type(3), a),
    "v_significand": lambda a, info: np.where(np.abs(a) < info.tiny, a.dtype.type(3), a),
    "v_sqrt_by_steps": lambda a, info: np.where((a > 0) & (a < 2.0**-60), a.dtype.type(3), a),
    "v_div_by_steps": lambda a, info: np.where(np.isfinite(a), _moderate(a), a),
}
KEEP_NAN = {
    "v_max",
    "v_min",
    "v_select",
    "v_abs",
    "v_copysign",
    "v_lesser",
    "v_min_magnitude",
    "v_max_magnitude",
    "v_least",
    "v_bits_sub",
    "v_load_n",
    "v_store_n",
    "v_set",
    "v_lookup",
    "v_lookup_32",
    "v_even",
    "v_store_even",
    "v_transpose",
    "v_is_tiny",
    "v_compress",
    "v_sign",
    "v_sqrt_by_steps",
    "v_product",
    "v_scaled_product",
    "v_regular_product",
    "v_moderate_product",
    "v_lesser_product",
    "v_moved",
    "v_split",
    "v_split_evenly",
}
COMPARE_NAN = {"v_lt", "v_le", "v_and", "v_or", "v_any", "v_to_bits", "v_from_bits", "v_count", "v_store_positions"}


def _operands(rng, dtype, name):
    """Return three arrays of all bit patterns, small integers and special values, ties among them."""
    n = 64 * WIDEST * WIDEST
    info = np.finfo(dtype)
    special = [0, -0.0, 1, -1, 0.5, np.inf, -np.inf, info.max, info.tiny, -info.tiny, info.smallest_subnormal, np.nan]
    arrays = []
    for _ in range(3):
        bits = rng.integers(0, 2 ** (8 * dtype.itemsize), n, dtype=f"u{dtype.itemsize}").view(dtype).copy()
        subnormal = rng.integers(0, 2**info.nmant, n, dtype=f"u{dtype.itemsize}").view(dtype)
        choice = rng.integers(0, 4, n)
        array = np.choose(
            choice, [bits, rng.choice(np.array(special, dtype), n), rng.normal(0, 2, n).astype(dtype), subnormal]
        )
        if name not in KEEP_NAN | COMPARE_NAN:
            array[~np.isfinite(array)] = 2
        arrays.append(array.astype(dtype))
    a, b, c = arrays
    tie = rng.random(n) < 0.1
    b[tie] = a[tie]
    if name in DOMAINS:
        with np.errstate(all="ignore"):
            a = DOMAINS[name](a, info).astype(dtype)
    if name == "v_div_by_steps":
        b = np.where(b == 0, dtype.type(3), np.abs(_moderate(b)))
    if name == "v_is_tiny":
        b = np.abs(rng.choice(np.array([info.tiny, 1e-30, 1, 7.5]), n).astype(dtype))
    if name == "v_set":
        a = np.repeat(a[::WIDEST], WIDEST)
    return a, b, c


def _in_front(values, chosen):
    """Return each row's chosen values, then zeros."""
    result = np.zeros_like(values)
    for row, one in enumerate(chosen):
        result[row, : one.sum()] = values[row, one]
    return result


def _vector_numbers(chosen):
    return np.broadcast_to(np.arange(len(chosen))[:, None], chosen.shape)


# Of vectors in rows, and of the lanes where a < b: what lanes and bits have to do with each other.
OF_BITS = {
    "v_to_bits": lambda a, chosen: np.repeat(chosen @ (1 << np.arange(chosen.shape[1])), chosen.shape[1]),
    "v_from_bits": lambda a, chosen: _vector_numbers(chosen) >> np.arange(chosen.shape[1]) & 1,
    "v_count": lambda a, chosen: np.repeat(chosen.sum(axis=1), chosen.shape[1]),
    "v_compress": _in_front,
    "v_store_positions": lambda a, chosen: _in_front(_vector_numbers(chosen) + np.arange(chosen.shape[1]), chosen),
}


def _scalar(name, a, b, c, lanes):
    """Return the specified result: width 1, or for what concerns a vector as a whole, its meaning."""
    if name in ("v_load_n", "v_store_n"):
        vectors, lane = np.divmod(np.arange(a.size), lanes)
        return np.where(lane < vectors % lanes, a, a.dtype.type(0))
    if name == "v_even":
        return np.hstack([one.reshape(-1, lanes) for one in (a, b)])[:, ::2].ravel()
    if name == "v_transpose":
        return a.reshape(-1, lanes, lanes).transpose(0, 2, 1).ravel()
    if name == "v_any":
        return np.repeat((a < b).reshape(-1, lanes).any(axis=1), lanes).astype(a.dtype)
    if name in OF_BITS:
        chosen = (a < b).reshape(-1, lanes)
        return OF_BITS[name](a.reshape(chosen.shape), chosen).astype(a.dtype).ravel()
    return _core._operate(name, a, b, c)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tested", ISAS)
def test_operation(name, tested, dtype, rng):
    chosen = _core.isa()
    a, b, c = _operands(rng, dtype, name)
    try:
        _core._use_isa(tested)
        names, lanes = _core._operations()
        result = _core._operate(name, a, b, c)
        _core._use_isa("scalar")
        expected = _scalar(name, a, b, c, lanes[0 if dtype == np.float32 else 1])
    finally:
        _core._use_isa(chosen)
    assert names == NAMES
    integer = f"u{dtype.itemsize}"
    differ = np.flatnonzero(result.view(integer) != expected.view(integer))
    if differ.size:
        i = differ[0]
        pytest.fail(f"{name}({a[i]!r}, {b[i]!r}, {c[i]!r}) = {result[i]!r}, not {expected[i]!r}")


def _octave_and_half(a):
    """Return 8 times the last three bits of each exponent, and their last two with the fraction's first."""
    bits, fraction = a.view(f"u{a.dtype.itemsize}"), np.finfo(a.dtype).nmant
    return (8 * (bits >> fraction & 7) + (bits >> (fraction - 1) & 7)).astype(a.dtype)


def _scale(a):
    """Return the powers of two that the vocabulary scales its products by: small ones, and far beyond a's exponents."""
    steps = np.round(np.clip(np.where(np.isnan(a), 200, a), -200, 200)).astype(a.dtype)
    return steps * (2 if a.dtype == np.float32 else 8)


def _rounded_once(a, b, n):
    """Return a * b * 2**n; the product of two numbers of float32 is exact in float64."""
    wide = a.astype(np.float64) * b
    if a.dtype == np.float32:
        return np.ldexp(wide, n.astype(int)).astype(np.float32)
    for i in np.flatnonzero(np.isfinite(a) & np.isfinite(b) & (a != 0) & (b != 0)):
        magnitude = abs(Fraction(a[i]) * Fraction(b[i])) * Fraction(2) ** int(n[i])
        wide[i] = np.copysign(float(magnitude) if magnitude < 2**1024 else np.inf, wide[i])
    return wide


def _no_more_than_a_million(m):
    """Return the factors that v_moderate_product is tried with: none above 2**20 in magnitude."""
    return np.where(np.abs(m) > 2**20, 0.75, m).astype(m.dtype)


def _no_more_than_1(b):
    """Return the factors that v_lesser_product is tried with: 0, what is from 1/2 to 1, and NaN."""
    tiny = 2.0 ** (-60 if b.dtype == np.float32 else -510)
    fraction = np.where((b != 0) & (np.abs(b) < tiny), 0.75, np.abs(np.frexp(b)[0]))
    return np.where((b != 0) & np.isfinite(b), fraction, np.minimum(np.abs(b), 1)).astype(b.dtype)


def _moved(a, b):
    """Return what v_moved is tried with, brought down by as much as c tells."""
    n = np.where(np.isnan(a), 0, np.maximum(-185 if a.dtype == np.float32 else -1122, -np.abs(_scale(b))))
    magnitude = np.abs(a)
    moderate = (a == 0) | ((magnitude > 2.0**-61) & (magnitude < 4))
    normal = np.where((a != 0) & (magnitude < np.finfo(a.dtype).tiny), 1, a)
    movable = np.where(moderate, a, np.where(n < 0, np.copysign(1.25, a), normal)).astype(a.dtype)
    return _rounded_once(movable, np.ones_like(a), n)


def _part_of_even_split(a, b):
    """Return m of |a| = m * 4**n, from 1/2 to 2, or, where b is not below 0, n; of 3 for what is no number above 0."""
    significand, exponent = np.frexp(np.where(np.isfinite(a) & (a != 0), np.abs(a), 3).astype(a.dtype))
    odd = exponent % 2 == 0  # that of a number from 1 to 2
    return np.where(b < 0, np.where(odd, significand, 2 * significand), exponent // 2).astype(a.dtype)


def _part_of_split(a, b):
    """Return the significands of regular numbers or, where b is not below 0, their exponents."""
    significand, exponent = np.frexp(a)
    regular = np.isfinite(a) & (a != 0)
    exponent = np.where(regular, exponent - 1, 0).astype(a.dtype)
    return np.where(b < 0, np.where(regular, 2 * significand, a), exponent)


MEANING = {
    "v_product": lambda a, b, c: _rounded_once(a, b, np.zeros_like(c)),
    "v_scaled_product": lambda a, b, c: _rounded_once(a, b, _scale(c)),
    "v_regular_product": lambda a, b, c: _rounded_once(a, b, np.zeros_like(c)),
    "v_moderate_product": lambda a, b, c: _rounded_once(a, _no_more_than_a_million(b), _scale(c)),
    "v_lesser_product": lambda a, b, c: _rounded_once(a, _no_more_than_1(b), np.zeros_like(c)),
    "v_moved": lambda a, b, c: _moved(a, b),
    "v_split": lambda a, b, c: _part_of_split(a, b),
    "v_split_evenly": lambda a, b, c: _part_of_even_split(a, b),
    "v_lookup": lambda a, b, c: _octave_and_half(a),
    "v_lookup_32": lambda a, b, c: (a.view(f"u{a.dtype.itemsize}") & 31).astype(a.dtype),
    "v_store_even": lambda a, b, c: a,
    "v_add": lambda a, b, c: a + b,
    "v_sub": lambda a, b, c: a - b,
    "v_mul": lambda a, b, c: a * b,
    "v_div": lambda a, b, c: a / b,
    "v_sqrt": lambda a, b, c: np.sqrt(a),
    "v_div_by_steps": lambda a, b, c: a / b,
    "v_sqrt_by_steps": lambda a, b, c: np.sqrt(a),
    "v_max": lambda a, b, c: np.where(a > b, a, b),
    "v_min": lambda a, b, c: np.where(a < b, a, b),
    "v_lt": lambda a, b, c: (a < b).astype(a.dtype),
    "v_le": lambda a, b, c: (a <= b).astype(a.dtype),
    "v_sign": lambda a, b, c: np.signbit(a).astype(a.dtype),
    "v_and": lambda a, b, c: ((a < b) & (b <= c)).astype(a.dtype),
    "v_or": lambda a, b, c: ((a < b) | (b <= c)).astype(a.dtype),
    "v_select": lambda a, b, c: np.where(a < b, b, c),
    "v_abs": lambda a, b, c: np.abs(a),
    "v_copysign": lambda a, b, c: np.copysign(a, b),
    "v_lesser": lambda a, b, c: np.copysign(np.where(np.abs(a) < a * a, np.abs(a), a * a), a),
    "v_min_magnitude": lambda a, b, c: np.nan_to_num(np.minimum(np.abs(a), np.abs(b)), nan=0, posinf=np.inf),
    "v_max_magnitude": lambda a, b, c: np.nan_to_num(np.maximum(np.abs(a), np.abs(b)), nan=0, posinf=np.inf),
    "v_least": lambda a, b, c: np.fmin(
        np.where(np.isnan(b), 1, np.abs(b)), np.where((a == 0) | np.isnan(a), np.inf, np.abs(a))
    ).astype(a.dtype),
    "v_is_tiny": lambda a, b, c: ((np.abs(a) > 0) & (np.abs(a) < b)).astype(a.dtype),
    "v_exponent": lambda a, b, c: (np.frexp(a)[1] - 1).astype(a.dtype),
    "v_significand": lambda a, b, c: np.frexp(a)[0] * 2,
    "v_rescaled": lambda a, b, c: np.ldexp(a, 64 if a.dtype == np.float32 else 512) + 0,
    "v_pow2": lambda a, b, c: np.ldexp(
        a.dtype.type(1),
        (a - a.dtype.type(1.5 * 2.0 ** np.finfo(a.dtype).nmant)).astype(int) + np.finfo(a.dtype).minexp - 1,
    ),
}


@pytest.mark.parametrize("name", MEANING)
def test_the_scalar_vocabulary_means_what_its_comments_say(name, dtype, rng):
    a, b, c = _operands(rng, dtype, name)
    chosen = _core.isa()
    try:
        _core._use_isa("scalar")
        result = _core._operate(name, a, b, c)
    finally:
        _core._use_isa(chosen)
    with np.errstate(all="ignore"):
        expected = MEANING[name](a, b, c)
    assert np.array_equal(result.view(f"u{dtype.itemsize}"), expected.astype(dtype).view(f"u{dtype.itemsize}"))


def _quotients_near_ties(digits, rng):
    """Return dividends and divisors of so many binary digits whose quotients lie next to a tie, or to a number."""
    pairs = []
    for divisor in [2**digits - 1, 2 ** (digits - 1) + 1, *rng.integers(2 ** (digits - 1), 2**digits, 4000).tolist()]:
        divisor |= 1
        for shift in (digits, digits + 1):
            inverse = pow(2**shift, -1, divisor)
            rests = [sign * k for k in (1, 2, 3) for sign in (-1, 1)]
            found = [rest * inverse % divisor + turn * divisor for rest in rests for turn in (0, 1)]
            pairs += [(dividend, divisor) for dividend in found if 2 ** (digits - 1) <= dividend < 2**digits]
    return (np.array(column, np.float64) for column in zip(*pairs, strict=True))


def _squares_near_ties(digits):
    """Return numbers of so many binary digits whose roots lie nearest to ties.

    They are all odd M for which M**2 less a small rest is divisible by a power of two, by Hensel's lemma.
    """
    numbers = []
    for shift in (digits + 1, digits + 2):
        for rest in range(1 - 8 * 200, 8 * 200, 8):
            root = 1
            for k in range(3, shift):
                if (root * root - rest) >> k & 1:
                    root += 1 << (k - 1)
            for tie in {sign * root + half for sign in (-1, 1) for half in (0, 1 << (shift - 1))}:
                tie %= 1 << shift
                number, left = divmod(tie * tie - rest, 1 << shift)
                assert left == 0
                if 2 ** (digits - 1) <= number < 2**digits:
                    numbers.append(np.ldexp(np.float64(number), shift % 2 - 2 * (digits // 2)))
    return np.array(numbers)


@pytest.mark.parametrize("places", ["all_float32", "near_ties"])
def test_steps_round_as_the_divider_does(isa, dtype, rng, places):
    if places == "near_ties":
        dividends, divisors = _quotients_near_ties(np.finfo(dtype).nmant + 1, rng)
        squares = _squares_near_ties(np.finfo(dtype).nmant + 1)
        assert dividends.size > 5000 and squares.size > 500
    else:
        divisors = (np.arange(2**23, dtype=np.uint32) | np.uint32(0x3F800000)).view(np.float32)
        dividends, squares = np.ones_like(divisors), np.concatenate([divisors, 2 * divisors])
    cases = [("v_div_by_steps", dividends, divisors), ("v_sqrt_by_steps", squares, squares)]
    for name, a, b in cases:
        a, b = (np.append(one, np.ones(-one.size % WIDEST)).astype(dtype) for one in (a, b))
        expected = np.sqrt(a) if "sqrt" in name else a / b
        assert np.array_equal(_core._operate(name, a, b, b), expected)


@pytest.mark.parametrize("bfloat16", [False, True], ids=["float16", "bfloat16"])
def test_16_bits_widened(isa, bfloat16):
    """All of them, against NumPy's casts, which keep a signalling NaN; also where a part of a vector is left over."""
    half = np.arange(2**16 - 3, dtype=np.uint16)
    dtype = ml_dtypes.bfloat16 if bfloat16 else np.float16
    expected = half.view(dtype).astype(np.float32)
    bits = expected.view(np.uint32)
    if not bfloat16:
        bits = np.where(np.isnan(expected), bits | np.uint32(1 << 22), bits)
    assert np.array_equal(_core._widened(half, bfloat16).view(np.uint32), bits)


@pytest.mark.parametrize("bfloat16", [False, True], ids=["float16", "bfloat16"])
def test_16_bits_narrowed(isa, rng, bfloat16):
    """Every midpoint and its neighbours, and any bits, against NumPy's casts."""
    dtype = np.dtype(ml_dtypes.bfloat16 if bfloat16 else np.float16)
    numbers = np.arange(2**16, dtype=np.uint16).view(dtype).astype(np.float32)
    numbers = np.sort(numbers[np.isfinite(numbers)])
    middles = ((numbers[1:].astype(np.float64) + numbers[:-1]) / 2).astype(np.float32)
    around = [np.nextafter(middles, np.float32(end)) for end in (-np.inf, np.inf)]
    anything = rng.integers(0, 2**32, 50_001, dtype=np.uint32).view(np.float32)
    wide = np.concatenate([numbers, middles, *around, anything[~np.isnan(anything)], np.float32([np.inf, -np.inf])])
    with np.errstate(all="ignore"):
        expected = wide.astype(dtype)
    for start in range(0, wide.size, 512):
        part = slice(start, start + 512)
        narrow, _ = _core._narrowed(wide[part].copy(), bfloat16, 0)
        assert np.array_equal(narrow, expected[part].view(np.uint16))
    assert np.isnan(_core._narrowed(np.float32([np.nan] * 9), bfloat16, 0)[0].view(dtype).astype(float)).all()


@pytest.mark.parametrize("slack", [1, 2, 5])
@pytest.mark.parametrize("bfloat16", [False, True], ids=["float16", "bfloat16"])
def test_doubtful_16_bits(isa, rng, bfloat16, slack):
    """Doubtful is all that a change of the last places by `slack` could round elsewhere, and little else."""
    bits = rng.integers(0, 0x7F000000, 20_000, dtype=np.uint32)
    bits[::2] = bits[::2] & ~np.uint32(0xFFFF if bfloat16 else 0x1FFF) | np.uint32(0x8000 if bfloat16 else 0x1000)
    bits[::2] += rng.integers(-slack - 3, slack + 4, bits[::2].size, dtype=np.int32).view(np.uint32)
    small = rng.integers(0x33000000, 0x38800000, 20_000, dtype=np.uint32)  # subnormal float16
    wide = np.concatenate([bits, small]).view(np.float32)
    for part in np.split(wide, wide.size // 500):
        lower, _ = _core._narrowed((part.view(np.uint32) - np.uint32(slack)).view(np.float32), bfloat16, 0)
        upper, _ = _core._narrowed((part.view(np.uint32) + np.uint32(slack)).view(np.float32), bfloat16, 0)
        doubtful = _core._narrowed(part.copy(), bfloat16, slack)[1]
        assert set(np.flatnonzero(lower != upper)) <= set(doubtful.tolist())
    plain = rng.normal(0, 1, 4096).astype(np.float32)
    assert _core._narrowed(plain, bfloat16, slack)[1].size < 4096 / 100
