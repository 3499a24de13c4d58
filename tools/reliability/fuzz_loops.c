/* The native loops on arrays of any length, place, strides and overlap, each against the scalar set on plain
 * arrays: bit for bit, with canaries and forbidden pages on both sides.
 *
 * A libFuzzer target; with -DSTANDALONE a program that makes its own bytes:
 *
 *     fuzz_loops CASES [SEED [usual]]
 *
 * What overlaps is what NumPy hands to a loop: it copies an input unless the result is the input itself or
 * runs behind it, and lets reduce and accumulate read their last result. The bytes of a case are in the order
 * in which `run_case` takes them; past their end all are 0.
 */
#include "guarded.h"

#include "environment.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static ptrdiff_t cases_of_kind[8], elements;
static int sets[8], set_count, scalar_set;
static char told[400]; /* the case, for a report */

static void prepare(void)
{
    for (int i = 0; fa_isa_name(i); i++) {
        if (fa_isa_supported(i)) sets[set_count++] = i;
        if (strcmp(fa_isa_name(i), "scalar") == 0) scalar_set = i;
    }
    if (!fa_prepare_threads() || !fa_prepare_buffers()) exit(3);
    fa_choose(scalar_set);
    fa_worth_waking = 0.001;
    fa_set_caller_threads(3);
    reserve();
}

/* What a call must leave alone: rounding upwards, subnormals flushed, one flag. */
#if defined(__x86_64__)
enum { UNUSUAL_CONTROL = 0x8040 | 2 << 13 | 0x1f80 | 0x20 };
#endif
typedef struct {
    unsigned before;
    int unusual;
} surroundings;

static int may_vary = 1; /* 0 for valgrind, which has no such control bits and loses the sign of an FMA's 0 */
static surroundings surround(reader *from)
{
    surroundings all = {0, take(from, 8) == 7 && may_vary};
#if defined(__x86_64__)
    all.before = _mm_getcsr();
    if (all.unusual) _mm_setcsr(UNUSUAL_CONTROL);
#endif
    return all;
}

static void differ(const char *what, ptrdiff_t at)
{
    fprintf(stderr, "FAULT: %s: %s at %td\n", told, what, at);
    abort();
}

static void clear(surroundings all)
{
#if defined(__x86_64__)
    const unsigned after = _mm_getcsr();
    _mm_setcsr(all.before);
    if (all.unusual ? after != UNUSUAL_CONTROL : after != all.before)
        differ("control register", (ptrdiff_t)after);
#else
    (void)all;
#endif
}

static void compare(const char *what)
{
    int area;
    const ptrdiff_t i = difference(&area);
    if (i < 0 || !may_vary) return;
    fprintf(stderr, "area %d, byte %td: %02x, expected %02x\n", area, i, (uint8_t)areas[area][i],
            (uint8_t)twins[area][i]);
    differ(what, i);
}

enum { LARGE = 4 * FA_UNIT_OF_WORK, MOST_ELEMENTS = LARGE + 4096 };
static double plain[8][MOST_ELEMENTS]; /* operands of what is expected, one element after the other */

/* --- Elementwise --- */

typedef struct {
    int function, inputs, last, uniform;
    operand operands[FA_MOST_OPERANDS];
} call;

static const char *const SUFFIXES[FA_DIRECTIONS] = {"", "_backward", "_backward_from_output"};
static int exists(int function)
{
    return fa_activations[function / FA_DIRECTIONS].ulp[function % FA_DIRECTIONS] >= 0;
}

/* A parameter that Python lets pass as a number. */
static double admitted(int function, int k, double first, reader *from)
{
    const fa_parameter *const parameter = &fa_activations[function / FA_DIRECTIONS].parameters[k];
    const int of_output = function % FA_DIRECTIONS == FA_BACKWARD_FROM_OUTPUT;
    const int domain = of_output ? parameter->domain_from_output : parameter->domain;
    const int usual = take(from, 2);
    if (!usual && parameter->initial == parameter->initial && fa_admits(domain, parameter->initial, first))
        return parameter->initial;
    for (int turn = 0; turn < 40; turn++) {
        const double value = ((double)below(129) - 64) / (double)(1 + below(16));
        if (fa_admits(domain, value, first)) return value;
    }
    return first == first ? first : 1;
}

static double number_at(const void *data, ptrdiff_t size)
{
    float narrow;
    double wide;
    memcpy(size == 8 ? (void *)&wide : (void *)&narrow, data, (size_t)size);
    return size == 8 ? wide : (double)narrow;
}

enum { APART, SAME, BEHIND, LAST_RESULT, RELATIONS };
static const char *const RELATION_NAMES[] = {"apart", "in place", "behind", "last result"};

/* Elements of the twin one by one, as the loop must see them. */
static void expect_in_order(const call *c, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        void *at[FA_MOST_OPERANDS];
        for (int k = 0; k <= c->last; k++) {
            const operand *const o = &c->operands[k];
            at[k] = plain[k];
            if (k < c->last) memcpy(at[k], in_twin(o) + i * o->steps[0], (size_t)o->size);
        }
        fa_run(c->function, dtype, at, 1, 1);
        const operand *const out = &c->operands[c->last];
        memcpy(in_twin(out) + i * out->steps[0], at[c->last], (size_t)out->size);
    }
}

static void expect_plain(const call *c, ptrdiff_t n)
{
    void *at[FA_MOST_OPERANDS];
    for (int k = 0; k <= c->last; k++) {
        at[k] = plain[k];
        if (k < c->last) gather(&c->operands[k], plain[k]);
    }
    fa_run(c->function, dtype, at, n, c->uniform);
    scatter(&c->operands[c->last], plain[c->last]);
}

/* The operands of the first element that is not as expected, where none has been written over. */
static void show_difference(const call *c, ptrdiff_t n)
{
    const operand *const out = &c->operands[c->last];
    for (ptrdiff_t i = 0; i < n; i++) {
        if (memcmp(element(in_area(out), out, i), element(in_twin(out), out, i), (size_t)out->size) == 0)
            continue;
        for (int k = 0; k <= c->last; k++) {
            const operand *const o = &c->operands[k];
            fprintf(stderr, "%s%" PRIx64, k ? ", " : "operands ",
                    get(element(in_area(o), o, o->n > i ? i : 0), (int)o->size, 0));
        }
        fprintf(stderr, ", expected %" PRIx64 "\n", get(element(in_twin(out), out, i), (int)out->size, 0));
        return;
    }
}

static ptrdiff_t take_step(reader *from, ptrdiff_t size, int may_repeat)
{
    static const int STEPS[] = {1, 1, 1, 2, 3, -1, -2, 5, 0};
    return size * STEPS[take(from, may_repeat ? 9 : 8)];
}

/* Where the operands of a call stand, by how the result lies to input `k`. */
static int arrange(call *c, int relation, int k, ptrdiff_t n, int contiguous, reader *from)
{
    operand *const out = &c->operands[c->last];
    for (int i = 0; i <= c->last; i++) {
        operand *const o = &c->operands[i];
        const int is_parameter = i >= c->inputs && i < c->last;
        ptrdiff_t size = fa_sizes[dtype], step;
        if (is_parameter) size = dtype == FA_F64_INDEX ? 8 : 4;
        step = contiguous ? size : take_step(from, size, i < c->last);
        if (is_parameter && c->uniform) step = 0;
        *o = line(step == 0 && is_parameter && n == 0 ? 1 : n, size, step);
        if (!reaches(o)) return 0;
    }
    if (relation == SAME) {
        if (c->operands[k].steps[0] == 0) c->operands[k] = line(n, out->size, out->size);
        *out = c->operands[k];
    } else if (relation == BEHIND) {
        if (out->steps[0] / out->size * (c->operands[k].steps[0] / out->size) <= 0) c->operands[k] = *out;
        if (labs(c->operands[k].steps[0]) < labs(out->steps[0])) c->operands[k] = *out;
    } else if (relation == LAST_RESULT) {
        const ptrdiff_t step = take(from, 4) == 0 ? 0 : out->steps[0];
        *out = c->operands[k] = line(n, out->size, step);
    }
    const operand *const in = &c->operands[k];
    for (int i = 0; i < c->last; i++)
        if (i != k || relation == APART) place(&c->operands[i], i, from);
    if (relation == APART) {
        place(out, c->last, from);
    } else if (relation == SAME) {
        place(out, k, from);
        c->operands[k] = *out;
    } else {
        /* One span for both: the input `ahead` of the result, or one step behind it. */
        const ptrdiff_t ahead = relation == BEHIND ? (ptrdiff_t)take(from, 40) * (in->steps[0] < 0 ? -1 : 1)
                                                   : -out->steps[0] / out->size;
        operand both = *out;
        const ptrdiff_t moved = ahead * in->size;
        both.low = moved + in->low < out->low ? moved + in->low : out->low;
        both.high = moved + in->high > out->high ? moved + in->high : out->high;
        place(&both, k, from);
        out->area = c->operands[k].area = k;
        out->offset = both.offset;
        c->operands[k].offset = both.offset + moved;
    }
    return 1;
}

static void run_elementwise(int of_arrays, int set, reader *from)
{
    call c = {.function = take(from, FA_FUNCTION_COUNT)};
    double given[FA_MOST_PARAMETERS] = {0};
    dtype = take(from, FA_DTYPE_COUNT);
    f = FORMATS[dtype];
    while (!exists(c.function)) c.function--;
    c.inputs = fa_input_count(c.function);
    c.last = c.inputs + fa_parameter_count(c.function);
    c.uniform = !of_arrays || c.last == c.inputs || take(from, 2);
    const format wide = FORMATS[dtype == FA_F64_INDEX ? FA_F64_INDEX : FA_F32_INDEX];
    const int large =
        take_bytes(from, 2) % 1024 == 1023; /* shared among threads, and written past the caches */
    const ptrdiff_t short_n = take_length(from), n = large ? LARGE + short_n % 64 : short_n;
    const int k = take(from, c.inputs), style = take(from, STYLES), nan_at = take(from, c.last + 1);
    const int odd = of_arrays && !c.uniform && take(from, 4) == 0; /* parameters of any value */
    int relation = take(from, of_arrays ? RELATIONS : 2);
    if (relation == LAST_RESULT && c.last != 2) relation = APART; /* accumulate wants two operands */
    snprintf(told, sizeof told, "%s%s %s, %s, n %td, %s, %s parameters, style %d",
             fa_activations[c.function / FA_DIRECTIONS].name, SUFFIXES[c.function % FA_DIRECTIONS], f.name,
             fa_isa_name(set), n, RELATION_NAMES[relation], c.uniform ? "scalar" : "array", style);
    const int as_accumulated = relation == LAST_RESULT ? 0 : k;
    if (!arrange(&c, relation, as_accumulated, n, !of_arrays, from)) return;
    paint();
    for (int i = 0; i < c.last; i++)
        if (i < c.inputs)
            fill(&c.operands[i], f, style, i == nan_at, from);
        else if (odd)
            fill(&c.operands[i], wide, MIXED, i == nan_at, from);
    for (int i = c.inputs; i < c.last && !odd; i++)
        for (ptrdiff_t j = 0; j < c.operands[i].n; j++) {
            const int place = i - c.inputs;
            const operand *const before = &c.operands[i - 1];
            double first = place ? given[0] : NAN;
            if (place && !c.uniform && before->n > 0)
                first = number_at(element(in_area(before), before, before->n > j ? j : 0), wide.size);
            given[place] = admitted(c.function, place, first, from);
            put(element(in_area(&c.operands[i]), &c.operands[i], j), wide.size, 0,
                bits_of_number(dtype == FA_F64_INDEX ? FA_F64_INDEX : FA_F32_INDEX, given[place]));
        }
    copy_to_twins();

    fa_choose(set);
    char *at[FA_MOST_OPERANDS];
    ptrdiff_t steps[FA_MOST_OPERANDS];
    for (int i = 0; i <= c.last; i++) {
        at[i] = in_area(&c.operands[i]);
        steps[i] = c.operands[i].steps[0];
    }
    const ptrdiff_t streamed = fa_stream_bytes;
    if (large) fa_stream_bytes = 1;
    const surroundings around = surround(from);
    if (of_arrays)
        fa_ufunc_loop(at, &n, steps, (void *)(intptr_t)(c.function * FA_LOOP_COUNT + dtype));
    else {
        at[c.inputs] = at[c.last];
        fa_call(c.function, dtype, (void *const *)at, given, n, 3);
    }
    clear(around);
    fa_stream_bytes = streamed;
    fa_choose(scalar_set);
    const environment saved = enter();
    if (relation == BEHIND || relation == LAST_RESULT)
        expect_in_order(&c, n);
    else
        expect_plain(&c, n);
    leave(saved);
    /* Out of its range an output may make a NaN itself, and so may odd parameters. */
    const int of_output = c.function % FA_DIRECTIONS == FA_BACKWARD_FROM_OUTPUT;
    forgive(&c.operands[c.last], f, of_output || odd || relation == BEHIND || relation == LAST_RESULT);
    elements += n;
    show_difference(&c, n);
    compare("elements");
}

/* --- Integers --- */

static uint64_t expected_integer(int activation, int is_signed, uint64_t mask, uint64_t x, uint64_t a,
                                 uint64_t b)
{
#define LESS(p, q) (is_signed ? (int64_t)(p) < (int64_t)(q) : (p) < (q))
    const uint64_t positive = LESS(0u, x) ? x : 0;
    switch (activation) {
    case FA_relu: return positive;
    case FA_relu6: return LESS(positive, 6u) ? positive : 6;
    case FA_relu_squared: return positive * positive & mask;
    case FA_threshold: return LESS(a, x) ? x : b;
    default: x = LESS(x, a) ? a : x; return LESS(b, x) ? b : x;
    }
}

static uint64_t extended(uint64_t bits, int size, int is_signed)
{
    const uint64_t sign = (uint64_t)1 << (8 * size - 1);
    return is_signed && bits & sign && size < 8 ? bits | ~(2 * sign - 1) : bits;
}

static void run_integers(int set, reader *from)
{
    static const int KEEPING[] = {FA_relu, FA_relu6, FA_relu_squared, FA_hardtanh, FA_threshold};
    const int activation = KEEPING[take(from, 5)], integer = take(from, FA_INTEGER_COUNT);
    const int function = FA_DIRECTIONS * activation, is_signed = integer < 4;
    const format width = {.name = "integers", .size = 1 << integer % 4};
    call c = {.function = function, .inputs = 1, .last = 1 + fa_parameter_count(function)};
    const ptrdiff_t n = take_length(from);
    const int relation = take(from, 3), style = take(from, 3);
    const uint64_t mask = all_bits(width);
    c.uniform = take(from, 2);
    if (!fa_keeps_integers(function)) differ("keeps no integers", function);
    snprintf(told, sizeof told, "%s of %sint%d, n %td, %s", fa_activations[activation].name,
             is_signed ? "" : "u", 8 * width.size, n, RELATION_NAMES[relation]);
    for (int i = 0; i <= c.last; i++) {
        ptrdiff_t step = take_step(from, width.size, i < c.last);
        if (i > 0 && i < c.last && c.uniform) step = 0;
        c.operands[i] = line(step == 0 && i > 0 && n == 0 ? 1 : n, width.size, step);
    }
    operand *const x = &c.operands[0], *const out = &c.operands[c.last];
    if (relation == SAME) {
        *x = *out;
        place(x, 0, from);
        *out = *x;
    } else {
        place(x, 0, from);
        place(out, c.last, from);
    }
    for (int i = 1; i < c.last; i++) place(&c.operands[i], i, from);
    paint();
    for (int i = 0; i < c.last; i++)
        for (ptrdiff_t j = 0; j < c.operands[i].n; j++)
            put(element(in_area(&c.operands[i]), &c.operands[i], j), width.size, 0,
                style == 0 ? below(17) - 8 : random_bits());
    copy_to_twins();
    fa_choose(set);
    char *at[FA_MOST_OPERANDS];
    ptrdiff_t steps[FA_MOST_OPERANDS];
    for (int i = 0; i <= c.last; i++) {
        at[i] = in_area(&c.operands[i]);
        steps[i] = c.operands[i].steps[0];
    }
    fa_integer_loop(at, &n, steps, (void *)(intptr_t)(function * FA_LOOP_COUNT + FA_DTYPE_COUNT + integer));
    for (ptrdiff_t i = 0; i < n; i++) {
        uint64_t given[3] = {0};
        for (int k = 0; k < c.last; k++)
            given[k] =
                extended(get(in_twin(&c.operands[k]) + i * steps[k], width.size, 0), width.size, is_signed);
        put(in_twin(out) + i * steps[c.last], width.size, 0,
            expected_integer(activation, is_signed, mask, given[0], given[1], given[2]));
    }
    elements += n;
    compare("integers");
}

#include "fuzz_arrays.h"

/* --- One case --- */

enum { KINDS = 8 };
static void run_case(reader *from)
{
    const int kind = take(from, KINDS), set = sets[take(from, set_count)];
    state = take_bytes(from, 4);
    begin();
    cases_of_kind[kind]++;
    switch (kind) {
    case 0: run_elementwise(0, set, from); break;
    case 1:
    case 2: run_elementwise(1, set, from); break;
    case 3: run_integers(set, from); break;
    case 4: run_rows(set, from); break;
    case 5: run_fused(set, from); break;
    case 6: run_masks(set, from); break;
    case 7: run_counts(set, from); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (set_count == 0) prepare();
    reader from = {data, data + size};
    run_case(&from);
    return 0;
}

#ifdef STANDALONE
int main(int count, char **arguments)
{
    const long cases = count > 1 ? atol(arguments[1]) : 1000;
    const uint64_t seed = count > 2 ? strtoull(arguments[2], NULL, 0) : 1;
    may_vary = count <= 3; /* else: no other floating-point environment, and no results compared */
    for (long i = 0; i < cases; i++) {
        uint8_t bytes[96];
        state = seed + (uint64_t)i * 0x2545f4914f6cdd1du;
        for (size_t k = 0; k < sizeof bytes; k++) bytes[k] = (uint8_t)(random_bits() >> 32);
        LLVMFuzzerTestOneInput(bytes, sizeof bytes);
    }
    printf("%ld cases, %td elements:", cases, elements);
    for (int kind = 0; kind < KINDS; kind++) printf(" %td", cases_of_kind[kind]);
    printf("\n");
    return 0;
}
#endif
