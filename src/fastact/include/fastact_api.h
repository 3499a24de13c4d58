/* fastact for C, C++ and Cython: its elementwise functions on plain memory, without Python objects and
 * without the GIL. Compile with the folder that fastact.get_include() names; nothing is linked.
 *
 *     #include <Python.h>
 *     #include <fastact_api.h>
 *
 *     if (fastact_import() < 0) return NULL;                       in the module's init, with the GIL
 *     const int gelu = fastact->find("gelu");
 *     fastact_forward(gelu, FASTACT_FLOAT32, x, y, n, NULL);       anywhere, in any thread
 *
 * The name `fastact` is a static pointer of each file that includes this: call fastact_import() in each.
 */
#ifndef FASTACT_API_H
#define FASTACT_API_H

#include <Python.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FASTACT_API_VERSION = 1 };

/* Elements: float, double, and 16 bits of float16 and bfloat16. */
enum { FASTACT_FLOAT32, FASTACT_FLOAT64, FASTACT_FLOAT16, FASTACT_BFLOAT16 };

/* What a call returns. */
enum { FASTACT_DONE = 0, FASTACT_NO_FUNCTION = -1, FASTACT_NO_DTYPE = -2, FASTACT_BAD_PARAMETER = -3 };

/* Later versions append to it and never change what is there. */
typedef struct fastact_table {
    int version;

    /* A function's number by its name in Python: "gelu", "gelu_backward", "relu_backward_from_output", and
     * "gelu_tanh" for the other form; below 0 if there is none. Numbers differ between versions of fastact.
     */
    int (*find)(const char *name);

    /* How many arrays it reads, 1 or 2, and how many parameters it has, at most 2. */
    int (*input_count)(int function);
    int (*parameter_count)(int function);

    /* n elements. Arrays are aligned to their elements and contiguous; out is an input or lies apart from
     * them. `second` is x or y of a derivative whose `first` is grad, else NULL. `parameters` are in the
     * order of the Python function; NULL: the defaults. `threads` is the most that may be used, the library's
     * own. */
    int (*call)(int function, int dtype, const void *first, const void *second, void *out, ptrdiff_t n,
                const double *parameters, int threads);

    /* One element, computed in and rounded to FASTACT_FLOAT32 or FASTACT_FLOAT64; NaN where call would
     * refuse. Parameters that the function does not have are ignored. */
    double (*one)(int function, int dtype, double first, double second, double parameter0, double parameter1);
} fastact_table;

static const fastact_table *fastact = NULL;

/* 0, or -1 with a Python exception set. */
static inline int fastact_import(void)
{
    fastact = (const fastact_table *)PyCapsule_Import("fastact._core.C_API", 0);
    if (fastact == NULL) return -1;
    if (fastact->version >= FASTACT_API_VERSION) return 0;
    fastact = NULL;
    PyErr_SetString(PyExc_ImportError, "fastact is older than the fastact_api.h that this was compiled with");
    return -1;
}

/* In the thread that calls. */
static inline int fastact_forward(int function, int dtype, const void *x, void *out, ptrdiff_t n,
                                  const double *parameters)
{
    return fastact->call(function, dtype, x, NULL, out, n, parameters, 1);
}

static inline int fastact_backward(int function, int dtype, const void *grad, const void *x_or_y, void *out,
                                   ptrdiff_t n, const double *parameters)
{
    return fastact->call(function, dtype, grad, x_or_y, out, n, parameters, 1);
}

#ifdef __cplusplus
}
#endif
#endif
