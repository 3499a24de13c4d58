/* v_product and v_scaled_product of float32, half a vector at a time.
 *
 * Included by vec_avx512.h, vec_avx2.h and vec_neon.h alone, each after what it calls float64's vectors:
 * `wide`, one of them, WIDE_MUL, their product, FIRST_HALF and LAST_HALF, a vec as two, NARROWED(first,
 * last), a vec, and but for a set that scales products itself FIRST_POWER and LAST_POWER, two of powers of 2
 * whose biased exponents end a vec's lanes.
 */
FA_INLINE vec v_product(vec a, vec b)
{
    return NARROWED(WIDE_MUL(FIRST_HALF(a), FIRST_HALF(b)), WIDE_MUL(LAST_HALF(a), LAST_HALF(b)));
}
#ifdef FIRST_POWER
FA_INLINE vec v_scaled_product(vec a, vec m, vec t)
{
    const vec biased = v_bits_sub(t, AS_VEC(BITS_SET(-WIDE_BIAS)));
    const wide first = WIDE_MUL(FIRST_HALF(a), FIRST_HALF(m)), last = WIDE_MUL(LAST_HALF(a), LAST_HALF(m));
    return NARROWED(WIDE_MUL(first, FIRST_POWER(biased)), WIDE_MUL(last, LAST_POWER(biased)));
}
#endif
