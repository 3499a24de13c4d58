/* Memory between pages that cannot be touched, arrays of any strides in it, what fills them, and the bytes
 * that choose all of that. Nothing here calls a kernel.
 *
 * Every area has a twin. What is under test runs in the area, what is expected is written to the twin; then
 * all bytes in reach of the call must agree, canaries on both sides with them.
 */
#ifndef GUARDED_H
#define GUARDED_H

#define _DEFAULT_SOURCE
#include "inputs.h"

#include <math.h>
#include <sys/mman.h>

/* --- The bytes that choose --- */

typedef struct {
    const uint8_t *at, *end;
} reader;

static uint64_t take_bytes(reader *from, int count)
{
    uint64_t value = 0;
    for (int k = 0; k < count; k++) value = value << 8 | (from->at < from->end ? *from->at++ : 0);
    return value;
}
/* A number below `count`, from one byte where that is enough. */
static int take(reader *from, int count)
{
    return count < 2 ? 0 : (int)(take_bytes(from, count > 256 ? 2 : 1) % (uint64_t)count);
}

/* Short lengths mostly, those around the blocks of 512 and 1024 elements, long ones. */
static ptrdiff_t take_length(reader *from)
{
    const int kind = take(from, 8);
    if (kind < 5) return take(from, 81);
    if (kind == 5) return take(from, 301);
    return kind == 6 ? 1300 - take(from, 1300) : (take(from, 2) ? 1008 : 496) + take(from, 36);
}

/* --- Areas --- */

enum { AREAS = 6, PAGE = 4096, AREA = 160 * PAGE, MARGIN = 64, CANARY = 0xa5, MOST_AXES = 4 };
static char *areas[AREAS], *twins[AREAS];
static ptrdiff_t used_from[AREAS], used_to[AREAS]; /* bytes in reach of an operand, margins included */

static void reserve(void)
{
    for (int k = 0; k < AREAS; k++) {
        char *const all = mmap(NULL, AREA + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (all == MAP_FAILED || mprotect(all + PAGE, AREA, PROT_READ | PROT_WRITE) != 0) {
            perror("guarded memory");
            exit(3);
        }
        areas[k] = all + PAGE;
        twins[k] = allocated(AREA, 1);
    }
}

typedef struct {
    int area;
    ptrdiff_t offset, size, n; /* of the first element, in bytes; of an element; elements */
    int axes;
    ptrdiff_t shape[MOST_AXES], steps[MOST_AXES];
    ptrdiff_t low, high; /* what the elements reach, in bytes from the first */
} operand;

static char *in_area(const operand *o) { return areas[o->area] + o->offset; }
static char *in_twin(const operand *o) { return twins[o->area] + o->offset; }

static char *element(char *first, const operand *o, ptrdiff_t i)
{
    for (int d = o->axes - 1; d >= 0; d--) {
        first += i % o->shape[d] * o->steps[d];
        i /= o->shape[d];
    }
    return first;
}

/* Knows the reach of an operand whose shape and steps are set; 0 where no area holds it. */
static int reaches(operand *o)
{
    o->n = 1;
    o->low = 0;
    o->high = o->size;
    for (int d = 0; d < o->axes; d++) {
        const ptrdiff_t reach = (o->shape[d] - 1) * o->steps[d];
        *(reach < 0 ? &o->low : &o->high) += reach;
        o->n *= o->shape[d];
    }
    if (o->n == 0) o->low = o->high = 0;
    return o->high - o->low <= AREA / 2;
}

static void use(const operand *o)
{
    const ptrdiff_t from = o->offset + o->low - MARGIN, to = o->offset + o->high + MARGIN;
    if (from < used_from[o->area]) used_from[o->area] = from < 0 ? 0 : from;
    if (to > used_to[o->area]) used_to[o->area] = to > AREA ? AREA : to;
}

/* Ends where the area ends, begins where it begins, or stands between at any alignment of its size. */
static void place(operand *o, int area, reader *from)
{
    const int kind = take(from, 3);
    o->area = area;
    if (kind == 0)
        o->offset = AREA - o->high;
    else if (kind == 1)
        o->offset = -o->low;
    else
        o->offset = 2 * MARGIN - o->low + take(from, 32) * o->size;
    use(o);
}

/* A one-dimensional operand. */
static operand line(ptrdiff_t n, ptrdiff_t size, ptrdiff_t step)
{
    operand o = {.size = size, .axes = 1, .shape = {n}, .steps = {step}};
    reaches(&o);
    return o;
}

/* Steps for a shape: axes in any order of memory, either direction, gaps; with `repeats` some of step 0. */
static void lay(operand *o, int axes, const ptrdiff_t *shape, ptrdiff_t size, int repeats, reader *from)
{
    const int kind = take(from, 4); /* 0: in C order, without gaps */
    int left[MOST_AXES], count = axes;
    ptrdiff_t step = kind > 1 ? size * (1 + take(from, 3)) : size;
    o->axes = axes;
    o->size = size;
    for (int d = 0; d < axes; d++) {
        o->shape[d] = shape[d];
        left[d] = d;
    }
    while (count > 0) {
        const int chosen = kind == 0 ? count - 1 : take(from, count), d = left[chosen];
        memmove(left + chosen, left + chosen + 1, (size_t)(--count - chosen) * sizeof *left);
        o->steps[d] = kind > 1 && take(from, 3) == 0 ? -step : step;
        if (kind == 3 && repeats && take(from, 3) == 0)
            o->steps[d] = 0;
        else
            step *= shape[d] + (kind > 1 ? take(from, 2) : 0);
        if (step == 0) step = size;
    }
}

/* --- Values --- */

enum { USUAL, MIXED, ANY, GIVEN, STYLES };

static uint64_t value_of(format f, int style, reader *from)
{
    if (style == GIVEN && from->at < from->end) return take_bytes(from, f.size);
    if (style == ANY) return random_bits() & all_bits(f);
    return style == MIXED && below(3) == 0 ? special(f, random_bits() % SPECIALS) : usual_number(f);
}

static void fill(const operand *o, format f, int style, int with_nan, reader *from)
{
    for (ptrdiff_t i = 0; i < o->n; i++) {
        const uint64_t bits = value_of(f, style, from);
        put(element(in_area(o), o, i), f.size, 0, with_nan ? bits : without_nan(f, bits));
    }
}

static void begin(void)
{
    for (int k = 0; k < AREAS; k++) {
        used_from[k] = AREA;
        used_to[k] = 0;
    }
}
/* After every operand has its place and before it is filled. */
static void paint(void)
{
    for (int k = 0; k < AREAS; k++)
        if (used_to[k] > used_from[k])
            memset(areas[k] + used_from[k], CANARY, (size_t)(used_to[k] - used_from[k]));
}
/* After all is filled and before the call. */
static void copy_to_twins(void)
{
    for (int k = 0; k < AREAS; k++)
        if (used_to[k] > used_from[k])
            memcpy(twins[k] + used_from[k], areas[k] + used_from[k], (size_t)(used_to[k] - used_from[k]));
}

/* The elements of the twin in C order, one after the other; and back. */
static void gather(const operand *o, void *to)
{
    for (ptrdiff_t i = 0; i < o->n; i++)
        memcpy((char *)to + i * o->size, element(in_twin(o), o, i), (size_t)o->size);
}
static void scatter(const operand *o, const void *from)
{
    for (ptrdiff_t i = 0; i < o->n; i++)
        memcpy(element(in_twin(o), o, i), (const char *)from + i * o->size, (size_t)o->size);
}

/* Whether `found` may stand for `expected`: where two NaNs meet, either may come out; and whether a
 * signalling NaN becomes quiet on its way through a selection is the compiler's choice (clang makes one
 * product of two). */
static int is_forgiven(format f, uint64_t found, uint64_t expected, int any_nan)
{
    const uint64_t quiet_bit = (uint64_t)1 << (f.mantissa - 1);
    return is_nan(f, found) && is_nan(f, expected) &&
           (any_nan || (found | quiet_bit) == (expected | quiet_bit));
}
static void forgive(const operand *o, format f, int any_nan)
{
    for (ptrdiff_t i = 0; i < o->n; i++) {
        char *const found = element(in_area(o), o, i), *const expected = element(in_twin(o), o, i);
        if (is_forgiven(f, get(found, f.size, 0), get(expected, f.size, 0), any_nan))
            memcpy(expected, found, (size_t)f.size);
    }
}
static void forgive_nans(const operand *o, format f) { forgive(o, f, 1); }

/* The first byte that differs, in area `*area`; -1: none does. */
static ptrdiff_t difference(int *area)
{
    for (*area = 0; *area < AREAS; ++*area) {
        const ptrdiff_t from = used_from[*area], to = used_to[*area];
        if (to <= from || memcmp(areas[*area] + from, twins[*area] + from, (size_t)(to - from)) == 0)
            continue;
        for (ptrdiff_t i = from; i < to; i++)
            if (areas[*area][i] != twins[*area][i]) return i;
    }
    return -1;
}

#endif
