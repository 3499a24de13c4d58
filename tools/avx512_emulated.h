/* The AVX-512 intrinsics that vec_avx512.h uses, lane by lane in plain C, after Intel's descriptions.
 *
 * For machines without AVX-512: tools/emulate_avx512.py builds the package with these functions
 * in place of the compiler's, so that the test suite can run vec_avx512.h. Never installed, and slow.
 */
#ifndef AVX512_EMULATED_H
#define AVX512_EMULATED_H

#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t emulated_mask16;
typedef uint8_t emulated_mask8;
typedef struct {
    float lane[16];
} emulated_ps;
typedef struct {
    double lane[8];
} emulated_pd;
typedef struct {
    uint32_t lane[16];
} emulated_epi32;

#define __mmask16 emulated_mask16
#define __mmask8 emulated_mask8
#define __m512 emulated_ps
#define __m512d emulated_pd
#define __m512i emulated_epi32

#define EMULATED static __attribute__((noinline, unused)) /* inlined, they compile for minutes */
#define EACH(n, statement)                             \
    do {                                               \
        for (int i = 0; i < (n); i++) { statement; }   \
        return r;                                      \
    } while (0)

/* Volatile, or the operation would be taken out of its mode. */
#define ROUNDED(how, n, value)                                                  \
    do {                                                                        \
        fesetround(((how) & 3) == 1 ? FE_DOWNWARD : FE_UPWARD);                 \
        for (int i = 0; i < (n); i++) *(volatile __typeof__(&r.lane[0]))&r.lane[i] = value; \
        fesetround(FE_TONEAREST);                                               \
        return r;                                                               \
    } while (0)

/* 64-bit integers live in the same 512 bits. */
EMULATED uint64_t emulated_get64(__m512i a, int i)
{
    uint64_t value;
    memcpy(&value, (const char *)&a + 8 * i, 8);
    return value;
}
EMULATED void emulated_put64(__m512i *a, int i, uint64_t value) { memcpy((char *)a + 8 * i, &value, 8); }

/* T: the vector, S: its suffix, L: the lane, N: the lanes, B: the lane's bits, M: its mask. */
#define FLOATING(T, S, L, N, B, M, fused, mantissa, bias)                                              \
    EMULATED B emulated_bits_##S(L a) { B b; memcpy(&b, &a, sizeof b); return b; }                     \
    EMULATED L emulated_float_##S(B b) { L a; memcpy(&a, &b, sizeof a); return a; }                    \
    EMULATED T emulated512_set1_##S(L a) { T r; EACH(N, r.lane[i] = a); }                                   \
    EMULATED T emulated512_loadu_##S(const void *p) { T r; memcpy(&r, p, sizeof r); return r; }             \
    EMULATED void emulated512_storeu_##S(void *p, T a) { memcpy(p, &a, sizeof a); }                         \
    EMULATED void emulated512_stream_##S(void *p, T a) { memcpy(p, &a, sizeof a); }                         \
    EMULATED T emulated512_maskz_loadu_##S(M m, const void *p)                                              \
    { T r; EACH(N, r.lane[i] = m >> i & 1 ? ((const L *)p)[i] : 0); }                                  \
    EMULATED void emulated512_mask_storeu_##S(void *p, M m, T a)                                            \
    { for (int i = 0; i < (N); i++) if (m >> i & 1) ((L *)p)[i] = a.lane[i]; }                         \
    EMULATED T emulated512_add_##S(T a, T b) { T r; EACH(N, r.lane[i] = a.lane[i] + b.lane[i]); }           \
    EMULATED T emulated512_sub_##S(T a, T b) { T r; EACH(N, r.lane[i] = a.lane[i] - b.lane[i]); }           \
    EMULATED T emulated512_mul_##S(T a, T b) { T r; EACH(N, r.lane[i] = a.lane[i] * b.lane[i]); }           \
    EMULATED T emulated512_mask_mul_##S(T rest, M m, T a, T b)                                              \
    { T r; EACH(N, r.lane[i] = m >> i & 1 ? a.lane[i] * b.lane[i] : rest.lane[i]); }                   \
    EMULATED T emulated512_div_##S(T a, T b) { T r; EACH(N, r.lane[i] = a.lane[i] / b.lane[i]); }           \
    EMULATED T emulated512_sqrt_##S(T a) { T r; EACH(N, r.lane[i] = (L)sqrt(a.lane[i])); }                  \
    EMULATED T emulated512_fmadd_##S(T a, T b, T c)                                                         \
    { T r; EACH(N, r.lane[i] = fused(a.lane[i], b.lane[i], c.lane[i])); }                              \
    EMULATED T emulated512_fnmadd_##S(T a, T b, T c)                                                        \
    { T r; EACH(N, r.lane[i] = fused(a.lane[i], isnan(b.lane[i]) ? b.lane[i] : -b.lane[i], c.lane[i])); } \
    EMULATED T emulated512_mask_fnmadd_##S(T a, M m, T b, T c)                                              \
    { T r = emulated512_fnmadd_##S(a, b, c); EACH(N, if (!(m >> i & 1)) r.lane[i] = a.lane[i]); }      \
    EMULATED T emulated512_fmsub_##S(T a, T b, T c)                                                         \
    { T r; EACH(N, r.lane[i] = fused(a.lane[i], b.lane[i], isnan(c.lane[i]) ? c.lane[i] : -c.lane[i])); }  \
    EMULATED T emulated512_fmadd_round_##S(T a, T b, T c, int how)                                          \
    { T r; ROUNDED(how, N, fused(a.lane[i], b.lane[i], c.lane[i])); }                                  \
    EMULATED T emulated512_mul_round_##S(T a, T b, int how) { T r; ROUNDED(how, N, a.lane[i] * b.lane[i]); } \
    EMULATED T emulated512_sub_round_##S(T a, T b, int how) { T r; ROUNDED(how, N, a.lane[i] - b.lane[i]); } \
    /* Off by almost 2**-13: the steps are to make do with less than Intel's 2**-14. */                \
    EMULATED L emulated_estimate_##S(L a)                                                              \
    { return emulated_float_##S(emulated_bits_##S(a) >> ((mantissa) - 13) << ((mantissa) - 13)); }     \
    EMULATED T emulated512_rcp14_##S(T a) { T r; EACH(N, r.lane[i] = emulated_estimate_##S(1 / a.lane[i])); } \
    EMULATED T emulated512_rsqrt14_##S(T a)                                                            \
    { T r; EACH(N, r.lane[i] = emulated_estimate_##S((L)(1 / sqrt(a.lane[i])))); }                     \
    EMULATED T emulated512_max_##S(T a, T b) { T r; EACH(N, r.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]); } \
    EMULATED T emulated512_min_##S(T a, T b) { T r; EACH(N, r.lane[i] = a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]); } \
    EMULATED M emulated512_cmp_##S##_mask(T a, T b, int how)                                           \
    {                                                                                                  \
        M r = 0;                                                                                       \
        EACH(N, const L x = a.lane[i]; const L y = b.lane[i];                                          \
             r |= (M)((how == _CMP_NEQ_OQ ? x < y || y < x : how == _CMP_LE_OQ ? x <= y : x < y) << i)); \
    }                                                                                                  \
    EMULATED T emulated512_mask_blend_##S(M m, T a, T b) { T r; EACH(N, r.lane[i] = m >> i & 1 ? b.lane[i] : a.lane[i]); } \
    EMULATED T emulated512_mask_compress_##S(T rest, M m, T a)                                         \
    { T r = rest; int to = 0; EACH(N, if (m >> i & 1) r.lane[to++] = a.lane[i]); }                     \
    EMULATED T emulated512_or_##S(T a, T b)                                                                 \
    { T r; EACH(N, r.lane[i] = emulated_float_##S(emulated_bits_##S(a.lane[i]) | emulated_bits_##S(b.lane[i]))); } \
    EMULATED T emulated512_mask_or_##S(T rest, M m, T a, T b)                                               \
    { return emulated512_mask_blend_##S(m, rest, emulated512_or_##S(a, b)); }                               \
    EMULATED T emulated512_and_##S(T a, T b)                                                                \
    { T r; EACH(N, r.lane[i] = emulated_float_##S(emulated_bits_##S(a.lane[i]) & emulated_bits_##S(b.lane[i]))); } \
    EMULATED T emulated512_andnot_##S(T a, T b)                                                             \
    { T r; EACH(N, r.lane[i] = emulated_float_##S(~emulated_bits_##S(a.lane[i]) & emulated_bits_##S(b.lane[i]))); } \
    EMULATED L emulated_range_##S(L a, L b, int how)                                                   \
    {                                                                                                  \
        const L x = a < 0 ? -a : a, y = b < 0 ? -b : b;                                                \
        if (a != a) return b != b ? a + a : b;                                                         \
        if (b != b) return a;                                                                          \
        return copysign((how & 1 ? x < y : y < x) ? y : x, a);                                         \
    }                                                                                                  \
    EMULATED T emulated512_range_##S(T a, T b, int how)                                                \
    {                                                                                                  \
        T r;                                                                                           \
        EACH(N, const L v = emulated_range_##S(a.lane[i], b.lane[i], how);                             \
             r.lane[i] = how & 8 ? (L)fabs(v) : v);                                                   \
    }                                                                                                  \
    /* By classes: NaN, signalling NaN, 0, 1, -inf, inf, negative, positive. 0 leaves what was there, 1 is the \
     * number, 2 its quiet NaN, 3 a NaN of numbers, 5 infinity. */                                     \
    EMULATED L emulated_fixup_##S(L rest, L a, B table)                                                \
    {                                                                                                  \
        const int is_quiet = emulated_bits_##S(a) >> ((mantissa) - 1) & 1;                             \
        const int kind = a != a ? !is_quiet : a == 0 ? 2 : isinf(a) ? 4 + (a > 0) : a == 1 ? 3 : 6 + (a > 0); \
        switch (table >> 4 * kind & 15) {                                                              \
        case 0: return rest;                                                                           \
        case 2: return emulated_float_##S(emulated_bits_##S(a) | (B)1 << ((mantissa) - 1));            \
        case 3: return (L)-NAN;                                                                        \
        case 5: return (L)INFINITY;                                                                    \
        default: return a;                                                                             \
        }                                                                                              \
    }                                                                                                  \
    EMULATED T emulated512_getexp_##S(T a) { T r; EACH(N, r.lane[i] = (L)logb(a.lane[i])); }                \
    EMULATED L emulated_significand_##S(L a)                                                           \
    { return a != a ? a + a : a == 0 || isinf(a) ? (L)copysign(1, a) : (L)ldexp(a, -ilogb(a)); }       \
    EMULATED T emulated_getmant_##S(T a, int interval)                                                 \
    { T r; EACH(N, r.lane[i] = emulated_significand_##S(a.lane[i]) *                                   \
        (interval == _MM_MANT_NORM_p5_2 && isfinite(a.lane[i]) && a.lane[i] != 0 && ilogb(a.lane[i]) & 1 ? (L)0.5 : 1)); } \
    /* NaN also of 0 times 2**inf and of inf times 2**-inf. */                                         \
    EMULATED L emulated_scaled_##S(L a, L b)                                                           \
    {                                                                                                  \
        if (a != a || b != b) return a + b;                                                            \
        if (isinf(b)) return b > 0 ? a * b : a / -b;                                                   \
        return (L)ldexp(a, (int)fmax(-10000, fmin(10000, floor(b))));                                  \
    }                                                                                                  \
    EMULATED T emulated512_scalef_##S(T a, T b)                                                        \
    { T r; EACH(N, r.lane[i] = emulated_scaled_##S(a.lane[i], b.lane[i])); }                           \
    EMULATED T emulated512_mask_scalef_##S(T rest, M m, T a, T b)                                           \
    { T r; EACH(N, r.lane[i] = m >> i & 1 ? emulated_scaled_##S(a.lane[i], b.lane[i]) : rest.lane[i]); } \
    EMULATED M emulated512_fpclass_##S##_mask(T a, int classes)                                        \
    {                                                                                                  \
        M r = 0;                                                                                       \
        EACH(N, const L x = a.lane[i];                                                                 \
             const int is_quiet = emulated_bits_##S(x) >> ((mantissa) - 1) & 1;                        \
             const int kind = x != x ? (is_quiet ? 0x01 : 0x80) : isinf(x) ? (x > 0 ? 0x08 : 0x10)     \
                              : x == 0 ? (signbit(x) ? 0x04 : 0x02) : fpclassify(x) == FP_SUBNORMAL ? 0x20 : 0; \
             r |= (M)(((kind & classes) != 0) << i));                                                  \
    }                                                                                                  \
    EMULATED __m512i emulated512_cast##S##_si512(T a) { __m512i r; memcpy(&r, &a, sizeof r); return r; }    \
    EMULATED T emulated512_castsi512_##S(__m512i a) { T r; memcpy(&r, &a, sizeof r); return r; }

FLOATING(__m512, ps, float, 16, uint32_t, __mmask16, fmaf, 23, 127)
FLOATING(__m512d, pd, double, 8, uint64_t, __mmask8, fma, 52, 1023)

#define emulated512_getmant_ps(a, interval, sign) emulated_getmant_ps(a, interval)
#define emulated512_getmant_pd(a, interval, sign) emulated_getmant_pd(a, interval)

EMULATED __m512i emulated512_set1_epi32(int a) { __m512i r; EACH(16, r.lane[i] = (uint32_t)a); }
EMULATED __m512i emulated512_add_epi32(__m512i a, __m512i b) { __m512i r; EACH(16, r.lane[i] = a.lane[i] + b.lane[i]); }
EMULATED __m512i emulated512_sub_epi32(__m512i a, __m512i b) { __m512i r; EACH(16, r.lane[i] = a.lane[i] - b.lane[i]); }
EMULATED __m512i emulated512_slli_epi32(__m512i a, unsigned n) { __m512i r; EACH(16, r.lane[i] = a.lane[i] << n); }
EMULATED __m512i emulated512_mask_compress_epi32(__m512i rest, __mmask16 m, __m512i a)
{ __m512i r = rest; int to = 0; EACH(16, if (m >> i & 1) r.lane[to++] = a.lane[i]); }
EMULATED void emulated512_mask_storeu_epi32(void *p, __mmask16 m, __m512i a)
{ for (int i = 0; i < 16; i++) if (m >> i & 1) ((uint32_t *)p)[i] = a.lane[i]; }
#define emulated512_setr_epi32(...) ((__m512i){{__VA_ARGS__}})
EMULATED __mmask16 emulated512_testn_epi32_mask(__m512i a, __m512i b)
{ __mmask16 r = 0; EACH(16, r |= (__mmask16)(((a.lane[i] & b.lane[i]) == 0) << i)); }
EMULATED __mmask16 emulated512_test_epi32_mask(__m512i a, __m512i b)
{ return (__mmask16)~emulated512_testn_epi32_mask(a, b); }
/* The first and the second, or the third, or the first between them: what is asked for. */
EMULATED __m512i emulated512_maskz_ternarylogic_epi32(__mmask16 m, __m512i a, __m512i b, __m512i c, int table)
{
    __m512i r;
    EACH(16, const uint32_t both = a.lane[i] & b.lane[i];
         const uint32_t whole = table == 0xea ? both | c.lane[i] : table == 0xca ? both | (~a.lane[i] & c.lane[i]) : 0;
         r.lane[i] = m >> i & 1 ? whole : 0);
}
#define emulated512_ternarylogic_epi32(...) emulated512_maskz_ternarylogic_epi32((__mmask16)-1, __VA_ARGS__)
EMULATED __m512i emulated512_mask_sub_epi32(__m512i rest, __mmask16 m, __m512i a, __m512i b)
{ __m512i r; EACH(16, r.lane[i] = m >> i & 1 ? a.lane[i] - b.lane[i] : rest.lane[i]); }
EMULATED __mmask16 emulated512_cmplt_epu32_mask(__m512i a, __m512i b)
{ __mmask16 r = 0; EACH(16, r |= (__mmask16)((a.lane[i] < b.lane[i]) << i)); }

EMULATED __m512 emulated512_fixupimm_ps(__m512 rest, __m512 a, __m512i table, int report)
{ __m512 r; (void)report; EACH(16, r.lane[i] = emulated_fixup_ps(rest.lane[i], a.lane[i], table.lane[i])); }
EMULATED __m512d emulated512_fixupimm_pd(__m512d rest, __m512d a, __m512i table, int report)
{ __m512d r; (void)report; EACH(8, r.lane[i] = emulated_fixup_pd(rest.lane[i], a.lane[i], emulated_get64(table, i))); }

EMULATED __m512i emulated512_set1_epi64(long long a) { __m512i r; EACH(8, emulated_put64(&r, i, (uint64_t)a)); }
EMULATED __m512i emulated512_sub_epi64(__m512i a, __m512i b)
{ __m512i r; EACH(8, emulated_put64(&r, i, emulated_get64(a, i) - emulated_get64(b, i))); }
EMULATED __m512i emulated512_maskz_ternarylogic_epi64(__mmask8 m, __m512i a, __m512i b, __m512i c, int table)
{
    __m512i r;
    EACH(8, const uint64_t first = emulated_get64(a, i); const uint64_t third = emulated_get64(c, i);
         const uint64_t both = first & emulated_get64(b, i);
         const uint64_t whole = table == 0xea ? both | third : table == 0xca ? both | (~first & third) : 0;
         emulated_put64(&r, i, m >> i & 1 ? whole : 0));
}
#define emulated512_ternarylogic_epi64(...) emulated512_maskz_ternarylogic_epi64((__mmask8)-1, __VA_ARGS__)
EMULATED __m512i emulated512_mask_sub_epi64(__m512i rest, __mmask8 m, __m512i a, __m512i b)
{
    __m512i r;
    EACH(8, emulated_put64(&r, i, m >> i & 1 ? emulated_get64(a, i) - emulated_get64(b, i) : emulated_get64(rest, i)));
}
EMULATED __m512i emulated512_slli_epi64(__m512i a, unsigned n)
{ __m512i r; EACH(8, emulated_put64(&r, i, emulated_get64(a, i) << n)); }
EMULATED __mmask8 emulated512_testn_epi64_mask(__m512i a, __m512i b)
{ __mmask8 r = 0; EACH(8, r |= (__mmask8)(((emulated_get64(a, i) & emulated_get64(b, i)) == 0) << i)); }
EMULATED __mmask8 emulated512_test_epi64_mask(__m512i a, __m512i b)
{ return (__mmask8)~emulated512_testn_epi64_mask(a, b); }
EMULATED __mmask8 emulated512_cmplt_epu64_mask(__m512i a, __m512i b)
{ __mmask8 r = 0; EACH(8, r |= (__mmask8)((emulated_get64(a, i) < emulated_get64(b, i)) << i)); }

EMULATED __m512i emulated512_srli_epi32(__m512i a, unsigned n) { __m512i r; EACH(16, r.lane[i] = a.lane[i] >> n); }
EMULATED __m512i emulated512_srli_epi64(__m512i a, unsigned n)
{ __m512i r; EACH(8, emulated_put64(&r, i, emulated_get64(a, i) >> n)); }
#define _mm256_loadu_ps(p) (p)
EMULATED __m512 emulated512_broadcast_f32x8(const float *a) { __m512 r; EACH(16, r.lane[i] = a[i & 7]); }
EMULATED __m512i emulated512_and_si512(__m512i a, __m512i b) { __m512i r; EACH(16, r.lane[i] = a.lane[i] & b.lane[i]); }

EMULATED __m512i emulated512_min_epu32(__m512i a, __m512i b)
{ __m512i r; EACH(16, r.lane[i] = a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]); }
EMULATED __m512i emulated512_mask_or_epi32(__m512i rest, __mmask16 m, __m512i a, __m512i b)
{ __m512i r = rest; EACH(16, if (m >> i & 1) r.lane[i] = a.lane[i] | b.lane[i]); }
EMULATED void emulated512_mask_storeu_epi16(void *p, uint32_t m, __m512i a)
{ for (int i = 0; i < 32; i++) if (m >> i & 1) memcpy((char *)p + 2 * i, (const char *)&a + 2 * i, 2); }

/* Halves of a vector, for what is computed in float64. */
typedef struct {
    uint32_t lane[8];
} emulated_half;
#define emulated512_castps512_ps256(a) emulated_part(&(a), 0)
#define emulated512_extractf32x8_ps(a, half) emulated_part(&(a), half)
EMULATED emulated_half emulated_part(const void *a, int half)
{ emulated_half r; memcpy(&r, (const char *)a + 32 * half, sizeof r); return r; }
EMULATED __m512d emulated512_cvtps_pd(emulated_half a) { __m512d r; EACH(8, r.lane[i] = emulated_float_ps(a.lane[i])); }
EMULATED emulated_half emulated512_cvtpd_ps(__m512d a)
{ emulated_half r; EACH(8, r.lane[i] = emulated_bits_ps((float)a.lane[i])); }
EMULATED __m512 emulated512_castps256_ps512(emulated_half a)
{ __m512 r = {{0}}; memcpy(&r, &a, sizeof a); return r; }
EMULATED __m512 emulated512_insertf32x8(__m512 a, emulated_half b, int half)
{ memcpy((char *)&a + 32 * half, &b, sizeof b); return a; }

/* The 256 bits of 16 halves. */
typedef struct {
    uint16_t lane[16];
} emulated_epi16;
#define __m256i emulated_epi16
EMULATED __m256i emulated_load16(const void *p) { __m256i r; memcpy(&r, p, sizeof r); return r; }
EMULATED void emulated_store16(void *p, __m256i a) { memcpy(p, &a, sizeof a); }
#define _mm256_loadu_si256 emulated_load16
#define _mm256_storeu_si256 emulated_store16

EMULATED __m512i emulated512_cvtepu16_epi32(__m256i a) { __m512i r; EACH(16, r.lane[i] = a.lane[i]); }
EMULATED __m256i emulated512_cvtepi32_epi16(__m512i a) { __m256i r; EACH(16, r.lane[i] = (uint16_t)a.lane[i]); }

/* Of two vectors' lanes those that `which` numbers, the second's after the first's. */
EMULATED __m512i emulated512_loadu_si512(const void *p) { __m512i r; memcpy(&r, p, sizeof r); return r; }
EMULATED __m512 emulated512_permutex2var_ps(__m512 a, __m512i which, __m512 b)
{
    __m512 r;
    EACH(16, r.lane[i] = which.lane[i] & 16 ? b.lane[which.lane[i] & 15] : a.lane[which.lane[i] & 15]);
}
EMULATED __m512 emulated512_permutexvar_ps(__m512i which, __m512 a)
{ __m512 r; EACH(16, r.lane[i] = a.lane[which.lane[i] & 15]); }
EMULATED __m512d emulated512_permutexvar_pd(__m512i which, __m512d a)
{ __m512d r; EACH(8, r.lane[i] = a.lane[emulated_get64(which, i) & 7]); }
EMULATED __m512d emulated512_permutex2var_pd(__m512d a, __m512i which, __m512d b)
{
    __m512d r;
    EACH(8, r.lane[i] = emulated_get64(which, i) & 8 ? b.lane[emulated_get64(which, i) & 7]
                                                     : a.lane[emulated_get64(which, i) & 7]);
}

EMULATED float emulated_from_half(uint16_t half)
{
    const int exponent = half >> 10 & 31, mantissa = half & 0x3ff;
    const float sign = half >> 15 ? -1.0f : 1.0f;
    if (exponent == 31 && mantissa)
        return emulated_float_ps((uint32_t)(half & 0x8000) << 16 | 0x7fc00000 | (uint32_t)mantissa << 13);
    if (exponent == 31) return sign * INFINITY;
    return sign * ldexpf(exponent ? 1024 + mantissa : mantissa, (exponent ? exponent : 1) - 25);
}
EMULATED uint16_t emulated_to_half(float a)
{
    const uint32_t bits = emulated_bits_ps(a), sign = bits >> 16 & 0x8000;
    if (isnan(a)) return (uint16_t)(sign | 0x7e00 | (bits >> 13 & 0x3ff));
    if (fabsf(a) >= 65520) return (uint16_t)(sign | 0x7c00);
    if (fabsf(a) < 0x1p-14f) return (uint16_t)(sign | (uint32_t)nearbyintf(fabsf(a) * 0x1p24f));
    const int exponent = ilogbf(a); /* a mantissa that is rounded up to 2048 carries into the exponent */
    return (uint16_t)(sign | ((uint32_t)(exponent + 14) * 1024 + (uint32_t)nearbyintf(ldexpf(fabsf(a), 10 - exponent))));
}
EMULATED __m512 emulated512_cvtph_ps(__m256i a) { __m512 r; EACH(16, r.lane[i] = emulated_from_half(a.lane[i])); }
EMULATED __m256i emulated_cvtps_ph(__m512 a) { __m256i r; EACH(16, r.lane[i] = emulated_to_half(a.lane[i])); }
#define emulated512_cvtps_ph(a, mode) emulated_cvtps_ph(a)
#endif
