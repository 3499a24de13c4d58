/* How a formula runs over memory: one loop, whose tail is the same code with masked load and store.
 *
 * Included last in a translation unit, it expands the table of activations into kernels and closes
 * the target region. The result may be an input itself, or begin before one that it overlaps.
 */
#include "fastact.h"

/* A formula's call: operands 0 and 1 are inputs, READ gives a vector of one; PARAMETER likewise. `at` is the
 * pass and a comma, or nothing where the formula does not take it. */
#define NO_PASS(at)
#define IN_PASS(at) at,
#define CALL_1_0(formula, at, READ, PARAMETER) formula(at READ(0))
#define CALL_1_1(formula, at, READ, PARAMETER) formula(at READ(0), PARAMETER(1))
#define CALL_1_2(formula, at, READ, PARAMETER) formula(at READ(0), PARAMETER(1), PARAMETER(2))
#define CALL_2_0(formula, at, READ, PARAMETER) formula(at READ(0), READ(1))
#define CALL_2_1(formula, at, READ, PARAMETER) formula(at READ(0), READ(1), PARAMETER(2))
#define CALL_2_2(formula, at, READ, PARAMETER) formula(at READ(0), READ(1), PARAMETER(2), PARAMETER(3))

#ifdef FA_HALF
/* Of a vector of one lane gcc sees three at the end of a loop. */
#define PART_BYTES(n) ((size_t)(W == 1 ? (n) > 0 : (n)) * sizeof(stored))
FA_INLINE vec v_widen_n(const stored *from, ptrdiff_t n)
{
    stored whole[W] = {0};
    memcpy(whole, from, PART_BYTES(n));
    return v_widen(whole);
}
FA_INLINE void v_narrow_n(stored *to, vec a, ptrdiff_t n)
{
    stored whole[W];
    v_narrow(whole, a);
    memcpy(to, whole, PART_BYTES(n));
}

FA_INLINE void v_narrow_exact_n(stored *to, vec a, ptrdiff_t n)
{
    stored whole[W];
    v_narrow_exact(whole, a);
    memcpy(to, whole, PART_BYTES(n));
}

#define LOAD v_widen
#define LOAD_N v_widen_n
#define STORE v_narrow
#define STORE_N v_narrow_n
#define STORE_EXACT v_narrow_exact
#define STORE_EXACT_N v_narrow_exact_n
#else
#define LOAD v_load
#define LOAD_N v_load_n
#define STORE v_store
#define STORE_N v_store_n
#define STORE_EXACT v_store
#define STORE_EXACT_N v_store_n
#endif

/* What is exact is not rounded: a selection's derivative, which is grad or 0, and without parameters its
 * value, x or a small integer. (Rounding those too, bfloat16's relu takes 2.2 times as long.) */
FA_INLINE void save(int is_exact, stored *to, vec a)
{
    if (is_exact)
        STORE_EXACT(to, a);
    else
        STORE(to, a);
}
FA_INLINE void save_n(int is_exact, stored *to, vec a, ptrdiff_t n)
{
    if (is_exact)
        STORE_EXACT_N(to, a, n);
    else
        STORE_N(to, a, n);
}

FA_INLINE vec load_once(const stored *from)
{
    vec a = LOAD(from);
    FA_READ_ONCE(a);
    return a;
}

/* Parameters are lanes, whatever is stored. */
#define OPERAND(k) input_##k
#define PARAMETER(k) ((const lane *)operands[k])
#define WHOLE_VECTOR(k) LOAD(OPERAND(k) + i)
#define VECTOR_ONCE(k) load_once(OPERAND(k) + i)
#define PART(k) LOAD_N(OPERAND(k) + i, part)
#define PART_OF_PARAMETER(k) v_load_n(PARAMETER(k) + i, part)
#define UNIFORM(k) v_set(scalar_##k)

/* How many elements come before the first aligned vector of a long array. NumPy aligns to 16 bytes
 * only, and every second vector of 32 would straddle two cache lines: relu_backward then takes 1.15
 * times as long in the first-level cache of a Zen 3, leaky_relu_backward 1.1 times. */
enum { LEAST_ALIGNED = 16 * W };
FA_INLINE ptrdiff_t elements_to_alignment(const stored *out, ptrdiff_t n)
{
    return n < LEAST_ALIGNED ? 0 : (ptrdiff_t)((-(uintptr_t)out / sizeof(stored)) % W);
}

/* Between the first-level cache and FA_FAR_BYTES, operands of short formulas are asked for before the
 * processor does so itself: selections of 65,536 float32 numbers are 1.2 times as fast, derivatives 1.2
 * to 1.4 times. Inputs that lie on lines as the result does need not be (0.9). Other functions of one input
 * are not the faster for it (leaky_relu 1.0, hardsigmoid 0.85), nor is what takes many operations (hardswish
 * 0.85, softsign' 0.9), nor anything beyond (0.9 for 300,000). */
enum { ASKED_AHEAD = 512, FIRST_LEVEL_BYTES = 24 << 10 };
enum { ASK_NOTHING, ASK_FOR_RESULT, ASK_FOR_ALL };
FA_INLINE int what_to_ask_for(const void *first, const void *last, const void *out, ptrdiff_t n)
{
    const uintptr_t differing = ((uintptr_t)first ^ (uintptr_t)out) | ((uintptr_t)last ^ (uintptr_t)out);
    const ptrdiff_t bytes = n * (ptrdiff_t)sizeof(stored);
    if (W == 1 || bytes <= FIRST_LEVEL_BYTES || bytes > FA_FAR_BYTES || first == out || last == out)
        return ASK_NOTHING;
    return differing % FA_LINE_BYTES ? ASK_FOR_ALL : ASK_FOR_RESULT;
}

/* Results wait until operands four vectors further on have been read: a processor takes a load for one of
 * what a store just before it writes where their addresses have the low 12 bits in common, and NumPy lays
 * arrays 16 bytes or whole pages apart. Where out follows by 16 bytes, relu in the first-level cache is 1.6
 * times as fast so, relu' 1.7 times; 0.95 to 1.0 elsewhere, 0.85 where it follows by 1,000. Operands are read
 * before a result is stored, or gcc reads them again for every use (hardshrink: 0.65). The group is written
 * out, for gcc unrolls a loop around one that it unrolls. */
enum { LATE = 4 };
#define HOLD_1 const vec held_0 = LOAD(input_0 + i)
#define HOLD_2 HOLD_1, held_1 = LOAD(input_1 + i)
#define HELD(k) held_##k
#define FOUR_TIMES(STEP, CALL, PASS, inputs, formula) \
    STEP(CALL, PASS, inputs, formula, 0)              \
    STEP(CALL, PASS, inputs, formula, 1)              \
    STEP(CALL, PASS, inputs, formula, 2)              \
    STEP(CALL, PASS, inputs, formula, 3)
#define FIRST_LATE(CALL, PASS, inputs, formula, k)                      \
    vec late_##k = CALL(formula, PASS(AT_ONCE), WHOLE_VECTOR, UNIFORM); \
    i += W;
#define NEXT_LATE(CALL, PASS, inputs, formula, k)               \
    {                                                           \
        HOLD_##inputs;                                          \
        save(is_exact, out + i - LATE * W, late_##k);           \
        late_##k = CALL(formula, PASS(AT_ONCE), HELD, UNIFORM); \
        i += W;                                                 \
    }
#define LAST_LATE(CALL, PASS, inputs, formula, k) save(is_exact, out + i - (LATE - k) * W, late_##k);

FA_INLINE void ask_for_group(const stored *group)
{
    for (int byte = 0; byte < LATE * W * (int)sizeof(stored); byte += FA_LINE_BYTES)
        FA_PREFETCH((const char *)group + ASKED_AHEAD + byte);
}
#define ASK_FOR_INPUTS_1 ask_for_group(input_0 + i)
#define ASK_FOR_INPUTS_2 ASK_FOR_INPUTS_1, ask_for_group(input_1 + i)
#define ASK_FOR_GROUP(inputs, asked)   \
    if (asked) ask_for_group(out + i); \
    if ((asked) == ASK_FOR_ALL) ASK_FOR_INPUTS_##inputs;

#define BY_FOUR(CALL, PASS, inputs, formula)                   \
    if (i + LATE * W <= n) {                                   \
        FOUR_TIMES(FIRST_LATE, CALL, PASS, inputs, formula)    \
        while (i + LATE * W <= n) {                            \
            ASK_FOR_GROUP(inputs, asked)                       \
            FOUR_TIMES(NEXT_LATE, CALL, PASS, inputs, formula) \
        }                                                      \
        FOUR_TIMES(LAST_LATE, CALL, PASS, inputs, formula)     \
    }

/* A part of a vector first and last, by the same code. */
#define LOOP(CALL, inputs, parameters, is_short, formula)                                                    \
    const int asked = what_to_ask_for(input_0, operands[(inputs)-1], out, n);                                \
    do {                                                                                                     \
        if (part > 0) {                                                                                      \
            save_n(is_exact, out + i, CALL(formula, NO_PASS(), PART, UNIFORM), part);                        \
            i += part;                                                                                       \
        }                                                                                                    \
        BY_FOUR(CALL, NO_PASS, inputs, formula)                                                              \
        for (; i + W <= n; i += W) save(is_exact, out + i, CALL(formula, NO_PASS(), WHOLE_VECTOR, UNIFORM)); \
        part = n - i;                                                                                        \
    } while (part > 0);

/* Kept values begin so many lanes into their room that neither they follow the input closely, by the low 12
 * bits of addresses, nor the result them: of the places that a stack may have, a fifth would make an
 * exponential take 1.15 to 1.4 times as long. */
FA_INLINE ptrdiff_t lanes_to_values(const lane *room, const void *in, const void *out)
{
    const uintptr_t within = PAGE_BYTES - 1, half = PAGE_BYTES / 2;
    const uintptr_t distance = ((uintptr_t)out - (uintptr_t)in) & within;
    const uintptr_t place = (uintptr_t)in + distance / 2 + (distance < half ? half : 0);
    return (ptrdiff_t)(((place - (uintptr_t)room) & within) / FA_LINE_BYTES * FA_LINE_BYTES / sizeof(lane));
}

/* The same where formulas ask whether numbers are far out: a group of vectors at once, and where some are,
 * the block that begins there goes with care and without asking, factors first, every second vector by steps:
 * 1.1 times as fast where all are as asking again after each group. Results of a group are stored last, or
 * operands would be read again: for all C knows, a store changes them. Where a formula is short, they too
 * wait for the next group: where out follows its inputs by 16 bytes, leaky_relu and sigmoid' from the output
 * are 1.1 times as fast, elu' from the output 1.2 times (by AVX2, which has no groups, 1.1 to 1.3), elsewhere
 * 0.9 to 1.0. (By AVX-512 hardswish and softsign 0.95 everywhere, by AVX2 celu' from the output 0.8.) With
 * care all do: 1.05 to 1.15, elsewhere 0.95 to 1.0. */
#define STORE_GROUP(to, group)                                           \
    {                                                                    \
        FA_UNROLL                                                        \
        for (int k = 0; k < GROUP; k++) STORE((to) + k * W, (group)[k]); \
    }
#define FURTHER(k) load_once(OPERAND(k) + at_vector)
#define FACTORS_OF(CALL, formula, k)                                            \
    if (k < GROUP) {                                                            \
        const ptrdiff_t at_vector = i + k * W;                                  \
        const pass at = {FACTORS, values + (at_vector - start), NULL, k, NULL}; \
        (void)CALL(formula, IN_PASS(at), FURTHER, UNIFORM);                     \
    }
#define LOOP_IN_GROUPS(CALL, inputs, parameters, is_short, formula)                                         \
    const int asked =                                                                                       \
        (is_short) && (inputs) == 2 ? what_to_ask_for(input_0, operands[(inputs)-1], out, n) : ASK_NOTHING; \
    _Alignas(64) lane room[(MOST_FACTORS + 1) * KEPT_BLOCK];                                                \
    lane *const values = room + lanes_to_values(room, operands[(inputs)-1], out);                           \
    do {                                                                                                    \
        vec late[GROUP];                                                                                    \
        stored *waiting = NULL;                                                                             \
        if (part > 0) {                                                                                     \
            STORE_N(out + i, CALL(formula, IN_PASS(AT_ONCE), PART, UNIFORM), part);                         \
            i += part;                                                                                      \
        }                                                                                                   \
        while (GROUP > 1 && i + GROUP * W <= n) {                                                           \
            const ptrdiff_t start = i;                                                                      \
            extremes met = nothing_met();                                                                   \
            const pass first = {FIRST, NULL, &met, 0};                                                      \
            ASK_FOR_GROUP(inputs, asked)                                                                    \
            vec results[GROUP];                                                                             \
            FA_UNROLL                                                                                       \
            for (int k = 0; k < GROUP; k++, i += W)                                                         \
                (void)CALL(formula, IN_PASS(first), WHOLE_VECTOR, UNIFORM);                                 \
            i = start;                                                                                      \
            if (is_any_far_out(&met)) {                                                                     \
                const ptrdiff_t groups = (n - i) / (GROUP * W), most = KEPT_BLOCK / (GROUP * W);            \
                const ptrdiff_t end = i + (groups < most ? groups : most) * GROUP * W;                      \
                for (; i < end; i += GROUP * W) {                                                           \
                    FACTORS_OF(CALL, formula, 0)                                                            \
                    FACTORS_OF(CALL, formula, 1)                                                            \
                    FACTORS_OF(CALL, formula, 2)                                                            \
                    FACTORS_OF(CALL, formula, 3)                                                            \
                }                                                                                           \
                i = start;                                                                                  \
                vec one, other;                                                                             \
                stored *behind = NULL;                                                                      \
                while (i < end) {                                                                           \
                    const pass by_division = {PRODUCT, values + (i - start), NULL, 0, NULL};                \
                    const pass by_steps = {PRODUCT, values + (i - start) + W, NULL, GROUP, NULL};           \
                    const vec next = CALL(formula, IN_PASS(by_division), VECTOR_ONCE, UNIFORM);             \
                    i += W;                                                                                 \
                    const vec after = CALL(formula, IN_PASS(by_steps), VECTOR_ONCE, UNIFORM);               \
                    i += W;                                                                                 \
                    if (behind) STORE(behind, one), STORE(behind + W, other);                               \
                    behind = out + i - 2 * W;                                                               \
                    one = next, other = after;                                                              \
                }                                                                                           \
                if (behind) STORE(behind, one), STORE(behind + W, other);                                   \
                continue;                                                                                   \
            }                                                                                               \
            FA_UNROLL                                                                                       \
            for (int k = 0; k < GROUP; k++, i += W) {                                                       \
                const pass second = {SIMPLE, NULL, NULL, k};                                                \
                results[k] = CALL(formula, IN_PASS(second), WHOLE_VECTOR, UNIFORM);                         \
            }                                                                                               \
            if (!(is_short)) {                                                                              \
                STORE_GROUP(out + start, results)                                                           \
                continue;                                                                                   \
            }                                                                                               \
            if (waiting) STORE_GROUP(waiting, late)                                                         \
            waiting = out + start;                                                                          \
            memcpy(late, results, sizeof late);                                                             \
        }                                                                                                   \
        if (waiting) STORE_GROUP(waiting, late)                                                             \
        if (GROUP == 1 && (is_short)) BY_FOUR(CALL, IN_PASS, inputs, formula)                               \
        FA_UNROLL_BY_4                                                                                      \
        for (; i + W <= n; i += W) STORE(out + i, CALL(formula, IN_PASS(AT_ONCE), WHOLE_VECTOR, UNIFORM));  \
        part = n - i;                                                                                       \
    } while (part > 0);

/* The same over every second element of an input or of the result, the most frequent stride, or of several.
 * Results wait for the next vector's operands, as above: with a strided result that follows its inputs by 16
 * bytes all are 1.2 to 1.4 times as fast so. (Gathered first, block by block, relu of 2,048 took 1.05 times
 * as long, with a strided result 1.7 times. Where all are strided, what lies between computed too and not
 * stored, without shuffles: leaky_relu was 1.2 times as fast, but relu' 1.0 and hardswish 0.85.) What follows
 * the last element is not read. */
#define NOT_OF_SECONDS(CALL, formula, PASS)
#ifdef FA_HALF
FA_INLINE vec load_seconds(const stored *from)
{
    stored whole[W];
    v_collect(whole, from);
    return LOAD(whole);
}
FA_INLINE void save_seconds(int is_exact, stored *to, vec a)
{
    stored whole[W];
    save(is_exact, whole, a);
    v_spread(to, whole);
}
#else
FA_INLINE vec load_seconds(const stored *from) { return v_even(v_load(from), v_load(from + W)); }
FA_INLINE void save_seconds(int is_exact, stored *to, vec a)
{
    (void)is_exact;
    v_store_even(to, a);
}
#endif
FA_INLINE vec load_seconds_n(const stored *from, ptrdiff_t n)
{
    stored whole[W] = {0};
    for (ptrdiff_t k = 0; k < n; k++) whole[k] = from[2 * k];
    return LOAD(whole);
}
FA_INLINE void save_seconds_n(int is_exact, stored *to, vec a, ptrdiff_t n)
{
    stored whole[W];
    save(is_exact, whole, a);
    for (ptrdiff_t k = 0; k < n; k++) to[2 * k] = whole[k];
}
/* The part of a vector before the first aligned one, of half as many elements where every second is written.
 */
FA_INLINE ptrdiff_t seconds_to_alignment(const stored *out, ptrdiff_t n)
{
    return n < LEAST_ALIGNED ? 0 : (ptrdiff_t)(-(uintptr_t)out % (W * sizeof(stored)) / (2 * sizeof(stored)));
}
#define IS_OF_SECONDS(k) (uniform & FA_SECONDS << (k))
#define SECONDS(k) (IS_OF_SECONDS(k) ? load_seconds(OPERAND(k) + 2 * i) : LOAD(OPERAND(k) + i))
#define PART_OF_SECONDS(k) \
    (IS_OF_SECONDS(k) ? load_seconds_n(OPERAND(k) + 2 * i, part) : LOAD_N(OPERAND(k) + i, part))
#define SAVE_SECONDS(at, result)                        \
    if (uniform & FA_INTO_SECONDS)                      \
        save_seconds(is_exact, out + 2 * (at), result); \
    else                                                \
        save(is_exact, out + (at), result);
#define LOOP_OF_SECONDS(CALL, formula, PASS)                                               \
    if (FA_RARELY(uniform & FA_ANY_SECONDS)) {                                             \
        if (uniform & FA_INTO_SECONDS) part = seconds_to_alignment(out, n);                \
        do {                                                                               \
            if (part > 0) {                                                                \
                const vec result = CALL(formula, PASS(AT_ONCE), PART_OF_SECONDS, UNIFORM); \
                if (uniform & FA_INTO_SECONDS)                                             \
                    save_seconds_n(is_exact, out + 2 * i, result, part);                   \
                else                                                                       \
                    save_n(is_exact, out + i, result, part);                               \
                i += part;                                                                 \
            }                                                                              \
            if (i + W < n) {                                                               \
                vec late = CALL(formula, PASS(AT_ONCE), SECONDS, UNIFORM);                 \
                for (i += W; i + W < n; i += W) {                                          \
                    const vec result = CALL(formula, PASS(AT_ONCE), SECONDS, UNIFORM);     \
                    SAVE_SECONDS(i - W, late)                                              \
                    late = result;                                                         \
                }                                                                          \
                SAVE_SECONDS(i - W, late)                                                  \
            }                                                                              \
            part = n - i;                                                                  \
        } while (part > 0);                                                                \
        return;                                                                            \
    }

#include "pass_loops.h"

/* The same where parameters are arrays, which is rare: once in the code, every vector a part. */
#define LOOP_OF_PARTS(CALL, formula, PASS)                                                      \
    for (; i < n; i += W) {                                                                     \
        part = n - i < W ? n - i : W;                                                           \
        save_n(is_exact, out + i, CALL(formula, PASS(AT_ONCE), PART, PART_OF_PARAMETER), part); \
    }

/* clang-format off */
/* Pointers and scalars are read once, before the loop: a store to `out` might change them for all C knows.
 * (Pointers read in the loop made relu' 1.2 times as slow, AVX2's 1.3.) */
#define INPUT(k) const stored *const input_##k = operands[k]
#define SCALAR(k) const lane scalar_##k = uniform ? *PARAMETER(k) : 0
#define READ_1_0 INPUT(0)
#define READ_1_1 INPUT(0); SCALAR(1)
#define READ_1_2 INPUT(0); SCALAR(1); SCALAR(2)
#define READ_2_0 INPUT(0); INPUT(1)
#define READ_2_1 INPUT(0); INPUT(1); SCALAR(2)
#define READ_2_2 INPUT(0); INPUT(1); SCALAR(2); SCALAR(3)

#define KERNEL_BY(LOOP, BY_SECONDS, PASS, is_selection, is_short, formula, inputs, parameters)    \
    FA_MAYBE_UNUSED static void kernel_##formula(void *const *operands, ptrdiff_t n, int uniform) \
    {                                                                                             \
        enum { last = (inputs) + (parameters) };                                                  \
        enum { is_exact = (is_selection) && ((inputs) == 2 || (parameters) == 0) };               \
        stored *const out = operands[last];                                                       \
        ptrdiff_t i = 0, part = elements_to_alignment(out, n);                                    \
        READ_##inputs##_##parameters;                                                             \
        (void)uniform;                                                                            \
        BY_SECONDS(CALL_##inputs##_##parameters, formula, PASS)                                   \
        if (parameters == 0 || uniform) {                                                         \
            LOOP(CALL_##inputs##_##parameters, inputs, parameters, is_short, formula)             \
        } else {                                                                                  \
            LOOP_OF_PARTS(CALL_##inputs##_##parameters, formula, PASS)                            \
        }                                                                                         \
    }
/* clang-format on */
#define KERNEL(formula, inputs, parameters) \
    KERNEL_BY(LOOP, LOOP_OF_SECONDS, NO_PASS, 1, 1, formula, inputs, parameters)
#define KERNEL_IN_GROUPS(formula, inputs, parameters, is_short) \
    KERNEL_BY(LOOP_IN_GROUPS, LOOP_OF_SECONDS, IN_PASS, 0, is_short, formula, inputs, parameters)
#define KERNEL_IN_PASSES(formula, inputs, parameters) \
    KERNEL_BY(LOOP_IN_PASSES, NOT_OF_SECONDS, IN_PASS, 0, 0, formula, inputs, parameters)

/* By an activation's kind, and from the output, of which no exponential is taken. A bound tells whether a
 * formula is short, without a division or a root; where there are no groups, algebraic ones all gain. */
#define SELECTION_KERNEL(formula, inputs, parameters, bound) KERNEL(formula, inputs, parameters)
#define ALGEBRAIC_KERNEL(formula, inputs, parameters, bound) \
    KERNEL_IN_GROUPS(formula, inputs, parameters, GROUP == 1 || (bound) < 1)
#define EXPONENTIAL_KERNEL(formula, inputs, parameters, bound) KERNEL_IN_PASSES(formula, inputs, parameters)
#define SELECTION_KERNEL_FROM_OUTPUT SELECTION_KERNEL
#define ALGEBRAIC_KERNEL_FROM_OUTPUT ALGEBRAIC_KERNEL
#define EXPONENTIAL_KERNEL_FROM_OUTPUT(formula, inputs, parameters, bound) \
    KERNEL_IN_GROUPS(formula, inputs, parameters, (bound) < 2)
#define KERNELS_FROM_INPUT(name, kind, parameters, forward, backward, ...) \
    kind##_KERNEL(name##_forward, 1, parameters, forward)                  \
        kind##_KERNEL(name##_backward, 2, parameters, backward)
#define KERNELS_FROM_OUTPUT(name, kind, parameters, forward, backward, from_output, ...) \
    KERNELS_FROM_INPUT(name, kind, parameters, forward, backward)                        \
    kind##_KERNEL_FROM_OUTPUT(name##_backward_from_output, 2, parameters, from_output)
FA_ACTIVATIONS(KERNELS_FROM_OUTPUT, KERNELS_FROM_INPUT)

/* Of 16 bits only what float32 never rounds, or once, which then is to odd: the store rounds right. half.c
 * has the rest. */
#ifdef FA_HALF
#define ENTRY(formula, bound) (bound) <= 0.5 ? kernel_##formula : NULL
#else
#define ENTRY(formula, bound) kernel_##formula
#endif
#define ENTRIES_FROM_INPUT(name, kind, parameters, forward, backward, ...) \
    ENTRY(name##_forward, forward), ENTRY(name##_backward, backward), NULL,
#define ENTRIES_FROM_OUTPUT(name, kind, parameters, forward, backward, from_output, ...) \
    ENTRY(name##_forward, forward), ENTRY(name##_backward, backward),                    \
        ENTRY(name##_backward_from_output, from_output),
static const fa_kernel KERNELS[FA_FUNCTION_COUNT] = {FA_ACTIVATIONS(ENTRIES_FROM_OUTPUT, ENTRIES_FROM_INPUT)};

/* What 16 bits make do with, half.c. */
#if defined FA_F32 && !defined FA_HALF
KERNEL_IN_PASSES(gelu_coarse, 1, 0)
KERNEL(gelu_tabulated, 1, 0)
KERNEL(tanh_coarse, 1, 0)
static const fa_coarse_kernel COARSE_KERNELS[FA_DTYPE_COUNT][FA_ACTIVATION_COUNT] = {
    [FA_F16_INDEX] = {[FA_gelu] = {LONG_TABLES ? kernel_gelu_tabulated : kernel_gelu_coarse,
                                   LONG_TABLES ? GELU_TABULATED_ULP : GELU_COARSE_ULP},
                      [FA_tanh] = {kernel_tanh_coarse, TANH_COARSE_ULP}},
    [FA_BF16_INDEX] = {[FA_gelu] = {kernel_gelu_coarse, GELU_COARSE_ULP},
                       [FA_tanh] = {kernel_tanh_coarse, TANH_COARSE_ULP}}};
#else
#define COARSE_KERNELS NULL
#endif

#include "moves.h"

#ifdef FA_HALF
#define ROW_TABLE NULL
#else
#include "rows.h"
#include "row_loops.h"
#endif
#include "blocks.h"
#include "sparse.h"

extern const fa_unit FA_UNIT;
#ifdef FA_HALF
static void widen(const uint16_t *from, float *to, ptrdiff_t n)
{
    ptrdiff_t i = 0;
    for (; i + W <= n; i += W) v_store(to + i, v_widen(from + i));
    if (i < n) v_store_n(to + i, v_widen_n(from + i, n - i), n - i);
}

/* Puts the positions of lanes, of the first `part`, at the end of a list. */
static ptrdiff_t listed(mask lanes, ptrdiff_t start, ptrdiff_t part, uint16_t *positions, ptrdiff_t count)
{
    uint64_t left = v_to_bits(lanes) & (((uint64_t)2 << (part - 1)) - 1);
    for (; left; left &= left - 1)
        positions[count++] =
            (uint16_t)(start + v_count((left & (~left + 1)) - 1)); /* bits below the lowest */
    return count;
}

/* Positions of doubtful results go to `doubtful`; returns how many there are. */
static ptrdiff_t narrow(const float *from, uint16_t *to, ptrdiff_t n, int slack, uint16_t *doubtful)
{
    ptrdiff_t count = 0, i = 0;
    for (; i + 2 * W <= n; i += 2 * W) {
        const vec first = v_load(from + i), second = v_load(from + i + W);
        const mask of_first = v_is_doubtful(first, slack), of_second = v_is_doubtful(second, slack);
        v_narrow(to + i, first);
        v_narrow(to + i + W, second);
        if (!v_any(v_or(of_first, of_second))) continue;
        count = listed(of_first, i, W, doubtful, count);
        count = listed(of_second, i + W, W, doubtful, count);
    }
    for (; i < n; i += W) {
        const ptrdiff_t part = n - i < W ? n - i : W;
        const vec value = v_load_n(from + i, part);
        v_narrow_n(to + i, value, part);
        count = listed(v_is_doubtful(value, slack), i, part, doubtful, count);
    }
    return count;
}

const fa_unit FA_UNIT = {W,         KERNELS,       ROW_TABLE,  NULL,  every_second, to_every_second,
                         transpose, stream,        stream_end, widen, narrow,       &BLOCKS,
                         &SPARSE,   COARSE_KERNELS};
#else
#include "vocabulary.h"
const fa_unit FA_UNIT = {W,         KERNELS,       ROW_TABLE,  OPERATIONS, every_second, to_every_second,
                         transpose, stream,        stream_end, NULL,       NULL,         &BLOCKS,
                         &SPARSE,   COARSE_KERNELS};
#endif

FA_REGION_END
