/* Piecewise linear activations and the square: comparisons, selections and one product.
 *
 * Included by activations.h alone.
 */

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
FA_INLINE vec relu_squared_forward(pass at, vec x)
{
    const vec zero = v_set(0), positive = v_max(zero, x);
    meet_magnitude(at, x, TINY);
    if (is_usual(at, v_is_tiny(positive, v_set(TINY))))
        return v_mul(positive, positive); /* exact in 16 bits */
    return square_of_tiny(positive);
}
FA_INLINE vec relu_squared_backward(pass at, vec grad, vec x)
{
    const mask off = v_le(x, v_set(0));
    if (is_neither_tiny(at, grad, x)) {
        const vec half = v_mul(grad, x); /* exact in 16 bits */
        return v_select(off, v_set(0), v_add(half, half));
    }
    return v_select(off, v_set(0), doubled_product(grad, x));
}
FA_INLINE vec relu_squared_backward_from_output(pass at, vec grad, vec y)
{
    const mask off = v_le(y, v_set(0));
    meet_magnitude(at, y, TINY);
    meet_magnitude(at, grad, TINY);
    if (is_usual(at, v_or(v_is_tiny(y, v_set(TINY)), v_is_tiny(grad, v_set(TINY))))) {
        const vec half = v_mul(grad, root_in_turn(at, y, EITHER(2, 1)));
        return v_select(off, v_set(0), v_add(half, half));
    }
    vec power; /* 2 sqrt(y) = sqrt(m) 2**(n + 1) for y = m * 4**n */
    const vec m = v_split_evenly(y, v_set(POWER + 1), &power), root = root_in_turn(at, m, 1);
    return v_select(off, v_set(0), kept_product(at, grad, root, power));
}

/* slope * a, and 0 for slope 0 whatever a is. Where the slope is one number, what is asked of it is
 * asked before the loop. (Asking for a usual slope first, in a branch of its own, costs float32 a
 * third more.) */
FA_INLINE mask is_unusual_slope(vec slope) { return v_lt(v_abs(slope), v_set(0x1p-40)); }
FA_INLINE vec sloped(pass at, vec slope, vec a)
{
    const mask unusual = is_unusual_slope(slope);
    meet_magnitude(at, a, TINY);
    meet_odd(at, unusual);
    if (is_usual_unless(at, unusual, v_is_tiny(a, v_set(TINY)))) return last_product(slope, a);
    const mask other = v_or(v_lt(slope, v_set(0x1p-40)), v_lt(v_set(1), slope));
    const vec product = v_any(other) ? any_product(a, slope) : lesser_product(a, slope);
    return v_any(unusual) ? v_select(v_le(v_abs(slope), v_set(0)), v_set(0), product) : product;
}

/* leaky_relu(x) = slope x for x < 0, else x.   leaky_relu'(x) = 1 for x > 0, else slope. */
FA_INLINE vec leaky_relu_forward(pass at, vec x, vec slope)
{
    const mask below = v_lt(x, v_set(0)), tiny = v_and(below, v_lt(v_set(-TINY), x));
    const mask unusual = is_unusual_slope(slope);
    meet_magnitude(at, x, TINY);
    meet_odd(at, unusual);
    vec y = is_usual_unless(at, unusual, tiny) ? last_product(slope, x) : sloped(WITH_CARE, slope, x);
    FA_OPAQUE(y);
    return v_select(below, y, x);
}
FA_INLINE vec leaky_relu_backward(pass at, vec grad, vec x, vec slope)
{
    return v_select(v_lt(v_set(0), x), grad, sloped(at, slope, grad));
}
FA_INLINE vec leaky_relu_backward_from_output(pass at, vec grad, vec y, vec slope)
{
    return leaky_relu_backward(at, grad, y, slope); /* y has the sign of x where slope > 0 */
}

/* prelu is leaky_relu with a weight for slope, rrelu with (lower + upper) / 2, rounded. */
FA_INLINE vec prelu_forward(pass at, vec x, vec weight) { return leaky_relu_forward(at, x, weight); }
FA_INLINE vec prelu_backward(pass at, vec grad, vec x, vec weight)
{
    return leaky_relu_backward(at, grad, x, weight);
}
FA_INLINE vec middle(vec lower, vec upper)
{
    const vec half = v_set(0.5);
    return v_fma(half, lower, v_mul(half, upper));
}
FA_INLINE vec rrelu_forward(pass at, vec x, vec lower, vec upper)
{
    return leaky_relu_forward(at, x, middle(lower, upper));
}
FA_INLINE vec rrelu_backward(pass at, vec grad, vec x, vec lower, vec upper)
{
    return leaky_relu_backward(at, grad, x, middle(lower, upper));
}

/* x itself but next to 0, where it is normal or 0. */
FA_INLINE vec without_subnormals(vec x) { return v_add(x, v_set(EITHER(0x1p-100f, 0x1p-900))); }

/* Where a tiny x might not be lost in slope x + offset, nor beside the ends 0 and 1. */
FA_INLINE mask is_line_unusual(vec slope, vec offset)
{
    const vec least = v_set(0x1p-30);
    const mask steepness = v_or(v_lt(v_abs(slope), least), v_lt(v_set(0x1p30), v_abs(slope)));
    return v_or(steepness, v_or(v_lt(v_abs(offset), least), v_lt(v_abs(v_sub(v_set(1), offset)), least)));
}

/* hardsigmoid(x) = min(1, max(0, slope x + offset)), rounded once; the offset alone for slope 0. */
FA_INLINE vec hardsigmoid_forward(pass at, vec x, vec slope, vec offset)
{
    const mask unusual = is_line_unusual(slope, offset), tiny = v_is_tiny(x, v_set(TINY));
    meet_magnitude(at, x, TINY);
    vec line = is_usual(at, tiny) ? last_line(x, slope, offset) : line_of_tiny(x, slope, offset, tiny);
    if (v_any(unusual)) {
        const mask flat = v_and(v_le(v_abs(slope), v_set(0)), v_le(x, x));
        line = v_select(unusual, v_select(flat, offset, any_line(x, slope, offset)), line);
    }
    return v_min(v_set(1), v_max(v_set(0), line));
}

/* hardsigmoid'(x) = slope where 0 < slope x + offset < 1, else 0. The product is rounded first, which
 * puts the ends of the default, whose slope 1/6 is not a binary number, at exactly -3 and 3. */
FA_INLINE vec hardsigmoid_backward(pass at, vec grad, vec x, vec slope, vec offset)
{
    const mask unusual = is_line_unusual(slope, offset);
    meet_magnitude(at, v_min_magnitude(x, grad), TINY); /* grad alone where x is NaN */
    meet_odd(at, unusual);
    const int usual = is_usual_unless(at, unusual, is_either_tiny(x, grad));
    vec steep = v_mul(slope, usual ? x : without_subnormals(x));
    if (!usual && v_any(unusual)) {
        const mask flat = v_le(v_abs(slope), v_set(0));
        steep = v_select(unusual, v_select(flat, v_set(0), v_mul(slope, x)), steep);
    }
    const mask outside = v_or(v_le(steep, v_sub(v_set(0), offset)), v_le(v_sub(v_set(1), offset), steep));
    return v_select(outside, v_set(0), usual ? last_product(slope, grad) : sloped(WITH_CARE, slope, grad));
}
FA_INLINE vec hardsigmoid_backward_from_output(pass at, vec grad, vec y, vec slope, vec offset)
{
    (void)offset;
    return v_select(v_or(v_le(y, v_set(0)), v_le(v_set(1), y)), v_set(0), sloped(at, slope, grad));
}

/* hardswish(x) = x (x + 3) / 6 between -3 and 3, 0 below, x above. The quotient is taken as m/6, m
 * and the sum each with its rounding undone: 1/6 = high + low. */
FA_INLINE vec hardswish_forward(pass at, vec x)
{
    const vec sixth = v_set(EITHER(0x1.555556p-3f, 0x1.5555555555555p-3));
    const vec sixth_low = v_set(EITHER(-0x1.555556p-28f, 0x1.5555555555555p-57));
    const vec three = v_set(3), zero = v_set(0);
    const mask near_0 = v_lt(v_abs(x), v_set(0x1p-60));
    meet_least(at, v_abs(x), 0x1p-60); /* of -0 too */
    const int usual = is_usual(at, near_0);
    const vec safe = usual ? x : v_select(near_0, zero, x);
    const vec sum = v_add(safe, three), sum_low = v_add(v_sub(three, sum), safe);
    const vec m = v_mul(safe, sum), minus_low = v_fnma(safe, sum_low, v_fnma(safe, sum, m));
    vec y = v_fma(m, sixth, v_fnma(minus_low, sixth, v_mul(m, sixth_low)));
    if (!usual) y = v_select(near_0, halved(x), y);
    return v_select(v_le(x, v_set(-3)), zero, v_select(v_le(three, x), x, y));
}

/* hardswish'(x) = (2 x + 3) / 6 between, 0 from -3 down, 1 from 3 up: grad itself at NaN. */
FA_INLINE vec hardswish_backward(pass at, vec grad, vec x)
{
    const mask between = v_lt(v_abs(x), v_set(3));
    const int simple = is_neither_tiny(at, grad, x);
    const vec line = simple ? v_fma(v_set(2), x, v_set(3)) : v_add(v_add(x, x), v_set(3));
    const vec slope = v_mul(line, v_set(EITHER(0x1.555556p-3f, 0x1.5555555555555p-3)));
    const vec inner = simple ? v_mul(grad, slope)
                             : product_by_moderate(WITH_CARE, grad, v_select(between, slope, v_set(1)));
    const vec y = v_select(between, inner, grad);
    return v_select(v_le(x, v_set(-3)), v_set(0), y);
}

/* threshold(x) = x above the threshold, else value; its derivative is 1 and 0. */
FA_INLINE vec threshold_forward(vec x, vec threshold, vec value)
{
    return v_select(v_le(x, threshold), value, x);
}
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
    return v_copysign(v_select(shrunk, v_set(0), last_difference(magnitude, lambd)), x);
}
FA_INLINE vec softshrink_backward(vec grad, vec x, vec lambd) { return hardshrink_backward(grad, x, lambd); }
FA_INLINE vec softshrink_backward_from_output(vec grad, vec y, vec lambd)
{
    (void)lambd;
    return hardshrink_backward(grad, y, v_set(0));
}
