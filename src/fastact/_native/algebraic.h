/* Activations of quotients and roots: softsign, squareplus.
 *
 * Included by activations.h alone.
 */

/* softsign(x) = x / (1 + |x|), constant to rounding from 2**60 on.   softsign'(x) = 1 / (1 + |x|)**2,
 * (1 - |y|)**2. */
FA_INLINE vec softsign_forward(pass at, vec x)
{
    const vec a = v_max(v_set(0x1p-60), v_min(v_set(0x1p60), v_abs(x)));
    return v_lesser(x, quotient_in_turn(at, a, v_add(v_set(1), a), 2));
}
FA_INLINE vec softsign_backward(pass at, vec grad, vec x)
{
    const vec one = v_set(1), zero = v_set(0), magnitude = v_abs(x);
    const lane largest = EITHER(0x1p28f, 0x1p60); /* up to which the slope is moderate */
    meet_least(at, v_copysign(x, v_set(-1)), -largest);
    meet_magnitude(at, grad, TINY);
    if (is_usual(at, v_or(v_lt(v_set(largest), magnitude), v_is_tiny(grad, v_set(TINY))))) {
        const vec sum = v_add(one, magnitude);
        return v_mul(grad, quotient_in_turn(at, one, v_mul(sum, sum), 3));
    }
    const vec sum = v_add(one, magnitude), m = v_significand(sum);
    const vec quotient = quotient_in_turn(at, one, v_mul(m, m), 2);
    const mask finite = v_lt(magnitude, v_set(INFINITY)); /* else 0 or NaN */
    const vec slope = SPLITS_ALL ? quotient : v_select(finite, quotient, v_min(zero, magnitude));
    const vec power = v_fnma(v_set(2), v_exponent(sum), v_set(POWER));
    return kept_product(at, grad, slope, power);
}
FA_INLINE vec softsign_backward_from_output(pass at, vec grad, vec y)
{
    /* No subnormal. Added: of a maximum gcc makes a branch, in which grad * 1 is a signalling NaN still. */
    const vec one = v_set(1), magnitude = v_add(v_set(TINY), v_abs(y)), rest = v_sub(one, magnitude);
    const vec rest_low = v_sub(v_sub(one, rest), magnitude);
    const vec slope = v_fma(rest, rest, v_mul(v_add(rest, rest), rest_low));
    meet_magnitude(at, grad, TINY);
    return is_usual(at, v_is_tiny(grad, v_set(TINY))) ? v_mul(grad, slope) : product_by_small(grad, slope);
}

/* From here on sqrt(x**2 + b) is |x| to rounding for a usual b. */
#define FAR EITHER(0x1p40f, 0x1p60)
#define FAR_EXPONENT EITHER(40, 60)

FA_INLINE mask is_root_unusual(vec b) { return v_or(v_lt(b, v_set(0x1p-5)), v_lt(v_set(0x1p8), b)); }

/* For a = |x| up to FAR: returns s = sqrt(a**2 + b) and *square = s**2; for an `*unusual` b without the
 * factors 2**k and 2**2k that might not be normal (*k = 0 elsewhere), and without the limit; *half_b is b / 2
 * without 2**n. Of x = 0 and b = 0 the root is not to count. */
FA_INLINE vec squareplus_root(pass at, vec x, vec b, mask *unusual, vec *a, vec *square, vec *half_b, vec *n,
                              vec *k)
{
    const vec half = v_set(0.5), zero = v_set(0), magnitude = v_abs(x);
    *unusual = is_root_unusual(b);
    *a = v_max(v_set(EITHER(0x1p-60f, 0x1p-400)), v_min(v_set(FAR), magnitude));
    *half_b = v_mul(half, b);
    *n = *k = zero;
    vec c = b;
    if (v_any(*unusual)) {
        const vec least = v_set(-9999), most = v_set(EITHER(FLT_MAX, DBL_MAX)),
                  rounding = v_set(ROUND_TO_INTEGER);
        vec n_a, n_b;
        const vec m_a = v_split(v_min(most, magnitude), &n_a), m_b = v_split(b, &n_b), power = v_set(POWER);
        n_a = v_select(v_lt(zero, magnitude), n_a, least);
        n_b = v_select(v_lt(zero, b), n_b, least);
        const vec half_n = v_sub(v_add(v_mul(half, n_b), rounding), rounding);
        const vec larger = v_max(v_set(-2 * EXPONENT_BIAS), v_max(n_a, half_n));
        *a = v_select(*unusual, v_mul(m_a, held_pow2(v_add(power, v_sub(n_a, larger)))), *a);
        c = v_select(*unusual, v_mul(m_b, held_pow2(v_add(power, v_sub(n_b, v_add(larger, larger))))), b);
        *half_b = v_select(*unusual, v_mul(half, m_b), *half_b);
        *n = v_select(*unusual, n_b, zero);
        *k = v_select(*unusual, larger, zero);
    }
    *square = v_fma(*a, *a, c);
    return root_in_turn(at, *square, EITHER(1, 0));
}

/* squareplus(x) = (x + s) / 2, (b / 2) / (s - x) below 0; of x = 0 and b = 0 it is 0. */
FA_INLINE vec squareplus_forward(pass at, vec x, vec b)
{
    const vec zero = v_set(0), half = v_set(0.5), magnitude = v_abs(x);
    const mask below = v_lt(x, zero);
    meet_least(at, v_copysign(x, v_set(-1)), -FAR);
    meet_odd(at, is_root_unusual(b));
    if (are_factors_kept(at, is_root_unusual(b)))
        return v_moved(kept_factor(at, 0, x), kept_factor(at, 1, x));
    mask unusual;
    vec a, square, half_b, n, k;
    const vec root = squareplus_root(at, x, b, &unusual, &a, &square, &half_b, &n, &k), sum = v_add(root, a);
    if (is_usual_unless(at, unusual, v_lt(v_set(FAR), magnitude)))
        return v_select(below, v_div(half_b, sum), v_mul(half, sum));
    /* Far out it is x above, and (b / 4) / |x| below, where |x| is brought nearer first. */
    const mask far = v_lt(v_set(FAR), v_select(unusual, zero, magnitude));
    const vec bottom = v_select(far, v_mul(v_select(far, magnitude, v_set(FAR)), v_set(2 / FAR)), sum);
    const vec value = v_select(below, v_div(half_b, bottom), v_select(far, x, v_mul(half, sum)));
    const mask falls = v_and(v_and(far, below), v_le(b, b)); /* a NaN does not move */
    const vec moves = v_select(falls, v_set(POWER - FAR_EXPONENT), v_set(POWER));
    const vec y = v_moved(kept_factor(at, 0, value), kept_factor(at, 1, moves));
    if (!v_any(unusual)) return y;
    const vec whole = scaled(value, v_select(below, v_sub(n, k), k));
    const mask constant = v_or(v_le(v_set(INFINITY), magnitude), v_and(v_le(magnitude, zero), v_le(b, zero)));
    return v_select(unusual, v_select(constant, v_max(zero, x), whole), y);
}

/* squareplus'(x) = D below 0, 1 - D above, D = (b / 2) / (s**2 + s |x|), 1/2 at 0 for every b. */
FA_INLINE vec squareplus_backward(pass at, vec grad, vec x, vec b)
{
    const vec zero = v_set(0), one = v_set(1), magnitude = v_abs(x);
    const mask below = v_lt(x, zero);
    const lane largest = EITHER(0x1p26f, 0x1p60); /* up to which a usual D is not tiny */
    meet_least(at, v_copysign(x, v_set(-1)), -largest);
    meet_magnitude(at, grad, TINY);
    meet_odd(at, is_root_unusual(b));
    if (are_factors_kept(at, is_root_unusual(b))) return kept_product(at, grad, x, x);
    mask unusual;
    vec a, square, half_b, n, k;
    const vec s = squareplus_root(at, x, b, &unusual, &a, &square, &half_b, &n, &k),
              sum = v_fma(s, a, square);
    if (is_usual_unless(at, unusual, v_or(v_lt(v_set(largest), magnitude), v_is_tiny(grad, v_set(TINY))))) {
        const vec slope = v_div(half_b, sum);
        return v_mul(grad, v_select(below, slope, v_sub(one, slope)));
    }
    /* Far out D is (b / 4) / x**2, of which the square is made normal, and 1 - D is 1. */
    const int nearer = EITHER(80, 540);
    const mask far = v_lt(v_set(FAR), v_select(unusual, zero, magnitude)), falls = v_and(far, below);
    const vec near = v_mul(v_select(far, magnitude, one), v_set(EITHER(0x1p-80f, 0x1p-540)));
    const vec slope = v_div(half_b, v_select(far, v_mul(near, v_add(near, near)), sum));
    const vec opposite = v_fnma(slope, v_select(far, zero, one), one), to_power = v_set(POWER);
    const vec factor = v_select(below, slope, opposite);
    const vec moves = v_select(falls, v_set(POWER - 2 * nearer), to_power);
    const vec y = SPLITS_ALL ? kept_product(at, grad, v_significand(factor), v_add(moves, v_exponent(factor)))
                             : kept_product(at, grad, factor, moves);
    if (!v_any(unusual)) return y;
    const vec power = v_sub(n, v_add(k, k));
    const vec above = v_fnma(slope, held_pow2(v_add(v_set(POWER), power)), one);
    const mask at_0 = v_and(v_le(v_abs(x), zero), v_le(b, zero)), infinite = v_le(v_set(INFINITY), v_abs(x));
    const vec limit = v_select(at_0, v_set(0.5), v_select(below, zero, one));
    vec exponent;
    const vec m = v_split(v_select(v_or(at_0, infinite), limit, v_select(below, slope, above)), &exponent);
    const vec shift = v_add(exponent, v_select(v_and(below, v_lt(v_abs(x), v_set(INFINITY))), power, zero));
    return v_select(unusual, scaled_product(grad, m, shift), y);
}
