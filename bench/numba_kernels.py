"""The loops a Numba user would write, one from each formula; only the table of peers imports this file.

Loops compile when they are first called, for the dtype that they then see, and are kept on disk; the contiguous
layout lets LLVM vectorise those without an exponential.
"""

import math

import numba

from .formulas import FORMULAS, READS, loop

LOCALS = {"x": "v", "y": "y", "grad": "g"}


def _loop(name: str, arrays: str, formula: str):
    *before, last = formula.split("; ")
    arrays = [array.strip() for array in arrays.split(",")]
    lines = [
        f"def {name}({', '.join(f'{array}_' for array in arrays)}, out):",
        "    f = out.dtype.type",
        "    for i in range(out.size):",
        *(f"        {LOCALS[array]} = {array}_[i]" for array in arrays),
        *(f"        {line}" for line in before),
        f"        out[i] = {last}",
    ]
    namespace = {"math": math, "__name__": __name__}
    # With the name of this file Numba finds a place for what it compiled.
    exec(compile("\n".join(lines), __file__, "exec"), namespace)
    return numba.njit(namespace[name], error_model="numpy", cache=True)


KERNELS = {
    loop(label, direction): _loop(loop(label, direction), READS[direction], formula)
    for direction, formulas in FORMULAS.items()
    for label, formula in formulas.items()
}
