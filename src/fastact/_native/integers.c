/* The activations that keep integers: formulas and loops over any strides, for each width and sign.
 *
 * relu_squared wraps as NumPy's multiply does. The compiler vectorises the loops whose arrays are
 * contiguous. Parameters have been brought into the range of the type before.
 */
#include "fastact.h"

#include <stdint.h>

#define FORMULAS(T, WIDE)                                                                        \
    static inline T relu_##T(T x, T a, T b) { return (void)a, (void)b, x > 0 ? x : 0; }          \
    static inline T hardtanh_##T(T x, T min_val, T max_val)                                      \
    {                                                                                            \
        const T raised = x > min_val ? x : min_val;                                              \
        return raised < max_val ? raised : max_val;                                              \
    }                                                                                            \
    static inline T relu6_##T(T x, T a, T b) { return (void)a, (void)b, hardtanh_##T(x, 0, 6); } \
    static inline T relu_squared_##T(T x, T a, T b)                                              \
    {                                                                                            \
        const WIDE positive = (WIDE)relu_##T(x, a, b);                                           \
        return (T)(positive * positive);                                                         \
    }                                                                                            \
    static inline T threshold_##T(T x, T threshold, T value) { return x <= threshold ? value : x; }

#define LOOP(name, T, parameters)                                                                   \
    static void loop_##name##_##T(char **operands, const ptrdiff_t *steps, ptrdiff_t n)             \
    {                                                                                               \
        const char *in = operands[0], *p = operands[parameters > 0], *q = operands[parameters];     \
        char *out = operands[parameters + 1];                                                       \
        const ptrdiff_t p_step = steps[parameters > 0], q_step = steps[parameters],                 \
                        out_step = steps[parameters + 1];                                           \
        const int uniform = parameters == 0 || (p_step == 0 && q_step == 0);                        \
        if (n > 0 && uniform && steps[0] == sizeof(T) && out_step == sizeof(T)) {                   \
            const T a = *(const T *)p, b = *(const T *)q;                                           \
            for (ptrdiff_t i = 0; i < n; i++) ((T *)out)[i] = name##_##T(((const T *)in)[i], a, b); \
            return;                                                                                 \
        }                                                                                           \
        for (ptrdiff_t i = 0; i < n; i++)                                                           \
            *(T *)(out + i * out_step) =                                                            \
                name##_##T(*(const T *)(in + i * steps[0]), *(const T *)(p + i * p_step),           \
                           *(const T *)(q + i * q_step));                                           \
    }

#define OF_TYPE(T, WIDE) \
    FORMULAS(T, WIDE)    \
    LOOP(relu, T, 0) LOOP(relu6, T, 0) LOOP(relu_squared, T, 0) LOOP(hardtanh, T, 2) LOOP(threshold, T, 2)

OF_TYPE(int8_t, unsigned)
OF_TYPE(int16_t, unsigned)
OF_TYPE(int32_t, uint32_t)
OF_TYPE(int64_t, uint64_t)
OF_TYPE(uint8_t, unsigned)
OF_TYPE(uint16_t, unsigned)
OF_TYPE(uint32_t, uint32_t)
OF_TYPE(uint64_t, uint64_t)

typedef void (*integer_loop)(char **operands, const ptrdiff_t *steps, ptrdiff_t n);

/* By the logarithm of the size in bytes, the signed ones first. */
#define ROW(name)                                                                         \
    [FA_##name] = {loop_##name##_int8_t,   loop_##name##_int16_t, loop_##name##_int32_t,  \
                   loop_##name##_int64_t,  loop_##name##_uint8_t, loop_##name##_uint16_t, \
                   loop_##name##_uint32_t, loop_##name##_uint64_t}
static const integer_loop LOOPS[FA_ACTIVATION_COUNT][FA_INTEGER_COUNT] = {
    ROW(relu), ROW(relu6), ROW(relu_squared), ROW(hardtanh), ROW(threshold)};

int fa_keeps_integers(int function)
{
    if (function >= FA_FUNCTION_COUNT) return 0;
    return function % FA_DIRECTIONS == FA_FORWARD && LOOPS[function / FA_DIRECTIONS][0] != NULL;
}

/* A call, of which any part can be computed for itself. */
typedef struct {
    integer_loop loop;
    int last;
    char *const *operands;
    const ptrdiff_t *steps;
} whole;

static void compute(void *context, ptrdiff_t start, ptrdiff_t end)
{
    const whole *const call = context;
    char *operands[FA_MOST_OPERANDS];
    for (int i = 0; i <= call->last; i++) operands[i] = call->operands[i] + start * call->steps[i];
    call->loop(operands, call->steps, end - start);
}

/* The inner loop of the ufuncs. */
void fa_integer_loop(char **operands, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *data)
{
    const int function = (int)((intptr_t)data / FA_LOOP_COUNT),
              integer = (int)((intptr_t)data % FA_LOOP_COUNT);
    const int last = 1 + fa_parameter_count(function);
    whole call = {LOOPS[function / FA_DIRECTIONS][integer - FA_DTYPE_COUNT], last, operands, steps};
    const int divisible = fa_is_divisible(operands, steps, last, dimensions[0]);
    fa_share(compute, &call, dimensions[0], FA_UNIT_OF_WORK, divisible ? fa_threads_allowed() : 1);
}
