/* float16 and bfloat16 by way of float32, block by block, and rounded correctly: functions that float32
 * rounds more than once. (The others have kernels that round to odd.)
 *
 * A float32 result is off by no more than the bound of its function, or of a coarser kernel that takes less
 * time (of gelu two thirds, of float16's by AVX-512 two fifths, of tanh four fifths). Where it lies so near
 * the middle of two 16-bit numbers that this could matter, usually one in a thousand, of float16's gelu four
 * (by AVX-512 less than one), the float64 kernel decides: rounding twice would misplace up to twenty of the
 * 65,536 results of a function. No formula belongs here.
 *
 * Conversion and doubt in the kernels' own loops, without blocks, made sigmoid and silu 20 percent slower on
 * a Zen 3: those loops wait for latencies, which then add up.
 */
#include "fastact.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Elements. Three operands of a block take 12 KiB; 512 cost sigmoid a tenth more, 2048 a third. */
enum { BLOCK = 1024, FEW = 64 };

/* A float32 that any narrower format rounds as it would round the value: inexact ones are made odd. */
float fa_rounded_to_odd(double value)
{
    float rounded = (float)value;
    if ((double)rounded == value || isnan(value)) return rounded;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    if (fabs((double)rounded) > fabs(value)) bits--;
    bits |= 1;
    memcpy(&rounded, &bits, sizeof bits);
    return rounded;
}

/* The same of the sum of two. */
float fa_sum_to_odd(double a, double b)
{
    double sum = a + b;
    const double of_b = sum - a, lost = (a - (sum - of_b)) + (b - of_b);
    if (lost != 0 && !isnan(lost)) {
        uint64_t bits;
        memcpy(&bits, &sum, sizeof bits);
        if ((lost < 0) == (sum > 0)) bits--;
        bits |= 1;
        memcpy(&sum, &bits, sizeof sum);
    }
    return fa_rounded_to_odd(sum);
}

/* Near 0, and where it is large, a function may be so near c x**p or x + c that float64 gives just that. If
 * it is a middle, its side is told by the same significand at a size where float64 tells the two apart. */
static double probe(double x)
{
    int exponent;
    const double significand = frexp(x, &exponent), size = fabs(x);
    return size > 0 && size < 0x1p-40 ? ldexp(significand, -20) : size > 0x1p7 ? ldexp(significand, 4) : x;
}

static int exponent_of(double value)
{
    int exponent;
    frexp(value, &exponent);
    return exponent;
}

/* The number next to y on its true side, or y itself: y and y_probe are the values at x and x_probe. A value
 * that follows neither law is a middle. */
static double sided(int direction, double x, double y, double x_probe, double y_probe)
{
    const double c = y - x, c_probe = y_probe - x_probe, close = fabs(x) > 1 ? 0.5 : 0x1p-10;
    const int steps = exponent_of(x_probe) - exponent_of(x);
    const int power = (int)lround((double)(exponent_of(y_probe) - exponent_of(y)) / steps);
    double near = ldexp(y_probe, -power * steps) - y;
    if (direction == FA_FORWARD && fabs(x) > 1 && fabs(c_probe - c) < 0.5 * fabs(c)) near = c_probe - c;
    if (near == 0 || !(fabs(near) < close * fabs(y))) return y;
    return nextafter(y, near > 0 ? INFINITY : -INFINITY);
}

/* Inputs whose results float32 leaves in doubt, and where those go. They wait for one another, for the
 * float64 kernel takes as long for one as for eight: to decide at every block cost float16's gelu a tenth. */
typedef struct {
    double inputs[FA_MOST_OPERANDS][FEW];
    uint16_t *places[FEW];
    ptrdiff_t count;
} waiting;

/* Their results, by the float64 kernel. */
static void decide(int function, const fa_unit *unit, int uniform, waiting *those)
{
    const int inputs = fa_input_count(function), last = inputs + fa_parameter_count(function);
    const fa_kernel kernel = fa_active[FA_F64_INDEX][function];
    const ptrdiff_t n = those->count;
    double x[FEW], y[FEW], y_probe[FEW], *const probed = those->inputs[inputs - 1];
    float odd[FEW];
    uint16_t rounded[FEW], middles[FEW];
    void *operands[FA_MOST_OPERANDS];
    for (int k = 0; k < last; k++) operands[k] = those->inputs[k];
    operands[last] = y;
    kernel(operands, n, uniform);
    for (ptrdiff_t i = 0; i < n; i++) odd[i] = fa_rounded_to_odd(y[i]);
    const ptrdiff_t middle_count = unit->narrow(odd, rounded, n, 0, middles);
    if (middle_count > 0) {
        for (ptrdiff_t i = 0; i < n; i++) {
            x[i] = probed[i];
            probed[i] = probe(x[i]);
        }
        operands[last] = y_probe;
        kernel(operands, n, uniform);
        for (ptrdiff_t m = 0; m < middle_count; m++) {
            const int i = middles[m];
            if (probed[i] != x[i])
                odd[i] =
                    fa_rounded_to_odd(sided(function % FA_DIRECTIONS, x[i], y[i], probed[i], y_probe[i]));
        }
        unit->narrow(odd, rounded, n, 0, middles);
    }
    for (ptrdiff_t i = 0; i < n; i++) *those->places[i] = rounded[i];
    those->count = 0;
}

/* One contiguous run, as a kernel; parameters are float32. */
void fa_half(int function, int dtype, void *const *operands, ptrdiff_t n, int uniform)
{
    const fa_coarse_kernel *const coarse_kernels = fa_isa_unit(fa_isa_active(), FA_F32_INDEX)->coarse[dtype];
    const fa_unit *const unit = fa_isa_unit(fa_isa_active(), dtype);
    const int inputs = fa_input_count(function), last = inputs + fa_parameter_count(function);
    const int activation = function / FA_DIRECTIONS, direction = function % FA_DIRECTIONS;
    const fa_coarse_kernel coarse =
        direction == FA_FORWARD ? coarse_kernels[activation] : (fa_coarse_kernel){NULL, 0};
    const fa_kernel kernel = coarse.kernel ? coarse.kernel : fa_active[FA_F32_INDEX][function];
    const double bound = fa_activations[activation].ulp[direction] + (direction == FA_FORWARD ? 0 : 1);
    const int slack = coarse.kernel ? coarse.ulp : (int)ceil(bound); /* of any grad */
    _Alignas(64) float scratch[FA_MOST_INPUTS + 1][BLOCK];
    uint16_t doubtful[BLOCK];
    waiting those;
    those.count = 0;

    for (ptrdiff_t start = 0; start < n; start += BLOCK) {
        const ptrdiff_t part = n - start < BLOCK ? n - start : BLOCK;
        uint16_t *const out = (uint16_t *)operands[last] + start;
        float *wide[FA_MOST_OPERANDS];
        for (int k = 0; k < inputs; k++) {
            unit->widen((const uint16_t *)operands[k] + start, scratch[k], part);
            wide[k] = scratch[k];
        }
        for (int k = inputs; k < last; k++) wide[k] = (float *)operands[k] + (uniform ? 0 : start);
        wide[last] = scratch[FA_MOST_INPUTS];
        kernel((void *const *)wide, part, uniform);
        const ptrdiff_t count = unit->narrow(wide[last], out, part, slack, doubtful);
        for (ptrdiff_t i = 0; i < count; i++) {
            for (int k = 0; k < last; k++)
                those.inputs[k][those.count] = wide[k][uniform && k >= inputs ? 0 : doubtful[i]];
            those.places[those.count++] = out + doubtful[i];
            if (those.count == FEW) decide(function, unit, uniform, &those);
        }
    }
    if (those.count > 0) decide(function, unit, uniform, &those);
}

uint16_t fa_rounded_to_half(int dtype, double value)
{
    const float odd = fa_rounded_to_odd(value);
    uint16_t rounded, middle;
    fa_isa_unit(fa_isa_active(), dtype)->narrow(&odd, &rounded, 1, 0, &middle);
    return rounded;
}
