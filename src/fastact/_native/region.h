/* What a translation unit needs before its instruction set: target regions and inlining.
 *
 * An instruction set is enabled for the code between FA_TARGET_BEGIN and FA_TARGET_END only, by
 * pragma. Compiler flags never name one, so that nothing outside a region, a library header's
 * inline function included, can contain an instruction that the machine may lack. This file must
 * not contain arithmetic.
 */
#ifndef FA_REGION_H
#define FA_REGION_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) || defined(_M_X64)
#define FA_X86_64
#include <immintrin.h>
#endif

#define FA_PRAGMA(text) _Pragma(#text)

/* MSVC compiles every intrinsic everywhere and needs no region. */
#if defined(__clang__)
#define FA_TARGET_BEGIN(sets) \
    FA_PRAGMA(clang attribute push(__attribute__((target(sets))), apply_to = function))
#define FA_TARGET_END FA_PRAGMA(clang attribute pop)
#elif defined(__GNUC__)
#define FA_TARGET_BEGIN(sets) FA_PRAGMA(GCC push_options) FA_PRAGMA(GCC target(sets))
#define FA_TARGET_END FA_PRAGMA(GCC pop_options)
#else
#define FA_TARGET_BEGIN(sets)
#define FA_TARGET_END
#endif

/* A formula that is not inlined into its loop costs a call for every vector. */
#if defined(_MSC_VER) && !defined(__clang__)
#define FA_INLINE static __forceinline
#else
#define FA_INLINE static inline __attribute__((always_inline, unused))
#endif

#if defined(__GNUC__)
#define FA_MAYBE_UNUSED __attribute__((unused))
#define FA_SELDOM __attribute__((noinline, cold, unused))
#elif defined(_MSC_VER)
#define FA_MAYBE_UNUSED
#define FA_SELDOM __declspec(noinline)
#else
#define FA_MAYBE_UNUSED
#define FA_SELDOM
#endif

/* A function that begins a cache line: its loops then lie alike in every build. */
#if defined(__GNUC__)
#define FA_ALIGNED __attribute__((aligned(64)))
#else
#define FA_ALIGNED
#endif

/* What follows such a condition is kept out of the way of the usual path. */
#if defined(__GNUC__)
#define FA_RARELY(condition) __builtin_expect((condition) != 0, 0)
#else
#define FA_RARELY(condition) ((condition) != 0)
#endif

/* clang makes `below ? slope * x : x` into `x * (below ? slope : 1)`, by which a signalling NaN becomes a
 * quiet one; not of a product that it cannot look into. */
#if defined(__clang__) && defined(FA_X86_64)
#define FA_OPAQUE(product) __asm__("" : "+v"(product))
#elif defined(__clang__) && defined(__aarch64__)
#define FA_OPAQUE(product) __asm__("" : "+w"(product))
#else
#define FA_OPAQUE(product) (void)0
#endif

/* What is loaded stays in a register: where no store is between, gcc reads it again for every use. */
#if defined(__GNUC__) && defined(FA_X86_64)
#define FA_READ_ONCE(vector) __asm__("" : "+v"(vector))
#elif defined(__GNUC__) && defined(__aarch64__)
#define FA_READ_ONCE(vector) __asm__("" : "+w"(vector))
#else
#define FA_READ_ONCE(vector) (void)0
#endif

/* Asks for a cache line before it is read; beyond the end of an array it is harmless. */
#if defined(__GNUC__)
#define FA_PREFETCH(address) __builtin_prefetch(address)
#elif defined(FA_X86_64)
#define FA_PREFETCH(address) _mm_prefetch((const char *)(address), _MM_HINT_T0)
#else
#define FA_PREFETCH(address) (void)(address)
#endif

/* Loops over coefficients disappear; gcc stops at 16 turns unless told, and does not unroll others at all. */
#if defined(__GNUC__) && !defined(__clang__)
#define FA_UNROLL FA_PRAGMA(GCC unroll 32)
#define FA_UNROLL_BY_2 FA_PRAGMA(GCC unroll 2)
#define FA_UNROLL_BY_4 FA_PRAGMA(GCC unroll 4)
#else
#define FA_UNROLL
#define FA_UNROLL_BY_2
#define FA_UNROLL_BY_4
#endif

#define FA_UNIT_NAME_(isa, dtype) fa_##isa##_##dtype
#define FA_UNIT_NAME(isa, dtype) FA_UNIT_NAME_(isa, dtype)
#define FA_UNIT FA_UNIT_NAME(FA_ISA, FA_DTYPE)

#endif
