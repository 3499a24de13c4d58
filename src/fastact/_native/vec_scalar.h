/* The vocabulary at width 1: the specification of every operation, and the portable fallback.
 *
 * Formulas are written in these names alone. Every other vec_*.h defines the same names in
 * intrinsics and gives the same bits in every lane; tests/test_vocabulary.py compares them.
 * An operation needs two users; a struct never holds a vec (sizeless types must fit later).
 * Where two NaNs meet, 0 * inf as a third in v_fma among them, which of them comes out is not specified; one
 * NaN alone keeps its bits. One made of numbers has the processor's sign: negative on x86, positive on ARM.
 */
#include "region.h"
#include "lane.h"

#define FA_ISA scalar
#define FA_REGION_END

#define W 1 /* lanes in a vec */
typedef lane vec;
typedef int mask;

#define SIGN_BIT ((lane_bits)1 << (8 * sizeof(lane) - 1))
#define MANTISSA_MASK (((lane_bits)1 << MANTISSA_BITS) - 1)

FA_INLINE lane_bits bits_of(vec a)
{
    lane_bits bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}

FA_INLINE vec from_bits(lane_bits bits)
{
    vec a;
    memcpy(&a, &bits, sizeof a);
    return a;
}

/* Memory. The _n forms touch the first n lanes only, 0 <= n <= W; v_load_n fills with zeros. */
FA_INLINE vec v_set(lane value) { return value; }
FA_INLINE vec v_load(const lane *from) { return *from; }
FA_INLINE void v_store(lane *to, vec a) { *to = a; }
FA_INLINE vec v_load_n(const lane *from, ptrdiff_t n) { return n > 0 ? *from : 0; }
FA_INLINE void v_store_n(lane *to, vec a, ptrdiff_t n)
{
    if (n > 0) *to = a;
}

/* A store to an aligned address that leaves no copy in the caches, where the set has one. */
FA_INLINE void v_stream(lane *to, vec a) { *to = a; }
FA_INLINE void v_stream_end(void) {}

#ifdef FA_HALF
/* 16 bits as float32, exactly; a signalling NaN of float16 becomes a quiet one. */
FA_INLINE vec from_stored(uint16_t half)
{
#ifdef FA_F16
    const lane_bits sign = (lane_bits)(half & 0x8000) << 16, rest = (lane_bits)(half & 0x7fff) << 13;
    if (rest >= 0x7c00u << 13)
        return from_bits(sign | rest | 0x70000000 | (rest > 0x7c00u << 13 ? 1u << 22 : 0));
    const vec magnitude = rest < 0x400u << 13 ? (vec)(rest >> 13) * 0x1p-24f : from_bits(rest + (112u << 23));
    return from_bits(bits_of(magnitude) | sign);
#else
    return from_bits((lane_bits)half << 16);
#endif
}

/* float32 rounded to 16 bits, to the even neighbour on a tie; a signalling NaN becomes a quiet one. */
FA_INLINE uint16_t to_stored(vec a)
{
    const lane_bits bits = bits_of(a), rest = bits & 0x7fffffff;
#ifdef FA_F16
    const lane_bits sign = bits >> 16 & 0x8000;
    if (rest > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (rest >> 13 & 0x3ff));
    if (rest >= 0x47800000) return (uint16_t)(sign | 0x7c00); /* from 2**16 on */
    if (rest < bits_of(F16_SMALLEST_NORMAL))
        return (uint16_t)(sign | (bits_of(from_bits(rest) + 0.5f) - bits_of(0.5f)));
    return (uint16_t)(sign | (((rest + 0xfff + (rest >> 13 & 1)) >> 13) - (112u << 10)));
#else
    if (rest > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
#endif
}

FA_INLINE vec v_widen(const stored *from) { return from_stored(*from); }
FA_INLINE void v_narrow(stored *to, vec a) { *to = to_stored(a); }
/* The same of what has come from 16 bits, in which a NaN of bfloat16 stays what it is. */
FA_INLINE void v_narrow_exact(stored *to, vec a)
{
#ifdef FA_F16
    v_narrow(to, a);
#else
    *to = (stored)(bits_of(a) >> 16);
#endif
}

/* W numbers as they are stored go to every second of 2 W, from the first on, or come from there. */
FA_INLINE void v_spread(stored *to, const stored *from) { *to = *from; }
FA_INLINE void v_collect(stored *to, const stored *from) { *to = *from; }

/* Could a number within `slack` units of a's last place be rounded to another 16 bits than a is? Those
 * bits that are rounded off are then near one half of the last that stays. */
FA_INLINE mask v_is_doubtful(vec a, int slack)
{
    const lane_bits rest = bits_of(a) & 0x7fffffff;
#ifdef FA_F16
    if (rest < bits_of(F16_SMALLEST_NORMAL)) {
        const vec magnitude = from_bits(rest), off = magnitude - ((magnitude + 0.5f) - 0.5f);
        return from_bits(bits_of(off) & 0x7fffffff) >= F16_HALF_STEP - (lane)slack * 0x1p-37f;
    }
#endif
    return ((rest + (lane_bits)slack - HALF_WAY) & DROPPED) <= 2 * (lane_bits)slack;
}
#endif

/* Arithmetic, each rounded once: v_fma is c + a*b, v_fnma is c - a*b and leaves a NaN's sign alone. */
FA_INLINE vec v_add(vec a, vec b) { return a + b; }
FA_INLINE vec v_sub(vec a, vec b) { return a - b; }
FA_INLINE vec v_mul(vec a, vec b) { return a * b; }
FA_INLINE vec v_div(vec a, vec b) { return a / b; }
FA_INLINE vec v_sqrt(vec a) { return EITHER(sqrtf, sqrt)(a); }
FA_INLINE vec v_fma(vec a, vec b, vec c) { return EITHER(fmaf, fma)(a, b, c); }
FA_INLINE vec v_fnma(vec a, vec b, vec c)
{
    vec negated = b == b ? -b : b;
#if defined(__clang__) && defined(__aarch64__)
    __asm__("" : "+w"(negated)); /* clang makes FMSUB of this, which negates a NaN too */
#endif
    return EITHER(fmaf, fma)(a, negated, c);
}

/* The bits of v_div and v_sqrt, where an instruction set can do so without its divider. The quotient's
 * operands and itself are from 2**-60 to 2**60 in magnitude (2**-130 to 2**130), or a is 0 or NaN; b is
 * positive. The root's is no less than 2**-60 (2**-510), or 0, negative, infinite or NaN. */
FA_INLINE vec v_div_by_steps(vec a, vec b) { return v_div(a, b); }
FA_INLINE vec v_sqrt_by_steps(vec a) { return v_sqrt(a); }

#ifdef FA_HALF
/* a * b, a * b + c and, for a > b >= 0, a - b as float32 that are rounded to 16 bits as their values would
 * be: inexact ones are cut off and made odd. Neither a nor b, nor a product, is subnormal. */
FA_INLINE vec to_odd(vec a, vec excess)
{
    if (!(excess < 0) && !(excess > 0)) return a;
    return from_bits((bits_of(a) - (bits_of(a) >> 31 == bits_of(excess) >> 31)) | 1);
}
#include "to_odd.h"
#endif

/* The second operand on a tie and where either is NaN: the rule of x86, and the NaN rule here. */
FA_INLINE vec v_max(vec a, vec b) { return a > b ? a : b; }
FA_INLINE vec v_min(vec a, vec b) { return a < b ? a : b; }

/* Comparison: false where either is NaN. */
FA_INLINE mask v_lt(vec a, vec b) { return a < b; }
FA_INLINE mask v_le(vec a, vec b) { return a <= b; }
/* The sign bit, of a zero and a NaN too. */
FA_INLINE mask v_sign(vec a) { return signbit(a) != 0; }
FA_INLINE mask v_and(mask a, mask b) { return a & b; }
FA_INLINE mask v_or(mask a, mask b) { return a | b; }
FA_INLINE int v_any(mask m) { return FA_RARELY(m); }
FA_INLINE vec v_select(mask m, vec yes, vec no) { return m ? yes : no; }

/* A mask as W bits, lane 0 lowest; from the W lowest bits of a number, whatever stands above them. */
FA_INLINE uint64_t v_to_bits(mask m) { return (uint64_t)m; }
FA_INLINE mask v_from_bits(uint64_t bits) { return (mask)(bits & 1); }

/* How many bits of a number are set. */
FA_INLINE int v_count(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int)(bits * 0x0101010101010101u >> 56);
}

/* The lanes whose bits are set, moved together to the front; what follows them is not specified. No bit is
 * set but the W lowest. */
FA_INLINE vec v_compress(vec a, uint64_t bits) { return (void)bits, a; }

/* first + the positions of the set bits, likewise in front; W integers are written. */
FA_INLINE void v_store_positions(int32_t *to, uint64_t bits, int32_t first) { (void)bits, *to = first; }

/* Bits, with no rounding and no exception. */
FA_INLINE vec v_abs(vec a) { return from_bits(bits_of(a) & ~SIGN_BIT); }
FA_INLINE vec v_copysign(vec a, vec sign)
{
    return from_bits((bits_of(a) & ~SIGN_BIT) | (bits_of(sign) & SIGN_BIT));
}
/* The lesser of |x| and a, with the sign of x; a is not below 0, and NaN where x is. */
FA_INLINE vec v_lesser(vec x, vec a) { return v_copysign(v_min(v_abs(x), a), x); }
/* The lesser of |a| and |b|, and the greater; anything where one of them is NaN. */
FA_INLINE vec v_min_magnitude(vec a, vec b) { return v_min(v_abs(a), v_abs(b)); }
FA_INLINE vec v_max_magnitude(vec a, vec b) { return v_max(v_abs(a), v_abs(b)); }

/* How many vectors a loop asks one question: more than one where v_least is cheap. */
enum { GROUP = 1 };
/* The lesser of `least`, a number not below 0, and |a|; `least` where a is 0 or NaN. */
FA_INLINE vec v_least(vec least, vec a) { return a != 0 ? v_min(v_abs(a), least) : least; }

/* The difference of two bit patterns. */
FA_INLINE vec v_bits_sub(vec a, vec b) { return from_bits(bits_of(a) - bits_of(b)); }

/* 2**k from ROUND_TO_INTEGER + EXPONENT_BIAS + k, k an integer in the exponent's normal range. */
FA_INLINE vec v_pow2(vec a) { return from_bits(bits_of(a) << MANTISSA_BITS); }

/* 0 < |a| < bound for a positive, normal bound. */
FA_INLINE mask v_is_tiny(vec a, vec bound)
{
    return (lane_bits)((bits_of(a) << 1) - 1) < (lane_bits)((bits_of(bound) << 1) - 1);
}

/* a * 2**RESCALE for |a| < 1, subnormals included; +0 for either zero. A subnormal's bits under the exponent
 * of 2**(RESCALE + 1 - EXPONENT_BIAS) are that power plus the scaled value. */
FA_INLINE vec v_rescaled(vec a)
{
    const vec power = v_copysign(RESCALE_POWER, a);
    if ((bits_of(a) & ~SIGN_BIT) <= MANTISSA_MASK) return from_bits(bits_of(a) | bits_of(power)) - power;
    return from_bits(bits_of(a) + ((lane_bits)RESCALE << MANTISSA_BITS));
}

/* floor(log2|a|) and a / 2**floor(log2|a|), for a neither 0 nor subnormal nor infinite nor NaN; where
 * SPLITS_ALL, of infinity the one is infinite and of NaN both are NaN. */
enum { SPLITS_ALL = 0 };
FA_INLINE vec v_exponent(vec a) { return (lane)(bits_of(v_abs(a)) >> MANTISSA_BITS) - (lane)EXPONENT_BIAS; }
FA_INLINE vec v_significand(vec a)
{
    return from_bits((bits_of(a) & (SIGN_BIT | MANTISSA_MASK)) | bits_of(1));
}

/* a * b, and a * m * 2**n for t = POWER + n, |n| < 500 (float64: 2**20), of any numbers, 0, infinite, NaN:
 * rounded once, though it be subnormal or a factor is, and at no great cost then. v_split is m with a = m *
 * 2**n where that is a finite number but 0, m between 1 and 2; else m = a and n = 0. v_split_evenly is m with
 * a = m * 4**n, m from 1/2 to 2, for a finite a above 0, one such pair of infinity, m NaN of NaN; *t = power
 * + n. (float32: through float64, for conversions between the formats, unlike products, take no longer for
 * subnormals.)
 *
 * v_regular_product has the bits of v_product, and costs less where the set has a way, at no great cost if b
 * is 0 or no less than 2**-40 (2**-459) in magnitude. v_moderate_product has those of v_scaled_product for an
 * m of no more than 2**20 in magnitude, or any if n is not below 0, and costs more if it is less than 2**-17
 * (2**-400). v_lesser_product has those of v_product, at no great cost if b is from 2**-40 (2**-459) to 1.
 *
 * v_moved is v * 2**n rounded once for t = POWER + n, n an integer from 0 down, t no less than LEAST_MOVE,
 * and a v that so comes to no more than 1 in magnitude; where n is below -RESCALE v is 0 or from 2**-61 to
 * 2**31, and where it is below 0 no NaN. v_less_square is v - v**2 rounded once. */
#ifdef FA_F32
FA_INLINE vec v_product(vec a, vec b) { return (vec)((double)a * (double)b); }
FA_INLINE vec v_scaled_product(vec a, vec m, vec t)
{
    const uint64_t exponent = (uint64_t)(bits_of(t) + WIDE_BIAS) << WIDE_MANTISSA_BITS;
    double power;
    memcpy(&power, &exponent, sizeof power);
    return (vec)((double)a * (double)m * power);
}
#endif
#include "products.h"

/* Of eight numbers the one whose number is three bits of a lane, from `bit` on: of its exponent, or the last
 * two of that and the first of its fraction, a polynomial's coefficient on each octave or half of one. */
FA_INLINE vec v_lookup(const lane *eight, vec a, int bit) { return eight[bits_of(a) >> bit & 7]; }

/* Of 32 numbers the one whose number is the last five bits of a lane; where LONG_TABLES, as quickly. */
enum { LONG_TABLES = 0 };
FA_INLINE vec v_lookup_32(const lane *table, vec a) { return table[bits_of(a) & 31]; }

/* Every second lane of two vectors, from the first on: a's, then b's. */
FA_INLINE vec v_even(vec a, vec b) { return (void)b, a; }

/* The other way: the lanes go to every second of 2 W, from the first on; those between keep what they are. */
FA_INLINE void v_store_even(lane *to, vec a) { *to = a; }

/* The W x W elements of W vectors, rows and columns exchanged. */
FA_INLINE void v_transpose(vec *rows) { (void)rows; }
