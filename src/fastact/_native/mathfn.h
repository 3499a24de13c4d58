/* Exponentials and products on vectors, the parts that more than one activation is made of.
 *
 * Coefficients and the split of ln 2 come from tools/coefficients.sollya. No result, no
 * intermediate and no input of a multiplication is subnormal here: such an operation costs a
 * hundred cycles and more on many processors. Formulas of activations do not belong here.
 */

/* exp(z) for z <= 0 down to where it vanishes, as a product that is formed last: the returned
 * p = exp(r) * EXP_UNIT and v_pow2(*t) = 2**n / EXP_UNIT are normal where exp(z) is not.
 * z = n ln 2 + r, n an integer and |r| <= ln(2)/2 but for rounding; p is EXP_UNIT + h r rounded, h
 * from a polynomial that makes the relative error of exp less than 2**-28 (float64: 2**-57). */
#define EXP_SHIFT 64
#define EXP_UNIT 0x1p-64
#define EXP_MAGIC (ROUND_TO_INTEGER + EXPONENT_BIAS + EXP_SHIFT)
FA_INLINE vec exp_parts(vec z, vec *h, vec *r, vec *t)
{
    const lane log2_e = EITHER(0x1.715476p0f, 0x1.71547652b82fep0);
    const lane ln2_high = EITHER(0x1.62e4p-1f, 0x1.62e42fefa4p-1); /* n * ln2_high is exact */
    const lane ln2_low = EITHER(0x1.7f7d1cp-20f, -0x1.8432a1b0e2634p-43);
    *t = v_fma(z, v_set(log2_e), v_set(EXP_MAGIC));
    const vec n = v_sub(*t, v_set(EXP_MAGIC));
    *r = v_fnma(n, v_set(ln2_low), v_fnma(n, v_set(ln2_high), z));

    const vec x = *r, unit = v_set(EXP_UNIT);
#define TERM(c) v_set(EXP_UNIT *c)
#ifdef FA_F32
    vec p = TERM(0x1.694ca8p-10f);
    p = v_fma(p, x, TERM(0x1.123982p-7f));
    p = v_fma(p, x, TERM(0x1.555a26p-5f));
    p = v_fma(p, x, TERM(0x1.555492p-3f));
    p = v_fma(p, x, TERM(0x1.fffffap-2f));
#else
    vec p = TERM(0x1.ad93257f4b9cdp-26);
    p = v_fma(p, x, TERM(0x1.28ae058ff6f84p-22));
    p = v_fma(p, x, TERM(0x1.71df18d75b9ddp-19));
    p = v_fma(p, x, TERM(0x1.a0199956c1bccp-16));
    p = v_fma(p, x, TERM(0x1.a01a012ff3e99p-13));
    p = v_fma(p, x, TERM(0x1.6c16c18479738p-10));
    p = v_fma(p, x, TERM(0x1.1111111126b32p-7));
    p = v_fma(p, x, TERM(0x1.55555555506b5p-5));
    p = v_fma(p, x, TERM(0x1.55555555554fep-3));
    p = v_fma(p, x, TERM(0x1.000000000000ap-1));
#endif
#undef TERM
    *h = v_fma(p, x, unit);
    return v_fma(*h, x, unit);
}

/* a * m * 2**n rounded once, n an integer; |m| is between 2**-8 and 2**8, 0, infinite or NaN.
 * A result below the normal range is rounded on top of the smallest normal number, which is then
 * taken away from the bits. */
FA_INLINE vec scaled_product(vec a, vec m, vec n)
{
    const vec zero = v_set(0), magnitude = v_abs(a);
    const mask tiny = v_is_tiny(a, v_set(EITHER(0x1p-64f, 0x1p-512)));
    const mask regular = v_and(v_lt(zero, magnitude), v_lt(magnitude, v_set(INFINITY)));
    vec x = a;
    if (v_any(tiny)) {
        x = v_select(tiny, v_rescaled(a), a);
        n = v_select(tiny, v_sub(n, v_set(RESCALE)), n);
    }
    const vec e = v_add(v_exponent(x), n);

    /* 2**e in two normal factors; where e is beyond both, the product overflows or vanishes. */
    const vec to_power = v_set(ROUND_TO_INTEGER + EXPONENT_BIAS);
    const lane most = EITHER(94, 958), rest = EITHER(64, 128);
    const vec e1 = v_max(v_set(-most), v_min(v_set(most), e));
    const vec e2 = v_max(v_set(-rest), v_sub(e, e1));
    const vec u = v_mul(v_significand(x), v_pow2(v_add(e2, to_power)));
    const vec v = v_mul(m, v_pow2(v_add(e1, to_power)));

    const vec leading = v_mul(u, m); /* the product without 2**-most: is that subnormal? */
    const mask small = v_lt(v_abs(leading), v_set(EITHER(0x1p-32f, 0x1p-64)));
    const vec support = v_select(small, v_set(SMALLEST_NORMAL), zero);
    const vec rounded = v_fma(u, v, v_copysign(support, leading));
    return v_select(regular, v_bits_sub(rounded, support), v_mul(v_select(regular, zero, a), m));
}

/* The same for m above 0, n <= 2 and |a| between 2**-30 and 2**30, 0 or NaN, at a third of the cost. */
FA_INLINE vec faint_product(vec a, vec m, vec n)
{
    /* 2**lowest * 2**30 vanishes; 2**shift keeps both factors normal. */
    const lane lowest = EITHER(-190, -1120), shift = EITHER(70, 100);
    const vec zero = v_set(0), to_power = v_set(ROUND_TO_INTEGER + EXPONENT_BIAS);
    const vec u = v_mul(a, v_set(EITHER(0x1p-70f, 0x1p-100)));
    const vec v =
        v_mul(m, v_pow2(v_add(v_max(v_set(lowest), n), v_set(ROUND_TO_INTEGER + EXPONENT_BIAS + shift))));

    /* |a m| below 2**lowest_normal / 2**n; where n is far above, no a is as small as the limit. */
    const lane lowest_normal = 1 - EXPONENT_BIAS, far_above = -70;
    const vec limit = v_pow2(
        v_add(to_power, v_sub(v_set(lowest_normal), v_max(v_set(lowest), v_min(v_set(far_above), n)))));
    const mask small = v_lt(v_abs(v_mul(a, m)), limit);
    const vec smallest = v_set(SMALLEST_NORMAL);
    const vec rounded = v_fma(u, v, v_select(small, v_copysign(smallest, a), zero));
    return v_bits_sub(rounded, v_select(small, smallest, zero));
}

/* The product of two numbers that are not tiny is normal. */
#define TINY EITHER(0x1p-60f, 0x1p-510)

/* a * b where a may be tiny and b is not, as scaled_product but that no exponent is taken apart. */
FA_INLINE vec product_of_tiny(vec a, vec b, mask tiny)
{
    const vec zero = v_set(0), unscale = v_set(EITHER(0x1p-64f, 0x1p-512));
    const vec x = v_rescaled(v_select(tiny, a, zero)), leading = v_mul(x, b);
    const mask small = v_lt(v_abs(leading), v_set(RESCALE_POWER));
    const vec support = v_select(small, v_set(SMALLEST_NORMAL), zero);
    const vec rounded = v_fma(x, v_mul(b, unscale), v_copysign(support, leading));
    return v_select(tiny, v_bits_sub(rounded, support), v_mul(v_select(tiny, zero, a), b));
}

/* a * b for a b that is 0 or not tiny: only a is asked. */
FA_INLINE vec product_by_moderate(vec a, vec b)
{
    const mask tiny = v_is_tiny(a, v_set(TINY));
    return v_any(tiny) ? product_of_tiny(a, b, tiny) : v_mul(a, b);
}

/* a * b: one multiplication where no lane is small enough for a subnormal product. */
FA_INLINE vec product(vec a, vec b)
{
    const mask tiny_a = v_is_tiny(a, v_set(TINY)), tiny_b = v_is_tiny(b, v_set(TINY));
    if (!v_any(v_or(tiny_a, tiny_b))) return v_mul(a, b);
    const vec least = v_set(EITHER(0x1p-40f, 0x1p-60));
    if (!v_any(v_is_tiny(b, least))) return product_of_tiny(a, b, tiny_a);
    if (!v_any(v_is_tiny(a, least))) return product_of_tiny(b, a, tiny_b);

    const vec zero = v_set(0), magnitude = v_abs(b);
    const mask regular = v_and(v_lt(zero, magnitude), v_lt(magnitude, v_set(INFINITY)));
    const vec x = v_select(tiny_b, v_rescaled(b), b);
    const vec n = v_sub(v_exponent(x), v_select(tiny_b, v_set(RESCALE), zero));
    return scaled_product(a, v_select(regular, v_significand(x), b), v_select(regular, n, zero));
}
