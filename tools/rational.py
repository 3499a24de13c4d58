"""Where the quotients of polynomials in coefficients.h come from.

    python -m tools.rational

A Remez exchange at 60 digits minimises the largest relative error, then the coefficients are rounded to
the lane's format. For polynomials there is coefficients.sollya; sollya has no exchange for quotients.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import mpmath as mp

Real: TypeAlias = Any  # mpmath has no types
Table: TypeAlias = list[tuple[Real, Real, Real]]  # a point, the value there, the weight

mp.mp.dps = 60

LOW = mp.mpf("1e-6")


def shrunk(u: Real) -> tuple[Real, Real]:
    """Return (x - tanh(x)) / x**3 and the same again as its weight, as functions of u = x**2."""
    x = mp.sqrt(u)
    value = mp.mpf(1) / 3 - 2 * u / 15 if u < mp.mpf("1e-12") else (x - mp.tanh(x)) / x**3
    return value, value


def tail(a: Real) -> tuple[Real, Real]:
    """Return Phi(-a) exp(a**2 / 2), Phi the normal distribution, and the same again as its weight."""
    value = mp.erfc(a / mp.sqrt(2)) * mp.exp(a**2 / 2) / 2
    return value, value


def slope_of_chord(u: Real) -> tuple[Real, Real]:
    """Return tanh(x) / x and the same again as its weight, as functions of u = x**2."""
    x = mp.sqrt(u)
    value = mp.tanh(x) / x
    return value, value


def squares(reach: Real, count: int) -> list[Real]:
    """Return u = x**2 for |x| up to reach, denser towards the ends."""
    high = mp.mpf(reach) ** 2
    return [LOW + (high - LOW) * (1 - mp.cos(mp.pi * i / count)) / 2 for i in range(count + 1)]


def tabulated(function: Callable[[Real], tuple[Real, Real]], points: list[Real]) -> Table:
    """Return the points, each with the function's value and weight."""
    return [(u, *function(u)) for u in points]


def polynomial(coefficients: list[Real], u: Real) -> Real:
    """Return the polynomial at u, its coefficients given lowest power first."""
    return mp.polyval(coefficients[::-1], u)


def errors(p: list[Real], q: list[Real], table: Table) -> list[Real]:
    """Return the relative error of P / Q at every point of the table."""
    return [(polynomial(p, u) / polynomial(q, u) - value) / weight for u, value, weight in table]


def log2_of_worst(p: list[Real], q: list[Real], table: Table) -> float:
    """Return the binary logarithm of the largest relative error over the table."""
    return float(mp.log(max(abs(e) for e in errors(p, q, table)), 2))


def solve(nodes: Table, top: int, bottom: int, denominators: list[Real]) -> tuple[list[Real], list[Real]]:
    """Return P and Q that level the error over the nodes, the error's Q taken from before."""
    size = top + bottom + 2
    matrix, right = mp.matrix(size, size), mp.matrix(size, 1)
    for i, (u, value, weight) in enumerate(nodes):
        for k in range(top + 1):
            matrix[i, k] = u**k
        for k in range(1, bottom + 1):
            matrix[i, top + k] = -value * u**k
        matrix[i, size - 1] = (-1) ** i * weight * denominators[i]
        right[i] = value
    solution = mp.lu_solve(matrix, right)
    return list(solution[: top + 1]), [mp.mpf(1), *solution[top + 1 : size - 1]]


def fit(table: Table, top: int, bottom: int) -> tuple[list[Real], list[Real]]:
    """Return P and Q of the given degrees whose largest relative error over the table is smallest."""
    size = top + bottom + 2
    last = len(table) - 1
    chosen = [round(last * i / (size - 1)) for i in range(size)]
    q = [mp.mpf(1)]
    for _ in range(30):
        nodes = [table[i] for i in chosen]
        for _ in range(6):
            p, q = solve(nodes, top, bottom, [polynomial(q, u) for u, _, _ in nodes])
        error = errors(p, q, table)
        extrema = [0]
        for i in range(1, last + 1):
            if error[i] * error[extrema[-1]] < 0:
                extrema.append(i)
            elif abs(error[i]) > abs(error[extrema[-1]]):
                extrema[-1] = i
        if len(extrema) < size or extrema[:size] == chosen:
            break
        chosen = extrema[:size]
    return p, q


def rounded(coefficients: list[Real], bits: int) -> list[Real]:
    """Round to a format's precision."""
    with mp.workprec(bits):
        return [+c for c in coefficients]


def short_vectors(basis: list[list[int]], size: int) -> list[list[int]]:
    """Return a basis of the same lattice with short vectors: Lenstra, Lenstra and Lovasz, in integers.

    Lengths are measured over the first `size` entries of each vector. This is algorithm 2.6.7 of
    Cohen, A Course in Computational Algebraic Number Theory.
    """
    basis = [list(vector) for vector in basis]
    count = len(basis)
    inner = [[0] * count for _ in range(count)]
    # determinants[k + 1] is that of the Gram matrix of the first k + 1 vectors.
    determinants = [1] + [0] * count

    def product(x: list[int], y: list[int]) -> int:
        return sum(a * b for a, b in zip(x[:size], y[:size], strict=True))

    def shorten(k: int, other: int) -> None:
        if 2 * abs(inner[k][other]) <= determinants[other + 1]:
            return
        times = (2 * inner[k][other] + determinants[other + 1]) // (2 * determinants[other + 1])
        basis[k] = [a - times * b for a, b in zip(basis[k], basis[other], strict=True)]
        inner[k][other] -= times * determinants[other + 1]
        for i in range(other):
            inner[k][i] -= times * inner[other][i]

    def exchange(k: int, seen: int) -> None:
        basis[k], basis[k - 1] = basis[k - 1], basis[k]
        inner[k][: k - 1], inner[k - 1][: k - 1] = inner[k - 1][: k - 1], inner[k][: k - 1]
        between = inner[k][k - 1]
        updated = (determinants[k - 1] * determinants[k + 1] + between**2) // determinants[k]
        for row in inner[k + 1 : seen + 1]:
            before = row[k]
            row[k] = (determinants[k + 1] * row[k - 1] - between * before) // determinants[k]
            row[k - 1] = (updated * before + between * row[k]) // determinants[k + 1]
        determinants[k] = updated

    determinants[1] = product(basis[0], basis[0])
    k, seen = 1, 0
    while k < count:
        if k > seen:
            seen = k
            for j in range(k + 1):
                value = product(basis[k], basis[j])
                for i in range(j):
                    value = (determinants[i + 1] * value - inner[k][i] * inner[j][i]) // determinants[i]
                if j < k:
                    inner[k][j] = value
                else:
                    determinants[k + 1] = value
        shorten(k, k - 1)
        if 4 * (determinants[k + 1] * determinants[k - 1] + inner[k][k - 1] ** 2) < 3 * determinants[k] ** 2:
            exchange(k, seen)
            k = max(1, k - 1)
        else:
            for other in range(k - 2, -1, -1):
                shorten(k, other)
            k += 1
    return basis


def nearest(vectors: list[list[Real]], target: list[Real]) -> list[int]:
    """Return whole numbers that make the sum of that many of each vector nearly the nearest to the target."""
    size = len(target)
    scale = mp.ldexp(1, 60) / min(abs(vectors[i][i]) for i in range(size))
    rows = [[int(mp.nint(entry * scale)) for entry in vector] for vector in vectors]
    rows = short_vectors([row + [int(i == j) for j in range(size)] for i, row in enumerate(rows)], size)
    orthogonal: list[list[Real]] = []
    for row in rows:
        vector = [mp.mpf(entry) for entry in row[:size]]
        for other in orthogonal:
            share = mp.fdot(vector, other) / mp.fdot(other, other)
            vector = [a - share * b for a, b in zip(vector, other, strict=True)]
        orthogonal.append(vector)
    rest = [entry * scale for entry in target]
    counts = [0] * size
    for row, vector in reversed(list(zip(rows, orthogonal, strict=True))):
        times = int(mp.nint(mp.fdot(rest, vector) / mp.fdot(vector, vector)))
        rest = [a - times * b for a, b in zip(rest, row[:size], strict=True)]
        counts = [a + times * b for a, b in zip(counts, row[size:], strict=True)]
    return counts


def rounded_together(p: list[Real], q: list[Real], bits: int, table: Table) -> tuple[list[Real], list[Real]]:
    """Round P and Q to a format's precision so that the rounding errors cancel in P / Q.

    Rounded each for itself, the coefficients would lose several bits of a fit that is close to the
    format's precision. A coefficient changed by its unit in the last place changes the error by a known
    function; the sum of such changes that best undoes the rounding is a nearest vector in a lattice.
    The constants of P and Q are rounded for themselves: they are exact in every fit of this file.
    """
    top = len(p) - 1
    table = table[::6]
    powers = [*range(1, top + 1), *range(1, len(q)), 0]
    exact = [*p[1:], *q[1:], p[0]]
    start = rounded(exact, bits)
    units = [mp.ldexp(1, mp.frexp(abs(c))[1] - bits) for c in start]
    matrix = mp.matrix(len(table), len(exact))
    for i, (u, _, weight) in enumerate(table):
        above, below = polynomial(p, u), polynomial(q, u)
        for j, power in enumerate(powers):
            of_q = top <= j < len(exact) - 1
            matrix[i, j] = units[j] * u**power / weight * (-above / below**2 if of_q else 1 / below)
    _, triangle = mp.qr(matrix, mode="skinny")
    free = len(exact) - 1
    vectors = [[triangle[i, j] for i in range(free)] for j in range(free)]
    offsets = [(a - b) / unit for a, b, unit in zip(start, exact, units, strict=True)]
    target = [mp.fsum(triangle[i, j] * offsets[j] for j in range(free + 1)) for i in range(free)]
    counts = nearest(vectors, target)
    moved = [c - times * unit for c, times, unit in zip(start, [*counts, 0], units, strict=True)]
    # A coefficient that has crossed a power of two may need one bit more than there are.
    moved = rounded(moved, bits)
    return [moved[-1], *moved[:top]], [rounded(q, bits)[0], *moved[top:-1]]


def report(title: str, p: list[Real], q: list[Real], table: Table) -> None:
    """Print the coefficients, lowest power first, and the error that is left."""
    print(f"{title}: relative error 2**{log2_of_worst(p, q, table):.2f}")
    for name, part in (("P", p), ("Q", q)):
        print(" ", name, " ".join(float(c).hex() for c in part))


def main() -> None:
    """Print every quotient."""
    # x - tanh(x) = x**3 P(u) / Q(u), with P(0) = 1 and Q(0) = 3: the nearest to 1/3 would leave 2**-25.
    reach = mp.mpf(1)
    table = tabulated(shrunk, squares(reach, 600))
    p, q = ([3 * c for c in part] for part in fit(table, 3, 3))
    p, q = rounded_together(p, q, 53, table)
    report(f"TANHSHRINK, float64, |x| <= {reach}", p, q, tabulated(shrunk, squares(reach, 4001)))

    # Phi(-a) exp(a**2 / 2) = P(a) / Q(a), coarsely, for a as far as the kernel holds it.
    reach = mp.mpf("20.25")
    fitted = fit(tabulated(tail, squares(mp.sqrt(reach), 600)), 3, 4)
    p, q = (rounded(part, 24) for part in fitted)
    report(f"COARSE_TAIL, float32, a <= {reach}", p, q, tabulated(tail, squares(mp.sqrt(reach), 4001)))

    # tanh(x) = x P(u) / Q(u), coarsely, as far as the kernel holds it.
    reach = mp.mpf("4.56")
    p, q = (rounded(part, 24) for part in fit(tabulated(slope_of_chord, squares(reach, 600)), 3, 3))
    report(f"COARSE_TANH, float32, |x| <= {reach}", p, q, tabulated(slope_of_chord, squares(reach, 4001)))


if __name__ == "__main__":
    main()
