/* What every call passes through between Python and a kernel: the floating-point environment, and
 * operands that a kernel cannot read, brought into contiguous blocks. No formula belongs here.
 */
#include "environment.h"
#include "fastact.h"
#include "region.h"

#include <stdint.h>
#include <string.h>

/* The kernel of the format itself, or by way of float32. */
void fa_run(int function, int dtype, void *const *operands, ptrdiff_t n, int uniform)
{
    const fa_kernel kernel = fa_active[dtype][function];
    if (kernel)
        kernel(operands, n, uniform);
    else
        fa_half(function, dtype, operands, n, uniform);
}

/* A step of 0 repeats one element, by a loop of which gcc makes vectors. */
#define COPY(type)                                                                                           \
    static void copy_##type(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step, ptrdiff_t n) \
    {                                                                                                        \
        if (from_step == 0 && to_step == (ptrdiff_t)sizeof(type)) {                                          \
            type value;                                                                                      \
            memcpy(&value, from, sizeof value);                                                              \
            for (ptrdiff_t i = 0; i < n; i++) ((type *)to)[i] = value;                                       \
            return;                                                                                          \
        }                                                                                                    \
        FA_UNROLL                                                                                            \
        for (ptrdiff_t i = 0; i < n; i++, to += to_step, from += from_step) memcpy(to, from, sizeof(type));  \
    }
COPY(uint8_t)
COPY(uint16_t)
COPY(uint32_t)
COPY(uint64_t)

/* A format with elements of so many bytes, of 2, 4 and 8. */
static int format_of(ptrdiff_t size)
{
    return size == 2 ? FA_F16_INDEX : size == 4 ? FA_F32_INDEX : FA_F64_INDEX;
}

void fa_copy(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step, ptrdiff_t n, ptrdiff_t size)
{
    if (to_step == size && from_step == size)
        memcpy(to, from, (size_t)(n * size));
    else if (size > 1 && to_step == size && from_step == 2 * size)
        fa_isa_unit(fa_isa_active(), format_of(size))->every_second(from, to, n);
    else if (size > 1 && to_step == 2 * size && from_step == size)
        fa_isa_unit(fa_isa_active(), format_of(size))->to_every_second(from, to, n);
    else
        (size == sizeof(uint8_t)    ? copy_uint8_t
         : size == sizeof(uint16_t) ? copy_uint16_t
         : size == sizeof(uint32_t) ? copy_uint32_t
                                    : copy_uint64_t)(to, to_step, from, from_step, n);
}

/* Do two operands share no memory? */
static int is_apart(const char *in, ptrdiff_t in_step, const char *out, ptrdiff_t out_step, ptrdiff_t n)
{
    const ptrdiff_t in_reach = in_step * (n - 1), out_reach = out_step * (n - 1);
    const uintptr_t in_first = (uintptr_t)(in + (in_reach < 0 ? in_reach : 0));
    const uintptr_t in_last = (uintptr_t)(in + (in_reach < 0 ? 0 : in_reach));
    const uintptr_t out_first = (uintptr_t)(out + (out_reach < 0 ? out_reach : 0));
    const uintptr_t out_last = (uintptr_t)(out + (out_reach < 0 ? 0 : out_reach));
    return in_last < out_first || out_last < in_first;
}

/* Does reading ahead miss a value that the loop itself is to write? NumPy copies where operands
 * overlap, but for a result behind its input, and for reduce and accumulate, whose input is the
 * previous result. */
static int is_sequential(const char *in, ptrdiff_t in_step, const char *out, ptrdiff_t out_step, ptrdiff_t n)
{
    if (is_apart(in, in_step, out, out_step, n)) return 0;
    if (out_step == 0) return 1;
    if (in_step != out_step) return in != out;
    return out_step > 0 ? in < out : in > out;
}

/* From this many elements on a call asks whether others may help. */
enum { LEAST_SHARED = 4 * FA_UNIT_OF_WORK };

enum { BLOCK = 512 }; /* elements: all operands' blocks fit a quarter of a first-level cache */

static int kind_of(int function)
{
    const int kind = fa_activations[function / FA_DIRECTIONS].kind;
    const int takes_none = kind == FA_EXPONENTIAL && function % FA_DIRECTIONS == FA_BACKWARD_FROM_OUTPUT;
    return takes_none ? FA_ALGEBRAIC : kind;
}
static int is_exponential(int function) { return kind_of(function) == FA_EXPONENTIAL; }

/* How a kernel can walk over such operands itself, FA_SECONDS and what goes with it; 0 if it cannot. */
static int seconds(int function, int dtype, const ptrdiff_t *steps, int uniform)
{
    const int inputs = fa_input_count(function), last = inputs + fa_parameter_count(function);
    const ptrdiff_t size = fa_sizes[dtype];
    if (function >= FA_FUNCTION_COUNT || is_exponential(function) || !fa_active[dtype][function] || !uniform)
        return 0;
    int found = 0;
    for (int i = 0; i <= last; i++) {
        if (i >= inputs && i < last) continue;
        if (steps[i] == 2 * size)
            found |= i == last ? FA_INTO_SECONDS : FA_SECONDS << i;
        else if (steps[i] != size)
            return 0;
    }
    return found;
}

static void blocks(int function, int dtype, char **operands, const ptrdiff_t *steps, const ptrdiff_t *sizes,
                   ptrdiff_t n, int uniform)
{
    _Alignas(64) double scratch[FA_MOST_OPERANDS][BLOCK];
    const int inputs = fa_input_count(function), last = inputs + fa_parameter_count(function);
    ptrdiff_t block = BLOCK;
    for (int i = 0; i < last; i++)
        if (is_sequential(operands[i], steps[i], operands[last], steps[last], n)) block = 1;
    const int by_seconds = seconds(function, dtype, steps, uniform);
    if (by_seconds && block > 1) {
        fa_run(function, dtype, (void *const *)operands, n, FA_UNIFORM | by_seconds);
        return;
    }

    for (ptrdiff_t start = 0; start < n; start += block) {
        const ptrdiff_t part = n - start < block ? n - start : block;
        void *contiguous[FA_MOST_OPERANDS];
        for (int i = 0; i <= last; i++) {
            char *const at = operands[i] + start * steps[i];
            const int direct = steps[i] == sizes[i] || (uniform && i >= inputs && i < last);
            contiguous[i] = direct ? (void *)at : (void *)scratch[i];
            if (!direct && i < last) fa_copy((char *)scratch[i], sizes[i], at, steps[i], part, sizes[i]);
        }
        fa_run(function, dtype, contiguous, part, uniform);
        if (contiguous[last] == (void *)scratch[last])
            fa_copy(operands[last] + start * steps[last], steps[last], (char *)scratch[last], sizes[last],
                    part, sizes[last]);
    }
}

/* A call, of which any part can be computed for itself. */
typedef struct {
    int function, dtype, last;
    int uniform; /* parameters are one number each */
    int direct;  /* a kernel can read and write every operand */
    int streamed;
    char *operands[FA_MOST_OPERANDS];
    ptrdiff_t steps[FA_MOST_OPERANDS], sizes[FA_MOST_OPERANDS];
} whole;

/* A result too large for the caches is written past them: a plain store would first read what it overwrites.
 * An exponential's kernel does so itself, where a vector fills a cache line (of 128 MB sigmoid and tanh take
 * 0.75 of the time on an Ice Lake server, gelu and softplus as long; by AVX2, which fills one twice, softplus
 * would take 1.7 times as long). Others make it in a block that stays in a cache (relu 0.6, its derivative
 * 0.7, softsign 0.8; but in 16 bits, where they convert for longer than a copy takes, hardswish would
 * take 1.1). */
static int is_streamed(const whole *call, ptrdiff_t n)
{
    const int last = call->last, kind = kind_of(call->function);
    const ptrdiff_t size = fa_sizes[call->dtype];
    if (!call->direct || n * size < (kind == FA_SELECTION ? fa_stream_bytes : fa_stream_computed_bytes))
        return 0;
    if (kind != FA_SELECTION && size == 2) return 0;
    if (kind == FA_EXPONENTIAL &&
        !(call->uniform && fa_isa_unit(fa_isa_active(), call->dtype)->lanes * size == FA_LINE_BYTES))
        return 0;
    for (int i = 0; i < last; i++)
        if (!is_apart(call->operands[i], call->steps[i], call->operands[last], call->steps[last], n))
            return 0;
    return 1;
}

static void stream(const whole *call, char **operands, ptrdiff_t n)
{
    _Alignas(64) char block[FA_STREAM_BLOCK];
    const fa_unit *const unit = fa_isa_unit(fa_isa_active(), FA_F32_INDEX);
    const int last = call->last;
    const ptrdiff_t size = fa_sizes[call->dtype];
    ptrdiff_t part = (ptrdiff_t)(-(uintptr_t)operands[last] % sizeof block) / size; /* to a whole block */
    char *out = operands[last];
    operands[last] = block;
    for (ptrdiff_t left = n; left > 0; left -= part, part = FA_STREAM_BLOCK / size) {
        const char *asked[FA_MOST_OPERANDS];
        int count = 0;
        if (part == 0) part = FA_STREAM_BLOCK / size;
        if (part > left) part = left;
        for (int i = 0; i < last; i++)
            if (call->steps[i] == size) asked[count++] = operands[i] + FA_STREAM_AHEAD;
        fa_run(call->function, call->dtype, (void *const *)operands, part, call->uniform);
        if (part * size == FA_STREAM_BLOCK)
            unit->stream(block, out, FA_STREAM_BLOCK, asked, count);
        else
            memcpy(out, block, (size_t)(part * size));
        out += part * size;
        for (int i = 0; i < last; i++) operands[i] += part * call->steps[i];
    }
    unit->stream_end();
}

static void compute(void *context, ptrdiff_t start, ptrdiff_t end)
{
    const whole *const call = context;
    const environment saved = enter();
    char *operands[FA_MOST_OPERANDS];
    for (int i = 0; i <= call->last; i++) operands[i] = call->operands[i] + start * call->steps[i];
    if (call->streamed && !is_exponential(call->function)) {
        stream(call, operands, end - start);
    } else if (call->direct) {
        const int streamed = call->streamed ? FA_STREAMED : 0;
        fa_run(call->function, call->dtype, (void *const *)operands, end - start, call->uniform | streamed);
        if (streamed) fa_isa_unit(fa_isa_active(), FA_F32_INDEX)->stream_end();
    } else {
        blocks(call->function, call->dtype, operands, call->steps, call->sizes, end - start, call->uniform);
    }
    leave(saved);
}

/* As kernels round, whatever the caller's environment. */
float fa_rounded_to_float(double value)
{
    const environment saved = enter();
    const volatile float rounded = (float)*(const volatile double *)&value;
    leave(saved);
    return rounded;
}

/* Contiguous arrays, inputs then the result, and parameters that are numbers. The result is an input or lies
 * apart from them. */
void fa_call(int function, int dtype, void *const *arrays, const double *parameters, ptrdiff_t n, int threads)
{
    const int inputs = fa_input_count(function), count = fa_parameter_count(function), last = inputs + count;
    void *operands[FA_MOST_OPERANDS];
    float as_float[FA_MOST_PARAMETERS];
    double as_double[FA_MOST_PARAMETERS];
    for (int i = 0; i < inputs; i++) operands[i] = arrays[i];
    const environment saved = enter(); /* which rounds parameters to float32, too */
    for (int i = 0; i < count; i++) {
        as_double[i] = *(const volatile double *)&parameters[i];
        as_float[i] = (float)as_double[i];
        operands[inputs + i] = dtype == FA_F64_INDEX ? (void *)&as_double[i] : (void *)&as_float[i];
    }
    operands[last] = arrays[inputs];
    if (n < LEAST_SHARED) {
        fa_run(function, dtype, operands, n, 1);
        leave(saved);
        return;
    }
    leave(saved);
    whole call = {.function = function, .dtype = dtype, .last = last, .uniform = 1, .direct = 1};
    for (int i = 0; i <= last; i++) {
        call.operands[i] = operands[i];
        call.steps[i] = call.sizes[i] = i < inputs || i == last ? fa_sizes[dtype] : 0;
    }
    call.streamed = is_streamed(&call, n);
    fa_share(compute, &call, n, FA_UNIT_OF_WORK, threads);
}

/* Does the result lie apart from every input, or exactly on it? Only then can parts change places. */
int fa_is_divisible(char *const *operands, const ptrdiff_t *steps, int last, ptrdiff_t n)
{
    const char *const out = operands[last];
    const ptrdiff_t out_step = steps[last];
    if (n < LEAST_SHARED) return 0;
    for (int i = 0; i < last; i++) {
        const int same = operands[i] == out && steps[i] == out_step && out_step != 0;
        if (!same && !is_apart(operands[i], steps[i], out, out_step, n)) return 0;
    }
    return 1;
}

/* The inner loop of every ufunc for the floating-point formats; npy_intp is ptrdiff_t. */
void fa_ufunc_loop(char **operands, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *data)
{
    const int function = (int)((intptr_t)data / FA_LOOP_COUNT), dtype = (int)((intptr_t)data % FA_LOOP_COUNT);
    const int inputs = fa_input_count(function), last = inputs + fa_parameter_count(function);
    const ptrdiff_t n = dimensions[0];
    whole call = {.function = function, .dtype = dtype, .last = last, .uniform = 1};

    call.direct = steps[last] == fa_sizes[dtype];
    for (int i = 0; i <= last; i++) {
        call.operands[i] = operands[i];
        call.steps[i] = steps[i];
        call.sizes[i] = fa_sizes[i < inputs || i == last || dtype == FA_F64_INDEX ? dtype : FA_F32_INDEX];
    }
    for (int i = inputs; i < last; i++) call.uniform &= steps[i] == 0;
    const int divisible = fa_is_divisible(operands, steps, last, n);
    for (int i = 0; i < last; i++) {
        call.direct &= steps[i] == call.sizes[i] || (call.uniform && i >= inputs);
        call.direct &= !is_sequential(operands[i], steps[i], operands[last], steps[last], n);
    }
    if (divisible) call.streamed = is_streamed(&call, n);
    fa_share(compute, &call, n, FA_UNIT_OF_WORK, divisible ? fa_threads_allowed() : 1);
}

/* The sums of prelu_backward: grad * x over x below 0, one for each row of two arrays whose rows follow one
 * another, each with its own step between elements. */
typedef struct {
    int dtype;
    const char *grad, *x;
    ptrdiff_t grad_step, x_step;
    char *sums;
    ptrdiff_t length;
} rows_below;

static void sum_rows(void *context, ptrdiff_t start, ptrdiff_t end)
{
    const rows_below *const call = context;
    const ptrdiff_t skipped = start * call->length;
    const environment saved = enter();
    fa_reduce_below(call->dtype, call->grad + skipped * call->grad_step, call->grad_step,
                    call->x + skipped * call->x_step, call->x_step,
                    call->sums + start * fa_sizes[call->dtype], end - start, call->length);
    leave(saved);
}

void fa_sums_below(int dtype, const void *grad, ptrdiff_t grad_step, const void *x, ptrdiff_t x_step,
                   void *sums, ptrdiff_t rows, ptrdiff_t length, int threads)
{
    rows_below call = {dtype, grad, x, grad_step, x_step, sums, length};
    fa_share(sum_rows, &call, rows, length < FA_UNIT_OF_WORK ? FA_UNIT_OF_WORK / (length + 1) : 1, threads);
}
