/* How a formula with an exponential runs over memory: block by block, in the passes of mathfn.h.
 *
 * Included by loops.h alone, whose calls of formulas and operands it uses. It must not know any formula.
 */
/* Beyond the caches a pass asks for the next block, which begins a page that the processor does not ask for
 * itself; both passes take a share, for so many lines at once the shorter one would wait for. For a million
 * elements silu, tanh and softplus are 1.2 times as fast, gelu 1.05; for eight million 1.3 to 2 times,
 * derivatives 1.1 to 1.2. (All in the second pass: gelu' of a million is 0.8 times as fast. A first pass with
 * parameters does not take it well: celu' within the cache is 0.8 times as fast. Blocks half as long: 1.05
 * times as fast for a million, 0.95 for eight.) */
#define ASK(operand) FA_PREFETCH(operand + i + KEPT_BLOCK)
#define ASK_RESULT (streams ? (void)0 : ASK(out))
#define ASKED_FIRST_1_0 ASK_RESULT
#define ASKED_FIRST_1_1 (void)0
#define ASKED_FIRST_1_2 (void)0
#define ASKED_FIRST_2_0 ASK(input_1)
#define ASKED_FIRST_2_1 (void)0
#define ASKED_FIRST_2_2 (void)0
#define ASKED_SECOND_1_0 ASK(input_0)
#define ASKED_SECOND_1_1 (ASK(input_0), ASK_RESULT)
#define ASKED_SECOND_1_2 (ASK(input_0), ASK_RESULT)
#define ASKED_SECOND_2_0 (ASK(input_0), ASK_RESULT)
#define ASKED_SECOND_2_1 (ASK(input_0), ASK(input_1), ASK_RESULT)
#define ASKED_SECOND_2_2 (ASK(input_0), ASK(input_1), ASK_RESULT)

/* FA_BIASED: the first pass adds a bias and leaves the sums where it then reads x. */
#define IS_BIASED_1 ((uniform & FA_BIASED) != 0)
#define IS_BIASED_2 0
#define SUM_VECTOR(k) sum_left(addend + i, bias + i, out + i)
FA_INLINE vec sum_left(const stored *a, const stored *b, stored *to)
{
    const vec sum = v_add(LOAD(a), LOAD(b));
    STORE(to, sum);
    return sum;
}

/* FA_STREAMED: the second pass writes past the caches. */
#ifdef FA_HALF
#define STORE_OR_STREAM(to, value, streams) STORE(to, value)
#else
#define STORE_OR_STREAM(to, value, streams) store_or_stream(to, value, streams)
FA_INLINE void store_or_stream(lane *to, vec a, int streams)
{
    if (streams)
        v_stream(to, a);
    else
        v_store(to, a);
}
#endif

/* LOOP in two passes over each block of whole vectors. Where one is far out it and a few more go with
 * care, and after the next that is, the rest of the block: where all are, beginning takes as long as three
 * vectors. (One by one up to the fourth, it took as long as eight.) */
#define SECOND_PASS(CALL, streams, asked, formula, number)                    \
    for (; i + W <= end; i += W) {                                            \
        const pass at = {number, values + (i - start), NULL, 0, &left};       \
        asked;                                                                \
        const vec result = CALL(formula, IN_PASS(at), WHOLE_VECTOR, UNIFORM); \
        if (left) break;                                                      \
        STORE_OR_STREAM(out + i, result, streams);                            \
    }
#define FACTOR_PASS(CALL, last, formula)                                \
    for (; i + W <= last; i += W) {                                     \
        const pass at = {FACTORS, values + (i - start), NULL, 0, NULL}; \
        (void)CALL(formula, IN_PASS(at), VECTOR_ONCE, UNIFORM);         \
    }
#define PRODUCT_PASS(CALL, last, streams, asked, formula)                                    \
    for (; i + W <= last; i += W) {                                                          \
        const pass at = {PRODUCT, values + (i - start), NULL, 0, NULL};                      \
        asked;                                                                               \
        STORE_OR_STREAM(out + i, CALL(formula, IN_PASS(at), VECTOR_ONCE, UNIFORM), streams); \
    }
#define FIRST_PASS(CALL, asked, formula, READ)                     \
    for (; i + W <= end; i += W) {                                 \
        const pass first = {FIRST, values + (i - start), &met, 0}; \
        asked;                                                     \
        (void)CALL(formula, IN_PASS(first), READ, UNIFORM);        \
    }
/* Two vectors a turn: of AVX-512 selu is 1.08 times as fast, gelu 1.05, gelu' 1.04, elu' 1.03, most others
 * neither faster nor slower. (All the passes so, a tenth more code: no faster.) */
#define SIMPLE_PASS_1(CALL, streams, asked, formula) \
    FA_UNROLL_BY_2                                   \
    SECOND_PASS(CALL, streams, asked, formula, SIMPLE)
/* A derivative's results wait for the next vector's operands, as above. Where out follows its inputs by 16
 * bytes, elu' and selu' are 1.25 times as fast, gelu' 1.15, silu' and mish' 1.04, others neither faster nor
 * slower. (Of one input gelu 1.06, but elu, selu and softplus 0.95, log_sigmoid 0.75.) */
#define SIMPLE_PASS_2(CALL, streams, asked, formula)                              \
    const pass simple = {SIMPLE, values, NULL, 0, &left};                         \
    asked;                                                                        \
    vec late = CALL(formula, IN_PASS(simple), WHOLE_VECTOR, UNIFORM);             \
    if (!left) {                                                                  \
        i += W;                                                                   \
        FA_UNROLL_BY_2                                                            \
        for (; i + W <= end; i += W) {                                            \
            const pass at = {SIMPLE, values + (i - start), NULL, 0, &left};       \
            asked;                                                                \
            const vec result = CALL(formula, IN_PASS(at), WHOLE_VECTOR, UNIFORM); \
            if (left) break;                                                      \
            STORE_OR_STREAM(out + i - W, late, streams);                          \
            late = result;                                                        \
        }                                                                         \
        STORE_OR_STREAM(out + i - W, late, streams);                              \
    }
#define IN_BLOCKS(CALL, inputs, biased, streams, asked_first, asked, formula)     \
    while (i + W <= n) {                                                          \
        const ptrdiff_t start = i, end = n - i < KEPT_BLOCK ? n : i + KEPT_BLOCK; \
        extremes met = nothing_met();                                             \
        if (biased) {                                                             \
            FA_UNROLL_BY_2                                                        \
            FIRST_PASS(CALL, ASK(addend), formula, SUM_VECTOR)                    \
        } else {                                                                  \
            FIRST_PASS(CALL, asked_first, formula, WHOLE_VECTOR)                  \
        }                                                                         \
        i = start;                                                                \
        const int far_out = is_any_far_out(&met);                                 \
        int left = 0, leaves = 0;                                                 \
        if (!far_out) {                                                           \
            SIMPLE_PASS_##inputs(CALL, streams, asked, formula)                   \
        }                                                                         \
        while ((far_out || left) && i + W <= end) {                               \
            if (left) {                                                           \
                const ptrdiff_t first = i, few = i + A_FEW * W;                   \
                const ptrdiff_t last = leaves++ || end < few ? end : few;         \
                FACTOR_PASS(CALL, last, formula)                                  \
                i = first;                                                        \
                PRODUCT_PASS(CALL, last, streams, asked, formula)                 \
                left = 0;                                                         \
            }                                                                     \
            SECOND_PASS(CALL, streams, asked, formula, SECOND)                    \
        }                                                                         \
    }

#define LOOP_IN_PASSES(CALL, inputs, parameters, is_short, formula)                                          \
    _Alignas(64) lane room[(MOST_KEPT + 1) * KEPT_BLOCK];                                                    \
    lane *const values = room + lanes_to_values(room, operands[(inputs)-1], out);                            \
    const int biased = IS_BIASED_##inputs, streams = uniform & FA_STREAMED && n >= LEAST_ALIGNED;            \
    const stored *const addend = biased ? operands[last + 1] : NULL;                                         \
    const stored *const bias = biased ? operands[last + 2] : NULL;                                           \
    do {                                                                                                     \
        if (part > 0) {                                                                                      \
            if (biased) STORE_N(out + i, v_add(LOAD_N(addend + i, part), LOAD_N(bias + i, part)), part);     \
            STORE_N(out + i, CALL(formula, IN_PASS(AT_ONCE), PART, UNIFORM), part);                          \
            i += part;                                                                                       \
        }                                                                                                    \
        if (n < FA_FAR_BYTES / (ptrdiff_t)sizeof(stored) && !(uniform & (FA_FAR | FA_BIASED | FA_STREAMED))) \
            IN_BLOCKS(CALL, inputs, 0, 0, (void)0, (void)0, formula)                                         \
        else                                                                                                 \
            IN_BLOCKS(CALL, inputs, biased, streams, ASKED_FIRST_##inputs##_##parameters,                    \
                      ASKED_SECOND_##inputs##_##parameters, formula)                                         \
        part = n - i;                                                                                        \
    } while (part > 0);
