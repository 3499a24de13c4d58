/* What every call passes through between Python and a kernel: the floating-point environment, and
 * operands that a kernel cannot read, brought into contiguous blocks. No formula belongs here.
 */
#include "environment.h"
#include "fastact.h"
#include "region.h"

#include <stdint.h>
#include <string.h>

int fa_input_count(int function)
{
    if (function >= FA_FUNCTION_COUNT) return 1 + (function - FA_FUNCTION_COUNT) % 2;
    return function % FA_DIRECTIONS == FA_FORWARD ? 1 : 2;
}
int fa_parameter_count(int function)
{
    return function >= FA_FUNCTION_COUNT ? 0 : fa_activations[function / FA_DIRECTIONS].parameter_count;
}

/* The kernel of the format itself, or by way of float32. */
static void run(int function, int dtype, void *const *operands, ptrdiff_t n, int uniform)
{
    const fa_kernel kernel = fa_active[dtype][function];
    if (kernel)
        kernel(operands, n, uniform);
    else
        fa_half(function, dtype, operands, n, uniform);
}

/* Contiguous arrays, inputs then the result, and parameters that are numbers. */
void fa_call(int function, int dtype, void *const *arrays, const double *parameters, ptrdiff_t n)
{
    const int inputs = fa_input_count(function), count = fa_parameter_count(function);
    void *operands[FA_MOST_OPERANDS];
    float as_float[FA_MOST_PARAMETERS];
    double as_double[FA_MOST_PARAMETERS];
    const environment saved = enter();
    for (int i = 0; i < inputs; i++) operands[i] = arrays[i];
    for (int i = 0; i < count; i++) {
        as_float[i] = (float)parameters[i];
        as_double[i] = parameters[i];
        operands[inputs + i] = dtype == FA_F64_INDEX ? (void *)&as_double[i] : (void *)&as_float[i];
    }
    operands[inputs + count] = arrays[inputs];
    run(function, dtype, operands, n, 1);
    leave(saved);
}

/* n elements of `size` bytes, from one step to another. */
#define COPY(type)                                                                                           \
    static void copy_##type(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step, ptrdiff_t n) \
    {                                                                                                        \
        FA_UNROLL                                                                                            \
        for (ptrdiff_t i = 0; i < n; i++, to += to_step, from += from_step) memcpy(to, from, sizeof(type));  \
    }
COPY(uint16_t)
COPY(uint32_t)
COPY(uint64_t)

static void copy(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step, ptrdiff_t n,
                 ptrdiff_t size)
{
    (size == sizeof(uint16_t)   ? copy_uint16_t
     : size == sizeof(uint32_t) ? copy_uint32_t
                                : copy_uint64_t)(to, to_step, from, from_step, n);
}

/* Does reading ahead miss a value that the loop itself is to write? NumPy copies where operands
 * overlap, but for a result behind its input, and for reduce and accumulate, whose input is the
 * previous result. */
static int is_sequential(const char *in, ptrdiff_t in_step, const char *out, ptrdiff_t out_step, ptrdiff_t n)
{
    const ptrdiff_t in_reach = in_step * (n - 1), out_reach = out_step * (n - 1);
    const uintptr_t in_first = (uintptr_t)(in + (in_reach < 0 ? in_reach : 0));
    const uintptr_t in_last = (uintptr_t)(in + (in_reach < 0 ? 0 : in_reach));
    const uintptr_t out_first = (uintptr_t)(out + (out_reach < 0 ? out_reach : 0));
    const uintptr_t out_last = (uintptr_t)(out + (out_reach < 0 ? 0 : out_reach));
    if (in_last < out_first || out_last < in_first) return 0;
    if (out_step == 0) return 1;
    if (in_step != out_step) return in != out;
    return out_step > 0 ? in < out : in > out;
}

enum { BLOCK = 512 }; /* elements: all operands' blocks fit a quarter of a first-level cache */

static const ptrdiff_t SIZES[FA_DTYPE_COUNT] = {
    [FA_F32_INDEX] = 4, [FA_F64_INDEX] = 8, [FA_F16_INDEX] = 2, [FA_BF16_INDEX] = 2};

static void blocks(int function, int dtype, char **operands, const ptrdiff_t *steps, const ptrdiff_t *sizes,
                   ptrdiff_t n, int uniform)
{
    double scratch[FA_MOST_OPERANDS][BLOCK];
    const int inputs = fa_input_count(function), last = inputs + fa_parameter_count(function);
    const fa_unit *const unit = fa_isa_unit(fa_isa_active(), dtype);
    ptrdiff_t block = BLOCK;
    for (int i = 0; i < last; i++)
        if (is_sequential(operands[i], steps[i], operands[last], steps[last], n)) block = 1;

    for (ptrdiff_t start = 0; start < n; start += block) {
        const ptrdiff_t part = n - start < block ? n - start : block;
        void *contiguous[FA_MOST_OPERANDS];
        for (int i = 0; i <= last; i++) {
            char *const at = operands[i] + start * steps[i];
            const int direct = steps[i] == sizes[i] || (uniform && i >= inputs && i < last);
            contiguous[i] = direct ? (void *)at : (void *)scratch[i];
            if (direct || i == last) continue;
            if (i < inputs && steps[i] == 2 * sizes[i])
                unit->every_second(at, scratch[i], part);
            else
                copy((char *)scratch[i], sizes[i], at, steps[i], part, sizes[i]);
        }
        run(function, dtype, contiguous, part, uniform);
        if (contiguous[last] == (void *)scratch[last])
            copy(operands[last] + start * steps[last], steps[last], (char *)scratch[last], sizes[last], part,
                 sizes[last]);
    }
}

/* The inner loop of every ufunc for the floating-point formats; npy_intp is ptrdiff_t. */
void fa_ufunc_loop(char **operands, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *data)
{
    const int function = (int)((intptr_t)data / FA_LOOP_COUNT), dtype = (int)((intptr_t)data % FA_LOOP_COUNT);
    const int inputs = fa_input_count(function), last = inputs + fa_parameter_count(function);
    const ptrdiff_t n = dimensions[0];
    const environment saved = enter();

    ptrdiff_t sizes[FA_MOST_OPERANDS];
    int uniform = 1, direct = steps[last] == SIZES[dtype];
    for (int i = 0; i <= last; i++)
        sizes[i] = SIZES[i < inputs || i == last || dtype == FA_F64_INDEX ? dtype : FA_F32_INDEX];
    for (int i = inputs; i < last; i++) uniform &= steps[i] == 0;
    for (int i = 0; i < last; i++) {
        direct &= steps[i] == sizes[i] || (uniform && i >= inputs);
        direct &= !is_sequential(operands[i], steps[i], operands[last], steps[last], n);
    }
    if (direct)
        run(function, dtype, (void *const *)operands, n, uniform);
    else
        blocks(function, dtype, operands, steps, sizes, n, uniform);
    leave(saved);
}

/* The sums of prelu_backward: grad * x over x below 0, one for each row of two contiguous arrays. */
void fa_sums_below(int dtype, const void *grad, const void *x, void *sums, ptrdiff_t rows, ptrdiff_t length)
{
    const environment saved = enter();
    fa_reduce_below(dtype, grad, x, sums, rows, length);
    leave(saved);
}
