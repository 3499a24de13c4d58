/* Functions of whole rows, softmax and its kin: how a row is summed, and what the sums make of its elements.
 *
 * Every row is summed in one order, that of its elements, whatever lies beside it: by LANES virtual lanes
 * whose errors are summed as well, then the lanes by halves. (Two elements merely added before they meet
 * their lane make softmax 1.05 times as fast, and err by 3.3 ULP for 2.6.) A vector holds elements of one
 * row, or one of each of W rows: row_loops.h walks over both, and both give the same bits. It must not ask
 * what instruction set it is compiled for, and contains no loop.
 *
 * softmax(x) = exp(x - m) / sum(exp(x - m)) for any m. Where the maximum is below CENTERED in magnitude m is
 * 0 but for a power of two, elsewhere the maximum: every difference that matters is then exact.
 */
enum { LANES = 16 };
enum { SETS = LANES / W };

#define CENTERED EITHER(256, 2048)
#define UNIT_POWER EITHER(60, 200) /* exponentials are summed times 2**UNIT_POWER: none is subnormal */
/* Differences from here on down count as this, which vanishes beside the maximum or in what is subnormal. */
#define VANISHING(function) ((function) == FA_softmax_forward ? EITHER(-110, -760) : EITHER(-125, -800))

/* What a row's elements are combined with: in each W numbers, those of one row or of W rows. */
enum { CENTER, LEAST, UNIT, MAXIMUM, HIGH, LOW, PLAIN_HIGH, PLAIN_LOW, CONSTANTS };
typedef lane constants[CONSTANTS * W];
#define CONSTANT(k) v_load(row + (k)*W)
#define SET_CONSTANT(k, value) v_store(row + (k)*W, value)

/* p = exp(r), z = n ln 2 + r, t = POWER + n. */
FA_INLINE vec exp_of(vec z, vec *r, vec *h, vec *t)
{
    *r = exp_reduced(z, t);
    return exp_polynomial(*r, 1, h);
}

/* a + b rounded, and what that took from it; the second for |a| >= |b|. */
FA_INLINE vec two_sum(vec a, vec b, vec *rest)
{
    const vec sum = v_add(a, b), b_part = v_sub(sum, a);
    *rest = v_add(v_sub(a, v_sub(sum, b_part)), v_sub(b, b_part));
    return sum;
}
FA_INLINE vec ordered_two_sum(vec a, vec b, vec *rest)
{
    const vec sum = v_add(a, b);
    *rest = v_sub(b, v_sub(sum, a));
    return sum;
}

/* --- What is summed --- */

FA_INLINE int has_maximum(int function)
{
    return function == FA_softmax_forward || function == FA_log_softmax_forward;
}

/* The exponentials of softmax are at most sqrt(2) 2**UNIT_POWER, rounding aside: a lane that begins at twice
 * that spares half of two_sum. Those of log_softmax are summed from 0, for their sum may be tiny. */
FA_INLINE vec beginning(int function)
{
    return v_set(function == FA_softmax_forward ? EITHER(0x1p61f, 0x1p201) : 0);
}

/* exp(x - m) 2**UNIT_POWER, m the row's maximum. Of a PLAIN row no maximum is far from 0 and no element far
 * below it: the differences are the elements. In log_softmax the maxima are counted instead, for beside them
 * the rest may be tiny. */
enum { ANY_ROW, PLAIN };
#define NEAR EITHER(-40, -400)
FA_INLINE vec exponential(int function, int kind, vec a, const lane *row, vec *count)
{
    const vec difference = kind == PLAIN ? a : v_sub(a, CONSTANT(CENTER)), unit = CONSTANT(UNIT);
    const vec z = kind == PLAIN ? a : v_max(CONSTANT(LEAST), difference);
    vec h, t;
    const vec r = exp_reduced_from(z, unit, &t);
    vec scale = v_pow2(t);
    if (function == FA_log_softmax_forward) {
        const vec zero = v_set(0);
        const mask top = v_le(CONSTANT(MAXIMUM), a);
        *count = v_add(*count, v_select(top, v_set(1), zero));
        scale = v_select(v_or(top, v_le(difference, CONSTANT(LEAST))), zero, scale);
    }
    return v_mul(exp_polynomial(r, 1, &h), scale);
}

FA_INLINE void accumulate(int function, vec value, vec *high, vec *low)
{
    vec rest;
    if (function == FA_softmax_forward)
        *high = ordered_two_sum(*high, value, &rest);
    else
        *high = two_sum(*high, value, &rest);
    *low = v_add(*low, rest);
}

/* --- What the sums make of an element --- */

/* From the maximum of a row. */
FA_INLINE void begin_row(int function, vec maximum, lane *row)
{
    const vec zero = v_set(0), magnitude = v_abs(maximum);
    const vec top = v_select(v_lt(magnitude, v_set(INFINITY)), maximum, zero);
    const vec center = v_select(v_lt(magnitude, v_set(CENTERED)), zero, top);
    const vec from_center = v_sub(top, center);
    vec r, h, t;
    exp_of(from_center, &r, &h, &t);
    SET_CONSTANT(CENTER, center);
    SET_CONSTANT(LEAST, v_add(from_center, v_set(VANISHING(function))));
    SET_CONSTANT(UNIT, v_sub(v_set(POWER + UNIT_POWER), v_sub(t, v_set(POWER))));
    SET_CONSTANT(MAXIMUM, top);
}

/* log(1 + T) in two parts, for T = high + low >= 0, low the smaller by far: T + T**2 P(T) up to 1, beyond it
 * k ln 2 + log(1 + f), 1 + T = 2**k (1 + f). */
FA_INLINE vec log1p_of_sum(vec high, vec low, vec *rest)
{
    const vec one = v_set(1), zero = v_set(0);
    const mask large = v_lt(one, high);
    vec sum_rest, lost;
    const vec sum = two_sum(one, v_select(large, high, one), &sum_rest);
    const vec k = v_select(large, v_exponent(sum), zero), inverse = v_pow2(v_sub(v_set(POWER), k));
    const vec f = v_select(large, v_fma(sum, inverse, v_set(-1)), high);
    const vec f_low = v_select(large, v_mul(v_add(sum_rest, low), inverse), low);
    const vec tail = v_fma(v_mul(f, f), log1p_rest(f), v_div(f_low, v_add(one, f)));
    const vec leading = two_sum(v_mul(k, v_set(LN2_HIGH)), f, &lost);
    *rest = v_add(v_fma(k, v_set(LN2_LOW), tail), lost);
    return leading;
}

/* From the sum high + low, and for log_softmax how often the maximum occurs. Returns where the row's result
 * is not NaN throughout. */
FA_INLINE mask end_row(int function, vec maximum, vec high, vec low, vec count, lane *row)
{
    const vec zero = v_set(0), one = v_set(1);
    vec rest;
    /* A sum that overflowed has no rest. */
    low = v_select(v_lt(v_abs(high), v_set(INFINITY)), low, zero);
    high = two_sum(high, low, &rest);
    low = v_select(v_lt(v_abs(high), v_set(INFINITY)), rest, zero);
    const mask is_number = v_le(high, high);
    if (function == FA_softmax_forward) {
        const vec unit = v_set(EITHER(0x1p80f, 0x1p220)), quotient = v_div(unit, high);
        const vec remainder = v_fnma(quotient, low, v_fnma(quotient, high, unit));
        const vec rest_of_quotient = v_div(remainder, high), power = v_set(EITHER(0x1p-80f, 0x1p-220));
        /* none so small that with the power of two it were subnormal */
        const vec least = v_mul(quotient, v_set(EITHER(0x1p-30f, 0x1p-60)));
        const vec kept = v_select(v_lt(v_abs(rest_of_quotient), least), zero, rest_of_quotient);
        SET_CONSTANT(HIGH, quotient);
        SET_CONSTANT(LOW, kept);
        SET_CONSTANT(PLAIN_HIGH, v_mul(quotient, power));
        SET_CONSTANT(PLAIN_LOW, v_mul(kept, power));
    } else if (function == FA_log_softmax_forward) {
        /* T = sum / e + count - 1, e the exponential of the maximum; y = x - (m + log(1 + T)). */
        vec r, h, t, quotient_rest;
        const vec top = CONSTANT(MAXIMUM), p = exp_of(v_sub(top, CONSTANT(CENTER)), &r, &h, &t);
        const vec e = v_mul(p, v_set(EITHER(0x1p60f, 0x1p200)));
        const vec e_low = v_mul(exp_residual(p, h, r), v_set(EITHER(0x1p60f, 0x1p200)));
        const vec quotient = v_div(high, e);
        const vec remainder = v_fnma(quotient, e_low, v_add(v_fnma(quotient, e, high), low));
        const vec total = two_sum(v_sub(count, one), quotient, &quotient_rest);
        vec log_rest, sum_rest;
        const vec log = log1p_of_sum(total, v_add(quotient_rest, v_div(remainder, e)), &log_rest);
        const vec sum = two_sum(top, log, &rest);
        SET_CONSTANT(HIGH, two_sum(sum, v_add(rest, log_rest), &sum_rest));
        SET_CONSTANT(LOW, sum_rest);
    } else {
        SET_CONSTANT(HIGH, high);
        SET_CONSTANT(LOW, low);
    }
    if (has_maximum(function)) return v_and(is_number, v_lt(v_abs(maximum), v_set(INFINITY)));
    return is_number;
}

/* e / sum in a plain row: the bits are those of softmax_result, with nothing subnormal on the way. */
FA_INLINE vec plain_softmax_result(vec e, const lane *row)
{
    return v_fma(e, CONSTANT(PLAIN_HIGH), v_mul(e, CONSTANT(PLAIN_LOW)));
}

/* e / sum: times 2**(UNIT_POWER + 20) / sum in two parts, then the power of two, which where the result is
 * subnormal is rounded on top of the smallest normal number. */
FA_INLINE vec softmax_result(vec e, const lane *row)
{
    const vec y = v_fma(e, CONSTANT(HIGH), v_mul(e, CONSTANT(LOW)));
    const vec support =
        v_select(v_lt(y, v_set(EITHER(0x1p-46f, 0x1p-802))), v_set(SMALLEST_NORMAL), v_set(0));
    return v_bits_sub(v_fma(y, v_set(EITHER(0x1p-80f, 0x1p-220)), support), support);
}

/* grad - exp(y) G. Where exp(y) or G is faint the two meet before the power of two. */
FA_INLINE vec log_softmax_backward_result(vec grad, vec y, const lane *row)
{
    const lane highest = EITHER(88, 709), lowest = EITHER(-210, -1500);
    const vec sum = CONSTANT(HIGH);
    vec r, h, t;
    const vec p = exp_of(v_max(v_set(lowest), v_min(v_set(highest), y)), &r, &h, &t);
    const vec e = v_select(v_lt(v_set(highest), y), v_set(INFINITY), v_mul(p, held_pow2(t)));
    const vec usual = v_fnma(e, sum, grad);
    const mask faint = v_or(v_lt(y, v_set(EITHER(-40, -400))), v_is_tiny(sum, v_set(TINY)));
    if (!v_any(faint)) return usual;
    return v_select(v_and(faint, v_lt(y, v_set(1))), v_sub(grad, graded(sum, p, t)), usual);
}

/* a and b are the inputs, or in softmax a is the term. */
FA_INLINE vec result(int function, vec a, vec b, const lane *row)
{
    if (function == FA_softmax_forward) return softmax_result(a, row);
    if (function == FA_log_softmax_forward) return v_sub(v_sub(a, CONSTANT(HIGH)), CONSTANT(LOW));
    if (function == FA_softmax_backward) return product(b, v_sub(v_sub(a, CONSTANT(HIGH)), CONSTANT(LOW)));
    return log_softmax_backward_result(a, b, row);
}
