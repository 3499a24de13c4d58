/* Every operation of the vocabulary and every function of the library, run without Python.
 *
 *     check ISA FORMAT [POINTS [ITEM]]
 *
 * prints a line for each set of results with a digest of their bits, the same on every machine and every
 * instruction set, and checks by itself what concerns one machine: pieces and alignments, in place, strides,
 * threads, the floating-point environment. POINTS lists single inputs, ITEM shows one line's results in full.
 */
#include "inputs.h"
#include "operations.h"

enum { PIECE_SAMPLE = 1024, CANARY = 0xa5 };

/* --- Activations --- */

/* Parameters where the table has no default, and unusual ones. */
static const struct {
    const char *name;
    double given[FA_MOST_PARAMETERS], unusual[FA_MOST_PARAMETERS];
} PARAMETERS[] = {{"leaky_relu", {0}, {0x1p-70}},
                  {"prelu", {0.25}, {-1.7}},
                  {"rrelu", {0}, {-0.5, 0.5}},
                  {"hardtanh", {0}, {-2, 3}},
                  {"hardsigmoid", {0}, {-2, 0.25}},
                  {"threshold", {0.1, 20}, {-1, 0.5}},
                  {"hardshrink", {0}, {-1}},
                  {"softshrink", {0}, {1.5}},
                  {"elu", {0}, {-1.5}},
                  {"celu", {0}, {3}},
                  {"selu", {0}, {1.5, 2}},
                  {"softplus", {0}, {10}},
                  {"silu", {0}, {-1.3}},
                  {"squareplus", {0}, {0.001}}};

static void parameters_of(int function, int unusual, double *to)
{
    const fa_activation *const activation = &fa_activations[function / FA_DIRECTIONS];
    for (int k = 0; k < activation->parameter_count; k++) {
        to[k] = activation->parameters[k].initial;
        for (size_t row = 0; row < sizeof PARAMETERS / sizeof PARAMETERS[0]; row++) {
            if (strcmp(PARAMETERS[row].name, activation->name) != 0) continue;
            if (unusual || to[k] != to[k])
                to[k] = (unusual ? PARAMETERS[row].unusual : PARAMETERS[row].given)[k];
        }
    }
}

static const char *const SUFFIXES[FA_DIRECTIONS] = {"", "_backward", "_backward_from_output"};

static void item_of(int function, const double *parameters, const char *what, char *to, size_t size)
{
    const fa_activation *const activation = &fa_activations[function / FA_DIRECTIONS];
    int used = snprintf(to, size, "%s%s", activation->name, SUFFIXES[function % FA_DIRECTIONS]);
    for (int k = 0; k < activation->parameter_count && parameters; k++)
        used += snprintf(to + used, size - (size_t)used, " %g", parameters[k]);
    snprintf(to + used, size - (size_t)used, " %s", what);
}

static int exists(int function)
{
    return fa_activations[function / FA_DIRECTIONS].ulp[function % FA_DIRECTIONS] >= 0;
}

typedef struct {
    int function, inputs;
    double parameters[FA_MOST_PARAMETERS];
    char *data[FA_MOST_INPUTS], *out;
    ptrdiff_t n;
} call;

static void compute(const call *c, char *const *data, char *out, ptrdiff_t n, int threads)
{
    void *arrays[FA_MOST_INPUTS + 1];
    for (int k = 0; k < c->inputs; k++) arrays[k] = data[k];
    arrays[c->inputs] = out;
    fa_call(c->function, dtype, arrays, c->parameters, n, threads);
}

static void report_call(const call *c, const char *what)
{
    char item[160];
    column inputs[FA_MOST_INPUTS];
    for (int k = 0; k < c->inputs; k++) inputs[k] = (column){c->data[k], f.size};
    item_of(c->function, c->parameters, what, item, sizeof item);
    compute(c, c->data, c->out, c->n, 1);
    report(item, inputs, c->inputs, f, c->out, c->n, MADE);
}

/* Parameters as arrays, usual and unusual ones by turns, through the loop of the ufuncs. */
static void run_arrays(const call *c, const double *unusual)
{
    const int count = fa_parameter_count(c->function), last = c->inputs + count;
    const ptrdiff_t n = 5003, size = dtype == FA_F64_INDEX ? 8 : 4;
    char *operands[FA_MOST_OPERANDS], item[160];
    ptrdiff_t steps[FA_MOST_OPERANDS];
    column inputs[FA_MOST_OPERANDS];
    for (int k = 0; k <= last; k++) {
        const int is_parameter = k >= c->inputs && k < last;
        operands[k] = k < c->inputs ? c->data[k] : k == last ? c->out : allocated(n, size);
        steps[k] = is_parameter ? size : f.size;
        inputs[k] = (column){operands[k], (int)steps[k]};
        for (ptrdiff_t i = 0; i < n && is_parameter; i++)
            put(operands[k], (int)size, i,
                bits_of_number(size == 8 ? FA_F64_INDEX : FA_F32_INDEX,
                               (below(2) ? unusual : c->parameters)[k - c->inputs]));
    }
    fa_ufunc_loop(operands, &n, steps, (void *)(intptr_t)(c->function * FA_LOOP_COUNT + dtype));
    item_of(c->function, NULL, "arrays", item, sizeof item);
    report(item, inputs, last, f, c->out, n, MADE);
    for (int k = c->inputs; k < last; k++) free(operands[k]);
}

/* Short and long pieces at every alignment, in place, and strides of two give the bits of the whole; nothing
 * is written past the end. */
static void run_pieces(const call *c)
{
    const ptrdiff_t n = c->n < PIECE_SAMPLE ? c->n : PIECE_SAMPLE, bytes = n * f.size;
    char *const area = allocated(2 * n + 256, f.size), *const whole = allocated(n, f.size);
    char *spread[FA_MOST_OPERANDS], *data[FA_MOST_INPUTS], item[160];
    item_of(c->function, c->parameters, "in pieces", item, sizeof item);
    compute(c, c->data, whole, n, 1);
    for (ptrdiff_t start = 0, length = 0; start + length <= n; start += length, length++) {
        char *const out = area + (uint64_t)length % 16 * (uint64_t)f.size;
        for (int k = 0; k < c->inputs; k++) data[k] = c->data[k] + start * f.size;
        memset(area, CANARY, (size_t)bytes);
        compute(c, data, out, length, 1);
        check(item, whole + start * f.size, out, length, f.size);
        for (ptrdiff_t i = 0; i < 64; i++)
            if ((unsigned char)out[length * f.size + i] != CANARY) fail(item, length);
    }
    for (int place = 0; place < c->inputs; place++) {
        for (int k = 0; k < c->inputs; k++) data[k] = c->data[k];
        data[place] = memcpy(area, c->data[place], (size_t)bytes);
        compute(c, data, area, n, 1);
        check(item, whole, area, n, f.size);
    }
    if (fa_parameter_count(c->function) == 0) {
        ptrdiff_t steps[FA_MOST_OPERANDS];
        for (int k = 0; k <= c->inputs; k++) {
            spread[k] = k < c->inputs ? allocated(2 * n, f.size) : area;
            steps[k] = 2 * f.size;
            for (ptrdiff_t i = 0; i < n && k < c->inputs; i++)
                put(spread[k], f.size, 2 * i, get(c->data[k], f.size, i));
        }
        fa_ufunc_loop(spread, &n, steps, (void *)(intptr_t)(c->function * FA_LOOP_COUNT + dtype));
        for (ptrdiff_t i = 0; i < n; i++) put(area, f.size, i, get(area, f.size, 2 * i));
        check(item, whole, area, n, f.size);
        for (int k = 0; k < c->inputs; k++) free(spread[k]);
    }
    free(area), free(whole);
}

/* An unusual environment around a call changes no bit and is there afterwards. */
#if defined(__x86_64__)
static uint64_t control(void) { return _mm_getcsr(); }
static void set_control(uint64_t value) { _mm_setcsr((unsigned)value); }
enum { UNUSUAL_CONTROL = 0x8040 | 2 << 13 | 0x1f80 | 0x20 }; /* flushed both ways, upwards, one flag */
#else
static uint64_t control(void)
{
    uint64_t both[2];
    __asm__ volatile("mrs %0, fpcr\n mrs %1, fpsr" : "=r"(both[0]), "=r"(both[1]));
    return both[1] << 32 | both[0];
}
static void set_control(uint64_t value)
{
    __asm__ volatile("msr fpcr, %0\n msr fpsr, %1" : : "r"(value & UINT32_MAX), "r"(value >> 32) : "memory");
}
/* Alternative float16, default NaN, flushed, upwards; one flag. */
static const uint64_t UNUSUAL_CONTROL = (uint64_t)0x10 << 32 | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 22;
#endif

static void run_environment(const call *c)
{
    const ptrdiff_t n = c->n < PIECE_SAMPLE ? c->n : PIECE_SAMPLE;
    char *const usual = allocated(n, f.size), *const unusual = allocated(n, f.size), item[160];
    item_of(c->function, c->parameters, "environment", item, sizeof item);
    compute(c, c->data, usual, n, 1);
    const uint64_t before = control();
    set_control(UNUSUAL_CONTROL);
    compute(c, c->data, unusual, n, 1);
    const uint64_t after = control();
    set_control(before);
    checks++;
    if (after != UNUSUAL_CONTROL) fail(item, 0);
    check(item, usual, unusual, n, f.size);
    free(usual), free(unusual);
}

static void run_function(int function)
{
    const int each = dtype == FA_F64_INDEX ? 16 : 64, inputs = fa_input_count(function);
    const int of_output = function % FA_DIRECTIONS == FA_BACKWARD_FROM_OUTPUT;
    const ptrdiff_t n = sample_size(f, each);
    call c = {.function = function, .inputs = inputs, .n = n};
    for (int k = 0; k < inputs; k++) c.data[k] = allocated(n, f.size);
    c.out = allocated(n, f.size);
    char *const grad = c.data[0], *const x = c.data[inputs - 1];
    for (int unusual = 0; unusual <= (fa_parameter_count(function) > 0); unusual++) {
        state = 3;
        sample(f, each, x);
        parameters_of(function, unusual, c.parameters);
        for (ptrdiff_t i = 0; i < n && inputs == 2; i++) put(grad, f.size, i, one(f));
        report_call(&c, inputs == 2 ? "grad 1" : "all");
        if (inputs == 2) {
            for (ptrdiff_t i = 0; i < n; i++) {
                const uint64_t bits = i % 2 ? random_bits() & all_bits(f) : usual_number(f);
                const uint64_t input = get(x, f.size, i);
                /* Out of its range an output may make a NaN itself. */
                const int alone = of_output ? input < one(f) : !is_nan(f, input);
                put(grad, f.size, i, alone ? bits : without_nan(f, bits));
            }
            report_call(&c, "any grad");
        }
        if (unusual) {
            double defaults[FA_MOST_PARAMETERS];
            parameters_of(function, 0, defaults);
            run_arrays(&c, defaults);
        }
        run_pieces(&c);
        run_environment(&c);
    }
    for (int k = 0; k < inputs; k++) free(c.data[k]);
    free(c.out);
}

/* The function of a name, its parameters by `name=value` or the table. */
static void read_call(call *c, char *name)
{
    char found[80], *word;
    for (c->function = 0; c->function < FA_FUNCTION_COUNT; c->function++) {
        snprintf(found, sizeof found, "%s%s", fa_activations[c->function / FA_DIRECTIONS].name,
                 SUFFIXES[c->function % FA_DIRECTIONS]);
        if (strcmp(found, name) == 0) break;
    }
    if (c->function == FA_FUNCTION_COUNT) {
        fprintf(stderr, "no function %s\n", name);
        exit(3);
    }
    c->inputs = fa_input_count(c->function);
    parameters_of(c->function, 0, c->parameters);
    while ((word = strtok(NULL, " \n")) != NULL)
        for (int k = 0; k < fa_parameter_count(c->function); k++) {
            const char *const parameter = fa_activations[c->function / FA_DIRECTIONS].parameters[k].name;
            const size_t length = strlen(parameter);
            if (strncmp(word, parameter, length) == 0 && word[length] == '=')
                c->parameters[k] = strtod(word + length + 1, NULL);
        }
}

/* Lines `format x function name=value ...`, those of one function and its parameters one after the other:
 * each x and its four neighbours. */
static void run_points(FILE *points)
{
    enum { MOST = 4096 };
    char line[300], previous[300] = "";
    call c = {.function = -1};
    for (int k = 0; k < FA_MOST_INPUTS; k++) c.data[k] = allocated(MOST, f.size);
    c.out = allocated(MOST, f.size);
    while (fgets(line, sizeof line, points)) {
        char *rest;
        const size_t length = strlen(f.name);
        if (strncmp(line, f.name, length) != 0 || line[length] != ' ') continue;
        const double x = strtod(line + length, &rest);
        if (strcmp(rest, previous) != 0 || c.n + 5 > MOST) {
            if (c.n > 0) report_call(&c, "points");
            strcpy(previous, rest);
            c.n = 0;
            read_call(&c, strtok(rest, " \n"));
        }
        for (int neighbour = -2; neighbour <= 2; neighbour++, c.n++) {
            put(c.data[0], f.size, c.n, neighbour % 2 ? one(f) | sign_bit(f) : one(f));
            put(c.data[c.inputs - 1], f.size, c.n,
                (bits_of_number(dtype, x) + (uint64_t)(int64_t)neighbour) & all_bits(f));
        }
    }
    if (c.n > 0) report_call(&c, "points");
    for (int k = 0; k < FA_MOST_INPUTS; k++) free(c.data[k]);
    free(c.out);
}

/* --- Rows, sums, integers, threads --- */

/* Numbers of a moderate size, subnormal ones, masks of -inf, rows with NaN or infinity, all alike. */
static uint64_t of_row(ptrdiff_t row, int output)
{
    const uint64_t kind = below(50);
    const double log_of = row % 3 == 0 ? 0 : 5;
    if (kind == 0 && row % 8 == 5) return infinity(f) | (output ? 0 : sign_bit(f));
    if (kind == 1 && row % 8 == 6) return infinity(f) + (row % 16 == 6 ? 0 : quiet_bit(f));
    if (row % 8 == 7) return bits_of_number(dtype, 3);
    if (kind == 2) return random_bits() & (((uint64_t)1 << f.mantissa) - 1);
    if (output) return magnitude(f, random_number(f, row % 2 ? -14 : -9, -1));
    return random_number(f, -9, log_of > 0 ? 6 : 2);
}

static void run_rows(void)
{
    static const ptrdiff_t LENGTHS[] = {1,  2,  3,  4,   5,   7,   8,   15,  16,
                                        17, 31, 33, 100, 256, 257, 511, 513, 1100};
    for (int function = 0; function < FA_ROW_FUNCTION_COUNT; function++)
        for (size_t k = 0; k < sizeof LENGTHS / sizeof LENGTHS[0]; k++)
            for (ptrdiff_t inner = 1; inner <= 73; inner += 72) {
                const ptrdiff_t length = LENGTHS[k], outer = inner > 1 ? 2 : 37;
                const ptrdiff_t n = outer * length * inner;
                const int inputs = fa_input_count(FA_FUNCTION_COUNT + function);
                char *data[FA_MOST_INPUTS], *const out = allocated(n, f.size), item[80];
                fa_rows rows = {
                    .function = function, .dtype = dtype, .out = out, .length = length, .inner = inner};
                column columns[FA_MOST_INPUTS];
                state = 4 + (uint64_t)length;
                for (int input = 0; input < inputs; input++) {
                    rows.inputs[input] = data[input] = allocated(n, f.size);
                    columns[input] = (column){data[input], f.size};
                    for (ptrdiff_t i = 0; i < n; i++) {
                        const ptrdiff_t row = i / (length * inner) * inner + i % inner;
                        put(data[input], f.size, i, of_row(row, inputs == 2 && input == 1 && function < 2));
                    }
                }
                if (!fa_all_rows(&rows, outer * inner, 1)) fail("memory of rows", n);
                snprintf(item, sizeof item, "%s_%s %td by %td", fa_row_activations[function / 2].name,
                         function % 2 ? "backward" : "forward", length, inner);
                report(item, columns, inputs, f, out, n, ANY_NAN);
                for (int input = 0; input < inputs; input++) free(data[input]);
                free(out);
            }
}

/* The sums of prelu's weight. */
static void run_sums(void)
{
    enum { ROWS = 9, LENGTH_OF_ROW = 5003, ALL = ROWS * LENGTH_OF_ROW };
    char *const grad = allocated(ALL, f.size), *const x = allocated(ALL, f.size),
                *const sums = allocated(ROWS, 8);
    state = 5;
    for (ptrdiff_t i = 0; i < ALL; i++) {
        put(grad, f.size, i, usual_number(f));
        put(x, f.size, i, i == 3 ? infinity(f) | sign_bit(f) : usual_number(f));
    }
    fa_sums_below(dtype, grad, f.size, x, f.size, sums, ROWS, LENGTH_OF_ROW, 1);
    report("sums below 0", NULL, 0, f, sums, ROWS, MADE);
    free(grad), free(x), free(sums);
}

/* Three threads give the bits of one. */
static void run_threads(void)
{
    const ptrdiff_t n = 100003;
    call c = {.function = FA_DIRECTIONS * FA_silu, .inputs = 1, .n = n, .parameters = {1}};
    c.data[0] = allocated(n, f.size);
    c.out = allocated(n, f.size);
    char *const alone = allocated(n, f.size);
    for (ptrdiff_t i = 0; i < n; i++) put(c.data[0], f.size, i, usual_number(f));
    fa_worth_waking = 0.001;
    for (int turn = 0; turn < 3; turn++) {
        memset(c.out, 0, (size_t)(n * f.size));
        compute(&c, c.data, alone, n, 1);
        compute(&c, c.data, c.out, n, 3);
        check("threads", alone, c.out, n, f.size);
    }
    /* past the caches */
    const ptrdiff_t before = fa_stream_bytes;
    fa_stream_bytes = 1;
    c.function = FA_DIRECTIONS * FA_relu;
    compute(&c, c.data, c.out, n, 2);
    fa_stream_bytes = before;
    compute(&c, c.data, alone, n, 1);
    check("streamed", alone, c.out, n, f.size);
    checks++;
    if (fa_workers() == 0) fail("no thread was started", 0);
    free(c.data[0]), free(c.out), free(alone);
}

static void run_integers(void)
{
    const ptrdiff_t n = 4099;
    for (int function = 0; function < FA_FUNCTION_COUNT; function++)
        for (int integer = 0; integer < FA_INTEGER_COUNT && fa_keeps_integers(function); integer++) {
            const format width = {.size = 1 << integer % 4};
            const int last = 1 + fa_parameter_count(function);
            char *operands[FA_MOST_OPERANDS], item[80];
            ptrdiff_t steps[FA_MOST_OPERANDS] = {width.size, 0, 0, 0};
            const column x = {operands[0] = allocated(n, width.size), width.size};
            state = 6;
            for (ptrdiff_t i = 0; i < n; i++) put(operands[0], width.size, i, random_bits());
            for (int k = 1; k < last; k++)
                put(operands[k] = allocated(1, 8), width.size, 0, (uint64_t)(k * 37));
            operands[last] = allocated(n, width.size);
            steps[last] = width.size;
            fa_integer_loop(operands, &n, steps,
                            (void *)(intptr_t)(function * FA_LOOP_COUNT + FA_DTYPE_COUNT + integer));
            snprintf(item, sizeof item, "%s of %sint%d", fa_activations[function / FA_DIRECTIONS].name,
                     integer < 4 ? "" : "u", 8 * width.size);
            report(item, &x, 1, width, operands[last], n, RAW);
            for (int k = 0; k <= last; k++) free(operands[k]);
        }
}

static int chosen(const char *isa)
{
    int i = 0;
    while (fa_isa_name(i) && strcmp(fa_isa_name(i), isa) != 0) i++;
    if (!fa_isa_name(i) || !fa_isa_supported(i)) {
        fprintf(stderr, "%s: this machine has no such instruction set\n", isa);
        exit(2);
    }
    fa_choose(i);
    return i;
}

int main(int count, char **arguments)
{
    if (count < 3) return 3;
    wanted = count > 4 ? arguments[4] : NULL;
    const int i = chosen(arguments[1]);
    if (strcmp(arguments[2], "integers") == 0) {
        run_integers();
    } else {
        while (dtype < FA_DTYPE_COUNT && strcmp(FORMATS[dtype].name, arguments[2]) != 0) dtype++;
        if (dtype == FA_DTYPE_COUNT) return 3;
        f = FORMATS[dtype];
        const fa_unit *const unit = fa_isa_unit(i, dtype);
        if (unit->operations) run_vocabulary(unit);
        run_moves(unit);
        for (int function = 0; function < FA_FUNCTION_COUNT; function++)
            if (exists(function)) run_function(function);
        FILE *const points = count > 3 && *arguments[3] ? fopen(arguments[3], "r") : NULL;
        if (points) {
            run_points(points);
            fclose(points);
        }
        run_rows();
        run_sums();
        run_threads();
    }
    printf("total\t%td\t%td\t%td\n", results, checks, failures);
    return failures > 0;
}
