/* Functions of whole rows, softmax and its kin: how a row is summed, and what the sums make of its elements.
 *
 * Every row is summed in one order, that of its elements, whatever lies beside it: in blocks of ROW_BLOCK, in
 * each of them by LANES virtual lanes whose errors are summed as well, then the lanes by halves, then the
 * blocks. A row whose elements are neighbours is walked along; where rows lie side by side, or are short and
 * are turned, a vector holds an element each of W rows. Both give the same bits. It must not ask what
 * instruction set it is compiled for, and knows neither axes nor threads.
 *
 * softmax(x) = exp(x - m) / sum(exp(x - m)) for any m. Where the maximum is below CENTERED in magnitude m is
 * 0 but for a power of two, elsewhere the maximum: every difference that matters is then exact.
 */
enum { LANES = 16, ROW_BLOCK = 512, TURNED = 256, CHUNK = 64 };
enum { SETS = LANES / W };

#define CENTERED EITHER(256, 2048)
#define UNIT_POWER EITHER(60, 200) /* exponentials are summed times 2**UNIT_POWER: none is subnormal */
/* Differences from here on down count as this, which vanishes beside the maximum or in what is subnormal. */
#define VANISHING(function) ((function) == FA_softmax_forward ? EITHER(-110, -760) : EITHER(-125, -800))

/* What a row's elements are combined with: in each W numbers, those of one row or of W rows. */
enum { CENTER, LEAST, POWER_SHIFT, MAXIMUM, HIGH, LOW, PLAIN_HIGH, PLAIN_LOW, CONSTANTS };
typedef lane constants[CONSTANTS * W];
#define CONSTANT(k) v_load(row + (k)*W)
#define SET_CONSTANT(k, value) v_store(row + (k)*W, value)

/* The one place where a row meets an exponential: p = exp(r), z = n ln 2 + r, t = POWER + n. */
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

/* An exponential is made in two steps, each in a loop of its own: exp(r) * scale, where
 * x - center = n ln 2 + r, scale = 2**(n + UNIT_POWER - n of the maximum). In log_softmax the maxima are
 * counted instead, for beside them the rest may be tiny. */
FA_INLINE vec first_step(int function, vec a, const lane *row, vec *scale, vec *count)
{
    const vec zero = v_set(0), difference = v_sub(a, CONSTANT(CENTER));
    vec t;
    const vec r = exp_reduced(v_max(CONSTANT(LEAST), difference), &t);
    *scale = v_pow2(v_add(t, CONSTANT(POWER_SHIFT)));
    if (function == FA_log_softmax_forward) {
        const mask top = v_le(CONSTANT(MAXIMUM), a);
        *count = v_add(*count, v_select(top, v_set(1), zero));
        *scale = v_select(v_or(top, v_le(difference, CONSTANT(LEAST))), zero, *scale);
    }
    return r;
}

FA_INLINE vec second_step(vec r, vec scale)
{
    vec h;
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
    SET_CONSTANT(POWER_SHIFT, v_sub(v_set(POWER + UNIT_POWER), t));
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

/* e / sum, where no element is further than NEAR below the maximum: the bits are those of softmax_result,
 * with nothing subnormal on the way. */
#define NEAR EITHER(-40, -400)
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

/* --- Along a row --- */

static lane lane_two_sum(lane a, lane b, lane *rest)
{
    const lane sum = a + b, b_part = sum - a;
    *rest = (a - (sum - b_part)) + (b - b_part);
    return sum;
}

/* The lanes of a block, by halves; the result in the first of each. */
static void fold(lane *high, lane *low)
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++) {
            lane rest;
            high[k] = lane_two_sum(high[k], high[k + half], &rest);
            low[k] = low[k] + low[k + half] + rest;
        }
}

/* NaN is neither. */
static lane maximum_of(const lane *x, ptrdiff_t n, lane *least)
{
    vec most[SETS], fewest[SETS];
    lane high[LANES], low[LANES];
    ptrdiff_t i = 0;
    for (int k = 0; k < SETS; k++) {
        most[k] = v_set(-INFINITY);
        fewest[k] = v_set(INFINITY);
    }
    for (; i + LANES <= n; i += LANES) {
        FA_UNROLL
        for (int k = 0; k < SETS; k++) {
            const vec value = v_load(x + i + k * W);
            most[k] = v_max(value, most[k]);
            fewest[k] = v_min(value, fewest[k]);
        }
    }
    for (int k = 0; k < SETS; k++) {
        v_store(high + k * W, most[k]);
        v_store(low + k * W, fewest[k]);
    }
    for (int k = 0; i < n; i++, k++) {
        high[k] = x[i] > high[k] ? x[i] : high[k];
        low[k] = x[i] < low[k] ? x[i] : low[k];
    }
    for (int k = 1; k < LANES; k++) {
        high[0] = high[k] > high[0] ? high[k] : high[0];
        low[0] = low[k] < low[0] ? low[k] : low[0];
    }
    *least = low[0];
    return high[0];
}

/* The exponentials of up to ROW_BLOCK elements into an array. What a part of a vector lacks must not be
 * counted as a maximum. */
FA_INLINE void exponentials_along(int function, const lane *x, lane *to, ptrdiff_t n, const lane *row,
                                  vec *count)
{
    _Alignas(64) lane reduced[ROW_BLOCK], scales[ROW_BLOCK], rest[W];
    ptrdiff_t i = 0;
    vec scale;
    for (; i + W <= n; i += W) {
        v_store(reduced + i, first_step(function, v_load(x + i), row, &scale, count));
        v_store(scales + i, scale);
    }
    if (i < n) {
        for (ptrdiff_t k = 0; k < W; k++) rest[k] = i + k < n ? x[i + k] : -INFINITY;
        const vec r = first_step(function, v_load(rest), row, &scale, count);
        v_store_n(to + i, second_step(r, scale), n - i);
    }
    for (i = 0; i + W <= n; i += W) v_store(to + i, second_step(v_load(reduced + i), v_load(scales + i)));
}

/* The terms of a row summed; those of softmax stay in `out`. */
FA_INLINE void sum_along(int function, const lane *a, const lane *b, lane *out, ptrdiff_t n, const lane *row,
                         lane *sum, lane *sum_low, lane *sum_count)
{
    vec count = v_set(0);
    lane total = 0, total_low = 0, lanes[LANES], lanes_low[LANES], kept[ROW_BLOCK];
    for (ptrdiff_t start = 0; start < n; start += ROW_BLOCK) {
        const ptrdiff_t length = n - start < ROW_BLOCK ? n - start : ROW_BLOCK;
        lane *const made = function == FA_softmax_forward ? out + start : kept;
        if (has_maximum(function)) exponentials_along(function, a + start, made, length, row, &count);
        const lane *const first = has_maximum(function) ? made : a + start, *const second = b + start;
        vec high[SETS], low[SETS];
        FA_UNROLL
        for (int k = 0; k < SETS; k++) {
            high[k] = beginning(function);
            low[k] = v_set(0);
        }
        ptrdiff_t i = 0;
        for (; i + LANES <= length; i += LANES) {
            FA_UNROLL
            for (int k = 0; k < SETS; k++) {
                const vec value = v_load(first + i + k * W);
                accumulate(function,
                           function == FA_softmax_backward ? product(value, v_load(second + i + k * W))
                                                           : value,
                           high + k, low + k);
            }
        }
        FA_UNROLL
        for (int k = 0; k < SETS; k++) {
            const ptrdiff_t left = length - i - k * W, part = left < W ? left : W;
            if (left > 0) {
                const vec value = v_load_n(first + i + k * W, part);
                accumulate(function,
                           function == FA_softmax_backward
                               ? product(value, v_load_n(second + i + k * W, part))
                               : value,
                           high + k, low + k);
            }
            v_store(lanes + k * W, v_sub(high[k], beginning(function)));
            v_store(lanes_low + k * W, low[k]);
        }
        fold(lanes, lanes_low);
        lane rest;
        total = lane_two_sum(total, lanes[0], &rest);
        total_low = total_low + (lanes_low[0] + rest);
    }
    *sum = total, *sum_low = total_low, *sum_count = 0;
    v_store(lanes, count);
    for (int k = 0; k < W; k++) *sum_count += lanes[k];
}

FA_INLINE void along(int function, const lane *a, const lane *b, lane *out, ptrdiff_t n)
{
    constants row;
    lane sum, low, count, least = 0;
    const lane most = has_maximum(function) ? maximum_of(a, n, &least) : 0;
    const vec maximum = v_set(most);
    if (has_maximum(function)) begin_row(function, maximum, row);
    sum_along(function, a, b, out, n, row, &sum, &low, &count);
    const mask regular = end_row(function, maximum, v_set(sum), v_set(low), v_set(count), row);
    if (function == FA_softmax_forward) a = out;
    ptrdiff_t i = 0;
    lane shown[W];
    v_store(shown, v_select(regular, v_set(1), v_set(0)));
    if (shown[0] == 0) {
        for (; i < n; i++) out[i] = NAN;
        return;
    }
    if (function == FA_softmax_forward && least - most >= NEAR)
        for (; i + W <= n; i += W) v_store(out + i, plain_softmax_result(v_load(a + i), row));
    for (; i + W <= n; i += W) v_store(out + i, result(function, v_load(a + i), v_load(b + i), row));
    if (i < n)
        v_store_n(out + i, result(function, v_load_n(a + i, n - i), v_load_n(b + i, n - i), row), n - i);
}

/* --- W rows side by side --- */

#define READ(from, i) \
    (count_of_rows == W ? v_load((from) + (i)*step) : v_load_n((from) + (i)*step, count_of_rows))
#define WRITE(to, i, value)                                   \
    do {                                                      \
        if (count_of_rows == W)                               \
            v_store((to) + (i)*step, value);                  \
        else                                                  \
            v_store_n((to) + (i)*step, value, count_of_rows); \
    } while (0)

FA_INLINE void across(int function, const lane *a, const lane *b, lane *out, ptrdiff_t count_of_rows,
                      ptrdiff_t n, ptrdiff_t step)
{
    const vec zero = v_set(0);
    constants row;
    _Alignas(64) lane high[LANES * W], low[LANES * W], kept[ROW_BLOCK * W];
    _Alignas(64) lane reduced[CHUNK * W], scales[CHUNK * W];
    vec maximum = v_set(-INFINITY), least = v_set(INFINITY), sum = zero, sum_low = zero, count = zero, rest;
    if (has_maximum(function)) {
        for (ptrdiff_t i = 0; i < n; i++) {
            maximum = v_max(READ(a, i), maximum);
            if (function == FA_softmax_forward) least = v_min(READ(a, i), least);
        }
        begin_row(function, maximum, row);
    }
    for (ptrdiff_t start = 0; start < n; start += ROW_BLOCK) {
        const ptrdiff_t end = n - start < ROW_BLOCK ? n : start + ROW_BLOCK;
        int lanes = LANES; /* those that are empty add nothing */
        while (lanes > 1 && lanes / 2 >= end - start) lanes /= 2;
        for (ptrdiff_t first = start; first < end && has_maximum(function); first += CHUNK) {
            const ptrdiff_t last = end - first < CHUNK ? end : first + CHUNK;
            vec scale;
            for (ptrdiff_t i = first; i < last; i++) {
                v_store(reduced + (i - first) * W, first_step(function, READ(a, i), row, &scale, &count));
                v_store(scales + (i - first) * W, scale);
            }
            for (ptrdiff_t i = first; i < last; i++) {
                const vec value =
                    second_step(v_load(reduced + (i - first) * W), v_load(scales + (i - first) * W));
                if (function == FA_softmax_forward)
                    WRITE(out, i, value);
                else
                    v_store(kept + (i - start) * W, value);
            }
        }
        for (int k = 0; k < lanes; k++) {
            vec lane_high = beginning(function), lane_low = zero;
            for (ptrdiff_t i = start + k; i < end; i += LANES)
                accumulate(function,
                           function == FA_softmax_forward       ? READ(out, i)
                           : function == FA_log_softmax_forward ? v_load(kept + (i - start) * W)
                           : function == FA_softmax_backward    ? product(READ(a, i), READ(b, i))
                                                                : READ(a, i),
                           &lane_high, &lane_low);
            v_store(high + k * W, v_sub(lane_high, beginning(function)));
            v_store(low + k * W, lane_low);
        }
        for (int half = lanes / 2; half > 0; half /= 2)
            for (int k = 0; k < half; k++) {
                lane *const one = high + k * W, *const one_low = low + k * W;
                v_store(one, two_sum(v_load(one), v_load(one + half * W), &rest));
                v_store(one_low, v_add(v_add(v_load(one_low), v_load(one_low + half * W)), rest));
            }
        sum = two_sum(sum, v_load(high), &rest);
        sum_low = v_add(sum_low, v_add(v_load(low), rest));
    }
    const vec regular = v_select(end_row(function, maximum, sum, sum_low, count, row), v_set(1), zero);
    if (function == FA_softmax_forward) a = out;
    if (function == FA_softmax_forward && !v_any(v_lt(v_sub(least, maximum), v_set(NEAR))))
        for (ptrdiff_t i = 0; i < n; i++) WRITE(out, i, plain_softmax_result(READ(a, i), row));
    else
        for (ptrdiff_t i = 0; i < n; i++) WRITE(out, i, result(function, READ(a, i), READ(b, i), row));
    const mask is_nan_row = v_lt(regular, v_set(1));
    if (v_any(is_nan_row))
        for (ptrdiff_t i = 0; i < n; i++) WRITE(out, i, v_select(is_nan_row, v_set(NAN), READ(out, i)));
}

/* W rows of n elements, of which `count` exist, to or from n vectors. */
static void turn_in(const lane *from, lane *tile, ptrdiff_t count, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i += W) {
        vec square[W];
        FA_UNROLL
        for (ptrdiff_t k = 0; k < W; k++) {
            const lane *const at = from + (k < count ? k : count - 1) * n + i;
            square[k] = i + W <= n ? v_load(at) : v_load_n(at, n - i);
        }
        v_transpose(square);
        FA_UNROLL
        for (int k = 0; k < W; k++) v_store(tile + (i + k) * W, square[k]);
    }
}

static void turn_out(const lane *tile, lane *to, ptrdiff_t count, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i += W) {
        vec square[W];
        FA_UNROLL
        for (int k = 0; k < W; k++) square[k] = v_load(tile + (i + k) * W);
        v_transpose(square);
        FA_UNROLL
        for (ptrdiff_t k = 0; k < W; k++) {
            if (k >= count) break;
            if (i + W <= n)
                v_store(to + k * n + i, square[k]);
            else
                v_store_n(to + k * n + i, square[k], n - i);
        }
    }
}

/* --- The kernels --- */

/* A tile of turned rows has room for whole squares. */
#define ROW_KERNEL(function, inputs)                                                                    \
    static void function##_turned(const lane *a, const lane *b, lane *out, ptrdiff_t rows, ptrdiff_t n) \
    {                                                                                                   \
        _Alignas(64) lane tile_a[(TURNED + W) * W], tile_b[inputs == 2 ? (TURNED + W) * W : W];         \
        for (ptrdiff_t i = 0; i < rows; i += W) {                                                       \
            const ptrdiff_t count = rows - i < W ? rows - i : W;                                        \
            turn_in(a + i * n, tile_a, count, n);                                                       \
            if (inputs == 2) turn_in(b + i * n, tile_b, count, n);                                      \
            across(FA_##function, tile_a, inputs == 2 ? tile_b : tile_a, tile_a, W, n, W);              \
            turn_out(tile_a, out + i * n, count, n);                                                    \
        }                                                                                               \
    }                                                                                                   \
    static void function##_rows(const void *const *operands, void *out, ptrdiff_t rows, ptrdiff_t n,    \
                                ptrdiff_t step)                                                         \
    {                                                                                                   \
        const lane *const a = operands[0], *const b = operands[inputs - 1];                             \
        lane *const to = out;                                                                           \
        ptrdiff_t i = 0;                                                                                \
        if (step > 1) {                                                                                 \
            for (; i + W <= rows; i += W) across(FA_##function, a + i, b + i, to + i, W, n, step);      \
            if (i < rows) across(FA_##function, a + i, b + i, to + i, rows - i, n, step);               \
        } else if (n <= TURNED && 2 * rows > W) {                                                       \
            function##_turned(a, b, to, rows, n);                                                       \
        } else {                                                                                        \
            for (; i < rows; i++) along(FA_##function, a + i * n, b + i * n, to + i * n, n);            \
        }                                                                                               \
    }
#define ROW_KERNELS(name, ...) ROW_KERNEL(name##_forward, 1) ROW_KERNEL(name##_backward, 2)
FA_ROWS(ROW_KERNELS)

#define ROW_ENTRIES(name, ...) name##_forward_rows, name##_backward_rows,
static const fa_row_kernel ROW_TABLE[FA_ROW_FUNCTION_COUNT] = {FA_ROWS(ROW_ENTRIES)};
