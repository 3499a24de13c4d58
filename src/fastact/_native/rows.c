/* Rows of an array brought to the row kernels: along the last axis, along any other, and by any steps.
 *
 * A range of rows is computed by itself, so that ranges can be given to threads; what a row gives does not
 * depend on the range. Formats of 16 bits pass through float32 and are rounded once. No formula belongs here.
 */
#include "environment.h"
#include "fastact.h"
#include "region.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Elements of a stage on the stack; columns of a panel, four cache lines of float32, and pieces of it
 * that are asked for ahead; bytes of a panel that a second-level cache holds beside its input. */
enum { STAGE = 4096, PANEL = 64, AHEAD = 16, LARGEST_PANEL = 1 << 19, NARROWED = 1024 };

static int is_half(int dtype) { return fa_sizes[dtype] == 2; }

/* n elements into a stage, and out of it. */
static void read(int dtype, const char *from, char *to, ptrdiff_t n)
{
    if (is_half(dtype))
        fa_isa_unit(fa_isa_active(), dtype)->widen((const uint16_t *)from, (float *)to, n);
    else
        memcpy(to, from, (size_t)(n * fa_sizes[dtype]));
}

static void write(int dtype, const char *from, char *to, ptrdiff_t n)
{
    uint16_t ties[NARROWED];
    if (!is_half(dtype)) {
        memcpy(to, from, (size_t)(n * fa_sizes[dtype]));
        return;
    }
    const fa_unit *const unit = fa_isa_unit(fa_isa_active(), dtype);
    for (ptrdiff_t i = 0; i < n; i += NARROWED)
        unit->narrow((const float *)from + i, (uint16_t *)to + i, n - i < NARROWED ? n - i : NARROWED, 0,
                     ties);
}

/* `count` pieces of n elements, `step` elements apart in an array and one after the other in a stage. */
typedef struct {
    const char *inputs[FA_MOST_INPUTS];
    char *out;
    ptrdiff_t count, n, step;
} pieces;

/* Asks for what lies a few pieces further on, which no processor foresees: softmax of 1,000 columns of 1,000
 * takes 0.7 of the time. (Panels of 128 columns, a piece longer and half as many pages: 1.2.) */
static void ask(const pieces *given, const char *piece, ptrdiff_t i, ptrdiff_t size)
{
    if (i + AHEAD >= given->count) return;
    for (ptrdiff_t byte = 0; byte < given->n * size; byte += FA_LINE_BYTES)
        FA_PREFETCH(piece + AHEAD * given->step * size + byte);
}

static int staged(const fa_rows *rows, const pieces *given, ptrdiff_t row_count, ptrdiff_t step)
{
    double on_stack[FA_MOST_INPUTS][STAGE / 2];
    const int dtype = rows->dtype, computing = is_half(dtype) ? FA_F32_INDEX : dtype;
    const int inputs = fa_input_count(FA_FUNCTION_COUNT + rows->function);
    const ptrdiff_t size = fa_sizes[dtype], bytes = given->count * given->n * fa_sizes[computing];
    char *memory = NULL, *stages[FA_MOST_INPUTS];
    if (bytes > (ptrdiff_t)sizeof on_stack[0]) {
        memory = malloc((size_t)(inputs * bytes));
        if (!memory) return 0;
    }
    for (int k = 0; k < inputs; k++) {
        stages[k] = memory ? memory + k * bytes : (char *)on_stack[k];
        for (ptrdiff_t i = 0; i < given->count; i++) {
            const char *const piece = given->inputs[k] + i * given->step * size;
            ask(given, piece, i, size);
            read(dtype, piece, stages[k] + i * given->n * fa_sizes[computing], given->n);
        }
    }
    fa_active_rows[computing][rows->function]((const void *const *)stages, stages[0], row_count, rows->length,
                                              step);
    for (ptrdiff_t i = 0; i < given->count; i++) {
        char *const piece = given->out + i * given->step * size;
        ask(given, piece, i, size);
        write(dtype, stages[0] + i * given->n * fa_sizes[computing], piece, given->n);
    }
    free(memory);
    return 1;
}

/* Rows that lie one after the other, from an offset in elements on. */
static int along(const fa_rows *rows, ptrdiff_t offset, ptrdiff_t count)
{
    const int inputs = fa_input_count(FA_FUNCTION_COUNT + rows->function);
    const ptrdiff_t size = fa_sizes[rows->dtype], length = rows->length;
    const void *at[FA_MOST_INPUTS];
    for (int k = 0; k < inputs; k++) at[k] = rows->inputs[k] + offset * size;
    if (!is_half(rows->dtype)) {
        fa_active_rows[rows->dtype][rows->function](at, rows->out + offset * size, count, length, 1);
        return 1;
    }
    const ptrdiff_t most = length < STAGE ? STAGE / length : 1;
    for (ptrdiff_t row = 0; row < count; row += most) {
        const ptrdiff_t part = count - row < most ? count - row : most,
                        start = (offset + row * length) * size;
        pieces whole = {.out = rows->out + start, .count = 1, .n = part * length};
        for (int k = 0; k < inputs; k++) whole.inputs[k] = rows->inputs[k] + start;
        if (!staged(rows, &whole, part, 1)) return 0;
    }
    return 1;
}

/* Rows that lie side by side. A kernel may walk over them where they are; but each of its steps from one
 * element of a row to the next is then a cache line and often a page, and powers of two share few lines of a
 * cache: a panel of columns is copied where it fits. */
static int across(const fa_rows *rows, ptrdiff_t offset, ptrdiff_t count)
{
    const int inputs = fa_input_count(FA_FUNCTION_COUNT + rows->function);
    const ptrdiff_t size = fa_sizes[rows->dtype];
    for (ptrdiff_t column = 0; column < count; column += PANEL) {
        const ptrdiff_t part = count - column < PANEL ? count - column : PANEL;
        const ptrdiff_t start = (offset + column) * size;
        pieces panel = {.out = rows->out + start, .count = rows->length, .n = part, .step = rows->inner};
        const void *at[FA_MOST_INPUTS];
        for (int k = 0; k < inputs; k++) at[k] = panel.inputs[k] = rows->inputs[k] + start;
        const int copied = rows->inner > PANEL && rows->length * part * size <= LARGEST_PANEL;
        if ((is_half(rows->dtype) || copied) && staged(rows, &panel, part, part)) continue;
        if (is_half(rows->dtype)) return 0;
        fa_active_rows[rows->dtype][rows->function](at, rows->out + start, part, rows->length, rows->inner);
    }
    return 1;
}

/* The task of a thread: rows from `first` up to `last`, in C order of what is not the row's axis. */
void fa_compute_rows(void *context, ptrdiff_t first, ptrdiff_t last)
{
    fa_rows *const rows = context;
    const environment saved = enter();
    int done = 1;
    if (rows->length == 0) first = last;
    if (rows->inner == 1 && first < last)
        done = along(rows, first * rows->length, last - first);
    else
        while (first < last && done) {
            const ptrdiff_t outer = first / rows->inner, column = first % rows->inner;
            const ptrdiff_t left = rows->inner - column, count = last - first < left ? last - first : left;
            done = across(rows, outer * rows->length * rows->inner + column, count);
            first += count;
        }
    if (!done) FA_TELL(rows->out_of_memory);
    leave(saved);
}

/* All rows; returns 0 where memory was wanting. Parts are whole panels where rows lie side by side. */
int fa_all_rows(fa_rows *rows, ptrdiff_t count, int threads)
{
    const ptrdiff_t least = FA_UNIT_OF_WORK / (rows->length + 1) + 1;
    fa_share(fa_compute_rows, rows, count, rows->inner > 1 ? (least + PANEL - 1) / PANEL * PANEL : least,
             threads);
    return !rows->out_of_memory;
}

/* The inner loop of the generalised ufuncs; NumPy has copied what overlaps. A part that finds no memory is
 * left as it is and told by the result: 0. */
int fa_row_loop(char **operands, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *data)
{
    const int function = (int)((intptr_t)data / FA_LOOP_COUNT), dtype = (int)((intptr_t)data % FA_LOOP_COUNT);
    const int inputs = fa_input_count(function);
    const ptrdiff_t *const core = steps + inputs + 1;
    const ptrdiff_t count = dimensions[0], length = dimensions[1], size = fa_sizes[dtype];
    fa_rows rows = {.function = function - FA_FUNCTION_COUNT, .dtype = dtype, .length = length, .inner = 1};
    int along_each = 1, together = 1, side_by_side = count > 1;
    if (count == 0 || length == 0) return 1;
    for (int k = 0; k <= inputs; k++) {
        along_each &= core[k] == size || length == 1;
        together &= steps[k] == length * size || count == 1;
        side_by_side &=
            steps[k] == size && core[k] == core[0] && core[k] >= count * size && core[k] % size == 0;
    }
    for (int k = 0; k < inputs; k++) rows.inputs[k] = operands[k];
    rows.out = operands[inputs];
    if (side_by_side && length > 1) rows.inner = core[0] / size;
    if ((along_each && together) || rows.inner > 1)
        return fa_all_rows(&rows, count, count * length < 4 * FA_UNIT_OF_WORK ? 1 : fa_threads_allowed());
    if (along_each && length >= STAGE / 16) {
        for (ptrdiff_t row = 0; row < count && !rows.out_of_memory; row++) {
            for (int k = 0; k < inputs; k++) rows.inputs[k] = operands[k] + row * steps[k];
            rows.out = operands[inputs] + row * steps[inputs];
            fa_compute_rows(&rows, 0, 1);
        }
        return !rows.out_of_memory;
    }
    double on_stack[FA_MOST_INPUTS][STAGE];
    const ptrdiff_t most = length < STAGE ? STAGE / length : 1;
    char *const memory = length > STAGE ? malloc((size_t)(inputs * length * size)) : NULL;
    if (length > STAGE && !memory) return 0;
    for (ptrdiff_t row = 0; row < count; row += most) {
        const ptrdiff_t part = count - row < most ? count - row : most;
        char *gathered[FA_MOST_INPUTS];
        for (int k = 0; k < inputs; k++) {
            gathered[k] = memory ? memory + k * length * size : (char *)on_stack[k];
            rows.inputs[k] = gathered[k];
            for (ptrdiff_t i = 0; i < part; i++)
                fa_copy(gathered[k] + i * length * size, size, operands[k] + (row + i) * steps[k], core[k],
                        length, size);
        }
        rows.out = gathered[0];
        fa_compute_rows(&rows, 0, part);
        for (ptrdiff_t i = 0; i < part; i++)
            fa_copy(operands[inputs] + (row + i) * steps[inputs], core[inputs],
                    gathered[0] + i * length * size, size, length, size);
    }
    free(memory);
    return !rows.out_of_memory;
}
