/* What the C files of this folder and _core.pyx know of each other: the numbering of functions,
 * the kernels' signature, and the few entry points. No formula, no instruction set.
 */
#ifndef FASTACT_H
#define FASTACT_H

#include <stddef.h>
#include <stdint.h>
#include "activations.h"

/* Activations, and functions: three of them to an activation, in this order. */
#define FA_NAME(name, ...) FA_##name,
enum { FA_ACTIVATIONS(FA_NAME, FA_NAME, FA_NAME, FA_NAME) FA_ACTIVATION_COUNT };
enum { FA_FORWARD, FA_BACKWARD, FA_BACKWARD_FROM_OUTPUT, FA_DIRECTIONS };
enum { FA_FUNCTION_COUNT = FA_DIRECTIONS * FA_ACTIVATION_COUNT };

/* Functions of rows: two to a name, numbered by themselves; where all functions are numbered, after the
 * others. */
#define FA_ROW_FUNCTIONS(name, ...) FA_##name##_forward, FA_##name##_backward,
enum { FA_ROWS(FA_ROW_FUNCTIONS) FA_ROW_FUNCTION_COUNT };

/* Formats; a ufunc's loops count on with integers, by the logarithm of their bytes, signed ones first. */
enum { FA_F32_INDEX, FA_F64_INDEX, FA_F16_INDEX, FA_BF16_INDEX, FA_DTYPE_COUNT };
enum { FA_INTEGER_COUNT = 8, FA_LOOP_COUNT = FA_DTYPE_COUNT + FA_INTEGER_COUNT };
enum { FA_MOST_INPUTS = 2, FA_MOST_PARAMETERS = 2 };
enum { FA_MOST_OPERANDS = FA_MOST_INPUTS + FA_MOST_PARAMETERS + 1 };

#define FA_DOMAIN_NAME(name, description, condition) FA_##name,
enum { FA_DOMAINS(FA_DOMAIN_NAME) FA_DOMAIN_COUNT };

typedef struct {
    const char *name, *description;
    double initial;
    int domain, domain_from_output;
} fa_parameter;

typedef struct {
    const char *name;
    int exponential; /* forward and from x it takes as long as its memory does, or longer */
    int parameter_count;
    double ulp[FA_DIRECTIONS]; /* below 0: there is no such function */
    fa_parameter parameters[FA_MOST_PARAMETERS];
} fa_activation;

/* One contiguous run of n elements. Operands in the order of the ufunc: x, or grad and x, then the
 * parameters, then the result. Parameters are one element each where uniform, else n elements, of
 * float32 where the format is of 16 bits. */
typedef void (*fa_kernel)(void *const *operands, ptrdiff_t n, int uniform);

/* Rows of n elements: one after the other with step 1, else side by side, `step` elements from one of a row
 * to its next. Inputs x, or grad and y; the result may be an input itself, of the same steps. */
typedef void (*fa_row_kernel)(const void *const *inputs, void *out, ptrdiff_t rows, ptrdiff_t n,
                              ptrdiff_t step);

/* One operation of the vocabulary over arrays whose length is a multiple of the lanes. */
typedef struct {
    const char *name;
    void (*run)(const void *a, const void *b, const void *c, void *out, ptrdiff_t n);
} fa_operation;

/* What one translation unit gives: one instruction set, one format. A kernel may be NULL. Formats of 16
 * bits alone have the last two, and no operations. */
typedef struct {
    int lanes;
    const fa_kernel *kernels;
    const fa_row_kernel *row_kernels; /* NULL in formats of 16 bits: rows.c has those by way of float32 */
    const fa_operation *operations;   /* ends with a NULL name */
    void (*every_second)(const void *from, void *to, ptrdiff_t n);
    void (*stream)(const void *from, void *to,
                   ptrdiff_t bytes); /* past the caches; both aligned to 64 bytes */
    void (*stream_end)(void);
    void (*widen)(const uint16_t *from, float *to, ptrdiff_t n);
    ptrdiff_t (*narrow)(const float *from, uint16_t *to, ptrdiff_t n, int slack, uint16_t *doubtful);
} fa_unit;

/* The result's bounds, in ULP: forward and backward. */
typedef struct {
    const char *name;
    double ulp[2];
} fa_row_activation;

/* dispatch.c */
extern const fa_row_activation fa_row_activations[FA_ROW_FUNCTION_COUNT / 2];
extern const fa_activation fa_activations[FA_ACTIVATION_COUNT];
extern ptrdiff_t fa_stream_bytes; /* a result of so many is written past the caches */
extern fa_kernel fa_active[FA_DTYPE_COUNT][FA_FUNCTION_COUNT];
extern fa_row_kernel fa_active_rows[FA_DTYPE_COUNT][FA_ROW_FUNCTION_COUNT];

const char *fa_isa_name(int i); /* the i-th known set, best first; NULL after the last */
int fa_isa_supported(int i);    /* by this processor and operating system */
int fa_isa_active(void);        /* the index of the chosen set */
void fa_choose(int i);          /* i must be supported */
const fa_unit *fa_isa_unit(int i, int dtype);
void fa_fill(const fa_kernel *const *rows, int count, int functions, fa_kernel *filled);
int fa_admits(int domain, double value, double first);
const char *fa_domain_description(int domain);
const char *fa_compiler(void);

/* call.c */
int fa_input_count(int function); /* row functions count on after FA_FUNCTION_COUNT */
int fa_parameter_count(int function);
void fa_call(int function, int dtype, void *const *arrays, const double *parameters, ptrdiff_t n,
             int threads);
int fa_is_divisible(char *const *operands, const ptrdiff_t *steps, int last, ptrdiff_t n);
/* A ufunc gives its loops one pointer: that is function * FA_LOOP_COUNT + format or integer. */
void fa_ufunc_loop(char **operands, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *data);
void fa_sums_below(int dtype, const void *grad, const void *x, void *sums, ptrdiff_t rows, ptrdiff_t length,
                   int threads);

/* threads.c */
typedef void (*fa_task)(void *context, ptrdiff_t start, ptrdiff_t end);
int fa_process_threads(void);
int fa_set_process_threads(int count); /* returns the count before */
int fa_set_caller_threads(int count);  /* for this thread, 0: as the process; returns the count before */
int fa_threads_allowed(void);
int fa_workers(void); /* started so far */
extern double fa_worth_waking;
enum { FA_UNIT_OF_WORK = 1 << 13 }; /* elements: a microsecond at least */
void fa_share(fa_task task, void *context, ptrdiff_t n, ptrdiff_t unit, int threads);

/* buffers.c: the functions of NumPy's PyDataMemAllocator, whose context is a pool. */
typedef struct fa_buffers fa_buffers;
fa_buffers *fa_buffers_new(size_t most); /* bytes kept; NULL: no memory */
size_t fa_buffers_held(const fa_buffers *pool);
void fa_buffers_close(fa_buffers *pool);
void *fa_buffers_malloc(void *context, size_t size);
void *fa_buffers_calloc(void *context, size_t count, size_t size);
void *fa_buffers_realloc(void *context, void *block, size_t size);
void fa_buffers_free(void *context, void *block, size_t size);

/* rows.c */
typedef struct {
    int function, dtype;
    const char *inputs[FA_MOST_INPUTS];
    char *out;
    ptrdiff_t length, inner; /* C order: rows / inner, length, inner */
    int out_of_memory;       /* set where a part was not computed */
} fa_rows;
void fa_compute_rows(void *context, ptrdiff_t first, ptrdiff_t last);
int fa_all_rows(fa_rows *rows, ptrdiff_t count, int threads); /* 0: no memory */
int fa_row_loop(char **operands, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *data);

/* half.c */
void fa_half(int function, int dtype, void *const *operands, ptrdiff_t n, int uniform);
uint16_t fa_rounded_to_half(int dtype, double value);

/* integers.c */
int fa_keeps_integers(int function);
void fa_integer_loop(char **operands, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *data);

/* reduce.c */
void fa_reduce_below(int dtype, const void *grad, const void *x, void *sums, ptrdiff_t rows,
                     ptrdiff_t length);

#endif
