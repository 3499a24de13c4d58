/* neon in float32: one cell of the build matrix. */
#if defined(__aarch64__) || defined(_M_ARM64)
#define FA_F32
#include "vec_neon.h"
#include "mathfn.h"
#include "activations.h"
#include "loops.h"
#endif
