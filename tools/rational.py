"""Where the rational function of tanh near 0 in activations.h comes from.

    python -m tools.rational

tanh(x) = x + x**3 P(u) / Q(u), u = x**2: a Remez exchange at 60 digits minimises the largest error
relative to tanh, then the coefficients are rounded to the lane's format. For polynomials there is
coefficients.sollya; sollya has no exchange for quotients.
"""

import mpmath as mp

mp.mp.dps = 60


def residual(u):
    """Return (tanh(x) - x) / x**3 and its weight, tanh(x) / x**3, as functions of u = x**2."""
    x = mp.sqrt(u)
    if u < mp.mpf("1e-12"):
        return -mp.mpf(1) / 3 + 2 * u / 15, 1 / (u + mp.mpf("1e-30"))
    return (mp.tanh(x) - x) / x**3, mp.tanh(x) / x**3


def solve(nodes, top, bottom, denominators):
    """Return P, Q and the levelled error through the nodes, the error's Q taken from before."""
    size = top + bottom + 2
    matrix, right = mp.matrix(size, size), mp.matrix(size, 1)
    for i, u in enumerate(nodes):
        value, weight = residual(u)
        for k in range(top + 1):
            matrix[i, k] = u**k
        for k in range(1, bottom + 1):
            matrix[i, top + k] = -value * u**k
        matrix[i, size - 1] = (-1) ** i * weight * denominators[i]
        right[i] = value
    solution = mp.lu_solve(matrix, right)
    return list(solution[: top + 1]), [mp.mpf(1), *solution[top + 1 : size - 1]], solution[size - 1]


def fit(top, bottom, reach):
    """Return P and Q of the given degrees for |x| up to reach."""
    size = top + bottom + 2
    low, high = mp.mpf("1e-6"), mp.mpf(reach) ** 2
    nodes = [low + (high - low) * (1 - mp.cos(mp.pi * i / (size - 1))) / 2 for i in range(size)]
    q = [mp.mpf(1)]
    for _ in range(30):
        for _ in range(6):
            p, q, _ = solve(nodes, top, bottom, [mp.polyval(q[::-1], u) for u in nodes])
        grid = [low + (high - low) * (1 - mp.cos(mp.pi * i / 600)) / 2 for i in range(601)]
        errors = [error(p, q, u) for u in grid]
        extrema = [0]
        for i in range(1, 601):
            if errors[i] * errors[extrema[-1]] < 0:
                extrema.append(i)
            elif abs(errors[i]) > abs(errors[extrema[-1]]):
                extrema[-1] = i
        if len(extrema) < size:
            break
        nodes = [grid[i] for i in extrema[:size]]
    return p, q


def error(p, q, u):
    """Return the error relative to tanh."""
    value, weight = residual(u)
    return (mp.polyval(p[::-1], u) / mp.polyval(q[::-1], u) - value) / weight


def rounded(coefficients, bits):
    """Round to a format's precision."""
    with mp.workprec(bits):
        return [+c for c in coefficients]


def main():
    """Print the coefficients, lowest power first, and the error that is left."""
    for name, top, bottom, reach, bits in (("float32", 1, 2, 1.0, 24), ("float64", 3, 4, 0.75, 53)):
        p, q = (rounded(part, bits) for part in fit(top, bottom, reach))
        high = mp.mpf(reach) ** 2
        worst = max(abs(error(p, q, high * i / 2000)) for i in range(1, 2001))
        print(f"{name}, |x| <= {reach}: relative error 2**{float(mp.log(worst, 2)):.2f}")
        for title, part in (("P", p), ("Q", q)):
            print(" ", title, " ".join(float(c).hex() for c in part))


if __name__ == "__main__":
    main()
