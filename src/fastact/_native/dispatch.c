/* Which instruction set runs: the one list of them, best first, and the table of active kernels.
 *
 * The choice is made once, while the module is imported; a call then costs one load from
 * fa_active. Detection asks the processor (cpuid) and the operating system (xgetbv: does it save
 * the registers); what every processor of an architecture has needs none. No formula and no loop
 * belongs here.
 */
#include "fastact.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) || defined(_M_X64)
#define FA_X86_64
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

static int always(void) { return 1; }

#ifdef FA_X86_64

static void cpuid_of(uint32_t leaf, uint32_t subleaf, uint32_t registers[4])
{
#if defined(_MSC_VER)
    __cpuidex((int *)registers, (int)leaf, (int)subleaf);
#else
    __cpuid_count(leaf, subleaf, registers[0], registers[1], registers[2], registers[3]);
#endif
}

static void cpuid(uint32_t leaf, uint32_t registers[4]) { cpuid_of(leaf, 0, registers); }

static uint64_t saved_registers(void)
{
#if defined(_MSC_VER)
    return _xgetbv(0);
#else
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
#endif
}

/* Has every bit of leaf 1 ecx and of leaf 7 ebx, popcnt with them, and the system saves every register of
 * `state`. */
static int has(uint32_t leaf1_ecx, uint32_t leaf7_ebx, uint64_t state)
{
    const uint32_t osxsave = 1u << 27, popcnt = 1u << 23;
    uint32_t leaf0[4], leaf1[4], leaf7[4];
    cpuid(0, leaf0);
    if (leaf0[0] < 7) return 0;
    cpuid(1, leaf1);
    cpuid(7, leaf7);
    leaf1_ecx |= osxsave | popcnt;
    return (leaf1[2] & leaf1_ecx) == leaf1_ecx && (leaf7[1] & leaf7_ebx) == leaf7_ebx &&
           (saved_registers() & state) == state;
}

enum { FMA = 1 << 12, AVX = 1 << 28, F16C = 1 << 29 };                             /* leaf 1, ecx */
enum { AVX2 = 1 << 5, AVX512F = 1 << 16, AVX512DQ = 1 << 17, AVX512BW = 1 << 30 }; /* leaf 7, ebx */
static const uint32_t AVX512VL = 1u << 31;
enum { XMM_YMM = 0x06, XMM_YMM_ZMM_OPMASK = 0xe6 }; /* xcr0 */

/* The size of the largest cache, by leaf 4 or AMD's 0x8000001d, which list one cache a subleaf; 0 if unknown.
 */
static ptrdiff_t largest_cache(void)
{
    uint32_t registers[4], leaf = 0;
    cpuid(0, registers);
    if (registers[0] >= 4) leaf = 4;
    cpuid(0x80000000u, registers);
    if (registers[0] >= 0x8000001du) {
        cpuid(0x80000001u, registers);
        if (registers[2] >> 22 & 1) leaf = 0x8000001du;
    }
    if (leaf == 0) return 0;
    ptrdiff_t largest = 0;
    for (uint32_t i = 0; i < 16; i++) {
        cpuid_of(leaf, i, registers);
        if ((registers[0] & 31) == 0) break;
        const ptrdiff_t ways = (registers[1] >> 22) + 1, parts = (registers[1] >> 12 & 1023) + 1;
        const ptrdiff_t line = (registers[1] & 4095) + 1, sets = (ptrdiff_t)registers[2] + 1;
        if (ways * parts * line * sets > largest) largest = ways * parts * line * sets;
    }
    return largest;
}

static int has_avx2(void) { return has(FMA | AVX | F16C, AVX2, XMM_YMM); }
static int has_avx512(void)
{
    return has(FMA | AVX | F16C, AVX2 | AVX512F | AVX512DQ | AVX512BW | AVX512VL, XMM_YMM_ZMM_OPMASK);
}

/* Intel's processors with AVX-512 are servers but for a few. */
static int has_distant_cache(void)
{
    uint32_t registers[4];
    cpuid(0, registers);
    const uint32_t name_of_intel[] = {0x756e6547, 0x6c65746e, 0x49656e69}; /* "Genu", "ntel", "ineI" */
    return memcmp(registers + 1, name_of_intel, sizeof name_of_intel) == 0 && has_avx512();
}

#endif

#if !defined(FA_X86_64) /* aarch64's cache registers are the system's alone */
static ptrdiff_t largest_cache(void) { return 0; }
static int has_distant_cache(void) { return 0; }
#endif

/* From such a share of the largest cache on a result is written past it. Machines share theirs, virtual ones
 * report all of the host's: hence the limits. Of 32 MiB on a Zen 3 a quarter: relu of 8 MiB gains a tenth, of
 * 4 MiB it loses a third. Of 48 MiB on an Ice Lake server, whose cores share a cache that is hardly nearer
 * than memory, an eighth: relu of 8 MiB takes 0.8 of the time, its derivative 0.65, and who reads the result
 * waits no longer. Of 4 MiB relu takes 0.6 of the time where the result was not in a cache, and 1.4 where it
 * was. Softsign, which computes longer, takes 1.3 times as long at 8 MiB, but 0.8 from a quarter on;
 * exponentials gain there, too. */
static ptrdiff_t stream_bytes(int share)
{
    const ptrdiff_t least = (ptrdiff_t)1 << 21, usual = (ptrdiff_t)1 << 23, most = (ptrdiff_t)1 << 25;
    const ptrdiff_t cache = largest_cache(), part = cache > 0 ? cache / share : usual;
    return part < least ? least : part > most ? most : part;
}

/* The only list of instruction sets, best first. */
#if defined(FA_X86_64)
#define FA_ISAS(ISA) ISA(avx512, has_avx512) ISA(avx2, has_avx2) ISA(scalar, always)
#elif defined(__aarch64__) || defined(_M_ARM64)
#define FA_ISAS(ISA) ISA(neon, always) ISA(scalar, always)
#else
#define FA_ISAS(ISA) ISA(scalar, always)
#endif

#define DECLARE(name, supported) \
    extern const fa_unit fa_##name##_f32, fa_##name##_f64, fa_##name##_f16, fa_##name##_bf16;
FA_ISAS(DECLARE)

#define DESCRIBE(name, supported) \
    {#name, supported, {&fa_##name##_f32, &fa_##name##_f64, &fa_##name##_f16, &fa_##name##_bf16}},
static const struct {
    const char *name;
    int (*supported)(void);
    const fa_unit *units[FA_DTYPE_COUNT];
} ISAS[] = {FA_ISAS(DESCRIBE)};
enum { ISA_COUNT = sizeof ISAS / sizeof ISAS[0] };

const ptrdiff_t fa_sizes[FA_DTYPE_COUNT] = {
    [FA_F32_INDEX] = 4, [FA_F64_INDEX] = 8, [FA_F16_INDEX] = 2, [FA_BF16_INDEX] = 2};
fa_kernel fa_active[FA_DTYPE_COUNT][FA_FUNCTION_COUNT];
ptrdiff_t fa_stream_bytes, fa_stream_computed_bytes;
fa_row_kernel fa_active_rows[FA_DTYPE_COUNT][FA_ROW_FUNCTION_COUNT];
static int active = -1;

const char *fa_isa_name(int i) { return i < ISA_COUNT ? ISAS[i].name : NULL; }
int fa_isa_supported(int i) { return ISAS[i].supported(); }
int fa_isa_active(void) { return active; }
const fa_unit *fa_isa_unit(int i, int dtype) { return ISAS[i].units[dtype]; }

/* Each function's kernel from the first row that has one. */
void fa_fill(const fa_kernel *const *rows, int count, int functions, fa_kernel *filled)
{
    for (int function = 0; function < functions; function++) {
        filled[function] = NULL;
        for (int i = 0; i < count && !filled[function]; i++) filled[function] = rows[i][function];
    }
}

void fa_choose(int i)
{
    for (int dtype = 0; dtype < FA_DTYPE_COUNT; dtype++) {
        const fa_kernel *rows[ISA_COUNT];
        int count = 0;
        for (int lower = i; lower < ISA_COUNT; lower++)
            if (ISAS[lower].supported()) rows[count++] = ISAS[lower].units[dtype]->kernels;
        fa_fill(rows, count, FA_FUNCTION_COUNT, fa_active[dtype]);
        const fa_row_kernel *const of_rows = ISAS[i].units[dtype]->row_kernels;
        for (int function = 0; of_rows && function < FA_ROW_FUNCTION_COUNT; function++)
            fa_active_rows[dtype][function] = of_rows[function];
    }
    active = i;
    if (fa_stream_bytes == 0) {
        fa_stream_bytes = stream_bytes(has_distant_cache() ? 8 : 4);
        fa_stream_computed_bytes = stream_bytes(4);
    }
}

#define ROW_FROM_OUTPUT(name, kind, count, forward, backward, from_output, ...) \
    {#name, FA_##kind, count, {forward, backward, from_output}, {__VA_ARGS__}},
#define ROW_FROM_INPUT(name, kind, count, forward, backward, ...) \
    {#name, FA_##kind, count, {forward, backward, -1}, {__VA_ARGS__}},
const fa_activation fa_activations[FA_ACTIVATION_COUNT] = {FA_ACTIVATIONS(ROW_FROM_OUTPUT, ROW_FROM_INPUT)};

#define BOUNDS_OF_ROWS(name, forward, backward) {#name, {forward, backward}},
const fa_row_activation fa_row_activations[FA_ROW_FUNCTION_COUNT / 2] = {FA_ROWS(BOUNDS_OF_ROWS)};

const char *fa_domain_description(int domain)
{
#define DESCRIPTION(name, description, condition) description,
    static const char *const descriptions[] = {FA_DOMAINS(DESCRIPTION)};
    return descriptions[domain];
}

const char *fa_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#elif defined(_MSC_VER)
#define TEXT_(number) #number
#define TEXT(number) TEXT_(number)
    return "msvc " TEXT(_MSC_FULL_VER);
#else
    return "unknown";
#endif
}
