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

/* A parameter's admitted values, as a scalar; NaN never is. */
#define FA_DOMAINS(DOMAIN)                  \
    DOMAIN(ANY, "a number", value == value) \
    DOMAIN(POSITIVE, "above 0", value > 0)

/* FROM_OUTPUT(name, number of parameters,
 *             largest error in ULP: forward, derivative at grad = 1, the same from the output,
 *             parameters: {name, what it is, default, domain, domain where the derivative reads
 *             the output})
 * FROM_INPUT has no derivative that reads the output. */
/* clang-format off */
#define FA_NO_PARAMETER {NULL}
#define FA_ACTIVATIONS(FROM_OUTPUT, FROM_INPUT)                     \
    FROM_OUTPUT(relu,       0, 0.5, 0.5, 0.5, FA_NO_PARAMETER)      \
    FROM_OUTPUT(leaky_relu, 1, 0.5, 0.5, 0.5,                       \
                {"negative_slope", "Slope below 0.", 0.01, FA_ANY, FA_POSITIVE}) \
    FROM_OUTPUT(sigmoid,    0, 2.0, 4.0, 1.5, FA_NO_PARAMETER)      \
    FROM_OUTPUT(tanh,       0, 2.0, 4.0, 1.5, FA_NO_PARAMETER)
/* clang-format on */

#ifdef W

/* relu(x) = max(0, x); -0 stays -0.   relu'(x) = 0 for x <= 0, else 1: grad itself at NaN. */
FA_INLINE vec relu_forward(vec x) { return v_max(v_set(0), x); }
FA_INLINE vec relu_backward(vec grad, vec x) { return v_select(v_le(x, v_set(0)), v_set(0), grad); }
FA_INLINE vec relu_backward_from_output(vec grad, vec y) { return relu_backward(grad, y); }

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

/* -|x| between `lowest`, beyond which the result is constant, and a power of two that stands for
 * the numbers next to 0: the arithmetic that follows meets no subnormal. */
FA_INLINE vec negative_magnitude(vec x, lane lowest)
{
    return v_max(v_set(lowest), v_min(v_set(-0x1p-60), v_copysign(x, v_set(-1))));
}

/* For e = exp(z), z <= 0: returns e / (1 + e) * 2**-(n + EXP_SHIFT), *above = 1 / (1 + e), and *t
 * with v_pow2(*t) = 2**(n + EXP_SHIFT). In the sum 1 + e, n is held where that is a normal power.
 *
 * A quotient of two rounded numbers would be 2.4 ULP off. Its residual p - q (1 + e), with p's own
 * rounding undone by writing it as u + h r, takes three fused operations and leaves 1.76. */
FA_INLINE vec logistic_parts(vec z, int deep, vec *above, vec *t)
{
    const vec one = v_set(1), unit = v_set(EXP_UNIT);
    vec h, r;
    const vec p = exp_parts(z, &h, &r, t);
    const vec scale = v_pow2(deep ? v_max(v_set(EXP_MAGIC - EXP_SHIFT), *t) : *t);
    const vec sum = v_fma(scale, p, one);
    const vec q = v_div(p, sum);
    *above = v_fnma(q, scale, one);
    return v_fma(v_fma(h, r, v_fnma(q, sum, unit)), *above, q);
}

/* sigmoid(x) = 1 / (1 + exp(-x)): 1 / (1 + e) above 0 and e / (1 + e) below, e = exp(-|x|).
 * Below the logarithm of the smallest normal number the latter is rounded on top of that number,
 * which is then taken away from the bits. */
FA_INLINE vec sigmoid_forward(vec x)
{
    const lane to_zero = EITHER(-104, -746);
    /* The first number at which the result is subnormal: after 87.336544... (708.396418532264106...). */
    const lane to_subnormal = EITHER(0x1.5d58ap+6f, 0x1.6232bdd7abcd3p+9);
    const vec z = negative_magnitude(x, to_zero);
    vec above, t;
    const vec q = logistic_parts(z, 0, &above, &t);
    const vec support = v_select(v_is_tiny(z, v_set(to_subnormal)), v_set(0), v_set(SMALLEST_NORMAL));
    const vec below = v_bits_sub(v_fma(q, v_pow2(t), support), support);
    return v_select(v_lt(x, v_set(0)), below, above); /* NaN comes out of `above` alone */
}

/* grad * 2**power * e / (1 + e)**2 for e = exp(z), and 0 for an infinite x. grad meets the
 * significands first, the power of two last. */
FA_INLINE vec logistic_slope(vec grad, vec x, vec z, int power)
{
    vec above, t;
    const vec q = logistic_parts(z, 1, &above, &t), slope = v_mul(q, above);
    if (!v_any(v_lt(t, v_set(EXP_MAGIC - 56)))) {
        return product_by_moderate(grad, v_mul(slope, v_pow2(v_add(t, v_set(power)))));
    }

    const vec m = v_mul(slope, v_set(1 / EXP_UNIT)), n = v_sub(t, v_set(EXP_MAGIC - power));
    const vec least = v_set(0x1p-30), most = v_set(0x1p30);
    if (!v_any(v_or(v_is_tiny(grad, least), v_lt(most, v_abs(grad))))) return faint_product(grad, m, n);
    const mask vanished = v_le(v_set(INFINITY), v_abs(x));
    return scaled_product(grad, v_select(vanished, v_set(0), m), n);
}

/* sigmoid'(x) = e / (1 + e)**2, e = exp(-|x|). From the output y (1 - y), which a fused operation
 * rounds once; a tiny y is its own derivative. */
FA_INLINE vec sigmoid_backward(vec grad, vec x)
{
    return logistic_slope(grad, x, negative_magnitude(x, EITHER(-200, -1460)), 0);
}
FA_INLINE vec sigmoid_backward_from_output(vec grad, vec y)
{
    const mask tiny = v_is_tiny(y, v_set(TINY));
    if (!v_any(tiny)) return product_by_moderate(grad, v_fnma(y, y, y));
    const vec safe = v_select(tiny, v_set(TINY), y);
    return product(grad, v_select(tiny, y, v_fnma(safe, safe, safe)));
}

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

    vec h, r, t;
    const vec exp_r = exp_parts(v_mul(v_set(-2), a), &h, &r, &t), scale = v_pow2(t);
    const mask near = v_lt(a, v_set(EITHER(1.0f, 0.75)));
    const vec ratio =
        v_div(v_select(near, p, v_mul(exp_r, scale)), v_select(near, q, v_fma(exp_r, scale, one)));
    const vec y = v_fma(ratio, v_select(near, v_mul(u, a), v_set(-2)), v_select(near, a, one));
    return v_copysign(v_min(y, magnitude), x);
}

/* tanh'(x) = 4 E / (1 + E)**2. From the output 1 - y**2, rounded once. */
FA_INLINE vec tanh_backward(vec grad, vec x)
{
    const vec z = negative_magnitude(x, EITHER(-100, -730));
    return logistic_slope(grad, x, v_add(z, z), 2);
}
FA_INLINE vec tanh_backward_from_output(vec grad, vec y)
{
    const vec safe = v_max(v_set(TINY), v_abs(y));
    return product_by_moderate(grad, v_fnma(safe, safe, v_set(1)));
}

#endif
#endif
