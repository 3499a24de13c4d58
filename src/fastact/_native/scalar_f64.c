/* scalar in float64: one cell of the build matrix. */
#include "vec_scalar.h"
#include "mathfn.h"
#include "activations.h"
#include "loops.h"
