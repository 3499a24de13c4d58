# What Cython knows of _native/fastact.h. Included by _core.pyx.

cdef extern from "Python.h":
    const Py_ssize_t PY_SSIZE_T_MAX

cdef extern from "_native/fastact.h" nogil:
    enum:
        FA_relu, FA_relu6, FA_relu_squared, FA_leaky_relu, FA_prelu, FA_rrelu, FA_hardtanh,
        FA_hardsigmoid, FA_hardswish, FA_threshold, FA_hardshrink, FA_softshrink, FA_sigmoid,
        FA_tanh, FA_log_sigmoid, FA_elu, FA_celu, FA_selu, FA_softplus, FA_silu, FA_mish,
        FA_tanhshrink, FA_softsign, FA_gelu, FA_gelu_tanh, FA_quick_gelu, FA_squareplus

    enum: FA_softmax_forward, FA_softmax_backward, FA_log_softmax_forward, FA_log_softmax_backward

    int FA_FORWARD, FA_BACKWARD, FA_BACKWARD_FROM_OUTPUT, FA_DIRECTIONS
    int FA_ACTIVATION_COUNT, FA_FUNCTION_COUNT
    int FA_F32_INDEX, FA_F64_INDEX, FA_F16_INDEX, FA_BF16_INDEX
    enum: FA_DTYPE_COUNT, FA_LOOP_COUNT, FA_MOST_PARAMETERS, FA_MOST_OPERANDS, FA_MOST_DIMENSIONS, FA_MOST_INPUTS
    enum: FA_ROW_FUNCTION_COUNT

    ctypedef struct fa_parameter:
        const char *name
        const char *description
        double initial
        int domain
        int domain_from_output

    ctypedef struct fa_activation:
        const char *name
        int parameter_count
        double *ulp
        fa_parameter *parameters

    ctypedef struct fa_row_activation:
        const char *name
        double *ulp

    ctypedef struct fa_rows:
        int function, dtype
        const char **inputs
        char *out
        Py_ssize_t length, inner
        int out_of_memory

    ctypedef void (*fa_kernel)(void **operands, Py_ssize_t n, int uniform)

    ctypedef struct fa_operation:
        const char *name
        void (*run)(const void *, const void *, const void *, void *, Py_ssize_t)

    ctypedef struct fa_unit:
        int lanes
        const fa_operation *operations
        void (*widen)(const void *, float *, Py_ssize_t)
        Py_ssize_t (*narrow)(const float *, void *, Py_ssize_t, int, void *)

    const fa_activation *fa_activations
    const fa_row_activation *fa_row_activations

    const char *fa_isa_name(int i)
    bint fa_isa_supported(int i)
    int fa_isa_active()
    void fa_choose(int i)
    const fa_unit *fa_isa_unit(int i, int dtype)
    void fa_fill(const fa_kernel **rows, int count, int functions, fa_kernel *filled)
    bint fa_admits(int domain, double value, double first)
    double fa_in_arithmetic(int dtype, double parameter)
    const char *fa_domain_description(int domain)
    const char *fa_compiler()
    int fa_input_count(int function)
    int fa_parameter_count(int function)
    void fa_call(int function, int dtype, void **arrays, const double *parameters, Py_ssize_t n, int threads)
    float fa_rounded_to_float(double value)
    bint fa_prepare_threads()
    bint fa_prepare_buffers()
    int fa_process_threads()
    int fa_set_process_threads(int count)
    int fa_set_caller_threads(int count)
    int fa_workers()
    double fa_worth_waking
    Py_ssize_t fa_stream_bytes
    Py_ssize_t fa_stream_computed_bytes
    void fa_sums_below(int dtype, const void *grad, Py_ssize_t grad_step, const void *x, Py_ssize_t x_step, void *sums,
                       Py_ssize_t rows, Py_ssize_t length, int threads)
    void fa_ufunc_loop(char **operands, const Py_ssize_t *dimensions, const Py_ssize_t *steps, void *data)
    bint fa_all_rows(fa_rows *rows, Py_ssize_t count, int threads)
    int fa_row_loop(char **operands, const Py_ssize_t *dimensions, const Py_ssize_t *steps, void *data)
    bint fa_keeps_integers(int function)
    ctypedef struct fa_buffers
    fa_buffers *fa_buffers_new(size_t most)
    size_t fa_buffers_held(const fa_buffers *pool)
    void fa_buffers_close(fa_buffers *pool)
    void *fa_buffers_malloc(void *context, size_t size)
    void *fa_buffers_calloc(void *context, size_t count, size_t size)
    void *fa_buffers_realloc(void *context, void *block, size_t size)
    void fa_buffers_free(void *context, void *block, size_t size)
    void fa_integer_loop(char **operands, const Py_ssize_t *dimensions, const Py_ssize_t *steps, void *data)

    enum:
        FA_GATE, FA_GATE_BACKWARD, FA_CRELU, FA_CRELU_BACKWARD, FA_BIAS, FA_BIAS_BACKWARD, FA_MAXOUT,
        FA_MAXOUT_BACKWARD, FA_ELEMENTWISE
    int FA_FUSED_DIMENSIONS
    const Py_ssize_t *fa_sizes
    ctypedef struct fa_fused_call:
        int kind, activation, dtype, dimensions
        Py_ssize_t *shape
        char **operands
        Py_ssize_t **steps
        double *parameters
        Py_ssize_t pieces, piece_step
        double *sums
        int invalid
    int fa_fused_inputs(int kind)
    int fa_fused_results(int kind)
    Py_ssize_t fa_fused_sums(const fa_fused_call *call)
    void fa_fused(fa_fused_call *call, int threads)
    void fa_bias_sum(const fa_fused_call *call, Py_ssize_t channel, int dtype, void *to)

    ctypedef struct fa_masked:
        int dtype, backward, dimensions
        const char *input
        char *out
        uint8_t *passing
        Py_ssize_t n
        const Py_ssize_t *shape
        const Py_ssize_t *input_steps
        const Py_ssize_t *out_steps

    ctypedef struct fa_compressed:
        int loop
        const char *x
        Py_ssize_t rows, columns, row_step, column_step
        int64_t *ends
        char *data
        int32_t *indices
        int64_t *wide_indices

    ctypedef struct fa_living:
        int dtype, dimensions
        const char *y
        uint8_t *alive
        const Py_ssize_t *shape
        const Py_ssize_t *steps
        const Py_ssize_t *alive_steps

    void fa_relu_masked(const fa_masked *call, int threads)
    void fa_count_rows(const fa_compressed *call, int threads)
    void fa_fill_rows(const fa_compressed *call, int threads)
    void fa_mark_alive(const fa_living *call, int threads)
    double fa_share_of_zeros(const fa_living *call, Py_ssize_t n, int threads)
