/* v_split, v_split_evenly, and of float64 v_product and v_scaled_product, out of the other operations:
 * nothing subnormal meets a multiplication.
 *
 * Included by vec_avx2.h, vec_neon.h and vec_scalar.h, whose sets take a subnormal number apart by its bits
 * alone. wide.h has float32's products.
 */
FA_INLINE vec v_split(vec v, vec *n)
{
    const vec zero = v_set(0), magnitude = v_abs(v);
    const mask tiny = v_is_tiny(v, v_set(TINY));
    const mask regular = v_and(v_lt(zero, magnitude), v_lt(magnitude, v_set(INFINITY)));
    const vec x = v_select(tiny, v_rescaled(v), v);
    const vec exponent = v_sub(v_exponent(x), v_select(tiny, v_set(RESCALE), zero));
    *n = v_select(regular, exponent, zero);
    return v_select(regular, v_significand(x), v);
}

FA_INLINE vec v_split_evenly(vec a, vec power, vec *t)
{
    vec n;
    const vec m = v_split(a, &n), half = v_set(0.5), to_power = v_set(POWER);
    const vec n_half = v_sub(v_fma(half, v_add(n, half), to_power), to_power);
    *t = v_add(power, n_half);
    return v_mul(m, v_fma(half, n, v_sub(v_set(1), n_half))); /* half of it for an odd n */
}

#ifndef FA_F32
/* a * b where `tiny` lanes of a are the only tiny ones. A result below the normal range is rounded on top of
 * the smallest normal number, which is then taken away from the bits. */
FA_INLINE vec product_of_tiny(vec a, vec b, mask tiny)
{
    const vec zero = v_set(0), unscale = v_set(0x1p-512);
    const vec x = v_rescaled(v_select(tiny, a, zero)), leading = v_mul(x, b);
    const mask small = v_lt(v_abs(leading), v_set(RESCALE_POWER));
    const vec support = v_select(small, v_set(SMALLEST_NORMAL), zero);
    const vec rounded = v_fma(x, v_mul(b, unscale), v_copysign(support, leading));
    return v_select(tiny, v_bits_sub(rounded, support), v_mul(v_select(tiny, zero, a), b));
}

/* a * m * 2**n, |m| between 2**-8 and 2**8, 0, infinite or NaN. */
FA_INLINE vec product_of_any(vec a, vec m, vec n)
{
    const vec zero = v_set(0), magnitude = v_abs(a);
    const mask tiny = v_is_tiny(a, v_set(0x1p-512));
    const mask regular = v_and(v_lt(zero, magnitude), v_lt(magnitude, v_set(INFINITY)));
    vec x = a;
    if (v_any(tiny)) {
        x = v_select(tiny, v_rescaled(a), a);
        n = v_select(tiny, v_sub(n, v_set(RESCALE)), n);
    }
    const vec e = v_add(v_exponent(x), n);

    /* 2**e in two normal factors; where e is beyond both, the product overflows or vanishes. */
    const vec to_power = v_set(POWER);
    const lane most = 958, rest = 128;
    const vec e1 = v_max(v_set(-most), v_min(v_set(most), e));
    const vec e2 = v_max(v_set(-rest), v_min(v_set(rest), v_sub(e, e1)));
    const vec u = v_mul(v_significand(x), v_pow2(v_add(e2, to_power)));
    const vec v = v_mul(m, v_pow2(v_add(e1, to_power)));

    const vec leading = v_mul(u, m); /* the product without 2**-most: is that subnormal? */
    const mask small = v_lt(v_abs(leading), v_set(0x1p-64));
    const vec support = v_select(small, v_set(SMALLEST_NORMAL), zero);
    const vec rounded = v_fma(u, v, v_copysign(support, leading));
    return v_select(regular, v_bits_sub(rounded, support), v_mul(v_select(regular, zero, a), m));
}

/* The same for n <= 2 and |a| between 2**-30 and 2**30, 0 or NaN, at a third of the cost. */
FA_INLINE vec faint_product(vec a, vec m, vec n)
{
    /* 2**lowest * 2**30 vanishes; 2**shift keeps both factors normal. */
    const lane lowest = -1120, shift = 100;
    const vec zero = v_set(0), power = v_set(POWER);
    const vec u = v_mul(a, v_set(0x1p-100));
    const vec v = v_mul(m, v_pow2(v_add(v_max(v_set(lowest), n), v_set(POWER + shift))));

    /* |a m| below 2**lowest_normal / 2**n; where n is far above, no a is as small as the limit. */
    const lane lowest_normal = 1 - EXPONENT_BIAS, far_above = -70;
    const vec limit =
        v_pow2(v_add(power, v_sub(v_set(lowest_normal), v_max(v_set(lowest), v_min(v_set(far_above), n)))));
    const vec leading = v_mul(a, m), smallest = v_set(SMALLEST_NORMAL);
    const mask small = v_lt(v_abs(leading), limit);
    const vec rounded = v_fma(u, v, v_select(small, v_copysign(smallest, leading), zero));
    return v_bits_sub(rounded, v_select(small, smallest, zero));
}

FA_INLINE vec v_product(vec a, vec b)
{
    const mask tiny_a = v_is_tiny(a, v_set(TINY)), tiny_b = v_is_tiny(b, v_set(TINY));
    const vec least = v_set(0x1p-60);
    if (!v_any(v_is_tiny(b, least))) return product_of_tiny(a, b, tiny_a);
    if (!v_any(v_is_tiny(a, least))) return product_of_tiny(b, a, tiny_b);
    vec n;
    const vec m = v_split(b, &n);
    return product_of_any(a, m, n);
}

/* Lanes that are not 0 but beyond a limit or its inverse. */
FA_INLINE mask is_beyond(vec v, lane inverse, lane limit)
{
    return v_or(v_is_tiny(v, v_set(inverse)), v_lt(v_set(limit), v_abs(v)));
}

FA_INLINE vec v_scaled_product(vec a, vec m, vec t)
{
    const vec n = v_sub(t, v_set(POWER));
    const mask immoderate = is_beyond(m, 0x1p-8, 0x1p8);
    if (v_any(immoderate)) {
        vec exponent;
        const vec significand = v_split(m, &exponent);
        return product_of_any(a, significand, v_add(n, exponent));
    }
    if (!v_any(v_lt(v_set(500), v_abs(n)))) /* then m * 2**n is not tiny */
        return product_of_tiny(a, v_mul(m, v_pow2(t)), v_is_tiny(a, v_set(TINY)));
    if (!v_any(v_or(is_beyond(a, 0x1p-30, 0x1p30), v_lt(v_set(2), n)))) return faint_product(a, m, n);
    return product_of_any(a, m, n);
}
#endif

FA_INLINE vec v_moved(vec v, vec t)
{
    const vec smallest = v_set(SMALLEST_NORMAL), zero = v_set(0);
    const mask far = v_lt(t, v_set(POWER - RESCALE));
    const vec half_way = v_select(far, v_set(EITHER(60, 100)), zero);
    const vec nearer = v_mul(v, v_select(far, v_set(EITHER(0x1p-60f, 0x1p-100)), v_set(1)));
    const vec limit = v_pow2(v_sub(v_set(2 * POWER + 1 - EXPONENT_BIAS), t));
    const vec support = v_select(v_lt(v_abs(v), limit), smallest, zero);
    const vec power = v_pow2(v_add(t, half_way));
    return v_bits_sub(v_fma(nearer, power, v_copysign(support, v)), support);
}

FA_INLINE vec v_less_square(vec v)
{
    const mask tiny = v_lt(v_abs(v), v_set(TINY));
    const vec safe = v_select(tiny, v_set(TINY), v);
    return v_select(tiny, v, v_fnma(safe, safe, safe));
}

/* Only AVX-512 has quicker ways. */
FA_INLINE vec v_lesser_product(vec a, vec b) { return v_product(a, b); }
FA_INLINE vec v_regular_product(vec a, vec b) { return v_product(a, b); }
FA_INLINE vec v_moderate_product(vec a, vec m, vec t) { return v_scaled_product(a, m, t); }
