/* Every activation: the one table, then the formulas, forward and derivative.
 *
 * A formula is mathematics in the vocabulary of vec_scalar.h. It must not ask which instruction
 * set or, but for constants, which format it is compiled for. The table alone is what a file
 * without a vocabulary sees.
 *
 * NaN: an operation that may swallow one (v_min, v_max) takes x second, so that x comes out.
 */
#ifndef FA_ACTIVATIONS_H
#define FA_ACTIVATIONS_H

/* A parameter's admitted values, as a scalar; NaN never is. `first` is the parameter before it. */
#define FA_DOMAINS(DOMAIN)                                                       \
    DOMAIN(ANY, "a number", value == value)                                      \
    DOMAIN(POSITIVE, "above 0", value > 0)                                       \
    DOMAIN(NOT_NEGATIVE, "at least 0", value >= 0)                               \
    DOMAIN(NOT_BELOW, "no less than the parameter before it", value >= first)    \
    DOMAIN(FINITE, "finite", fabs(value) < INFINITY)                             \
    DOMAIN(FINITE_NOT_0, "finite and not 0", value != 0 && fabs(value) < INFINITY) \
    DOMAIN(FINITE_POSITIVE, "finite and above 0", value > 0 && value < INFINITY) \
    DOMAIN(FINITE_NOT_NEGATIVE, "finite and at least 0", value >= 0 && value < INFINITY)

/* FROM_OUTPUT(name, number of parameters,
 *             largest error in ULP: forward, derivative at grad = 1, the same from the output,
 *             parameters: {name, what it is, default (NAN: it must be given), domain, domain where
 *             the derivative reads the output})
 * FROM_INPUT has no derivative that reads the output. */
/* clang-format off */
#define FA_NO_PARAMETER {NULL}
#define FA_ALPHA(text) {"alpha", text, 1.0, FA_FINITE, FA_FINITE_POSITIVE}
#define FA_ACTIVATIONS(FROM_OUTPUT, FROM_INPUT)                     \
    FROM_OUTPUT(relu,         0, 0.5, 0.5, 0.5, FA_NO_PARAMETER)    \
    FROM_OUTPUT(relu6,        0, 0.5, 0.5, 0.5, FA_NO_PARAMETER)    \
    FROM_OUTPUT(relu_squared, 0, 0.5, 0.5, 1.5, FA_NO_PARAMETER)    \
    FROM_OUTPUT(leaky_relu,   1, 0.5, 0.5, 0.5,                     \
                {"negative_slope", "Slope below 0.", 0.01, FA_ANY, FA_POSITIVE}) \
    FROM_INPUT(prelu,         1, 0.5, 0.5,                          \
                {"weight", "Slope below 0.", NAN, FA_ANY})          \
    FROM_INPUT(rrelu,         2, 0.5, 0.5,                          \
                {"lower", "Least slope below 0.", 1.0 / 8, FA_ANY}, \
                {"upper", "Greatest slope below 0.", 1.0 / 3, FA_NOT_BELOW}) \
    FROM_OUTPUT(hardtanh,     2, 0.5, 0.5, 0.5,                     \
                {"min_val", "Least value of the result.", -1.0, FA_ANY, FA_ANY}, \
                {"max_val", "Greatest value of the result.", 1.0, FA_NOT_BELOW, FA_NOT_BELOW}) \
    FROM_OUTPUT(hardsigmoid,  2, 0.5, 0.5, 0.5,                     \
                {"slope", "Slope between the ends.", 1.0 / 6, FA_ANY, FA_ANY}, \
                {"offset", "Value at 0.", 0.5, FA_ANY, FA_ANY})     \
    FROM_INPUT(hardswish,     0, 1.0, 4.0, FA_NO_PARAMETER)         \
    FROM_INPUT(threshold,     2, 0.5, 0.5,                          \
                {"threshold", "The input passes above it.", NAN, FA_ANY}, \
                {"value", "What stands for the others.", NAN, FA_ANY}) \
    FROM_OUTPUT(hardshrink,   1, 0.5, 0.5, 0.5,                     \
                {"lambd", "Magnitudes up to it become 0.", 0.5, FA_ANY, FA_ANY}) \
    FROM_OUTPUT(softshrink,   1, 0.5, 0.5, 0.5,                     \
                {"lambd", "What is taken from every magnitude.", 0.5, FA_NOT_NEGATIVE, FA_NOT_NEGATIVE}) \
    FROM_OUTPUT(sigmoid,      0, 2.0, 4.0, 1.5, FA_NO_PARAMETER)    \
    FROM_OUTPUT(tanh,         0, 2.0, 4.0, 1.5, FA_NO_PARAMETER)    \
    FROM_OUTPUT(log_sigmoid,  0, 2.0, 4.0, 3.0, FA_NO_PARAMETER)    \
    FROM_OUTPUT(elu,          1, 2.0, 4.0, 1.5, FA_ALPHA("Minus the limit at -inf.")) \
    FROM_OUTPUT(celu,         1, 2.0, 4.0, 2.0,                     \
                {"alpha", "Minus the limit at -inf, and the scale of `x` below 0.", 1.0, FA_FINITE_NOT_0, FA_FINITE_POSITIVE}) \
    FROM_OUTPUT(selu,         2, 2.0, 4.0, 1.5,                     \
                {"alpha", "Minus the limit at -inf, before scaling.", 1.6732632423543772848, FA_FINITE, FA_FINITE_POSITIVE}, \
                {"scale", "Factor of the whole.", 1.0507009873554804934, FA_FINITE, FA_FINITE_POSITIVE}) \
    FROM_OUTPUT(softplus,     1, 2.0, 4.0, 3.0,                     \
                {"beta", "Sharpness of the bend.", 1.0, FA_FINITE_POSITIVE, FA_FINITE_POSITIVE}) \
    FROM_INPUT(silu,          1, 2.0, 4.0,                          \
                {"beta", "Factor of `x` in the sigmoid.", 1.0, FA_FINITE}) \
    FROM_INPUT(mish,          0, 3.0, 4.0, FA_NO_PARAMETER)         \
    FROM_INPUT(tanhshrink,    0, 3.0, 4.0, FA_NO_PARAMETER)         \
    FROM_OUTPUT(softsign,     0, 2.0, 4.0, 2.5, FA_NO_PARAMETER)    \
    FROM_INPUT(gelu,          0, 3.0, 4.0, FA_NO_PARAMETER)         \
    FROM_INPUT(gelu_tanh,     0, 3.0, 4.0, FA_NO_PARAMETER)         \
    FROM_INPUT(quick_gelu,    0, 3.0, 4.0, FA_NO_PARAMETER)         \
    FROM_INPUT(squareplus,    1, 3.0, 4.0,                          \
                {"b", "Width of the bend; 0 gives relu.", 4.0, FA_FINITE_NOT_NEGATIVE})
/* clang-format on */

#ifdef W
#include "coefficients.h"

/* --- Piecewise linear, and the square ------------------------------------------------------- */

/* relu(x) = max(0, x); -0 stays -0.   relu'(x) = 0 for x <= 0, else 1: grad itself at NaN. */
FA_INLINE vec relu_forward(vec x) { return v_max(v_set(0), x); }
FA_INLINE vec relu_backward(vec grad, vec x) { return v_select(v_le(x, v_set(0)), v_set(0), grad); }
FA_INLINE vec relu_backward_from_output(vec grad, vec y) { return relu_backward(grad, y); }

/* hardtanh(x) = min(max_val, max(min_val, x)).   hardtanh'(x) = 1 strictly between the two, else 0. */
FA_INLINE vec hardtanh_forward(vec x, vec min_val, vec max_val) { return v_min(max_val, v_max(min_val, x)); }
FA_INLINE vec hardtanh_backward(vec grad, vec x, vec min_val, vec max_val)
{
    return v_select(v_or(v_le(x, min_val), v_le(max_val, x)), v_set(0), grad);
}
FA_INLINE vec hardtanh_backward_from_output(vec grad, vec y, vec min_val, vec max_val)
{
    return hardtanh_backward(grad, y, min_val, max_val);
}

/* relu6(x) = min(6, max(0, x)). */
FA_INLINE vec relu6_forward(vec x) { return hardtanh_forward(x, v_set(0), v_set(6)); }
FA_INLINE vec relu6_backward(vec grad, vec x) { return hardtanh_backward(grad, x, v_set(0), v_set(6)); }
FA_INLINE vec relu6_backward_from_output(vec grad, vec y) { return relu6_backward(grad, y); }

/* relu_squared(x) = max(0, x)**2.   relu_squared'(x) = 2 x above 0, else 0; 2 sqrt(y). */
FA_INLINE vec relu_squared_forward(vec x)
{
    /* Below the root of the smallest normal number the square is rounded on top of that number. */
    const vec zero = v_set(0), root = v_set(EITHER(0x1p-63f, 0x1p-511)), least = v_set(EITHER(0x1p-80f, 0x1p-540));
    const vec positive = v_max(zero, x), safe = v_select(v_lt(positive, least), zero, positive);
    const vec support = v_select(v_lt(positive, root), v_set(SMALLEST_NORMAL), zero);
    return v_bits_sub(v_fma(safe, safe, support), support);
}
FA_INLINE vec relu_squared_backward(vec grad, vec x)
{
    const mask huge = v_lt(v_set(EITHER(0x1p126f, 0x1p1022)), x);
    vec factor = grad, twice = v_add(x, x);
    if (v_any(huge)) {
        factor = v_select(huge, v_add(grad, grad), grad);
        twice = v_select(huge, x, twice);
    }
    return v_select(v_le(x, v_set(0)), v_set(0), product(factor, twice));
}
FA_INLINE vec relu_squared_backward_from_output(vec grad, vec y)
{
    const mask tiny = v_is_tiny(y, v_set(TINY));
    vec root = v_sqrt(v_select(tiny, v_set(1), y));
    if (v_any(tiny)) {
        const vec unscale = v_set(EITHER(0x1p-32f, 0x1p-256)); /* the root of 2**-RESCALE */
        root = v_select(tiny, v_mul(v_sqrt(v_rescaled(y)), unscale), root);
    }
    return v_select(v_le(y, v_set(0)), v_set(0), product(grad, v_add(root, root)));
}

/* slope * a, and 0 for slope 0 whatever a is. Where the slope is one number, what is asked of it is
 * asked before the loop. (Asking for a usual slope first, in a branch of its own, costs float32 a
 * third more.) */
FA_INLINE vec sloped(vec slope, vec a)
{
    const mask none = v_le(v_abs(slope), v_set(0)), tiny = v_is_tiny(a, v_set(TINY));
    const mask unusual = v_or(none, v_is_tiny(slope, v_set(0x1p-40)));
    if (!v_any(v_or(unusual, tiny))) return v_mul(slope, a);
    if (!v_any(unusual)) return product_of_tiny(a, slope, tiny);
    return v_select(none, v_set(0), product(slope, a));
}

/* leaky_relu(x) = slope x for x < 0, else x.   leaky_relu'(x) = 1 for x > 0, else slope. */
FA_INLINE vec leaky_relu_forward(vec x, vec slope)
{
    return v_select(v_lt(x, v_set(0)), sloped(slope, x), x);
}
FA_INLINE vec leaky_relu_backward(vec grad, vec x, vec slope)
{
    return v_select(v_lt(v_set(0), x), grad, sloped(slope, grad));
}
FA_INLINE vec leaky_relu_backward_from_output(vec grad, vec y, vec slope)
{
    return leaky_relu_backward(grad, y, slope); /* y has the sign of x where slope > 0 */
}

/* prelu is leaky_relu with a weight for slope, rrelu with (lower + upper) / 2, rounded. */
FA_INLINE vec prelu_forward(vec x, vec weight) { return leaky_relu_forward(x, weight); }
FA_INLINE vec prelu_backward(vec grad, vec x, vec weight) { return leaky_relu_backward(grad, x, weight); }
FA_INLINE vec middle(vec lower, vec upper)
{
    const vec half = v_set(0.5);
    return v_fma(half, lower, v_mul(half, upper));
}
FA_INLINE vec rrelu_forward(vec x, vec lower, vec upper) { return leaky_relu_forward(x, middle(lower, upper)); }
FA_INLINE vec rrelu_backward(vec grad, vec x, vec lower, vec upper)
{
    return leaky_relu_backward(grad, x, middle(lower, upper));
}

/* hardsigmoid(x) = min(1, max(0, slope x + offset)), rounded once; the offset alone for slope 0. A tiny x is lost
 * in the sum, unless the offset is tiny as well. */
FA_INLINE mask is_line_unusual(vec slope, vec offset)
{
    const vec least = v_set(0x1p-30);
    const mask steepness = v_or(v_lt(v_abs(slope), least), v_lt(v_set(0x1p30), v_abs(slope)));
    return v_or(steepness, v_or(v_lt(v_abs(offset), least), v_lt(v_abs(v_sub(v_set(1), offset)), least)));
}
FA_INLINE vec hardsigmoid_forward(vec x, vec slope, vec offset)
{
    const mask unusual = is_line_unusual(slope, offset), tiny = v_is_tiny(x, v_set(TINY));
    vec line = v_fma(slope, v_select(tiny, v_set(0), x), offset);
    if (v_any(unusual)) {
        const mask flat = v_and(v_le(v_abs(slope), v_set(0)), v_le(x, x));
        line = v_select(unusual, v_select(flat, offset, v_fma(slope, x, offset)), line);
    }
    return v_min(v_set(1), v_max(v_set(0), line));
}

/* hardsigmoid'(x) = slope where 0 < slope x + offset < 1, else 0. The product is rounded first, which
 * puts the ends of the default, whose slope 1/6 is not a binary number, at exactly -3 and 3. */
FA_INLINE vec hardsigmoid_backward(vec grad, vec x, vec slope, vec offset)
{
    const mask unusual = is_line_unusual(slope, offset), tiny = v_is_tiny(x, v_set(TINY));
    vec steep = v_mul(slope, v_select(tiny, v_set(0), x));
    if (v_any(unusual)) steep = v_select(unusual, sloped(slope, x), steep);
    const mask outside = v_or(v_le(steep, v_sub(v_set(0), offset)), v_le(v_sub(v_set(1), offset), steep));
    return v_select(outside, v_set(0), sloped(slope, grad));
}
FA_INLINE vec hardsigmoid_backward_from_output(vec grad, vec y, vec slope, vec offset)
{
    (void)offset;
    return v_select(v_or(v_le(y, v_set(0)), v_le(v_set(1), y)), v_set(0), sloped(slope, grad));
}

/* hardswish(x) = x (x + 3) / 6 between -3 and 3, 0 below, x above. The quotient is taken as m/6, m
 * and the sum each with its rounding undone: 1/6 = high + low. */
FA_INLINE vec hardswish_forward(vec x)
{
    const vec sixth = v_set(EITHER(0x1.555556p-3f, 0x1.5555555555555p-3));
    const vec sixth_low = v_set(EITHER(-0x1.555556p-28f, 0x1.5555555555555p-57));
    const vec three = v_set(3), zero = v_set(0);
    const mask near_0 = v_lt(v_abs(x), v_set(0x1p-60));
    vec safe = x;
    if (v_any(near_0)) safe = v_select(near_0, zero, x);
    const vec sum = v_add(safe, three), sum_low = v_add(v_sub(three, sum), safe);
    const vec m = v_mul(safe, sum), minus_low = v_fnma(safe, sum_low, v_fnma(safe, sum, m));
    vec y = v_fma(m, sixth, v_fnma(minus_low, sixth, v_mul(m, sixth_low)));
    if (v_any(near_0)) y = v_copysign(v_select(near_0, product_of_tiny(x, v_set(0.5), near_0), y), x);
    return v_select(v_le(x, v_set(-3)), zero, v_select(v_le(three, x), x, y));
}

/* hardswish'(x) = (2 x + 3) / 6 between, 0 from -3 down, 1 from 3 up: grad itself at NaN. */
FA_INLINE vec hardswish_backward(vec grad, vec x)
{
    const mask between = v_lt(v_abs(x), v_set(3));
    const vec line = v_fma(v_set(2), v_select(v_is_tiny(x, v_set(TINY)), v_set(0), x), v_set(3));
    const vec slope = v_mul(line, v_set(EITHER(0x1.555556p-3f, 0x1.5555555555555p-3)));
    const vec y = v_select(between, product_by_moderate(grad, v_select(between, slope, v_set(1))), grad);
    return v_select(v_le(x, v_set(-3)), v_set(0), y);
}

/* threshold(x) = x above the threshold, else value; its derivative is 1 and 0. */
FA_INLINE vec threshold_forward(vec x, vec threshold, vec value) { return v_select(v_le(x, threshold), value, x); }
FA_INLINE vec threshold_backward(vec grad, vec x, vec threshold, vec value)
{
    (void)value;
    return v_select(v_le(x, threshold), v_set(0), grad);
}

/* hardshrink(x) = x where |x| > lambd, else 0; y tells as well as x whether it was. */
FA_INLINE vec hardshrink_forward(vec x, vec lambd) { return v_select(v_le(v_abs(x), lambd), v_set(0), x); }
FA_INLINE vec hardshrink_backward(vec grad, vec x, vec lambd)
{
    return v_select(v_le(v_abs(x), lambd), v_set(0), grad);
}
FA_INLINE vec hardshrink_backward_from_output(vec grad, vec y, vec lambd)
{
    return hardshrink_backward(grad, y, lambd);
}

/* softshrink(x) = sign(x) max(0, |x| - lambd); its derivative is 1 where |x| > lambd, else 0. */
FA_INLINE vec softshrink_forward(vec x, vec lambd)
{
    const vec magnitude = v_abs(x);
    const mask shrunk = v_le(magnitude, lambd);
    return v_copysign(v_select(shrunk, v_set(0), v_sub(magnitude, lambd)), x);
}
FA_INLINE vec softshrink_backward(vec grad, vec x, vec lambd) { return hardshrink_backward(grad, x, lambd); }
FA_INLINE vec softshrink_backward_from_output(vec grad, vec y, vec lambd)
{
    (void)lambd;
    return hardshrink_backward(grad, y, v_set(0));
}

/* grad * factor / magnitude**2 where `far`, grad * slope, a moderate slope, elsewhere; 0 * grad at infinity. */
FA_INLINE vec graded_far(vec grad, vec factor, vec magnitude, vec slope, mask far)
{
    const vec safe = v_select(far, magnitude, v_set(1)), significand = v_significand(safe);
    const vec vanished = v_select(v_lt(safe, v_set(INFINITY)), factor, v_set(0));
    const vec m = v_select(far, v_div(vanished, v_mul(significand, significand)), slope);
    const vec n = v_select(far, v_mul(v_set(-2), v_exponent(safe)), v_set(0));
    const mask odd_m = v_or(v_is_tiny(m, v_set(0x1p-8)), v_lt(v_set(0x1p8), v_abs(m)));
    if (!v_any(v_or(odd_m, is_odd(grad)))) return faint_product(grad, m, n);
    vec exponent;
    const vec one_to_2 = split(m, &exponent);
    return scaled_product(grad, one_to_2, v_add(n, exponent));
}

/* softsign(x) = x / (1 + |x|), constant to rounding from 2**60 on.   softsign'(x) = 1 / (1 + |x|)**2,
 * (1 - |y|)**2. */
FA_INLINE vec softsign_forward(vec x)
{
    const vec magnitude = v_abs(x), a = v_max(v_set(0x1p-60), v_min(v_set(0x1p60), magnitude));
    return v_copysign(v_min(v_div(a, v_add(v_set(1), a)), magnitude), x);
}
FA_INLINE vec softsign_backward(vec grad, vec x)
{
    const vec one = v_set(1), largest = v_set(EITHER(0x1p28f, 0x1p60));
    const vec magnitude = v_abs(x), sum = v_add(one, v_min(largest, magnitude));
    const vec slope = v_div(one, v_mul(sum, sum));
    const mask far = v_lt(largest, magnitude);
    return v_any(far) ? graded_far(grad, one, magnitude, slope, far) : product_by_moderate(grad, slope);
}
FA_INLINE vec softsign_backward_from_output(vec grad, vec y)
{
    const vec one = v_set(1), magnitude = v_abs(y), rest = v_sub(one, magnitude);
    const vec rest_low = v_sub(v_sub(one, rest), magnitude);
    return product_by_moderate(grad, v_fma(rest, rest, v_mul(v_add(rest, rest), rest_low)));
}

/* --- The logistic function ------------------------------------------------------------------ */

/* -|x| between `lowest`, beyond which the result is constant, and a power of two that stands for
 * the numbers next to 0: the arithmetic that follows meets no subnormal. */
FA_INLINE vec negative_magnitude(vec x, lane lowest)
{
    return v_max(v_set(lowest), v_min(v_set(-0x1p-60), v_copysign(x, v_set(-1))));
}

/* exp(LOWEST) is 0 even times the largest number and the largest polynomial factor. */
#define LOWEST EITHER(-203, -1480)

/* With *excess, what z has too much: returns z near -|factor x|. */
FA_INLINE vec negative_product(vec x, vec factor, vec *excess)
{
    const vec most = v_set(EITHER(-FLT_MAX, -DBL_MAX)), lowest = v_set(LOWEST), magnitude = v_abs(factor);
    const vec a = v_max(most, v_copysign(x, v_set(-1)));
    const vec z = v_max(lowest, v_min(v_set(-0x1p-60), v_mul(a, magnitude)));
    *excess = v_select(v_or(v_le(z, lowest), v_le(v_set(-0x1p-60), z)), v_set(0), v_fnma(a, magnitude, z));
    return z;
}

/* For e = exp(z - excess) = p 2**n, *t = POWER + n + shift: returns a quotient q near e / (1 + e) 2**-n
 * and *residual, so that q + *residual * *above is nearer; *above = 1 / (1 + e); *scale = 2**n.
 *
 * A quotient of two rounded numbers would be 2.4 ULP off. Its residual p - q (1 + e), with p's own
 * rounding undone by writing it as u + h r, takes three fused operations and leaves 1.76. */
FA_INLINE vec logistic_parts(vec z, const vec *excess, lane unit, int shift, vec *residual, vec *above, vec *t,
                             vec *scale)
{
    const vec one = v_set(1);
    vec h, r = exp_reduced(z, POWER + shift, t);
    if (excess) r = v_sub(r, *excess);
    const vec p = exp_polynomial(r, unit, &h);
    *scale = shift ? v_pow2(*t) : held_pow2(*t);
    const vec sum = v_fma(*scale, p, one);
    const vec q = v_div(p, sum);
    *above = v_fnma(q, *scale, one);
    *residual = v_fma(h, r, v_fnma(q, sum, v_set(unit)));
    return q;
}

/* sigmoid(x) = 1 / (1 + exp(-x)): 1 / (1 + e) above 0 and e / (1 + e) below, e = exp(-|x|).
 * Below the logarithm of the smallest normal number the latter is rounded on top of that number,
 * which is then taken away from the bits. The exponential is scaled, so that 2**n is normal. */
FA_INLINE vec sigmoid_forward(vec x)
{
    const lane to_zero = EITHER(-104, -746);
    /* The first number at which the result is subnormal: after 87.336544... (708.396418532264106...). */
    const lane to_subnormal = EITHER(0x1.5d58ap+6f, 0x1.6232bdd7abcd3p+9);
    const vec z = negative_magnitude(x, to_zero);
    vec residual, above, t, scale;
    const vec rough = logistic_parts(z, NULL, 0x1p-64, 64, &residual, &above, &t, &scale);
    const vec q = v_fma(residual, above, rough);
    const vec support = v_select(v_is_tiny(z, v_set(to_subnormal)), v_set(0), v_set(SMALLEST_NORMAL));
    const vec below = v_bits_sub(v_fma(q, scale, support), support);
    return v_select(v_lt(x, v_set(0)), below, above); /* NaN comes out of `above` alone */
}

/* grad * 2**power * e / (1 + e)**2 for e = exp(z). */
FA_INLINE vec logistic_slope(vec grad, vec z, int power)
{
    vec residual, above, t, scale;
    const vec rough = logistic_parts(z, NULL, 1, 0, &residual, &above, &t, &scale);
    const vec q = v_fma(residual, above, rough);
    return graded(grad, v_mul(q, above), v_add(t, v_set(power)));
}

/* sigmoid'(x) = e / (1 + e)**2, e = exp(-|x|). From the output y (1 - y), which a fused operation
 * rounds once; a tiny y is its own derivative. */
FA_INLINE vec sigmoid_backward(vec grad, vec x) { return logistic_slope(grad, negative_magnitude(x, LOWEST), 0); }
FA_INLINE vec sigmoid_backward_from_output(vec grad, vec y)
{
    const mask tiny = v_is_tiny(y, v_set(TINY));
    if (!v_any(tiny)) return product_by_moderate(grad, v_fnma(y, y, y));
    const vec safe = v_select(tiny, v_set(TINY), y);
    return product(grad, v_select(tiny, y, v_fnma(safe, safe, safe)));
}

/* x q 2**n below, which 0 counts to, x - x q 2**n elsewhere; q comes as a quotient and its correction residual * weight, 2**n as `scale`
 * where it is not so small that t = POWER + n must tell. `far`, if any, is where x q might overflow. The result has
 * the sign of x, of a zero or a NaN too. */
FA_INLINE vec gated(vec x, vec q, vec residual, vec weight, vec scale, vec t, mask below, const mask *far)
{
    const mask tiny = v_is_tiny(x, v_set(0x1p-60)), deep = v_lt(t, v_set(POWER + EITHER(-60, -800)));
    const mask unusual = v_or(tiny, far ? v_or(deep, *far) : deep);
    if (!v_any(unusual)) {
        const vec part = v_fma(x, q, v_mul(v_mul(x, weight), residual));
        return v_copysign(v_select(below, v_mul(part, scale), v_fnma(part, scale, x)), x);
    }
    const vec zero = v_set(0), n = v_sub(t, v_set(POWER));
    if (!v_any(v_or(v_lt(v_set(0x1p30), v_abs(x)), v_and(tiny, deep)))) {
        const mask faint = v_and(deep, below);
        const vec lifted = v_select(tiny, v_rescaled(x), x), part = v_fma(lifted, q, v_mul(v_mul(lifted, weight), residual));
        const vec near = v_select(below, v_mul(part, scale), v_fnma(part, scale, lifted));
        const vec value = v_select(faint, part, near);
        const vec moves = v_select(faint, v_max(v_set(LEAST_MOVE), n), v_select(tiny, v_set(-RESCALE), zero));
        return v_copysign(moved(value, moves, faint), x);
    }
    const vec most = v_set(EITHER(0x1.fffffep119f, 0x1.fffffffffffffp1015));
    const mask huge = v_lt(most, v_abs(x));
    const vec lifted = v_select(tiny, v_rescaled(x), v_select(huge, v_mul(x, v_set(0x1p-8)), x));
    const vec factor = v_select(v_lt(most, v_abs(lifted)), v_copysign(most, x), lifted);
    const vec part = v_fma(factor, q, v_mul(v_mul(factor, weight), residual));
    const vec value = v_select(below, part, v_fnma(part, scale, lifted));
    const vec moves = v_select(tiny, v_set(-RESCALE), v_select(huge, v_set(8), zero));
    return v_copysign(scaled(value, v_add(v_select(below, n, zero), moves)), x);
}

/* x / (1 + exp(-s)) for s = -(z - excess) where `below` is false, else s = z - excess. */
FA_INLINE vec gated_by_logistic(vec x, vec z, const vec *excess, mask below, const mask *far)
{
    vec residual, above, t, scale;
    const vec q = logistic_parts(z, excess, 1, 0, &residual, &above, &t, &scale);
    return gated(x, q, residual, above, scale, t, below, far);
}

/* silu(x) = x / (1 + exp(-beta x)). */
FA_INLINE vec silu_forward(vec x, vec beta)
{
    const vec one = v_set(1), zero = v_set(0);
    vec z = negative_magnitude(x, LOWEST), excess = zero, s = x;
    if (v_any(v_or(v_lt(beta, one), v_lt(one, beta)))) {
        z = negative_product(x, beta, &excess);
        s = v_mul(x, beta);
    }
    const mask far = v_lt(v_set(EITHER(0x1p120f, 0x1p1016)), v_abs(x));
    const vec y = gated_by_logistic(x, z, &excess, v_le(s, zero), &far);
    const mask flat = v_le(v_abs(beta), zero);
    return v_any(flat) ? v_select(v_and(flat, v_le(v_set(INFINITY), v_abs(x))), x, y) : y;
}

/* graded(grad, m, t) where m, t are of a derivative that has a root for x < 0: `below` m 2**n, else m. Where the
 * distance from the root is small, a polynomial in it has every digit that the difference has lost. */
FA_INLINE vec graded_around_root(vec grad, vec m, vec t, mask below, vec distance, const lane *c, int count)
{
    const mask far = v_le(v_set(NEAR_ROOT), v_abs(distance));
    const vec rest = polynomial_by_halves(distance, c + 1, count - 1);
    const mask near = v_and(below, v_lt(v_abs(distance), v_set(NEAR_ROOT)));
    const vec around = v_fma(distance, v_set(c[0]), v_mul(distance, rest));
    return graded(grad, v_select(near, around, m), v_select(v_and(below, far), t, v_set(POWER)));
}
#define ROOT_OF(c) c, sizeof c / sizeof(lane)

/* f'(s) for f(s) = s / (1 + exp(-s)): where `below`, D = e (1 - a + e) / (1 + e)**2, e = exp(-a),
 * a = |s|; elsewhere 1 - D. Around the root of D a polynomial in the distance from it. */
FA_INLINE vec gated_slope(vec grad, vec z, vec excess, mask below)
{
    const vec one = v_set(1);
    vec t, h, r = v_sub(exp_reduced(z, POWER, &t), excess);
    const vec p = exp_polynomial(r, 1, &h), scale = held_pow2(t);
    const vec sum = v_fma(scale, p, one), sum_low = v_fma(scale, p, v_sub(one, sum));
    const vec square = v_fma(sum, sum, v_mul(v_add(sum, sum), sum_low));
    const vec factor = v_fma(scale, p, v_sub(v_add(one, z), excess));
    const vec slope = v_div(v_fma(p, factor, v_mul(exp_residual(p, h, r), factor)), square);

    const vec distance = v_sub(v_sub(z, v_set(SILU_ROOT)), v_add(v_set(SILU_ROOT_LOW), excess));
    const vec m = v_select(below, slope, v_fnma(slope, scale, one));
    return graded_around_root(grad, m, t, below, distance, ROOT_OF(SILU_NEAR_ROOT));
}

/* silu'(x) = f'(beta x). */
FA_INLINE vec silu_backward(vec grad, vec x, vec beta)
{
    const vec one = v_set(1), zero = v_set(0);
    vec z = negative_magnitude(x, LOWEST), excess = zero, s = x;
    if (v_any(v_or(v_lt(beta, one), v_lt(one, beta)))) {
        z = negative_product(x, beta, &excess);
        s = v_mul(x, beta);
    }
    return gated_slope(grad, z, excess, v_lt(s, zero));
}

/* quick_gelu(x) = x / (1 + exp(-1.702 x)), 1.702 = high + low. */
FA_INLINE vec quick_gelu_argument(vec x, vec *excess)
{
    const vec high = v_set(EITHER(0x1.b3b646p0f, 1.702)), low = v_set(EITHER(-0x1.78d4fep-26f, 0));
    const vec a = v_max(v_set(EITHER(-120, -870)), v_min(v_set(-0x1p-60), v_copysign(x, v_set(-1))));
    const vec z = v_mul(a, high);
    *excess = v_fnma(a, low, v_fnma(a, high, z));
    return z;
}
FA_INLINE vec quick_gelu_forward(vec x)
{
    vec excess;
    const vec z = quick_gelu_argument(x, &excess);
    return gated_by_logistic(x, z, &excess, v_le(x, v_set(0)), NULL);
}
FA_INLINE vec quick_gelu_backward(vec grad, vec x)
{
    vec excess;
    const vec z = quick_gelu_argument(x, &excess);
    return gated_slope(grad, z, excess, v_lt(x, v_set(0)));
}

/* gelu_tanh(x) = x / (1 + exp(-s)), s = x (C1 + C3 x**2), C1 = sqrt(8/pi), C3 = 0.044715 C1. C1's high part is
 * so short that g - C1 is exact. Returns -|s| = z - *excess, a = -|x| and *cubed + *cubed_low = C3 x**2. */
FA_INLINE vec gelu_tanh_argument(vec x, vec *excess, vec *a, vec *cubed, vec *cubed_low)
{
    const vec c1 = v_set(EITHER(0x1.988p0f, 0x1.988453p0));
    const vec c1_low = v_set(EITHER(0x1.14cf5p-14f, 0x1.ea1b284687e5ap-27));
    const vec c3 = v_set(EITHER(0x1.2444f2p-4f, 0x1.2444f2a4d8b4bp-4));
    const vec c3_low = v_set(EITHER(0x1.49b16ap-29f, -0x1.3023b0e5fbc6ep-58));
    const vec least = v_set(EITHER(-13.75f, -27.5)), most = v_set(EITHER(-0x1p-40f, -0x1p-60));
    *a = v_max(least, v_min(most, v_copysign(x, v_set(-1))));
    const vec u = v_mul(*a, *a), u_low = v_fma(*a, *a, v_sub(v_set(0), u));
    const vec g = v_fma(c3, u, c1);
    *cubed = v_sub(g, c1);
    *cubed_low = v_add(v_fma(c3, u, v_sub(v_set(0), *cubed)), v_fma(c3, u_low, v_mul(c3_low, u)));
    const vec z = v_mul(*a, g);
    *excess = v_fnma(*a, v_add(*cubed_low, c1_low), v_fnma(*a, g, z));
    return z;
}
FA_INLINE vec gelu_tanh_forward(vec x)
{
    vec excess, a, cubed, cubed_low;
    const vec z = gelu_tanh_argument(x, &excess, &a, &cubed, &cubed_low);
    return gated_by_logistic(x, z, &excess, v_le(x, v_set(0)), NULL);
}

/* gelu_tanh'(x) = D below 0, 1 - D above, D = q (1 + v - v q), q = e / (1 + e), e = exp(-|s|) and
 * v = -|x s'(x)| = -|s| + 2 a C3 x**2 with its rounding undone. */
FA_INLINE vec gelu_tanh_backward(vec grad, vec x)
{
    const vec one = v_set(1);
    vec excess, a, cubed, cubed_low, residual, above, t, scale;
    const vec z = gelu_tanh_argument(x, &excess, &a, &cubed, &cubed_low);
    const vec rough = logistic_parts(z, &excess, 1, 0, &residual, &above, &t, &scale);
    const vec twice = v_add(a, a), v = v_fma(twice, cubed, z), q = v_fma(residual, above, rough);
    const vec v_low = v_add(v_fma(twice, cubed, v_sub(z, v)), v_sub(v_mul(twice, cubed_low), excess));
    const vec factor = v_add(v, v_fnma(v, v_mul(q, scale), v_fma(v_low, above, one)));
    const vec slope = v_fma(rough, factor, v_mul(v_mul(residual, above), factor));
    const mask below = v_lt(x, v_set(0));
    const vec distance = v_sub(v_sub(x, v_set(GELU_TANH_ROOT)), v_set(GELU_TANH_ROOT_LOW));
    const vec m = v_select(below, slope, v_fnma(slope, scale, one));
    return graded_around_root(grad, m, t, below, distance, ROOT_OF(GELU_TANH_NEAR_ROOT));
}

/* --- The normal distribution ---------------------------------------------------------------- */

/* For a = |x|: exp(-a**2 / 2) = (p + *p_low) 2**n, *t = POWER + n; Phi(-a) = exp(-a**2 / 2) / (2 *odds).
 *
 * odds = 1 + a D(a), and D rises only from 0.8 to 1.25: a polynomial in (a - 4) / (a + 4) gives it with less
 * than one rounding's error. (P(a) / Q(a) of degrees 4 and 5 saves a division, but errs by 4.3 ULP.) */
FA_INLINE vec normal_parts(vec x, vec *a, vec *p_low, vec *odds, vec *odds_low, vec *t)
{
    const vec least = v_set(EITHER(0x1p-40f, 0x1p-60)), most = v_set(EITHER(20.25f, 54.5)), half = v_set(0.5);
    const vec one = v_set(1), four = v_set(4);
    *a = v_max(least, v_min(most, v_abs(x)));
    const vec square = v_mul(*a, *a), z = v_mul(v_set(-0.5), square);
    const vec excess = v_mul(half, v_fma(*a, *a, v_sub(v_set(0), square)));
    vec h;
    const vec r = v_sub(exp_reduced(z, POWER, t), excess), p = exp_polynomial(r, 1, &h);
    *p_low = exp_residual(p, h, r);
    const vec d = POLYNOMIAL_BY_HALVES(v_div(v_sub(*a, four), v_add(*a, four)), NORMAL_ODDS);
    *odds = v_fma(*a, d, one);
    *odds_low = v_fma(*a, d, v_sub(one, *odds));
    return p;
}

/* gelu(x) = x Phi(x): x Phi(-|x|) below 0, x - x Phi(-|x|) above. */
FA_INLINE vec gelu_forward(vec x)
{
    const vec half = v_set(0.5);
    vec a, p_low, odds, odds_low, t;
    const vec p = normal_parts(x, &a, &p_low, &odds, &odds_low, &t);
    const vec inverse = v_div(half, odds), q = v_mul(p, inverse);
    const vec residual = v_fma(half, p_low, v_fnma(q, odds_low, v_fnma(q, odds, v_mul(half, p))));
    return gated(x, q, residual, v_add(inverse, inverse), held_pow2(t), t, v_le(x, v_set(0)), NULL);
}

/* gelu'(x) = D below 0, 1 - D above, D = Phi(-a) - a phi(a), phi(a) = exp(-a**2 / 2) / sqrt(2 pi). */
FA_INLINE vec gelu_backward(vec grad, vec x)
{
    vec a, p_low, odds, odds_low, t;
    const vec p = normal_parts(x, &a, &p_low, &odds, &odds_low, &t);
    const vec density = v_set(EITHER(0x1.988454p-2f, 0x1.9884533d43651p-2));
    const vec factor = v_fnma(a, density, v_div(v_set(0.5), odds));
    const vec slope = v_fma(p, factor, v_mul(p_low, factor));
    const mask below = v_lt(x, v_set(0));
    const vec m = v_select(below, slope, v_fnma(slope, held_pow2(t), v_set(1)));
    const vec distance = v_sub(v_sub(x, v_set(GELU_ROOT)), v_set(GELU_ROOT_LOW));
    return graded_around_root(grad, m, t, below, distance, ROOT_OF(GELU_NEAR_ROOT));
}

/* --- Hyperbolic tangent --------------------------------------------------------------------- */

/* tanh(x) = x + x**3 P(x**2) / Q(x**2) near 0 (tools/rational.py; error below 2**-26 or 2**-56) and
 * 1 - 2 E / (1 + E), E = exp(-2|x|), further out, where the subtraction takes little from the error
 * of its second term. The two share the division and the last, fused, operation.
 * (expm1(-2|x|) for both would save four operations, but errs by 1.87 and in float64 by 2.0 ULP.) */
FA_INLINE vec tanh_forward(vec x)
{
    const vec one = v_set(1), magnitude = v_abs(x);
    const lane is_one = EITHER(10, 20); /* tanh rounds to 1 from 9.02 (19.07) on */
    const lane is_itself = 0x1p-40;     /* below, tanh(x) rounds to x */
    const vec a = v_max(v_set(is_itself), v_min(v_set(is_one), magnitude)), u = v_mul(a, a);

#ifdef FA_F32
    const vec p = v_fma(v_set(-0x1.e13fep-7f), u, v_set(-0x1.555554p-2f));
    const vec q = v_fma(v_fma(v_set(0x1.018d34p-6f), u, v_set(0x1.c6b78ap-2f)), u, one);
#else
    vec p = v_fma(v_set(-0x1.5523096645eap-20), u, v_set(-0x1.86f975d5bcafbp-12));
    p = v_fma(v_fma(p, u, v_set(-0x1.8157317e4f357p-6)), u, v_set(-0x1.5555555555555p-2));
    vec q = v_fma(v_set(0x1.5cddf13350d1ep-20), u, v_set(0x1.a502c5102831ep-12));
    q = v_fma(v_fma(v_fma(q, u, v_set(0x1.c1872ccb2ebeap-6)), u, v_set(0x1.e1d9f2e14873ap-2)), u, one);
#endif

    vec h, t;
    const vec exp_r = exp_polynomial(exp_reduced(v_mul(v_set(-2), a), POWER, &t), 1, &h), scale = v_pow2(t);
    const mask near = v_lt(a, v_set(EITHER(1.0f, 0.75)));
    const vec ratio =
        v_div(v_select(near, p, v_mul(exp_r, scale)), v_select(near, q, v_fma(exp_r, scale, one)));
    const vec y = v_fma(ratio, v_select(near, v_mul(u, a), v_set(-2)), v_select(near, a, one));
    return v_copysign(v_min(y, magnitude), x);
}

/* tanh'(x) = 4 E / (1 + E)**2. From the output 1 - y**2, rounded once. */
FA_INLINE vec tanh_backward(vec grad, vec x)
{
    const vec z = negative_magnitude(x, EITHER(-102.5f, -741));
    return logistic_slope(grad, v_add(z, z), 2);
}
FA_INLINE vec tanh_backward_from_output(vec grad, vec y)
{
    const vec safe = v_max(v_set(TINY), v_abs(y));
    return product_by_moderate(grad, v_fnma(safe, safe, v_set(1)));
}

/* tanhshrink(x) = x - tanh(x) = x**3 P(x**2) / Q(x**2) near 0 (tools/rational.py) and, further out,
 * (|x| - 1) + 2 E / (1 + E), E = exp(-2|x|). Next to 0 it is x**3 / 3 rounded once. */
FA_INLINE vec tanhshrink_forward(vec x)
{
    const vec one = v_set(1), zero = v_set(0), magnitude = v_abs(x);
    const vec least = v_set(EITHER(0x1p-40f, 0x1p-340));
    const vec a = v_max(least, magnitude), u = v_mul(a, a), cube = v_mul(u, a);
    const vec u_low = v_fma(a, a, v_sub(zero, u)), cube_low = v_fma(u_low, a, v_fma(u, a, v_sub(zero, cube)));
    const vec p = POLYNOMIAL(u, TANHSHRINK_P), q = POLYNOMIAL(u, TANHSHRINK_Q);

    vec h, t;
    const vec z = v_mul(v_set(-2), v_min(v_set(EITHER(20, 40)), a));
    const vec exp_r = exp_polynomial(exp_reduced(z, POWER, &t), 1, &h), scale = v_pow2(t);
    const mask near = v_lt(a, one);
    const vec ratio =
        v_div(v_select(near, p, v_mul(exp_r, scale)), v_select(near, q, v_fma(exp_r, scale, one)));
    const vec rest = v_select(near, v_mul(ratio, cube_low), v_sub(a, one));
    const vec y = v_fma(ratio, v_select(near, cube, v_set(2)), rest);

    const mask tiny = v_lt(magnitude, least);
    if (!v_any(tiny)) return v_copysign(y, x);
    vec n;
    const vec m = split(v_max(v_set(EITHER(0x1p-60f, 0x1p-510)), magnitude), &n);
    const vec third = v_set(EITHER(0x1.555556p-2f, 0x1.5555555555555p-2));
    const vec cubed = scaled(v_mul(v_mul(v_mul(m, m), m), third), v_mul(v_set(3), n));
    return v_copysign(v_select(tiny, cubed, y), x);
}

/* tanhshrink'(x) = tanh(x)**2. */
FA_INLINE vec tanhshrink_backward(vec grad, vec x)
{
    const vec y = tanh_forward(x);
    if (!v_any(v_lt(v_abs(y), v_set(EITHER(0x1p-30f, 0x1p-255))))) return product_by_moderate(grad, v_mul(y, y));
    vec n;
    const vec m = split(y, &n);
    return scaled_product(grad, v_mul(m, m), v_add(n, n));
}

/* --- Exponentials below 0 ------------------------------------------------------------------- */

/* exp(z) - 1 = 2**n (exp(r) - 1) + (2**n - 1), for z from -40 to 0. */
FA_INLINE vec expm1_below(vec z)
{
    vec h, t;
    const vec r = exp_reduced(z, POWER, &t), scale = v_pow2(t);
    exp_polynomial(r, 1, &h);
    return v_fma(v_mul(r, scale), h, v_sub(scale, v_set(1)));
}

/* slope * x for x >= 0 (left) and limit * (exp(x) - 1) below, limit = high + low. */
FA_INLINE vec exponential_unit(vec x, vec slope, vec high, vec low)
{
    const vec least = v_set(EITHER(-20, -40)), zero = v_set(0);
    const mask below = v_lt(x, zero), tiny = v_is_tiny(x, v_set(0x1p-60));
    const mask unusual = v_or(tiny, v_or(v_is_tiny(slope, v_set(0x1p-40)), v_is_tiny(high, v_set(0x1p-40))));
    const vec one = v_set(1), z = v_max(least, v_min(v_set(-0x1p-60), x));
    vec h, t;
    const vec r = exp_reduced(z, POWER, &t), scale = v_pow2(t), last = v_sub(scale, one);
    exp_polynomial(r, 1, &h);
    const vec value = v_fma(v_mul(r, scale), h, last);
    vec y = value;
    if (v_any(v_or(v_lt(high, one), v_lt(one, high)))) { /* limit * value, but that its terms meet the limit first */
        const vec r_scaled = v_mul(r, scale), first = v_mul(high, r_scaled), rest = v_mul(high, last);
        const vec first_low = v_fma(high, r_scaled, v_sub(zero, first)), rest_low = v_fma(high, last, v_sub(zero, rest));
        y = v_add(rest, v_fma(first, h, v_fma(low, value, v_add(first_low, rest_low))));
    }
    y = v_select(below, y, v_mul(slope, v_select(tiny, one, x)));
    if (!v_any(unusual)) return y;
    const mask odd_limit = v_or(v_is_tiny(slope, v_set(0x1p-40)), v_is_tiny(high, v_set(0x1p-40)));
    if (!v_any(odd_limit)) return v_select(tiny, product_of_tiny(x, v_select(below, high, slope), tiny), y);
    const vec factor = v_select(v_or(tiny, v_le(zero, x)), x, value);
    return v_select(unusual, product(v_select(below, high, slope), factor), y);
}

/* grad * slope for x > 0 and grad * limit * exp(x) from 0 down. */
FA_INLINE vec exponential_unit_slope(vec grad, vec x, vec slope, vec limit)
{
    const vec z = v_max(v_set(LOWEST), v_min(v_set(-0x1p-60), x));
    vec h, t, n = v_set(0), m = limit;
    const vec p = exp_polynomial(exp_reduced(z, POWER, &t), 1, &h);
    const mask unusual = v_or(v_is_tiny(limit, v_set(0x1p-40)), v_lt(v_set(0x1p20), v_abs(limit)));
    if (v_any(unusual)) m = split(limit, &n);
    const mask above = v_lt(v_set(0), x);
    if (v_any(unusual)) {
        vec exponent;
        const vec significand = split(v_select(above, slope, v_mul(m, p)), &exponent);
        const vec power = v_select(above, v_set(0), v_add(n, v_sub(t, v_set(POWER))));
        return scaled_product(grad, significand, v_add(exponent, power));
    }
    return graded(grad, v_select(above, slope, v_mul(m, p)), v_select(above, v_set(POWER), t));
}

/* elu(x) = x for x >= 0, alpha (exp(x) - 1) below.   elu'(x) = 1 above 0, else alpha exp(x), y + alpha. */
FA_INLINE vec elu_forward(vec x, vec alpha)
{
    const vec y = exponential_unit(x, v_set(1), alpha, v_set(0));
    return v_select(v_lt(x, v_set(0)), y, x);
}
FA_INLINE vec elu_backward(vec grad, vec x, vec alpha)
{
    return v_select(v_lt(v_set(0), x), grad, exponential_unit_slope(grad, x, v_set(1), alpha));
}
FA_INLINE vec elu_backward_from_output(vec grad, vec y, vec alpha)
{
    return v_select(v_lt(v_set(0), y), grad, product(grad, v_add(y, alpha)));
}

/* selu(x) = scale elu(x, alpha); the limit scale * alpha is taken with its rounding undone. */
FA_INLINE vec selu_forward(vec x, vec alpha, vec scale)
{
    const vec limit = v_mul(scale, alpha), infinity = v_set(INFINITY);
    const vec y = exponential_unit(x, scale, limit, v_fma(scale, alpha, v_sub(v_set(0), limit)));
    const mask overflown = v_and(v_le(infinity, v_abs(limit)), v_lt(x, v_set(0)));
    return v_any(overflown) ? v_select(overflown, product(scale, elu_forward(x, alpha)), y) : y;
}
FA_INLINE vec selu_backward(vec grad, vec x, vec alpha, vec scale)
{
    return exponential_unit_slope(grad, x, scale, v_mul(scale, alpha));
}
FA_INLINE vec selu_backward_from_output(vec grad, vec y, vec alpha, vec scale)
{
    return product(grad, v_select(v_lt(v_set(0), y), scale, v_fma(scale, alpha, y)));
}

/* x / alpha = z - *excess for x < 0, held where it no longer matters; either sign by alpha's. */
FA_INLINE vec celu_argument(vec x, vec alpha, vec *excess)
{
    const vec most = v_min(v_set(EITHER(FLT_MAX, DBL_MAX)), v_mul(v_set(-LOWEST), v_abs(alpha)));
    const vec least = v_mul(v_set(0x1p-60), v_abs(alpha)), inverse = v_div(v_set(1), alpha);
    const vec a = v_copysign(v_max(least, v_min(most, v_abs(x))), v_set(-1));
    const vec z = v_mul(a, inverse);
    *excess = v_mul(v_fma(z, alpha, v_sub(v_set(0), a)), inverse);
    return z;
}

/* Below this |alpha| its reciprocal is infinite or nearly so, and both x and alpha are taken 2**RESCALE times. */
#define FAINT_ALPHA EITHER(0x1p-100f, 0x1p-900)
FA_INLINE void celu_lifted(mask faint, vec *x, vec *alpha)
{
    *x = v_select(faint, v_mul(*x, v_set(EITHER(0x1p64f, 0x1p512))), *x);
    *alpha = v_select(faint, v_rescaled(*alpha), *alpha);
}

/* celu(x) = x for x >= 0, alpha (exp(x / alpha) - 1) below; for alpha below 0 that grows without bound.
 * celu'(x) = 1 above 0, else exp(x / alpha), (y + alpha) / alpha. */
FA_INLINE vec celu_forward(vec x, vec alpha)
{
    vec excess, h, t, wide = x;
    const mask faint = v_is_tiny(alpha, v_set(FAINT_ALPHA));
    if (v_any(faint)) celu_lifted(faint, &wide, &alpha);
    const vec z = celu_argument(wide, alpha, &excess);
    const vec reduced = exp_reduced(z, POWER, &t), r = v_sub(reduced, excess), p = exp_polynomial(r, 1, &h);
    const vec scale = v_pow2(v_min(v_set(POWER + 60), v_max(v_set(POWER + LEAST_POWER), t)));
    const vec r_low = v_sub(v_sub(reduced, r), excess), first = v_fma(alpha, r, v_mul(alpha, r_low));
    const vec last = v_mul(alpha, v_sub(scale, v_set(1)));
    vec y = v_fma(v_mul(first, scale), h, last);
    const mask growing = v_lt(alpha, v_set(0)); /* the two terms then differ in sign */
    if (v_any(growing)) {
        const vec h_low = v_fma(exp_tail(r, 1), r, v_sub(v_set(1), h));
        const vec first_low = v_fma(alpha, r_low, v_fma(alpha, r, v_sub(v_set(0), first)));
        const vec finer = v_fma(first, h, v_fma(first, h_low, first_low));
        y = v_select(growing, v_fma(finer, scale, last), y);
    }
    const mask grown = v_lt(v_set(POWER + 60), t);
    if (v_any(grown)) y = v_select(grown, scaled(v_mul(alpha, p), v_sub(t, v_set(POWER))), y);
    const mask curved = v_lt(v_mul(v_set(0x1p-60), v_abs(alpha)), v_abs(wide));
    if (v_any(faint)) y = v_select(faint, scaled(y, v_set(-RESCALE)), y);
    return v_select(v_and(v_lt(x, v_set(0)), curved), y, x);
}
FA_INLINE vec celu_backward(vec grad, vec x, vec alpha)
{
    vec excess, h, t, wide = x;
    const mask faint = v_is_tiny(alpha, v_set(FAINT_ALPHA));
    if (v_any(faint)) celu_lifted(faint, &wide, &alpha);
    const vec z = celu_argument(wide, alpha, &excess);
    const vec p = exp_polynomial(v_sub(exp_reduced(z, POWER, &t), excess), 1, &h);
    const mask grown = v_lt(v_set(POWER + 60), t);
    const vec slope = v_any(grown) ? scaled_product(grad, p, v_sub(t, v_set(POWER))) : graded(grad, p, t);
    return v_select(v_lt(v_set(0), x), grad, slope);
}
FA_INLINE vec celu_backward_from_output(vec grad, vec y, vec alpha)
{
    return v_select(v_lt(v_set(0), y), grad, product(grad, v_div(v_add(y, alpha), alpha)));
}

/* --- Softplus ------------------------------------------------------------------------------- */

/* log(1 + e) 2**-n = p + p e C(e) for e = exp(z - excess) = p 2**n, t = POWER + n, *scale = 2**n; *low is what
 * its last rounding took. */
FA_INLINE vec log1p_of_exp(vec z, const vec *excess, vec *low, vec *t, vec *scale)
{
    vec h, r = exp_reduced(z, POWER, t);
    if (excess) r = v_sub(r, *excess);
    const vec p = exp_polynomial(r, 1, &h), p_low = exp_residual(p, h, r);
    *scale = held_pow2(*t);
    const vec e = v_mul(p, *scale), more = v_fma(p, v_mul(e, POLYNOMIAL(e, LOG1P)), p_low);
    const vec value = v_add(p, more);
    *low = v_add(v_sub(p, value), more);
    return value;
}

/* softplus(x) = log(1 + exp(beta x)) / beta = max(0, x) + log(1 + exp(-|beta x|)) / beta. */
FA_INLINE vec softplus_forward(vec x, vec beta)
{
    const vec one = v_set(1), zero = v_set(0);
    const mask scaled_input = v_or(v_lt(beta, one), v_lt(one, beta));
    vec z = negative_magnitude(x, LOWEST), excess = zero, low, t, scale;
    if (v_any(scaled_input)) z = negative_product(x, beta, &excess);
    vec value = log1p_of_exp(z, &excess, &low, &t, &scale);
    if (v_any(scaled_input)) {
        const vec inverse = v_div(one, beta), rough = v_mul(value, inverse);
        const mask divided = v_and(scaled_input, v_lt(rough, v_set(INFINITY)));
        const vec more = v_mul(v_add(v_fnma(rough, beta, value), low), inverse), finer = v_add(rough, more);
        low = v_select(divided, v_add(v_sub(rough, finer), more), v_select(scaled_input, zero, low));
        value = v_select(divided, finer, rough);
    }
    const vec y = v_fma(value, scale, v_fma(low, scale, v_max(zero, x)));
    const mask faint = v_or(v_lt(t, v_set(POWER + LEAST_POWER)), v_lt(v_mul(value, scale), v_set(TINY)));
    const mask deep = v_and(v_lt(x, zero), faint);
    if (!v_any(deep)) return y;
    return v_select(deep, scaled_product(value, one, v_sub(t, v_set(POWER))), y);
}

/* softplus'(x) = 1 / (1 + exp(-beta x)), 1 - exp(-beta y). */
FA_INLINE vec logistic_value(vec grad, vec z, const vec *excess, mask below)
{
    vec residual, above, t, scale;
    const vec rough = logistic_parts(z, excess, 1, 0, &residual, &above, &t, &scale);
    const vec q = v_fma(residual, above, rough);
    return graded(grad, v_select(below, q, above), v_select(below, t, v_set(POWER)));
}
FA_INLINE vec softplus_backward(vec grad, vec x, vec beta)
{
    const vec one = v_set(1);
    vec z = negative_magnitude(x, LOWEST), excess = v_set(0);
    if (v_any(v_or(v_lt(beta, one), v_lt(one, beta)))) z = negative_product(x, beta, &excess);
    return logistic_value(grad, z, &excess, v_lt(x, v_set(0)));
}
FA_INLINE vec softplus_backward_from_output(vec grad, vec y, vec beta)
{
    const mask tiny = v_is_tiny(y, v_set(0x1p-60));
    const vec w = v_mul(beta, v_select(tiny, v_set(1), y));
    const vec slope = v_sub(v_set(0), expm1_below(v_max(v_set(EITHER(-20, -40)), v_sub(v_set(0), w))));
    if (!v_any(tiny)) return product(grad, slope);
    if (!v_any(v_or(v_lt(beta, v_set(1)), v_lt(v_set(1), beta)))) return product(grad, v_select(tiny, y, slope));
    /* beta y as m 2**n: y may be tiny where the product is not. */
    vec n_beta, n_y, n;
    const vec m = v_mul(split(beta, &n_beta), split(y, &n_y)), power = v_add(n_beta, n_y);
    const vec lifted = v_mul(m, held_pow2(v_add(v_set(POWER), v_min(v_set(6), power))));
    const vec near = v_sub(v_set(0), expm1_below(v_max(v_set(EITHER(-20, -40)), v_sub(v_set(0), lifted))));
    const mask linear = v_and(tiny, v_lt(power, v_set(-60)));
    const vec significand = split(v_select(linear, m, v_select(tiny, near, slope)), &n);
    return scaled_product(grad, significand, v_add(n, v_select(linear, power, v_set(0))));
}

/* log_sigmoid(x) = -log(1 + exp(-x)) = min(0, x) - log(1 + exp(-|x|)).
 * log_sigmoid'(x) = 1 / (1 + exp(x)), 1 - exp(y). */
FA_INLINE vec log_sigmoid_forward(vec x)
{
    const vec zero = v_set(0);
    vec low, t, scale;
    const vec value = log1p_of_exp(negative_magnitude(x, LOWEST), NULL, &low, &t, &scale);
    const vec y = v_fnma(value, scale, v_fnma(low, scale, v_min(zero, x)));
    const mask deep = v_and(v_lt(zero, x), v_lt(t, v_set(POWER + LEAST_POWER)));
    if (!v_any(deep)) return y;
    const vec n = v_max(v_set(LEAST_MOVE), v_sub(t, v_set(POWER)));
    return v_select(deep, moved(v_sub(zero, value), v_select(deep, n, zero), deep), y);
}
FA_INLINE vec log_sigmoid_backward(vec grad, vec x)
{
    return logistic_value(grad, negative_magnitude(x, LOWEST), NULL, v_lt(v_set(0), x));
}
FA_INLINE vec log_sigmoid_backward_from_output(vec grad, vec y)
{
    return softplus_backward_from_output(grad, v_sub(v_set(0), y), v_set(1));
}

/* --- Mish ----------------------------------------------------------------------------------- */

/* With w = exp(-|x|) = p 2**n: w (w + 2) / (w (w + 2) + 2) below 0, 1 - 2 w**2 / (1 + 2 w + 2 w**2) above
 * is tanh(softplus(x)); 1 / (w (w + 2) + 2) = (1 - quotient) / 2 serves to correct the former. */
FA_INLINE vec mish_forward(vec x)
{
    const vec one = v_set(1), two = v_set(2), z = negative_magnitude(x, LOWEST);
    const mask below = v_le(x, v_set(0));
    vec h, t;
    const vec r = exp_reduced(z, POWER, &t), p = exp_polynomial(r, 1, &h), low = exp_residual(p, h, r);
    const vec scale = held_pow2(t), w = v_mul(p, scale), square = v_mul(w, w), half = v_set(0.5);
    const vec sum = v_fma(two, w, v_select(below, two, one));
    const vec top = v_select(below, v_fma(p, w, v_add(p, p)), v_add(square, square));
    const vec bottom = v_fma(v_select(below, w, v_add(w, w)), w, sum);
    const vec q = v_div(top, bottom), inverse = v_fnma(q, v_mul(half, scale), half);
    const vec residual = v_fma(v_mul(low, sum), v_add(inverse, inverse), v_fnma(q, bottom, top));
    const vec weight = v_select(below, inverse, v_set(0));
    const mask infinite = v_le(v_set(INFINITY), x);
    return gated(x, q, residual, weight, v_select(below, scale, one), v_select(below, t, v_set(POWER)), below, &infinite);
}

/* mish'(x) = w (4 (x + 1) + w (4 x + 6 + w (4 + w))) / (2 + 2 w + w**2)**2 below 0 and
 * 1 + w**2 ((4 x - 2) + (4 x - 4) w - 4 w**2) / (1 + 2 w + 2 w**2)**2 above. */
FA_INLINE vec mish_backward(vec grad, vec x)
{
    const vec one = v_set(1), two = v_set(2), four = v_set(4), z = negative_magnitude(x, LOWEST);
    const mask below = v_lt(x, v_set(0));
    vec h, t;
    const vec r = exp_reduced(z, POWER, &t), p = exp_polynomial(r, 1, &h), low = exp_residual(p, h, r);
    const vec scale = held_pow2(t), w = v_mul(p, scale);
    const vec fourfold = v_mul(four, v_select(below, z, v_sub(v_set(0), z)));
    const vec inner_below = v_fma(w, v_fma(w, v_add(w, four), v_add(fourfold, v_set(6))), v_add(fourfold, four));
    const vec inner_above =
        v_fma(w, v_fma(w, v_set(-4), v_sub(fourfold, four)), v_sub(fourfold, two));
    const vec start = v_select(below, two, one), lead = v_select(below, w, v_add(w, w));
    const vec sum = v_fma(two, w, start), bottom = v_fma(lead, w, sum);
    const vec bottom_low = v_add(v_fma(lead, w, v_sub(sum, bottom)), v_fma(two, w, v_sub(start, sum)));
    const vec square = v_fma(bottom, bottom, v_mul(v_add(bottom, bottom), bottom_low));
    const vec inner = v_select(below, inner_below, inner_above);
    const vec slope = v_div(v_fma(p, inner, v_mul(low, inner)), square);

    const vec distance = v_sub(v_sub(x, v_set(MISH_ROOT)), v_set(MISH_ROOT_LOW));
    const vec m = v_select(below, slope, v_fma(v_mul(slope, scale), w, one));
    return graded_around_root(grad, m, t, below, distance, ROOT_OF(MISH_NEAR_ROOT));
}

/* --- Squareplus ----------------------------------------------------------------------------- */

/* From here on sqrt(x**2 + b) is |x| to rounding for a usual b. */
#define FAR EITHER(0x1p40f, 0x1p60)

/* For a = |x| up to FAR: returns s = sqrt(a**2 + b) and *square = s**2; for an `*unusual` b without the factors 2**k
 * and 2**2k that might not be normal (*k = 0 elsewhere), and without the limit; *half_b is b / 2 without 2**n. */
FA_INLINE vec squareplus_root(vec x, vec b, mask *unusual, vec *a, vec *square, vec *half_b, vec *n, vec *k)
{
    const vec half = v_set(0.5), zero = v_set(0), magnitude = v_abs(x);
    *unusual = v_or(v_lt(b, v_set(0x1p-5)), v_lt(v_set(0x1p8), b));
    *a = v_max(v_set(EITHER(0x1p-60f, 0x1p-400)), v_min(v_set(FAR), magnitude));
    *half_b = v_mul(half, b);
    *n = *k = zero;
    vec c = b;
    if (v_any(*unusual)) {
        const vec least = v_set(-9999), most = v_set(EITHER(FLT_MAX, DBL_MAX)), rounding = v_set(ROUND_TO_INTEGER);
        vec n_a, n_b;
        const vec m_a = split(v_min(most, magnitude), &n_a), m_b = split(b, &n_b), power = v_set(POWER);
        n_a = v_select(v_lt(zero, magnitude), n_a, least);
        n_b = v_select(v_lt(zero, b), n_b, least);
        const vec half_n = v_sub(v_add(v_mul(half, n_b), rounding), rounding);
        const vec larger = v_max(v_set(-2 * EXPONENT_BIAS), v_max(n_a, half_n));
        *a = v_select(*unusual, v_mul(m_a, held_pow2(v_add(power, v_sub(n_a, larger)))), *a);
        c = v_select(*unusual, v_mul(m_b, held_pow2(v_add(power, v_sub(n_b, v_add(larger, larger))))), b);
        *half_b = v_select(*unusual, v_mul(half, m_b), *half_b);
        *n = v_select(*unusual, n_b, zero);
        *k = v_select(*unusual, larger, zero);
    }
    *square = v_fma(*a, *a, c);
    return v_sqrt(*square);
}

/* squareplus(x) = (x + s) / 2, (b / 2) / (s - x) below 0; of x = 0 and b = 0 it is 0. */
FA_INLINE vec squareplus_forward(vec x, vec b)
{
    const vec zero = v_set(0);
    const mask below = v_lt(x, zero);
    mask unusual;
    vec a, square, half_b, n, k;
    const vec root = squareplus_root(x, b, &unusual, &a, &square, &half_b, &n, &k), sum = v_add(root, a);
    vec y = v_select(below, v_div(half_b, sum), v_mul(v_set(0.5), sum));
    const mask far = v_lt(v_set(FAR), v_abs(x));
    if (!v_any(v_or(far, unusual))) return y;
    if (!v_any(unusual)) { /* x above, (b / 4) / |x| below */
        const vec magnitude = v_select(v_and(far, v_lt(v_abs(x), v_set(INFINITY))), v_abs(x), v_set(1));
        const vec quotient = v_div(v_mul(v_set(0.5), half_b), v_significand(magnitude));
        const vec tail = faint_product(quotient, v_set(1), v_sub(zero, v_exponent(magnitude)));
        const vec limit = v_select(below, v_select(v_lt(v_abs(x), v_set(INFINITY)), tail, zero), x);
        return v_select(far, limit, y);
    }
    const vec whole = scaled(y, v_select(below, v_sub(n, k), k));
    const mask constant = v_or(v_le(v_set(INFINITY), v_abs(x)), v_and(v_le(v_abs(x), zero), v_le(b, zero)));
    return v_select(constant, v_max(zero, x), whole);
}

/* squareplus'(x) = D below 0, 1 - D above, D = (b / 2) / (s**2 + s |x|), 1/2 at 0 for every b. */
FA_INLINE vec squareplus_backward(vec grad, vec x, vec b)
{
    const vec zero = v_set(0), one = v_set(1);
    const mask below = v_lt(x, zero);
    mask unusual;
    vec a, square, half_b, n, k;
    const vec s = squareplus_root(x, b, &unusual, &a, &square, &half_b, &n, &k);
    const vec slope = v_div(half_b, v_fma(s, a, square));
    const mask far = v_lt(v_set(FAR), v_abs(x));
    if (!v_any(v_or(far, unusual))) return product(grad, v_select(below, slope, v_sub(one, slope)));
    if (!v_any(unusual)) {
        const mask tail = v_and(far, below);
        const vec rest = v_select(below, slope, v_sub(one, slope));
        return graded_far(grad, v_mul(v_set(0.5), half_b), v_abs(x), rest, tail);
    }
    const vec power = v_sub(n, v_add(k, k));
    const vec above = v_fnma(slope, held_pow2(v_add(v_set(POWER), power)), one);
    const mask at_0 = v_and(v_le(v_abs(x), zero), v_le(b, zero)), infinite = v_le(v_set(INFINITY), v_abs(x));
    const vec limit = v_select(at_0, v_set(0.5), v_select(below, zero, one));
    vec exponent;
    const vec m = split(v_select(v_or(at_0, infinite), limit, v_select(below, slope, above)), &exponent);
    return scaled_product(grad, m, v_add(exponent, v_select(v_and(below, v_lt(v_abs(x), v_set(INFINITY))), power, zero)));
}

#endif
#endif
