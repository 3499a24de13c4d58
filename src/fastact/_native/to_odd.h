/* Results rounded to odd, by their errors, where an instruction set rounds one way only.
 *
 * Included by vec_scalar.h, vec_avx2.h and vec_neon.h alone, each after its to_odd(a, excess): a is cut off
 * and made odd where `excess`, which is 0 or has the sign of what rounding has added to it, is not 0.
 */
FA_INLINE vec v_product_to_odd(vec a, vec b)
{
    const vec rounded = v_mul(a, b);
    return to_odd(rounded, v_fnma(a, b, rounded));
}

FA_INLINE vec v_difference_to_odd(vec a, vec b)
{
    const vec rounded = v_sub(a, b);
    return to_odd(rounded, v_add(v_sub(rounded, a), b));
}

/* The sign of the error is that of its parts' sum (Boldo and Muller, "Exact and approximated error of the
 * FMA", 2011). */
FA_INLINE vec error_of_sum(vec a, vec b, vec sum)
{
    const vec of_b = v_sub(sum, a), of_a = v_sub(sum, of_b);
    return v_add(v_sub(a, of_a), v_sub(b, of_b));
}
FA_INLINE vec v_line_to_odd(vec a, vec b, vec c)
{
    const vec rounded = v_fma(a, b, c), high = v_mul(a, b), low = v_sub(v_set(0), v_fnma(a, b, high));
    const vec end = v_add(c, low), end_error = error_of_sum(c, low, end);
    const vec sum = v_add(high, end), sum_error = error_of_sum(high, end, sum);
    const vec lost = v_add(v_add(v_sub(sum, rounded), sum_error), end_error);
    return to_odd(rounded, v_sub(v_set(0), lost));
}
