/* Tables of eight polynomials: in each the centres first, then the constants, and so on, printed by
 * tools/tabulated.py. The place of a among them is a * SCALE + 1, in NORMAL_PART
 * a**2 + WEIGHT a + NORMAL_STEP. No formula.
 */
typedef lane eight[8];

/* clang-format off */
/* a Phi(-a) 2**(a**2 / NORMAL_STEP) / 2, Phi the normal distribution, but that it is 0 where 0 is held, and
 * negative in the last octave. */
#define NORMAL_WEIGHT 2.25f
static const eight NORMAL_PART[] = {
    {0x1.14402cp-1f, 0x1.44b642p0f, 0x1.21d0b4p1f, 0x1.d928dep1f,
     0x1.68a144p2f, 0x1.11c05ep3f, 0x1.8960bap3f, 0x1p-60f},
    {0x1.78909cp-4f, 0x1.285ba2p-3f, 0x1.5faf46p-3f, 0x1.777964p-3f,
     0x1.799272p-3f, 0x1.67baeep-3f, -0x1.40c47ep-3f, 0x0p0f},
    {0x1.cbd532p-4f, 0x1.6e092p-5f, 0x1.f8570ap-7f, 0x1.b97d88p-9f,
     -0x1.797b8p-10f, -0x1.102f7ep-8f, 0x1.7e40a8p-8f, 0x1p-2f},
    {-0x1.3d3c82p-4f, -0x1.a97ac2p-6f, -0x1.fbdebep-8f, -0x1.192592p-9f,
     -0x1.79a88ap-11f, -0x1.4826d6p-12f, 0x1.449128p-13f, -0x1.988446p-3f},
    {0x1.5a68p-5f, 0x1.841b4cp-7f, 0x1.6a7448p-9f, 0x1.13d77ap-11f,
     0x1.a0c4a4p-14f, 0x1.64e2dep-16f, -0x1.610b6ep-17f, 0x1.fe621ap-4f},
    {-0x1.46ade2p-6f, -0x1.39105ap-8f, -0x1.deaff4p-11f, -0x1.17aa88p-13f,
     -0x1.2c6526p-16f, -0x1.ed91ecp-20f, 0x1.04938cp-22f, -0x1.0ea9p-4f},
    {0x1.191aa2p-7f, 0x1.d81fbp-10f, 0x1.2fb91cp-12f, 0x1.1ae7f8p-15f,
     0x1.d1ea32p-19f, 0x1.1fb6c8p-22f, -0x1.53b4p-26f, 0x1.ef3af6p-6f},
    {-0x1.b23058p-9f, -0x1.42d12ep-11f, -0x1.547fbcp-14f, -0x1.0074d8p-17f,
     -0x1.2f07d2p-21f, -0x1.29bc62p-25f, 0x0p0f, -0x1.47277ep-7f},
};
/* tanh(a). */
#define TANH_VALUE_SCALE 1.5
static const eight TANH_VALUE[] = {
    {0x1.ffc556p-1f, 0x1.aceaaap0f, 0x1.556aaap1f, 0x1.ffc8p1f,
     0x1.80dp2f, 0x1.155556p3f, 0x0p0f, 0x1.000556p-1f},
    {0x1.85d706p-1f, 0x1.dd5268p-1f, 0x1.fb1618p-1f, 0x1.ffa7cap-1f,
     0x1.fffe6ep-1f, 0x1.fffffep-1f, 0x0p0f, 0x1.d93da2p-2f},
    {0x1.ae58dp-2f, 0x1.0c079cp-3f, 0x1.38f7ccp-6f, 0x1.60b986p-10f,
     0x1.91cee6p-16f, 0x1.fd7984p-24f, 0x1p0f, 0x1.92a566p-1f},
    {-0x1.47abbp-2f, -0x1.f3c032p-4f, -0x1.35f5e8p-6f, -0x1.608102p-10f,
     -0x1.938cccp-16f, -0x1.fa471ap-24f, -0x1.1c6436p-22f, -0x1.742a44p-2f},
    {0x1.a82d8cp-4f, 0x1.1f3716p-4f, 0x1.954f36p-7f, 0x1.d55d42p-11f,
     0x1.0d3512p-16f, 0x1.54d88ap-24f, -0x1.55516ep-2f, -0x1.81bd08p-4f},
    {0x1.c94dfep-6f, -0x1.94efbcp-6f, -0x1.85c5dp-8f, -0x1.d32b4ep-12f,
     -0x1.018408p-17f, -0x1.527c66p-25f, -0x1.22d448p-12f, 0x1.513b8cp-3f},
    {-0x1.7ca41ap-5f, 0x1.518112p-9f, 0x1.1faa5p-9f, 0x1.73f8a4p-13f,
     0x1.9b0e54p-19f, 0x1.070c56p-26f, 0x1.15d7c8p-3f, -0x1.be5a8p-6f},
    {0x1.1dbf4ep-6f, 0x1.b5d3e8p-9f, -0x1.3996a4p-11f, -0x1.03d85ep-14f,
     -0x1.6bb626p-20f, -0x1.ae7dfep-28f, -0x1.35da32p-7f, -0x1.99551ap-5f},
    {0x1.c55f6ep-9f, -0x1.5325a8p-9f, 0x1.77ce6ap-14f, 0x1.1eec08p-16f,
     0x1.a20e58p-22f, 0x1.01ed8ep-29f, -0x1.36a15cp-5f, 0x1.ce7bbp-6f},
};
/* a - tanh(a). */
#define TANHSHRINK_VALUE_SCALE 1.6625
static const eight TANHSHRINK_VALUE[] = {
    {0x1.c989ap-1f, 0x1.8181ecp0f, 0x1.343bacp1f, 0x1.cee9dep1f,
     0x1.5910d8p2f, 0x1.e82ad4p2f, 0x0p0f, 0x1.cce22ap-2f},
    {0x1.718e34p-3f, 0x1.330984p-1f, 0x1.6c943cp0f, 0x1.4f192cp1f,
     0x1.191186p2f, 0x1.a82ad6p2f, 0x0p0f, 0x1.cca4f8p-6f},
    {0x1.046accp-1f, 0x1.a475b8p-1f, 0x1.efae44p-1f, 0x1.fe85d6p-1f,
     0x1.fff52p-1f, 0x1.ffffep-1f, 0x0p0f, 0x1.6ca842p-3f},
    {0x1.66d926p-2f, 0x1.4bd134p-3f, 0x1.00e9f8p-5f, 0x1.799cfap-9f,
     0x1.5bf316p-14f, 0x1.f1febep-21f, 0x0p0f, 0x1.63281ep-2f},
    {-0x1.60cf54p-4f, -0x1.6547d2p-4f, -0x1.4b7bc2p-6f, -0x1.f60a6ap-10f,
     -0x1.d04e3cp-15f, -0x1.435e3ep-21f, 0x1.555556p-2f, 0x1.0562bp-3f},
    {-0x1.c5b2b4p-5f, 0x1.9a4426p-6f, 0x1.35be84p-7f, 0x1.f355bp-11f,
     0x1.d0772ep-16f, 0x1.768634p-22f, -0x1.d65418p-20f, -0x1.5b129cp-3f},
    {0x1.d5890cp-5f, 0x1.3adbf6p-9f, -0x1.ad73ccp-9f, -0x1.8a72fap-12f,
     -0x1.6d43e2p-17f, -0x1.742804p-23f, -0x1.10ef98p-3f, 0x1.5f4006p-7f},
    {-0x1.de3a9ap-7f, -0x1.c87c9p-8f, 0x1.93334p-11f, 0x1.fbce4ep-14f,
     0x1.e621ecp-19f, 0x1.1f16b2p-25f, -0x1.d48d58p-11f, 0x1.ea9c82p-5f},
    {-0x1.46f2dp-7f, 0x1.02e98cp-8f, -0x1.357bb2p-19f, -0x1.1f7efap-15f,
     -0x1.4b45fep-20f, 0x1.6af71cp-27f, 0x1.e9af3p-5f, -0x1.8c73b8p-6f},
    {0x1.33e88p-7f, -0x1.97867ap-11f, -0x1.84d026p-14f, 0x1.3ae0a6p-17f,
     0x1.485842p-22f, -0x1.c56d96p-29f, -0x1.256e1ap-6f, -0x1.379d14p-6f},
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
