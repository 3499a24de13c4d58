/* How rows are walked over: along one whose elements are neighbours, W together where they lie side by side
 * or are short and are turned. What is computed is in rows.h; of axes and threads rows.c knows.
 */
enum { TURNED = 256 }; /* elements of a row that is short */

/* --- Along a row --- */

/* Where a vector is a cache line, all of a row's would straddle two: aligned to the result's lines, 1,000
 * rows of 1,000 take 0.9 of the time (log_softmax_backward 1.0). Where it is half of one: 1.03. */
FA_INLINE ptrdiff_t elements_to_line(const lane *at, ptrdiff_t n)
{
    return W * sizeof(lane) == FA_LINE_BYTES ? elements_to_alignment(at, n) : 0;
}

static lane lane_two_sum(lane a, lane b, lane *rest)
{
    const lane sum = a + b, b_part = sum - a;
    *rest = (a - (sum - b_part)) + (b - b_part);
    return sum;
}

/* The lanes of a row, by halves; the result in the first of each. (By vectors, through memory: softmax 0.9.)
 */
static void fold(lane *high, lane *low)
{
    FA_UNROLL
    for (int half = LANES / 2; half > 0; half /= 2) {
        FA_UNROLL
        for (int k = 0; k < half; k++) {
            lane rest;
            high[k] = lane_two_sum(high[k], high[k + half], &rest);
            low[k] = low[k] + low[k + half] + rest;
        }
    }
}

/* NaN is neither. Four at a time: one alone waits for itself. */
FA_INLINE void widen_range(vec value, vec *most, vec *fewest)
{
    *most = v_max(value, *most);
    *fewest = v_min(value, *fewest);
}
static lane maximum_of(const lane *x, ptrdiff_t n, lane *least)
{
    vec most[4], fewest[4];
    _Alignas(64) lane high[W], low[W];
    ptrdiff_t i = 0;
    for (int k = 0; k < 4; k++) {
        most[k] = v_set(-INFINITY);
        fewest[k] = v_set(INFINITY);
    }
    if (n >= W) {
        widen_range(v_load(x), most, fewest);
        i = elements_to_line(x, n);
    }
    for (; i + 4 * W <= n; i += 4 * W) {
        FA_UNROLL
        for (int k = 0; k < 4; k++) widen_range(v_load(x + i + k * W), most + k, fewest + k);
    }
    for (; i + W <= n; i += W) widen_range(v_load(x + i), most, fewest);
    if (i < n && n >= W) widen_range(v_load(x + n - W), most, fewest);
    for (int k = 1; k < 4; k++) {
        most[0] = v_max(most[k], most[0]);
        fewest[0] = v_min(fewest[k], fewest[0]);
    }
    v_store(high, most[0]);
    v_store(low, fewest[0]);
    for (int k = 0; k < n && n < W; k++) {
        high[k] = x[k] > high[k] ? x[k] : high[k];
        low[k] = x[k] < low[k] ? x[k] : low[k];
    }
    FA_UNROLL
    for (int half = W / 2; half > 0; half /= 2) {
        FA_UNROLL
        for (int k = 0; k < half; k++) {
            high[k] = high[k + half] > high[k] ? high[k + half] : high[k];
            low[k] = low[k + half] < low[k] ? low[k + half] : low[k];
        }
    }
    *least = low[0];
    return high[0];
}

/* A sum's terms are, of functions with a maximum, exponentials; of softmax they stay in `out`. */
FA_INLINE vec term(int function, int kind, const lane *a, const lane *b, lane *out, ptrdiff_t i,
                   const lane *row, vec *count)
{
    const vec value = v_load(a + i);
    if (function == FA_softmax_backward) return product(value, v_load(b + i));
    if (!has_maximum(function)) return value;
    const vec e = exponential(function, kind, value, row, count);
    if (function == FA_softmax_forward) v_store(out + i, e);
    return e;
}
/* A part of a vector: what it lacks must not be counted as a maximum, and adds 0. */
FA_INLINE vec last_term(int function, const lane *a, const lane *b, lane *out, ptrdiff_t i, ptrdiff_t part,
                        const lane *row, vec *count)
{
    const vec value = v_load_n(a + i, part);
    if (function == FA_softmax_backward) return product(value, v_load_n(b + i, part));
    if (!has_maximum(function)) return value;
    const mask there = v_from_bits(((uint64_t)1 << part) - 1);
    const vec e = exponential(function, ANY_ROW, v_select(there, value, v_set(-INFINITY)), row, count);
    if (function == FA_softmax_forward) v_store_n(out + i, e, part);
    return v_select(there, e, v_set(0));
}

enum { ROWS_AT_ONCE = 2, BYTES_AT_ONCE = 1 << 15 };

/* A row and what is known of it from pass to pass. */
typedef struct {
    _Alignas(64) constants constants;
    lane most, sum, low, count;
    int is_plain;
} along_row;

FA_INLINE void begin_along(int function, const lane *a, ptrdiff_t n, along_row *row)
{
    lane least = 0;
    row->most = has_maximum(function) ? maximum_of(a, n, &least) : 0;
    row->is_plain = function == FA_softmax_forward && least - row->most >= NEAR && row->most > -CENTERED &&
                    row->most < CENTERED;
    if (has_maximum(function)) begin_row(function, v_set(row->most), row->constants);
}

/* The terms of a row summed, while the row that is `ahead` is asked for, and where it fits the first-level
 * cache its result: out of the caches softmax is 1.1 times as fast, log_softmax 1.2 times. (What is asked for
 * by functions of two inputs makes theirs slower.) */
FA_INLINE void sum_along(int function, int kind, const lane *a, const lane *b, lane *out, ptrdiff_t n,
                         ptrdiff_t ahead, along_row *row)
{
    vec count = v_set(0), high[SETS], low[SETS];
    _Alignas(64) lane lanes[LANES + W], lanes_low[LANES];
    _Alignas(64) constants constants; /* its own: stores to `out` might change the row's for all C knows */
    memcpy(constants, row->constants, sizeof constants);
    FA_UNROLL
    for (int k = 0; k < SETS; k++) {
        high[k] = beginning(function);
        low[k] = v_set(0);
    }
    const lane *const wanted = n <= BYTES_AT_ONCE / (ptrdiff_t)sizeof(lane) ? out + ahead : a + ahead;
    /* What comes before the line meets its lanes first. All are as many places off, which folding does not
     * see: it adds what lies half of them apart, in either order. */
    const ptrdiff_t part = elements_to_line(out, n);
    if (part > 0) {
        FA_UNROLL
        for (int k = 0; k < SETS; k++) v_store(lanes + k * W, v_set(0));
        v_store(lanes + LANES - part, last_term(function, a, b, out, 0, part, constants, &count));
        FA_UNROLL
        for (int k = 0; k < SETS; k++) accumulate(function, v_load(lanes + k * W), high + k, low + k);
    }
    ptrdiff_t i = part;
    FA_UNROLL_BY_4
    for (; i + LANES <= n; i += LANES) {
        if (has_maximum(function)) FA_PREFETCH(a + i + ahead), FA_PREFETCH(wanted + i);
        FA_UNROLL
        for (int k = 0; k < SETS; k++)
            accumulate(function, term(function, kind, a, b, out, i + k * W, constants, &count), high + k,
                       low + k);
    }
    for (int k = 0; k < SETS && i < n; k++, i += W) {
        const vec value = i + W <= n ? term(function, kind, a, b, out, i, constants, &count)
                                     : last_term(function, a, b, out, i, n - i, constants, &count);
        accumulate(function, value, high + k, low + k);
    }
    FA_UNROLL
    for (int k = 0; k < SETS; k++) {
        v_store(lanes + k * W, v_sub(high[k], beginning(function)));
        v_store(lanes_low + k * W, low[k]);
    }
    fold(lanes, lanes_low);
    row->sum = lanes[0], row->low = lanes_low[0], row->count = 0;
    v_store(lanes, count);
    for (int k = 0; k < W && function == FA_log_softmax_forward; k++) row->count += lanes[k];
}

/* The results of a row, NaN throughout where it is not regular. */
FA_INLINE void end_along(int function, const lane *a, const lane *b, lane *out, ptrdiff_t n, along_row *row)
{
    _Alignas(64) constants constants;
    memcpy(constants, row->constants, sizeof constants);
    const mask regular =
        end_row(function, v_set(row->most), v_set(row->sum), v_set(row->low), v_set(row->count), constants);
    if (function == FA_softmax_forward) a = out;
    ptrdiff_t i = 0;
    if (!v_any(regular)) {
        for (; i < n; i++) out[i] = NAN;
        return;
    }
    const ptrdiff_t part = elements_to_line(out, n);
    if (part > 0) v_store_n(out, result(function, v_load_n(a, part), v_load_n(b, part), constants), part);
    i = part;
    if (row->is_plain) {
        FA_UNROLL_BY_4
        for (; i + W <= n; i += W) v_store(out + i, plain_softmax_result(v_load(a + i), constants));
    }
    for (; i + W <= n; i += W) v_store(out + i, result(function, v_load(a + i), v_load(b + i), constants));
    if (i < n)
        v_store_n(out + i, result(function, v_load_n(a + i, n - i), v_load_n(b + i, n - i), constants),
                  n - i);
}

/* Two rows, each pass over both before the next: what a pass ends with is a chain of a hundred cycles and
 * more, which the other row hides. (Four fill the first-level cache beside those that are asked for: 1,000
 * rows of 1,000 took 1.1 times as long. The exponentials in a room of their own, results stored once and
 * aligned: 0.95 to 1.08.) */
FA_INLINE void along(int function, const lane *a, const lane *b, lane *out, ptrdiff_t count, ptrdiff_t n)
{
    along_row rows[ROWS_AT_ONCE];
    for (ptrdiff_t k = 0; k < count; k++) begin_along(function, a + k * n, n, rows + k);
    for (ptrdiff_t k = 0; k < count; k++) {
        if (rows[k].is_plain)
            sum_along(function, PLAIN, a + k * n, b + k * n, out + k * n, n, count * n, rows + k);
        else
            sum_along(function, ANY_ROW, a + k * n, b + k * n, out + k * n, n, count * n, rows + k);
    }
    for (ptrdiff_t k = 0; k < count; k++) end_along(function, a + k * n, b + k * n, out + k * n, n, rows + k);
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

/* Elements from `start` to `end` of W rows of n, added to their lanes, which the last block completes. */
enum { ACROSS_BLOCK = 512 }; /* what a second loop finds in the cache */
FA_INLINE void sum_across(int function, int kind, const lane *a, const lane *b, lane *out,
                          ptrdiff_t count_of_rows, ptrdiff_t start, ptrdiff_t end, ptrdiff_t n,
                          ptrdiff_t step, int lanes, const lane *row, lane *high, lane *low, vec *count)
{
    _Alignas(64) lane kept[ACROSS_BLOCK * W];
    for (ptrdiff_t i = start; i < end && has_maximum(function); i++) {
        const vec e = exponential(function, kind, READ(a, i), row, count);
        if (function == FA_softmax_forward)
            WRITE(out, i, e);
        else
            v_store(kept + (i - start) * W, e);
    }
    for (int k = 0; k < lanes; k++) {
        vec lane_high = beginning(function), lane_low = v_set(0);
        if (start > 0) {
            lane_high = v_load(high + k * W);
            lane_low = v_load(low + k * W);
        }
        for (ptrdiff_t i = start + k; i < end; i += LANES)
            accumulate(function,
                       function == FA_softmax_forward       ? READ(out, i)
                       : function == FA_log_softmax_forward ? v_load(kept + (i - start) * W)
                       : function == FA_softmax_backward    ? product(READ(a, i), READ(b, i))
                                                            : READ(a, i),
                       &lane_high, &lane_low);
        v_store(high + k * W, end == n ? v_sub(lane_high, beginning(function)) : lane_high);
        v_store(low + k * W, lane_low);
    }
}

/* Lanes that a row of n fills, up to a power of two: the others would add nothing. */
static int lanes_of(ptrdiff_t n)
{
    int lanes = LANES;
    while (lanes > 1 && lanes / 2 >= n) lanes /= 2;
    return lanes;
}

/* The lanes of W rows, by halves; the result in the first of each. */
FA_INLINE void fold_across(int lanes, lane *high, lane *low)
{
    for (int half = lanes / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++) {
            lane *const one = high + k * W, *const one_low = low + k * W;
            vec rest;
            v_store(one, two_sum(v_load(one), v_load(one + half * W), &rest));
            v_store(one_low, v_add(v_add(v_load(one_low), v_load(one_low + half * W)), rest));
        }
}

FA_INLINE void across(int function, const lane *a, const lane *b, lane *out, ptrdiff_t count_of_rows,
                      ptrdiff_t n, ptrdiff_t step)
{
    const vec zero = v_set(0);
    constants row;
    _Alignas(64) lane high[LANES * W], low[LANES * W];
    vec maximum = v_set(-INFINITY), least = v_set(INFINITY), count = zero;
    int is_plain = 0;
    if (has_maximum(function)) {
        vec second = maximum, second_least = least;
        ptrdiff_t i = 0;
        for (; i + 2 <= n; i += 2) {
            widen_range(READ(a, i), &maximum, &least);
            widen_range(READ(a, i + 1), &second, &second_least);
        }
        if (i < n) widen_range(READ(a, i), &maximum, &least);
        maximum = v_max(second, maximum);
        least = v_min(second_least, least);
        begin_row(function, maximum, row);
    }
    if (function == FA_softmax_forward) {
        const mask far = v_lt(v_sub(least, maximum), v_set(NEAR)),
                   off = v_le(v_set(CENTERED), v_abs(maximum));
        is_plain = !v_any(v_or(far, off));
    }
    const int lanes = lanes_of(n);
    for (ptrdiff_t start = 0; start < n; start += ACROSS_BLOCK) {
        const ptrdiff_t end = n - start < ACROSS_BLOCK ? n : start + ACROSS_BLOCK;
        if (is_plain)
            sum_across(function, PLAIN, a, b, out, count_of_rows, start, end, n, step, lanes, row, high, low,
                       &count);
        else
            sum_across(function, ANY_ROW, a, b, out, count_of_rows, start, end, n, step, lanes, row, high,
                       low, &count);
    }
    fold_across(lanes, high, low);
    const vec sum = v_load(high), sum_low = v_load(low);
    const vec regular = v_select(end_row(function, maximum, sum, sum_low, count, row), v_set(1), zero);
    if (function == FA_softmax_forward) a = out;
    if (is_plain)
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

/* W short rows, of which `count` exist, without a maximum: each is summed along itself and only their lanes
 * are turned, for what is made of the sums is made of W at once. Rows of 32 take 0.7 to 0.9 of the time,
 * longer ones 0.6; shorter ones would take up to twice as long. */
enum { LEAST_BESIDE = 2 * LANES };
FA_INLINE void beside(int function, const lane *a, const lane *b, lane *out, ptrdiff_t count, ptrdiff_t n)
{
    _Alignas(64) lane high[LANES * W], low[LANES * W], turned[2][W * W];
    _Alignas(64) constants sums, row;
    const int lanes = lanes_of(n);
    vec none = v_set(0);
    for (int set = 0; set * W < lanes; set++) {
        vec square[W];
        for (ptrdiff_t k = 0; k < W; k++) {
            const ptrdiff_t at = (k < count ? k : count - 1) * n;
            vec sum = v_set(0), rest = v_set(0);
            ptrdiff_t i = set * W;
            for (; i + W <= n; i += LANES)
                accumulate(function, term(function, ANY_ROW, a + at, b + at, out, i, row, &none), &sum,
                           &rest);
            if (i < n)
                accumulate(function, last_term(function, a + at, b + at, out, i, n - i, row, &none), &sum,
                           &rest);
            v_store(turned[0] + k * W, sum);
            v_store(turned[1] + k * W, rest);
        }
        for (int part = 0; part < 2; part++) {
            FA_UNROLL
            for (int k = 0; k < W; k++) square[k] = v_load(turned[part] + k * W);
            v_transpose(square);
            FA_UNROLL
            for (int k = 0; k < W; k++) v_store((part ? low : high) + (set * W + k) * W, square[k]);
        }
    }
    fold_across(lanes, high, low);
    const vec zero = v_set(0);
    const mask is_regular = end_row(function, zero, v_load(high), v_load(low), zero, sums);
    v_store(low, v_select(is_regular, v_set(1), zero));
    for (ptrdiff_t k = 0; k < count; k++, a += n, b += n, out += n) {
        ptrdiff_t i = 0;
        SET_CONSTANT(HIGH, v_set(sums[HIGH * W + k]));
        SET_CONSTANT(LOW, v_set(sums[LOW * W + k]));
        for (; i < n && low[k] == 0; i++) out[i] = NAN;
        for (; i + W <= n; i += W) v_store(out + i, result(function, v_load(a + i), v_load(b + i), row));
        if (i < n)
            v_store_n(out + i, result(function, v_load_n(a + i, n - i), v_load_n(b + i, n - i), row), n - i);
    }
}

/* --- The kernels --- */

/* A tile of turned rows has room for whole squares. */
#define ROW_KERNEL(function, inputs)                                                                      \
    static void function##_short(const lane *a, const lane *b, lane *out, ptrdiff_t rows, ptrdiff_t n)    \
    {                                                                                                     \
        _Alignas(64) lane tile_a[(TURNED + W) * W], tile_b[inputs == 2 ? (TURNED + W) * W : W];           \
        for (ptrdiff_t i = 0; i < rows; i += W, a += W * n, b += W * n, out += W * n) {                   \
            const ptrdiff_t count = rows - i < W ? rows - i : W;                                          \
            if (inputs == 2 && n >= LEAST_BESIDE) {                                                       \
                beside(FA_##function, a, b, out, count, n);                                               \
                continue;                                                                                 \
            }                                                                                             \
            turn_in(a, tile_a, count, n);                                                                 \
            if (inputs == 2) turn_in(b, tile_b, count, n);                                                \
            across(FA_##function, tile_a, inputs == 2 ? tile_b : tile_a, tile_a, W, n, W);                \
            turn_out(tile_a, out, count, n);                                                              \
        }                                                                                                 \
    }                                                                                                     \
    static void function##_rows(const void *const *operands, void *out, ptrdiff_t rows, ptrdiff_t n,      \
                                ptrdiff_t step)                                                           \
    {                                                                                                     \
        const lane *const a = operands[0], *const b = operands[inputs - 1];                               \
        lane *const to = out;                                                                             \
        ptrdiff_t i = 0;                                                                                  \
        if (step > 1) {                                                                                   \
            for (; i + W <= rows; i += W) across(FA_##function, a + i, b + i, to + i, W, n, step);        \
            if (i < rows) across(FA_##function, a + i, b + i, to + i, rows - i, n, step);                 \
        } else if (n <= TURNED && 2 * rows > W) {                                                         \
            function##_short(a, b, to, rows, n);                                                          \
        } else {                                                                                          \
            const ptrdiff_t fitting = BYTES_AT_ONCE / ((inputs + 1) * (ptrdiff_t)sizeof(lane) * (n + 1)); \
            const ptrdiff_t most = fitting < 1 ? 1 : fitting < ROWS_AT_ONCE ? fitting : ROWS_AT_ONCE;     \
            for (; i < rows; i += most)                                                                   \
                along(FA_##function, a + i * n, b + i * n, to + i * n, rows - i < most ? rows - i : most, \
                      n);                                                                                 \
        }                                                                                                 \
    }
#define ROW_KERNELS(name, ...) ROW_KERNEL(name##_forward, 1) ROW_KERNEL(name##_backward, 2)
FA_ROWS(ROW_KERNELS)

#define ROW_ENTRIES(name, ...) name##_forward_rows, name##_backward_rows,
static const fa_row_kernel ROW_TABLE[FA_ROW_FUNCTION_COUNT] = {FA_ROWS(ROW_ENTRIES)};
