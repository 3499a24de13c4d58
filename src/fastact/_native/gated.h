/* The logistic function and what multiplies x by something that rises from 0 to 1: sigmoid, silu, quick_gelu,
 * gelu in both forms, mish.
 *
 * Included by activations.h alone.
 */

/* -|x| between `lowest`, beyond which the result is constant, and a power of two that stands for
 * the numbers next to 0: the arithmetic that follows meets no subnormal. */
FA_INLINE vec negative_magnitude(vec x, lane lowest)
{
    return v_max(v_set(lowest), v_min(v_set(-0x1p-60), v_copysign(x, v_set(-1))));
}

/* exp(LOWEST) is 0 even times the largest number and the largest polynomial factor. */
#define LOWEST EITHER(-203, -1480)

/* With *excess, what z has too much: returns z near -|factor x|. */
FA_INLINE vec negative_product(vec x, vec factor, vec *excess)
{
    const vec most = v_set(EITHER(-FLT_MAX, -DBL_MAX)), lowest = v_set(LOWEST), magnitude = v_abs(factor);
    const vec a = v_max(most, v_copysign(x, v_set(-1)));
    const vec z = v_max(lowest, v_min(v_set(-0x1p-60), v_mul(a, magnitude)));
    *excess = v_select(v_or(v_le(z, lowest), v_le(v_set(-0x1p-60), z)), v_set(0), v_fnma(a, magnitude, z));
    return z;
}

/* What is undone of a quotient's roundings. COARSE is for results of 16 bits, half.c. */
enum { COARSE, FINE, FINER };

/* For e = exp(z - excess) = p 2**n, *t = POWER + n + shift: returns a quotient q near e / (1 + e) 2**-n
 * and *residual, so that q + *residual * *above is nearer; *above = 1 / (1 + e); *scale = 2**n.
 *
 * A quotient of two rounded numbers would be 2.4 ULP off. Its residual p - q (1 + e), with p's own
 * rounding undone by writing it as u + h r, takes three fused operations and leaves 1.76 of sigmoid, but
 * 2.08 of silu: FINER undoes that of 1 + e too. */
FA_INLINE vec logistic_parts(pass at, vec z, const vec *excess, lane unit, int shift, int accuracy,
                             vec *residual, vec *above, vec *t, vec *scale)
{
    const vec one = v_set(1);
    vec h;
    vec r = excess ? exp_reduced_less(z, *excess, POWER + shift, t) : exp_reduced(z, POWER + shift, t);
    const vec p = exp_kept(at, &r, t, unit, &h);
    *scale = shift ? v_pow2(*t) : held_pow2(*t);
    const vec sum = v_fma(*scale, p, one);
    const vec q = v_div(p, sum);
    *above = v_fnma(q, *scale, one);
    *residual = accuracy == COARSE ? one : v_fma(h, r, v_fnma(q, sum, v_set(unit)));
    if (accuracy == FINER) *residual = v_fnma(q, v_fma(*scale, p, v_sub(one, sum)), *residual);
    return q;
}

/* sigmoid(x) = 1 / (1 + exp(-x)): 1 / (1 + e) above 0 and e / (1 + e) below, e = exp(-|x|).
 * Below the logarithm of the smallest normal number the latter is rounded on top of that number,
 * which is then taken away from the bits. The exponential is scaled, so that 2**n is normal. */
FA_INLINE vec sigmoid_forward(pass at, vec x)
{
    const lane to_zero = EITHER(-104, -746);
    /* The first number at which the result is subnormal: after 87.336544... (708.396418532264106...). */
    const lane to_subnormal = EITHER(0x1.5d58ap+6f, 0x1.6232bdd7abcd3p+9);
    const vec z = negative_magnitude(x, to_zero);
    vec residual, above, t, scale;
    const vec rough = logistic_parts(at, z, NULL, 0x1p-64, 64, FINE, &residual, &above, &t, &scale);
    const vec q = v_fma(residual, above, rough);
    const vec support = v_select(v_lt(x, v_set(-to_subnormal)), v_set(SMALLEST_NORMAL), v_set(0));
    const vec below = v_bits_sub(v_fma(q, scale, support), support);
    return v_select(v_lt(x, v_set(0)), below, above); /* NaN comes out of `above` alone */
}

/* grad * 2**power * e / (1 + e)**2 for e = exp(z). */
FA_INLINE vec logistic_slope(pass at, vec grad, vec z, int power)
{
    vec residual, above, t, scale;
    const vec rough = logistic_parts(at, z, NULL, 1, 0, FINE, &residual, &above, &t, &scale);
    const vec q = v_fma(residual, above, rough);
    return graded(grad, v_mul(q, above), v_add(t, v_set(power)));
}

/* sigmoid'(x) = e / (1 + e)**2, e = exp(-|x|). From the output y (1 - y), which a fused operation
 * rounds once; a tiny y is its own derivative. */
FA_INLINE vec sigmoid_backward(pass at, vec grad, vec x)
{
    return logistic_slope(at, grad, negative_magnitude(x, LOWEST), 0);
}
FA_INLINE vec sigmoid_backward_from_output(vec grad, vec y)
{
    const mask tiny = v_is_tiny(y, v_set(TINY));
    if (!v_any(tiny)) return product_by_moderate(grad, v_fnma(y, y, y));
    const vec safe = v_select(tiny, v_set(TINY), y);
    return product(grad, v_select(tiny, y, v_fnma(safe, safe, safe)));
}

/* x q, or x (q + residual weight). */
FA_INLINE vec gated_part(vec x, vec q, const vec *residual, vec weight)
{
    return residual ? v_fma(x, q, v_mul(v_mul(x, weight), *residual)) : v_mul(x, q);
}

/* x q 2**n below, which 0 counts to, x - x q 2**n elsewhere; q comes as a quotient and its correction
 * residual * weight, if any, 2**n as `scale` where it is not so small that t = POWER + n must tell. `far`, if
 * any, is where x q might overflow. The result has the sign of x, of a zero or a NaN too. */
FA_INLINE vec gated(vec x, vec q, const vec *residual, vec weight, vec scale, vec t, mask below,
                    const mask *far)
{
    const mask tiny = v_is_tiny(x, v_set(0x1p-60)), deep = v_lt(t, v_set(POWER + EITHER(-60, -800)));
    const mask unusual = v_or(tiny, far ? v_or(deep, *far) : deep);
    if (!v_any(unusual)) {
        const vec part = gated_part(x, q, residual, weight);
        return v_copysign(v_select(below, v_mul(part, scale), v_fnma(part, scale, x)), x);
    }
    const vec zero = v_set(0), n = v_sub(t, v_set(POWER));
    if (!v_any(v_or(v_lt(v_set(0x1p30), v_abs(x)), v_and(tiny, deep)))) {
        const mask faint = v_and(deep, below);
        const vec lifted = v_select(tiny, v_rescaled(x), x), part = gated_part(lifted, q, residual, weight);
        const vec near = v_select(below, v_mul(part, scale), v_fnma(part, scale, lifted));
        const vec value = v_select(faint, part, near);
        const vec moves = v_select(faint, v_max(v_set(LEAST_MOVE), n), v_select(tiny, v_set(-RESCALE), zero));
        return v_copysign(moved(value, moves, faint), x);
    }
    const vec most = v_set(EITHER(0x1.fffffep119f, 0x1.fffffffffffffp1015));
    const mask huge = v_lt(most, v_abs(x));
    const vec lifted = v_select(tiny, v_rescaled(x), v_select(huge, v_mul(x, v_set(0x1p-8)), x));
    const vec factor = v_select(v_lt(most, v_abs(lifted)), v_copysign(most, x), lifted);
    const vec part = gated_part(factor, q, residual, weight);
    const vec value = v_select(below, part, v_fnma(part, scale, lifted));
    const vec moves = v_select(tiny, v_set(-RESCALE), v_select(huge, v_set(8), zero));
    return v_copysign(scaled(value, v_add(v_select(below, n, zero), moves)), x);
}

/* x / (1 + exp(-s)) for s = -(z - excess) where `below` is false, else s = z - excess. */
FA_INLINE vec gated_by_logistic(pass at, vec x, vec z, const vec *excess, int accuracy, mask below,
                                const mask *far)
{
    vec residual, above, t, scale;
    const vec q = logistic_parts(at, z, excess, 1, 0, accuracy, &residual, &above, &t, &scale);
    return gated(x, q, accuracy == COARSE ? NULL : &residual, above, scale, t, below, far);
}

/* silu(x) = x / (1 + exp(-beta x)). */
FA_INLINE vec silu_by(pass at, vec x, vec beta, int accuracy)
{
    const vec zero = v_set(0);
    vec z = negative_magnitude(x, LOWEST), excess = zero, s = x;
    if (v_any(is_not_one(beta))) {
        z = negative_product(x, beta, &excess);
        s = v_mul(x, beta);
    }
    const mask far = v_lt(v_set(EITHER(0x1p120f, 0x1p1016)), v_abs(x));
    const vec y = gated_by_logistic(at, x, z, &excess, accuracy, v_le(s, zero), &far);
    const mask flat = v_le(v_abs(beta), zero);
    return v_any(flat) ? v_select(v_and(flat, v_le(v_set(INFINITY), v_abs(x))), x, y) : y;
}
FA_INLINE vec silu_forward(pass at, vec x, vec beta) { return silu_by(at, x, beta, FINER); }

/* graded(grad, m, t) where m, t are of a derivative that has a root for x < 0: `below` m 2**n, else m. Where
 * the distance from the root is small, a polynomial in it has every digit that the difference has lost.
 * (Taking it in the first pass made silu's derivative a tenth slower.) */
FA_INLINE vec graded_around_root(vec grad, vec m, vec t, mask below, vec distance, const lane *c, int count)
{
    const mask far = v_le(v_set(NEAR_ROOT), v_abs(distance));
    const vec rest = polynomial_by_halves(distance, c + 1, count - 1);
    const mask near = v_and(below, v_lt(v_abs(distance), v_set(NEAR_ROOT)));
    const vec around = v_fma(distance, v_set(c[0]), v_mul(distance, rest));
    return graded(grad, v_select(near, around, m), v_select(v_and(below, far), t, v_set(POWER)));
}
#define ROOT_OF(c) c, sizeof c / sizeof(lane)

/* f'(s) for f(s) = s / (1 + exp(-s)): where `below`, D = e (1 - a + e) / (1 + e)**2, e = exp(-a),
 * a = |s|; elsewhere 1 - D. Around the root of D a polynomial in the distance from it. */
FA_INLINE vec gated_slope(pass at, vec grad, vec z, vec excess, mask below)
{
    const vec one = v_set(1);
    vec t, h, r = exp_reduced_less(z, excess, POWER, &t);
    const vec p = exp_kept(at, &r, &t, 1, &h), scale = held_pow2(t);
    const vec sum = v_fma(scale, p, one), sum_low = v_fma(scale, p, v_sub(one, sum));
    const vec square = v_fma(sum, sum, v_mul(v_add(sum, sum), sum_low));
    const vec factor = v_fma(scale, p, v_sub(v_add(one, z), excess));
    const vec slope = v_div(v_fma(p, factor, v_mul(exp_residual(p, h, r), factor)), square);

    const vec distance = v_sub(v_sub(z, v_set(SILU_ROOT)), v_add(v_set(SILU_ROOT_LOW), excess));
    const vec m = v_select(below, slope, v_fnma(slope, scale, one));
    return graded_around_root(grad, m, t, below, distance, ROOT_OF(SILU_NEAR_ROOT));
}

/* silu'(x) = f'(beta x). */
FA_INLINE vec silu_backward(pass at, vec grad, vec x, vec beta)
{
    const vec zero = v_set(0);
    vec z = negative_magnitude(x, LOWEST), excess = zero, s = x;
    if (v_any(is_not_one(beta))) {
        z = negative_product(x, beta, &excess);
        s = v_mul(x, beta);
    }
    return gated_slope(at, grad, z, excess, v_lt(s, zero));
}

/* quick_gelu(x) = x / (1 + exp(-1.702 x)), 1.702 = high + low. */
FA_INLINE vec quick_gelu_argument(vec x, vec *excess)
{
    const vec high = v_set(EITHER(0x1.b3b646p0f, 1.702)), low = v_set(EITHER(-0x1.78d4fep-26f, 0));
    const vec a = v_max(v_set(EITHER(-120, -870)), v_min(v_set(-0x1p-60), v_copysign(x, v_set(-1))));
    const vec z = v_mul(a, high);
    *excess = v_fnma(a, low, v_fnma(a, high, z));
    return z;
}
FA_INLINE vec quick_gelu_forward(pass at, vec x)
{
    vec excess;
    const vec z = quick_gelu_argument(x, &excess);
    return gated_by_logistic(at, x, z, &excess, FINER, v_le(x, v_set(0)), NULL);
}
FA_INLINE vec quick_gelu_backward(pass at, vec grad, vec x)
{
    vec excess;
    const vec z = quick_gelu_argument(x, &excess);
    return gated_slope(at, grad, z, excess, v_lt(x, v_set(0)));
}

/* gelu_tanh(x) = x / (1 + exp(-s)), s = x (C1 + C3 x**2), C1 = sqrt(8/pi), C3 = 0.044715 C1. C1's high part
 * is so short that g - C1 is exact. Returns -|s| = z - *excess, a = -|x| and *cubed + *cubed_low = C3 x**2.
 */
FA_INLINE vec gelu_tanh_argument(vec x, vec *excess, vec *a, vec *cubed, vec *cubed_low)
{
    const vec c1 = v_set(EITHER(0x1.988p0f, 0x1.988453p0));
    const vec c1_low = v_set(EITHER(0x1.14cf5p-14f, 0x1.ea1b284687e5ap-27));
    const vec c3 = v_set(EITHER(0x1.2444f2p-4f, 0x1.2444f2a4d8b4bp-4));
    const vec c3_low = v_set(EITHER(0x1.49b16ap-29f, -0x1.3023b0e5fbc6ep-58));
    const vec least = v_set(EITHER(-13.75f, -27.5)), most = v_set(EITHER(-0x1p-40f, -0x1p-60));
    *a = v_max(least, v_min(most, v_copysign(x, v_set(-1))));
    const vec u = v_mul(*a, *a), u_low = v_fma(*a, *a, v_sub(v_set(0), u));
    const vec g = v_fma(c3, u, c1);
    *cubed = v_sub(g, c1);
    *cubed_low = v_add(v_fma(c3, u, v_sub(v_set(0), *cubed)), v_fma(c3, u_low, v_mul(c3_low, u)));
    const vec z = v_mul(*a, g);
    *excess = v_fnma(*a, v_add(*cubed_low, c1_low), v_fnma(*a, g, z));
    return z;
}
FA_INLINE vec gelu_tanh_forward(pass at, vec x)
{
    vec excess, a, cubed, cubed_low;
    const vec z = gelu_tanh_argument(x, &excess, &a, &cubed, &cubed_low);
    return gated_by_logistic(at, x, z, &excess, FINER, v_le(x, v_set(0)), NULL);
}

/* gelu_tanh'(x) = D below 0, 1 - D above, D = q (1 + v - v q), q = e / (1 + e), e = exp(-|s|) and
 * v = -|x s'(x)| = -|s| + 2 a C3 x**2 with its rounding undone. */
FA_INLINE vec gelu_tanh_backward(pass at, vec grad, vec x)
{
    const vec one = v_set(1);
    vec excess, a, cubed, cubed_low, residual, above, t, scale;
    const vec z = gelu_tanh_argument(x, &excess, &a, &cubed, &cubed_low);
    const vec rough = logistic_parts(at, z, &excess, 1, 0, FINE, &residual, &above, &t, &scale);
    const vec twice = v_add(a, a), v = v_fma(twice, cubed, z), q = v_fma(residual, above, rough);
    const vec v_low = v_add(v_fma(twice, cubed, v_sub(z, v)), v_sub(v_mul(twice, cubed_low), excess));
    const vec factor = v_add(v, v_fnma(v, v_mul(q, scale), v_fma(v_low, above, one)));
    const vec slope = v_fma(rough, factor, v_mul(v_mul(residual, above), factor));
    const mask below = v_lt(x, v_set(0));
    const vec distance = v_sub(v_sub(x, v_set(GELU_TANH_ROOT)), v_set(GELU_TANH_ROOT_LOW));
    const vec m = v_select(below, slope, v_fnma(slope, scale, one));
    return graded_around_root(grad, m, t, below, distance, ROOT_OF(GELU_TANH_NEAR_ROOT));
}

/* For a = |x|: exp(-a**2 / 2) = (p + *p_low) 2**n, *t = POWER + n; Phi(-a) = exp(-a**2 / 2) / (2 *odds).
 *
 * odds = 1 + a D(a), and D rises only from 0.8 to 1.25: a polynomial in (a - 4) / (a + 4) gives it with less
 * than one rounding's error. (P(a) / Q(a) of degrees 4 and 5 saves a division, but errs by 4.3 ULP.) */
FA_INLINE vec normal_parts(pass at, vec x, vec *a, vec *p_low, vec *odds, vec *odds_low, vec *t)
{
    const vec least = v_set(EITHER(0x1p-40f, 0x1p-60)), most = v_set(EITHER(20.25f, 54.5)), half = v_set(0.5);
    const vec one = v_set(1), four = v_set(4);
    *a = v_max(least, v_min(most, v_abs(x)));
    const vec square = v_mul(*a, *a), z = v_mul(v_set(-0.5), square);
    const vec excess = v_mul(half, v_fma(*a, *a, v_sub(v_set(0), square)));
    vec h;
    vec r = v_sub(exp_reduced(z, POWER, t), excess);
    const vec p = exp_kept(at, &r, t, 1, &h);
    *p_low = exp_residual(p, h, r);
    const vec d = kept(at, 3, POLYNOMIAL_BY_HALVES(v_div(v_sub(*a, four), v_add(*a, four)), NORMAL_ODDS));
    *odds = v_fma(*a, d, one);
    *odds_low = v_fma(*a, d, v_sub(one, *odds));
    return p;
}

/* gelu(x) = x Phi(x): x Phi(-|x|) below 0, x - x Phi(-|x|) above. */
FA_INLINE vec gelu_forward(pass at, vec x)
{
    const vec half = v_set(0.5);
    vec a, p_low, odds, odds_low, t;
    const vec p = normal_parts(at, x, &a, &p_low, &odds, &odds_low, &t);
    const vec inverse = v_div(half, odds), q = v_mul(p, inverse);
    const vec residual = v_fma(half, p_low, v_fnma(q, odds_low, v_fnma(q, odds, v_mul(half, p))));
    return gated(x, q, &residual, v_add(inverse, inverse), held_pow2(t), t, v_le(x, v_set(0)), NULL);
}

#ifdef FA_F32
/* For results of 16 bits: off by so many ULP of float32 at most, whose numbers have 16 bits. */
enum { SILU_COARSE_ULP = 6, GELU_COARSE_ULP = 16 };
FA_INLINE vec silu_coarse(pass at, vec x, vec beta) { return silu_by(at, x, beta, COARSE); }

/* exp(-a**2 / 2) = 2**(n + f): of a number of 16 bits the square is exact. */
FA_INLINE vec gelu_coarse(pass at, vec x)
{
    const vec least = v_set(0x1p-40f), most = v_set(20.25f), magic = v_set(POWER);
    const vec high = v_set(-0x1.715476p-1f), low = v_set(-0x1.4ae0cp-27f); /* -log2(e) / 2 */
    const vec a = v_max(least, v_min(most, v_abs(x))), square = v_mul(a, a),
              rough = v_fma(square, high, magic);
    const vec f = v_fma(square, low, v_fma(square, high, v_sub(magic, rough)));
    const vec top = v_mul(POLYNOMIAL(f, COARSE_EXP2), POLYNOMIAL(a, COARSE_TAIL_P));
    const vec q = kept(at, 0, v_div(top, POLYNOMIAL(a, COARSE_TAIL_Q))), t = kept(at, 1, rough);
    return gated(x, q, NULL, q, held_pow2(t), t, v_le(x, v_set(0)), NULL);
}
#endif

/* gelu'(x) = D below 0, 1 - D above, D = Phi(-a) - a phi(a), phi(a) = exp(-a**2 / 2) / sqrt(2 pi). */
FA_INLINE vec gelu_backward(pass at, vec grad, vec x)
{
    vec a, p_low, odds, odds_low, t;
    const vec p = normal_parts(at, x, &a, &p_low, &odds, &odds_low, &t);
    const vec density = v_set(EITHER(0x1.988454p-2f, 0x1.9884533d43651p-2));
    const vec surplus =
        v_set(EITHER(0x1.857936p-27f, 0x1.cbc0d30ebfd15p-56)); /* of the density, over its true value */
    const vec factor = v_fnma(a, density, v_div(v_set(0.5), odds));
    const vec slope = v_fma(p, factor, v_fma(p_low, factor, v_mul(p, v_mul(a, surplus))));
    const mask below = v_lt(x, v_set(0));
    const vec m = v_select(below, slope, v_fnma(slope, held_pow2(t), v_set(1)));
    const vec distance = v_sub(v_sub(x, v_set(GELU_ROOT)), v_set(GELU_ROOT_LOW));
    return graded_around_root(grad, m, t, below, distance, ROOT_OF(GELU_NEAR_ROOT));
}

/* With w = exp(-|x|) = p 2**n: w (w + 2) / (w (w + 2) + 2) below 0, 1 - 2 w**2 / (1 + 2 w + 2 w**2) above
 * is tanh(softplus(x)); 1 / (w (w + 2) + 2) = (1 - quotient) / 2 serves to correct the former. */
FA_INLINE vec mish_forward(pass at, vec x)
{
    const vec one = v_set(1), two = v_set(2), z = negative_magnitude(x, LOWEST);
    const mask below = v_le(x, v_set(0));
    vec h, t;
    vec r = exp_reduced(z, POWER, &t);
    const vec p = exp_kept(at, &r, &t, 1, &h), low = exp_residual(p, h, r);
    const vec scale = held_pow2(t), w = v_mul(p, scale), square = v_mul(w, w), half = v_set(0.5);
    const vec sum = v_fma(two, w, v_select(below, two, one)), twice = v_add(p, p);
    const vec top = v_select(below, v_fma(p, w, twice), v_add(square, square));
    const vec bottom = v_fma(v_select(below, w, v_add(w, w)), w, sum);
    const vec q = v_div(top, bottom), inverse = v_fnma(q, v_mul(half, scale), half);
    /* What the roundings of p, top, sum and bottom took, below 0. */
    const vec top_low = v_fma(p, w, v_sub(twice, top));
    const vec bottom_low = v_add(v_fma(w, w, v_sub(sum, bottom)), v_fma(two, w, v_sub(two, sum)));
    const vec lost = v_fnma(q, bottom_low, v_fma(v_mul(low, sum), v_add(inverse, inverse), top_low));
    const vec residual = v_add(v_fnma(q, bottom, top), lost);
    const vec weight = v_select(below, inverse, v_set(0));
    const mask infinite = v_le(v_set(INFINITY), x);
    return gated(x, q, &residual, weight, v_select(below, scale, one), v_select(below, t, v_set(POWER)),
                 below, &infinite);
}

/* mish'(x) = w (4 (x + 1) + w (4 x + 6 + w (4 + w))) / (2 + 2 w + w**2)**2 below 0 and
 * 1 + w**2 ((4 x - 2) + (4 x - 4) w - 4 w**2) / (1 + 2 w + 2 w**2)**2 above. */
FA_INLINE vec mish_backward(pass at, vec grad, vec x)
{
    const vec one = v_set(1), two = v_set(2), four = v_set(4), z = negative_magnitude(x, LOWEST);
    const mask below = v_lt(x, v_set(0));
    vec h, t;
    vec r = exp_reduced(z, POWER, &t);
    const vec p = exp_kept(at, &r, &t, 1, &h), low = exp_residual(p, h, r);
    const vec scale = held_pow2(t), w = v_mul(p, scale);
    const vec fourfold = v_mul(four, v_select(below, z, v_sub(v_set(0), z)));
    const vec inner_below =
        v_fma(w, v_fma(w, v_add(w, four), v_add(fourfold, v_set(6))), v_add(fourfold, four));
    const vec inner_above = v_fma(w, v_fma(w, v_set(-4), v_sub(fourfold, four)), v_sub(fourfold, two));
    const vec start = v_select(below, two, one), lead = v_select(below, w, v_add(w, w));
    const vec sum = v_fma(two, w, start), bottom = v_fma(lead, w, sum);
    const vec bottom_low = v_add(v_fma(lead, w, v_sub(sum, bottom)), v_fma(two, w, v_sub(start, sum)));
    const vec square = v_fma(bottom, bottom, v_mul(v_add(bottom, bottom), bottom_low));
    const vec inner = v_select(below, inner_below, inner_above);
    const vec slope = v_div(v_fma(p, inner, v_mul(low, inner)), square);

    const vec distance = v_sub(v_sub(x, v_set(MISH_ROOT)), v_set(MISH_ROOT_LOW));
    const vec m = v_select(below, slope, v_fma(v_mul(slope, scale), w, one));
    return graded_around_root(grad, m, t, below, distance, ROOT_OF(MISH_NEAR_ROOT));
}
