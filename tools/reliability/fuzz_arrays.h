/* The part of fuzz_loops.c that walks over arrays of several axes: rows, fused functions, masks, what is
 * counted.
 */

/* The last axis is sometimes longer than a block. */
static void take_shape(reader *from, int axes, ptrdiff_t most, ptrdiff_t *shape)
{
    static const int LASTS[] = {12, 12, 12, 400, 400, 2200};
    for (int d = 0; d < axes; d++) {
        shape[d] = 1 + take(from, d == axes - 1 ? LASTS[take(from, 6)] : 12);
        if (shape[d] > most) shape[d] = most;
        most /= shape[d];
    }
}

/* --- Rows --- */

/* By the loop of the generalised ufuncs, whose operands NumPy has made lie apart, or as the fast path calls.
 */
static void run_rows(int set, reader *from)
{
    const int function = take(from, FA_ROW_FUNCTION_COUNT), by_ufunc = take(from, 2);
    const int inputs = fa_input_count(FA_FUNCTION_COUNT + function), style = take(from, STYLES);
    operand o[FA_MOST_INPUTS + 1];
    dtype = take(from, FA_DTYPE_COUNT);
    f = FORMATS[dtype];
    ptrdiff_t shape[3] = {1 + take(from, 40), 1, 1 + take(from, 70)};
    if (take(from, 6) == 0) shape[2] = 240 + take(from, 1100);
    if (take(from, 32) == 0) shape[2] = 4080 + take(from, 40);
    while (shape[0] * shape[2] > 6000) shape[0] = (shape[0] + 1) / 2;
    if (!by_ufunc && shape[2] < 600) shape[1] = 1 + take(from, 90);
    while (shape[0] * shape[1] * shape[2] > 9000) shape[1] = (shape[1] + 1) / 2;
    if (shape[0] * shape[2] > 9000) return;
    const int in_place = by_ufunc ? -1 : take(from, 1 + inputs) - 1;
    snprintf(told, sizeof told, "%s_%s %s, %s, %td by %td by %td, %s", fa_row_activations[function / 2].name,
             function % 2 ? "backward" : "forward", f.name, fa_isa_name(set), shape[0], shape[1], shape[2],
             by_ufunc ? "ufunc" : "plain");
    /* Python's axis of the row is the second of three where rows lie side by side. */
    const ptrdiff_t by_axis[3] = {shape[0], shape[2], shape[1]};
    for (int k = 0; k <= inputs; k++) {
        o[k] = (operand){0};
        if (by_ufunc)
            lay(&o[k], 2, (ptrdiff_t[]){shape[0], shape[2]}, f.size, k < inputs, from);
        else {
            o[k] = (operand){.axes = 3,
                             .size = f.size,
                             .shape = {by_axis[0], by_axis[1], by_axis[2]},
                             .steps = {by_axis[1] * by_axis[2] * f.size, by_axis[2] * f.size, f.size}};
        }
        if (!reaches(&o[k])) return;
        place(&o[k], k, from);
    }
    if (in_place >= 0) o[inputs] = o[in_place];
    paint();
    for (int k = 0; k < inputs; k++) fill(&o[k], f, style, 1, from);
    copy_to_twins();
    fa_choose(set);
    const surroundings around = surround(from);
    int done;
    if (by_ufunc) {
        char *at[FA_MOST_INPUTS + 1];
        ptrdiff_t steps[2 * (FA_MOST_INPUTS + 1)];
        for (int k = 0; k <= inputs; k++) {
            at[k] = in_area(&o[k]);
            steps[k] = o[k].steps[0];
            steps[inputs + 1 + k] = o[k].steps[1];
        }
        done = fa_row_loop(at, (ptrdiff_t[]){shape[0], shape[2]}, steps,
                           (void *)(intptr_t)((FA_FUNCTION_COUNT + function) * FA_LOOP_COUNT + dtype));
    } else {
        fa_rows rows = {.function = function, .dtype = dtype, .length = shape[2], .inner = shape[1]};
        for (int k = 0; k < inputs; k++) rows.inputs[k] = in_area(&o[k]);
        rows.out = in_area(&o[inputs]);
        done = fa_all_rows(&rows, shape[0] * shape[1], 1);
    }
    clear(around);
    if (!done) differ("no memory", 0);
    fa_choose(scalar_set);
    /* Row by row: what a row gives does not depend on what lies beside it. */
    for (int k = 0; k < inputs; k++) gather(&o[k], plain[k]);
    for (ptrdiff_t row = 0; row < shape[0] * shape[1]; row++) {
        char row_of[FA_MOST_INPUTS + 1][1 << 16];
        const ptrdiff_t first =
            by_ufunc ? row * shape[2] : row / shape[1] * shape[1] * shape[2] + row % shape[1];
        const ptrdiff_t step = by_ufunc ? 1 : shape[1];
        fa_rows rows = {.function = function, .dtype = dtype, .length = shape[2], .inner = 1};
        for (int k = 0; k < inputs; k++) {
            for (ptrdiff_t i = 0; i < shape[2]; i++)
                memcpy(row_of[k] + i * f.size, (char *)plain[k] + (first + i * step) * f.size,
                       (size_t)f.size);
            rows.inputs[k] = row_of[k];
        }
        rows.out = row_of[inputs];
        if (!fa_all_rows(&rows, 1, 1)) differ("no memory", row);
        for (ptrdiff_t i = 0; i < shape[2]; i++)
            memcpy((char *)plain[inputs] + (first + i * step) * f.size, row_of[inputs] + i * f.size,
                   (size_t)f.size);
    }
    scatter(&o[inputs], plain[inputs]);
    forgive_nans(&o[inputs], f);
    elements += o[inputs].n;
    compare("rows");
}

/* --- Fused --- */

static const char *const FUSED_NAMES[] = {"gate", "gate backward", "crelu",  "crelu backward",
                                          "bias", "bias backward", "maxout", "maxout backward"};

/* A call of the operands where they stand, or of contiguous ones in `plain`. The axis of pieces is the last
 * of its operand. */
static fa_fused_call fused_call(int kind, int activation, const operand *o, const double *parameters,
                                int axes, int of_pieces, int is_plain)
{
    fa_fused_call made = {.kind = kind, .activation = activation, .dtype = dtype, .dimensions = axes};
    const int count = fa_fused_inputs(kind) + fa_fused_results(kind);
    for (int k = 0; k < FA_MOST_PARAMETERS; k++) made.parameters[k] = parameters[k];
    for (int d = 0; d < axes; d++) made.shape[d] = o[0].shape[d];
    for (int k = 0; k < count; k++) {
        ptrdiff_t step = o[k].size;
        if (!o[k].axes) continue; /* no bias */
        made.operands[k] = is_plain ? (char *)plain[k] : in_area(&o[k]);
        for (int d = o[k].axes - 1; d >= 0; d--) {
            const ptrdiff_t chosen = is_plain ? step : o[k].steps[d];
            step *= o[k].shape[d];
            if (d < axes)
                made.steps[k][d] = chosen;
            else
                made.piece_step = chosen;
        }
        if (k == of_pieces) made.pieces = o[k].shape[axes];
    }
    return made;
}

static void run_fused(int set, reader *from)
{
    static const int GATES[] = {FA_sigmoid, FA_relu, FA_silu, FA_gelu, FA_gelu_tanh};
    const int kind = take(from, 8), inputs = fa_fused_inputs(kind), results = fa_fused_results(kind);
    const int gated = kind == FA_GATE || kind == FA_GATE_BACKWARD, axes = 1 + take(from, 3);
    const int of_pieces = kind == FA_MAXOUT ? 0 : kind == FA_MAXOUT_BACKWARD ? 2 : -1;
    const int of_numbers = kind == FA_MAXOUT ? 2 : kind == FA_MAXOUT_BACKWARD ? 1 : -1;
    const int activation = gated ? GATES[take(from, 5)] : take(from, FA_ACTIVATION_COUNT);
    const int with_sums = kind == FA_BIAS_BACKWARD && take(from, 3) > 0, style = take(from, STYLES);
    const int without_bias = kind == FA_BIAS_BACKWARD && take(from, 3) == 0, invalid = take(from, 16) == 0;
    ptrdiff_t shape[MOST_AXES], pieces = 1;
    double parameters[FA_MOST_PARAMETERS] = {0};
    operand o[FA_FUSED_OPERANDS] = {{0}}, sums = {0};
    dtype = take(from, FA_DTYPE_COUNT);
    f = FORMATS[dtype];
    if (of_pieces >= 0) pieces = take(from, 8) == 0 ? 120 + take(from, 100) : 1 + take(from, 9);
    take_shape(from, axes, take(from, 8) == 0 ? 4000 : 1200 / pieces + 1, shape);
    shape[axes] = pieces;
    while (shape[axes] * pieces > 0 && pieces * shape[0] > 20000) return;
    for (int k = 0, first = FA_DIRECTIONS * activation + (kind == FA_BIAS_BACKWARD);
         k < fa_activations[activation].parameter_count; k++)
        parameters[k] = admitted(first, k, k ? parameters[0] : NAN, from);
    snprintf(told, sizeof told, "%s of %s, %s, %s, %td by %td by %td, %td pieces%s", FUSED_NAMES[kind],
             fa_activations[activation].name, f.name, fa_isa_name(set), shape[0], axes > 1 ? shape[1] : 1,
             axes > 2 ? shape[2] : 1, pieces, with_sums ? ", sums" : "");
    for (int k = 0; k < inputs + results; k++) {
        const ptrdiff_t size = k == of_numbers ? (ptrdiff_t)sizeof(int32_t) : f.size;
        if (k == 2 && without_bias) continue;
        lay(&o[k], axes + (k == of_pieces), shape, size, k < inputs, from);
        if ((kind == FA_BIAS && k == 1) || (kind == FA_BIAS_BACKWARD && k == 2))
            for (int d = 0, kept = kind == FA_BIAS ? take(from, axes) : axes - 1; d < axes; d++)
                o[k].steps[d] = d == kept ? size * (1 + take(from, 2)) : 0;
        if (!reaches(&o[k]) || o[k].n > MOST_ELEMENTS) return;
    }
    /* A result may be an input itself, each of another. */
    int taken = -1;
    for (int k = 0; k < inputs + results; k++) {
        const int most = kind == FA_BIAS ? 1 : kind == FA_BIAS_BACKWARD ? 2 : inputs;
        int same = of_pieces < 0 && k >= inputs ? take(from, 1 + most) - 1 : -1;
        if (same == taken) same = -1;
        for (int d = 0; same >= 0 && d < axes; d++)
            if (o[same].steps[d] == 0 && o[same].shape[d] > 1) same = -1;
        if (same >= 0)
            o[k] = o[taken = same];
        else if (o[k].axes)
            place(&o[k], k, from);
    }
    fa_fused_call call = fused_call(kind, activation, o, parameters, axes, of_pieces, 0);
    if (with_sums) {
        sums = line(fa_fused_sums(&call), sizeof(double), sizeof(double));
        if (!reaches(&sums) || sums.n > MOST_ELEMENTS) return;
        place(&sums, 5, from);
        call.sums = (double *)in_area(&sums);
    }
    paint();
    int expected_invalid = 0;
    for (int k = 0; k < inputs; k++) {
        if (k != of_numbers) {
            fill(&o[k], f, style, 1, from);
            continue;
        }
        for (ptrdiff_t i = 0; i < o[k].n; i++)
            put(element(in_area(&o[k]), &o[k], i), 4, 0, below((uint64_t)pieces + (invalid ? 2 : 0)));
    }
    copy_to_twins();
    fa_choose(set);
    const surroundings around = surround(from);
    fa_fused(&call, 1);
    clear(around);

    fa_choose(scalar_set);
    for (int k = 0; k < inputs; k++)
        if (o[k].axes) gather(&o[k], plain[k]);
    for (ptrdiff_t i = 0; kind == FA_MAXOUT_BACKWARD && i < o[1].n; i++)
        expected_invalid |= get(plain[1], 4, i) >= (uint64_t)pieces;
    fa_fused_call other = fused_call(kind, activation, o, parameters, axes, of_pieces, 1);
    double *const other_sums = plain[FA_FUSED_OPERANDS];
    if (with_sums) other.sums = other_sums;
    fa_fused(&other, 1);
    if (other.invalid != expected_invalid || call.invalid != expected_invalid)
        differ("validity", call.invalid);
    for (int k = inputs; k < inputs + results; k++) scatter(&o[k], plain[k]);
    if (with_sums) {
        memcpy(in_twin(&sums), other_sums, (size_t)(sums.n * sums.size));
        forgive_nans(&sums, FORMATS[FA_F64_INDEX]);
    }
    for (int k = inputs; k < inputs + results; k++)
        if (k != of_numbers) forgive_nans(&o[k], f);
    elements += o[inputs].n;
    compare("fused");
    for (ptrdiff_t channel = 0; with_sums && channel < shape[axes - 1]; channel++) {
        double found = 0, expected = 0;
        fa_choose(set);
        fa_bias_sum(&call, channel, dtype, &found);
        fa_choose(scalar_set);
        fa_bias_sum(&other, channel, dtype, &expected);
        if (is_nan(f, get(&found, f.size, 0)) && is_nan(f, get(&expected, f.size, 0))) continue;
        if (may_vary && memcmp(&found, &expected, sizeof found) != 0) differ("sum of a channel", channel);
    }
}

/* --- Masks --- */

static void run_masks(int set, reader *from)
{
    const int backward = take(from, 2), axes = 1 + take(from, 3), style = take(from, STYLES);
    const int plain_input = take(from, 2), plain_out = take(from, 2), in_place = take(from, 3) == 0;
    ptrdiff_t shape[MOST_AXES];
    operand in = {0}, out = {0};
    dtype = take(from, FA_DTYPE_COUNT);
    f = FORMATS[dtype];
    take_shape(from, axes, 4000, shape);
    lay(&in, axes, shape, f.size, 1, from);
    lay(&out, axes, shape, f.size, 0, from);
    for (int d = axes - 1, step = f.size; d >= 0; step *= (int)shape[d--]) {
        if (plain_input) in.steps[d] = step;
        if (plain_out) out.steps[d] = step;
    }
    if (!reaches(&in) || !reaches(&out)) return;
    operand bits = line((in.n + 7) / 8, 1, 1);
    place(&in, 0, from);
    place(&out, 1, from);
    place(&bits, 2, from);
    if (in_place && plain_input && plain_out) out = in;
    snprintf(told, sizeof told, "mask%s %s, %s, %td elements of %d axes", backward ? " backward" : "", f.name,
             fa_isa_name(set), in.n, axes);
    paint();
    fill(&in, f, style, 1, from);
    for (ptrdiff_t i = 0; i < bits.n && backward; i++) put(in_area(&bits), 1, i, random_bits() >> 7);
    copy_to_twins();
    const ptrdiff_t streamed = fa_stream_bytes;
    if (take(from, 4) == 0) fa_stream_bytes = 1;
    fa_choose(set);
    const surroundings around = surround(from);
    fa_masked call = {.dtype = dtype,
                      .backward = backward,
                      .dimensions = axes,
                      .input = in_area(&in),
                      .out = in_area(&out),
                      .passing = (uint8_t *)in_area(&bits),
                      .n = in.n,
                      .shape = shape,
                      .input_steps = plain_input ? NULL : in.steps,
                      .out_steps = plain_out ? NULL : out.steps};
    fa_relu_masked(&call, 1);
    clear(around);
    fa_stream_bytes = streamed;
    /* By the words of the documentation: what is not <= 0 passes. */
    fa_choose(scalar_set);
    gather(&in, plain[0]);
    void *const of_relu[] = {plain[0], plain[1]};
    fa_run(FA_DIRECTIONS * FA_relu, dtype, of_relu, in.n, 1);
    uint8_t *const expected = (uint8_t *)in_twin(&bits);
    for (ptrdiff_t i = 0; i < in.n; i++) {
        const uint64_t x = get(plain[0], f.size, i);
        const int passes = is_nan(f, x) || (magnitude(f, x) != 0 && !(x & sign_bit(f)));
        if (backward)
            put(plain[1], f.size, i, expected[i / 8] >> i % 8 & 1 ? x : 0);
        else
            expected[i / 8] = (uint8_t)((i % 8 ? expected[i / 8] : 0) | passes << i % 8);
    }
    scatter(&out, plain[1]);
    forgive_nans(&out, f); /* a signalling NaN may become quiet */
    elements += in.n;
    compare("masks");
}

/* --- Counted: compressed rows, zeros, living units, sums --- */

static int passes(int loop, format width, uint64_t bits)
{
    if (loop < FA_DTYPE_COUNT)
        return is_nan(width, bits) || (magnitude(width, bits) != 0 && !(bits & sign_bit(width)));
    return bits != 0 && (loop - FA_DTYPE_COUNT >= 4 || !(bits & sign_bit(width)));
}

static void run_compressed(int set, reader *from)
{
    const int chosen = take(from, 2 + FA_INTEGER_COUNT), wide = take(from, 2), style = take(from, STYLES);
    const int loop = chosen < 2 ? chosen : chosen - 2 + FA_DTYPE_COUNT;
    const format width = loop < FA_DTYPE_COUNT ? FORMATS[loop] : (format){.size = 1 << (chosen - 2) % 4};
    const ptrdiff_t rows = 1 + take(from, 40), columns = 1 + take(from, take(from, 3) == 0 ? 700 : 80);
    operand x = {0}, ends = line(rows + 1, 8, 8);
    if (rows * columns > 6000) return;
    lay(&x, 2, (ptrdiff_t[]){rows, columns}, width.size, 1, from);
    if (!reaches(&x)) return;
    place(&x, 0, from);
    place(&ends, 1, from);
    snprintf(told, sizeof told, "compressed, loop %d, %s, %td by %td", loop, fa_isa_name(set), rows, columns);
    paint();
    for (ptrdiff_t i = 0; i < x.n; i++) {
        uint64_t bits =
            loop < FA_DTYPE_COUNT ? value_of(width, style, from) : random_bits() & all_bits(width);
        if (below(3) == 0) bits = 0;
        put(element(in_area(&x), &x, i), width.size, 0, bits);
    }
    copy_to_twins();
    fa_choose(set);
    fa_compressed call = {.loop = loop,
                          .x = in_area(&x),
                          .rows = rows,
                          .columns = columns,
                          .row_step = x.steps[0],
                          .column_step = x.steps[1],
                          .ends = (int64_t *)in_area(&ends)};
    fa_count_rows(&call, 1);
    int64_t *const expected_ends = (int64_t *)in_twin(&ends);
    ptrdiff_t count = 0;
    gather(&x, plain[0]);
    for (ptrdiff_t row = 0; row < rows; row++) {
        expected_ends[row] = count;
        for (ptrdiff_t k = 0; k < columns; k++)
            count += passes(loop, width, get(plain[0], width.size, row * columns + k));
    }
    expected_ends[rows] = count;
    compare("ends of rows");
    operand data = line(count, width.size, width.size), indices = line(count, wide ? 8 : 4, wide ? 8 : 4);
    place(&data, 2, from);
    place(&indices, 3, from);
    for (int k = 2; k < 4; k++)
        for (ptrdiff_t i = used_from[k]; i < used_to[k]; i++) areas[k][i] = twins[k][i] = (char)CANARY;
    call.data = in_area(&data);
    if (wide)
        call.wide_indices = (int64_t *)in_area(&indices);
    else
        call.indices = (int32_t *)in_area(&indices);
    fa_fill_rows(&call, 1);
    for (ptrdiff_t i = 0, to = 0; i < x.n; i++) {
        const uint64_t bits = get(plain[0], width.size, i);
        if (!passes(loop, width, bits)) continue;
        put(in_twin(&data), width.size, to, bits);
        put(in_twin(&indices), wide ? 8 : 4, to++, (uint64_t)(i % columns));
    }
    elements += x.n;
    compare("compressed");
}

static void run_living(int set, reader *from)
{
    const int axes = 1 + take(from, 3), style = take(from, STYLES), kept = take(from, 1 << axes);
    const int zeros = take(from, 4), last = axes - 1;
    ptrdiff_t shape[MOST_AXES], alive_steps[MOST_AXES] = {0}, size = 1;
    operand y = {0};
    dtype = take(from, FA_DTYPE_COUNT);
    f = FORMATS[dtype];
    take_shape(from, axes, 4000, shape);
    lay(&y, axes, shape, f.size, 1, from);
    for (int d = last; d >= 0; d--)
        if (kept >> d & 1) {
            alive_steps[d] = size;
            size *= d == last ? (shape[d] + 63) / 64 * 8 : shape[d];
        }
    operand alive = line(size, 1, 1);
    if (!reaches(&y) || !reaches(&alive)) return;
    place(&y, 0, from);
    place(&alive, 1, from);
    snprintf(told, sizeof told, "living %s, %s, %td by %td by %td, kept %d", f.name, fa_isa_name(set),
             shape[0], axes > 1 ? shape[1] : 1, axes > 2 ? shape[2] : 1, kept);
    paint();
    fill(&y, f, style, 1, from);
    for (ptrdiff_t i = 0; i < y.n; i++)
        if (below(4) < (uint64_t)zeros)
            put(element(in_area(&y), &y, i), f.size, 0, below(2) ? sign_bit(f) : 0);
    memset(in_area(&alive), 0, (size_t)size);
    copy_to_twins();
    fa_choose(set);
    const fa_living call = {.dtype = dtype,
                            .dimensions = axes,
                            .y = in_area(&y),
                            .alive = (uint8_t *)in_area(&alive),
                            .shape = shape,
                            .steps = y.steps,
                            .alive_steps = alive_steps};
    const surroundings around = surround(from);
    const double found = fa_share_of_zeros(&call, y.n, 1);
    fa_mark_alive(&call, 1);
    clear(around);
    ptrdiff_t expected = 0;
    uint8_t *const marks = (uint8_t *)in_twin(&alive);
    gather(&y, plain[0]);
    for (ptrdiff_t i = 0; i < y.n; i++) {
        ptrdiff_t at = 0, bit = 0, rest = i;
        const int is_zero = magnitude(f, get(plain[0], f.size, i)) == 0;
        for (int d = last; d >= 0; rest /= shape[d--])
            if (d == last && kept >> d & 1)
                bit = rest % shape[d];
            else
                at += rest % shape[d] * alive_steps[d];
        expected += is_zero;
        if (!is_zero) marks[at + bit / 8] |= (uint8_t)(1 << bit % 8);
    }
    if (found != (double)expected / (double)y.n) differ("share of zeros", expected);
    elements += y.n;
    compare("living units");
}

static void run_sums(int set, reader *from)
{
    const ptrdiff_t rows = take(from, 9), length = take(from, 2) ? take(from, 1200) : 1020 + take(from, 1100);
    const int style = take(from, STYLES);
    dtype = take(from, FA_DTYPE_COUNT);
    f = FORMATS[dtype];
    operand o[] = {line(rows * length, f.size, f.size), line(rows * length, f.size, f.size),
                   line(rows, f.size, f.size)};
    if (!reaches(&o[0]) || o[0].n > MOST_ELEMENTS) return;
    for (int k = 0; k < 3; k++) place(&o[k], k, from);
    snprintf(told, sizeof told, "sums %s, %s, %td of %td", f.name, fa_isa_name(set), rows, length);
    paint();
    for (int k = 0; k < 2; k++) fill(&o[k], f, style, 1, from);
    copy_to_twins();
    fa_choose(set);
    const surroundings around = surround(from);
    fa_sums_below(dtype, in_area(&o[0]), in_area(&o[1]), in_area(&o[2]), rows, length, 1);
    clear(around);
    fa_choose(scalar_set);
    for (int k = 0; k < 2; k++) gather(&o[k], plain[k]);
    for (ptrdiff_t row = 0; row < rows; row++)
        fa_sums_below(dtype, (char *)plain[0] + row * length * f.size,
                      (char *)plain[1] + row * length * f.size, (char *)plain[2] + row * f.size, 1, length,
                      1);
    scatter(&o[2], plain[2]);
    forgive_nans(&o[2], f);
    elements += o[0].n;
    compare("sums");
}

static void run_counts(int set, reader *from)
{
    switch (take(from, 3)) {
    case 0: run_compressed(set, from); break;
    case 1: run_living(set, from); break;
    default: run_sums(set, from);
    }
}
