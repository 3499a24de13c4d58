/* What the C files of this folder and _core.pyx know of each other: the numbering of functions,
 * the kernels' signature, and the few entry points. No formula, no instruction set.
 */
#ifndef FASTACT_H
#define FASTACT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include "activations.h"

/* Activations, and functions: three of them to an activation, in this order. */
#define FA_NAME(name, ...) FA_##name,
enum { FA_ACTIVATIONS(FA_NAME, FA_NAME) FA_ACTIVATION_COUNT };
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

enum { FA_SELECTION, FA_ALGEBRAIC, FA_EXPONENTIAL };
typedef struct {
    const char *name, *description;
    double initial;
    int domain, domain_from_output;
} fa_parameter;

typedef struct {
    const char *name;
    int kind; /* forward and from x; from the output an exponential takes none */
    int parameter_count;
    double ulp[FA_DIRECTIONS]; /* below 0: there is no such function */
    fa_parameter parameters[FA_MOST_PARAMETERS];
} fa_activation;

/* One contiguous run of n elements. Operands in the order of the ufunc: x, or grad and x, then the
 * parameters, then the result. Parameters are one element each where uniform, else n elements, of
 * float32 where the format is of 16 bits. With FA_FAR added to `uniform`, what lies behind the operands is
 * beyond the caches and comes next. With FA_BIASED, which the forward functions of exponentials take, x is
 * the sum of two operands behind the result, and is left where operand 0, the result, says. With FA_SECONDS,
 * which functions without an exponential take but in 16 bits, input 0 is every second element from where it
 * begins; so is input 1 with FA_SECONDS << 1, and the result with FA_INTO_SECONDS. With FA_STREAMED, which
 * exponentials take but in 16 bits, the result is written past the caches, and fa_unit's stream_end follows.
 */
enum {
    FA_UNIFORM = 1,
    FA_FAR = 2,
    FA_BIASED = 4,
    FA_SECONDS = 8,
    FA_INTO_SECONDS = 32,
    FA_ANY_SECONDS = 7 * FA_SECONDS,
    FA_STREAMED = 64
};
enum { FA_LINE_BYTES = 64, FA_FAR_BYTES = 1 << 19 };
/* Blocks so short that a processor writes one past the caches while it reads the next, and asks for what is
 * more than a page ahead. (Blocks of a page, and nothing asked for: relu of 128 MB on an Ice Lake server
 * takes 1.5 times as long; short ones alone 1.3, the next block asked for 1.05 times.) */
enum { FA_STREAM_BLOCK = 2048, FA_STREAM_AHEAD = 4096 + 512 }; /* bytes */
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

/* gate, up and their gate; grad, gate, up and the gradients of gate and up. */
typedef struct {
    fa_kernel forward;
    void (*gradients)(void *const *operands, ptrdiff_t n);
} fa_gate;

/* What fused.c joins kernels by, over blocks that may be an input itself. Formats of 16 bits have the first
 * three; the others are for the numbers they are widened to. */
typedef struct {
    void (*add)(const void *a, const void *b, void *out, ptrdiff_t n);
    void (*crelu)(const void *x, void *positive, void *negative, ptrdiff_t n);
    void (*crelu_backward)(const void *positive, const void *negative, const void *x, void *out, ptrdiff_t n);
    const fa_gate *gates; /* of few activations */
    void (*greater)(const void *x, int32_t index, void *best, int32_t *which, ptrdiff_t n);
    void (*accumulate)(const void *x, double *sums, ptrdiff_t n);
    void (*accumulate_lanes)(const void *x, double *lanes, ptrdiff_t n); /* 16 of them */
    /* grad * x where x < 0, to as many */
    void (*sum_below)(const void *grad, const void *x, double *lanes, ptrdiff_t n);
} fa_blocks;

/* The kernels of sparsity over contiguous runs. A bit a passing element, lane by lane, the lowest of a byte
 * first; `skipped` bits of the first byte belong to what comes before, at most 7. */
typedef struct {
    void (*relu_mask)(const void *x, void *y, uint8_t *passing, int skipped, ptrdiff_t n);
    void (*relu_backward_mask)(const void *grad, const uint8_t *passing, int skipped, void *out, ptrdiff_t n);
    ptrdiff_t (*count_passing)(const void *x, ptrdiff_t n);
    ptrdiff_t (*count_zeros)(const void *y, ptrdiff_t n);
    int (*any_alive)(const void *y, ptrdiff_t n);
    void (*mark_alive)(const void *y, uint8_t *alive,
                       ptrdiff_t n); /* sets the bits of elements that are not 0 */
    /* Passing elements and `first` + their positions, to where there is room for as many as that; returns how
     * many there are. NULL in formats of 16 bits. */
    ptrdiff_t (*compress)(const void *x, ptrdiff_t n, int32_t first, void *data, int32_t *indices,
                          ptrdiff_t room);
} fa_sparse_kernels;

/* A forward kernel whose error, in ULP of float32, 16 bits hide but next to the middle of two numbers. */
typedef struct {
    fa_kernel kernel;
    int ulp;
} fa_coarse_kernel;

/* What one translation unit gives: one instruction set, one format. A kernel may be NULL. Formats of 16
 * bits alone have `widen` and `narrow`, and no operations. */
typedef struct {
    int lanes;
    const fa_kernel *kernels;
    const fa_row_kernel *row_kernels; /* NULL in formats of 16 bits: rows.c has those by way of float32 */
    const fa_operation *operations;   /* ends with a NULL name */
    void (*every_second)(const void *from, void *to, ptrdiff_t n);
    void (*to_every_second)(const void *from, void *to, ptrdiff_t n);
    /* Lines, each so long and so many bytes after the last, into columns. */
    void (*transpose)(const void *from, ptrdiff_t from_step, void *to, ptrdiff_t to_step, ptrdiff_t lines,
                      ptrdiff_t length);
    /* Past the caches, both aligned to 64 bytes; asks for as many bytes of other places. */
    void (*stream)(const void *from, void *to, ptrdiff_t bytes, const char *const *asked, int count);
    void (*stream_end)(void);
    void (*widen)(const uint16_t *from, float *to, ptrdiff_t n);
    ptrdiff_t (*narrow)(const float *from, uint16_t *to, ptrdiff_t n, int slack, uint16_t *doubtful);
    const fa_blocks *blocks;
    const fa_sparse_kernels *sparse;
    const fa_coarse_kernel (*coarse)[FA_ACTIVATION_COUNT]; /* by format of 16 bits; float32 alone */
} fa_unit;

/* The result's bounds, in ULP: forward and backward. */
typedef struct {
    const char *name;
    double ulp[2];
} fa_row_activation;

/* dispatch.c */
extern const fa_row_activation fa_row_activations[FA_ROW_FUNCTION_COUNT / 2];
extern const fa_activation fa_activations[FA_ACTIVATION_COUNT];
extern const ptrdiff_t fa_sizes[FA_DTYPE_COUNT]; /* bytes of an element */
extern ptrdiff_t fa_stream_bytes;                /* a result of so many is written past the caches, */
extern ptrdiff_t fa_stream_computed_bytes;       /* of other functions than selections from more on */
extern fa_kernel fa_active[FA_DTYPE_COUNT][FA_FUNCTION_COUNT];
extern fa_row_kernel fa_active_rows[FA_DTYPE_COUNT][FA_ROW_FUNCTION_COUNT];

const char *fa_isa_name(int i); /* the i-th known set, best first; NULL after the last */
int fa_isa_supported(int i);    /* by this processor and operating system */
int fa_isa_active(void);        /* the index of the chosen set */
void fa_choose(int i);          /* i must be supported */
const fa_unit *fa_isa_unit(int i, int dtype);
void fa_fill(const fa_kernel *const *rows, int count, int functions, fa_kernel *filled);
const char *fa_domain_description(int domain);
const char *fa_compiler(void);

/* What every call asks: as calls of their own these took a sixth of the time of hardtanh of 16 elements. */

/* Is a scalar parameter admitted after `first`, the parameter before it? */
static inline int fa_admits(int domain, double value, double first)
{
    if (value != value) return 0; /* no domain has NaN, whose comparison by order would raise a flag */
    switch (domain) {
#define ADMITS(name, description, condition) \
    case FA_##name: return condition;
        FA_DOMAINS(ADMITS)
    }
    return 0;
}

/* What a parameter is in the type that it is cast to, as far as fa_admits asks: infinite, 0 or itself. No
 * cast, which could trap where the caller has asked for that. */
static inline double fa_in_arithmetic(int dtype, double parameter)
{
    const double size = fabs(parameter);
    if (dtype == FA_F64_INDEX) return parameter;
    if (size >= 0x1.ffffffp127) return copysign(INFINITY, parameter);
    return size <= 0x1p-150 ? copysign(0, parameter) : parameter;
}

/* Row functions count on after FA_FUNCTION_COUNT. */
static inline int fa_input_count(int function)
{
    if (function >= FA_FUNCTION_COUNT) return 1 + (function - FA_FUNCTION_COUNT) % 2;
    return function % FA_DIRECTIONS == FA_FORWARD ? 1 : 2;
}
static inline int fa_parameter_count(int function)
{
    return function >= FA_FUNCTION_COUNT ? 0 : fa_activations[function / FA_DIRECTIONS].parameter_count;
}

/* call.c */
void fa_call(int function, int dtype, void *const *arrays, const double *parameters, ptrdiff_t n,
             int threads);
void fa_run(int function, int dtype, void *const *operands, ptrdiff_t n,
            int uniform); /* one contiguous run */
float fa_rounded_to_float(double value);
int fa_is_divisible(char *const *operands, const ptrdiff_t *steps, int last, ptrdiff_t n);
/* n elements of 1, 2, 4 or 8 bytes, from one step to another. */
void fa_copy(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step, ptrdiff_t n, ptrdiff_t size);
/* A ufunc gives its loops one pointer: that is function * FA_LOOP_COUNT + format or integer. */
void fa_ufunc_loop(char **operands, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *data);
void fa_sums_below(int dtype, const void *grad, ptrdiff_t grad_step, const void *x, ptrdiff_t x_step,
                   void *sums, ptrdiff_t rows, ptrdiff_t length, int threads);

/* Tells a failure, which several threads may do at once. */
#if defined(_MSC_VER) && !defined(__clang__)
#define FA_TELL(flag) (*(volatile int *)&(flag) = 1)
#else
#define FA_TELL(flag) __atomic_store_n(&(flag), 1, __ATOMIC_RELAXED)
#endif

/* threads.c */
typedef void (*fa_task)(void *context, ptrdiff_t start, ptrdiff_t end);
int fa_prepare_threads(void); /* once, before all else here; 0: no memory */
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
int fa_prepare_buffers(void);            /* once, before all else here; 0: no memory */
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
float fa_rounded_to_odd(double value); /* mathfn.h has these two as well */
float fa_sum_to_odd(double a, double b);
uint16_t fa_rounded_to_half(int dtype, double value);

/* api.c: a fastact_table, of include/fastact_api.h, which needs Python.h. */
extern const struct fastact_table fa_api;

/* integers.c */
int fa_keeps_integers(int function);
void fa_integer_loop(char **operands, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *data);

/* sparse.c: operands in C order, or by steps in bytes where those are not NULL. */
enum { FA_MOST_DIMENSIONS = 64 };
typedef struct {
    int dtype, backward, dimensions;
    const char *input; /* x, or grad */
    char *out;
    uint8_t *passing;
    ptrdiff_t n;
    const ptrdiff_t *shape, *input_steps, *out_steps;
} fa_masked;
void fa_relu_masked(const fa_masked *call, int threads);

typedef struct {
    int loop; /* a format, or an integer as a ufunc's loops count them */
    const char *x;
    ptrdiff_t rows, columns, row_step, column_step;
    int64_t *ends; /* rows + 1 of them: where each row begins, and ends */
    char *data;
    int32_t *indices; /* either */
    int64_t *wide_indices;
} fa_compressed;
void fa_count_rows(const fa_compressed *call, int threads); /* fills `ends` */
void fa_fill_rows(const fa_compressed *call, int threads);

typedef struct {
    int dtype, dimensions;
    const char *y;
    uint8_t *alive; /* a byte a unit where the step along the last dimension is 0, else bits along that */
    const ptrdiff_t *shape, *steps, *alive_steps;
} fa_living;
void fa_mark_alive(const fa_living *call, int threads);
double fa_share_of_zeros(const fa_living *call, ptrdiff_t n, int threads); /* -1: no memory */

/* reduce.c */
void fa_reduce_below(int dtype, const char *grad, ptrdiff_t grad_step, const char *x, ptrdiff_t x_step,
                     void *sums, ptrdiff_t rows, ptrdiff_t length);
enum { FA_SUM_LANES = 16, FA_SUM_BLOCK = 1024 };
double fa_sum_of_lanes(const double *lanes, ptrdiff_t step);
double fa_sum_of_blocks(const double *sums, ptrdiff_t step, ptrdiff_t count);

/* fused.c. A call is one over arrays of one shape, each with its own steps in bytes: inputs, then results. */
enum {
    FA_GATE,            /* gate, up: the activation of gate times up */
    FA_GATE_BACKWARD,   /* grad, gate, up: the gradients of gate and of up */
    FA_CRELU,           /* x: relu of x, relu of -x */
    FA_CRELU_BACKWARD,  /* the gradients of both, x: that of x */
    FA_BIAS,            /* x, bias: the activation of their sum */
    FA_BIAS_BACKWARD,   /* grad, x, bias or NULL: the gradient of x; the last axis is the bias's */
    FA_MAXOUT,          /* x at the first of its pieces: the greatest, and its number of int32 */
    FA_MAXOUT_BACKWARD, /* grad, number: the gradient of x at the first of its pieces */
    FA_ELEMENTWISE /* and the two after it, one for each direction: x, or grad and x or y: its function */
};
enum { FA_FUSED_OPERANDS = 5, FA_FUSED_DIMENSIONS = 8 };
typedef struct {
    int kind, activation, dtype;
    int dimensions; /* at least 1 */
    ptrdiff_t shape[FA_FUSED_DIMENSIONS];
    char *operands[FA_FUSED_OPERANDS];
    ptrdiff_t steps[FA_FUSED_OPERANDS][FA_FUSED_DIMENSIONS];
    double parameters[FA_MOST_PARAMETERS];
    ptrdiff_t pieces, piece_step;
    double *sums; /* FA_BIAS_BACKWARD: of blocks, fa_fused_sums(call) of them; NULL: none are asked for */
    int invalid;  /* set by FA_MAXOUT_BACKWARD: a number is that of no piece */
} fa_fused_call;
int fa_fused_inputs(int kind);
int fa_fused_results(int kind);
ptrdiff_t fa_fused_sums(const fa_fused_call *call);
void fa_fused(fa_fused_call *call, int threads);
void fa_bias_sum(const fa_fused_call *call, ptrdiff_t channel, int dtype, void *to);

#endif
