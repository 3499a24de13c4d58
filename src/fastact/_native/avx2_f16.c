/* avx2 in float16: one cell of the build matrix. */
#if defined(__x86_64__) || defined(_M_X64)
#define FA_F16
#include "vec_avx2.h"
#include "mathfn.h"
#include "activations.h"
#include "loops.h"
#endif
