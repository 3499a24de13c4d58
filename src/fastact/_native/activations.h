/* Every activation: the one table, then the formulas, forward and derivative, in four files by kind.
 *
 * A formula is mathematics in the vocabulary of vec_scalar.h. It must not ask which instruction
 * set or, but for constants and where float32 has a table (tables.h), which format it is compiled for. The
 * table alone is what a file without a vocabulary sees.
 *
 * NaN: an operation that may swallow one (v_min, v_max) takes x second, so that x comes out.
 */
#ifndef FA_ACTIVATIONS_H
#define FA_ACTIVATIONS_H

/* A parameter's admitted values, as a scalar; NaN never is. `first` is the parameter before it. */
#define FA_DOMAINS(DOMAIN)                                                         \
    DOMAIN(ANY, "a number", value == value)                                        \
    DOMAIN(POSITIVE, "above 0", value > 0)                                         \
    DOMAIN(NOT_NEGATIVE, "at least 0", value >= 0)                                 \
    DOMAIN(NOT_BELOW, "no less than the parameter before it", value >= first)      \
    DOMAIN(FINITE, "finite", fabs(value) < INFINITY)                               \
    DOMAIN(FINITE_NOT_BELOW, "finite and no less than the parameter before it",    \
           value >= first && value < INFINITY)                                     \
    DOMAIN(FINITE_NOT_0, "finite and not 0", value != 0 && fabs(value) < INFINITY) \
    DOMAIN(FINITE_POSITIVE, "finite and above 0", value > 0 && value < INFINITY)   \
    DOMAIN(FINITE_NOT_NEGATIVE, "finite and at least 0", value >= 0 && value < INFINITY)

/* FROM_OUTPUT(name, kind, number of parameters,
 *             largest error in ULP: forward, derivative at grad = 1, the same from the output (0: the
 *             result is an operand or a constant, never rounded),
 *             parameters: {name, what it is, default (NAN: it must be given), domain, domain where
 *             the derivative reads the output})
 * FROM_INPUT has no derivative that reads the output. The kind is SELECTION where a result is one of some
 * candidates, ALGEBRAIC, or EXPONENTIAL where an exponential of x is taken; the formulas of the last two
 * begin with the pass that they are in (mathfn.h). */
/* clang-format off */
#define FA_NO_PARAMETER {NULL}
#define FA_ALPHA(text) {"alpha", text, 1.0, FA_FINITE, FA_FINITE_POSITIVE}
#define FA_ACTIVATIONS(FROM_OUTPUT, FROM_INPUT) \
    FROM_OUTPUT(relu,          SELECTION,   0, 0,   0,   0, FA_NO_PARAMETER)    \
    FROM_OUTPUT(relu6,         SELECTION,   0, 0,   0,   0, FA_NO_PARAMETER)    \
    FROM_OUTPUT(relu_squared,  ALGEBRAIC,   0, 0.5, 0.5, 1.5, FA_NO_PARAMETER)    \
    FROM_OUTPUT(leaky_relu,    ALGEBRAIC,   1, 0.5, 0.5, 0.5,                     \
                {"negative_slope", "Slope below 0.", 0.01, FA_ANY, FA_POSITIVE}) \
    FROM_INPUT(prelu,          ALGEBRAIC,   1, 0.5, 0.5,                          \
                {"weight", "Slope below 0.", NAN, FA_ANY})          \
    FROM_INPUT(rrelu,          ALGEBRAIC,   2, 0.5, 0.5,                          \
                {"lower", "Least slope below 0.", 1.0 / 8, FA_FINITE}, \
                {"upper", "Greatest slope below 0.", 1.0 / 3, FA_FINITE_NOT_BELOW}) \
    FROM_OUTPUT(hardtanh,      SELECTION,   2, 0,   0,   0,                     \
                {"min_val", "Least value of the result.", -1.0, FA_ANY, FA_ANY}, \
                {"max_val", "Greatest value of the result.", 1.0, FA_NOT_BELOW, FA_NOT_BELOW}) \
    FROM_OUTPUT(hardsigmoid,   ALGEBRAIC,   2, 0.5, 0.5, 0.5,                     \
                {"slope", "Slope between the ends.", 1.0 / 6, FA_FINITE, FA_FINITE}, \
                {"offset", "Value at 0.", 0.5, FA_FINITE, FA_FINITE})     \
    FROM_INPUT(hardswish,      ALGEBRAIC,   0, 1.0, 4.0, FA_NO_PARAMETER)         \
    FROM_INPUT(threshold,      SELECTION,   2, 0,   0,                          \
                {"threshold", "The input passes above it.", NAN, FA_ANY}, \
                {"value", "What stands for the others.", NAN, FA_ANY}) \
    FROM_OUTPUT(hardshrink,    SELECTION,   1, 0,   0,   0,                     \
                {"lambd", "Magnitudes up to it become 0.", 0.5, FA_ANY, FA_ANY}) \
    FROM_OUTPUT(softshrink,    SELECTION,   1, 0.5, 0,   0,                     \
                {"lambd", "What is taken from every magnitude.", 0.5, FA_NOT_NEGATIVE, FA_NOT_NEGATIVE}) \
    FROM_OUTPUT(sigmoid,       EXPONENTIAL, 0, 2.0, 4.0, 1.5, FA_NO_PARAMETER)    \
    FROM_OUTPUT(tanh,          EXPONENTIAL, 0, 2.0, 4.0, 1.5, FA_NO_PARAMETER)    \
    FROM_OUTPUT(log_sigmoid,   EXPONENTIAL, 0, 2.0, 4.0, 3.0, FA_NO_PARAMETER)    \
    FROM_OUTPUT(elu,           EXPONENTIAL, 1, 2.0, 4.0, 1.5, FA_ALPHA("Minus the limit at -inf.")) \
    FROM_OUTPUT(celu,          EXPONENTIAL, 1, 2.0, 4.0, 2.0,                     \
                {"alpha", "Minus the limit at -inf, and the scale of `x` below 0.", 1.0, FA_FINITE_NOT_0, FA_FINITE_POSITIVE}) \
    FROM_OUTPUT(selu,          EXPONENTIAL, 2, 2.0, 4.0, 1.5,                     \
                {"alpha", "Minus the limit at -inf, before scaling.", 1.6732632423543772848, FA_FINITE, FA_FINITE_POSITIVE}, \
                {"scale", "Factor of the whole.", 1.0507009873554804934, FA_FINITE, FA_FINITE_POSITIVE}) \
    FROM_OUTPUT(softplus,      EXPONENTIAL, 1, 2.0, 4.0, 3.0,                     \
                {"beta", "Sharpness of the bend.", 1.0, FA_FINITE_POSITIVE, FA_FINITE_POSITIVE}) \
    FROM_INPUT(silu,           EXPONENTIAL, 1, 2.0, 4.0,                          \
                {"beta", "Factor of `x` in the sigmoid.", 1.0, FA_FINITE}) \
    FROM_INPUT(mish,           EXPONENTIAL, 0, 3.0, 4.0, FA_NO_PARAMETER)         \
    FROM_INPUT(tanhshrink,     EXPONENTIAL, 0, 3.0, 4.0, FA_NO_PARAMETER)         \
    FROM_OUTPUT(softsign,      ALGEBRAIC,   0, 2.0, 4.0, 1.5, FA_NO_PARAMETER)    \
    FROM_INPUT(gelu,           EXPONENTIAL, 0, 3.0, 4.0, FA_NO_PARAMETER)         \
    FROM_INPUT(gelu_tanh,      EXPONENTIAL, 0, 3.0, 4.0, FA_NO_PARAMETER)         \
    FROM_INPUT(quick_gelu,     EXPONENTIAL, 0, 3.0, 4.0, FA_NO_PARAMETER)         \
    FROM_INPUT(squareplus,     ALGEBRAIC,   1, 3.0, 4.0,                          \
                {"b", "Width of the bend; 0 gives relu.", 4.0, FA_FINITE_NOT_NEGATIVE})
/* Functions of whole rows: ROW(name, largest error in ULP: forward, backward). The backward function reads the
 * output; its ULP is that of its terms' magnitudes summed, for it may cancel. */
#define FA_ROWS(ROW)       \
    ROW(softmax, 3.5, 4.0) \
    ROW(log_softmax, 3.0, 4.0)
/* clang-format on */

#ifdef W
#include "coefficients.h"
#include "piecewise.h"
#include "algebraic.h"
#include "gated.h"
#include "saturating.h"
#endif
#endif
