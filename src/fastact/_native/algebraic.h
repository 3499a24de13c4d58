/* Activations of quotients and roots: softsign, squareplus.
 *
 * Included by activations.h alone.
 */

/* grad * factor / magnitude**2 where `far`, from 2**28 (2**60) on, and grad * top / bottom, a moderate slope,
 * elsewhere; 0 * grad at infinity. */
FA_INLINE vec graded_far(vec grad, vec factor, vec magnitude, vec top, vec bottom, mask far)
{
    const int nearer = EITHER(80, 540); /* the square so is normal */
    const vec a = v_mul(v_select(far, magnitude, v_set(1)), v_set(EITHER(0x1p-80f, 0x1p-540)));
    const vec m = v_div(v_select(far, factor, top), v_select(far, v_mul(a, a), bottom));
    return opaque_scaled_product(grad, m, v_select(far, v_set(POWER - 2 * nearer), v_set(POWER)));
}

/* softsign(x) = x / (1 + |x|), constant to rounding from 2**60 on.   softsign'(x) = 1 / (1 + |x|)**2,
 * (1 - |y|)**2. */
FA_INLINE vec softsign_forward(pass at, vec x)
{
    const vec a = v_max(v_set(0x1p-60), v_min(v_set(0x1p60), v_abs(x)));
    return v_lesser(x, quotient_in_turn(at, a, v_add(v_set(1), a), 2));
}
FA_INLINE vec softsign_backward(pass at, vec grad, vec x)
{
    const vec one = v_set(1), largest = v_set(EITHER(0x1p28f, 0x1p60));
    const vec magnitude = v_abs(x), sum = v_add(one, v_min(largest, magnitude));
    const vec bottom = v_mul(sum, sum);
    const mask far = v_lt(largest, magnitude);
    meet_least(at, v_copysign(x, v_set(-1)), EITHER(-0x1p28f, -0x1p60));
    meet_magnitude(at, grad, TINY);
    if (is_usual(at, v_or(far, v_is_tiny(grad, v_set(TINY)))))
        return v_mul(grad, quotient_in_turn(at, one, bottom, 3));
    if (v_any(far)) return graded_far(grad, one, magnitude, one, bottom, far);
    return product_by_small(grad, quotient_in_turn(at, one, bottom, 1));
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

/* For a = |x| up to FAR: returns s = sqrt(a**2 + b) and *square = s**2; for an `*unusual` b without the
 * factors 2**k and 2**2k that might not be normal (*k = 0 elsewhere), and without the limit; *half_b is b / 2
 * without 2**n. Of x = 0 and b = 0 the root is not to count. */
FA_INLINE vec squareplus_root(pass at, vec x, vec b, mask *unusual, vec *a, vec *square, vec *half_b, vec *n,
                              vec *k)
{
    const vec half = v_set(0.5), zero = v_set(0), magnitude = v_abs(x);
    *unusual = v_or(v_lt(b, v_set(0x1p-5)), v_lt(v_set(0x1p8), b));
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
    const vec zero = v_set(0);
    const mask below = v_lt(x, zero);
    mask unusual;
    vec a, square, half_b, n, k;
    const vec root = squareplus_root(at, x, b, &unusual, &a, &square, &half_b, &n, &k), sum = v_add(root, a);
    /* Far out it is x above, and (b / 4) / |x| below, where |x| is brought nearer first. */
    const mask far = v_lt(v_set(FAR), v_select(unusual, zero, v_abs(x)));
    vec top = half_b, bottom = sum;
    if (v_any(far)) {
        top = v_select(far, v_mul(v_set(0.5), half_b), half_b);
        bottom = v_select(far, v_mul(v_select(far, v_abs(x), v_set(FAR)), v_set(1 / FAR)), sum);
    }
    vec y = v_select(below, v_div(top, bottom), v_mul(v_set(0.5), sum));
    if (v_any(unusual)) {
        const vec whole = scaled(y, v_select(below, v_sub(n, k), k));
        const mask constant =
            v_or(v_le(v_set(INFINITY), v_abs(x)), v_and(v_le(v_abs(x), zero), v_le(b, zero)));
        y = v_select(unusual, v_select(constant, v_max(zero, x), whole), y);
    }
    if (!v_any(far)) return y;
    const vec n_far = v_select(v_and(far, below), v_set(-FAR_EXPONENT), zero);
    return moved(v_select(far, v_select(below, y, x), y), n_far, v_from_bits(0));
}

/* squareplus'(x) = D below 0, 1 - D above, D = (b / 2) / (s**2 + s |x|), 1/2 at 0 for every b. */
FA_INLINE vec squareplus_backward(pass at, vec grad, vec x, vec b)
{
    const vec zero = v_set(0), one = v_set(1);
    const mask below = v_lt(x, zero);
    mask unusual;
    vec a, square, half_b, n, k;
    const vec s = squareplus_root(at, x, b, &unusual, &a, &square, &half_b, &n, &k);
    const vec slope = v_div(half_b, v_fma(s, a, square));
    const mask far = v_lt(v_set(FAR), v_select(unusual, zero, v_abs(x)));
    const vec rest = v_select(below, slope, v_sub(one, slope));
    vec y;
    if (v_any(far))
        y = graded_far(grad, v_mul(v_set(0.5), half_b), v_abs(x), rest, one, v_and(far, below));
    else
        y = product(grad, rest);
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
