/* How a formula runs over memory: one loop, whose tail is the same code with masked load and store.
 *
 * Included last in a translation unit, it expands the table of activations into kernels and closes
 * the target region. The result may be an input itself, or begin before one that it overlaps.
 */
#include "fastact.h"

/* A formula's call: operands 0 and 1 are inputs, READ gives a vector of one; PARAMETER likewise. */
#define CALL_1_0(formula, READ, PARAMETER) formula(READ(0))
#define CALL_1_1(formula, READ, PARAMETER) formula(READ(0), PARAMETER(1))
#define CALL_1_2(formula, READ, PARAMETER) formula(READ(0), PARAMETER(1), PARAMETER(2))
#define CALL_2_0(formula, READ, PARAMETER) formula(READ(0), READ(1))
#define CALL_2_1(formula, READ, PARAMETER) formula(READ(0), READ(1), PARAMETER(2))
#define CALL_2_2(formula, READ, PARAMETER) formula(READ(0), READ(1), PARAMETER(2), PARAMETER(3))

#define OPERAND(k) ((const lane *)operands[k])
#define WHOLE(k) v_load(OPERAND(k) + i)
#define PART(k) v_load_n(OPERAND(k) + i, part)
#define UNIFORM(k) v_set(scalar_##k)

/* How many elements come before the first aligned vector of a long array. NumPy aligns to 16 bytes
 * only, and every second vector of 32 would straddle two cache lines: relu_backward then takes 1.15
 * times as long in the first-level cache of a Zen 3, leaky_relu_backward 1.1 times. */
FA_INLINE ptrdiff_t elements_to_alignment(const lane *out, ptrdiff_t n)
{
    return n < 16 * W ? 0 : (ptrdiff_t)((-(uintptr_t)out / sizeof(lane)) % W);
}

/* A part of a vector first and last, by the same code. */
#define LOOP(CALL, formula)                                                         \
    do {                                                                            \
        if (part > 0) {                                                             \
            v_store_n(out + i, CALL(formula, PART, UNIFORM), part);                 \
            i += part;                                                              \
        }                                                                           \
        for (; i + W <= n; i += W) v_store(out + i, CALL(formula, WHOLE, UNIFORM)); \
        part = n - i;                                                               \
    } while (part > 0);

/* The same where parameters are arrays, which is rare: once in the code, every vector a part. */
#define LOOP_OF_PARTS(CALL, formula)                         \
    for (; i < n; i += W) {                                  \
        part = n - i < W ? n - i : W;                        \
        v_store_n(out + i, CALL(formula, PART, PART), part); \
    }

/* Scalars are read once, before the loop: a store to `out` might change them for all C knows. */
#define SCALAR(k) const lane scalar_##k = uniform ? *OPERAND(k) : 0;
#define SCALARS_1_0 (void)uniform;
#define SCALARS_1_1 SCALAR(1)
#define SCALARS_1_2 SCALAR(1) SCALAR(2)
#define SCALARS_2_0 (void)uniform;
#define SCALARS_2_1 SCALAR(2)
#define SCALARS_2_2 SCALAR(2) SCALAR(3)

/* clang-format off */
#define KERNEL(formula, inputs, parameters)                                       \
    static void kernel_##formula(void *const *operands, ptrdiff_t n, int uniform) \
    {                                                                             \
        lane *const out = operands[inputs + parameters];                          \
        ptrdiff_t i = 0, part = elements_to_alignment(out, n);                    \
        SCALARS_##inputs##_##parameters                                           \
        if (parameters == 0 || uniform) {                                         \
            LOOP(CALL_##inputs##_##parameters, formula)                           \
        } else {                                                                  \
            LOOP_OF_PARTS(CALL_##inputs##_##parameters, formula)                  \
        }                                                                         \
    }
/* clang-format on */

#define KERNELS_FROM_INPUT(name, parameters, ...) \
    KERNEL(name##_forward, 1, parameters) KERNEL(name##_backward, 2, parameters)
#define KERNELS_FROM_OUTPUT(name, parameters, ...) \
    KERNELS_FROM_INPUT(name, parameters, FROM_OUTPUT) KERNEL(name##_backward_from_output, 2, parameters)
FA_ACTIVATIONS(KERNELS_FROM_OUTPUT, KERNELS_FROM_INPUT)

#define ENTRIES_FROM_INPUT(name, ...) kernel_##name##_forward, kernel_##name##_backward, NULL,
#define ENTRIES_FROM_OUTPUT(name, ...) \
    kernel_##name##_forward, kernel_##name##_backward, kernel_##name##_backward_from_output,
static const fa_kernel KERNELS[FA_FUNCTION_COUNT] = {FA_ACTIVATIONS(ENTRIES_FROM_OUTPUT, ENTRIES_FROM_INPUT)};

#include "vocabulary.h"

extern const fa_unit FA_UNIT;
const fa_unit FA_UNIT = {W, KERNELS, OPERATIONS};

FA_REGION_END
