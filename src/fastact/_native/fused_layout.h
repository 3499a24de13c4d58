/* Blocks of a fused call out of any layout: how long they are, what of them is gathered first and scattered
 * last. Included by fused.c alone. No kernel is called here.
 */
#include "fastact.h"

#include <stdint.h>
#include <string.h>

/* Elements of a block, and of a row that is worth blocks of its own, which then need no gathering. */
enum { BLOCK = FA_SUM_BLOCK, ROW_WORTH_BLOCKS = 256 };
enum { ALIGNED = 64 }; /* bytes */
typedef char stage[BLOCK * sizeof(double)];

static const struct {
    int inputs, results;
} COUNTS[] = {[FA_GATE] = {2, 1},
              [FA_GATE_BACKWARD] = {3, 2},
              [FA_CRELU] = {1, 2},
              [FA_CRELU_BACKWARD] = {3, 1},
              [FA_BIAS] = {2, 1},
              [FA_BIAS_BACKWARD] = {3, 1},
              [FA_MAXOUT] = {1, 2},
              [FA_MAXOUT_BACKWARD] = {2, 1},
              [FA_ELEMENTWISE + FA_FORWARD] = {1, 1},
              [FA_ELEMENTWISE + FA_BACKWARD] = {2, 1},
              [FA_ELEMENTWISE + FA_BACKWARD_FROM_OUTPUT] = {2, 1}};

/* A call with what is asked of its layout at every block. */
typedef struct {
    fa_fused_call *call;
    ptrdiff_t row;               /* the length of the last axis */
    ptrdiff_t n;                 /* elements */
    ptrdiff_t panel;             /* of the last two axes, which are a block, 0: they need not be */
    int flat[FA_FUSED_OPERANDS]; /* in memory as in order, without gaps */
    int unit[FA_FUSED_OPERANDS]; /* a row is without gaps */
    ptrdiff_t size[FA_FUSED_OPERANDS];
} layout;

/* 0, or FA_FAR where the operands lie beyond the caches, and a kernel reads them itself. */
static int far_of(const layout *of)
{
    return of->n * of->size[0] < FA_FAR_BYTES || of->size[0] == 2 ? 0 : FA_FAR;
}

static int operand_count(int kind) { return COUNTS[kind].inputs + COUNTS[kind].results; }

static layout laid_out(fa_fused_call *call)
{
    const int last = call->dimensions - 1;
    layout found = {.call = call, .row = call->shape[last], .n = 1};
    for (int d = 0; d <= last; d++) found.n *= call->shape[d];
    for (int k = 0; k < operand_count(call->kind); k++) {
        const int is_number =
            (call->kind == FA_MAXOUT && k == 2) || (call->kind == FA_MAXOUT_BACKWARD && k == 1);
        ptrdiff_t expected = found.size[k] = is_number ? (ptrdiff_t)sizeof(int32_t) : fa_sizes[call->dtype];
        found.unit[k] = call->steps[k][last] == expected || found.row == 1;
        found.flat[k] = 1;
        for (int d = last; d >= 0; d--) {
            found.flat[k] &= call->steps[k][d] == expected || call->shape[d] == 1;
            expected *= call->shape[d];
        }
    }
    return found;
}

/* A block from `start` on that ends where operand k is aligned: a kernel begins and ends with a part of a
 * vector elsewhere. */
static ptrdiff_t aligned_block(const layout *of, int k, ptrdiff_t start, ptrdiff_t most)
{
    const uintptr_t begin = (uintptr_t)(of->call->operands[k] + start * of->size[k]);
    return most - (ptrdiff_t)(begin % ALIGNED) / of->size[k];
}

/* How many elements from `start` on make a block. */
static ptrdiff_t block_length(const layout *of, ptrdiff_t start, ptrdiff_t end, ptrdiff_t most)
{
    const int result = COUNTS[of->call->kind].inputs;
    int all_flat = 1;
    if (of->panel) {
        const ptrdiff_t left = of->panel - start % of->panel;
        return end - start < left ? end - start : left;
    }
    for (int k = 0; k < operand_count(of->call->kind); k++) all_flat &= of->flat[k] || !of->call->operands[k];
    if (of->flat[result] && most == BLOCK) most = aligned_block(of, result, start, most);
    ptrdiff_t part = end - start < most ? end - start : most;
    if (all_flat || of->row < ROW_WORTH_BLOCKS) return part;
    const ptrdiff_t blocks = (of->row + most - 1) / most, even = (of->row + blocks - 1) / blocks;
    const ptrdiff_t left = of->row - start % of->row;
    if (part > even) part = even;
    return part < left ? part : left;
}

/* The address of element `start`, and its place on each axis. */
static char *place(const layout *of, int k, ptrdiff_t start, ptrdiff_t *index)
{
    const fa_fused_call *const call = of->call;
    char *at = call->operands[k];
    for (int d = call->dimensions - 1; d >= 0; start /= call->shape[d], d--) {
        index[d] = start % call->shape[d];
        at += index[d] * call->steps[k][d];
    }
    return at;
}

/* n elements of operand k from `start` on, `offset` bytes further, into a contiguous run or out of it. */
static void transfer(const layout *of, int k, ptrdiff_t start, ptrdiff_t offset, char *run, ptrdiff_t n,
                     int out)
{
    const fa_fused_call *const call = of->call;
    const int last = call->dimensions - 1;
    const ptrdiff_t size = of->size[k], step = call->steps[k][last];
    /* Numbers of pieces have 32 bits beside any format. */
    const fa_unit *const unit =
        fa_isa_unit(fa_isa_active(), size == fa_sizes[call->dtype] ? call->dtype : FA_F32_INDEX);
    ptrdiff_t index[FA_FUSED_DIMENSIONS];
    char *at = place(of, k, start, index) + offset;
    if (n == of->panel && call->steps[k][last - 1] == size && !of->unit[k]) {
        if (out)
            unit->transpose(run, of->row * size, at, step, call->shape[last - 1], of->row);
        else
            unit->transpose(at, step, run, of->row * size, of->row, call->shape[last - 1]);
        return;
    }
    while (n > 0) {
        const ptrdiff_t left = of->row - index[last], part = n < left ? n : left;
        fa_copy(out ? at : run, out ? step : size, out ? run : at, out ? size : step, part, size);
        run += part * size;
        n -= part;
        at -= index[last] * step;
        index[last] = 0;
        for (int d = last - 1; d >= 0; d--) {
            at += call->steps[k][d];
            if (++index[d] < call->shape[d]) break;
            at -= index[d] * call->steps[k][d];
            index[d] = 0;
        }
    }
}

/* Where a block of operand k can be read and written as it lies, else NULL. */
static char *in_place(const layout *of, int k, ptrdiff_t start, ptrdiff_t n)
{
    ptrdiff_t index[FA_FUSED_DIMENSIONS];
    if (of->flat[k]) return of->call->operands[k] + start * of->size[k];
    if (!of->unit[k] || start % of->row + n > of->row) return NULL;
    return place(of, k, start, index);
}

/* `row_of` says of which row a stage holds the one number that an operand has there, -1: of none. */
static void opened(const layout *of, ptrdiff_t start, ptrdiff_t n, stage *scratch, ptrdiff_t *row_of,
                   void **at)
{
    const fa_fused_call *const call = of->call;
    for (int k = 0; k < operand_count(call->kind); k++) {
        at[k] = call->operands[k] ? in_place(of, k, start, n) : NULL;
        if (at[k] || !call->operands[k]) continue;
        at[k] = scratch[k];
        if (k >= COUNTS[call->kind].inputs) continue;
        const int is_number = call->steps[k][call->dimensions - 1] == 0 && start % of->row + n <= of->row;
        if (is_number && row_of[k] == start / of->row) continue;
        row_of[k] = is_number ? start / of->row : -1;
        transfer(of, k, is_number ? start - start % of->row : start, 0, scratch[k],
                 is_number ? (of->row < BLOCK ? of->row : BLOCK) : n, 0);
    }
}

static void closed(const layout *of, ptrdiff_t start, ptrdiff_t n, stage *scratch, void *const *at)
{
    const int kind = of->call->kind;
    for (int k = COUNTS[kind].inputs; k < operand_count(kind); k++)
        if (at[k] == scratch[k]) transfer(of, k, start, 0, scratch[k], n, 1);
}

/* --- Operands that lie across each other ---
 *
 * Along the last axis, where the result lies element by element, one whose neighbours lie on another axis is
 * read a cache line for each. Both axes are cut, into panels of so many rows as a line has elements, and a
 * panel is a block: relu of 1,024 x 1,024 float32 in F order into C order takes a quarter of the time, gelu
 * two sevenths. */

enum { LINE = 64 };

/* The axis along which an operand's elements lie one after the other, where that is not the last; -1: none.
 */
static int crossing_axis(const fa_fused_call *call)
{
    const int last = call->dimensions - 1;
    const ptrdiff_t size = fa_sizes[call->dtype];
    if (call->sums || call->kind == FA_MAXOUT || call->kind == FA_MAXOUT_BACKWARD ||
        call->dimensions + 2 > FA_FUSED_DIMENSIONS || call->shape[last] < LINE / size)
        return -1;
    for (int k = 0; k < operand_count(call->kind); k++) {
        if (!call->operands[k] || call->steps[k][last] == size || call->steps[k][last] == 0) continue;
        for (int d = last - 1; d >= 0; d--)
            if (call->steps[k][d] == size && call->shape[d] >= LINE / size) return d;
    }
    return -1;
}

/* `count` pieces of an axis, each so long, from `start` on. */
typedef struct {
    int axis;
    ptrdiff_t start, count, length;
} cut;

/* Of a whole axis as many pieces as it has, or what is left behind them. */
static cut cut_of(const fa_fused_call *call, int axis, ptrdiff_t length, int is_rest)
{
    const ptrdiff_t whole = call->shape[axis] / length, left = call->shape[axis] % length;
    return is_rest ? (cut){axis, whole * length, left > 0, left} : (cut){axis, 0, whole, length};
}

/* The call over pieces of two axes, which become its last four: the numbers of pieces, and the places in
 * them. */
static fa_fused_call in_panels(const fa_fused_call *call, cut rows, cut columns)
{
    const cut cuts[2] = {rows, columns};
    fa_fused_call found = *call;
    int to = 0;
    found.dimensions = call->dimensions + 2;
    for (int d = 0; d < call->dimensions; d++) {
        if (d == rows.axis || d == columns.axis) continue;
        found.shape[to] = call->shape[d];
        for (int k = 0; k < FA_FUSED_OPERANDS; k++) found.steps[k][to] = call->steps[k][d];
        to++;
    }
    for (int i = 0; i < 2; i++) {
        found.shape[to + i] = cuts[i].count;
        found.shape[to + 2 + i] = cuts[i].length;
        for (int k = 0; k < operand_count(call->kind); k++) {
            const ptrdiff_t step = call->steps[k][cuts[i].axis];
            if (!call->operands[k]) continue;
            found.operands[k] += cuts[i].start * step;
            found.steps[k][to + i] = cuts[i].length * step;
            found.steps[k][to + 2 + i] = step;
        }
    }
    return found;
}
