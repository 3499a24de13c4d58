/* The vocabulary for AVX2 with FMA: 8 lanes of float32 or 4 of float64.
 *
 * The operations are specified in vec_scalar.h. The file opens the target region, FA_REGION_END
 * closes it. `F(name)` and `I(name)` are the intrinsic's name for this lane, floating or integer.
 */
#include "region.h"
#include "lane.h"

#define FA_ISA avx2
#define FA_REGION_END FA_TARGET_END
FA_TARGET_BEGIN("avx2,fma,f16c,popcnt")

#ifdef FA_F32
#define W 8
#define W_ONES -1, -1, -1, -1, -1, -1, -1, -1
#define F(name) _mm256_##name##_ps
#define BLEND "vblendvps"
#define I(name) _mm256_##name##_epi32
typedef __m256 vec;
typedef __m256i bits;
#define BITS_SET(value) _mm256_set1_epi32((int)(value))
#define AS_BITS(a) _mm256_castps_si256(a)
#define AS_VEC(b) _mm256_castsi256_ps(b)
#define MASK_LOAD(from, lanes) _mm256_maskload_ps(from, lanes)
#define MASK_STORE(to, lanes, a) _mm256_maskstore_ps(to, lanes, a)
#else
#define W 4
#define W_ONES -1, -1, -1, -1
#define F(name) _mm256_##name##_pd
#define BLEND "vblendvpd"
#define I(name) _mm256_##name##_epi64
typedef __m256d vec;
typedef __m256i bits;
#define BITS_SET(value) _mm256_set1_epi64x((long long)(value))
#define AS_BITS(a) _mm256_castpd_si256(a)
#define AS_VEC(b) _mm256_castsi256_pd(b)
#define MASK_LOAD(from, lanes) _mm256_maskload_pd(from, lanes)
#define MASK_STORE(to, lanes, a) _mm256_maskstore_pd(to, lanes, a)
#endif

typedef vec mask; /* a lane's sign bit counts; comparisons give all bits or none */

FA_INLINE vec v_set(lane value) { return F(set1)(value); }
FA_INLINE vec v_load(const lane *from) { return F(loadu)(from); }
FA_INLINE void v_store(lane *to, vec a) { F(storeu)(to, a); }

/* A window that slides over W ones followed by W zeros. */
FA_INLINE bits first_lanes(ptrdiff_t n)
{
    static const lane_bits WINDOW[2 * W] = {W_ONES};
    return _mm256_loadu_si256((const bits *)(WINDOW + W - n));
}

#include "masked.h"

FA_INLINE void v_stream(lane *to, vec a) { F(stream)(to, a); }
FA_INLINE void v_stream_end(void) { _mm_sfence(); }

FA_INLINE vec v_add(vec a, vec b) { return F(add)(a, b); }
FA_INLINE vec v_sub(vec a, vec b) { return F(sub)(a, b); }
FA_INLINE vec v_mul(vec a, vec b) { return F(mul)(a, b); }
FA_INLINE vec v_div(vec a, vec b) { return F(div)(a, b); }
FA_INLINE vec v_sqrt(vec a) { return F(sqrt)(a); }
FA_INLINE vec v_div_by_steps(vec a, vec b) { return v_div(a, b); }
FA_INLINE vec v_sqrt_by_steps(vec a) { return v_sqrt(a); }
FA_INLINE vec v_fma(vec a, vec b, vec c) { return F(fmadd)(a, b, c); }
FA_INLINE vec v_fnma(vec a, vec b, vec c) { return F(fnmadd)(a, b, c); }
FA_INLINE vec v_max(vec a, vec b) { return F(max)(a, b); }
FA_INLINE vec v_min(vec a, vec b) { return F(min)(a, b); }

FA_INLINE mask v_lt(vec a, vec b) { return F(cmp)(a, b, _CMP_LT_OQ); }
FA_INLINE mask v_le(vec a, vec b) { return F(cmp)(a, b, _CMP_LE_OQ); }
FA_INLINE mask v_sign(vec a) { return a; }
FA_INLINE mask v_and(mask a, mask b) { return F(and)(a, b); }
FA_INLINE mask v_or(mask a, mask b) { return F(or)(a, b); }
FA_INLINE int v_any(mask m) { return FA_RARELY(F(movemask)(m)); }
#if defined(__GNUC__) && !defined(__clang__)
/* gcc 12 puts a comparison with 0 before many a blend of the intrinsics: 1 to 3 percent of most functions. */
FA_INLINE vec v_select(mask m, vec yes, vec no)
{
    vec chosen;
    __asm__(BLEND " %3, %2, %1, %0" : "=x"(chosen) : "x"(no), "xm"(yes), "x"(m));
    return chosen;
}
#else
FA_INLINE vec v_select(mask m, vec yes, vec no) { return F(blendv)(no, yes, m); }
#endif

FA_INLINE uint64_t v_to_bits(mask m) { return (uint64_t)F(movemask)(m); }
FA_INLINE mask v_from_bits(uint64_t number)
{
    static const lane_bits BITS[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const bits own = _mm256_loadu_si256((const bits *)BITS);
    return AS_VEC(I(cmpeq)(_mm256_and_si256(BITS_SET(number), own), own));
}
FA_INLINE int v_count(uint64_t number) { return (int)_mm_popcnt_u64(number); }

/* The positions of the set bits of a number below 256, a byte each, the lowest first: bit after bit from the
 * highest down, those before move up a byte where it is set. */
#define SHIFTED(above, m, i) ((above) << 8 * ((m) >> (i)&1) | (uint64_t)(i) * ((m) >> (i)&1))
#define POSITIONS_HIGH(m) SHIFTED(SHIFTED(SHIFTED(SHIFTED((uint64_t)0, m, 7), m, 6), m, 5), m, 4)
#define POSITIONS(m) SHIFTED(SHIFTED(SHIFTED(SHIFTED(POSITIONS_HIGH(m), m, 3), m, 2), m, 1), m, 0)
#define POSITIONS_4(m) POSITIONS(m), POSITIONS((m) + 1), POSITIONS((m) + 2), POSITIONS((m) + 3)
#define POSITIONS_16(m) POSITIONS_4(m), POSITIONS_4((m) + 4), POSITIONS_4((m) + 8), POSITIONS_4((m) + 12)
#define POSITIONS_64(m) \
    POSITIONS_16(m), POSITIONS_16((m) + 16), POSITIONS_16((m) + 32), POSITIONS_16((m) + 48)
FA_INLINE __m128i positions(uint64_t number)
{
    static const uint64_t TABLE[256] = {POSITIONS_64(0), POSITIONS_64(64), POSITIONS_64(128),
                                        POSITIONS_64(192)};
    return _mm_loadl_epi64((const __m128i *)(TABLE + number));
}

FA_INLINE vec v_compress(vec a, uint64_t number)
{
#ifndef FA_F32 /* a permutation of halves of lanes, for which every bit stands twice */
    static const uint8_t TWICE[1 << W] = {0x00, 0x03, 0x0c, 0x0f, 0x30, 0x33, 0x3c, 0x3f,
                                          0xc0, 0xc3, 0xcc, 0xcf, 0xf0, 0xf3, 0xfc, 0xff};
    number = TWICE[number];
#endif
    return AS_VEC(_mm256_permutevar8x32_epi32(AS_BITS(a), _mm256_cvtepu8_epi32(positions(number))));
}

FA_INLINE void v_store_positions(int32_t *to, uint64_t number, int32_t first)
{
#ifdef FA_F32
    const bits found = _mm256_cvtepu8_epi32(positions(number));
    _mm256_storeu_si256((bits *)to, _mm256_add_epi32(found, _mm256_set1_epi32(first)));
#else
    const __m128i found = _mm_cvtepu8_epi32(positions(number));
    _mm_storeu_si128((__m128i *)to, _mm_add_epi32(found, _mm_set1_epi32(first)));
#endif
}

#define SIGN_BIT v_set(EITHER(-0.0f, -0.0))
FA_INLINE vec v_abs(vec a) { return F(andnot)(SIGN_BIT, a); }
FA_INLINE vec v_copysign(vec a, vec sign) { return F(or)(v_abs(a), F(and)(SIGN_BIT, sign)); }
FA_INLINE vec v_lesser(vec x, vec a) { return v_copysign(v_min(v_abs(x), a), x); }
FA_INLINE vec v_min_magnitude(vec a, vec b) { return v_min(v_abs(a), v_abs(b)); }
FA_INLINE vec v_max_magnitude(vec a, vec b) { return v_max(v_abs(a), v_abs(b)); }
/* Four operations: groups of four would make the derivatives from the output 0.85 to 1.1 times as fast. (Two,
 * to which a 0 is small, made them 1.2 times as fast, and 0.7 times among zeros.) */
enum { GROUP = 1 };
FA_INLINE vec v_least(vec least, vec a)
{
    const mask is_0 = F(cmp)(a, v_set(0), _CMP_EQ_OQ);
    return v_min(F(or)(v_abs(a), is_0), least); /* of a 0 that makes a NaN */
}
FA_INLINE vec v_bits_sub(vec a, vec b) { return AS_VEC(I(sub)(AS_BITS(a), AS_BITS(b))); }
FA_INLINE vec v_pow2(vec a) { return AS_VEC(I(slli)(AS_BITS(a), MANTISSA_BITS)); }

/* AVX2 compares signed integers only: both sides move by half the range. */
FA_INLINE mask v_is_tiny(vec a, vec bound)
{
    const bits offset = BITS_SET(EITHER(INT32_MAX, INT64_MAX));
    const bits twice = I(add)(AS_BITS(a), AS_BITS(a)), limit = I(add)(AS_BITS(bound), AS_BITS(bound));
    return AS_VEC(I(cmpgt)(I(add)(limit, offset), I(add)(twice, offset)));
}

FA_INLINE vec v_rescaled(vec a)
{
    const vec power = F(or)(v_set(RESCALE_POWER), F(and)(SIGN_BIT, a));
    const vec from_subnormal = v_sub(F(or)(a, power), power);
    const vec from_normal = AS_VEC(I(add)(AS_BITS(a), BITS_SET((lane_bits)RESCALE << MANTISSA_BITS)));
    const mask subnormal = AS_VEC(I(cmpgt)(AS_BITS(v_set(SMALLEST_NORMAL)), AS_BITS(v_abs(a))));
    return v_select(subnormal, from_subnormal, from_normal);
}

#ifdef FA_F32
typedef __m256d wide;
#define WIDE_MUL _mm256_mul_pd
#define FIRST_HALF(a) _mm256_cvtps_pd(_mm256_castps256_ps128(a))
#define LAST_HALF(a) _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1))
#define POWER_OF_HALF(biased) \
    _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_cvtepu32_epi64(biased), WIDE_MANTISSA_BITS))
#define FIRST_POWER(biased) POWER_OF_HALF(_mm256_castsi256_si128(AS_BITS(biased)))
#define LAST_POWER(biased) POWER_OF_HALF(_mm256_extracti128_si256(AS_BITS(biased), 1))
#define NARROWED(first, last) \
    _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(first)), _mm256_cvtpd_ps(last), 1)
#include "wide.h"
#endif

/* The exponent field becomes a number as the low bits of 2**MANTISSA_BITS. */
FA_INLINE vec v_exponent(vec a)
{
    const lane power = EITHER(0x1p23f, 0x1p52);
    const vec biased = AS_VEC(I(srli)(AS_BITS(v_abs(a)), MANTISSA_BITS));
    return v_sub(F(or)(biased, v_set(power)), v_set(power + EXPONENT_BIAS));
}

FA_INLINE vec v_significand(vec a)
{
    const vec kept = AS_VEC(BITS_SET(((lane_bits)1 << MANTISSA_BITS) - 1));
    return F(or)(F(and)(a, F(or)(SIGN_BIT, kept)), v_set(1));
}
#include "products.h"

/* Not under a mask, which AMD's processors are said to do in microcode; it was not tried. */
FA_INLINE void v_store_even(lane *to, vec a)
{
    lane lanes[W];
    v_store(lanes, a);
    for (int k = 0; k < W; k++) to[2 * k] = lanes[k];
}

enum { LONG_TABLES = 0, SPLITS_ALL = 0 };
FA_INLINE vec v_lookup_32(const lane *table, vec a)
{
    const bits number = _mm256_and_si256(AS_BITS(a), BITS_SET(31));
#ifdef FA_F32
    return _mm256_i32gather_ps(table, number, sizeof(lane));
#else
    return _mm256_i64gather_pd(table, number, sizeof(lane));
#endif
}
#ifdef FA_F32
FA_INLINE vec v_lookup(const lane *eight, vec a, int bit)
{
    return _mm256_permutevar8x32_ps(v_load(eight), _mm256_srli_epi32(AS_BITS(a), bit));
}
FA_INLINE vec v_even(vec a, vec b)
{
    const vec by_halves = _mm256_shuffle_ps(a, b, 0x88);
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(by_halves), 0xd8));
}
FA_INLINE void v_transpose(vec *rows)
{
    vec pairs[W], fours[W];
    FA_UNROLL
    for (int k = 0; k < W; k += 2) {
        pairs[k] = _mm256_unpacklo_ps(rows[k], rows[k + 1]);
        pairs[k + 1] = _mm256_unpackhi_ps(rows[k], rows[k + 1]);
    }
    FA_UNROLL
    for (int k = 0; k < W; k += 4) {
        fours[k] = _mm256_shuffle_ps(pairs[k], pairs[k + 2], 0x44);
        fours[k + 1] = _mm256_shuffle_ps(pairs[k], pairs[k + 2], 0xee);
        fours[k + 2] = _mm256_shuffle_ps(pairs[k + 1], pairs[k + 3], 0x44);
        fours[k + 3] = _mm256_shuffle_ps(pairs[k + 1], pairs[k + 3], 0xee);
    }
    FA_UNROLL
    for (int k = 0; k < 4; k++) {
        rows[k] = _mm256_permute2f128_ps(fours[k], fours[k + 4], 0x20);
        rows[k + 4] = _mm256_permute2f128_ps(fours[k], fours[k + 4], 0x31);
    }
}
#else
FA_INLINE vec v_lookup(const lane *eight, vec a, int bit)
{
    const __m256i number = _mm256_srli_epi64(AS_BITS(a), bit);
    return _mm256_i64gather_pd(eight, _mm256_and_si256(number, _mm256_set1_epi64x(7)), sizeof(lane));
}
FA_INLINE vec v_even(vec a, vec b) { return _mm256_permute4x64_pd(_mm256_unpacklo_pd(a, b), 0xd8); }
FA_INLINE void v_transpose(vec *rows)
{
    const vec a = _mm256_unpacklo_pd(rows[0], rows[1]), b = _mm256_unpackhi_pd(rows[0], rows[1]);
    const vec c = _mm256_unpacklo_pd(rows[2], rows[3]), d = _mm256_unpackhi_pd(rows[2], rows[3]);
    rows[0] = _mm256_permute2f128_pd(a, c, 0x20);
    rows[1] = _mm256_permute2f128_pd(b, d, 0x20);
    rows[2] = _mm256_permute2f128_pd(a, c, 0x31);
    rows[3] = _mm256_permute2f128_pd(b, d, 0x31);
}
#endif

#ifdef FA_HALF
FA_INLINE __m128i packed(bits a)
{
    return _mm_packus_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
}

#ifdef FA_F16
FA_INLINE vec v_widen(const stored *from) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from)); }
FA_INLINE __m128i to_stored(vec a)
{
    return _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
#else
FA_INLINE mask is_nan(vec a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
FA_INLINE vec v_widen(const stored *from)
{
    return AS_VEC(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)from)), 16));
}
FA_INLINE __m128i to_stored(vec a)
{
    const bits b = AS_BITS(a), odd = _mm256_and_si256(_mm256_srli_epi32(b, 16), BITS_SET(1));
    const bits rounded = _mm256_add_epi32(b, _mm256_add_epi32(odd, BITS_SET(0x7fff)));
    const bits quiet = _mm256_or_si256(b, BITS_SET(1 << 22));
    return packed(_mm256_srli_epi32(AS_BITS(v_select(is_nan(a), AS_VEC(quiet), AS_VEC(rounded))), 16));
}
#endif

FA_INLINE void v_spread(stored *to, const stored *from)
{
    for (int k = 0; k < W; k++) to[2 * k] = from[k];
}
FA_INLINE void v_collect(stored *to, const stored *from)
{
    const __m256i both = _mm256_loadu_si256((const __m256i *)from);
    _mm_storeu_si128((__m128i *)to, packed(_mm256_and_si256(both, BITS_SET(0xffff))));
}
FA_INLINE void v_narrow(stored *to, vec a) { _mm_storeu_si128((__m128i *)to, to_stored(a)); }
FA_INLINE void v_narrow_exact(stored *to, vec a)
{
#ifdef FA_F16
    v_narrow(to, a);
#else
    _mm_storeu_si128((__m128i *)to, packed(_mm256_srli_epi32(AS_BITS(a), 16)));
#endif
}

FA_INLINE vec to_odd(vec a, vec excess)
{
    const bits inexact = AS_BITS(F(cmp)(excess, v_set(0), _CMP_NEQ_OQ));
    const bits within = _mm256_srai_epi32(AS_BITS(F(xor)(a, excess)), 31);
    const bits cut = _mm256_add_epi32(AS_BITS(a), _mm256_andnot_si256(within, inexact));
    return AS_VEC(_mm256_or_si256(cut, _mm256_srli_epi32(inexact, 31)));
}

#include "to_odd.h"

FA_INLINE mask v_is_doubtful(vec a, int slack)
{
    const bits offset = _mm256_add_epi32(AS_BITS(a), BITS_SET(slack - HALF_WAY));
    const bits distance = _mm256_and_si256(offset, BITS_SET(DROPPED));
    const mask doubtful = AS_VEC(_mm256_cmpgt_epi32(BITS_SET(2 * slack + 1), distance));
#ifdef FA_F16
    const vec magnitude = v_abs(a);
    const mask small = v_lt(magnitude, v_set(F16_SMALLEST_NORMAL));
    if (F(movemask)(small)) {
        const vec half = v_set(0.5f), off = v_abs(v_sub(magnitude, v_sub(v_add(magnitude, half), half)));
        return v_select(small, v_le(v_set(F16_HALF_STEP - (lane)slack * 0x1p-37f), off), doubtful);
    }
#endif
    return doubtful;
}
#endif
