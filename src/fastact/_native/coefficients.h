/* The coefficients of the activations' polynomials and quotients, lowest power first: printed by
 * tools/coefficients.sollya and, for quotients, tools/rational.py. No formula.
 */

/* Roots of derivatives, high and low part; around them a polynomial in the distance d from the root
 * takes over: f' = d (c[0] + (c[1] + d (c[2] + ...))), c[0] + c[1] being f'' there. */
#define NEAR_ROOT 0.5
#define SILU_ROOT EITHER(-0x1.474974p0f, -0x1.474973c84120bp0)
#define SILU_ROOT_LOW EITHER(0x1.bdf6fap-27f, -0x1.f8d74bc9ac154p-54)
#define MISH_ROOT EITHER(-0x1.31432cp0f, -0x1.31432c0d12d84p0)
#define MISH_ROOT_LOW EITHER(-0x1.a25b08p-29f, -0x1.bf319154da21p-55)

/* gelu' for x < 0 is exp(-a**2 / 2) (REST + (a - ROOT) S), a = |x|, S a polynomial in (a - M) / (a + M). REST
 * is what is left at ROOT, a rounded number; at a = M S is almost its first coefficient. */
#define GELU_SLOPE_ROOT EITHER(0x1.80ead2p-1f, 0x1.80ead197f00b4p-1)
#define GELU_SLOPE_REST EITHER(-0x1.dc87p-28f, -0x1.3bdb95217ce99p-57)
#define GELU_SLOPE_MIDDLE EITHER(0x1.02cp2f, 4)

/* clang-format off */
#ifdef FA_F32
#include "tables.h"
static const lane SILU_NEAR_ROOT[] = {
    0x1.be141p-3f, 0x1.c2d6bp-29f, 0x1.2c5634p-3f, 0x1.353e06p-6f, -0x1.f2d122p-7f, -0x1.b0c13p-8f,
    0x1.0d13aep-13f, 0x1.97b44cp-11f, 0x1.698ee6p-13f};
static const lane MISH_NEAR_ROOT[] = {
    0x1.115accp-2f, -0x1.7d7a98p-27f, 0x1.a34a26p-3f, 0x1.574f1ap-5f, -0x1.4c23b4p-6f,
    -0x1.0338e4p-6f, -0x1.b7cf6ep-9f, 0x1.201f98p-10f, 0x1.f8d7fcp-11f, 0x1.d0002cp-13f};
/* (tanh(r) / r - 1) / u, u = r**2, for |r| up to 0.26. */
static const lane TANH[] = {
    -0x1.555548p-2f, 0x1.10f4fp-3f, -0x1.a88896p-5f};
/* (log(1 + e) / e - 1) / e on [0, 1], in e - 1/2: in e itself large terms would cancel at 1. */
static const lane LOG1P[] = {
    -0x1.833706p-2f, 0x1.6f0d7ep-3f, -0x1.7ddd9ep-4f, 0x1.a27734p-5f, -0x1.dabb72p-6f, 0x1.13797ap-6f,
    -0x1.3b427ep-7f, 0x1.770cfep-8f, -0x1.3312ccp-8f, 0x1.7e74c2p-9f};
/* S of gelu'. */
static const lane GELU_SLOPE[] = {
    -0x1.d8bd98p-2f, 0x1.a4bd08p-4f, -0x1.f01b24p-5f, 0x1.d34f8ap-6f, -0x1.44aafcp-7f, 0x1.06368ep-9f,
    0x1.9bc78ep-14f, -0x1.8fe17ap-13f, 0x1.65f3fap-16f, 0x1.22516cp-16f};
/* 2**f on [-1/2, 1/2], to 2**-23; Phi(-a) exp(a**2 / 2) = P(a) / Q(a), to 2**-20.6. */
static const lane COARSE_EXP2[] = {
    0x1p0f, 0x1.62e42ap-1f, 0x1.ebf9b6p-3f, 0x1.c6b69ap-5f, 0x1.3ceca6p-7f, 0x1.5bffbap-10f};
static const lane COARSE_TAIL_P[] = {
    0x1.ffffecp-2f, 0x1.7b61f4p-2f, 0x1.fde8d8p-4f, 0x1.2ad86cp-6f};
static const lane COARSE_TAIL_Q[] = {
    0x1p0f, 0x1.89f146p0f, 0x1.f43aa6p-1f, 0x1.3f664ap-2f, 0x1.7691e2p-5f};
/* tanh(x) / x = P(u) / Q(u), u = x**2, for |x| up to 4.56, to 2**-23.8. */
static const lane COARSE_TANH_P[] = {
    0x1p0f, 0x1.01dc3p-3f, 0x1.4e81eep-9f, 0x1.6e6792p-18f};
static const lane COARSE_TANH_Q[] = {
    0x1p0f, 0x1.d6435ap-2f, 0x1.6d5baep-6f, 0x1.6db1cep-13f};
#else
static const lane SILU_NEAR_ROOT[] = {
    0x1.be1410460527fp-3, -0x1.c7119d34f503cp-58, 0x1.2c563458cc0adp-3, 0x1.353eb573ca59fp-6,
    -0x1.f2d0e32bc2b72p-7, -0x1.b0f82c49aac8dp-8, 0x1.098e92b8fa4e2p-13, 0x1.a2a7cb0bec7cep-11,
    0x1.8574d151fca68p-13, -0x1.5723a84d9d13ep-15, -0x1.f2d8abb257dc7p-16, -0x1.8ae5ef4fc9622p-19,
    0x1.3ae77bd4a03aep-19, 0x1.cca6ea601769ap-21, -0x1.0eb10cb2e08bfp-25, -0x1.79a6ce5d276acp-24,
    -0x1.167e0d0cf2863p-26};
#define GELU_TANH_ROOT -0x1.81429f9e97e4dp-1
#define GELU_TANH_ROOT_LOW 0x1.3ce60c9e3b279p-55
static const lane GELU_TANH_NEAR_ROOT[] = {
    0x1.b8bacd2c96b91p-2, 0x1.5137fedc42cf8p-56, 0x1.8cd1a2b2fff32p-2, -0x1.029615edb08b6p-6,
    -0x1.d2b7734646ee8p-4, -0x1.104a83edb873ep-6, 0x1.427996dc0a3efp-6, 0x1.58c9ed6bb8ab5p-8,
    -0x1.3d8d6400f566dp-9, -0x1.e63f25af17c0cp-11, 0x1.14bf7f7198a87p-12, 0x1.0492c712e424p-13,
    -0x1.25393a6395551p-15, -0x1.0b784ee26cbabp-16, 0x1.8ccac9526593p-18, 0x1.420881e54f463p-19,
    -0x1.051d60c9a0ffap-20, -0x1.7d2e992d5425ap-22, 0x1.ef10e5804a227p-24};
static const lane MISH_NEAR_ROOT[] = {
    0x1.115acb42500bbp-2, 0x1.19b0e92bd4a7p-56, 0x1.a34a251d8ad7bp-3, 0x1.574f121a868ep-5,
    -0x1.4c222fe64d4c1p-6, -0x1.03369d4ac94ddp-6, -0x1.b87ddfb518334p-9, 0x1.1e5e184ab68bbp-10,
    0x1.0379918072f1fp-10, 0x1.0a7954af851fep-12, -0x1.5fff99be881cdp-15, -0x1.d45398cd74c37p-15,
    -0x1.223c6ba8873e9p-16, 0x1.f9f70cba48276p-21, 0x1.868b8c01b6d9fp-19, 0x1.200c36e8fd217p-20,
    0x1.8da30b51061ep-26, -0x1.3734e066bed6ap-23, -0x1.d06428b83615ap-25};
/* (x - tanh(x)) / x**3 = P(u) / Q(u), u = x**2. */
static const lane TANHSHRINK_P[] = {
    0x1p0, 0x1.07126763faa27p-4, 0x1.7e977664b8671p-11, 0x1.bc6d363a60d02p-25};
static const lane TANHSHRINK_Q[] = {
    0x1.8p1, 0x1.6486a695f2314p0, 0x1.2d3f5f26ee88ep-4, 0x1.8fecf20c37eacp-11};
/* (tanh(r) / r - 1) / u, u = r**2, for |r| up to 0.26. */
static const lane TANH[] = {
    -0x1.5555555555555p-2, 0x1.1111111110f18p-3, -0x1.ba1ba1b9b032dp-5, 0x1.664f48316ee86p-6,
    -0x1.226e14eb10b5fp-7, 0x1.d6c52b4f6ec7ap-9, -0x1.7bc13826da02ep-10, 0x1.142c91b80011bp-11};
/* (log(1 + e) / e - 1) / e on [0, 1], in e - 1/2: in e itself large terms would cancel at 1. */
static const lane LOG1P[] = {
    -0x1.833704d019edp-2, 0x1.6f0d7bd624bcdp-3, -0x1.7ddf1fe86ab71p-4, 0x1.a279c04c81412p-5,
    -0x1.da348248aeb67p-6, 0x1.131116f665e45p-6, -0x1.44ba45bf5be1fp-7, 0x1.8490521eaa24p-8,
    -0x1.d5fb011489d9ap-9, 0x1.1ebcbff492c64p-9, -0x1.6073a12a1b92ap-10, 0x1.b3f51899a781bp-11,
    -0x1.0f05e56bba831p-11, 0x1.51df6b78571fdp-12, -0x1.a7f78000403cep-13, 0x1.11c4834254fc3p-13,
    -0x1.5851a4286ad24p-14, 0x1.5b78e84cd148dp-15, -0x1.c29512d1d46e1p-16, 0x1.2ce8e4752c5c6p-15,
    -0x1.7880644b3cc0ep-16};
/* S of gelu'. */
static const lane GELU_SLOPE[] = {
    -0x1.d94de78425463p-2, 0x1.a763001ac67ddp-4, -0x1.ef4ff8013794fp-5, 0x1.cc1e2623d924fp-6,
    -0x1.37754d816da29p-7, 0x1.d4c8222aa0935p-10, 0x1.443f63e6f95eap-13, -0x1.85999c2d64355p-13,
    0x1.2538114ed37b1p-16, 0x1.2e9380800d03fp-16, -0x1.dafbddd531ba3p-19, -0x1.2987790191045p-19,
    0x1.083ced8077f72p-21, 0x1.7733bf9a87d58p-22, -0x1.c237b9c8a2272p-25, -0x1.102012747ae0dp-24,
    0x1.9a3f023ef2eedp-31, 0x1.88d2f850e767bp-27, 0x1.e94738231afep-30, -0x1.d759d750794c8p-30,
    -0x1.3756f238dee8ap-31, 0x1.4b787e0d39807p-33, 0x1.46d14af475b62p-34};
/* D of 1 / (2 exp(a**2 / 2) Phi(-a)) = 1 + a D, in (a - 4) / (a + 4). */
static const lane NORMAL_ODDS[] = {
    0x1.12f1e13c3adc5p0, 0x1.eedbd4b9d1ae1p-3, -0x1.0061f30b83b58p-4, -0x1.9b42171e2b9a6p-7,
    0x1.20368f891b68p-6, -0x1.6ee7a70a13797p-9, -0x1.071aeb365015bp-8, 0x1.0b6d78c736ad3p-9,
    0x1.5668d7014d1b1p-11, -0x1.a5b5e8862af12p-11, -0x1.461101d769925p-17, 0x1.09c19089d6ad1p-12,
    -0x1.a3eecea3d608dp-15, -0x1.1c97b33f98ffbp-14, 0x1.d06975e776fd1p-16, 0x1.febbee3313f9cp-17,
    -0x1.64bea429bd04ap-17, -0x1.5cbb694c48ce9p-19, 0x1.c4a0d9a248aebp-19, 0x1.ee150dd3cbda6p-23,
    -0x1.e629d4ccb522cp-21, 0x1.2e85827c4ad0dp-26, 0x1.995c5372e7cp-23, -0x1.2b3223104be25p-31,
    -0x1.8f83221070813p-26, -0x1.55a2163692fcep-29};
#endif
/* clang-format on */
