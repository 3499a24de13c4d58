/* Sums, in one fixed order whatever the instruction set: 16 virtual lanes over blocks of fixed length
 * (blocks.h fills them), the lanes of a block combined in index order, the blocks pairwise. Plain C, so that
 * every compiler gives the same bits; it must not contain a formula of an activation.
 */
#include "fastact.h"

#include <stdint.h>

enum { LANES = FA_SUM_LANES, BLOCK = FA_SUM_BLOCK, LEVELS = 48 };

/* Combine the sum of block number `index` with those before it of equal length, as in counting. */
static void push(double *levels, ptrdiff_t index, double sum)
{
    int level = 0;
    for (; index >> level & 1; level++) sum = levels[level] + sum;
    levels[level] = sum;
}

static double all(const double *levels, ptrdiff_t blocks)
{
    double sum = 0;
    for (int level = 0; level < LEVELS; level++)
        if (blocks >> level & 1) sum = levels[level] + sum;
    return sum;
}

/* Elements one after the other: where they lie, or in a room of BLOCK. */
static const void *contiguous(const char *from, ptrdiff_t step, ptrdiff_t size, void *room, ptrdiff_t n)
{
    if (step == size) return from;
    fa_copy(room, size, from, step, n, size);
    return room;
}

static double sum_of_block(int dtype, const void *grads, const void *values, ptrdiff_t n)
{
    const fa_unit *const unit = fa_isa_unit(fa_isa_active(), dtype);
    double lanes[LANES] = {0};
    if (fa_sizes[dtype] == 2) {
        float wide_grads[BLOCK], wide_values[BLOCK];
        unit->widen(grads, wide_grads, n);
        unit->widen(values, wide_values, n);
        fa_isa_unit(fa_isa_active(), FA_F32_INDEX)->blocks->sum_below(wide_grads, wide_values, lanes, n);
    } else {
        unit->blocks->sum_below(grads, values, lanes, n);
    }
    return fa_sum_of_lanes(lanes, 1);
}

/* One sum for each row of two arrays; call.c sets the environment. */
void fa_reduce_below(int dtype, const char *grad, ptrdiff_t grad_step, const char *x, ptrdiff_t x_step,
                     void *sums, ptrdiff_t rows, ptrdiff_t length)
{
    const ptrdiff_t size = fa_sizes[dtype];
    double grads[BLOCK], values[BLOCK];
    for (ptrdiff_t row = 0; row < rows; row++) {
        double levels[LEVELS];
        ptrdiff_t blocks = 0;
        for (ptrdiff_t left = length, n; left > 0;
             left -= n, blocks++, grad += n * grad_step, x += n * x_step) {
            n = left < BLOCK ? left : BLOCK;
            push(levels, blocks,
                 sum_of_block(dtype, contiguous(grad, grad_step, size, grads, n),
                              contiguous(x, x_step, size, values, n), n));
        }
        const double sum = all(levels, blocks);
        if (dtype == FA_F32_INDEX)
            ((float *)sums)[row] = (float)sum;
        else if (dtype == FA_F64_INDEX)
            ((double *)sums)[row] = sum;
        else
            ((uint16_t *)sums)[row] = fa_rounded_to_half(dtype, sum);
    }
}

/* The lanes of one block; the blocks of one sum, whose number may be any. */
double fa_sum_of_lanes(const double *lanes, ptrdiff_t step)
{
    double sum = 0;
    for (int k = 0; k < LANES; k++) sum += lanes[k * step];
    return sum;
}

double fa_sum_of_blocks(const double *sums, ptrdiff_t step, ptrdiff_t count)
{
    double levels[LEVELS];
    for (ptrdiff_t i = 0; i < count; i++) push(levels, i, sums[i * step]);
    return all(levels, count);
}
