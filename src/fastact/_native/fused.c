/* Gates, concatenated and biased activations, maxima: kernels joined block by block, so that what lies
 * between two of them stays in the first-level cache and memory is walked over once. Elementwise functions of
 * arrays of several dimensions, which no kernel walks over by itself.
 *
 * Every operand has steps of its own over one shape: what does not lie contiguously in a block is gathered,
 * what is written elsewhere scattered. A result may be an input itself or lies apart from all; Python has
 * copied what overlaps otherwise. No formula belongs here.
 */
#include "environment.h"
#include "fastact.h"
#include "fused_layout.h"

#include <string.h>

/* Elements of a block of a bias by rows. */
enum { BIASED_BLOCK = 2 * BLOCK };
/* Bytes of a block of maxout's pieces that are gathered with a stride: they stay in the first-level cache.
 * From so many pieces that lie one after the other on, a row is walked along, in so many lanes. */
enum { GATHERED_BYTES = 1 << 14, LONG_ROW = 128, ROW_LANES = 64 };
/* Columns whose sums over rows are made side by side, all lanes at once: 8 KiB of them. More make panels of
 * up to BLOCK, one lane after the other: pieces of rows shorter than a page would be fetched one by one. */
enum { PANEL = 64 };

int fa_fused_inputs(int kind) { return COUNTS[kind].inputs; }
int fa_fused_results(int kind) { return COUNTS[kind].results; }

typedef float wide_stage[BLOCK]; /* of numbers of 16 bits */

/* --- One block --- */

static int is_half(int dtype) { return fa_sizes[dtype] == 2; }
static const fa_unit *unit_of(int dtype) { return fa_isa_unit(fa_isa_active(), dtype); }

/* The call's parameters as operands from number k on; returns the number after them. */
static int with_parameters(const fa_fused_call *call, int dtype, float *as_float, void **operands, int k)
{
    for (int i = 0; i < fa_activations[call->activation].parameter_count; i++) {
        as_float[i] = (float)call->parameters[i];
        operands[k++] = dtype == FA_F64_INDEX ? (void *)&call->parameters[i] : (void *)&as_float[i];
    }
    return k;
}

/* A function of an activation over one block, with the call's parameters; `far` is 0 or FA_FAR. */
static void activate(const fa_fused_call *call, int direction, int dtype, int far, const void *first,
                     const void *second, void *out, ptrdiff_t n)
{
    float as_float[FA_MOST_PARAMETERS];
    void *operands[FA_MOST_OPERANDS];
    int k = 0;
    operands[k++] = (void *)first;
    if (direction != FA_FORWARD) operands[k++] = (void *)second;
    k = with_parameters(call, dtype, as_float, operands, k);
    operands[k] = out;
    fa_run(FA_DIRECTIONS * call->activation + direction, dtype, operands, n, FA_UNIFORM | far);
}

/* The activation of x + bias; an exponential's kernel adds them itself: gelu of 10**7 takes 1/1.1 of the
 * time. */
static void activate_sum(const fa_fused_call *call, int far, const void *x, const void *bias, void *out,
                         ptrdiff_t n)
{
    if (is_half(call->dtype) || fa_activations[call->activation].kind != FA_EXPONENTIAL) {
        unit_of(call->dtype)->blocks->add(x, bias, out, n);
        activate(call, FA_FORWARD, call->dtype, far, out, NULL, out, n);
        return;
    }
    float as_float[FA_MOST_PARAMETERS];
    void *operands[FA_MOST_OPERANDS + 1] = {out};
    const int result = with_parameters(call, call->dtype, as_float, operands, 1);
    operands[result] = out;
    operands[result + 1] = (void *)x;
    operands[result + 2] = (void *)bias;
    fa_run(FA_DIRECTIONS * call->activation + FA_FORWARD, call->dtype, operands, n,
           FA_UNIFORM | FA_BIASED | far);
}

static void narrowed(int dtype, const float *from, void *to, ptrdiff_t n)
{
    uint16_t ties[BLOCK];
    unit_of(dtype)->narrow(from, to, n, 0, ties);
}

/* The inputs of a block in the format that computes; results are then written there, and rounded once. */
static int widened(const fa_fused_call *call, void *const *at, wide_stage *wide, void **computed, ptrdiff_t n)
{
    const int inputs = COUNTS[call->kind].inputs;
    for (int k = 0; k < operand_count(call->kind); k++) {
        computed[k] = is_half(call->dtype) ? wide[k] : at[k];
        if (is_half(call->dtype) && k < inputs) unit_of(call->dtype)->widen(at[k], computed[k], n);
    }
    return is_half(call->dtype) ? FA_F32_INDEX : call->dtype;
}

static void gate(const fa_fused_call *call, void *const *at, ptrdiff_t n, int far)
{
    _Alignas(64) wide_stage wide[3];
    void *computed[3];
    const int dtype = widened(call, at, wide, computed, n);
    unit_of(dtype)->blocks->gates[call->activation].forward(computed, n, FA_UNIFORM | far);
    if (is_half(call->dtype)) narrowed(call->dtype, computed[2], at[2], n);
}

static void gate_backward(const fa_fused_call *call, void *const *at, ptrdiff_t n)
{
    _Alignas(64) wide_stage wide[5];
    void *computed[5];
    const int dtype = widened(call, at, wide, computed, n);
    unit_of(dtype)->blocks->gates[call->activation].gradients(computed, n);
    if (!is_half(call->dtype)) return;
    narrowed(call->dtype, computed[3], at[3], n);
    narrowed(call->dtype, computed[4], at[4], n);
}

/* The gradient goes to `out`; without a bias x is the sum already. */
static void bias_backward(const fa_fused_call *call, void *const *at, void *out, ptrdiff_t n)
{
    _Alignas(64) stage sum;
    if (at[2]) unit_of(call->dtype)->blocks->add(at[1], at[2], sum, n);
    activate(call, FA_BACKWARD, call->dtype, 0, at[0], at[2] ? sum : at[1], out, n);
}

#define PIECES_OF(type)                                                                                      \
    static void chosen_##type(const void *grad, const int32_t *which, int32_t piece, void *out, ptrdiff_t n) \
    {                                                                                                        \
        const type *const from = grad;                                                                       \
        type *const to = out;                                                                                \
        for (ptrdiff_t i = 0; i < n; i++) to[i] = which[i] == piece ? from[i] : 0;                           \
    }
PIECES_OF(uint16_t)
PIECES_OF(uint32_t)
PIECES_OF(uint64_t)

/* Where the pieces of a unit are neighbours, and units follow one another along a row: zeros, and the
 * gradients in their places. */
static void maxout_backward_of_neighbours(const layout *of, ptrdiff_t start, const char *grad,
                                          const int32_t *which, ptrdiff_t n)
{
    const ptrdiff_t size = of->size[2], pieces = of->call->pieces;
    while (n > 0) {
        ptrdiff_t index[FA_FUSED_DIMENSIONS];
        char *const to = place(of, 2, start, index);
        const ptrdiff_t left = of->row - index[of->call->dimensions - 1], part = n < left ? n : left;
        memset(to, 0, (size_t)(part * pieces * size));
#define PUT(bytes)                                                             \
    for (ptrdiff_t i = 0; i < part; i++) {                                     \
        if (which[i] < 0 || which[i] >= pieces) continue;                      \
        memcpy(to + (i * pieces + which[i]) * bytes, grad + i * bytes, bytes); \
    }
        if (size == 2) {
            PUT(2)
        } else if (size == 4) {
            PUT(4)
        } else {
            PUT(8)
        }
#undef PUT
        start += part, grad += part * size, which += part, n -= part;
    }
}

static void maxout_backward(const layout *of, ptrdiff_t start, void *const *at, ptrdiff_t n)
{
    _Alignas(64) stage piece;
    fa_fused_call *const call = of->call;
    const int32_t *const which = at[1];
    char *const out = in_place(of, 2, start, n);
    int invalid = 0;
    for (ptrdiff_t i = 0; i < n; i++) invalid |= which[i] < 0 || which[i] >= call->pieces;
    if (invalid) FA_TELL(call->invalid);
    if (call->piece_step == of->size[2] &&
        call->steps[2][call->dimensions - 1] == call->pieces * of->size[2]) {
        maxout_backward_of_neighbours(of, start, at[0], which, n);
        return;
    }
    for (ptrdiff_t p = 0; p < call->pieces; p++) {
        void *const to = out ? out + p * call->piece_step : piece;
        (of->size[2] == 2   ? chosen_uint16_t
         : of->size[2] == 4 ? chosen_uint32_t
                            : chosen_uint64_t)(at[0], which, (int32_t)p, to, n);
        if (!out) transfer(of, 2, start, p * call->piece_step, piece, n, 1);
    }
}

/* Whether value a of index i goes before b of index j: a NaN does, then the greater, then the first. */
static int goes_before(double a, int32_t i, double b, int32_t j)
{
    if (a != a || b != b) return a != a && (b == b || i < j);
    return a > b || (a == b && i < j);
}

/* One row that lies in memory one element after the other, in lanes, whose best are then compared. */
static void maximum_of_row(const fa_fused_call *call, const char *row, char *best, int32_t *which)
{
    _Alignas(64) double greatest[ROW_LANES], wide[ROW_LANES];
    int32_t index[ROW_LANES] = {0};
    const int dtype = is_half(call->dtype) ? FA_F32_INDEX : call->dtype;
    const ptrdiff_t size = fa_sizes[call->dtype];
    const fa_blocks *const blocks = unit_of(dtype)->blocks;
    for (ptrdiff_t start = 0; start < call->pieces; start += ROW_LANES) {
        const ptrdiff_t left = call->pieces - start, n = left < ROW_LANES ? left : ROW_LANES;
        void *const to = start ? wide : greatest;
        const void *from = row + start * size;
        if (is_half(call->dtype)) {
            unit_of(call->dtype)->widen(from, to, n);
            from = to;
        } else if (start == 0) {
            memcpy(to, from, (size_t)(n * size));
        }
        if (start) blocks->greater(from, (int32_t)(start / ROW_LANES), greatest, index, n);
    }
    ptrdiff_t first = 0;
    double first_value = 0;
    for (ptrdiff_t k = 0; k < ROW_LANES; k++) {
        const double value = dtype == FA_F64_INDEX ? greatest[k] : (double)((float *)greatest)[k];
        index[k] = index[k] * ROW_LANES + (int32_t)k;
        if (k > 0 && !goes_before(value, index[k], first_value, index[first])) continue;
        first = k;
        first_value = value;
    }
    *which = index[first];
    memcpy(best, row + *which * size, (size_t)size);
}

static void maxout(const layout *of, ptrdiff_t start, void *const *at, ptrdiff_t n)
{
    _Alignas(64) wide_stage best, wide;
    _Alignas(64) stage piece;
    const fa_fused_call *const call = of->call;
    const int dtype = is_half(call->dtype) ? FA_F32_INDEX : call->dtype;
    int32_t *const which = at[2];
    char *const values = in_place(of, 0, start, n);
    void *const greatest = is_half(call->dtype) ? (void *)best : at[1];
    if (call->piece_step == of->size[0] && call->pieces >= LONG_ROW) {
        ptrdiff_t index[FA_FUSED_DIMENSIONS];
        for (ptrdiff_t i = 0; i < n; i++)
            maximum_of_row(call, place(of, 0, start + i, index), (char *)at[1] + i * of->size[1], which + i);
        return;
    }
    for (ptrdiff_t p = 0; p < call->pieces; p++) {
        const void *from = values ? values + p * call->piece_step : piece;
        if (!values) transfer(of, 0, start, p * call->piece_step, piece, n, 0);
        if (is_half(call->dtype)) {
            unit_of(call->dtype)->widen(from, p ? (void *)wide : greatest, n);
            from = wide;
        } else if (p == 0) {
            memcpy(greatest, from, (size_t)(n * of->size[0]));
        }
        if (p == 0)
            memset(which, 0, (size_t)n * sizeof *which);
        else
            unit_of(dtype)->blocks->greater(from, (int32_t)p, greatest, which, n);
    }
    if (is_half(call->dtype)) narrowed(call->dtype, greatest, at[1], n);
}

/* --- A call --- */

static void compute_block(const layout *of, ptrdiff_t start, ptrdiff_t n, stage *scratch, ptrdiff_t *row_of)
{
    void *at[FA_FUSED_OPERANDS];
    fa_fused_call *const call = of->call;
    const fa_blocks *const blocks = unit_of(call->dtype)->blocks;
    if (call->kind == FA_MAXOUT || call->kind == FA_MAXOUT_BACKWARD) {
        const int given = call->kind == FA_MAXOUT ? 0 : 2; /* the operand of pieces is walked over apart */
        for (int k = 0; k < 3; k++) {
            at[k] = in_place(of, k, start, n);
            if (at[k] || k == given) continue;
            at[k] = scratch[k];
            if (k < COUNTS[call->kind].inputs) transfer(of, k, start, 0, scratch[k], n, 0);
        }
        if (call->kind == FA_MAXOUT) {
            maxout(of, start, at, n);
            closed(of, start, n, scratch, at);
        } else {
            maxout_backward(of, start, at, n);
        }
        return;
    }
    opened(of, start, n, scratch, row_of, at);
    switch (call->kind) {
    case FA_GATE: gate(call, at, n, far_of(of)); break;
    case FA_GATE_BACKWARD: gate_backward(call, at, n); break;
    case FA_CRELU: blocks->crelu(at[0], at[1], at[2], n); break;
    case FA_CRELU_BACKWARD: blocks->crelu_backward(at[0], at[1], at[2], at[3], n); break;
    case FA_BIAS: activate_sum(call, far_of(of), at[0], at[1], at[2], n); break;
    case FA_BIAS_BACKWARD: bias_backward(call, at, at[3], n); break;
    default:
        activate(call, call->kind - FA_ELEMENTWISE, call->dtype, far_of(of), at[0], at[1],
                 at[COUNTS[call->kind].inputs], n);
    }
    closed(of, start, n, scratch, at);
}

/* Is a bias the same for every row of numbers that lie one after the other? */
static int is_bias_of_rows(const layout *of)
{
    const fa_fused_call *const call = of->call;
    if (call->kind != FA_BIAS || !of->flat[0] || !of->unit[1] || !of->flat[2]) return 0;
    for (int d = 0; d < call->dimensions - 1; d++)
        if (call->steps[1][d] != 0 && call->shape[d] != 1) return 0;
    return 1;
}

/* Rows need not end with blocks: behind a short one's bias follows its beginning. */
static void add_bias_of_rows(const layout *of, ptrdiff_t start, ptrdiff_t end, stage *scratch)
{
    const fa_fused_call *const call = of->call;
    const ptrdiff_t size = of->size[1], row = of->row, held = FA_FUSED_OPERANDS * (ptrdiff_t)sizeof(stage);
    const ptrdiff_t needed = start % row + (end - start), most = row + BIASED_BLOCK;
    const int is_repeated = needed > row && most * size <= held;
    const ptrdiff_t period = is_repeated ? (needed < most ? needed : most) : row;
    const char *bias = call->operands[1];
    if (is_repeated) {
        memcpy(scratch, bias, (size_t)(row * size));
        for (ptrdiff_t filled = row; filled < period; filled *= 2) {
            const ptrdiff_t more = filled < period - filled ? filled : period - filled;
            memcpy((char *)scratch + filled * size, scratch, (size_t)(more * size));
        }
        bias = (char *)scratch;
    }
    while (start < end) {
        const ptrdiff_t place_in_row = start % row, offset = start * size;
        ptrdiff_t n = aligned_block(of, 2, start, BIASED_BLOCK);
        if (n > end - start) n = end - start;
        if (n > period - place_in_row) n = period - place_in_row;
        activate_sum(call, far_of(of), call->operands[0] + offset, bias + place_in_row * size,
                     call->operands[2] + offset, n);
        start += n;
    }
}

/* Long rows of an elementwise function, each as a ufunc would have it, in parts that are not shared once
 * more. */
static void activate_rows(const layout *of, ptrdiff_t start, ptrdiff_t end)
{
    const fa_fused_call *const call = of->call;
    const int function = FA_DIRECTIONS * call->activation + call->kind - FA_ELEMENTWISE;
    const int inputs = COUNTS[call->kind].inputs, last = call->dimensions - 1;
    while (start < end) {
        const ptrdiff_t in_row = of->row - start % of->row,
                        left = end - start < in_row ? end - start : in_row;
        const ptrdiff_t n = left < FA_UNIT_OF_WORK ? left : FA_UNIT_OF_WORK;
        ptrdiff_t index[FA_FUSED_DIMENSIONS], steps[FA_MOST_OPERANDS] = {0};
        float as_float[FA_MOST_PARAMETERS];
        void *parameters[FA_MOST_OPERANDS];
        char *operands[FA_MOST_OPERANDS];
        const int result = with_parameters(call, call->dtype, as_float, parameters, inputs);
        for (int k = 0; k <= result; k++) {
            const int operand = k < inputs ? k : inputs;
            if (k >= inputs && k < result) {
                operands[k] = parameters[k];
                continue;
            }
            operands[k] = place(of, operand, start, index);
            steps[k] = call->steps[operand][last];
        }
        fa_ufunc_loop(operands, &n, steps, (void *)(intptr_t)(function * FA_LOOP_COUNT + call->dtype));
        start += n;
    }
}

static void compute(void *context, ptrdiff_t start, ptrdiff_t end)
{
    const layout *const of = context;
    const fa_fused_call *const call = of->call;
    const environment saved = enter();
    _Alignas(64) stage scratch[FA_FUSED_OPERANDS];
    ptrdiff_t most = BLOCK, row_of[FA_FUSED_OPERANDS] = {-1, -1, -1, -1, -1};
    const int of_pieces = call->kind == FA_MAXOUT ? 0 : call->kind == FA_MAXOUT_BACKWARD ? 2 : -1;
    if (of_pieces >= 0 && !of->unit[of_pieces] && call->pieces > 0) {
        most = GATHERED_BYTES / (call->pieces * of->size[of_pieces]);
        most = most < 16 ? 16 : most > BLOCK ? BLOCK : most;
    }
    if (is_bias_of_rows(of)) {
        add_bias_of_rows(of, start, end, scratch);
        start = end;
    }
    if (call->kind >= FA_ELEMENTWISE && !of->panel && of->row >= ROW_WORTH_BLOCKS) {
        activate_rows(of, start, end);
        start = end;
    }
    while (start < end) {
        const ptrdiff_t n = block_length(of, start, end, most);
        compute_block(of, start, n, scratch, row_of);
        start += n;
    }
    leave(saved);
}

/* --- Sums over all but the last axis ---
 *
 * Elements of one sum are numbered in C order of the other axes, cut into blocks of BLOCK, and added within
 * one in 16 lanes: reduce.c's tree, by two ways that give the same bits. Each block's sum is kept; a unit of
 * work is one block of PANEL sums side by side, or of one sum. */

static ptrdiff_t channel_count(const fa_fused_call *call) { return call->shape[call->dimensions - 1]; }

static ptrdiff_t sum_length(const fa_fused_call *call)
{
    ptrdiff_t length = 1;
    for (int d = 0; d < call->dimensions - 1; d++) length *= call->shape[d];
    return length;
}

static ptrdiff_t block_count(const fa_fused_call *call) { return (sum_length(call) + BLOCK - 1) / BLOCK; }

ptrdiff_t fa_fused_sums(const fa_fused_call *call) { return block_count(call) * channel_count(call); }

static ptrdiff_t magnitude(ptrdiff_t step) { return step < 0 ? -step : step; }

/* Are neighbours in memory of different sums? */
static int is_side_by_side(const fa_fused_call *call)
{
    const int last = call->dimensions - 1;
    return last == 0 || magnitude(call->steps[1][last]) <= magnitude(call->steps[1][last - 1]);
}

/* Columns to a panel, near evenly. */
static ptrdiff_t panel_width(ptrdiff_t channels)
{
    const ptrdiff_t panels = (channels + BLOCK - 1) / BLOCK;
    return panels > 0 ? (channels + panels - 1) / panels : 1;
}

/* The result of a block as numbers that are added: a step on the way in 16 bits. */
static const void *addends(const fa_fused_call *call, const void *result, float *wide, ptrdiff_t n)
{
    if (!is_half(call->dtype)) return result;
    unit_of(call->dtype)->widen(result, wide, n);
    return wide;
}

static const fa_blocks *adding(const fa_fused_call *call)
{
    return unit_of(is_half(call->dtype) ? FA_F32_INDEX : call->dtype)->blocks;
}

static void sum_panel(fa_fused_call part, ptrdiff_t block, ptrdiff_t panel)
{
    _Alignas(64) stage scratch[FA_FUSED_OPERANDS];
    _Alignas(64) wide_stage wide;
    _Alignas(64) double lanes[FA_SUM_LANES * PANEL] = {0};
    void *at[FA_FUSED_OPERANDS];
    ptrdiff_t row_of[FA_FUSED_OPERANDS] = {-1, -1, -1, -1, -1};
    const int last = part.dimensions - 1;
    const ptrdiff_t channels = channel_count(&part), width = panel_width(channels), first = panel * width;
    const ptrdiff_t count = channels - first < width ? channels - first : width;
    const ptrdiff_t size = is_half(part.dtype) ? (ptrdiff_t)sizeof(float) : fa_sizes[part.dtype];
    part.shape[last] = count;
    for (int k = 0; k < operand_count(part.kind); k++)
        if (part.operands[k]) part.operands[k] += first * part.steps[k][last];
    const layout of = laid_out(&part);
    const ptrdiff_t length = sum_length(&part), begin = block * BLOCK;
    const ptrdiff_t end = length - begin < BLOCK ? length : begin + BLOCK;
    double *const sums = part.sums + block * channels + first;
    if (count > PANEL) { /* one lane after the other, a row at a time */
        for (ptrdiff_t lane = 0; lane < FA_SUM_LANES; lane++) {
            memset(lanes, 0, (size_t)count * sizeof *lanes);
            for (ptrdiff_t row = begin + lane; row < end; row += FA_SUM_LANES) {
                opened(&of, row * count, count, scratch, row_of, at);
                bias_backward(&part, at, at[3], count);
                adding(&part)->accumulate(addends(&part, at[3], wide, count), lanes, count);
                closed(&of, row * count, count, scratch, at);
            }
            for (ptrdiff_t k = 0; k < count; k++) sums[k] = (lane ? sums[k] : 0) + lanes[k];
        }
        return;
    }
    const ptrdiff_t rows = BLOCK / (FA_SUM_LANES * count) * FA_SUM_LANES, step = FA_SUM_LANES * count;
    for (ptrdiff_t row = begin; row < end; row += rows) {
        const ptrdiff_t some = end - row < rows ? end - row : rows, n = some * count;
        opened(&of, row * count, n, scratch, row_of, at);
        bias_backward(&part, at, at[3], n);
        const char *const values = addends(&part, at[3], wide, n);
        for (ptrdiff_t i = 0; i < n; i += step)
            adding(&part)->accumulate(values + i * size, lanes, n - i < step ? n - i : step);
        closed(&of, row * count, n, scratch, at);
    }
    for (ptrdiff_t k = 0; k < count; k++) sums[k] = fa_sum_of_lanes(lanes + k, count);
}

static void sum_row(fa_fused_call part, ptrdiff_t block, ptrdiff_t channel)
{
    _Alignas(64) stage scratch[FA_FUSED_OPERANDS];
    _Alignas(64) wide_stage wide;
    double lanes[FA_SUM_LANES] = {0};
    void *at[FA_FUSED_OPERANDS];
    ptrdiff_t row_of[FA_FUSED_OPERANDS] = {-1, -1, -1, -1, -1};
    const ptrdiff_t channels = channel_count(&part), length = sum_length(&part);
    const ptrdiff_t start = block * BLOCK, n = length - start < BLOCK ? length - start : BLOCK;
    part.dimensions--;
    for (int k = 0; k < operand_count(part.kind); k++)
        if (part.operands[k]) part.operands[k] += channel * part.steps[k][part.dimensions];
    const layout of = laid_out(&part);
    opened(&of, start, n, scratch, row_of, at);
    bias_backward(&part, at, at[3], n);
    adding(&part)->accumulate_lanes(addends(&part, at[3], wide, n), lanes, n);
    closed(&of, start, n, scratch, at);
    part.sums[block * channels + channel] = fa_sum_of_lanes(lanes, 1);
}

static ptrdiff_t panel_count(const fa_fused_call *call)
{
    const ptrdiff_t channels = channel_count(call), width = panel_width(channels);
    return is_side_by_side(call) ? (channels + width - 1) / width : channels;
}

static void compute_sums(void *context, ptrdiff_t start, ptrdiff_t end)
{
    const fa_fused_call *const call = context;
    const ptrdiff_t panels = panel_count(call), blocks = block_count(call);
    const environment saved = enter();
    for (ptrdiff_t i = start; i < end; i++)
        if (is_side_by_side(call))
            sum_panel(*call, i / panels, i % panels);
        else
            sum_row(*call, i % blocks, i / blocks);
    leave(saved);
}

/* The sum of one channel, rounded once to a format. */
void fa_bias_sum(const fa_fused_call *call, ptrdiff_t channel, int dtype, void *to)
{
    const environment saved = enter();
    const double sum = fa_sum_of_blocks(call->sums + channel, channel_count(call), block_count(call));
    if (dtype == FA_F32_INDEX)
        *(float *)to = (float)sum;
    else if (dtype == FA_F64_INDEX)
        *(double *)to = sum;
    else
        *(uint16_t *)to = fa_rounded_to_half(dtype, sum);
    leave(saved);
}

static void panels(fa_fused_call *call, int axis, int threads)
{
    const int last = call->dimensions - 1;
    const ptrdiff_t height = LINE / fa_sizes[call->dtype], width = BLOCK / height;
    for (int part = 0; part < 4; part++) {
        const cut rows = cut_of(call, axis, height, part / 2), columns = cut_of(call, last, width, part % 2);
        fa_fused_call some = in_panels(call, rows, columns);
        layout of = laid_out(&some);
        of.panel = rows.length * columns.length;
        if (of.n > 0) fa_share(compute, &of, of.n, FA_UNIT_OF_WORK, threads);
    }
}

void fa_fused(fa_fused_call *call, int threads)
{
    layout of = laid_out(call);
    const int across = crossing_axis(call);
    if (of.n == 0) return;
    if (across >= 0) {
        panels(call, across, threads);
        return;
    }
    if (call->sums) {
        const ptrdiff_t units = panel_count(call) * block_count(call), each = of.n / units;
        const ptrdiff_t worth = FA_UNIT_OF_WORK / (each + 1) + 1;
        fa_share(compute_sums, call, units, worth, threads);
        return;
    }
    const ptrdiff_t most = call->kind == FA_MAXOUT || call->kind == FA_MAXOUT_BACKWARD ? call->pieces : 1;
    fa_share(compute, &of, of.n, FA_UNIT_OF_WORK / (most < 8 ? most : 8), threads);
}
