/* Inputs that are the same bits on every machine, and what is told of results: integers and exact arithmetic
 * only. Nothing here calls a kernel.
 */
#ifndef CROSS_INPUTS_H
#define CROSS_INPUTS_H

#include "fastact.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a format's bits are read; for integers the size alone counts. */
typedef struct {
    const char *name;
    int size, mantissa, bias;
} format;
static const format FORMATS[FA_DTYPE_COUNT] = {[FA_F32_INDEX] = {"float32", 4, 23, 127},
                                               [FA_F64_INDEX] = {"float64", 8, 52, 1023},
                                               [FA_F16_INDEX] = {"float16", 2, 10, 15},
                                               [FA_BF16_INDEX] = {"bfloat16", 2, 7, 127}};

static int dtype; /* what is run, and its format */
static format f;

static uint64_t all_bits(format f) { return f.size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * f.size) - 1; }
static uint64_t sign_bit(format f) { return (uint64_t)1 << (8 * f.size - 1); }
static uint64_t infinity(format f) { return (uint64_t)(2 * f.bias + 1) << f.mantissa; }
static uint64_t magnitude(format f, uint64_t bits) { return bits & (sign_bit(f) - 1); }
static uint64_t quiet_bit(format f) { return (uint64_t)1 << (f.mantissa - 1); }
static int is_nan(format f, uint64_t bits) { return magnitude(f, bits) > infinity(f); }
static int is_finite(format f, uint64_t bits) { return magnitude(f, bits) < infinity(f); }
static uint64_t one(format f) { return (uint64_t)f.bias << f.mantissa; }

static uint64_t get(const void *array, int size, ptrdiff_t i)
{
    uint8_t u1;
    uint16_t u2;
    uint32_t u4;
    uint64_t u8;
    const char *const at = (const char *)array + i * size;
    switch (size) {
    case 1: return memcpy(&u1, at, 1), u1;
    case 2: return memcpy(&u2, at, 2), u2;
    case 4: return memcpy(&u4, at, 4), u4;
    default: return memcpy(&u8, at, 8), u8;
    }
}

static void put(void *array, int size, ptrdiff_t i, uint64_t bits)
{
    const uint8_t u1 = (uint8_t)bits;
    const uint16_t u2 = (uint16_t)bits;
    const uint32_t u4 = (uint32_t)bits;
    memcpy((char *)array + i * size,
           size == 1   ? (const void *)&u1
           : size == 2 ? (const void *)&u2
           : size == 4 ? (const void *)&u4
                       : (const void *)&bits,
           (size_t)size);
}

/* The bits of a number that all formats hold, or float32 and float64 rounded. */
static uint64_t bits_of_number(int dtype, double value)
{
    if (dtype == FA_F64_INDEX) {
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        return bits;
    }
    const float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    return dtype == FA_F32_INDEX ? bits : fa_rounded_to_half(dtype, value);
}

static void *allocated(ptrdiff_t count, ptrdiff_t size)
{
    void *const memory = calloc((size_t)(count + 64), (size_t)size);
    if (!memory) {
        fprintf(stderr, "out of memory\n");
        exit(3);
    }
    return memory;
}

/* splitmix64 */
static uint64_t state;
static uint64_t random_bits(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static uint64_t below(uint64_t count) { return (random_bits() >> 11) % count; }

/* Any mantissa and sign, an exponent between two. */
static uint64_t random_number(format f, int lowest, int highest)
{
    const uint64_t exponent = (uint64_t)(f.bias + lowest) + below((uint64_t)(highest - lowest + 1));
    const uint64_t fraction = random_bits() & (((uint64_t)1 << f.mantissa) - 1);
    return (random_bits() & sign_bit(f)) | exponent << f.mantissa | fraction;
}
/* What a network would see: up to 32 in magnitude. */
static uint64_t usual_number(format f) { return random_number(f, -5, 4); }
static uint64_t random_nan(format f)
{
    const uint64_t bits = infinity(f) | random_bits() >> 1;
    return (bits & all_bits(f)) | (magnitude(f, bits) == infinity(f) ? 1 : 0);
}
static uint64_t without_nan(format f, uint64_t bits) { return is_nan(f, bits) ? one(f) : bits; }

/* 0, the ends of every range, infinity, NaN with and without a payload, quiet and signalling. */
static uint64_t special(format f, uint64_t k)
{
    const uint64_t normal = (uint64_t)1 << f.mantissa, unit = one(f), end = infinity(f), quiet = quiet_bit(f);
    const uint64_t specials[] = {0,          1,    3,           normal - 1,      normal,
                                 normal + 1, unit, unit + 1,    unit - 1,        unit + normal,
                                 end - 1,    end,  end + quiet, end + quiet + 5, end + 1};
    const uint64_t count = sizeof specials / sizeof specials[0];
    return specials[k % count] | (k / count % 2 ? sign_bit(f) : 0);
}
enum { SPECIALS = 30 };

/* Every number of 16 bits; of more, special ones, `each` of every exponent and sign, usual ones, NaNs. */
static ptrdiff_t sample_size(format f, int each)
{
    if (f.size == 2) return 1 << 16;
    return SPECIALS + (ptrdiff_t)(2 * f.bias + 1) * 2 * each + (1 << 14) + 512 + 37;
}
static void sample(format f, int each, void *to)
{
    const ptrdiff_t n = sample_size(f, each);
    const uint64_t exponents = f.size == 2 ? 0 : (uint64_t)(2 * f.bias + 1);
    ptrdiff_t i = 0;
    for (; i < n && f.size == 2; i++) put(to, 2, i, (uint64_t)i);
    for (; i < SPECIALS; i++) put(to, f.size, i, special(f, (uint64_t)i));
    for (uint64_t exponent = 0; exponent < exponents; exponent++)
        for (int k = 0; k < 2 * each; k++, i++) {
            const uint64_t fraction = random_bits() & (((uint64_t)1 << f.mantissa) - 1);
            put(to, f.size, i, exponent << f.mantissa | fraction | (k % 2 ? sign_bit(f) : 0));
        }
    for (; i < n - 512; i++) put(to, f.size, i, usual_number(f));
    for (; i < n; i++) put(to, f.size, i, random_nan(f));
    while (--i > 0) { /* shuffled */
        const ptrdiff_t other = (ptrdiff_t)below((uint64_t)i + 1);
        const uint64_t bits = get(to, f.size, i);
        put(to, f.size, i, get(to, f.size, other));
        put(to, f.size, other, bits);
    }
}

/* One line a set of results: its name, how many, how many NaNs were made of numbers, a digest. */
typedef struct {
    const void *data;
    int size;
} column;
static const char *wanted; /* the one to show in full, NULL: a line of each */
static ptrdiff_t results, checks, failures;

static void fail(const char *item, ptrdiff_t i)
{
    if (failures++ < 20) fprintf(stderr, "FAILED: %s at %td\n", item, i);
}

/* A NaN made of numbers, inf - inf or 0 * inf, is the processor's: negative on x86, positive on ARM. It must
 * have no payload. `any_nan`: NaNs met, and which comes out is not specified. */
typedef enum { RAW, MADE, ANY_NAN } nan_rule;
static void report(const char *item, const column *inputs, int input_count, format f, const void *out,
                   ptrdiff_t n, nan_rule rule)
{
    uint64_t digest = 0xcbf29ce484222325u;
    ptrdiff_t made = 0;
    const int shown = wanted && strcmp(wanted, item) == 0;
    results += n;
    for (ptrdiff_t i = 0; i < n; i++) {
        uint64_t bits = get(out, f.size, i);
        if (rule != RAW && is_nan(f, bits)) {
            int of_numbers = 1;
            for (int k = 0; k < input_count; k++) {
                const int narrow = inputs[k].size != f.size; /* a parameter, which is no NaN */
                if (!narrow && is_nan(f, get(inputs[k].data, f.size, i))) of_numbers = 0;
            }
            if (of_numbers && rule == MADE && magnitude(f, bits) != (infinity(f) | quiet_bit(f)))
                fail(item, i);
            if (of_numbers || rule == ANY_NAN) {
                bits = infinity(f) | quiet_bit(f);
                made++;
            }
        }
        digest = (digest ^ bits) * 0x100000001b3u;
        digest ^= digest >> 29;
        if (!shown) continue;
        printf("%td:", i);
        for (int k = 0; k < input_count; k++)
            printf(" %0*" PRIx64, 2 * inputs[k].size, get(inputs[k].data, inputs[k].size, i));
        printf(" -> %0*" PRIx64 "\n", 2 * f.size, bits);
    }
    if (!wanted) printf("%s\t%td\t%td\t%016" PRIx64 "\n", item, n, made, digest);
}

/* Bytes that must agree within one program. */
static void check(const char *item, const void *expected, const void *found, ptrdiff_t n, int size)
{
    checks += n;
    if (memcmp(expected, found, (size_t)(n * size)) == 0) return;
    for (ptrdiff_t i = 0; i < n; i++)
        if (get(expected, size, i) != get(found, size, i)) {
            fail(item, i);
            return;
        }
}

#endif
