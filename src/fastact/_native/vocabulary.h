/* The vocabulary as functions over arrays, so that tests can compare each operation of each
 * instruction set with vec_scalar.h. Nothing else calls them. A mask is shown as 1 and 0.
 */
#define A v_load((const lane *)a + i)
#define B v_load((const lane *)b + i)
#define C v_load((const lane *)c + i)
#define SHOWN(m) v_select(m, v_set(1), v_set(0))
#define OF_NUMBERS(value) v_select(v_and(v_le(A, A), v_le(B, B)), value, v_set(0))

/* What scales a product, of any operand. */
#define SCALE_OF(a) scale_of(v_max(v_min(a, v_set(200)), v_set(-200)))
FA_INLINE vec scale_of(vec a)
{
    const vec power = v_set(ROUND_TO_INTEGER);
    return v_fma(v_set(EITHER(2, 8)), v_sub(v_add(a, power), power), v_set(POWER));
}

static const lane NUMBERS[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                               16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

/* By octaves, and by halves of one. */
#define LOOKED_UP(a) \
    v_fma(v_lookup(NUMBERS, a, MANTISSA_BITS), v_set(8), v_lookup(NUMBERS, a, MANTISSA_BITS - 1))

/* No factor of v_moderate_product but those of no more than 2**20 in magnitude and NaN. */
FA_INLINE vec moderate(vec m) { return v_select(v_lt(v_set(0x1p20), v_abs(m)), v_set(0.75), m); }

/* No product of v_lesser_product but by 0, what is from 1/2 to 1, and NaN. */
FA_INLINE vec no_more_than_1(vec b)
{
    const vec magnitude = v_abs(b), half = v_mul(v_abs(v_significand(b)), v_set(0.5));
    const mask regular = v_and(v_lt(v_set(0), magnitude), v_lt(magnitude, v_set(INFINITY)));
    const vec fraction = v_select(v_is_tiny(b, v_set(TINY)), v_set(0.75), half);
    return v_select(regular, fraction, v_min(v_set(1), magnitude));
}

/* What v_moved moves, by as much as its operand b, and what that may be. */
FA_INLINE vec move_of(vec a, vec b)
{
    const vec down = v_sub(v_set(POWER), v_abs(v_sub(SCALE_OF(b), v_set(POWER))));
    return v_select(v_le(a, a), v_max(v_set(LEAST_MOVE), down), v_set(POWER));
}
FA_INLINE vec movable(vec a, vec b)
{
    const vec magnitude = v_abs(a);
    const mask moderate =
        v_or(v_le(magnitude, v_set(0)), v_and(v_lt(v_set(0x1p-61), magnitude), v_lt(magnitude, v_set(4))));
    const vec quiet = v_select(v_le(a, a), a, v_sub(a, a));
    const vec normal = v_select(v_is_tiny(a, v_set(SMALLEST_NORMAL)), v_set(1), quiet);
    return v_select(moderate, a,
                    v_select(v_lt(move_of(a, b), v_set(POWER)), v_copysign(v_set(1.25), a), normal));
}

/* The significand of a split number or, where b is not below 0, its exponent. */
FA_INLINE vec part_of_split(vec a, vec b)
{
    vec n;
    const vec m = v_split(a, &n);
    return v_select(v_lt(b, v_set(0)), m, n);
}

/* The same of what is split evenly, any number above 0. */
FA_INLINE vec part_of_even_split(vec a, vec b)
{
    const vec magnitude = v_abs(a);
    const mask regular = v_and(v_lt(v_set(0), magnitude), v_lt(magnitude, v_set(INFINITY)));
    vec t;
    const vec m = v_split_evenly(v_select(regular, magnitude, v_set(3)), v_set(POWER), &t);
    return v_select(v_lt(b, v_set(0)), m, v_sub(t, v_set(POWER)));
}

/* v_load_n and v_store_n move the first n % W lanes of each vector. */
#define VOCABULARY(OPERATION)                                                      \
    OPERATION(v_set, v_set(*((const lane *)a + i)))                                \
    OPERATION(v_load_n, v_load_n((const lane *)a + i, (ptrdiff_t)(i / W % W)))     \
    OPERATION(v_add, v_add(A, B))                                                  \
    OPERATION(v_sub, v_sub(A, B))                                                  \
    OPERATION(v_mul, v_mul(A, B))                                                  \
    OPERATION(v_div, v_div(A, B))                                                  \
    OPERATION(v_sqrt, v_sqrt(A))                                                   \
    OPERATION(v_div_by_steps, v_div_by_steps(A, B))                                \
    OPERATION(v_sqrt_by_steps, v_sqrt_by_steps(A))                                 \
    OPERATION(v_fma, v_fma(A, B, C))                                               \
    OPERATION(v_fnma, v_fnma(A, B, C))                                             \
    OPERATION(v_max, v_max(A, B))                                                  \
    OPERATION(v_min, v_min(A, B))                                                  \
    OPERATION(v_lt, SHOWN(v_lt(A, B)))                                             \
    OPERATION(v_le, SHOWN(v_le(A, B)))                                             \
    OPERATION(v_and, SHOWN(v_and(v_lt(A, B), v_le(B, C))))                         \
    OPERATION(v_or, SHOWN(v_or(v_lt(A, B), v_le(B, C))))                           \
    OPERATION(v_any, v_set((lane)(v_any(v_lt(A, B)) != 0)))                        \
    OPERATION(v_sign, SHOWN(v_sign(A)))                                            \
    OPERATION(v_select, v_select(v_lt(A, B), B, C))                                \
    OPERATION(v_lookup, LOOKED_UP(A))                                              \
    OPERATION(v_lookup_32, v_lookup_32(NUMBERS, A))                                \
    OPERATION(v_even, v_even(A, B))                                                \
    OPERATION(v_to_bits, v_set((lane)v_to_bits(v_lt(A, B))))                       \
    OPERATION(v_from_bits, SHOWN(v_from_bits((uint64_t)(i / W))))                  \
    OPERATION(v_count, v_set((lane)v_count(v_to_bits(v_lt(A, B)) << i % 48)))      \
    OPERATION(v_abs, v_abs(A))                                                     \
    OPERATION(v_copysign, v_copysign(A, B))                                        \
    OPERATION(v_lesser, v_lesser(A, v_mul(A, A)))                                  \
    OPERATION(v_min_magnitude, OF_NUMBERS(v_min_magnitude(A, B)))                  \
    OPERATION(v_max_magnitude, OF_NUMBERS(v_max_magnitude(A, B)))                  \
    OPERATION(v_least, v_least(v_select(v_le(B, B), v_abs(B), v_set(1)), A))       \
    OPERATION(v_bits_sub, v_bits_sub(A, B))                                        \
    OPERATION(v_pow2, v_pow2(A))                                                   \
    OPERATION(v_is_tiny, SHOWN(v_is_tiny(A, B)))                                   \
    OPERATION(v_rescaled, v_rescaled(A))                                           \
    OPERATION(v_product, v_product(A, B))                                          \
    OPERATION(v_scaled_product, v_scaled_product(A, B, SCALE_OF(C)))               \
    OPERATION(v_regular_product, v_regular_product(A, B))                          \
    OPERATION(v_moderate_product, v_moderate_product(A, moderate(B), SCALE_OF(C))) \
    OPERATION(v_lesser_product, v_lesser_product(A, no_more_than_1(B)))            \
    OPERATION(v_moved, v_moved(movable(A, B), move_of(A, B)))                      \
    OPERATION(v_less_square, v_less_square(A))                                     \
    OPERATION(v_split, part_of_split(A, B))                                        \
    OPERATION(v_split_evenly, part_of_even_split(A, B))                            \
    OPERATION(v_exponent, v_exponent(A))                                           \
    OPERATION(v_significand, v_significand(A))

#define DEFINE(name, expression)                                                                \
    static void run_##name(const void *a, const void *b, const void *c, void *out, ptrdiff_t n) \
    {                                                                                           \
        (void)a, (void)b, (void)c;                                                              \
        for (ptrdiff_t i = 0; i + W <= n; i += W) v_store((lane *)out + i, expression);         \
    }
VOCABULARY(DEFINE)

static void run_v_store_n(const void *a, const void *b, const void *c, void *out, ptrdiff_t n)
{
    (void)b, (void)c;
    for (ptrdiff_t i = 0; i + W <= n; i += W) v_store_n((lane *)out + i, A, (ptrdiff_t)(i / W % W));
}

/* a, but 0 where b, between the lanes, has not been kept. */
static void run_v_store_even(const void *a, const void *b, const void *c, void *out, ptrdiff_t n)
{
    (void)c;
    for (ptrdiff_t i = 0; i + W <= n; i += W) {
        lane apart[2 * W];
        const lane *const between = (const lane *)b + i;
        for (int k = 0; k < W; k++) memcpy(apart + 2 * k + 1, between + k, sizeof(lane));
        v_store_even(apart, A);
        v_store((lane *)out + i, v_even(v_load(apart), v_load(apart + W)));
        for (int k = 0; k < W; k++)
            if (memcmp(apart + 2 * k + 1, between + k, sizeof(lane)) != 0) ((lane *)out)[i + k] = 0;
    }
}

static void run_v_transpose(const void *a, const void *b, const void *c, void *out, ptrdiff_t n)
{
    (void)b, (void)c;
    for (ptrdiff_t i = 0; i + W * W <= n; i += W * W) {
        vec rows[W];
        for (int k = 0; k < W; k++) rows[k] = v_load((const lane *)a + i + k * W);
        v_transpose(rows);
        for (int k = 0; k < W; k++) v_store((lane *)out + i + k * W, rows[k]);
    }
}
/* The lanes in front; zeros follow. */
static void run_v_compress(const void *a, const void *b, const void *c, void *out, ptrdiff_t n)
{
    (void)c;
    for (ptrdiff_t i = 0; i + W <= n; i += W) {
        const uint64_t chosen = v_to_bits(v_lt(A, B));
        v_store_n((lane *)out + i, v_compress(A, chosen), v_count(chosen));
    }
}
static void run_v_store_positions(const void *a, const void *b, const void *c, void *out, ptrdiff_t n)
{
    (void)c;
    for (ptrdiff_t i = 0; i + W <= n; i += W) {
        const uint64_t chosen = v_to_bits(v_lt(A, B));
        int32_t positions[W];
        v_store_positions(positions, chosen, (int32_t)(i / W));
        for (int k = 0; k < v_count(chosen); k++) ((lane *)out)[i + k] = (lane)positions[k];
    }
}

#define LIST(name, expression) {#name, run_##name},
static const fa_operation OPERATIONS[] = {VOCABULARY(LIST){"v_store_n", run_v_store_n},
                                          {"v_store_even", run_v_store_even},
                                          {"v_transpose", run_v_transpose},
                                          {"v_compress", run_v_compress},
                                          {"v_store_positions", run_v_store_positions},
                                          {NULL, NULL}};
