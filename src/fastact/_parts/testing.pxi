# What tests see of the native code; nothing else calls it. Included by _core.pyx.

def _operations():
    """Return the names of the vocabulary's operations, and the lanes of float32 and float64."""
    cdef const fa_operation *operation = fa_isa_unit(fa_isa_active(), FA_F32_INDEX).operations
    names = []
    while operation.name != NULL:
        names.append(operation.name.decode())
        operation += 1
    return names, tuple([fa_isa_unit(fa_isa_active(), dtype).lanes for dtype in (FA_F32_INDEX, FA_F64_INDEX)])


def _operate(str name, cnp.ndarray a, cnp.ndarray b, cnp.ndarray c):
    """Run one operation of the active set's vocabulary over contiguous arrays of one dtype."""
    cdef const fa_operation *operation = fa_isa_unit(fa_isa_active(), _dtype(a)).operations
    cdef cnp.ndarray out = np.zeros_like(a)
    while operation.name.decode() != name:
        operation += 1
    operation.run(cnp.PyArray_DATA(a), cnp.PyArray_DATA(b), cnp.PyArray_DATA(c), cnp.PyArray_DATA(out), a.size)
    return out


def _widened(cnp.ndarray half, bint bfloat16):
    """Return 16-bit numbers, given as uint16, as the active set reads them."""
    cdef cnp.ndarray out = np.empty(half.size, np.float32)
    fa_isa_unit(fa_isa_active(), FA_BF16_INDEX if bfloat16 else FA_F16_INDEX).widen(
        cnp.PyArray_DATA(half), <float *>cnp.PyArray_DATA(out), half.size)
    return out


def _narrowed(cnp.ndarray wide, bint bfloat16, int slack):
    """Return float32 numbers as the active set writes them, as uint16, and the positions of doubtful ones."""
    cdef cnp.ndarray out = np.empty(wide.size, np.uint16), doubtful = np.empty(wide.size, np.uint16)
    cdef Py_ssize_t count = fa_isa_unit(fa_isa_active(), FA_BF16_INDEX if bfloat16 else FA_F16_INDEX).narrow(
        <float *>cnp.PyArray_DATA(wide), cnp.PyArray_DATA(out), wide.size, slack, cnp.PyArray_DATA(doubtful))
    return out, doubtful[:count]


def _workers():
    return fa_workers()


def _worth_waking(double microseconds):
    """Set how much work wakes a thread; returns what it was."""
    global fa_worth_waking
    cdef double before = fa_worth_waking
    fa_worth_waking = microseconds
    return before


def _stream_bytes(tuple counts):
    """Set from how many bytes on results, of selections and others, are written past the caches; returns what was set."""
    global fa_stream_bytes, fa_stream_computed_bytes
    cdef tuple before = (fa_stream_bytes, fa_stream_computed_bytes)
    fa_stream_bytes, fa_stream_computed_bytes = counts
    return before


def _filled(units):
    """Return, for units given as lists of which kernels they have, where each active one comes from."""
    cdef fa_kernel[16] filled
    cdef int i, k, count = len(units), functions = len(units[0])
    cdef fa_kernel candidates[16][16]
    cdef const fa_kernel *rows[16]
    for i in range(count):
        rows[i] = candidates[i]
        for k in range(functions):
            candidates[i][k] = <fa_kernel><intptr_t>(i + 1) if units[i][k] else NULL
    fa_fill(rows, count, functions, filled)
    return [<intptr_t>filled[k] - 1 for k in range(functions)]
