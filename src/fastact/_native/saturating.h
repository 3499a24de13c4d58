/* Activations that approach a constant or a line: tanh, tanhshrink, elu, selu, celu, softplus, log_sigmoid.
 *
 * Included by activations.h alone, after gated.h, whose logistic parts it uses.
 */

/* tanh(n k + r) = ((1 + s) y + (1 - s)) / ((1 - s) y + (1 + s)) for k = ln(2)/2, y = tanh(r) and s = 2**-n.
 * The denominator is taken as the numerator and 2 s (1 - y): they share their roundings, which cancel where
 * the quotient is almost 1. r reaches from -k/4 to 3/4 k, not from -k/2 to k/2: just above the power of two
 * 1/4 the three roundings of n = 1 come to 2.3 ULP, those of n = 0, where the quotient is y, to 0.7. (1 - 2 E
 * / (1 + E), E = exp(-2|x|), and a quotient of polynomials near 0 take half as many operations again; (1 - E)
 * / (1 + E) errs by 2.6 ULP.) */
#define TANH_STEP EITHER(0x1.62e43p-2f, 0x1.62e42fefa39efp-2)
FA_INLINE vec tanh_forward(pass at, vec x)
{
    const vec one = v_set(1), half = v_set(0.5), to_power = v_set(POWER + 1);
    const lane is_one = EITHER(10, 20); /* tanh rounds to 1 from 9.02 (19.07) on */
    const lane is_itself = 0x1p-40;     /* below, tanh(x) rounds to x */
    const vec a = v_max(v_set(is_itself), v_min(v_set(is_one), v_abs(x)));
    const vec t = kept(at, 0, v_fnma(v_sub(a, v_set(0x1.6p-4)), v_set(2 * LOG2_E), to_power));
    const vec r = kept(at, 1, v_fma(v_sub(t, to_power), v_set(TANH_STEP), a)), u = v_mul(r, r);
    const vec rest = EITHER(polynomial, polynomial_by_quarters)(u, TANH, sizeof TANH / sizeof(lane));
    const vec y = v_fma(v_mul(r, u), rest, r), twice = v_pow2(t);
    const vec top = v_fma(v_fma(half, twice, one), y, v_fnma(half, twice, one));
    const vec quotient = v_div(top, v_fma(twice, v_sub(one, y), top));
    return v_lesser(x, quotient);
}

#ifdef FA_F32
/* x P(u) / Q(u), u = x**2, for results of 16 bits, as gelu_coarse: they round to 1 from 4.51 on. */
enum { TANH_COARSE_ULP = 5 };
FA_INLINE vec tanh_coarse(vec x)
{
    const vec a = v_max(v_set(0x1p-40), v_min(v_set(4.56f), v_abs(x))), u = v_mul(a, a);
    const vec top = v_mul(a, POLYNOMIAL(u, COARSE_TANH_P));
    return v_lesser(x, v_div(top, POLYNOMIAL(u, COARSE_TANH_Q)));
}
#endif

/* tanh'(x) = 4 E / (1 + E)**2. From the output 1 - y**2, rounded once. */
FA_INLINE vec tanh_backward(pass at, vec grad, vec x)
{
    const vec a = held_magnitude(x, EITHER(102.5f, 741));
    return logistic_slope(at, grad, v_add(a, a), 2);
}
FA_INLINE vec tanh_backward_from_output(pass at, vec grad, vec y)
{
    const vec safe = v_max(v_set(TINY), v_abs(y));
    return product_by_moderate(at, grad, v_fnma(safe, safe, v_set(1)));
}

#define TANHSHRINK_LEAST EITHER(0x1p-40f, 0x1p-340)
#ifdef FA_F32
/* For a = |x|: a - tanh(a), from TANHSHRINK_LEAST on, and tanh(a). The first is never below a - 1, and that
 * to rounding from 9.02 on. */
FA_INLINE vec shrunk_magnitude(pass at, vec a)
{
    (void)at;
    const vec held = v_max(v_set(TANHSHRINK_LEAST), v_min(v_set(9.02f), a));
    const vec lost = TABULATED_CUBE(held, PLACE(held, TANHSHRINK_VALUE), TANHSHRINK_VALUE);
    return v_max(lost, v_sub(a, v_set(1)));
}
FA_INLINE vec tanh_magnitude(pass at, vec a)
{
    (void)at;
    const vec held = v_min(v_set(9.99f), a); /* where it rounds to 1 */
    return TABULATED(held, PLACE(held, TANH_VALUE), TANH_VALUE);
}
#else
/* For a > 0: tanh(a) = a - a**3 q near 0, q = P(u) / Q(u), u = a**2 (tools/rational.py), and 1 - 2 q further
 * out, q = E / (1 + E), E = exp(-2 a). Returns q. */
FA_INLINE vec tanh_lack(pass at, vec a, vec u, mask near)
{
    vec h, t;
    vec r = exp_reduced(v_mul(v_set(-2), v_min(v_set(40), a)), &t);
    const vec exp_r = exp_kept(at, &r, &t, 1, &h), scale = v_pow2(t);
    const vec p = POLYNOMIAL(u, TANHSHRINK_P), q = POLYNOMIAL(u, TANHSHRINK_Q);
    return v_div(v_select(near, p, v_mul(exp_r, scale)), v_select(near, q, v_fma(exp_r, scale, v_set(1))));
}

/* a - tanh(a), further out as (a - 1) + 2 q, and tanh(a). */
FA_INLINE vec shrunk_magnitude(pass at, vec magnitude)
{
    const vec one = v_set(1), a = v_max(v_set(TANHSHRINK_LEAST), magnitude), u = v_mul(a, a),
              cube = v_mul(u, a);
    const vec surplus = v_fnma(a, a, u), cube_low = v_fnma(surplus, a, v_fma(u, a, v_sub(v_set(0), cube)));
    const mask near = v_lt(a, one);
    const vec q = tanh_lack(at, a, u, near), rest = v_select(near, v_mul(q, cube_low), v_sub(a, one));
    return v_fma(q, v_select(near, cube, v_set(2)), rest);
}
FA_INLINE vec tanh_magnitude(pass at, vec a)
{
    const vec one = v_set(1), u = v_mul(a, a);
    const mask near = v_lt(a, one);
    const vec lead = v_select(near, v_mul(u, a), v_set(2));
    return v_fnma(tanh_lack(at, a, u, near), lead, v_select(near, a, one));
}
#endif

/* tanhshrink(x) = x - tanh(x). Next to 0 it is x**3 / 3 rounded once. */
FA_INLINE vec tanhshrink_forward(pass at, vec x)
{
    const vec magnitude = v_abs(x), y = shrunk_magnitude(at, magnitude);
    const mask tiny = v_lt(magnitude, v_set(TANHSHRINK_LEAST));
    if (is_usual_here(at, tiny)) return v_copysign(y, x);
    const vec held = v_max(v_set(EITHER(0x1p-60f, 0x1p-510)), magnitude), m = v_significand(held);
    const vec third = v_set(EITHER(0x1.555556p-2f, 0x1.5555555555555p-2));
    const vec cubed = v_mul(v_mul(v_mul(m, m), m), third), n = v_mul(v_set(3), v_exponent(held));
    const vec to_power = v_set(POWER), t = v_max(v_set(LEAST_MOVE), v_add(n, to_power));
    const vec moves = v_select(tiny, t, to_power);
    return v_copysign(v_moved(kept_factor(at, 0, v_select(tiny, cubed, y)), kept_factor(at, 1, moves)), x);
}

/* tanhshrink'(x) = tanh(x)**2. (The square of tanh_forward errs by 4.8 ULP.) */
FA_INLINE vec tanhshrink_backward(pass at, vec grad, vec x)
{
    const vec magnitude = v_abs(x), least = v_set(EITHER(0x1p-30f, 0x1p-255));
    const vec y = tanh_magnitude(at, v_max(least, magnitude));
    const mask tiny = v_lt(magnitude, least);
    const vec slope = v_mul(y, y);
    if (is_usual_here(at, v_or(tiny, v_is_tiny(grad, v_set(TINY))))) return v_mul(grad, slope);
    vec n;
    const vec m = v_split(v_select(tiny, magnitude, y), &n), power = v_fma(v_set(2), n, v_set(POWER));
    return kept_product(at, grad, v_mul(m, m), power);
}

/* slope * x for x >= 0 (left) and limit * (exp(x) - 1) below, limit = high + low. */
FA_INLINE vec exponential_unit(pass at, vec x, vec slope, vec high, vec low)
{
    const vec least = v_set(EITHER(-20, -40)), zero = v_set(0);
    const mask below = v_lt(x, zero), tiny = v_is_tiny(x, v_set(0x1p-60));
    const mask odd_limit = v_or(v_is_tiny(slope, v_set(0x1p-40)), v_is_tiny(high, v_set(0x1p-40)));
    meet_magnitude(at, x, 0x1p-60);
    const int usual = is_usual(at, tiny);
    const vec one = v_set(1), z = v_max(least, v_min(v_set(-0x1p-60), x));
    vec h, t;
    vec r = exp_reduced(z, &t);
    exp_kept(at, &r, &t, 1, &h);
    const vec scale = v_pow2(t), last = v_sub(scale, one);
    const vec value = v_fma(v_mul(r, scale), h, last);
    const mask scaled = is_not_one(high); /* no other lane may change for one's sake */
    vec y = value;
    if (v_any(scaled)) {
        /* limit * value, but that its two terms meet the limit first */
        const vec r_scaled = v_mul(r, scale), first = v_mul(high, r_scaled), rest = v_mul(high, last);
        const vec first_low = v_fma(high, r_scaled, v_sub(zero, first)),
                  rest_low = v_fma(high, last, v_sub(zero, rest));
        y = v_add(rest, v_fma(first, h, v_fma(low, value, v_add(first_low, rest_low))));
        y = v_select(scaled, y, value);
    }
    y = v_select(below, y, v_mul(slope, usual ? x : v_select(tiny, one, x)));
    if (usual && !v_any(odd_limit)) return y;
    if (!v_any(odd_limit)) return v_select(tiny, regular_product(x, v_select(below, high, slope)), y);
    const vec factor = v_select(v_or(tiny, v_le(zero, x)), x, value);
    return v_select(v_or(tiny, odd_limit), product(v_select(below, high, slope), factor), y);
}

/* grad * slope for x > 0, 1 for a slope of NULL, and grad * limit * exp(x) from 0 down: one product where the
 * exponential is not far out, for then a usual limit's slope is not tiny. */
FA_INLINE vec exponential_unit_slope(pass at, vec grad, vec x, const vec *slope, vec limit)
{
    vec h, t, r = exp_reduced(v_max(v_set(LOWEST), v_min(v_set(-0x1p-60), x)), &t);
    const vec p = exp_kept(at, &r, &t, 1, &h), slope_above = slope ? *slope : v_set(1);
    const mask above = v_lt(v_set(0), x);
    const int is_usual_limit =
        !v_any(v_or(v_or(v_is_tiny(slope_above, v_set(TINY)), v_is_tiny(limit, v_set(0x1p-9))),
                    v_lt(v_set(0x1p20), v_abs(limit))));
    vec y;
    if (is_usual_limit && is_block_simple(at, grad, t, is_far(t))) {
        const vec below = v_mul(v_mul(limit, p), v_pow2(t));
        y = v_mul(grad, slope ? v_select(above, *slope, below) : below);
        FA_OPAQUE(y);
        return slope ? y : v_select(above, grad, y);
    }
    const vec power = v_set(POWER);
    const mask unusual = v_or(v_is_tiny(limit, v_set(0x1p-40)), v_lt(v_set(0x1p20), v_abs(limit)));
    if (!v_any(unusual)) {
        const vec m = v_mul(limit, p);
        y = slope ? graded_with_care(at, grad, v_select(above, *slope, m), v_select(above, power, t))
                  : graded_with_care(at, grad, m, t);
    } else {
        vec n, exponent;
        const vec m = v_split(limit, &n);
        const vec significand = v_split(v_select(above, slope_above, v_mul(m, p)), &exponent);
        const vec moves = v_select(above, v_set(0), v_add(n, v_sub(t, power)));
        /* A usual limit's slope counts as 0 where graded() says so, whatever stands beside it. */
        const mask vanished = v_lt(t, v_set(POWER + VANISHED));
        const vec usual = v_select(vanished, v_mul(significand, v_set(0)), significand);
        y = scaled_product(grad, v_select(unusual, significand, usual), v_add(exponent, moves));
    }
    return slope ? y : v_select(above, grad, y);
}

/* elu(x) = x for x >= 0, alpha (exp(x) - 1) below.   elu'(x) = 1 above 0, else alpha exp(x), y + alpha. */
FA_INLINE vec elu_forward(pass at, vec x, vec alpha)
{
    const vec y = exponential_unit(at, x, v_set(1), alpha, v_set(0));
    return v_select(v_lt(x, v_set(0)), y, x);
}
FA_INLINE vec elu_backward(pass at, vec grad, vec x, vec alpha)
{
    return exponential_unit_slope(at, grad, x, NULL, alpha);
}
FA_INLINE vec elu_backward_from_output(pass at, vec grad, vec y, vec alpha)
{
    const vec slope = v_add(y, alpha); /* 0 or no less than alpha's last digits */
    const mask odd = v_is_tiny(alpha, v_set(0x1p-9));
    meet_magnitude(at, grad, TINY);
    meet_odd(at, odd);
    const int usual = is_usual_unless(at, odd, v_is_tiny(grad, v_set(TINY)));
    const vec below = usual        ? v_mul(grad, slope)
                      : v_any(odd) ? any_product(grad, slope)
                                   : regular_product(grad, slope);
    return v_select(v_lt(v_set(0), y), grad, below);
}

/* selu(x) = scale elu(x, alpha); the limit scale * alpha is taken with its rounding undone. */
FA_INLINE vec selu_forward(pass at, vec x, vec alpha, vec scale)
{
    const vec limit = v_mul(scale, alpha), infinity = v_set(INFINITY);
    const vec y = exponential_unit(at, x, scale, limit, v_fma(scale, alpha, v_sub(v_set(0), limit)));
    const mask overflown = v_and(v_le(infinity, v_abs(limit)), v_lt(x, v_set(0)));
    return v_any(overflown) ? v_select(overflown, product(scale, elu_forward(AT_ONCE, x, alpha)), y) : y;
}
FA_INLINE vec selu_backward(pass at, vec grad, vec x, vec alpha, vec scale)
{
    return exponential_unit_slope(at, grad, x, &scale, v_mul(scale, alpha));
}
FA_INLINE vec selu_backward_from_output(pass at, vec grad, vec y, vec alpha, vec scale)
{
    const mask above = v_lt(v_set(0), y);
    const mask odd = v_lt(v_min_magnitude(scale, v_mul(scale, alpha)), v_set(0x1p-9));
    meet_magnitude(at, v_min_magnitude(grad, y), TINY);
    meet_odd(at, odd);
    if (is_usual_unless(at, odd, is_either_tiny(grad, y)))
        return v_mul(grad, v_select(above, scale, v_fma(scale, alpha, y)));
    /* Beside a usual limit a y as small as this is no more than its sign. */
    const vec zero = v_set(0), lower = v_select(v_le(zero, y), zero, v_sub(y, v_set(4 * SMALLEST_NORMAL)));
    const vec slope = v_select(above, scale, v_fma(scale, alpha, lower));
    if (!v_any(odd)) return regular_product(grad, slope);
    return any_product(grad, v_select(v_and(odd, v_le(y, zero)), v_fma(scale, alpha, y), slope));
}

/* x / alpha = z - *excess for x < 0, held where it no longer matters; either sign by alpha's. */
FA_INLINE vec celu_argument(vec x, vec alpha, vec *excess)
{
    const vec most = v_min(v_set(EITHER(FLT_MAX, DBL_MAX)), v_mul(v_set(-LOWEST), v_abs(alpha)));
    const vec least = v_mul(v_set(0x1p-60), v_abs(alpha)), inverse = v_div(v_set(1), alpha);
    const vec a = v_copysign(v_max(least, v_min(most, v_abs(x))), v_set(-1));
    const vec z = v_mul(a, inverse);
    *excess = v_mul(v_fma(z, alpha, v_sub(v_set(0), a)), inverse);
    return z;
}

/* Below this |alpha| its reciprocal is infinite or nearly so, and both x and alpha are taken 2**RESCALE
 * times. */
#define FAINT_ALPHA EITHER(0x1p-100f, 0x1p-900)
FA_INLINE void celu_lifted(mask faint, vec *x, vec *alpha)
{
    *x = v_select(faint, v_mul(*x, v_set(EITHER(0x1p64f, 0x1p512))), *x);
    *alpha = v_select(faint, v_rescaled(*alpha), *alpha);
}

/* celu(x) = x for x >= 0, alpha (exp(x / alpha) - 1) below; for alpha below 0 that grows without bound.
 * celu'(x) = 1 above 0, else exp(x / alpha), (y + alpha) / alpha. */
FA_INLINE vec celu_forward(pass at, vec x, vec alpha)
{
    vec excess, h, t, wide = x;
    const mask faint = v_is_tiny(alpha, v_set(FAINT_ALPHA));
    if (v_any(faint)) celu_lifted(faint, &wide, &alpha);
    const vec z = celu_argument(wide, alpha, &excess);
    const vec reduced = exp_reduced(z, &t);
    vec r = v_sub(reduced, excess);
    const vec r_low = kept(at, 2, v_sub(v_sub(reduced, r), excess)), p = exp_kept(at, &r, &t, 1, &h);
    const vec scale = v_pow2(v_min(v_set(POWER + 60), v_max(v_set(POWER + LEAST_POWER), t)));
    const vec first = v_fma(alpha, r, v_mul(alpha, r_low));
    const vec last = v_mul(alpha, v_sub(scale, v_set(1)));
    vec y = v_fma(v_mul(first, scale), h, last);
    const mask growing = v_lt(alpha, v_set(0)); /* the two terms then differ in sign */
    if (v_any(growing)) {
        const vec h_low = v_fma(exp_tail(r, 1), r, v_sub(v_set(1), h));
        const vec first_low = v_fma(alpha, r_low, v_fma(alpha, r, v_sub(v_set(0), first)));
        const vec finer = v_fma(first, h, v_fma(first, h_low, first_low));
        y = v_select(growing, v_fma(finer, scale, last), y);
    }
    const mask grown = v_lt(v_set(POWER + 60), t);
    if (v_any(grown)) y = v_select(grown, scaled(v_mul(alpha, p), v_sub(t, v_set(POWER))), y);
    const mask straight = v_le(v_abs(wide), v_mul(v_set(0x1p-60), v_abs(alpha)));
    if (v_any(faint)) y = v_select(faint, scaled(y, v_set(-RESCALE)), y);
    return v_select(v_lt(x, v_set(0)), v_select(straight, x, y), x);
}
FA_INLINE vec celu_backward(pass at, vec grad, vec x, vec alpha)
{
    vec excess, h, t, wide = x;
    const mask faint = v_is_tiny(alpha, v_set(FAINT_ALPHA));
    if (v_any(faint)) celu_lifted(faint, &wide, &alpha);
    const vec z = celu_argument(wide, alpha, &excess);
    vec r = v_sub(exp_reduced(z, &t), excess);
    const vec p = exp_kept(at, &r, &t, 1, &h);
    const mask grown = v_lt(v_set(POWER + 60), t);
    vec slope;
    if (v_any(grown)) { /* and beside such a lane a slope vanishes where graded() says so */
        const vec n = v_sub(t, v_set(POWER));
        slope = scaled_product(grad, v_select(v_lt(n, v_set(VANISHED)), v_mul(p, v_set(0)), p), n);
    } else {
        slope = graded(grad, p, t);
    }
    return v_select(v_lt(v_set(0), x), grad, slope);
}
FA_INLINE vec celu_backward_from_output(pass at, vec grad, vec y, vec alpha)
{
    if (!v_any(is_not_one(alpha))) return elu_backward_from_output(at, grad, y, alpha);
    return v_select(v_lt(v_set(0), y), grad, product(grad, v_div(v_add(y, alpha), alpha)));
}

/* |x| held as held_magnitude does, but that NaN goes too: it is to reach a result once, for of x and |x|
 * processors choose differently. */
FA_INLINE vec number_magnitude(vec x) { return v_max(v_set(0x1p-60), v_min(v_abs(x), v_set(-LOWEST))); }

/* C of log(1 + e) = e + e**2 C(e). */
FA_INLINE vec log1p_rest(vec e) { return POLYNOMIAL_BUT_FIRST(v_sub(e, v_set(0.5)), LOG1P); }

/* log(1 + e) 2**-n = p + p e C(e) = p + *more for e = exp(-a - rest) = p 2**n, *t = POWER + n, *scale = 2**n.
 * Without `rest` *scale is 0 where n is below LOW_DEEP: p is all there, and *more, as small as 2**-48
 * (2**-107), would make a subnormal product. */
#define LOW_DEEP EITHER(-75, -900)
FA_INLINE mask is_low_deep(vec t) { return v_lt(t, v_set(POWER + LOW_DEEP)); }
FA_INLINE vec log1p_of_exp(pass at, vec a, const vec *rest, vec *more, vec *t, vec *scale)
{
    vec h, r = rest ? risen_reduced_more(a, *rest, t) : risen_reduced(a, t);
    const vec p = exp_kept(at, &r, t, -1, &h), p_low = exp_residual(p, h, r);
    const mask deep = is_low_deep(*t);
    *scale = rest ? held_pow2(*t) : v_pow2(*t);
    if (!rest && v_any(deep)) *scale = v_select(deep, v_set(0), *scale);
    const vec e = v_mul(p, *scale);
    *more = v_fma(p, v_mul(e, log1p_rest(e)), p_low);
    return p;
}

/* softplus(x) = log(1 + exp(beta x)) / beta = max(0, x) + log(1 + exp(-|beta x|)) / beta. */
FA_INLINE vec softplus_with_beta(pass at, vec x, vec beta)
{
    const vec one = v_set(1), zero = v_set(0), infinity = v_set(INFINITY);
    const mask scaled_input = is_not_one(beta);
    vec rest, more, t, scale;
    const vec a = product_magnitude(v_min(v_abs(x), infinity), beta, &rest);
    const vec p = log1p_of_exp(at, a, &rest, &more, &t, &scale), whole = v_add(p, more);

    const vec inverse = v_div(one, beta), rough = v_mul(whole, inverse);
    const mask divided = v_and(scaled_input, v_lt(rough, infinity));
    const vec lost = v_add(v_fnma(rough, beta, whole), v_add(v_sub(p, whole), more));
    const vec further = v_mul(lost, inverse), finer = v_add(rough, further);
    const vec value = v_select(divided, finer, v_select(scaled_input, rough, whole));
    const vec high = v_select(scaled_input, value, p);
    const vec low =
        v_select(divided, v_add(v_sub(rough, finer), further), v_select(scaled_input, zero, more));
    const vec y = v_fma(high, scale, v_fma(low, scale, v_max(zero, x)));
    const mask faint = v_or(v_lt(t, v_set(POWER + LEAST_POWER)), v_lt(v_mul(value, scale), v_set(TINY)));
    const mask deep = v_and(v_lt(x, zero), faint);
    return v_any(deep) ? v_select(deep, scaled_product(value, one, v_sub(t, v_set(POWER))), y) : y;
}
FA_INLINE vec softplus_forward(pass at, vec x, vec beta)
{
    if (v_any(is_not_one(beta))) return softplus_with_beta(at, x, beta);
    vec more, t, scale;
    const vec p = log1p_of_exp(at, number_magnitude(x), NULL, &more, &t, &scale);
    const vec larger = v_select(v_lt(x, v_set(TINY)), v_set(0), x);
    const mask deep = is_low_deep(t);
    const vec y = v_fma(p, scale, v_fma(more, scale, larger));
    if (!v_any(deep)) return y;
    const mask far = v_and(deep, v_lt(x, v_set(0)));
    return v_moved(v_select(far, p, y), v_select(far, v_max(v_set(LEAST_MOVE), t), v_set(POWER)));
}

/* 1 - exp(-w) = (1 - 2**n) - 2**n (exp(-r) - 1), for w down to -60. */
FA_INLINE vec one_less_exp(vec w)
{
    vec h, t;
    const vec r = risen_reduced(v_min(v_set(EITHER(20, 40)), w), &t), scale = v_pow2(t);
    exp_polynomial(r, -1, &h);
    return v_fnma(v_mul(r, scale), h, v_sub(v_set(1), scale));
}

/* softplus'(x) = 1 / (1 + exp(-beta x)), 1 - exp(-beta y). */

/* grad / (1 + exp(rate (x + rest))), a rate of 1 or -1. On the one side, where it falls to 0, it is not tiny
 * up to FAR_MAGNITUDE, and exp(-rate (x + rest)) to rounding beyond; on the other it is 1 from there on. */
FA_INLINE vec graded_logistic(pass at, vec grad, vec x, const vec *rest, double rate)
{
    const vec one = v_set(1), edge = v_set(FAR_MAGNITUDE), other_edge = v_set(-FAR_MAGNITUDE);
    const vec held =
        rate > 0 ? v_max(other_edge, v_min(v_set(-LOWEST), x)) : v_max(v_set(LOWEST), v_min(edge, x));
    /* Next to 0 that is no more than a clearing of subnormals. */
    const vec a = v_add(held, v_set(EITHER(0x1p-60f, 0x1p-400)));
    vec h, t, r = rate > 0 ? exp_reduced(a, &t) : risen_reduced(a, &t);
    if (rest) r = v_add(r, *rest);
    const vec p = exp_kept(at, &r, &t, rate, &h);
    if (is_simple(at, grad, v_lt(v_set(POWER + FAR_POWER), t)))
        return v_mul(grad, v_div(one, v_fma(p, v_pow2(t), one)));
    /* As 2**-n / (p + 2**-n), where that is exact: it is lost in p from 2**-60 down. */
    const vec less = v_sub(v_set(2 * POWER), t), sum = v_add(p, v_pow2(v_max(v_set(POWER - 60), less)));
    return graded_with_care(at, grad, v_div(one, sum), less);
}
FA_INLINE vec softplus_backward(pass at, vec grad, vec x, vec beta)
{
    if (!v_any(is_not_one(beta))) return graded_logistic(at, grad, x, NULL, -1);
    const vec most = v_set(EITHER(FLT_MAX, DBL_MAX)), least = v_sub(v_set(0), most);
    const vec finite = v_max(least, v_min(most, x)), s = v_mul(finite, beta);
    const vec lost = v_fma(finite, beta, v_sub(v_set(0), s));
    const vec rest = v_select(v_lt(v_abs(s), v_set(-LOWEST)), lost, v_set(0));
    return graded_logistic(at, grad, s, &rest, -1);
}
FA_INLINE vec slope_from_softplus(pass at, vec grad, vec y)
{
    const mask tiny = v_is_tiny(y, v_set(0x1p-60));
    meet_magnitude(at, v_min_magnitude(grad, y), 0x1p-60);
    if (is_usual(at, v_or(tiny, v_is_tiny(grad, v_set(TINY))))) return v_mul(grad, one_less_exp(y));
    const vec slope = v_select(tiny, y, one_less_exp(v_select(tiny, v_set(1), y)));
    return any_product(grad, kept_factor(at, 0, slope));
}
FA_INLINE vec softplus_backward_from_output(pass at, vec grad, vec y, vec beta)
{
    if (!v_any(is_not_one(beta))) return slope_from_softplus(at, grad, y);
    const mask tiny = v_is_tiny(y, v_set(0x1p-60));
    const vec slope = one_less_exp(v_mul(beta, v_select(tiny, v_set(1), y)));
    if (!v_any(tiny)) return product(grad, slope);
    /* beta y as m 2**n: y may be tiny where the product is not. */
    vec n_beta, n_y, n;
    const vec m = v_mul(v_split(beta, &n_beta), v_split(y, &n_y)), power = v_add(n_beta, n_y);
    const vec near = one_less_exp(v_mul(m, held_pow2(v_add(v_set(POWER), v_min(v_set(6), power)))));
    const mask linear = v_and(tiny, v_lt(power, v_set(-60)));
    const vec significand = v_split(v_select(linear, m, v_select(tiny, near, slope)), &n);
    return scaled_product(grad, significand, v_add(n, v_select(linear, power, v_set(0))));
}

/* log_sigmoid(x) = -log(1 + exp(-x)) = min(0, x) - log(1 + exp(-|x|)).
 * log_sigmoid'(x) = 1 / (1 + exp(x)), 1 - exp(y). */
FA_INLINE vec log_sigmoid_forward(pass at, vec x)
{
    const vec zero = v_set(0);
    vec more, t, scale;
    const vec p = log1p_of_exp(at, number_magnitude(x), NULL, &more, &t, &scale);
    const vec lesser = v_select(v_lt(v_set(-TINY), x), zero, x);
    const mask deep = is_low_deep(t);
    const vec y = v_fnma(p, scale, v_fnma(more, scale, lesser));
    if (!v_any(deep)) return y;
    const mask far = v_and(deep, v_lt(zero, x));
    const vec moves = v_select(far, v_max(v_set(LEAST_MOVE), t), v_set(POWER));
    return v_moved(v_select(far, v_sub(zero, p), y), moves);
}
FA_INLINE vec log_sigmoid_backward(pass at, vec grad, vec x) { return graded_logistic(at, grad, x, NULL, 1); }
FA_INLINE vec log_sigmoid_backward_from_output(pass at, vec grad, vec y)
{
    return slope_from_softplus(at, grad, v_sub(v_set(0), y));
}
