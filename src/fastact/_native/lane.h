/* The floating-point format of a translation unit: float32 with FA_F32 defined, float64 without.
 *
 * FA_F16 or FA_BF16 is float32 whose arrays hold float16 or bfloat16. Every vec_*.h includes it.
 * `EITHER(a, b)` is how a formula names a constant that differs between float32 and float64. It
 * must not contain anything that depends on an instruction set.
 */
#if defined(FA_F16) || defined(FA_BF16)
#define FA_HALF
#define FA_F32
typedef uint16_t stored; /* an element in memory */
#else
#define stored lane
#endif

#ifdef FA_F32
typedef float lane;
typedef uint32_t lane_bits;
#define EITHER(f32, f64) (f32)
#if defined(FA_F16)
#define FA_DTYPE f16
#elif defined(FA_BF16)
#define FA_DTYPE bf16
#else
#define FA_DTYPE f32
#endif
#else
typedef double lane;
typedef uint64_t lane_bits;
#define EITHER(f32, f64) (f64)
#define FA_DTYPE f64
#endif

#define MANTISSA_BITS EITHER(23, 52)
#define EXPONENT_BIAS EITHER(127, 1023)
#define SMALLEST_NORMAL EITHER(FLT_MIN, DBL_MIN)

/* The least size of a page on x86-64. */
enum { PAGE_BYTES = 4096 };

/* The bits that rounding to 16 bits drops, and their value in the middle. */
#ifdef FA_F16
#define DROPPED 0x1fff
#define HALF_WAY 0x1000
#else
#define DROPPED 0xffff
#define HALF_WAY 0x8000
#endif

/* float16's smallest normal number, and half its subnormals' spacing, as float32. */
#define F16_SMALLEST_NORMAL 0x1p-14f
#define F16_HALF_STEP 0x1p-25f

/* 1.5 * 2**MANTISSA_BITS: adding it rounds to an integer, which the low bits of the sum then hold.
 * With EXPONENT_BIAS added as well, those bits are the exponent field of a power of two. */
#define ROUND_TO_INTEGER EITHER(0x1.8p23f, 0x1.8p52)

/* float64's fraction, and what makes its exponent of float32's. */
enum { WIDE_MANTISSA_BITS = 52, WIDE_BIAS = 1023 - 127 };

/* POWER + n, n an integer, is what v_pow2 makes 2**n of; n may be added to it and compared in it. */
#define POWER (ROUND_TO_INTEGER + EXPONENT_BIAS)

/* A power of two that brings every subnormal well into the normal range; v_rescaled has the rest. */
#define RESCALE EITHER(64, 512)
#define RESCALE_POWER EITHER(0x1p-62f, 0x1p-510)

/* The product of two numbers that are not tiny is normal. */
#define TINY EITHER(0x1p-60f, 0x1p-510)
