/* scalar in float32: one cell of the build matrix. */
#define FA_F32
#include "vec_scalar.h"
#include "mathfn.h"
#include "activations.h"
#include "loops.h"
