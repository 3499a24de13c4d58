/* Sums, in one fixed order whatever the instruction set: 16 virtual lanes over blocks of fixed length,
 * the lanes of a block combined in index order, the blocks pairwise. Plain C, so that every compiler
 * gives the same bits; it must not contain a formula of an activation.
 */
#include "fastact.h"

#include <stdint.h>
#include <string.h>

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

/* The sum of grad * x over where x < 0; a NaN counts, what grad is at x = 0 does not. */
/* clang-format off */
#define SUM_BELOW(type)                                                               \
    /* A random sign is no branch, but a mask of bits. */                                      \
    static inline double below_##type(type grad, type x)                                       \
    {                                                                                          \
        const double term = (double)grad * (double)x;                                          \
        const int64_t keep = -(int64_t)!(x >= 0);                                              \
        int64_t bits;                                                                          \
        memcpy(&bits, &term, sizeof bits);                                                     \
        bits &= keep;                                                                          \
        double kept;                                                                           \
        memcpy(&kept, &bits, sizeof kept);                                                     \
        return kept;                                                                           \
    }                                                                                          \
    static double sum_of_block_##type(const type *grad, const type *x, ptrdiff_t n)            \
    {                                                                                          \
        double lanes[LANES] = {0}, sum = 0;                                                    \
        ptrdiff_t i = 0;                                                                       \
        for (; i + LANES <= n; i += LANES)                                                     \
            for (int k = 0; k < LANES; k++) lanes[k] += below_##type(grad[i + k], x[i + k]);   \
        for (int k = 0; i < n; i++, k++) lanes[k] += below_##type(grad[i], x[i]);              \
        for (int k = 0; k < LANES; k++) sum += lanes[k];                                       \
        return sum;                                                                            \
    }
/* clang-format on */
SUM_BELOW(float)
SUM_BELOW(double)

static double sum_of_block(int dtype, const void *grad, const void *x, ptrdiff_t start, ptrdiff_t n)
{
    if (dtype == FA_F32_INDEX)
        return sum_of_block_float((const float *)grad + start, (const float *)x + start, n);
    if (dtype == FA_F64_INDEX)
        return sum_of_block_double((const double *)grad + start, (const double *)x + start, n);
    const fa_unit *const unit = fa_isa_unit(fa_isa_active(), dtype);
    float wide_grad[BLOCK], wide_x[BLOCK];
    unit->widen((const uint16_t *)grad + start, wide_grad, n);
    unit->widen((const uint16_t *)x + start, wide_x, n);
    return sum_of_block_float(wide_grad, wide_x, n);
}

/* One sum for each row of two contiguous arrays; call.c sets the environment. */
void fa_reduce_below(int dtype, const void *grad, const void *x, void *sums, ptrdiff_t rows, ptrdiff_t length)
{
    for (ptrdiff_t row = 0; row < rows; row++) {
        double levels[LEVELS];
        ptrdiff_t blocks = 0;
        for (ptrdiff_t start = 0; start < length; start += BLOCK, blocks++) {
            const ptrdiff_t n = length - start < BLOCK ? length - start : BLOCK;
            push(levels, blocks, sum_of_block(dtype, grad, x, row * length + start, n));
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
