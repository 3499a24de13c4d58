/* The vocabulary for AVX-512 (F, DQ, BW, VL): 16 lanes of float32 or 8 of float64.
 *
 * The operations are specified in vec_scalar.h. The file opens the target region, FA_REGION_END
 * closes it. `F(name)` and `I(name)` are the intrinsic's name for this lane, floating or integer.
 */
#include "region.h"
#include "lane.h"

#define FA_ISA avx512
#define FA_REGION_END FA_TARGET_END
FA_TARGET_BEGIN("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,popcnt")

#ifdef FA_F32
#define W 16
#define F(name) _mm512_##name##_ps
#define I(name) _mm512_##name##_epi32
typedef __m512 vec;
typedef __mmask16 mask;
#define BITS_SET(value) _mm512_set1_epi32((int)(value))
#define AS_BITS(a) _mm512_castps_si512(a)
#define AS_VEC(b) _mm512_castsi512_ps(b)
#define COMPARE(a, b, how) _mm512_cmp_ps_mask(a, b, how)
#define BITS_BELOW(a, b) _mm512_cmplt_epu32_mask(a, b)
#define BITS_CLEAR(a, bits) _mm512_testn_epi32_mask(a, bits)
#define BITS_MEET(a, bits) _mm512_test_epi32_mask(a, bits)
#define CLASS_MASK(a, classes) _mm512_fpclass_ps_mask(a, classes)
#else
#define W 8
#define F(name) _mm512_##name##_pd
#define I(name) _mm512_##name##_epi64
typedef __m512d vec;
typedef __mmask8 mask;
#define BITS_SET(value) _mm512_set1_epi64((long long)(value))
#define AS_BITS(a) _mm512_castpd_si512(a)
#define AS_VEC(b) _mm512_castsi512_pd(b)
#define COMPARE(a, b, how) _mm512_cmp_pd_mask(a, b, how)
#define BITS_BELOW(a, b) _mm512_cmplt_epu64_mask(a, b)
#define BITS_CLEAR(a, bits) _mm512_testn_epi64_mask(a, bits)
#define BITS_MEET(a, bits) _mm512_test_epi64_mask(a, bits)
#define CLASS_MASK(a, classes) _mm512_fpclass_pd_mask(a, classes)
#endif

FA_INLINE vec v_set(lane value) { return F(set1)(value); }
FA_INLINE vec v_load(const lane *from) { return F(loadu)(from); }
FA_INLINE void v_store(lane *to, vec a) { F(storeu)(to, a); }

FA_INLINE mask first_lanes(ptrdiff_t n) { return (mask)((1u << n) - 1); }
#define MASK_LOAD(from, mask) F(maskz_loadu)(mask, from)
#define MASK_STORE(to, mask, a) F(mask_storeu)(to, mask, a)
#include "masked.h"

FA_INLINE void v_stream(lane *to, vec a) { F(stream)(to, a); }
FA_INLINE void v_stream_end(void) { _mm_sfence(); }

FA_INLINE vec v_add(vec a, vec b) { return F(add)(a, b); }
FA_INLINE vec v_sub(vec a, vec b) { return F(sub)(a, b); }
FA_INLINE vec v_mul(vec a, vec b) { return F(mul)(a, b); }
FA_INLINE vec v_div(vec a, vec b) { return F(div)(a, b); }
FA_INLINE vec v_sqrt(vec a) { return F(sqrt)(a); }
FA_INLINE vec v_fma(vec a, vec b, vec c) { return F(fmadd)(a, b, c); }
FA_INLINE vec v_fnma(vec a, vec b, vec c) { return F(fnmadd)(a, b, c); }
FA_INLINE vec v_max(vec a, vec b) { return F(max)(a, b); }
FA_INLINE vec v_min(vec a, vec b) { return F(min)(a, b); }

FA_INLINE mask v_lt(vec a, vec b) { return COMPARE(a, b, _CMP_LT_OQ); }
FA_INLINE mask v_le(vec a, vec b) { return COMPARE(a, b, _CMP_LE_OQ); }
FA_INLINE mask v_sign(vec a) { return BITS_BELOW(BITS_SET(EITHER(INT32_MAX, INT64_MAX)), AS_BITS(a)); }
FA_INLINE mask v_and(mask a, mask b) { return (mask)(a & b); }
FA_INLINE mask v_or(mask a, mask b) { return (mask)(a | b); }
FA_INLINE int v_any(mask m) { return FA_RARELY(m); }
FA_INLINE vec v_select(mask m, vec yes, vec no) { return F(mask_blend)(m, no, yes); }

FA_INLINE uint64_t v_to_bits(mask m) { return (uint64_t)m; }
FA_INLINE mask v_from_bits(uint64_t number) { return (mask)number; }
FA_INLINE int v_count(uint64_t number) { return (int)_mm_popcnt_u64(number); }

/* In registers: to memory it is microcode on a Zen 4. Merged, for with zeros it waits for its destination. */
FA_INLINE vec v_compress(vec a, uint64_t number) { return F(mask_compress)(a, (mask)number, a); }
FA_INLINE void v_store_positions(int32_t *to, uint64_t number, int32_t first)
{
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i found = _mm512_mask_compress_epi32(lanes, (__mmask16)number, lanes);
    _mm512_mask_storeu_epi32(to, (__mmask16)((1u << W) - 1),
                             _mm512_add_epi32(found, _mm512_set1_epi32(first)));
}

#define SIGN_BIT v_set(EITHER(-0.0f, -0.0))
FA_INLINE vec v_abs(vec a) { return F(andnot)(SIGN_BIT, a); }
enum { FIRST_CHOOSES_SECOND = 0xca }; /* its bits, of the second, else of the third */
FA_INLINE vec v_copysign(vec a, vec sign)
{
    return AS_VEC(I(ternarylogic)(AS_BITS(SIGN_BIT), AS_BITS(sign), AS_BITS(a), FIRST_CHOOSES_SECOND));
}
enum { LESS_MAGNITUDE = 2, MORE_MAGNITUDE = 3, WITHOUT_SIGN = 8 }; /* else with the sign of the first */
FA_INLINE vec v_lesser(vec x, vec a) { return F(range)(x, a, LESS_MAGNITUDE); }
FA_INLINE vec v_min_magnitude(vec a, vec b) { return F(range)(a, b, LESS_MAGNITUDE | WITHOUT_SIGN); }
FA_INLINE vec v_max_magnitude(vec a, vec b) { return F(range)(a, b, MORE_MAGNITUDE | WITHOUT_SIGN); }
/* Two operations: groups make the derivatives from the output 1.05 to 1.3 times as fast. The first makes
 * infinity (5) of a NaN of either kind and of 0, and leaves the rest (1), a digit to a class from below. */
enum { GROUP = 4 };
FA_INLINE vec v_least(vec least, vec a)
{
    return v_min_magnitude(F(fixupimm)(a, a, BITS_SET(0x11111555), 0), least);
}
FA_INLINE vec v_bits_sub(vec a, vec b) { return AS_VEC(I(sub)(AS_BITS(a), AS_BITS(b))); }
FA_INLINE vec v_pow2(vec a) { return AS_VEC(I(slli)(AS_BITS(a), MANTISSA_BITS)); }

FA_INLINE mask v_is_tiny(vec a, vec bound)
{
    const __m512i one = BITS_SET(1);
    const __m512i twice = I(slli)(AS_BITS(a), 1), limit = I(slli)(AS_BITS(bound), 1);
    return BITS_BELOW(I(sub)(twice, one), I(sub)(limit, one));
}

/* a * power, where it is `denormal` by way of the smallest normal number, which the bits below it are added
 * to: support is that times the power. */
enum { DENORMAL = 0x20, ZERO = 0x06, NOT_FINITE = 0x99, FIRST_AND_SECOND_OR_THIRD = 0xea };
FA_INLINE vec signed_support(mask lanes, vec sign, vec support)
{
    return AS_VEC(I(maskz_ternarylogic)(lanes, AS_BITS(SIGN_BIT), AS_BITS(sign), AS_BITS(support),
                                        FIRST_AND_SECOND_OR_THIRD));
}
FA_INLINE vec lifted(vec a, mask denormal, vec power, vec support)
{
    const vec normal = F(mask_or)(a, denormal, a, v_set(SMALLEST_NORMAL));
    return F(fmsub)(normal, power, signed_support(denormal, a, support));
}

FA_INLINE vec v_rescaled(vec a)
{
    return lifted(a, CLASS_MASK(a, DENORMAL | ZERO), v_set(EITHER(0x1p64f, 0x1p512)), v_set(RESCALE_POWER));
}

/* From an estimate of 14 bits. A step of Newton's squares the error of the inverse; the last one rounds it
 * right if it begins within one unit of the last place, and above where b has all its bits, for which reason
 * the step before is rounded up; one correction then rounds the quotient right (Markstein, Computation of
 * elementary functions on the IBM RISC System/6000 processor, 1990). Of a root what the correction lacks is
 * the square of an error below one unit, which could only matter next to a tie: tests/test_vocabulary.py
 * walks the numbers next to them, and all that can be walked. */
#define ROUNDED_UP (_MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)
FA_INLINE vec v_div_by_steps(vec a, vec b)
{
    const vec one = v_set(1);
    vec inverse = F(rcp14)(b);
#ifndef FA_F32
    inverse = v_fma(inverse, v_fnma(b, inverse, one), inverse);
#endif
    inverse = F(fmadd_round)(inverse, v_fnma(b, inverse, one), inverse, ROUNDED_UP);
    inverse = v_fma(inverse, v_fnma(b, inverse, one), inverse);
    const vec q = v_mul(a, inverse);
    return v_fnma(F(fmsub)(q, b, a), inverse, q); /* so that -0 stays -0 */
}
FA_INLINE vec v_sqrt_by_steps(vec a)
{
    const vec half = v_set(0.5), estimate = F(rsqrt14)(a);
    vec root = v_mul(a, estimate), half_inverse = v_mul(half, estimate);
    FA_UNROLL
    for (int k = 0; k < EITHER(1, 2); k++) {
        const vec lost = v_fnma(root, half_inverse, half);
        root = v_fma(root, lost, root);
        half_inverse = v_fma(half_inverse, lost, half_inverse);
    }
    root = v_fnma(F(fmsub)(root, root, a), half_inverse, root);
    /* of 0, infinity and NaN themselves, of a negative number NaN: a digit to a class as in v_least */
    return F(fixupimm)(root, a, BITS_SET(0x03130121), 0);
}

enum { SPLITS_ALL = 1 };
FA_INLINE vec v_exponent(vec a) { return F(getexp)(a); }
FA_INLINE vec v_significand(vec a) { return F(getmant)(a, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src); }

/* Exponents and significands of subnormal numbers too: the only operations that make normal numbers of them
 * at the usual speed. (v_scalef of one, or to one, takes a hundred times as long.) */
#define IRREGULAR 0x9f /* a NaN of either kind, 0, infinite */
FA_INLINE vec v_split(vec v, vec *n)
{
    const mask irregular = CLASS_MASK(v, IRREGULAR);
    *n = v_select(irregular, v_set(0), v_exponent(v));
    return v_select(irregular, v, v_significand(v));
}

FA_INLINE vec v_split_evenly(vec a, vec power, vec *t)
{
    *t = v_fma(v_set(0.5), v_add(v_exponent(a), v_set(0.5)), power); /* never midway between two integers */
    return F(getmant)(a, _MM_MANT_NORM_p5_2, _MM_MANT_SIGN_src);
}

/* Products are formed 2**LIFTED times as large, which lifts the smallest normal number to the least one with
 * one of the first two bits of its exponent set; below that, a product is rounded on top of it. Both go from
 * the bits. */
enum { LIFTED = EITHER(63, 511) };
#define SMALLEST_LIFTED v_set(EITHER(0x1p-63f, 0x1p-511))
#define EXPONENT_FIELD(e) AS_VEC(BITS_SET((lane_bits)(e) << MANTISSA_BITS))
/* u * v / 2**LIFTED, rounded once, where `leading`, u * v, is finite. */
FA_INLINE vec brought_down(vec u, vec v, vec leading)
{
    const mask small = BITS_CLEAR(AS_BITS(leading), AS_BITS(EXPONENT_FIELD(3 * (LIFTED + 1))));
    const vec down = v_select(small, EXPONENT_FIELD(LIFTED + 1), EXPONENT_FIELD(LIFTED));
    return v_bits_sub(v_fma(u, v, signed_support(small, leading, SMALLEST_LIFTED)), down);
}

/* From 2 on, and where it is not finite, what is formed is not brought down; for that an `a` may be too large
 * to be lifted. */
FA_INLINE vec lifted_by_class(vec a)
{
    return lifted(a, CLASS_MASK(a, DENORMAL), v_set(EITHER(0x1p63f, 0x1p511)), SMALLEST_LIFTED);
}
FA_INLINE vec v_regular_product(vec a, vec b)
{
    const vec u = lifted_by_class(a), leading = v_mul(u, b);
    const mask beyond = BITS_MEET(AS_BITS(leading), AS_BITS(EXPONENT_FIELD(2 * (LIFTED + 1))));
    return F(mask_mul)(brought_down(u, b, leading), beyond, a, b);
}
/* All are rounded on top of the smallest normal number; where that leaves a bit of the exponent the product
 * is normal, and so is a. */
#define EXPONENT_BITS AS_BITS(v_set(INFINITY))
FA_INLINE vec v_lesser_product(vec a, vec b)
{
    const vec u = lifted_by_class(a), support = v_copysign(SMALLEST_LIFTED, a);
    const vec rounded = v_bits_sub(v_fma(u, b, support), EXPONENT_FIELD(LIFTED + 1));
    return F(mask_mul)(rounded, BITS_MEET(AS_BITS(rounded), EXPONENT_BITS), a, b);
}

/* The same for what is brought down by 2**n, formed so that the smallest normal number is 1. */
enum { LIFTED_TO_1 = EXPONENT_BIAS - 1 };
FA_INLINE vec v_moved(vec v, vec t)
{
    const mask moves = v_lt(t, v_set(POWER));
    const vec power = v_pow2(v_add(t, v_set(LIFTED_TO_1))), leading = v_mul(v, power);
    const __m512i rounded = AS_BITS(v_fma(v, power, v_copysign(v_set(1), leading)));
    const __m512i result = I(mask_sub)(AS_BITS(v), moves, rounded, AS_BITS(EXPONENT_FIELD(LIFTED_TO_1 + 1)));
    const mask normal = v_and(moves, BITS_MEET(result, EXPONENT_BITS));
    return AS_VEC(I(mask_sub)(result, normal, AS_BITS(leading), AS_BITS(EXPONENT_FIELD(LIFTED_TO_1))));
}

/* What is subnormal keeps out of the arithmetic. */
FA_INLINE vec v_less_square(vec v) { return F(mask_fnmadd)(v, BITS_MEET(AS_BITS(v), EXPONENT_BITS), v, v); }

/* Of a factor, and LIFTED + what its product's exponents come to; what vanishes is held. */
enum { VANISHED_LEAST = LIFTED - EITHER(153, 1080) };
FA_INLINE vec lifted_factor(vec b, vec e)
{
    return F(scalef)(v_significand(b), v_max(v_set(VANISHED_LEAST), e));
}
FA_INLINE vec v_scaled_product(vec a, vec m, vec t)
{
    const vec e = v_add(v_add(v_exponent(a), v_exponent(m)), v_sub(t, v_set(POWER - LIFTED)));
    const vec u = v_significand(a), v = lifted_factor(m, e), leading = v_mul(u, v);
    const vec product = brought_down(u, v, leading);
    const mask beyond = CLASS_MASK(leading, NOT_FINITE);
    if (!v_any(beyond)) return product;
    return F(mask_scalef)(product, beyond, v_mul(u, v_significand(m)), v_sub(e, v_set(LIFTED)));
}

#ifdef FA_F32
typedef __m512d wide;
#define WIDE_MUL _mm512_mul_pd
#define FIRST_HALF(a) _mm512_cvtps_pd(_mm512_castps512_ps256(a))
#define LAST_HALF(a) _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1))
#define NARROWED(first, last) \
    _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(first)), _mm512_cvtpd_ps(last), 1)
#include "wide.h"
#else
/* (Lifted, float32's products take 1.05 to 1.25 times as long as by way of float64.) */
FA_INLINE vec v_product(vec a, vec b)
{
    const vec e = v_add(v_exponent(a), v_add(v_exponent(b), v_set(LIFTED)));
    const vec u = v_significand(a), v = lifted_factor(b, e), leading = v_mul(u, v);
    return F(mask_mul)(brought_down(u, v, leading), CLASS_MASK(leading, NOT_FINITE), a, b);
}
#endif
/* m * 2**n is formed as it stands: 2**20 times what is held vanishes. */
FA_INLINE vec v_moderate_product(vec a, vec m, vec t)
{
    const vec e = v_add(v_exponent(a), v_sub(t, v_set(POWER - LIFTED))), u = v_significand(a);
    const vec held = v_max(v_set(LIFTED - EITHER(172, 1100)), e);
    const vec v = F(scalef)(m, held), leading = v_mul(u, v);
    return v_any(CLASS_MASK(leading, NOT_FINITE)) ? v_scaled_product(a, m, t) : brought_down(u, v, leading);
}

FA_INLINE vec v_lookup(const lane *eight, vec a, int bit)
{
    const __m512i number = I(srli)(AS_BITS(a), bit); /* the bits above it do not count */
#ifdef FA_F32
    return F(permutexvar)(number, _mm512_broadcast_f32x8(_mm256_loadu_ps(eight)));
#else
    return F(permutexvar)(number, v_load(eight));
#endif
}

enum { LONG_TABLES = 1 };
FA_INLINE vec v_lookup_32(const lane *table, vec a)
{
    const vec first = F(permutex2var)(v_load(table), AS_BITS(a), v_load(table + W));
#ifdef FA_F32
    return first;
#else
    const vec last = F(permutex2var)(v_load(table + 2 * W), AS_BITS(a), v_load(table + 3 * W));
    return v_select(BITS_CLEAR(AS_BITS(a), BITS_SET(2 * W)), first, last);
#endif
}

FA_INLINE vec v_even(vec a, vec b)
{
#ifdef FA_F32
    static const lane_bits EVEN[W] = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
#else
    static const lane_bits EVEN[W] = {0, 2, 4, 6, 8, 10, 12, 14};
#endif
    return F(permutex2var)(a, _mm512_loadu_si512(EVEN), b);
}

FA_INLINE void v_store_even(lane *to, vec a)
{
#ifdef FA_F32
    static const lane_bits TWICE[2 * W] = {0, 0, 1, 1, 2,  2,  3,  3,  4,  4,  5,  5,  6,  6,  7,  7,
                                           8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15};
#else
    static const lane_bits TWICE[2 * W] = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7};
#endif
    const mask even = (mask)0x5555;
    F(mask_storeu)(to, even, F(permutexvar)(_mm512_loadu_si512(TWICE), a));
    F(mask_storeu)(to + W, even, F(permutexvar)(_mm512_loadu_si512(TWICE + W), a));
}

/* Two vectors interleaved, log2(W) times over: each time an element's row and column numbers, written one
 * after the other in binary, turn by one digit. */
FA_INLINE void v_transpose(vec *rows)
{
#ifdef FA_F32
    static const lane_bits FIRST_HALVES[W] = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
    static const lane_bits LAST_HALVES[W] = {8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
#else
    static const lane_bits FIRST_HALVES[W] = {0, 8, 1, 9, 2, 10, 3, 11};
    static const lane_bits LAST_HALVES[W] = {4, 12, 5, 13, 6, 14, 7, 15};
#endif
    const __m512i low = _mm512_loadu_si512(FIRST_HALVES), high = _mm512_loadu_si512(LAST_HALVES);
    FA_UNROLL
    for (int turn = 1; turn < W; turn *= 2) {
        vec turned[W];
        FA_UNROLL
        for (int k = 0; k < W / 2; k++) {
            turned[2 * k] = F(permutex2var)(rows[k], low, rows[k + W / 2]);
            turned[2 * k + 1] = F(permutex2var)(rows[k], high, rows[k + W / 2]);
        }
        FA_UNROLL
        for (int k = 0; k < W; k++) rows[k] = turned[k];
    }
}

#ifdef FA_HALF
#ifdef FA_F16
FA_INLINE vec v_widen(const stored *from)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)from));
}
FA_INLINE __m256i to_stored(vec a)
{
    return _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
#else
FA_INLINE mask is_nan(vec a) { return (mask)~v_le(a, a); }
FA_INLINE vec v_widen(const stored *from)
{
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from));
    return AS_VEC(_mm512_slli_epi32(wide, 16));
}
FA_INLINE __m256i to_stored(vec a)
{
    const __m512i b = AS_BITS(a), odd = _mm512_and_si512(_mm512_srli_epi32(b, 16), BITS_SET(1));
    const __m512i rounded = _mm512_add_epi32(b, _mm512_add_epi32(odd, BITS_SET(0x7fff)));
    const vec chosen = v_select(is_nan(a), F(or)(a, AS_VEC(BITS_SET(1 << 22))), AS_VEC(rounded));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(AS_BITS(chosen), 16));
}
#endif

FA_INLINE void v_spread(stored *to, const stored *from)
{
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from));
    _mm512_mask_storeu_epi16(to, 0x55555555, wide);
}
FA_INLINE void v_collect(stored *to, const stored *from)
{
    _mm256_storeu_si256((__m256i *)to, _mm512_cvtepi32_epi16(_mm512_loadu_si512(from)));
}
FA_INLINE void v_narrow(stored *to, vec a) { _mm256_storeu_si256((__m256i *)to, to_stored(a)); }
FA_INLINE void v_narrow_exact(stored *to, vec a)
{
#ifdef FA_F16
    v_narrow(to, a);
#else
    _mm256_storeu_si256((__m256i *)to, _mm512_cvtepi32_epi16(_mm512_srli_epi32(AS_BITS(a), 16)));
#endif
}

#define DOWN (_MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)
#define UP (_MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)
/* A value rounded both ways: the lesser magnitude, made odd where they differ. */
FA_INLINE vec odd_one(vec down, vec up)
{
    const __m512i less = _mm512_min_epu32(AS_BITS(down), AS_BITS(up));
    return AS_VEC(_mm512_mask_or_epi32(less, COMPARE(down, up, _CMP_NEQ_OQ), less, BITS_SET(1)));
}
FA_INLINE vec v_product_to_odd(vec a, vec b)
{
    return odd_one(F(mul_round)(a, b, DOWN), F(mul_round)(a, b, UP));
}
FA_INLINE vec v_difference_to_odd(vec a, vec b)
{
    return odd_one(F(sub_round)(a, b, DOWN), F(sub_round)(a, b, UP));
}
FA_INLINE vec v_line_to_odd(vec a, vec b, vec c)
{
    return odd_one(F(fmadd_round)(a, b, c, DOWN), F(fmadd_round)(a, b, c, UP));
}

FA_INLINE mask v_is_doubtful(vec a, int slack)
{
    const __m512i offset = _mm512_add_epi32(AS_BITS(a), BITS_SET(slack - HALF_WAY));
    const mask doubtful = BITS_BELOW(_mm512_and_si512(offset, BITS_SET(DROPPED)), BITS_SET(2 * slack + 1));
#ifdef FA_F16
    const vec magnitude = v_abs(a);
    const mask small = v_lt(magnitude, v_set(F16_SMALLEST_NORMAL));
    if (v_any(small)) {
        const vec half = v_set(0.5f), off = v_abs(v_sub(magnitude, v_sub(v_add(magnitude, half), half)));
        const mask small_and_doubtful = v_le(v_set(F16_HALF_STEP - (lane)slack * 0x1p-37f), off);
        return (mask)((small & small_and_doubtful) | (doubtful & (mask)~small));
    }
#endif
    return doubtful;
}
#endif
