# The C tables as plain values, and what is named or bounded by them. Included by _core.pyx.

cdef tuple DIRECTIONS = ("", "_backward", "_backward_from_output")


cdef list _table():
    """Return the C table's rows as plain values, for `_table.py` to make records of."""
    cdef list rows = []
    cdef int i, k
    cdef const fa_activation *activation
    cdef const fa_parameter *parameter
    for i in range(FA_ACTIVATION_COUNT):
        activation = &fa_activations[i]
        parameters = []
        for k in range(activation.parameter_count):
            parameter = &activation.parameters[k]
            parameters.append((
                parameter.name.decode(),
                parameter.description.decode(),
                None if isnan(parameter.initial) else parameter.initial,
                fa_domain_description(parameter.domain).decode(),
                fa_domain_description(parameter.domain_from_output).decode(),
            ))
        bounds = [activation.ulp[k] for k in range(FA_DIRECTIONS)]
        rows.append((activation.name.decode(), parameters, bounds))
    return rows


TABLE = _table()
# Functions of rows: names, and bounds forward and backward.
ROW_TABLE = [(fa_row_activations[i].name.decode(), [fa_row_activations[i].ulp[0], fa_row_activations[i].ulp[1]])
             for i in range(FA_ROW_FUNCTION_COUNT // 2)]


cdef double _forward_bound(int activation):
    """Return the bound of a product of the activation with a number: what is an ULP of one may be two of the other."""
    return 2 * fa_activations[activation].ulp[FA_FORWARD] + 0.5


cdef double _backward_bound(int activation):
    """Return the bound of the derivative at any gradient, which is itself a rounded product."""
    cdef double bound = fa_activations[activation].ulp[FA_BACKWARD]
    return max(bound + 2 if bound > 0 else 0.5, _forward_bound(activation))


# Gates by their activation; functions that round nothing; biased activations, whose bounds are those of the worst.
FUSED_TABLE = [(name, "gated", [_forward_bound(activation), _backward_bound(activation)])
               for name, activation in (("glu", FA_sigmoid), ("reglu", FA_relu), ("geglu", FA_gelu), ("swiglu", FA_silu))]
FUSED_TABLE += [(name, "gated", [0.0, 0.0]) for name in ("crelu", "maxout")]
FUSED_TABLE += [("bias_act", "fused", [max([row[2][0] for row in TABLE]), max([row[2][1] for row in TABLE]) + 1])]


def _keeps_integers(str activation):
    """Does the forward function have loops for integers?"""
    return bool(fa_keeps_integers(FA_DIRECTIONS * [row[0] for row in TABLE].index(activation) + FA_FORWARD))


cdef str _name(int function):
    if function >= FA_FUNCTION_COUNT:
        row = function - FA_FUNCTION_COUNT
        return ROW_TABLE[row // 2][0] + ("_backward" if row % 2 else "")
    return fa_activations[function // FA_DIRECTIONS].name.decode() + DIRECTIONS[function % FA_DIRECTIONS]


cdef str _public_name(int function):
    """Return the name of the Python function; the forms of gelu share one."""
    return _name(function).replace("gelu_tanh", "gelu")


cdef tuple _input_names(int function):
    if function >= FA_FUNCTION_COUNT:
        return ("grad", "y") if fa_input_count(function) == 2 else ("x",)
    return (("x",), ("grad", "x"), ("grad", "y"))[function % FA_DIRECTIONS]


cdef inline int _domain(int function, int k) noexcept nogil:
    cdef const fa_parameter *parameter = &fa_activations[function // FA_DIRECTIONS].parameters[k]
    if function % FA_DIRECTIONS == FA_BACKWARD_FROM_OUTPUT:
        return parameter.domain_from_output
    return parameter.domain
