/* What joins kernels in a fused function, over short contiguous runs: sums, products, selections.
 *
 * Included by loops.h alone. A result may be an input itself. No formula of an activation belongs here: crelu
 * is relu's, twice.
 */

/* Whole vectors, then a part of one, by the same code. */
#define OVER_VECTORS(STEP)                                   \
    ptrdiff_t i = 0;                                         \
    for (; i + W <= n; i += W) STEP(LOAD_WHOLE, STORE_WHOLE) \
    if (i < n) STEP(LOAD_PART, STORE_PART)
#define LOAD_WHOLE(from) LOAD((const stored *)(from) + i)
#define STORE_WHOLE(to, a) STORE((stored *)(to) + i, a)
#define LOAD_PART(from) LOAD_N((const stored *)(from) + i, n - i)
#define STORE_PART(to, a) STORE_N((stored *)(to) + i, a, n - i)

static void block_add(const void *a, const void *b, void *out, ptrdiff_t n)
{
#define STEP(READ, WRITE) WRITE(out, v_add(READ(a), READ(b)));
    OVER_VECTORS(STEP)
#undef STEP
}

FA_INLINE vec negated(vec x) { return v_sub(v_set(EITHER(-0.0f, -0.0)), x); }

static void block_crelu(const void *x, void *positive, void *negative, ptrdiff_t n)
{
#define STEP(READ, WRITE)                              \
    {                                                  \
        const vec value = READ(x);                     \
        WRITE(positive, relu_forward(value));          \
        WRITE(negative, relu_forward(negated(value))); \
    }
    OVER_VECTORS(STEP)
#undef STEP
}

static void block_crelu_backward(const void *positive, const void *negative, const void *x, void *out,
                                 ptrdiff_t n)
{
#define STEP(READ, WRITE)                                                                                 \
    {                                                                                                     \
        const vec value = READ(x), from_negative = READ(negative);                                        \
        WRITE(out,                                                                                        \
              v_sub(relu_backward(READ(positive), value), relu_backward(from_negative, negated(value)))); \
    }
    OVER_VECTORS(STEP)
#undef STEP
}

#ifdef FA_HALF
static const fa_blocks BLOCKS = {block_add, block_crelu, block_crelu_backward, NULL, NULL, NULL, NULL};
#else
/* product(a, b) behind a cheaper question, to which a zero is tiny too. */
FA_INLINE vec product_of_gate(vec a, vec b)
{
    return v_any(v_lt(v_min_magnitude(a, b), v_set(TINY))) ? product(a, b) : v_mul(a, b);
}

/* A gate, f(gate) * up, and the gradient of what it is applied to, f' at gate times grad * up, which is
 * rounded before; the gradient of `up` is a gate again, grad for up. */
#define GATE(name, PASS, ...)                                                     \
    FA_INLINE vec name##_gate(pass at, vec gate, vec up)                          \
    {                                                                             \
        (void)at;                                                                 \
        return product_of_gate(name##_forward(PASS gate __VA_ARGS__), up);        \
    }                                                                             \
    FA_INLINE vec name##_slope(pass at, vec grad, vec up, vec gate)               \
    {                                                                             \
        (void)at;                                                                 \
        return name##_backward(PASS product_of_gate(grad, up), gate __VA_ARGS__); \
    }
#define NO_PASS_AT_ALL
#define THE_PASS at,
GATE(relu, NO_PASS_AT_ALL)
GATE(sigmoid, THE_PASS)
GATE(silu, THE_PASS, , v_set(1))
GATE(gelu, THE_PASS)
GATE(gelu_tanh, THE_PASS)

/* grad, gate and up to both gradients, which may be inputs. The first pass of f' serves f too where that
 * keeps the same values in the same places, perhaps fewer; gelu, which does not, has a first pass of its OWN.
 * Five arrays, what is asked for of them and what is kept fit the first-level cache in blocks a quarter as
 * long as others': swiglu's gradients of a million are 1.1 times as fast for asking ahead so, and were 0.95
 * times as fast for asking in whole blocks. */
#define GRADIENTS(name, at, at_gate, READ, WRITE)               \
    do {                                                        \
        const vec grad = READ(0), gate = READ(1), up = READ(2); \
        const vec slope = name##_slope(at, grad, up, gate);     \
        WRITE(of_up, name##_gate(at_gate, gate, grad));         \
        WRITE(of_gate, slope);                                  \
    } while (0)
enum { SHARED, OWN, GRADIENT_BLOCK = KEPT_BLOCK / 4 };
#define ASK_GRADIENT(operand) FA_PREFETCH((const stored *)(operand) + i + GRADIENT_BLOCK)
#define GATE_GRADIENTS(name, own)                                                             \
    static void name##_gradients(void *const *operands, ptrdiff_t n)                          \
    {                                                                                         \
        _Alignas(64) lane values[(1 + (own)) * MOST_KEPT * KEPT_BLOCK];                       \
        lane *const of_f = values + (own)*MOST_KEPT * KEPT_BLOCK;                             \
        void *const of_gate = operands[3], *const of_up = operands[4];                        \
        INPUT(0);                                                                             \
        INPUT(1);                                                                             \
        INPUT(2);                                                                             \
        ptrdiff_t i = 0;                                                                      \
        while (i + W <= n) {                                                                  \
            const ptrdiff_t start = i, end = n - i < GRADIENT_BLOCK ? n : i + GRADIENT_BLOCK; \
            for (; i + W <= end; i += W) {                                                    \
                const pass first = {FIRST, values + (i - start), NULL, 0};                    \
                const pass first_of_f = {FIRST, of_f + (i - start), NULL, 0};                 \
                ASK_GRADIENT(input_0), ASK_GRADIENT(input_1);                                 \
                (void)name##_slope(first, WHOLE_VECTOR(0), WHOLE_VECTOR(2), WHOLE_VECTOR(1)); \
                if (own) (void)name##_gate(first_of_f, WHOLE_VECTOR(1), WHOLE_VECTOR(0));     \
            }                                                                                 \
            for (i = start; i + W <= end; i += W) {                                           \
                const pass second = {SECOND, values + (i - start), NULL, 0};                  \
                const pass second_of_f = {SECOND, of_f + (i - start), NULL, 0};               \
                ASK_GRADIENT(input_2), ASK_GRADIENT(of_gate), ASK_GRADIENT(of_up);            \
                GRADIENTS(name, second, second_of_f, WHOLE_VECTOR, STORE_WHOLE);              \
            }                                                                                 \
        }                                                                                     \
        const ptrdiff_t part = n - i;                                                         \
        if (part > 0) GRADIENTS(name, AT_ONCE, AT_ONCE, PART, STORE_PART);                    \
    }
#define GATE_KERNELS(name, own) KERNEL_IN_PASSES(name##_gate, 2, 0) GATE_GRADIENTS(name, own)
GATE_KERNELS(relu, SHARED)
GATE_KERNELS(sigmoid, SHARED)
GATE_KERNELS(silu, SHARED)
GATE_KERNELS(gelu, OWN)
GATE_KERNELS(gelu_tanh, SHARED)

#define ENTRY_OF_GATE(name) [FA_##name] = {kernel_##name##_gate, name##_gradients}
static const fa_gate GATES[FA_ACTIVATION_COUNT] = {ENTRY_OF_GATE(relu), ENTRY_OF_GATE(sigmoid),
                                                   ENTRY_OF_GATE(silu), ENTRY_OF_GATE(gelu),
                                                   ENTRY_OF_GATE(gelu_tanh)};

/* Where x is greater than the best so far, or the first NaN, it is the best. Plain C: `which` has 32 bits in
 * every format. */
static void block_greater(const void *x, int32_t index, void *best, int32_t *which, ptrdiff_t n)
{
    const lane *const values = x;
    lane *const greatest = best;
    for (ptrdiff_t i = 0; i < n; i++) {
        const lane value = values[i], so_far = greatest[i];
        const int kept = (value <= so_far) | (so_far != so_far);
        greatest[i] = kept ? so_far : value;
        which[i] = kept ? which[i] : index;
    }
}

static void block_accumulate(const void *x, double *sums, ptrdiff_t n)
{
    const lane *const values = x;
    for (ptrdiff_t i = 0; i < n; i++) sums[i] += (double)values[i];
}

static void block_accumulate_lanes(const void *x, double *lanes, ptrdiff_t n)
{
    const lane *const values = x;
    ptrdiff_t i = 0;
    for (; i + FA_SUM_LANES <= n; i += FA_SUM_LANES)
        for (int k = 0; k < FA_SUM_LANES; k++) lanes[k] += (double)values[i + k];
    for (int k = 0; i < n; i++, k++) lanes[k] += (double)values[i];
}

/* W elements from number i of n on, 0 for those that are not there. */
FA_INLINE vec read_from(const lane *from, ptrdiff_t i, ptrdiff_t n, int is_whole)
{
    return is_whole ? v_load(from + i) : v_load_n(from + i, n < i ? 0 : n - i < W ? n - i : W);
}

#ifdef FA_F32
/* The products where x is below 0, or NaN; grad may be any number elsewhere. In float64 those of float32 are
 * exact, its own are rounded once. (In plain C, two lanes at a time, prelu's derivative took 1.6 times as
 * long; one loop for both formats, its terms in memory, makes float64's 1.08 times as slow.) */
static void block_sum_below(const void *grad, const void *x, double *lanes, ptrdiff_t n)
{
    const vec zero = v_set(0);
    double sums[FA_SUM_LANES];
    lane factors[FA_SUM_LANES], values[FA_SUM_LANES];
    memcpy(sums, lanes, sizeof sums);
    for (ptrdiff_t i = 0; i < n; i += FA_SUM_LANES) {
        const int is_whole = n - i >= FA_SUM_LANES;
        FA_UNROLL
        for (int k = 0; k < FA_SUM_LANES; k += W) {
            const vec value = read_from(x, i + k, n, is_whole), factor = read_from(grad, i + k, n, is_whole);
            const mask is_off = v_le(zero, value);
            v_store(values + k, v_select(is_off, zero, value));
            v_store(factors + k, v_select(is_off, zero, factor));
        }
        for (int k = 0; k < FA_SUM_LANES; k++) sums[k] += (double)factors[k] * (double)values[k];
    }
    memcpy(lanes, sums, sizeof sums);
}
#else
typedef enum { USUAL_PRODUCTS, OF_TINY_GRADS, ANY_PRODUCTS } sum_of;
/* Of usual products returns 0, and `lanes` is as it was, where it meets something tiny. */
FA_INLINE int sum_below(const lane *grad, const lane *x, double *lanes, ptrdiff_t n, sum_of what)
{
    enum { VECTORS = FA_SUM_LANES / W };
    const vec zero = v_set(0);
    vec sums[VECTORS], least[VECTORS];
    FA_UNROLL
    for (int k = 0; k < VECTORS; k++) sums[k] = v_load(lanes + k * W), least[k] = v_set(INFINITY);
    for (ptrdiff_t i = 0; i < n; i += FA_SUM_LANES) {
        const int is_whole = n - i >= FA_SUM_LANES;
        FA_UNROLL
        for (int k = 0; k < VECTORS; k++) {
            const ptrdiff_t start = i + k * W;
            const vec value = read_from(x, start, n, is_whole), factor = read_from(grad, start, n, is_whole);
            const vec term = what == USUAL_PRODUCTS  ? v_mul(factor, value)
                             : what == OF_TINY_GRADS ? regular_product(factor, value)
                                                     : any_product(factor, value);
            if (what == USUAL_PRODUCTS) least[k] = v_least(least[k], v_min_magnitude(value, factor));
            sums[k] = v_add(sums[k], v_select(v_le(zero, value), zero, term));
        }
    }
    mask tiny = v_from_bits(0);
    FA_UNROLL
    for (int k = 0; k < VECTORS; k++) tiny = v_or(tiny, v_lt(least[k], v_set(TINY)));
    if (v_any(tiny)) return 0;
    FA_UNROLL
    for (int k = 0; k < VECTORS; k++) v_store(lanes + k * W, sums[k]);
    return 1;
}
FA_INLINE int is_any_tiny(const lane *from, ptrdiff_t n)
{
    vec least = v_set(INFINITY);
    for (ptrdiff_t i = 0; i < n; i += W) least = v_least(least, read_from(from, i, n, n - i >= W));
    return v_any(v_lt(least, v_set(TINY)));
}
/* The first vectors are asked before, for where all is tiny products without care take a hundred cycles, and
 * what is tiny there is taken to be so everywhere. (All asked before, in a pass of its own: 1.3 times as
 * long.) */
static void block_sum_below(const void *grad, const void *x, double *lanes, ptrdiff_t n)
{
    const ptrdiff_t first = n < 16 * W ? n : 16 * W;
    const int tiny_grads = is_any_tiny(grad, first), tiny_x = is_any_tiny(x, first);
    if (!tiny_grads && !tiny_x && sum_below(grad, x, lanes, n, USUAL_PRODUCTS)) return;
    if (tiny_x)
        sum_below(grad, x, lanes, n, ANY_PRODUCTS);
    else
        sum_below(grad, x, lanes, n, OF_TINY_GRADS);
}
#endif

static const fa_blocks BLOCKS = {block_add,     block_crelu,      block_crelu_backward,   GATES,
                                 block_greater, block_accumulate, block_accumulate_lanes, block_sum_below};
#endif
