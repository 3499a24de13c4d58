/* scalar in float16: one cell of the build matrix. */
#define FA_F16
#include "vec_scalar.h"
#include "mathfn.h"
#include "activations.h"
#include "loops.h"
