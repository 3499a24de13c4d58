/* The logistic function and what multiplies x by something that rises from 0 to 1: sigmoid, silu, quick_gelu,
 * gelu in both forms, mish.
 *
 * Included by activations.h alone.
 */

/* exp(LOWEST) is 0 even times the largest number and the largest polynomial factor. */
#define LOWEST EITHER(-203, -1480)

/* |x| between a power of two that stands for the numbers next to 0 and `most`, beyond which the result is
 * constant: the arithmetic that follows meets no subnormal. */
FA_INLINE vec held_magnitude(vec x, lane most) { return v_max(v_set(0x1p-60), v_min(v_set(most), v_abs(x))); }

/* The same where the result takes a NaN from x itself: `most` for one. */
FA_INLINE vec held_number(vec x, lane least, lane most)
{
    return v_max(v_set(least), v_min_magnitude(x, v_set(most)));
}

/* |factor x| = a + *rest, so held; returns a. */
FA_INLINE vec product_magnitude(vec x, vec factor, vec *rest)
{
    const vec least = v_set(0x1p-60), most = v_set(-LOWEST), zero = v_set(0);
    const vec number = v_min(v_set(EITHER(FLT_MAX, DBL_MAX)), v_abs(x)), times = v_abs(factor);
    const vec a = v_max(least, v_min(most, v_mul(number, times)));
    *rest = v_select(v_or(v_le(most, a), v_le(a, least)), zero, v_fma(number, times, v_sub(zero, a)));
    return a;
}

/* exp(a) = exp(r) / 2**n, n an integer, not above 0 where a >= 0, and |r| <= ln(2)/2: returns r, and
 * *t = POWER + n. */
FA_INLINE vec risen_reduced(vec a, vec *t)
{
    *t = v_fnma(a, v_set(LOG2_E), v_set(POWER));
    const vec n = v_sub(*t, v_set(POWER));
    return v_fma(n, v_set(LN2_LOW), v_fma(n, v_set(LN2_HIGH), a));
}

/* The same of a + rest, rounded once: without a rest it is the same number. */
FA_INLINE vec risen_reduced_more(vec a, vec rest, vec *t)
{
    const vec simple = risen_reduced(a, t), n = v_sub(*t, v_set(POWER));
    const vec fuller = v_add(v_fma(n, v_set(LN2_HIGH), a), v_fma(n, v_set(LN2_LOW), rest));
    return v_select(v_lt(v_set(0), v_abs(rest)), fuller, simple);
}

/* The sum of which 1 / (1 + exp(a)) is 2**n / sum, for exp(a) = (1 + h r) / 2**n and scale = 2**n. Its terms
 * are added so that two roundings count, and the quotient, or that of x 2**n, is off by less than 2 ULP.
 * (exp(-a) / (1 + exp(-a)), of two rounded numbers, is off by 2.4; to correct it takes four operations more.)
 */
FA_INLINE vec logistic_sum(vec r, vec h, vec scale) { return v_add(v_fma(r, h, scale), v_set(1)); }

/* Where n is less, 2**n / sum may be subnormal. */
#define DEEP EITHER(-124, -1020)

/* sigmoid(x) = 1 / (1 + exp(|x|)) below 0 and 1 less that above. A subnormal result is rounded on top of the
 * smallest normal number, as all that `moved` returns. */
FA_INLINE vec sigmoid_forward(pass at, vec x)
{
    const vec one = v_set(1), zero = v_set(0);
    vec h, t, r = risen_reduced(held_magnitude(x, -LOWEST), &t);
    exp_kept(at, &r, &t, 1, &h);
    const vec scale = v_pow2(t), sum = logistic_sum(r, h, scale);
    const mask below = v_sign(x), deep = v_lt(t, v_set(POWER + DEEP));
    if (!v_any(deep)) {
        const vec part = v_div(scale, sum);
        return v_select(below, part, v_sub(one, part));
    }
    const mask far = v_and(deep, below);
    const vec quotient = v_div(v_select(deep, one, scale), v_select(deep, logistic_sum(r, h, zero), sum));
    const vec value = v_select(below, quotient, v_sub(one, v_select(deep, zero, quotient)));
    return v_moved(value, v_select(far, v_max(v_set(LEAST_MOVE), t), v_set(POWER)));
}

/* e / (1 + e) = 2**n q, e = exp(-a), for r, h of exp(a), scale = 2**n; *above = 1 / (1 + e). */
FA_INLINE vec logistic_quotient(vec r, vec h, vec scale, vec *above)
{
    const vec one = v_set(1), q = v_div(one, logistic_sum(r, h, scale));
    *above = v_fnma(q, scale, one);
    return q;
}

/* grad * 2**power * e / (1 + e)**2 for e = exp(-a). */
FA_INLINE vec logistic_slope(pass at, vec grad, vec a, int power)
{
    vec h, t, r = risen_reduced(a, &t), above;
    exp_kept(at, &r, &t, 1, &h);
    const vec scale = held_pow2(t), q = logistic_quotient(r, h, scale, &above);
    const vec m = v_mul(q, above), slope = v_mul(m, scale);
    if (is_simple(at, grad, is_far(t)))
        return v_mul(grad, power ? v_mul(slope, v_set((lane)(1 << power))) : slope);
    return graded_with_care(at, grad, m, v_add(t, v_set(power)));
}

/* sigmoid'(x) = e / (1 + e)**2, e = exp(-|x|). From the output y (1 - y), which a fused operation
 * rounds once; a tiny y is its own derivative. */
FA_INLINE vec sigmoid_backward(pass at, vec grad, vec x)
{
    return logistic_slope(at, grad, held_magnitude(x, -LOWEST), 0);
}
FA_INLINE vec sigmoid_backward_from_output(pass at, vec grad, vec y)
{
    if (is_neither_tiny(at, grad, y)) return v_mul(grad, v_fnma(y, y, y));
    return any_product(grad, v_less_square(y));
}

/* x multiplied by what falls to 0 as 2**n F where `below` and by 1 less that elsewhere; t = POWER + n. The
 * formula is to take `scale` for 2**n and to return top * F as `part`. Where n is below `depth`, |x| is above
 * 8, and a result is moved to its place by an exact power of two, as is that of a tiny x, of which a = |x| is
 * held at `least`. */
typedef struct {
    vec top, scale, lifted;
    mask tiny, deep;
    int rare;
} gating;
FA_INLINE gating gating_of(pass at, vec x, vec a, lane least, vec t, lane depth, mask below)
{
    const vec scale = v_pow2(t), zero = v_set(0);
    const mask tiny = v_is_tiny(x, v_set(0x1p-60)), deep = v_lt(t, v_set(POWER + depth));
    meet_held(at, a, 2 * least);
    meet_least(at, t, POWER + depth);
    if (is_usual(at, v_or(tiny, deep))) return (gating){v_mul(x, scale), scale, x, tiny, deep, 0};
    const vec enough = v_select(v_and(deep, below), v_max(v_set(EITHER(-128, -1024)), x), x);
    const vec lifted = v_select(tiny, v_rescaled(x), enough);
    const vec top = v_mul(lifted, v_select(deep, v_set(1), scale));
    return (gating){top, v_select(deep, zero, scale), lifted, tiny, deep, 1};
}
FA_INLINE vec gated(pass at, gating g, vec part, vec t, mask below)
{
    if (!g.rare) return v_select(below, part, v_sub(g.lifted, part));
    const vec zero = v_set(0), value = v_select(below, part, v_sub(g.lifted, v_select(g.deep, zero, part)));
    const mask far = v_and(g.deep, v_lt(g.lifted, zero)); /* a NaN is not */
    const vec unmoved = v_select(g.tiny, v_set(POWER - RESCALE), v_set(POWER));
    const vec moves = v_select(far, v_max(v_set(LEAST_MOVE), t), unmoved);
    return v_moved(kept_factor(at, 0, value), kept_factor(at, 1, moves));
}

/* x / (1 + exp(-s)), |s| given as exp(|s|) by r, h and t, for s and x of one sign. */
FA_INLINE vec gated_by_logistic(pass at, vec x, vec a, lane least, vec r, vec h, vec t)
{
    const mask below = v_sign(x);
    const gating g = gating_of(at, x, a, least, t, DEEP, below);
    return gated(at, g, v_div(g.top, logistic_sum(r, h, g.scale)), t, below);
}

/* silu(x) = x / (1 + exp(-beta x)). With beta, x may be anything wherever the logistic function is. */
FA_INLINE vec silu_with_beta(pass at, vec x, vec beta)
{
    const vec one = v_set(1), zero = v_set(0), s = v_mul(x, beta);
    vec h, t, rest, a = product_magnitude(x, beta, &rest), r = risen_reduced_more(a, rest, &t);
    exp_kept(at, &r, &t, 1, &h);
    const vec scale = held_pow2(t), sum = logistic_sum(r, h, scale);
    const mask below = v_le(s, zero), flat = v_le(v_abs(beta), zero);
    const mask tiny = v_is_tiny(x, v_set(0x1p-60)), deep = v_lt(t, v_set(POWER + EITHER(-60, -800)));
    const mask far = v_lt(v_set(EITHER(0x1p120f, 0x1p1016)), v_abs(x));
    vec y;
    if (!v_any(v_or(tiny, v_or(deep, far)))) {
        const vec part = v_div(v_mul(x, scale), sum);
        y = v_select(below, part, v_sub(x, part));
    } else {
        const vec most = v_set(EITHER(0x1.fffffep119f, 0x1.fffffffffffffp1015));
        const mask huge = v_lt(most, v_abs(x));
        const vec lifted = v_select(tiny, v_rescaled(x), v_select(huge, v_mul(x, v_set(0x1p-8)), x));
        const vec finite = v_select(v_lt(most, v_abs(lifted)), v_copysign(most, x), lifted);
        const vec part = v_div(v_mul(finite, v_select(below, one, scale)), sum);
        const vec moves = v_select(tiny, v_set(-RESCALE), v_select(huge, v_set(8), zero));
        const vec n = v_add(v_select(below, v_sub(t, v_set(POWER)), zero), moves);
        y = scaled(v_select(below, part, v_sub(lifted, part)), n);
    }
    return v_any(flat) ? v_select(v_and(flat, v_le(v_set(INFINITY), v_abs(x))), x, y) : y;
}
FA_INLINE vec silu_forward(pass at, vec x, vec beta)
{
    if (v_any(is_not_one(beta))) return silu_with_beta(at, x, beta);
    const vec a = held_number(x, 0x1p-60, -LOWEST);
    vec h, t, r = risen_reduced(a, &t);
    exp_kept(at, &r, &t, 1, &h);
    return gated_by_logistic(at, x, a, 0x1p-60, r, h, t);
}

/* grad times a derivative that has a root for x < 0, m 2**n where `below`, else `above`; far out, n is below
 * -50. Where the distance from the root is small, a polynomial in it has every digit that the difference has
 * lost. (Taking it in the first pass made silu's derivative a tenth slower.) */
FA_INLINE vec graded_around_root(pass at, vec grad, vec m, vec above, vec t, vec scale, mask below,
                                 vec distance, const lane *c, int count)
{
    const mask near = v_lt(v_mul(distance, distance), v_set(NEAR_ROOT * NEAR_ROOT));
    const vec rest = polynomial_by_halves(distance, c + 1, count - 1);
    const vec around = v_fma(distance, v_set(c[0]), v_mul(distance, rest));
    if (is_block_simple(at, grad, t, v_and(below, is_far(t))))
        return v_mul(grad, v_select(near, around, v_select(below, v_mul(m, scale), above)));
    const vec to_power = v_set(POWER), power = v_select(near, to_power, v_select(below, t, to_power));
    return graded_with_care(at, grad, v_select(near, around, v_select(below, m, above)), power);
}
#define ROOT_OF(c) c, sizeof c / sizeof(lane)

/* grad D where `below`, else grad (1 - D), D = slope (1 + h r) 2**n, t = POWER + n; r and t take the places 0
 * and 1. The slope has every digit, around its root too. */
FA_INLINE vec graded_gate(pass at, vec grad, vec slope, vec r, double rate, vec t, mask below)
{
    vec h;
    exp_kept(at, &r, &t, rate, &h);
    const vec m = v_fma(slope, v_mul(h, r), slope), scale = met_pow2(at, t),
              opposite = v_fnma(m, scale, v_set(1));
    if (is_block_simple(at, grad, t, v_and(below, is_far(t))))
        return v_mul(grad, v_select(below, v_mul(m, scale), opposite));
    return graded_with_care(at, grad, v_select(below, m, opposite), v_select(below, t, v_set(POWER)));
}

#ifdef FA_F32
/* A table's polynomial for a, in its distance from a centre (tools/tabulated.py), numbered by three bits of
 * `place` from `bit` on. Every coefficient is looked up, but there are 7 to 9 of them where one polynomial
 * has 14, or a division begins it. Of a cube next to its root one rounding of three is undone. (float64 would
 * have 19 to 21, each two shuffles on AVX2: its derivative of gelu_tanh would be slower.) */
FA_INLINE vec tabulated(vec a, vec place, int bit, const eight *table, int degree, int is_cubic)
{
    const vec r = v_sub(a, v_lookup(table[0], place, bit));
    vec sum = v_lookup(table[degree + 1], place, bit), lost = v_set(0);
    FA_UNROLL
    for (int k = degree; k > 0; k--) {
        vec c = v_lookup(table[k], place, bit);
        if (is_cubic && k == 2) c = v_fma(lost, r, c);
        const vec next = v_fma(sum, r, c);
        if (is_cubic && k == 3) lost = v_fma(sum, r, v_sub(c, next));
        sum = next;
    }
    return sum;
}
#define DEGREE(table) (sizeof table / sizeof table[0] - 2)
/* `place` is less than 16, by octaves less than 256; from there on the result is no number that counts. */
#define TABULATED(a, place, table) tabulated(a, place, MANTISSA_BITS - 1, table, DEGREE(table), 0)
#define TABULATED_CUBE(a, place, table) tabulated(a, place, MANTISSA_BITS - 1, table, DEGREE(table), 1)
#define TABULATED_BY_OCTAVES(a, place, table) tabulated(a, place, MANTISSA_BITS, table, DEGREE(table), 0)
#define PLACE(a, table) v_fma(a, v_set(table##_SCALE), v_set(1))
#define HELD_PLACE(a, table) v_min(v_set(15), PLACE(a, table))
#endif

/* f'(s) for f(s) = s / (1 + exp(-s)): where `below`, D = e / (1 + e) (1 - a / (1 + e)), e = exp(-a), a = |s|,
 * with 1 - a as `rest_of_one`; elsewhere 1 - D. `distance` is that of s from the root of D. */
FA_INLINE vec gated_slope(pass at, vec grad, vec r, vec h, vec t, vec a, vec rest_of_one, mask below,
                          vec distance, const lane *c, int count)
{
    vec above;
    const vec scale = met_pow2(at, t), q = logistic_quotient(r, h, scale, &above);
    const vec slope = v_mul(q, v_fma(v_mul(a, scale), q, rest_of_one));
    const vec opposite = v_sub(v_set(1), v_mul(slope, scale));
    return graded_around_root(at, grad, slope, opposite, t, scale, below, distance, c, count);
}

/* silu'(x) = f'(beta x). */
FA_INLINE vec silu_backward(pass at, vec grad, vec x, vec beta)
{
    vec h, t, r, rest = v_set(0), a, s = x, rest_of_one, distance;
    const vec one = v_set(1), root = v_set(SILU_ROOT), root_low = v_set(SILU_ROOT_LOW);
    const int general = v_any(is_not_one(beta));
    if (general) {
        s = v_mul(x, beta);
        a = product_magnitude(x, beta, &rest);
        r = v_add(risen_reduced(a, &t), rest);
    } else {
        a = held_magnitude(x, -LOWEST);
        r = risen_reduced(a, &t);
    }
    exp_kept(at, &r, &t, 1, &h);
    rest_of_one = v_sub(one, a);
    distance = v_sub(v_sub(s, root), root_low);
    const mask below = v_sign(s);
    if (general) {
        rest_of_one = v_sub(rest_of_one, rest);
        distance = v_sub(v_sub(v_sub(v_set(0), a), root), v_add(root_low, rest));
        distance = v_select(below, distance, one);
    }
    return gated_slope(at, grad, r, h, t, a, rest_of_one, below, distance, ROOT_OF(SILU_NEAR_ROOT));
}

/* quick_gelu(x) = x / (1 + exp(-1.702 x)). What is reduced is x itself, by ln(2) / 1.702. */
#define QUICK 1.702
FA_INLINE vec quick_gelu_reduced(vec a, vec *t)
{
    *t = v_fnma(a, v_set((lane)(QUICK * 0x1.71547652b82fep0)), v_set(POWER));
    const vec n = v_sub(*t, v_set(POWER));
    const vec step_high = v_set(EITHER(0x1.a108p-2f, 0x1.a10753b438p-2)),
              step_low = v_set(EITHER(-0x1.58979p-19f, 0x1.305bd89de64cep-44));
    return v_fma(n, step_low, v_fma(n, step_high, a));
}
FA_INLINE vec quick_gelu_forward(pass at, vec x)
{
    const vec a = held_number(x, 0x1p-60, EITHER(120, 870));
    vec h, t, r = quick_gelu_reduced(a, &t);
    exp_kept(at, &r, &t, QUICK, &h);
    return gated_by_logistic(at, x, a, 0x1p-60, r, h, t);
}
FA_INLINE vec quick_gelu_backward(pass at, vec grad, vec x)
{
    const vec a = held_magnitude(x, EITHER(120, 870));
    vec t, r = quick_gelu_reduced(a, &t);
#ifdef FA_F32
    const vec slope = kept(at, 2, TABULATED(a, HELD_PLACE(a, QUICK_GELU_SLOPE), QUICK_GELU_SLOPE));
    return graded_gate(at, grad, slope, r, -QUICK, t, v_sign(x));
#else
    vec h;
    exp_kept(at, &r, &t, QUICK, &h);
    const vec quick = v_set(QUICK), rest_of_one = v_fnma(a, quick, v_set(1));
    const vec held = v_copysign(a, x); /* which is not subnormal */
    const vec distance = v_sub(v_fma(held, quick, v_set(-SILU_ROOT)), v_set(SILU_ROOT_LOW));
    return gated_slope(at, grad, r, h, t, v_mul(a, quick), rest_of_one, v_sign(x), distance,
                       ROOT_OF(SILU_NEAR_ROOT));
#endif
}

/* gelu_tanh(x) = x / (1 + exp(-s)), s = x (C1 + C3 x**2), C1 = sqrt(8/pi), C3 = 0.044715 C1. C1's high part
 * is so short that g - C1 is exact. For a = |x|: C3 a**2 = *cubed - *excess; r and t are of exp(|s|). */
#define C1_LOW EITHER(0x1.14cf5p-14f, 0x1.ea1b284687e5ap-27)
FA_INLINE vec gelu_tanh_reduced(vec a, vec *t, vec *cubed, vec *excess)
{
    const vec c1 = v_set(EITHER(0x1.988p0f, 0x1.988453p0));
    const vec c3 = v_set(EITHER(0x1.2444f2p-4f, 0x1.2444f2a4d8b4bp-4));
    const vec c3_low = v_set(EITHER(0x1.49b16ap-29f, -0x1.3023b0e5fbc6ep-58));
    const vec u = v_mul(a, a), surplus = v_fnma(a, a, u), g = v_fma(c3, u, c1);
    *cubed = v_sub(g, c1);
    *excess = v_fma(c3, surplus, v_fnma(c3_low, u, v_fnma(c3, u, *cubed)));
    *t = v_fnma(v_mul(a, g), v_set(LOG2_E), v_set(POWER));
    const vec n = v_sub(*t, v_set(POWER)), reduced = v_fma(a, g, v_mul(n, v_set(LN2_HIGH)));
    return v_fma(n, v_set(LN2_LOW), v_fma(a, v_sub(v_set(C1_LOW), *excess), reduced));
}
#define LEAST_GELU_TANH EITHER(0x1p-40f, 0x1p-60)
#define MOST_GELU_TANH EITHER(13.75f, 27.5)
FA_INLINE vec gelu_tanh_forward(pass at, vec x)
{
    const vec a = held_number(x, LEAST_GELU_TANH, MOST_GELU_TANH);
    vec h, t, cubed, excess, r = gelu_tanh_reduced(a, &t, &cubed, &excess);
    exp_kept(at, &r, &t, 1, &h);
    return gated_by_logistic(at, x, a, LEAST_GELU_TANH, r, h, t);
}

/* gelu_tanh'(x) = D below 0, 1 - D above, D = e / (1 + e) (1 - v / (1 + e)), e = exp(-|s|) and
 * v = |x s'(x)| = |s| + 2 a C3 x**2 = a (C1 + 3 C3 x**2). */
FA_INLINE vec gelu_tanh_backward(pass at, vec grad, vec x)
{
    const vec a = v_max(v_set(LEAST_GELU_TANH), v_min(v_set(MOST_GELU_TANH), v_abs(x)));
    vec t, cubed, excess, r = gelu_tanh_reduced(a, &t, &cubed, &excess);
#ifdef FA_F32
    const vec slope = kept(at, 2, TABULATED(a, HELD_PLACE(a, GELU_TANH_SLOPE), GELU_TANH_SLOPE));
    return graded_gate(at, grad, slope, r, -1, t, v_sign(x));
#else
    vec h;
    exp_kept(at, &r, &t, 1, &h);
    const vec three = v_set(3), c1 = v_set(0x1.988453p0), slope = v_fma(three, cubed, c1);
    const vec slope_low = v_fnma(three, excess, v_add(v_fma(three, cubed, v_sub(c1, slope)), v_set(C1_LOW)));
    const vec v = kept(at, 2, v_fma(a, slope_low, v_mul(a, slope)));
    const vec rest_of_one = kept(at, 3, v_fnma(a, slope, v_fnma(a, slope_low, v_set(1))));
    const vec distance = v_sub(v_sub(x, v_set(GELU_TANH_ROOT)), v_set(GELU_TANH_ROOT_LOW));
    return gated_slope(at, grad, r, h, t, v, rest_of_one, v_sign(x), distance, ROOT_OF(GELU_TANH_NEAR_ROOT));
#endif
}

/* exp(-a**2 / 2) = exp(-r / 2) 2**n, t = power + n; returns r. */
#define LEAST_DEVIATION EITHER(0x1p-40f, 0x1p-60)
FA_INLINE vec normal_reduced(vec a, lane power, vec *t)
{
    *t = v_fnma(v_mul(a, a), v_set(LOG2_E / 2), v_set(power));
    const vec n = v_sub(*t, v_set(power)), reduced = v_fma(a, a, v_mul(n, v_set(2 * LN2_HIGH)));
    return v_fma(n, v_set(2 * LN2_LOW), reduced);
}

/* gelu(x) = x Phi(x) = max(0, x) - a Phi(-a), a = |x|. NaN is to reach the result by x alone: of two in a
 * product processors choose differently. */
#ifdef FA_F32
/* a Phi(-a) = 2**(1 - k) exp(NORMAL_RATE r) N(a), a**2 = k NORMAL_STEP + r. The step is near 2 ln(2), which
 * the rate and the table N know, and has so few digits that k of them are exact, and NORMAL_START of them as
 * well; its low digits make a power of two of t = NORMAL_START - k. From 10.18 on N is negative, which
 * tells what is far out; from 14.42 on it is negative still and no more than that, and the result x or 0.
 * Where 0 is held N is 0. (With steps of 2 ln(2) to 15 bits from ROUND_TO_INTEGER on, and questions to a and
 * to k, it takes 1.08 times as long. Phi(-a) tabulated, times x, takes 1.2 times as long and errs as much;
 * P(a) / Q(a) of degrees 4 and 5 for Phi(-a) errs by 4.3 ULP.) */
#define NORMAL_STEP 0x1.64p0f
#define NORMAL_RATE (-0x1.62e42fefa39efp-1 / NORMAL_STEP)
#define NORMAL_START (ROUND_TO_INTEGER + EXPONENT_BIAS + 1)
FA_INLINE vec gelu_forward(pass at, vec x)
{
    const vec zero = v_set(0), one = v_set(1);
    const lane least = 0x1p-35f; /* below, gelu(x) rounds to x / 2; above, a less what 0 is held at is a */
    const lane least_part = 0x1p-37f; /* of `least` and 0, and of all beyond */
    const lane last = 149;            /* of a = 14.42: all beyond rounds to 0 or x */
    const vec a = v_max_magnitude(x, v_set(0x1p-60f)), raised = v_fma(a, a, v_set(NORMAL_STEP));
    vec t = v_fnma(raised, v_set(1 / NORMAL_STEP), v_set(NORMAL_START + 1)), h;
    const vec steps = v_fma(t, v_set(NORMAL_STEP), v_set(-NORMAL_START * NORMAL_STEP));
    vec r = v_fma(a, a, steps);
    const vec place = v_fma(a, v_set(NORMAL_WEIGHT), raised);
    const vec part = kept(at, 2, TABULATED_BY_OCTAVES(a, place, NORMAL_PART));
    exp_kept(at, &r, &t, NORMAL_RATE, &h);
    meet_held(at, part, least_part);
    const vec larger = v_max(zero, x);
    const mask tiny = v_is_tiny(x, v_set(least)), deep = v_lt(part, zero);
    if (is_usual(at, v_or(tiny, deep))) return v_fnma(v_fma(v_mul(part, r), h, part), v_pow2(t), larger);

    const mask no_number = v_or(tiny, v_lt(t, v_set(NORMAL_START - last))), below = v_lt(x, zero);
    const vec some = v_select(no_number, one, v_abs(part));
    const vec whole = v_select(no_number, one, v_fma(v_mul(some, r), h, some));
    const vec scale = v_select(deep, v_select(below, one, zero), v_pow2(t));
    const vec value = v_sub(larger, v_mul(whole, scale)); /* x may be subnormal, which slows v_fnma */
    const vec power = v_max(v_set(LEAST_MOVE), v_sub(t, v_set(NORMAL_START - 1 - POWER)));
    const vec rescaled = v_mul(v_rescaled(x), v_set(0.5f));
    const mask far = v_and(deep, below);
    const vec moves = v_select(far, power, v_select(tiny, v_set(POWER - RESCALE), v_set(POWER)));
    return v_moved(kept_factor(at, 0, v_select(tiny, rescaled, value)), kept_factor(at, 1, moves));
}
#else
/* Phi(-a) exp(a**2 / 2) is 1 / (2 odds), odds = 1 + a D(a), and D rises only from 0.8 to 1.25, so that a
 * polynomial in (a - 4) / (a + 4) gives it with less than one rounding's error. With q near top / odds the
 * second is q + q h r and what q lacks. (Top / (odds + odds h r), six operations less, errs by 3.8 ULP.) */
FA_INLINE vec gelu_forward(pass at, vec x)
{
    const vec a = held_number(x, LEAST_DEVIATION, 54.5);
    vec h, t, r = normal_reduced(a, POWER - 1, &t);
    const mask below = v_lt(x, v_set(0)); /* -0 comes out of x less its part */
    const vec one = v_set(1), four = v_set(4), ratio = v_div(v_sub(a, four), v_add(a, four));
    const vec d = kept(at, 2, POLYNOMIAL_BUT_FIRST(ratio, NORMAL_ODDS)), deviation = kept(at, 3, a);
    exp_kept(at, &r, &t, -0.5, &h);
    const lane low_deep = -900; /* what q lacks is normal down to 2**-112 of it */
    const gating g = gating_of(at, x, a, LEAST_DEVIATION, t, low_deep, below);
    const vec odds = v_fma(deviation, d, one), odds_low = v_fma(deviation, d, v_sub(one, odds));
    const vec inverse = v_div(one, odds), q = v_mul(g.top, inverse);
    const vec lost = v_fnma(q, odds_low, v_fnma(q, odds, g.top));
    return gated(at, g, v_add(q, v_fma(v_mul(q, r), h, v_mul(lost, inverse))), t, below);
}
#endif

#ifdef FA_F32
/* For results of 16 bits: off by so many ULP of float32 at most, whose numbers have 16 bits. */
enum { GELU_COARSE_ULP = 16 };

/* exp(-a**2 / 2) = 2**(n + f): of a number of 16 bits the square is exact. */
FA_INLINE vec gelu_coarse(pass at, vec x)
{
    const vec magic = v_set(POWER);
    const vec high = v_set(-0x1.715476p-1f), low = v_set(-0x1.4ae0cp-27f); /* -log2(e) / 2 */
    const vec a = v_max(v_set(LEAST_DEVIATION), v_min(v_abs(x), v_set(20.25f))), square = v_mul(a, a),
              rough = v_fma(square, high, magic);
    const vec f = v_fma(square, low, v_fma(square, high, v_sub(magic, rough)));
    const vec top = v_mul(POLYNOMIAL(f, COARSE_EXP2), POLYNOMIAL(a, COARSE_TAIL_P));
    const vec q = kept(at, 0, v_div(top, POLYNOMIAL(a, COARSE_TAIL_Q))), t = kept(at, 1, rough);
    const mask below = v_sign(x);
    const gating g = gating_of(at, x, a, LEAST_DEVIATION, t, DEEP, below);
    return gated(at, g, v_mul(g.top, q), t, below);
}

/* The same for float16, whose results are 0 or x from 5.73 on: Phi(-a) itself by 32 polynomials. It errs
 * by 1.81 ULP where float16 has normal numbers, and by 0.85 of 2**-37 below. */
enum { GELU_TABULATED_ULP = 2 };
FA_INLINE vec gelu_tabulated(vec x)
{
    const vec magic = v_set(ROUND_TO_INTEGER), a = v_min_magnitude(x, v_set(5.9f));
    const vec place = v_fma(a, v_set(1 / NORMAL_TAIL_STEP), magic);
    const vec r = v_fnma(v_sub(place, magic), v_set(NORMAL_TAIL_STEP), a);
    vec tail = v_lookup_32(NORMAL_TAIL[5], place);
    FA_UNROLL
    for (int k = 4; k >= 0; k--) tail = v_fma(tail, r, v_lookup_32(NORMAL_TAIL[k], place));
    return v_fnma(a, tail, v_max(v_set(0), x));
}
#endif

/* gelu'(x) = D below 0, 1 - D above, D = Phi(-a) - a phi(a), phi(a) = exp(-a**2 / 2) / sqrt(2 pi). As a
 * multiple of exp(-a**2 / 2) D is a's distance from its root times S, which rises only from -0.67 to -0.39: a
 * polynomial in (a - M) / (a + M). (Written so, that quotient's numerator is rounded near 0, and the result
 * errs by 4.02 ULP; with a polynomial in a / (a + 3) by 3.8, in float64 by 4.05.) */
FA_INLINE vec gelu_backward(pass at, vec grad, vec x)
{
    const vec a = v_max(v_set(LEAST_DEVIATION), v_min(v_set(EITHER(20.25f, 54.5)), v_abs(x)));
    const vec distance = v_sub(a, v_set(GELU_SLOPE_ROOT)), rest = v_set(GELU_SLOPE_REST);
    const vec ratio = v_fma(v_div(a, v_add(a, v_set(GELU_SLOPE_MIDDLE))), v_set(2), v_set(-1));
    vec t, r = normal_reduced(a, POWER, &t);
    const vec slope = kept(at, 2, v_fma(distance, POLYNOMIAL_BUT_FIRST(ratio, GELU_SLOPE), rest));
    return graded_gate(at, grad, slope, r, -0.5, t, v_sign(x));
}

/* mish(x) = x tanh(log(1 + exp(x))) = x / (E + 1/2 + 1 / (2 + 4 E)), E = exp(-x): all terms are positive. The
 * greater of 2**n and what is not E is added last. 0 is moved to where no subnormal is met. */
FA_INLINE vec mish_forward(pass at, vec x)
{
    const vec one = v_set(1), off_zero = v_set(EITHER(0x1p-41f, 0x1p-70));
    const vec z = v_add(v_max(v_set(EITHER(-128, -1024)), v_min(v_set(EITHER(20, 40)), x)), off_zero);
    vec h, t, r = risen_reduced(z, &t);
    exp_kept(at, &r, &t, -1, &h);
    const mask tiny = v_is_tiny(x, v_set(0x1p-60)), deep = v_lt(v_set(POWER - DEEP), t);
    const int rare = v_any(v_or(tiny, deep)); /* then E and its inverse may be subnormal */
    const vec scale = v_pow2(rare ? v_select(deep, v_set(POWER), t) : t);
    const vec first = v_mul(r, scale), exponential = v_fma(first, h, scale);
    const vec held = v_min(v_set(0x1p100), exponential); /* 1 / (2 + 4 E) is not subnormal */
    const vec rest = v_add(v_div(one, v_fma(v_set(4), held, v_set(2))), v_set(0.5));
    const vec sum = v_add(v_fma(first, h, v_min(scale, rest)), v_max(scale, rest));
    if (!rare) return v_div(x, sum);
    const vec lifted = v_select(tiny, v_rescaled(x), v_select(deep, v_max(v_set(EITHER(-128, -1024)), x), x));
    const vec power = v_max(v_set(LEAST_MOVE), v_sub(v_set(2 * POWER), t));
    const vec moves = v_select(deep, power, v_select(tiny, v_set(POWER - RESCALE), v_set(POWER)));
    return v_moved(v_div(lifted, v_select(deep, v_fma(r, h, one), sum)), moves);
}

/* mish'(x) = w (4 (x + 1) + w (4 x + 6 + w (4 + w))) / (2 + 2 w + w**2)**2 below 0 and
 * 1 + w**2 ((4 x - 2) + (4 x - 4) w - 4 w**2) / (1 + 2 w + 2 w**2)**2 above. */
FA_INLINE vec mish_backward(pass at, vec grad, vec x)
{
    const vec one = v_set(1), two = v_set(2), four = v_set(4),
              z = v_sub(v_set(0), held_magnitude(x, -LOWEST));
    const mask below = v_lt(x, v_set(0));
    vec h, t;
    vec r = exp_reduced(z, &t);
    const vec p = exp_kept(at, &r, &t, 1, &h), low = exp_residual(p, h, r);
    const vec scale = v_pow2(v_max(v_set(POWER - FAR_POWER - 1), t)),
              w = v_mul(p, scale); /* no w**2 is subnormal */
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
    const vec above = v_fma(v_mul(slope, scale), w, one);
    return graded_around_root(AT_ONCE, grad, slope, above, t, scale, below, distance,
                              ROOT_OF(MISH_NEAR_ROOT));
}
