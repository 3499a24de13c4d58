/* The vocabulary for NEON, which every aarch64 processor has: 4 lanes of float32 or 2 of float64.
 *
 * The operations are specified in vec_scalar.h. No target region is needed. `F(name)` and `I(name)`
 * are the intrinsic's name for this lane, floating or unsigned integer.
 */
#include "region.h"
#include "lane.h"

#include <arm_neon.h>

#define FA_ISA neon
#define FA_REGION_END

#ifdef FA_F32
#define W 4
#define F(name) v##name##_f32
#define I(name) v##name##_u32
typedef float32x4_t vec;
typedef uint32x4_t bits;
#define AS_BITS(a) vreinterpretq_u32_f32(a)
#define AS_VEC(b) vreinterpretq_f32_u32(b)
#define AS_NUMBER(b) vcvtq_f32_u32(b)
#define AS_PAIR(a) vreinterpretq_f64_f32(a)
#define ANY_BIT(m) vmaxvq_u32(m)
#else
#define W 2
#define F(name) v##name##_f64
#define I(name) v##name##_u64
typedef float64x2_t vec;
typedef uint64x2_t bits;
#define AS_BITS(a) vreinterpretq_u64_f64(a)
#define AS_VEC(b) vreinterpretq_f64_u64(b)
#define AS_NUMBER(b) vcvtq_f64_u64(b)
#define AS_PAIR(a) (a)
#define ANY_BIT(m) vmaxvq_u32(vreinterpretq_u32_u64(m))
#endif

typedef bits mask; /* all bits of a lane, or none */

#define BITS_SET(value) I(dupq_n)(value)
#define SIGN_BIT BITS_SET((lane_bits)1 << (8 * sizeof(lane) - 1))

FA_INLINE vec v_set(lane value) { return F(dupq_n)(value); }
FA_INLINE vec v_load(const lane *from) { return F(ld1q)(from); }
FA_INLINE void v_store(lane *to, vec a) { F(st1q)(to, a); }

/* No load here is masked: what lies past the n lanes must not be touched. */
FA_INLINE vec v_load_n(const lane *from, ptrdiff_t n)
{
    vec a = v_set(0);
    if (n >= W) return v_load(from);
    if (n > 0) a = F(ld1q_lane)(from, a, 0);
#ifdef FA_F32
    if (n > 1) a = vld1q_lane_f32(from + 1, a, 1);
    if (n > 2) a = vld1q_lane_f32(from + 2, a, 2);
#endif
    return a;
}
FA_INLINE void v_store_n(lane *to, vec a, ptrdiff_t n)
{
    if (n >= W) {
        v_store(to, a);
        return;
    }
    if (n > 0) F(st1q_lane)(to, a, 0);
#ifdef FA_F32
    if (n > 1) vst1q_lane_f32(to + 1, a, 1);
    if (n > 2) vst1q_lane_f32(to + 2, a, 2);
#endif
}

/* STNP stores pairs, here the halves of a vector; no intrinsic has it. Other stores' order needs no fence. */
FA_INLINE void v_stream(lane *to, vec a)
{
#if defined(__GNUC__)
    const double first = vgetq_lane_f64(AS_PAIR(a), 0), second = vgetq_lane_f64(AS_PAIR(a), 1);
    __asm__("stnp %d1, %d2, %0" : "=Q"(*(vec *)to) : "w"(first), "w"(second));
#else
    v_store(to, a);
#endif
}
FA_INLINE void v_stream_end(void) {}

FA_INLINE vec v_add(vec a, vec b) { return F(addq)(a, b); }
FA_INLINE vec v_sub(vec a, vec b) { return F(subq)(a, b); }
FA_INLINE vec v_mul(vec a, vec b) { return F(mulq)(a, b); }
FA_INLINE vec v_div(vec a, vec b) { return F(divq)(a, b); }
FA_INLINE vec v_sqrt(vec a) { return F(sqrtq)(a); }
FA_INLINE vec v_div_by_steps(vec a, vec b) { return v_div(a, b); }
FA_INLINE vec v_sqrt_by_steps(vec a) { return v_sqrt(a); }
FA_INLINE vec v_fma(vec a, vec b, vec c) { return F(fmaq)(c, a, b); }

/* The fused subtraction negates an operand, of a NaN too; a product with -1 does not. Compilers make a change
 * of sign of that where they see it. One more multiplication, or none where b is a constant. */
FA_INLINE vec v_fnma(vec a, vec b, vec c)
{
#if defined(__GNUC__)
    vec minus_one = v_set(-1);
    __asm__("" : "+w"(minus_one));
    return v_fma(a, v_mul(b, minus_one), c);
#else
    return v_fma(a, F(bslq)(F(ceqq)(b, b), F(negq)(b), b), c);
#endif
}

FA_INLINE mask v_lt(vec a, vec b) { return F(cltq)(a, b); }
FA_INLINE mask v_le(vec a, vec b) { return F(cleq)(a, b); }
FA_INLINE mask v_sign(vec a) { return I(tstq)(AS_BITS(a), SIGN_BIT); }
FA_INLINE mask v_and(mask a, mask b) { return I(andq)(a, b); }
FA_INLINE mask v_or(mask a, mask b) { return I(orrq)(a, b); }
FA_INLINE int v_any(mask m) { return FA_RARELY(ANY_BIT(m)); }
FA_INLINE vec v_select(mask m, vec yes, vec no) { return F(bslq)(m, yes, no); }

/* The bit of every lane. */
FA_INLINE bits own_bits(void)
{
    static const lane_bits BITS[4] = {1, 2, 4, 8};
    return I(ld1q)(BITS);
}
FA_INLINE uint64_t v_to_bits(mask m) { return (uint64_t)I(addvq)(I(andq)(m, own_bits())); }
FA_INLINE mask v_from_bits(uint64_t number) { return I(tstq)(I(dupq_n)((lane_bits)number), own_bits()); }
FA_INLINE int v_count(uint64_t number) { return vaddv_u8(vcnt_u8(vcreate_u8(number))); }

/* No permutation by a variable but that of bytes; of so few lanes it is quicker to write them one by one. */
FA_INLINE vec v_compress(vec a, uint64_t number)
{
    lane all[W], chosen[W] = {0};
    v_store(all, a);
    for (int k = 0, count = 0; k < W; k++) {
        chosen[count] = all[k];
        count += (int)(number >> k & 1);
    }
    return v_load(chosen);
}
FA_INLINE void v_store_positions(int32_t *to, uint64_t number, int32_t first)
{
    int32_t found[W] = {0};
    for (int k = 0, count = 0; k < W; k++) {
        found[count] = first + k;
        count += (int)(number >> k & 1);
    }
    memcpy(to, found, sizeof found);
}

/* FMAX and FMIN prefer a NaN, and +0 to -0. */
FA_INLINE vec v_max(vec a, vec b) { return v_select(v_lt(b, a), a, b); }
FA_INLINE vec v_min(vec a, vec b) { return v_select(v_lt(a, b), a, b); }

#define MANTISSA_MASK (((lane_bits)1 << MANTISSA_BITS) - 1)

FA_INLINE vec v_abs(vec a) { return F(absq)(a); }
FA_INLINE vec v_copysign(vec a, vec sign) { return v_select(SIGN_BIT, sign, a); }
FA_INLINE vec v_lesser(vec x, vec a) { return v_copysign(v_min(v_abs(x), a), x); }
FA_INLINE vec v_min_magnitude(vec a, vec b) { return v_min(v_abs(a), v_abs(b)); }
FA_INLINE vec v_max_magnitude(vec a, vec b) { return v_max(v_abs(a), v_abs(b)); }
enum { GROUP = 1 };
FA_INLINE vec v_least(vec least, vec a)
{
    const vec magnitude = v_abs(a);
    return v_select(v_and(v_lt(v_set(0), magnitude), v_lt(magnitude, least)), magnitude, least);
}
FA_INLINE vec v_bits_sub(vec a, vec b) { return AS_VEC(I(subq)(AS_BITS(a), AS_BITS(b))); }
FA_INLINE vec v_pow2(vec a) { return AS_VEC(I(shlq_n)(AS_BITS(a), MANTISSA_BITS)); }

FA_INLINE mask v_is_tiny(vec a, vec bound)
{
    const bits one = BITS_SET(1);
    const bits twice = I(shlq_n)(AS_BITS(a), 1), limit = I(shlq_n)(AS_BITS(bound), 1);
    return I(cltq)(I(subq)(twice, one), I(subq)(limit, one));
}

FA_INLINE vec v_rescaled(vec a)
{
    const vec power = v_copysign(v_set(RESCALE_POWER), a);
    const vec from_subnormal = v_sub(AS_VEC(I(orrq)(AS_BITS(a), AS_BITS(power))), power);
    const vec from_normal = AS_VEC(I(addq)(AS_BITS(a), BITS_SET((lane_bits)RESCALE << MANTISSA_BITS)));
    const mask subnormal = I(cleq)(AS_BITS(v_abs(a)), BITS_SET(MANTISSA_MASK));
    return v_select(subnormal, from_subnormal, from_normal);
}

#ifdef FA_F32
typedef float64x2_t wide;
#define WIDE_MUL vmulq_f64
#define FIRST_HALF(a) vcvt_f64_f32(vget_low_f32(a))
#define LAST_HALF(a) vcvt_high_f64_f32(a)
#define POWER_OF_HALF(biased) vreinterpretq_f64_u64(vshlq_n_u64(vmovl_u32(biased), WIDE_MANTISSA_BITS))
#define FIRST_POWER(biased) POWER_OF_HALF(vget_low_u32(AS_BITS(biased)))
#define LAST_POWER(biased) POWER_OF_HALF(vget_high_u32(AS_BITS(biased)))
#define NARROWED(first, last) vcvt_high_f32_f64(vcvt_f32_f64(first), last)
#include "wide.h"
#endif

FA_INLINE vec v_exponent(vec a)
{
    return v_sub(AS_NUMBER(I(shrq_n)(AS_BITS(v_abs(a)), MANTISSA_BITS)), v_set(EXPONENT_BIAS));
}
FA_INLINE vec v_significand(vec a)
{
    return v_select(I(orrq)(SIGN_BIT, BITS_SET(MANTISSA_MASK)), a, v_set(1));
}
#include "products.h"

enum { LONG_TABLES = 0, SPLITS_ALL = 0 };
FA_INLINE vec v_lookup_32(const lane *table, vec a)
{
    lane found[W];
    v_store(found, a);
    for (int k = 0; k < W; k++) {
        lane_bits number;
        memcpy(&number, found + k, sizeof number);
        found[k] = table[number & 31];
    }
    return v_load(found);
}

/* By bytes: each is at its place in the lane after that of the number's lane. */
FA_INLINE vec v_lookup(const lane *eight, vec a, int bit)
{
#ifdef FA_F32
    const bits number = vandq_u32(vshlq_u32(AS_BITS(a), vdupq_n_s32(-bit)), BITS_SET(7));
    const bits bytes = vmlaq_u32(BITS_SET(0x03020100), number, BITS_SET(0x04040404));
    const uint8x16x2_t table = {
        {vreinterpretq_u8_f32(v_load(eight)), vreinterpretq_u8_f32(v_load(eight + 4))}};
    return vreinterpretq_f32_u8(vqtbl2q_u8(table, vreinterpretq_u8_u32(bytes)));
#else
    const bits number = vandq_u64(vshlq_u64(AS_BITS(a), vdupq_n_s64(-bit)), BITS_SET(7));
    return vcombine_f64(vld1_f64(eight + vgetq_lane_u64(number, 0)),
                        vld1_f64(eight + vgetq_lane_u64(number, 1)));
#endif
}
FA_INLINE vec v_even(vec a, vec b) { return F(uzp1q)(a, b); }
FA_INLINE void v_store_even(lane *to, vec a)
{
    lane lanes[W];
    v_store(lanes, a);
    for (int k = 0; k < W; k++) to[2 * k] = lanes[k];
}

#ifdef FA_F32
FA_INLINE void v_transpose(vec *rows)
{
    /* first: element 0 of rows 0 and 1, element 2 of both; last: elements 1 and 3 */
    const float64x2_t first_01 = AS_PAIR(vtrn1q_f32(rows[0], rows[1]));
    const float64x2_t last_01 = AS_PAIR(vtrn2q_f32(rows[0], rows[1]));
    const float64x2_t first_23 = AS_PAIR(vtrn1q_f32(rows[2], rows[3]));
    const float64x2_t last_23 = AS_PAIR(vtrn2q_f32(rows[2], rows[3]));
    rows[0] = vreinterpretq_f32_f64(vtrn1q_f64(first_01, first_23));
    rows[1] = vreinterpretq_f32_f64(vtrn1q_f64(last_01, last_23));
    rows[2] = vreinterpretq_f32_f64(vtrn2q_f64(first_01, first_23));
    rows[3] = vreinterpretq_f32_f64(vtrn2q_f64(last_01, last_23));
}
#else
FA_INLINE void v_transpose(vec *rows)
{
    const vec first = vtrn1q_f64(rows[0], rows[1]), second = vtrn2q_f64(rows[0], rows[1]);
    rows[0] = first, rows[1] = second;
}
#endif

#ifdef FA_HALF
#ifdef FA_F16
FA_INLINE vec v_widen(const stored *from) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from))); }
FA_INLINE uint16x4_t to_stored(vec a) { return vreinterpret_u16_f16(vcvt_f16_f32(a)); }
#else
FA_INLINE mask is_number(vec a) { return v_le(a, a); }
FA_INLINE vec v_widen(const stored *from) { return AS_VEC(vshll_n_u16(vld1_u16(from), 16)); }
FA_INLINE uint16x4_t to_stored(vec a)
{
    const bits b = AS_BITS(a), odd = vandq_u32(vshrq_n_u32(b, 16), BITS_SET(1));
    const bits rounded = vaddq_u32(b, vaddq_u32(odd, BITS_SET(0x7fff)));
    const bits quiet = vorrq_u32(b, BITS_SET(1 << 22));
    return vshrn_n_u32(vbslq_u32(is_number(a), rounded, quiet), 16);
}
#endif

FA_INLINE void v_spread(stored *to, const stored *from)
{
    for (int k = 0; k < W; k++) to[2 * k] = from[k];
}
FA_INLINE void v_collect(stored *to, const stored *from)
{
    vst1_u16(to, vuzp1_u16(vld1_u16(from), vld1_u16(from + W)));
}
FA_INLINE void v_narrow(stored *to, vec a) { vst1_u16(to, to_stored(a)); }
FA_INLINE void v_narrow_exact(stored *to, vec a)
{
#ifdef FA_F16
    v_narrow(to, a);
#else
    vst1_u16(to, vshrn_n_u32(AS_BITS(a), 16));
#endif
}

FA_INLINE vec to_odd(vec a, vec excess)
{
    const bits inexact = vorrq_u32(vcltq_f32(excess, v_set(0)), vcgtq_f32(excess, v_set(0)));
    const bits different = veorq_u32(AS_BITS(a), AS_BITS(excess));
    const bits within = vreinterpretq_u32_s32(vshrq_n_s32(vreinterpretq_s32_u32(different), 31));
    const bits cut = vaddq_u32(AS_BITS(a), vbicq_u32(inexact, within));
    return AS_VEC(vorrq_u32(cut, vshrq_n_u32(inexact, 31)));
}

#include "to_odd.h"

FA_INLINE mask v_is_doubtful(vec a, int slack)
{
    const bits offset = vaddq_u32(AS_BITS(a), BITS_SET((lane_bits)slack - HALF_WAY));
    const mask doubtful = vcleq_u32(vandq_u32(offset, BITS_SET(DROPPED)), BITS_SET(2 * (lane_bits)slack));
#ifdef FA_F16
    const vec magnitude = v_abs(a);
    const mask small = v_lt(magnitude, v_set(F16_SMALLEST_NORMAL));
    if (v_any(small)) {
        const vec half = v_set(0.5f), off = v_abs(v_sub(magnitude, v_sub(v_add(magnitude, half), half)));
        return vbslq_u32(small, v_le(v_set(F16_HALF_STEP - (lane)slack * 0x1p-37f), off), doubtful);
    }
#endif
    return doubtful;
}
#endif
