/* What include/fastact_api.h shows to others: functions by name, checked, and then as call.c has them. */
#include "../include/fastact_api.h"

#include "fastact.h"

#include <math.h>
#include <string.h>

_Static_assert((int)FASTACT_FLOAT32 == FA_F32_INDEX && (int)FASTACT_FLOAT64 == FA_F64_INDEX &&
                   (int)FASTACT_FLOAT16 == FA_F16_INDEX && (int)FASTACT_BFLOAT16 == FA_BF16_INDEX,
               "formats have the same numbers inside and outside");

static const char *const SUFFIXES[FA_DIRECTIONS] = {
    [FA_FORWARD] = "", [FA_BACKWARD] = "_backward", [FA_BACKWARD_FROM_OUTPUT] = "_backward_from_output"};

static int exists(int function)
{
    return function >= 0 && function < FA_FUNCTION_COUNT &&
           fa_activations[function / FA_DIRECTIONS].ulp[function % FA_DIRECTIONS] >= 0;
}

static int find(const char *name)
{
    for (int function = 0; function < FA_FUNCTION_COUNT; function++) {
        const char *const activation = fa_activations[function / FA_DIRECTIONS].name;
        const size_t length = strlen(activation);
        if (strncmp(name, activation, length) == 0 &&
            strcmp(name + length, SUFFIXES[function % FA_DIRECTIONS]) == 0 && exists(function))
            return function;
    }
    return FASTACT_NO_FUNCTION;
}

static int input_count(int function)
{
    return exists(function) ? fa_input_count(function) : FASTACT_NO_FUNCTION;
}

static int parameter_count(int function)
{
    return exists(function) ? fa_parameter_count(function) : FASTACT_NO_FUNCTION;
}

/* A parameter without a default is NaN there, which no domain admits. */
static int read_parameters(int function, const double *given, double *parameters)
{
    const fa_activation *const activation = &fa_activations[function / FA_DIRECTIONS];
    const int from_output = function % FA_DIRECTIONS == FA_BACKWARD_FROM_OUTPUT;
    for (int i = 0; i < activation->parameter_count; i++) {
        const fa_parameter *const one = &activation->parameters[i];
        parameters[i] = given ? given[i] : one->initial;
        if (!fa_admits(from_output ? one->domain_from_output : one->domain, parameters[i],
                       i > 0 ? parameters[i - 1] : -INFINITY))
            return FASTACT_BAD_PARAMETER;
    }
    return FASTACT_DONE;
}

static int call(int function, int dtype, const void *first, const void *second, void *out, ptrdiff_t n,
                const double *given, int threads)
{
    double parameters[FA_MOST_PARAMETERS];
    if (!exists(function)) return FASTACT_NO_FUNCTION;
    if (dtype < 0 || dtype >= FA_DTYPE_COUNT) return FASTACT_NO_DTYPE;
    const int trouble = read_parameters(function, given, parameters);
    if (trouble || n <= 0) return trouble;
    void *const one[] = {(void *)first, out}, *const two[] = {(void *)first, (void *)second, out};
    fa_call(function, dtype, fa_input_count(function) == 1 ? one : two, parameters, n,
            threads < 1 ? 1 : threads);
    return FASTACT_DONE;
}

static double one(int function, int dtype, double first, double second, double parameter0, double parameter1)
{
    const double parameters[] = {parameter0, parameter1};
    if (dtype == FA_F64_INDEX)
        return call(function, dtype, &first, &second, &first, 1, parameters, 1) ? NAN : first;
    if (dtype != FA_F32_INDEX) return NAN; /* there is no number of 16 bits to pass one in */
    float first_float = fa_rounded_to_float(first), second_float = fa_rounded_to_float(second);
    return call(function, dtype, &first_float, &second_float, &first_float, 1, parameters, 1) ? NAN
                                                                                              : first_float;
}

const fastact_table fa_api = {FASTACT_API_VERSION, find, input_count, parameter_count, call, one};
