/* Sparsity between Python and the kernels: what is shared out among threads, what is written past the caches,
 * and arrays of any layout brought into contiguous blocks. No formula belongs here.
 */
#include "environment.h"
#include "fastact.h"
#include "region.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1024 }; /* elements: a multiple of 64, so that bits begin with a byte */

static ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

/* Integers by the logarithm of their size, signed ones first. */
static ptrdiff_t size_of(int loop)
{
    return loop < FA_DTYPE_COUNT ? fa_sizes[loop] : (ptrdiff_t)1 << (loop - FA_DTYPE_COUNT) % 4;
}

static const fa_sparse_kernels *kernels_of(int dtype) { return fa_isa_unit(fa_isa_active(), dtype)->sparse; }

/* Elements `start` to `start + n`, in C order, of an array: to a block, or from it. */
static void move(char *array, const ptrdiff_t *steps, const ptrdiff_t *shape, int dimensions, ptrdiff_t start,
                 ptrdiff_t n, char *block, ptrdiff_t size, int from_block)
{
    ptrdiff_t index[FA_MOST_DIMENSIONS];
    const int last = dimensions - 1;
    for (int d = last; d >= 0; d--) {
        index[d] = start % shape[d];
        start /= shape[d];
        array += index[d] * steps[d];
    }
    for (;;) {
        const ptrdiff_t part = smaller(shape[last] - index[last], n);
        if (from_block)
            fa_copy(array, steps[last], block, size, part, size);
        else
            fa_copy(block, size, array, steps[last], part, size);
        if ((n -= part) == 0) return;
        block += part * size;
        array += part * steps[last];
        index[last] += part;
        for (int d = last; d > 0 && index[d] == shape[d]; d--) {
            array += steps[d - 1] - shape[d] * steps[d];
            index[d] = 0;
            index[d - 1]++;
        }
    }
}

/* --- relu_mask and relu_backward_mask --- */

static void run(const fa_masked *call, const void *in, void *out, ptrdiff_t start, ptrdiff_t n)
{
    uint8_t *const passing = call->passing + start / 8;
    const int skipped = (int)(start % 8);
    if (call->backward)
        kernels_of(call->dtype)->relu_backward_mask(in, passing, skipped, out, n);
    else
        kernels_of(call->dtype)->relu_mask(in, out, passing, skipped, n);
}

/* As in call.c: the result is made in a block that stays in a cache. */
static void stream(const fa_masked *call, ptrdiff_t start, ptrdiff_t end)
{
    _Alignas(64) char block[FA_STREAM_BLOCK];
    const fa_unit *const unit = fa_isa_unit(fa_isa_active(), FA_F32_INDEX);
    const ptrdiff_t size = size_of(call->dtype);
    char *out = call->out + start * size;
    ptrdiff_t part = (ptrdiff_t)(-(uintptr_t)out % FA_STREAM_BLOCK) / size;
    for (; start < end; start += part, out += part * size, part = FA_STREAM_BLOCK / size) {
        if (part == 0) part = FA_STREAM_BLOCK / size;
        part = smaller(part, end - start);
        const char *const in = call->input + start * size, *const asked = in + FA_STREAM_AHEAD;
        run(call, in, block, start, part);
        if (part * size == FA_STREAM_BLOCK)
            unit->stream(block, out, FA_STREAM_BLOCK, &asked, 1);
        else
            memcpy(out, block, (size_t)(part * size));
    }
    unit->stream_end();
}

static void blocks(const fa_masked *call, ptrdiff_t start, ptrdiff_t end)
{
    _Alignas(64) double in_block[BLOCK], out_block[BLOCK];
    const ptrdiff_t size = size_of(call->dtype);
    for (; start < end; start += BLOCK) {
        const ptrdiff_t part = smaller(BLOCK, end - start);
        char *const out = call->out_steps ? (char *)out_block : call->out + start * size;
        const char *in = call->input + start * size;
        if (call->input_steps) {
            move((char *)call->input, call->input_steps, call->shape, call->dimensions, start, part,
                 (char *)in_block, size, 0);
            in = (char *)in_block;
        }
        run(call, in, out, start, part);
        if (call->out_steps)
            move(call->out, call->out_steps, call->shape, call->dimensions, start, part, out, size, 1);
    }
}

static void compute(void *context, ptrdiff_t start, ptrdiff_t end)
{
    const fa_masked *const call = context;
    const environment saved = enter();
    const ptrdiff_t size = size_of(call->dtype);
    if (call->input_steps || call->out_steps)
        blocks(call, start, end);
    else if (call->n * size >= fa_stream_bytes && call->input != call->out)
        stream(call, start, end);
    else
        run(call, call->input + start * size, call->out + start * size, start, end - start);
    leave(saved);
}

/* Parts begin with a byte of the mask. */
void fa_relu_masked(const fa_masked *call, int threads)
{
    fa_share(compute, (void *)call, call->n, FA_UNIT_OF_WORK, threads);
}

/* --- relu_csr --- */

/* clang-format off */
#define INTEGER(T)                                                                                     \
    static ptrdiff_t count_##T(const void *x, ptrdiff_t n)                                             \
    {                                                                                                  \
        ptrdiff_t count = 0;                                                                           \
        for (ptrdiff_t i = 0; i < n; i++) count += ((const T *)x)[i] > 0;                              \
        return count;                                                                                  \
    }                                                                                                  \
    static ptrdiff_t compress_##T(const void *x, ptrdiff_t n, int32_t first, void *data,               \
                                  int32_t *indices, ptrdiff_t room)                                    \
    {                                                                                                  \
        ptrdiff_t count = 0;                                                                           \
        for (ptrdiff_t i = 0; i < n && count < room; i++) {                                            \
            const T value = ((const T *)x)[i];                                                         \
            ((T *)data)[count] = value;                                                                \
            indices[count] = first + (int32_t)i;                                                       \
            count += value > 0;                                                                        \
        }                                                                                              \
        return count;                                                                                  \
    }
/* clang-format on */
INTEGER(int8_t)
INTEGER(int16_t)
INTEGER(int32_t)
INTEGER(int64_t)
INTEGER(uint8_t)
INTEGER(uint16_t)
INTEGER(uint32_t)
INTEGER(uint64_t)

typedef ptrdiff_t (*counting)(const void *x, ptrdiff_t n);
typedef ptrdiff_t (*compressing)(const void *, ptrdiff_t, int32_t, void *, int32_t *, ptrdiff_t);

static counting counting_of(int loop)
{
    static const counting of_integers[FA_INTEGER_COUNT] = {count_int8_t,   count_int16_t, count_int32_t,
                                                           count_int64_t,  count_uint8_t, count_uint16_t,
                                                           count_uint32_t, count_uint64_t};
    return loop < FA_DTYPE_COUNT ? kernels_of(loop)->count_passing : of_integers[loop - FA_DTYPE_COUNT];
}

static compressing compressing_of(int loop)
{
    static const compressing of_integers[FA_INTEGER_COUNT] = {
        compress_int8_t,  compress_int16_t,  compress_int32_t,  compress_int64_t,
        compress_uint8_t, compress_uint16_t, compress_uint32_t, compress_uint64_t};
    return loop < FA_DTYPE_COUNT ? kernels_of(loop)->compress : of_integers[loop - FA_DTYPE_COUNT];
}

typedef struct {
    const fa_compressed *call;
    counting count;
    compressing compress;
} row_work;

/* Up to where the row `last` begins a run may write past what is its own: what stands there comes later. */
typedef void (*use_of_run)(const row_work *work, ptrdiff_t row, ptrdiff_t last, const char *x,
                           ptrdiff_t column, ptrdiff_t n, int64_t *count);

/* Rows that do not lie element by element are copied by panels, of which 16 rows are a cache line. */
enum { PANEL_ROWS = 16, PANEL_COLUMNS = 256 };

/* Calls `use` on contiguous runs, in order within a row, with the count so far of that row. */
static void walk(const row_work *work, ptrdiff_t start, ptrdiff_t end, ptrdiff_t longest, use_of_run use)
{
    const fa_compressed *const call = work->call;
    const ptrdiff_t size = size_of(call->loop), columns = call->columns;
    double panel[PANEL_ROWS][PANEL_COLUMNS];
    for (ptrdiff_t row = start; row < end; row += PANEL_ROWS) {
        const ptrdiff_t rows = smaller(PANEL_ROWS, end - row);
        const char *const x = call->x + row * call->row_step;
        int64_t counts[PANEL_ROWS] = {0};
        if (call->column_step == size) {
            for (ptrdiff_t r = 0; r < rows; r++)
                for (ptrdiff_t column = 0; column < columns; column += longest)
                    use(work, row + r, end, x + r * call->row_step + column * size, column,
                        smaller(longest, columns - column), &counts[r]);
            continue;
        }
        for (ptrdiff_t column = 0; column < columns; column += PANEL_COLUMNS) {
            const ptrdiff_t part = smaller(PANEL_COLUMNS, columns - column);
            for (ptrdiff_t k = 0; k < part; k++)
                fa_copy((char *)panel + k * size, sizeof panel[0], x + (column + k) * call->column_step,
                        call->row_step, rows, size);
            for (ptrdiff_t r = 0; r < rows; r++)
                use(work, row + r, row + r + 1, (char *)panel[r], column, part, &counts[r]);
        }
    }
}

static void count_run(const row_work *work, ptrdiff_t row, ptrdiff_t last, const char *x, ptrdiff_t column,
                      ptrdiff_t n, int64_t *count)
{
    (void)last, (void)column;
    *count += work->count(x, n);
    work->call->ends[row + 1] = *count;
}

static void fill_run(const row_work *work, ptrdiff_t row, ptrdiff_t last, const char *x, ptrdiff_t column,
                     ptrdiff_t n, int64_t *count)
{
    const fa_compressed *const call = work->call;
    const int64_t at = call->ends[row] + *count;
    int64_t room = call->ends[last] - at;
    char *const data = call->data + at * size_of(call->loop);
    if (!call->wide_indices) {
        *count += work->compress(x, n, (int32_t)column, data, call->indices + at, room);
        return;
    }
    int32_t narrow[BLOCK];
    if (room > BLOCK) room = BLOCK;
    const ptrdiff_t found = work->compress(x, n, 0, data, narrow, room);
    for (ptrdiff_t i = 0; i < found; i++) call->wide_indices[at + i] = column + narrow[i];
    *count += found;
}

static void count_rows(void *context, ptrdiff_t start, ptrdiff_t end)
{
    const row_work *const work = context;
    const environment saved = enter();
    walk(work, start, end, work->call->columns, count_run);
    leave(saved);
}

static void fill_rows(void *context, ptrdiff_t start, ptrdiff_t end)
{
    const row_work *const work = context;
    const environment saved = enter();
    walk(work, start, end, work->call->wide_indices ? BLOCK : work->call->columns, fill_run);
    leave(saved);
}

static void share_rows(fa_task task, const fa_compressed *call, int threads)
{
    row_work work = {call, counting_of(call->loop), compressing_of(call->loop)};
    const ptrdiff_t rows = PANEL_ROWS * (1 + FA_UNIT_OF_WORK / PANEL_ROWS / call->columns);
    fa_share(task, &work, call->rows, rows, threads);
}

void fa_count_rows(const fa_compressed *call, int threads)
{
    call->ends[0] = 0;
    share_rows(count_rows, call, threads);
    for (ptrdiff_t row = 0; row < call->rows; row++) call->ends[row + 1] += call->ends[row];
}

void fa_fill_rows(const fa_compressed *call, int threads) { share_rows(fill_rows, call, threads); }

/* --- sparsity --- */

typedef struct {
    const fa_living *call;
    ptrdiff_t n, *zeros; /* a count for each block */
} counted;
enum { COUNTED_BLOCK = FA_UNIT_OF_WORK };

static void count_blocks(void *context, ptrdiff_t start, ptrdiff_t end)
{
    const counted *const all = context;
    const fa_living *const call = all->call;
    const ptrdiff_t size = size_of(call->dtype);
    const environment saved = enter();
    for (ptrdiff_t block = start; block < end; block++) {
        const ptrdiff_t first = block * COUNTED_BLOCK, last = smaller(all->n, first + COUNTED_BLOCK);
        ptrdiff_t zeros = 0;
        if (!call->steps) {
            zeros = kernels_of(call->dtype)->count_zeros(call->y + first * size, last - first);
        } else {
            double gathered[BLOCK];
            for (ptrdiff_t i = first; i < last; i += BLOCK) {
                const ptrdiff_t part = smaller(BLOCK, last - i);
                move((char *)call->y, call->steps, call->shape, call->dimensions, i, part, (char *)gathered,
                     size, 0);
                zeros += kernels_of(call->dtype)->count_zeros(gathered, part);
            }
        }
        all->zeros[block] = zeros;
    }
    leave(saved);
}

double fa_share_of_zeros(const fa_living *call, ptrdiff_t n, int threads)
{
    const ptrdiff_t count = (n + COUNTED_BLOCK - 1) / COUNTED_BLOCK;
    ptrdiff_t few[16], total = 0;
    counted all = {call, n, count <= 16 ? few : malloc((size_t)count * sizeof *few)};
    if (!all.zeros) return -1;
    fa_share(count_blocks, &all, count, 1, threads);
    for (ptrdiff_t i = 0; i < count; i++) total += all.zeros[i];
    if (all.zeros != few) free(all.zeros);
    const environment saved = enter();
    const volatile double share = (double)total / (double)n;
    leave(saved);
    return share;
}

/* --- dead_units --- */

/* One run along the last dimension. */
static void mark_run(const fa_living *call, const char *y, uint8_t *alive, ptrdiff_t n)
{
    const fa_sparse_kernels *const kernels = kernels_of(call->dtype);
    const ptrdiff_t size = size_of(call->dtype), step = call->steps[call->dimensions - 1];
    const int is_reduced = call->alive_steps[call->dimensions - 1] == 0;
    double gathered[BLOCK];
    if (is_reduced && *alive) return;
    for (ptrdiff_t start = 0; start < n; start += BLOCK) {
        const ptrdiff_t part = step == size ? n : smaller(BLOCK, n - start);
        const char *run = y;
        if (step != size) {
            fa_copy((char *)gathered, size, y + start * step, step, part, size);
            run = (char *)gathered;
        }
        if (!is_reduced)
            kernels->mark_alive(run, alive + start / 8, part);
        else if ((*alive = (uint8_t)kernels->any_alive(run, part)))
            return;
        if (step == size) return;
    }
}

/* The dimension whose parts share no unit: the first that is kept. */
static int divided(const fa_living *call)
{
    for (int d = 0; d < call->dimensions; d++)
        if (call->alive_steps[d] != 0) return d;
    return -1;
}

static void mark(void *context, ptrdiff_t start, ptrdiff_t end)
{
    const fa_living *const call = context;
    const int last = call->dimensions - 1, part = divided(call);
    const environment saved = enter();
    ptrdiff_t index[FA_MOST_DIMENSIONS] = {0}, shape[FA_MOST_DIMENSIONS];
    const char *y = call->y;
    uint8_t *alive = call->alive;
    memcpy(shape, call->shape, (size_t)call->dimensions * sizeof *shape);
    if (part >= 0) {
        y += start * call->steps[part];
        alive += part == last ? start / 8 : start * call->alive_steps[part];
        shape[part] = end - start;
    }
    for (;;) {
        mark_run(call, y, alive, shape[last]);
        int d = last - 1;
        for (; d >= 0; d--) {
            y += call->steps[d];
            alive += call->alive_steps[d];
            if (++index[d] < shape[d]) break;
            y -= shape[d] * call->steps[d];
            alive -= shape[d] * call->alive_steps[d];
            index[d] = 0;
        }
        if (d < 0) break;
    }
    leave(saved);
}

void fa_mark_alive(const fa_living *call, int threads)
{
    const int last = call->dimensions - 1, part = divided(call);
    ptrdiff_t others = 1;
    for (int d = 0; d <= last; d++) others *= d == part ? 1 : call->shape[d];
    const ptrdiff_t least = part == last ? 64 : 1;
    const ptrdiff_t unit = least * (1 + FA_UNIT_OF_WORK / least / others);
    fa_share(mark, (void *)call, part < 0 ? 1 : call->shape[part], unit, threads);
}
