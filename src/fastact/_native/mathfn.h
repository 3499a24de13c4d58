/* Exponentials and products on vectors, the parts that more than one activation is made of.
 *
 * Coefficients and the split of ln 2 come from tools/coefficients.sollya. No result, no
 * intermediate and no input of a multiplication is subnormal here: such an operation costs a
 * hundred cycles and more on many processors. What may be so in float32 is multiplied in float64.
 * Formulas of activations do not belong here.
 */

/* Which pass over a block of memory a formula is evaluated in: the first ends where `kept` stores what the
 * second begins with; WHOLE is both at once. What leads to a kept value only is dead code in the second, what
 * follows from it is dead in the first. Of some formulas the first also remembers how far out a block's
 * numbers are, and where none is, the second is SIMPLE: it asks nothing of a vector. Else, and where a
 * formula asks of every vector all the same, the pass ends at one that is far out, and careful ones take
 * over, which ask nothing either: FACTORS, which ends where `kept_factor` stores what a product is made of,
 * and PRODUCT. CAREFUL is both at once. (At once an exponential and a careful product are a chain that a
 * processor's scheduler holds twice: sigmoid' of float32 far out took 1.4 times as long, log_sigmoid' from
 * the output 1.2 times.)
 *
 * An exponential and what is made of it are a chain of 80 to 150 cycles, of which a processor's registers and
 * windows hold three or four at a time; two loops of half the length overlap twice as many. On a Zen 3 that
 * makes float32's silu 1.25 times as fast, sigmoid 1.13, float64's 1.2 and 1.14. (Three passes are no better
 * than two; two vectors side by side in one loop gained 1.03. The second pass beside the first of the next
 * block, in one loop, makes AVX-512's sigmoid 1.05 times as fast, float64's 1.17, and most of the others 2 to
 * 15 percent slower; so does a quotient by rcp14 and Newton's steps in the place of its division, and in that
 * of every second one nothing. To keep the argument alone and reduce it in the second pass costs sigmoid and
 * softplus' 0 to 9 percent.) */
enum { FIRST, SECOND, SIMPLE, WHOLE, CAREFUL, FACTORS, PRODUCT };
typedef struct {
    vec least, magnitude; /* each with the limit below which it is far out */
    lane lowest, smallest;
    mask odd;
    int asks_least, asks_magnitude, asks_odd; /* constants to a compiler */
} extremes;
typedef struct {
    int number;
    lane *kept;    /* where this vector's first value goes, the next one KEPT_BLOCK lanes further */
    extremes *met; /* of the first pass, or NULL where the second asks */
    int turn;      /* which vector of a group */
    int *left;     /* set where a pass that is not careful is to end, or NULL where none may */
} pass;
#define AT_ONCE ((pass){WHOLE, NULL, NULL, 0, NULL})
#define WITH_CARE ((pass){CAREFUL, NULL, NULL, 0, NULL})
enum { A_FEW = 8, MOST_KEPT = 4, MOST_FACTORS = 2, KEPT_BLOCK = PAGE_BYTES / sizeof(lane) };

FA_INLINE vec kept(pass at, int place, vec value)
{
    if (at.number == FIRST) v_store(at.kept + place * KEPT_BLOCK, value);
    const int is_kept =
        at.number == SECOND || at.number == SIMPLE || at.number == FACTORS || at.number == PRODUCT;
    return is_kept ? v_load(at.kept + place * KEPT_BLOCK) : value;
}
/* The same of what a careful product is made of. A place may be one that the first pass has filled, if
 * nothing that a product still reads. */
FA_INLINE vec kept_factor(pass at, int place, vec value)
{
    if (at.number == FACTORS) v_store(at.kept + place * KEPT_BLOCK, value);
    return at.number == PRODUCT ? v_load(at.kept + place * KEPT_BLOCK) : value;
}

/* Whether that is all a result is made of: of odd parameters it may be more. */
FA_INLINE int are_factors_kept(pass at, mask odd) { return at.number == PRODUCT && !v_any(odd); }

/* Where little stands beside a division or a root, the divider takes the first vectors of a group, `divided`
 * of them, a number found by trial, and the others go by steps at the same time. By AVX-512 softsign is 1.4
 * times as fast, in float64 1.9, its derivative 1.2 and 1.6, relu_squared' from the output 1.5 and 2.3. (Of
 * an exponential the operations take as long as the division: no gain. Of squareplus' quotients one of four
 * by steps beside its roots: 1.05 to 1.4 times as long.) */
FA_INLINE vec quotient_in_turn(pass at, vec a, vec b, int divided)
{
    return at.turn < divided ? v_div(a, b) : v_div_by_steps(a, b);
}
FA_INLINE vec root_in_turn(pass at, vec a, int divided)
{
    return at.turn < divided ? v_sqrt(a) : v_sqrt_by_steps(a);
}

/* What a formula has met: a number that is far out below a limit, or one that is so, but for 0 and NaN, below
 * a magnitude. It says so before it asks is_usual(), once, whether no lane is `rare`; lanes that are not may
 * be far out too. Nothing that it keeps may depend on the answer.
 *
 * In a block it costs the first pass two or three operations, which pays where operations bound the second:
 * elu is 1.1 times as fast, AVX2's silu 1.15, gelu' 1.03. Where the division does, as in sigmoid and
 * softplus, they are lost. */
FA_INLINE void meet_least(pass at, vec value, lane lowest)
{
    if (at.met == NULL) return;
    at.met->least = v_min(value, at.met->least);
    at.met->lowest = lowest;
    at.met->asks_least = 1;
}
FA_INLINE void meet_magnitude(pass at, vec value, lane smallest)
{
    if (at.met == NULL) return;
    at.met->magnitude = v_least(at.met->magnitude, value);
    at.met->smallest = smallest;
    at.met->asks_magnitude = 1;
}
/* The same of a magnitude that is held, somewhere below `smallest`, where x is tiny or 0. */
FA_INLINE void meet_held(pass at, vec a, lane smallest)
{
    if (at.met == NULL) return;
    at.met->magnitude = v_min(a, at.met->magnitude);
    at.met->smallest = smallest;
    at.met->asks_magnitude = 1;
}
/* The same of what parameters alone tell. It comes before the first branch of a loop, from where alone gcc
 * takes arithmetic out of it: asked for after it, leaky_relu of float32 took 1.1 times as long, rrelu 1.2. */
FA_INLINE void meet_odd(pass at, mask odd)
{
    if (at.met == NULL) return;
    at.met->odd = odd;
    at.met->asks_odd = 1;
}
/* Whether no lane is rare, asked of every vector. Where a pass may end at one that is, it is told so, and
 * what comes of the vector does not count. */
FA_INLINE int is_usual_here(pass at, mask rare)
{
    if (at.number >= CAREFUL) return 0;
    if (at.left == NULL) return !v_any(rare);
    if (v_any(rare)) *at.left = 1;
    return 1;
}
FA_INLINE int is_usual(pass at, mask rare)
{
    if (at.met || at.number == SIMPLE) return 1;
    return is_usual_here(at, rare);
}
/* The same where parameters may be odd, which is asked by itself: of one number it is asked before the loop.
 * (As one question AVX2's rrelu takes 1.1 times as long.) */
FA_INLINE int is_usual_unless(pass at, mask odd, mask rare)
{
    return is_usual(at, odd) && is_usual(at, rare);
}
FA_INLINE extremes nothing_met(void)
{
    return (extremes){v_set(INFINITY), v_set(INFINITY), 0, 0, v_from_bits(0), 0, 0, 0};
}
FA_INLINE int is_any_far_out(const extremes *met)
{
    mask far = v_from_bits(0);
    if (met->asks_least) far = v_lt(met->least, v_set(met->lowest));
    if (met->asks_magnitude) far = v_or(far, v_lt(met->magnitude, v_set(met->smallest)));
    if (met->asks_odd) far = v_or(far, met->odd);
    return v_any(far);
}

/* c[0] + c[1] x + ... + c[count - 1] x**(count - 1), by Horner's rule. */
FA_INLINE vec polynomial(vec x, const lane *c, int count)
{
    vec sum = v_set(c[count - 1]);
    FA_UNROLL
    for (int k = count - 2; k >= 0; k--) sum = v_fma(sum, x, v_set(c[k]));
    return sum;
}
#define POLYNOMIAL(x, coefficients) polynomial(x, coefficients, sizeof coefficients / sizeof(lane))

/* The same in half the latency, its even and odd powers apart. */
FA_INLINE vec polynomial_by_halves(vec x, const lane *c, int count)
{
    const vec square = v_mul(x, x);
    vec even = v_set(c[(count - 1) / 2 * 2]), odd = v_set(c[count / 2 * 2 - 1]);
    FA_UNROLL
    for (int k = (count - 1) / 2 * 2 - 2; k >= 0; k -= 2) even = v_fma(even, square, v_set(c[k]));
    FA_UNROLL
    for (int k = count / 2 * 2 - 3; k >= 0; k -= 2) odd = v_fma(odd, square, v_set(c[k]));
    return v_fma(odd, x, even);
}

/* float64's long polynomials in a quarter of it: float32 gains nothing. */
FA_INLINE vec polynomial_by_quarters(vec x, const lane *c, int count)
{
    const vec square = v_mul(x, x), fourth = v_mul(square, square);
    vec part[4];
    FA_UNROLL
    for (int j = 0; j < 4; j++) {
        const int last = j + (count - 1 - j) / 4 * 4;
        part[j] = v_set(c[last]);
        FA_UNROLL
        for (int k = last - 4; k >= 0; k -= 4) part[j] = v_fma(part[j], fourth, v_set(c[k]));
    }
    return v_fma(v_fma(part[3], x, part[2]), square, v_fma(part[1], x, part[0]));
}
#define polynomial_in_parallel EITHER(polynomial_by_halves, polynomial_by_quarters)

/* Its sum is rounded once: the first coefficient, the greatest term, is added last. */
FA_INLINE vec polynomial_but_first(vec x, const lane *c, int count)
{
    return v_fma(polynomial_in_parallel(x, c + 1, count - 1), x, v_set(c[0]));
}
#define POLYNOMIAL_BUT_FIRST(x, coefficients) \
    polynomial_but_first(x, coefficients, sizeof coefficients / sizeof(lane))

/* c[0] + c[1] x. */
FA_INLINE vec line(vec x, const lane *c) { return v_fma(v_set(c[1]), x, v_set(c[0])); }

/* Lanes that are not 1, NaN among them. */
FA_INLINE mask is_not_one(vec a)
{
    const vec one = v_set(1), zero = v_set(0);
    return v_lt(zero, v_select(v_and(v_le(a, one), v_le(one, a)), zero, one));
}

/* 2**n for n from `LEAST_POWER` on, which stands for all below: that, times a moderate number, is normal. */
#define LEAST_POWER EITHER(-90, -900)
FA_INLINE vec held_pow2(vec t) { return v_pow2(v_max(v_set(POWER + LEAST_POWER), t)); }
/* The same for a formula whose simple pass meets no n as low. */
FA_INLINE vec met_pow2(pass at, vec t) { return at.number == SIMPLE ? v_pow2(t) : held_pow2(t); }

#define LOG2_E EITHER(0x1.715476p0f, 0x1.71547652b82fep0)
#define LN2_HIGH EITHER(0x1.62e4p-1f, 0x1.62e42fefa4p-1) /* n * LN2_HIGH is exact */
#define LN2_LOW EITHER(0x1.7f7d1cp-20f, -0x1.8432a1b0e2634p-43)

/* z = n ln 2 + r, n an integer and |r| <= ln(2)/2 but for rounding: returns r, and *t = power + n, power
 * being POWER plus an integer. */
FA_INLINE vec exp_reduced_from(vec z, vec power, vec *t)
{
    *t = v_fma(z, v_set(LOG2_E), power);
    const vec n = v_sub(*t, power);
    return v_fnma(n, v_set(LN2_LOW), v_fnma(n, v_set(LN2_HIGH), z));
}
FA_INLINE vec exp_reduced(vec z, vec *t) { return exp_reduced_from(z, v_set(POWER), t); }

/* exp(rate r) = 1 + h r, h = rate + c r, c from a polynomial that makes the relative error of exp less than
 * 2**-28 (float64: 2**-57) where |rate r| <= ln(2)/2; the rate is a constant. */
FA_INLINE vec exp_tail(vec r, double rate)
{
#ifdef FA_F32
    const double c2 = rate * rate, c4 = c2 * c2;
    const lane c[] = {(lane)(0x1.fffffap-2 * c2), (lane)(0x1.555492p-3 * c2 * rate),
                      (lane)(0x1.555a26p-5 * c4), (lane)(0x1.123982p-7 * c4 * rate),
                      (lane)(0x1.694ca8p-10 * c4 * c2)};
    /* Estrin's scheme, as below, brings sigmoid and silu 1 to 2 percent in two passes, gelu nothing, and
     * costs sigmoid 8 in one: operations bound them, not latency. */
    return POLYNOMIAL(r, c);
#else
    const double c2 = rate * rate, c4 = c2 * c2, c8 = c4 * c4;
    const lane c[] = {0x1.000000000000ap-1 * c2,       0x1.55555555554fep-3 * c2 * rate,
                      0x1.55555555506b5p-5 * c4,       0x1.1111111126b32p-7 * c4 * rate,
                      0x1.6c16c18479738p-10 * c4 * c2, 0x1.a01a012ff3e99p-13 * c4 * c2 * rate,
                      0x1.a0199956c1bccp-16 * c8,      0x1.71df18d75b9ddp-19 * c8 * rate,
                      0x1.28ae058ff6f84p-22 * c8 * c2, 0x1.ad93257f4b9cdp-26 * c8 * c2 * rate};
    const vec square = v_mul(r, r), fourth = v_mul(square, square);
    const vec middle = v_fma(line(r, c + 6), square, line(r, c + 4)),
              first = v_fma(line(r, c + 2), square, line(r, c));
    return v_fma(v_fma(line(r, c + 8), fourth, middle), fourth, first);
#endif
}
FA_INLINE vec exp_polynomial(vec r, double rate, vec *h)
{
    *h = v_fma(exp_tail(r, rate), r, v_set((lane)rate));
    return v_fma(*h, r, v_set(1));
}

/* The same as the beginning of the second pass: r and t take the places 0 and 1. What divides comes after it,
 * and the polynomial beside the division costs next to nothing: as the end of the first pass it made
 * AVX-512's sigmoid 1.1 times as slow, float64's 1.3. */
FA_INLINE vec exp_kept(pass at, vec *r, vec *t, double rate, vec *h)
{
    *r = kept(at, 0, *r);
    *t = kept(at, 1, *t);
    return exp_polynomial(*r, rate, h);
}

/* What the last rounding of exp_polynomial(r, 1, &h) took from p. */
FA_INLINE vec exp_residual(vec p, vec h, vec r) { return v_fma(h, r, v_sub(v_set(1), p)); }

/* Into products that it can look into clang moves a choice between them and a factor (region.h). */
FA_INLINE vec opaque_scaled_product(vec a, vec m, vec t)
{
    vec product = v_scaled_product(a, m, t);
    FA_OPAQUE(product);
    return product;
}

/* a * m * 2**n rounded once, n an integer: of float32 all is 0 or infinite where n is held. */
FA_INLINE vec scaled_product(vec a, vec m, vec n)
{
    const vec held = EITHER(v_max(v_set(-480), v_min(v_set(480), n)), n);
    return opaque_scaled_product(a, m, v_add(held, v_set(POWER)));
}

/* v * 2**n rounded once. */
FA_INLINE vec scaled(vec v, vec n) { return scaled_product(v, v_set(1), n); }

/* The least t of v_moved; all below comes to the same. */
#define LEAST_MOVE (POWER + EITHER(-185, -1122))

#ifdef FA_HALF
/* In 16 bits what a formula rounds once, and last, is rounded to odd; the store then rounds right. */
float fa_rounded_to_odd(double value); /* half.c */
float fa_sum_to_odd(double a, double b);
FA_SELDOM static vec product_lane_by_lane(vec a, vec b)
{
    lane x[W], y[W];
    v_store(x, a);
    v_store(y, b);
    for (int k = 0; k < W; k++) x[k] = fa_rounded_to_odd((double)x[k] * y[k]);
    return v_load(x);
}
FA_SELDOM static vec line_lane_by_lane(vec a, vec b, vec c)
{
    lane x[W], y[W], z[W];
    v_store(x, a);
    v_store(y, b);
    v_store(z, c);
    for (int k = 0; k < W; k++) x[k] = fa_sum_to_odd((double)x[k] * y[k], z[k]);
    return v_load(x);
}

FA_INLINE vec last_product(vec a, vec b) { return v_product_to_odd(a, b); }
FA_INLINE vec last_difference(vec a, vec b) { return v_difference_to_odd(a, b); }
FA_INLINE vec last_line(vec a, vec b, vec c) { return v_line_to_odd(a, b, c); }
FA_INLINE vec any_product(vec a, vec b) { return product_lane_by_lane(a, b); }
#define regular_product any_product
#define lesser_product any_product
FA_INLINE vec doubled_product(vec a, vec b)
{
    const mask huge = v_lt(v_set(0x1p126f), b);
    return any_product(v_select(huge, v_add(a, a), a), v_select(huge, b, v_add(b, b)));
}
#define halved(x) any_product(x, v_set(0.5))
FA_INLINE vec square_of_tiny(vec a) { return product_lane_by_lane(a, a); }
FA_INLINE vec any_line(vec a, vec b, vec c) { return line_lane_by_lane(a, b, c); }
FA_INLINE vec line_of_tiny(vec a, vec b, vec c, mask tiny) { return (void)tiny, line_lane_by_lane(a, b, c); }
#else
FA_INLINE vec last_product(vec a, vec b) { return v_mul(a, b); }
FA_INLINE vec last_difference(vec a, vec b) { return v_sub(a, b); }
FA_INLINE vec last_line(vec a, vec b, vec c) { return v_fma(a, b, c); }
FA_INLINE vec any_line(vec a, vec b, vec c) { return v_fma(a, b, c); }

/* Of any numbers. */
FA_INLINE vec any_product(vec a, vec b)
{
    vec product = v_product(a, b);
    FA_OPAQUE(product);
    return product;
}

/* The same for less where b is 0 or no less than 2**-40 (2**-459) in magnitude. */
FA_INLINE vec regular_product(vec a, vec b)
{
    vec product = v_regular_product(a, b);
    FA_OPAQUE(product);
    return product;
}

/* The same for less still where b is no more than 1 as well. */
FA_INLINE vec lesser_product(vec a, vec b)
{
    vec product = v_lesser_product(a, b);
    FA_OPAQUE(product);
    return product;
}

/* 2 a b, neither of which is doubled: it might overflow. */
FA_INLINE vec doubled_product(vec a, vec b) { return scaled_product(a, b, v_set(1)); }

/* x / 2 of a finite number, rounded once. Added to twice the smallest normal number, whose last bit counts
 * for two of a subnormal one's, a small x leaves the bits of its half. */
FA_INLINE vec halved(vec x)
{
    const vec smallest = v_set(SMALLEST_NORMAL), twice = v_add(smallest, smallest);
    const mask small = v_lt(v_abs(x), twice);
    const vec support = v_copysign(v_select(small, twice, v_set(0)), x);
    return v_bits_sub(v_add(x, support), v_select(small, twice, smallest));
}

/* a**2 for a number that is not below 0. */
FA_INLINE vec square_of_tiny(vec a)
{
    /* Below the root of the smallest normal number the square is rounded on top of that number. */
    const vec root = v_set(EITHER(0x1p-63f, 0x1p-511)), least = v_set(EITHER(0x1p-80f, 0x1p-540));
    const vec zero = v_set(0), safe = v_select(v_lt(a, least), zero, a);
    const vec support = v_select(v_lt(a, root), v_set(SMALLEST_NORMAL), zero);
    return v_bits_sub(v_fma(safe, safe, support), support);
}

/* a * b + c, b not tiny, where a tiny a is lost in c. */
FA_INLINE vec line_of_tiny(vec a, vec b, vec c, mask tiny)
{
    return v_fma(v_select(tiny, v_set(0), a), b, c);
}
#endif

/* a * b for a b that is 0 or no less than 2**-40 (2**-459) in magnitude: only a is asked. */
FA_INLINE vec product_by_moderate(pass at, vec a, vec b)
{
    const mask tiny = v_is_tiny(a, v_set(TINY));
    meet_magnitude(at, a, TINY);
    return is_usual(at, tiny) ? v_mul(a, b) : regular_product(a, b);
}

/* The same for a tiny a, and a b from 0 on that in float32 may be less. */
FA_INLINE vec product_by_small(vec a, vec b)
{
    return EITHER(v_any(v_lt(b, v_set(0x1p-40f))), 0) ? any_product(a, b) : regular_product(a, b);
}

/* Lanes of which one factor is tiny and none 0. */
FA_INLINE mask is_either_tiny(vec a, vec b) { return v_is_tiny(v_min_magnitude(a, b), v_set(TINY)); }

FA_INLINE int is_neither_tiny(pass at, vec a, vec b)
{
    meet_magnitude(at, v_min_magnitude(a, b), TINY);
    return is_usual(at, is_either_tiny(a, b));
}

/* a * b of any numbers: one multiplication where no lane is small enough for a subnormal product. */
FA_INLINE vec product(vec a, vec b)
{
    return v_any(is_either_tiny(a, b)) ? any_product(a, b) : last_product(a, b);
}

/* a * m * 2**n rounded once, t = POWER + n, m and n as v_moderate_product has them; both are kept. */
FA_INLINE vec kept_product(pass at, vec a, vec m, vec t)
{
    const vec factor = kept_factor(at, 0, m), power = kept_factor(at, 1, t);
    vec product = v_moderate_product(a, factor, power);
    FA_OPAQUE(product);
    return product;
}

/* Below 2**VANISHED a derivative counts as 0, which it is but at enormous grads. */
#define VANISHED EITHER(-292, -2134)

/* grad * m * 2**n rounded once, t = POWER + n with n <= 100, |m| up to 2**20: grad meets m before the power
 * of two. */
FA_INLINE vec graded_with_care(pass at, vec grad, vec m, vec t)
{
    const mask vanished = v_lt(t, v_set(POWER + VANISHED));
    const vec left = v_select(vanished, v_mul(m, v_set(0)), m); /* NaN stays one */
    return kept_product(at, grad, left, t);
}
FA_INLINE vec graded(vec grad, vec m, vec t)
{
    const vec slope = v_mul(m, held_pow2(t));
    const mask tiny = v_or(v_is_tiny(grad, v_set(TINY)), v_is_tiny(slope, v_set(TINY)));
    return v_any(tiny) ? graded_with_care(AT_ONCE, grad, m, t) : v_mul(grad, slope);
}

/* Lanes with n so low that 2**n times a moderate number may be tiny; that of exp(-FAR_MAGNITUDE) is one. In
 * float64 v_moderate_product takes 2**-FAR_POWER at the usual cost. */
#define FAR_POWER EITHER(50, 400)
#define FAR_MAGNITUDE EITHER(35.5f, 278)
FA_INLINE mask is_far(vec t) { return v_lt(t, v_set(POWER - FAR_POWER)); }

/* Whether grad times a slope that is not tiny but where `far` is one product; both are cheaper to ask than
 * the slope. */
FA_INLINE mask is_not_simple(vec grad, mask far) { return v_or(far, v_is_tiny(grad, v_set(TINY))); }
FA_INLINE int is_simple(pass at, vec grad, mask far) { return is_usual_here(at, is_not_simple(grad, far)); }
/* The same for a block, of lanes that are far, or some of them, where n is that low. */
FA_INLINE int is_block_simple(pass at, vec grad, vec t, mask far)
{
    meet_magnitude(at, grad, TINY);
    meet_least(at, t, POWER - FAR_POWER);
    return is_usual(at, is_not_simple(grad, far));
}
