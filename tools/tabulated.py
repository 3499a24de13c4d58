"""Where the tables of polynomials in tables.h come from.

    python -m tools.tabulated

The place of a is a * SCALE + 1, or gelu's a**2 + WEIGHT a + STEP; the lowest two bits of its exponent and the
highest of its fraction, or gelu's lowest three of the exponent, number the polynomial that serves there, which
is one in the distance from a centre: a root of the function, or a number found by trial whose value is almost
one of float32. From the constant up, each coefficient is rounded and those above it are fitted anew: the sum of the
squares of the relative errors at Chebyshev's points is least. NORMAL_TAIL, of 32, is fitted alike; its centres are
the multiples of a step.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import mpmath as mp

from tools.rational import Real, polynomial, rounded

mp.mp.dps = 50

BITS = 24
HALVES = [mp.mpf(end) for end in ("1", "1.5", "2", "3", "4", "6", "8", "12", "16")]

ZERO = mp.ldexp(1, -60)  # what gelu holds 0 at
STEP = mp.mpf(89) / 64  # its NORMAL_STEP, short for 2 ln(2)
WEIGHT = mp.mpf(9) / 4  # found by trial: the errors are nearly equal
VANISHED = mp.mpf("14.42")  # from before there on gelu(-a) rounds to 0
OCTAVES = [mp.mpf(0), *(mp.sqrt((WEIGHT / 2) ** 2 - STEP + 2**k) - WEIGHT / 2 for k in range(1, 8)), VANISHED]


class Row(NamedTuple):
    """A table: what is tabulated, by which scale, and what coefficients are given.

    The first ones of the polynomial around the root, or all of the last one; or the degree of the last one.
    """

    name: str
    function: Callable[[Real], Real]
    scale: float
    degree: int
    root: Real
    ends: list[Real] = HALVES
    around: tuple[Real, ...] = ()
    beyond: tuple[Real, ...] = ()
    last_degree: int | None = None


def normal_part(a: Real) -> Real:
    """Return a Phi(-a) 2**(a**2 / STEP) / 2, Phi the normal distribution, but that it is 0 where 0 is held.

    In the last octave it is negative, which tells that a is far out.
    """
    sign = 1 if a < OCTAVES[7] else -1
    return sign * (a - ZERO) * mp.erfc(a / mp.sqrt(2)) * mp.mpf(2) ** (a**2 / STEP) / 4


def tanhshrink(a: Real) -> Real:
    """Return a - tanh(a)."""
    return a - mp.tanh(a)


def gated_slope(s: Real, slope: Real) -> Real:
    """Return -f'(-a) exp(s) for f(-a) = -a / (1 + exp(s)), s a function of a, and slope = a ds/da."""
    above = 1 / (1 + mp.exp(-s))
    return (1 - slope * above) * above


QUICK = mp.mpf(1.702)
C1 = mp.sqrt(8 / mp.pi)
C3 = mp.mpf(0.044715) * C1


def quick_gelu_slope(a: Real) -> Real:
    """Return gated_slope of s = 1.702 a."""
    return gated_slope(QUICK * a, QUICK * a)


def gelu_tanh_slope(a: Real) -> Real:
    """Return gated_slope of s = C1 a + C3 a**3."""
    return gated_slope(a * (C1 + C3 * a**2), a * (C1 + 3 * C3 * a**2))


def normal_tail(a: Real) -> Real:
    """Return Phi(-a)."""
    return mp.erfc(a / mp.sqrt(2)) / 2


TAIL_STEP, TAIL_DEGREE = mp.mpf(3) / 16, 5


QUICK_ROOT, TANH_ROOT = mp.findroot(quick_gelu_slope, 0.75), mp.findroot(gelu_tanh_slope, 0.75)
ROWS = [
    # An odd degree makes the last one negative in all that it serves further out, too.
    Row("NORMAL_PART", normal_part, 1, 6, ZERO, [end + 1 for end in OCTAVES], around=(0, 0.25), last_degree=5),
    Row("TANH_VALUE", mp.tanh, 1.5, 7, mp.mpf(0), around=(0, 1)),
    Row("TANHSHRINK_VALUE", tanhshrink, 1.6625, 8, mp.mpf(0), around=(0, 0, 0)),
    Row("QUICK_GELU_SLOPE", quick_gelu_slope, 1.03125, 8, QUICK_ROOT, beyond=(1, -QUICK)),
    Row("GELU_TANH_SLOPE", gelu_tanh_slope, 2.125, 7, TANH_ROOT, beyond=(1, -C1, 0, -3 * C3)),
]


def lane(value: Real) -> Real:
    """Round to float32's precision."""
    return rounded([mp.mpf(value)], BITS)[0]


def is_around_root(row: Row, low: Real, high: Real) -> bool:
    """Say whether the polynomial from low to high is that around the root."""
    return bool(low <= row.root < high)


def distance(row: Row, centre: Real) -> Real:
    """Return how far the value at a centre is from a number of float32, relative to it."""
    value = row.function(centre)
    return abs(lane(value) / value - 1)


def chosen_centre(row: Row, low: Real, high: Real) -> Real:
    """Return the root, or a number near the middle whose value is almost one of float32."""
    if is_around_root(row, low, high):
        return lane(row.root)
    best = lane((low + high) / 2)
    for k in range(4096):
        centre = lane((low + high) / 2 + (-1) ** k * k * (high - low) / 2**14)
        if distance(row, centre) < distance(row, best):
            best = centre
        if distance(row, best) < mp.ldexp(1, -BITS - 7):
            break
    return best


def fitted_around(
    centre: Real, function: Callable[[Real], Real], low: Real, high: Real, degree: int, given: tuple[Real, ...] = ()
) -> tuple[list[Real], Real]:
    """Return the coefficients, of which the first may be given, and the largest relative error."""
    count = 16 * degree
    points = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (i + 0.5) / count) for i in range(count)]
    pairs = [(a - centre, function(a)) for a in points]
    coefficients = [lane(c) for c in given]
    for k in range(len(coefficients), degree + 1):
        matrix = mp.matrix([[r**power / value for power in range(k, degree + 1)] for r, value in pairs])
        rest = mp.matrix([1 - polynomial(coefficients, r) / value for r, value in pairs])
        coefficients.append(lane(mp.lu_solve(matrix, rest)[0]))
    return coefficients, max(abs(polynomial(coefficients, r) / value - 1) for r, value in pairs)


def fitted(row: Row, low: Real, high: Real, degree: int) -> tuple[list[Real], Real]:
    """Return the centre and the coefficients, and the largest relative error."""
    centre = chosen_centre(row, low, high)
    given = (row.around if is_around_root(row, low, high) else ()) or (row.function(centre),)
    coefficients, error = fitted_around(centre, row.function, low, high, degree, given)
    return [centre, *coefficients, *[mp.mpf(0)] * (row.degree - degree)], error


def columns_of(row: Row) -> list[tuple[list[Real], Real]]:
    """Return for each polynomial its centre and coefficients, and its error, in the order of their numbers."""
    ends = [(end - 1) / row.scale for end in row.ends]
    degrees = [row.degree] * 7 + [row.last_degree or row.degree]
    columns = [fitted(row, *pair, degree) for pair, degree in zip(pairwise(ends), degrees, strict=True)]
    if row.beyond:
        whole = [mp.mpf(0), *(lane(c) for c in row.beyond)] + [mp.mpf(0)] * (row.degree + 1 - len(row.beyond))
        columns[7] = (whole, abs(polynomial(whole[1:], ends[7]) / row.function(ends[7]) - 1))
    of_one = 2 if row.ends is HALVES else 1  # the exponent of 1 ends in 111, that of 2 in 000
    return columns[of_one:] + columns[:of_one]


def columns_of_tail() -> list[tuple[list[Real], Real]]:
    """Return the coefficients of each of the 32 polynomials, and its error."""
    columns = []
    for k in range(32):
        low, high = (max(mp.mpf(0), (k + side) * TAIL_STEP) for side in (mp.mpf(-0.5), mp.mpf(0.5)))
        columns.append(fitted_around(k * TAIL_STEP, normal_tail, low, high, TAIL_DEGREE))
    return columns


def written(value: Real) -> str:
    """Return C's hexadecimal notation without zeros at the end of the fraction."""
    fraction, _, power = float(value).hex().partition("p")
    fraction = fraction.rstrip("0").rstrip(".") if "." in fraction else fraction
    return f"{fraction}p{int(power)}f"


def show(title: str, columns: list[tuple[list[Real], Real]], width: int) -> None:
    """Print a table, a row for each power, so many numbers to a line."""
    print(f"{title}: relative errors 2**", end="")
    print(*(f"{float(mp.log(error, 2)):.1f}" for _, error in columns))
    for row in zip(*(column for column, _ in columns), strict=True):
        lines = [", ".join(written(c) for c in row[k : k + width]) for k in range(0, len(row), width)]
        print("    {" + ",\n     ".join(lines) + "},")


def main() -> None:
    """Print every table: the centres, where they are not multiples of a step, then the constants, and so on."""
    for row in ROWS:
        show(f"{row.name}, scale {row.scale}", columns_of(row), 4)
    show(f"NORMAL_TAIL, step {float(TAIL_STEP)}", columns_of_tail(), 8)


if __name__ == "__main__":
    main()
