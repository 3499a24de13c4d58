/* Tables of eight polynomials: in each the centres first, then the constants, and so on, printed by
 * tools/tabulated.py. The place of a among them is a * SCALE + 1. No formula.
 */
typedef lane eight[8];

/* clang-format off */
/* Phi(-a) exp(a**2 / 2), Phi the normal distribution. */
#define NORMAL_TAIL_SCALE 1
static const eight NORMAL_TAIL[] = {
    {0x1.8038p0f, 0x1.3d42p1f, 0x1.ffccp1f, 0x1.7fc6p2f,
     0x1.1f3ap3f, 0x1.a078p3f, 0x1.00dp-2f, 0x1.7f54p-1f},
    {0x1.a547e8p-3f, 0x1.2375f6p-3f, 0x1.82d83p-4f, 0x1.097c2ap-4f,
     0x1.67be46p-5f, 0x1.f34f62p-6f, 0x1.a7ba9cp-2f, 0x1.33abf4p-2f},
    {-0x1.718146p-4f, -0x1.7a80eap-5f, -0x1.5d36d6p-6f, -0x1.50c74cp-7f,
     -0x1.39207p-8f, -0x1.2f6682p-9f, -0x1.2e3f9ap-2f, -0x1.64557p-3f},
    {0x1.1ffd3ep-5f, 0x1.c762eep-7f, 0x1.2e2768p-8f, 0x1.a19b28p-10f,
     0x1.0d80c2p-11f, 0x1.6ea5fp-13f, 0x1.5bed52p-3f, 0x1.5c8f8ep-4f},
    {-0x1.990a38p-7f, -0x1.00de48p-8f, -0x1.f7477p-11f, -0x1.fadd3cp-13f,
     -0x1.cad95p-15f, -0x1.b8a22cp-17f, -0x1.58d3fap-4f, -0x1.2d22e4p-5f},
    {0x1.0ce55p-8f, 0x1.12096ep-10f, 0x1.94487ep-13f, 0x1.2d4dcp-15f,
     0x1.81bb28p-18f, 0x1.07318ap-20f, 0x1.30ab1p-5f, 0x1.d7a08ep-7f},
    {-0x1.4b75b2p-10f, -0x1.16b314p-12f, -0x1.3b725cp-15f, -0x1.5fb7aap-18f,
     -0x1.428126p-21f, -0x1.38f168p-24f, -0x1.ea23acp-7f, -0x1.548b6ap-8f},
    {0x1.8f8dep-12f, 0x1.15a01cp-14f, 0x1.fce2f2p-18f, 0x1.a2970cp-21f,
     0x1.2027ep-24f, 0x1.81f946p-28f, 0x1.71fd78p-8f, 0x1.d12b52p-10f},
    {-0x1.b4127p-14f, -0x1.eeffb4p-17f, -0x1.6e7b92p-20f, -0x1.d21a64p-24f,
     -0x1.c52b4ep-28f, -0x1.c55e3ep-32f, -0x1.0f4d98p-9f, -0x1.26acfcp-11f},
};
/* (1 - s / (1 + e)) / (1 + e), e = exp(-s), s = 1.702 a. */
#define QUICK_GELU_SLOPE_SCALE 1.03125
static const eight QUICK_GELU_SLOPE[] = {
    {0x1.7149b2p0f, 0x1.33eaaap1f, 0x1.f11f08p1f, 0x1.741556p2f,
     0x1.1803ep3f, 0x0p0f, 0x1.ee7c2p-3f, 0x1.80974ap-1f},
    {-0x1.295024p0f, -0x1.7d216p1f, -0x1.65ffc8p2f, -0x1.1c9cd4p3f,
     -0x1.bc95ep3f, 0x1p0f, 0x1.cf974cp-2f, 0x1.06e91p-26f},
    {-0x1.e14712p0f, -0x1.d71b3ap0f, -0x1.b9ae6ep0f, -0x1.b414bp0f,
     -0x1.b3b74ap0f, -0x1.b3b646p0f, -0x1.a2d8fep-2f, -0x1.54cf0ep0f},
    {-0x1.d0ccdep-4f, 0x1.07b63ep-4f, 0x1.03faaap-6f, 0x1.1b0ccap-10f,
     0x1.99c65cp-17f, 0x0p0f, -0x1.e0dd6ep-1f, -0x1.7b078p-1f},
    {0x1.8017c4p-3f, -0x1.47c56cp-8f, -0x1.b7dd84p-8f, -0x1.1597f6p-11f,
     -0x1.aca258p-18f, 0x0p0f, -0x1.4685fep-3f, 0x1.561416p-2f},
    {-0x1.937ce4p-4f, -0x1.7fefe2p-7f, 0x1.e6cc34p-10f, 0x1.8e5858p-13f,
     0x1.4e347ap-19f, 0x0p0f, 0x1.452d2ap-2f, 0x1.68ef58p-4f},
    {0x1.c55d24p-7f, 0x1.17e438p-7f, -0x1.2b084ep-12f, -0x1.b9b138p-15f,
     -0x1.8c0d82p-21f, 0x0p0f, 0x1.4e662cp-5f, -0x1.1987bap-3f},
    {0x1.e01038p-7f, -0x1.b73ea4p-9f, -0x1.98790ep-16f, 0x1.7e3f2cp-17f,
     0x1.87897ap-23f, 0x0p0f, -0x1.ebc554p-4f, 0x1.9558ep-6f},
    {-0x1.5d745cp-7f, 0x1.6d2c3ap-11f, 0x1.6e6882p-15f, -0x1.f8cba2p-20f,
     -0x1.b8209ep-25f, 0x0p0f, -0x1.fa69eep-9f, 0x1.df9704p-6f},
    {0x1.31da02p-9f, 0x1.662ea6p-16f, -0x1.1beb14p-16f, 0x1.0aa63ap-22f,
     0x1.594e12p-27f, 0x0p0f, 0x1.515da4p-5f, -0x1.0b608p-5f},
};
/* (1 - v / (1 + e)) / (1 + e), e = exp(-s), s = C1 a + C3 a**3 as in gated.h, v = C1 a + 3 C3 a**3. */
#define GELU_TANH_SLOPE_SCALE 2.125
static const eight GELU_TANH_SLOPE[] = {
    {0x1.8142ap-1f, 0x1.2d01e2p0f, 0x1.e243c4p0f, 0x1.6823c4p1f,
     0x1.0f3878p2f, 0x0p0f, 0x1.dfd2d2p-4f, 0x1.683878p-2f},
    {-0x1.1f3192p-26f, -0x1.af5782p-1f, -0x1.9a7378p1f, -0x1.06f804p3f,
     -0x1.60de5cp4f, 0x1p0f, 0x1.f67184p-2f, 0x1.9f4db8p-2f},
    {-0x1.79651cp0f, -0x1.40b6a4p1f, -0x1.0a9826p2f, -0x1.b1edccp2f,
     -0x1.a429eap3f, -0x1.988454p0f, -0x1.50a0acp-3f, -0x1.284744p-1f},
    {-0x1.342ea8p0f, -0x1.34a76ap0f, -0x1.2fa4a6p0f, -0x1.b55e2ep0f,
     -0x1.5c095p1f, 0x0p0f, -0x1.87e824p-1f, -0x1.fb4974p-1f},
    {-0x1.3cfc44p-4f, 0x1.83ed2ap-5f, -0x1.39f588p-4f, -0x1.011f4cp-2f,
     -0x1.bd24c6p-3f, -0x1.b6676cp-3f, -0x1.6ca43ep-2f, -0x1.1a3a72p-2f},
    {0x1.dc35bap-4f, 0x1.6ee13p-6f, -0x1.3ac092p-4f, -0x1.1b9d8cp-7f,
     0x1.867fcap-9f, 0x0p0f, 0x1.cb8d74p-5f, 0x1.c5446cp-4f},
    {-0x1.b67d46p-6f, -0x1.a5ed06p-5f, 0x1.220a7cp-11f, 0x1.b7cd4p-7f,
     -0x1.c66756p-10f, 0x0p0f, 0x1.d5f57ep-5f, 0x1.0ead4cp-5f},
    {-0x1.5c49e6p-6f, 0x1.7d6372p-9f, 0x1.77371ep-7f, -0x1.e466bcp-9f,
     0x1.7e22ccp-12f, 0x0p0f, -0x1.2f54bp-7f, -0x1.706a86p-6f},
    {0x1.4d01c8p-8f, 0x1.61af02p-7f, -0x1.463442p-9f, -0x1.5cb92ap-11f,
     0x1.b5277cp-14f, 0x0p0f, -0x1.953606p-6f, -0x1.c308eep-8f},
};
/* clang-format on */
