/* The operations of the vocabulary, and what a unit has beside kernels. Included by check.c alone; no
 * function of the library is called here.
 */
#include "environment.h"
#include "inputs.h"

enum { LENGTH = 64 * 16 * 16 };

static int is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0) return 1;
    return 0;
}
/* These move bits, or compare: any operand is in their domain. */
static const char *const OF_BITS[] = {
    "v_set",  "v_load_n",    "v_store_n",    "v_select",    "v_abs",   "v_copysign", "v_max",
    "v_min",  "v_bits_sub",  "v_is_tiny",    "v_lt",        "v_le",    "v_and",      "v_or",
    "v_any",  "v_transpose", "v_to_bits",    "v_from_bits", "v_count", "v_compress", "v_store_positions",
    "v_even", "v_least",     "v_store_even", "v_lookup_32", NULL};
/* How many of the three arrays an operation reads, where that is not two. */
static int arity(const char *name)
{
    static const char *const OF_ONE[] = {
        "v_sqrt",   "v_abs",     "v_exponent",  "v_significand",   "v_pow2",      "v_rescaled",    "v_set",
        "v_load_n", "v_store_n", "v_transpose", "v_sqrt_by_steps", "v_lookup_32", "v_less_square", NULL};
    static const char *const OF_THREE[] = {"v_fma", "v_fnma", "v_select", "v_and", "v_or", NULL};
    return is_one_of(name, OF_ONE) ? 1 : is_one_of(name, OF_THREE) ? 3 : 2;
}
/* These have a domain. */
static const char *const OF_MAGNITUDES[] = {"v_exponent", "v_significand", NULL};

static uint64_t operand(const char *name, int place)
{
    const uint64_t kind = below(8);
    uint64_t bits = kind < 2   ? random_bits() & all_bits(f)
                    : kind < 4 ? special(f, below(SPECIALS))
                    : kind < 7 ? random_number(f, -12, 12)
                               : random_bits() & (sign_bit(f) | (((uint64_t)1 << f.mantissa) - 1));
    if (strcmp(name, "v_pow2") == 0 && place == 0) {
        const int k = (int)below(200) - 100;
        return bits_of_number(dtype, (dtype == FA_F32_INDEX ? 0x1.8p23 : 0x1.8p52) + f.bias + k);
    }
    if (strcmp(name, "v_rescaled") == 0 && magnitude(f, bits) >= one(f))
        bits &= sign_bit(f) | (((uint64_t)1 << f.mantissa) - 1);
    if (is_one_of(name, OF_MAGNITUDES) &&
        (!is_finite(f, bits) || magnitude(f, bits) < (uint64_t)1 << f.mantissa))
        bits = one(f) + (one(f) >> 1 & 1);
    if (strcmp(name, "v_sqrt_by_steps") == 0 &&
        magnitude(f, bits) < magnitude(f, bits_of_number(dtype, 0x1p-60)))
        bits &= sign_bit(f);
    if (strcmp(name, "v_div_by_steps") == 0 && place == 1) return magnitude(f, random_number(f, -25, 25));
    if (strcmp(name, "v_div_by_steps") == 0 && !is_nan(f, bits) && magnitude(f, bits) != 0)
        return random_number(f, -25, 25);
    if (strcmp(name, "v_is_tiny") == 0 && place == 1) return magnitude(f, random_number(f, -100, 3));
    return bits;
}

/* One NaN at most where it matters which of them comes out; 0 * inf is one. */
static void settle(const char *name, uint64_t o[3])
{
    if (is_one_of(name, OF_BITS)) return;
    const uint64_t two = one(f) + ((uint64_t)1 << f.mantissa);
    int seen = 0;
    for (int k = 0; k < 3; k++)
        if (is_nan(f, o[k]) && seen++) o[k] = two;
    const int product_is_nan = (magnitude(f, o[0]) == 0 && magnitude(f, o[1]) == infinity(f)) ||
                               (magnitude(f, o[1]) == 0 && magnitude(f, o[0]) == infinity(f));
    if (product_is_nan && is_nan(f, o[2])) o[2] = two;
}

static int is_less(uint64_t x, uint64_t y)
{
    if (is_nan(f, x) || is_nan(f, y)) return 0;
    const int64_t left = x & sign_bit(f) ? -(int64_t)magnitude(f, x) : (int64_t)x;
    const int64_t right = y & sign_bit(f) ? -(int64_t)magnitude(f, y) : (int64_t)y;
    return left < right;
}

/* The results of these depend on the number of lanes, so that they are not compared among machines: what the
 * lane at `i` must hold is said here. `chosen` are the lanes of its vector where a < b. */
static const char *const OF_VECTORS[] = {
    "v_any",       "v_load_n",   "v_store_n",         "v_transpose", "v_to_bits", "v_count",
    "v_from_bits", "v_compress", "v_store_positions", "v_even",      NULL};

static uint64_t expected_of_vector(const char *name, const char *a, const char *b, ptrdiff_t i, int lanes)
{
    const ptrdiff_t vector = i / lanes, position = i % lanes, start = i - position;
    uint64_t chosen = 0;
    int places[64], count = 0;
    for (int k = 0; k < lanes; k++)
        if (is_less(get(a, f.size, start + k), get(b, f.size, start + k)))
            chosen |= (uint64_t)1 << k, places[count++] = k;
    if (strcmp(name, "v_transpose") == 0) {
        const ptrdiff_t square = i / (lanes * lanes) * lanes * lanes;
        return get(a, f.size, square + position * lanes + (i - square) / lanes);
    }
    if (strcmp(name, "v_even") == 0)
        return get(2 * position < lanes ? a : b, f.size, start + 2 * position % lanes);
    if (strcmp(name, "v_any") == 0) return chosen ? one(f) : 0;
    if (strcmp(name, "v_to_bits") == 0) return bits_of_number(dtype, (double)chosen);
    if (strcmp(name, "v_count") == 0) return bits_of_number(dtype, count);
    if (strcmp(name, "v_from_bits") == 0) return vector >> position & 1 ? one(f) : 0;
    if (strcmp(name, "v_compress") == 0)
        return position < count ? get(a, f.size, start + places[position]) : 0;
    if (strcmp(name, "v_store_positions") == 0)
        return position < count ? bits_of_number(dtype, (double)(vector + places[position])) : 0;
    return position < vector % lanes ? get(a, f.size, i) : 0;
}

static void run_vocabulary(const fa_unit *unit)
{
    char *const a = allocated(LENGTH, f.size), *const b = allocated(LENGTH, f.size);
    char *const c = allocated(LENGTH, f.size), *const out = allocated(LENGTH, f.size);
    char *const expected = allocated(LENGTH, f.size);
    const column inputs[] = {{a, f.size}, {b, f.size}, {c, f.size}};
    for (const fa_operation *operation = unit->operations; operation->name; operation++) {
        const char *const name = operation->name;
        char item[80];
        snprintf(item, sizeof item, "vocabulary %s", name);
        state = 1;
        for (ptrdiff_t i = 0; i < LENGTH; i++) {
            uint64_t o[3];
            for (int k = 0; k < 3; k++) o[k] = k < arity(name) ? operand(name, k) : one(f);
            if (below(10) == 0 && arity(name) > 1 && strcmp(name, "v_is_tiny") != 0) o[1] = o[0];
            if (strcmp(name, "v_set") == 0 && i % 16) o[0] = get(a, f.size, i - 1);
            settle(name, o);
            put(a, f.size, i, o[0]), put(b, f.size, i, o[1]), put(c, f.size, i, o[2]);
        }
        memset(out, 0, (size_t)(LENGTH * f.size));
        const environment saved = enter();
        operation->run(a, b, c, out, LENGTH);
        leave(saved);
        if (is_one_of(name, OF_VECTORS)) {
            for (ptrdiff_t i = 0; i < LENGTH; i++)
                put(expected, f.size, i, expected_of_vector(name, a, b, i, unit->lanes));
            check(item, expected, out, LENGTH, f.size);
            report(item, NULL, 0, f, NULL, 0, RAW); /* named on every machine */
        } else {
            const int moves = is_one_of(name, OF_BITS) || strcmp(name, "v_rescaled") == 0;
            report(item, inputs, 3, f, out, LENGTH, moves ? RAW : MADE);
        }
    }
    free(a), free(b), free(c), free(out), free(expected);
}

/* What a unit does beside kernels: strides of two, stores past the caches, 16 bits widened and narrowed. */
static void run_moves(const fa_unit *unit)
{
    enum { BYTES = 1 << 14 };
    _Alignas(64) static char from[BYTES], to[BYTES], expected[BYTES];
    state = 2;
    for (int i = 0; i < BYTES; i++) from[i] = (char)random_bits();
    const char *const asked = from;
    unit->stream(from, to, BYTES, &asked, 1);
    unit->stream_end();
    check("stream", from, to, BYTES, 1);
    const ptrdiff_t n = BYTES / f.size / 2 - 3;
    for (ptrdiff_t i = 0; i < n; i++) memcpy(expected + i * f.size, from + 2 * i * f.size, (size_t)f.size);
    unit->every_second(from, to, n);
    check("every_second", expected, to, n, f.size);
    memcpy(expected, to, BYTES);
    for (ptrdiff_t i = 0; i < n; i++) memcpy(expected + 2 * i * f.size, from + i * f.size, (size_t)f.size);
    unit->to_every_second(from, to, n);
    check("to_every_second", expected, to, BYTES / f.size, f.size);
    if (!unit->widen) return;

    enum { NUMBERS = 1 << 16, MANY = 5 * NUMBERS, BLOCK = 500 };
    uint16_t *const numbers = allocated(NUMBERS, 2);
    float *const wide = allocated(MANY, 4);
    const format single = FORMATS[FA_F32_INDEX];
    for (int i = 0; i < NUMBERS; i++) numbers[i] = (uint16_t)i;
    environment saved = enter();
    unit->widen(numbers, wide, NUMBERS - 3);
    leave(saved);
    const column of_numbers = {numbers, 2};
    report("widened", &of_numbers, 1, single, wide, NUMBERS - 3, RAW);

    /* Each number, the middle above it, what is next to that, and any bits. */
    const uint32_t step = dtype == FA_F16_INDEX ? 1u << 12 : 1u << 15;
    for (int i = 0; i < NUMBERS; i++) {
        uint64_t bits = get(wide, 4, i);
        put(wide, 4, NUMBERS + i, bits + step);
        put(wide, 4, 2 * NUMBERS + i, bits + step - 1 - below(9));
        put(wide, 4, 3 * NUMBERS + i, bits + step + 1 + below(9));
        put(wide, 4, 4 * NUMBERS + i, i % 2 ? random_bits() : random_number(single, -26, -13));
    }
    uint16_t *const narrow = allocated(MANY, 2), *const doubtful = allocated(MANY, 2);
    const column of_wide = {wide, 4};
    for (int slack = 0; slack < 6; slack += 2) {
        char item[40];
        memset(doubtful, 0, MANY * 2);
        for (ptrdiff_t i = 0; i < MANY; i += BLOCK) {
            const ptrdiff_t part = MANY - i < BLOCK ? MANY - i : BLOCK;
            saved = enter();
            const ptrdiff_t count = unit->narrow(wide + i, narrow + i, part, slack, doubtful + i);
            leave(saved);
            memset(doubtful + i + count, 0xff, (size_t)(part - count) * 2);
        }
        snprintf(item, sizeof item, "narrowed %d", slack);
        report(item, &of_wide, 1, f, narrow, MANY, RAW);
        snprintf(item, sizeof item, "doubtful %d", slack);
        report(item, &of_wide, 1, f, doubtful, MANY, RAW);
    }
    free(numbers), free(wide), free(narrow), free(doubtful);
}
