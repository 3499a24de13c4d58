# fastact for Cython: what include/fastact_api.h declares, which says how it is used.
#
#     from fastact cimport FASTACT_FLOAT32, fastact, fastact_forward, fastact_import
#
#     fastact_import()
#     cdef int gelu = fastact.find("gelu")

cdef extern from "fastact_api.h" nogil:
    enum: FASTACT_API_VERSION
    enum: FASTACT_FLOAT32, FASTACT_FLOAT64, FASTACT_FLOAT16, FASTACT_BFLOAT16
    enum: FASTACT_DONE, FASTACT_NO_FUNCTION, FASTACT_NO_DTYPE, FASTACT_BAD_PARAMETER

    ctypedef struct fastact_table:
        int version
        int (*find)(const char *name) noexcept
        int (*input_count)(int function) noexcept
        int (*parameter_count)(int function) noexcept
        int (*call)(int function, int dtype, const void *first, const void *second, void *out, ptrdiff_t n,
                    const double *parameters, int threads) noexcept
        double (*one)(int function, int dtype, double first, double second, double parameter0,
                      double parameter1) noexcept

    const fastact_table *fastact
    int fastact_forward(int function, int dtype, const void *x, void *out, ptrdiff_t n,
                        const double *parameters) noexcept
    int fastact_backward(int function, int dtype, const void *grad, const void *x_or_y, void *out, ptrdiff_t n,
                         const double *parameters) noexcept

cdef extern from "fastact_api.h":
    int fastact_import() except -1
