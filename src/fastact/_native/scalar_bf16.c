/* scalar in bfloat16: one cell of the build matrix. */
#define FA_BF16
#include "vec_scalar.h"
#include "mathfn.h"
#include "activations.h"
#include "loops.h"
