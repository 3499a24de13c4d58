"""Any call after any other on one piece of memory: a hypothesis state machine against the formulas in NumPy.

Operands and results lie anywhere in the same few KiB, in any order, with any steps and either byte order, so that they
overlap as they please. What a call gives is what the formula gives for copies of the operands, within the bound of
the table; the same bits as a call on plain copies; and no byte changes but those of `out`. A short walk is part of the
suite; `python -m tests.test_state_machine --cases 1000000` is `make fuzz`'s.
"""

import argparse
import time
from collections import Counter

import ml_dtypes
import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

import fastact as fa
from fastact import _core

from .half import BOUND, HALVES, Truth, nearest
from .ops import CASES, DTYPES, SUFFIXES, computing
from .ulp import finfo, near_root, ulp_error, ulp_of

F4, F8 = DTYPES
FLOATS = (*HALVES, *DTYPES)
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
INTEGERS = tuple(map(np.dtype, ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")))
SIZE = 1 << 14  # bytes of the memory
KEEPING = ("relu", "relu6", "relu_squared", "hardtanh", "threshold")
BY_FUNCTION = {case.name: [other for other in CASES if other.name == case.name] for case in CASES}
# The references for float64 are float64 themselves: below, the worst of what they lose in their tails.
DOUBLE_RELATIVE, DOUBLE_NEAR_ROOT = 1e-11, 1e-13
DOUBLE_RANGE = (1e-100, 1e100)  # where their powers neither overflow nor vanish
LEAST_KNOWN = 1e-290  # of results: below, a formula of float64 has lost its digits, or all

SHAPES = st.lists(st.integers(0, 4), max_size=2).flatmap(
    lambda start: st.integers(0, 70).map(lambda last: (*start, last)) | st.just(tuple(start))
)
SEEDS = st.integers(0, 2**32 - 1)
# How an array lies: order of axes, steps, byte order, offset, a byte beside its alignment.
PLACES = st.tuples(
    st.sampled_from(["C", "C", "F", "any", "any"]),
    st.integers(0, 2**16 - 1),
    st.integers(0, SIZE - 1),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([False, False, False, True]),
)
OUTS = st.none() | PLACES
CASES_DONE = Counter()


def strides_of(shape, itemsize, order, bits, may_repeat):
    """Return steps in bytes: dense in C or F order, or axes in any order, backwards, with gaps, and some repeated."""
    if order != "any":
        return np.empty(shape, f"V{itemsize}", order=order).strides
    rng = np.random.default_rng(bits)
    strides, step = [0] * len(shape), itemsize * int(rng.integers(1, 3))
    for axis in rng.permutation(len(shape)):
        if may_repeat and rng.random() < 0.15:
            continue
        strides[axis] = step * int(rng.choice((1, 1, -1)))
        step *= max(shape[axis], 1) + int(rng.integers(0, 2))
    return tuple(strides)


def numbers(rng, shape, dtype):
    """Return what a network would see, and in every third array any bits and special values."""
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        near = rng.integers(max(info.min, -9), 9, shape, dtype=np.int64).astype(dtype)
        return near if rng.random() < 0.5 else rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    usual = rng.normal(0, rng.choice((0.5, 4, 60)), shape).astype(dtype)
    if rng.random() < 0.6:
        return usual
    with np.errstate(all="ignore"):
        special = np.array([0, -0.0, np.inf, -np.inf, np.nan, 1, 6, 1e-45, 3e38, 5e-324], F8).astype(dtype)
    bits = rng.integers(0, 256, (*shape, dtype.itemsize), np.uint8).view(dtype)[..., 0]
    bits = np.where(np.isnan(bits), dtype.type(np.nan), bits)  # a signalling NaN makes NumPy warn
    chosen = rng.random(shape)
    return np.where(chosen < 0.2, rng.choice(special, shape), np.where(chosen < 0.5, bits, usual)).astype(dtype)


def same(a, b):
    """Tell whether two arrays are the same but for the bits of NaNs."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind in "biu":
        return np.array_equal(a, b)
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(
        np.signbit(a) & ~np.isnan(a), np.signbit(b) & ~np.isnan(b)
    )


def error_of(result, true):
    """Return the error in ULP of the result's dtype against float64 values; 16 bits round to infinity at their end."""
    if result.dtype in HALVES:
        with np.errstate(all="ignore"):
            return Truth(true, nearest(true, result.dtype), None).errors(result)
    return ulp_error(result, true)


@np.errstate(all="ignore")
def check_elements(case, result, grad, x, true):
    """Compare with true values where the formulas are known to tell them: finite, and inside their range."""
    wide = x.astype(F8)
    known = np.isfinite(true) & np.isfinite(wide)
    if case.direction == "backward_from_output":
        low, high = case.outputs
        known &= (low <= wide) & (wide <= high)
    if grad is not None:
        known &= np.isfinite(grad)
    if result.dtype == F8:
        small, large = DOUBLE_RANGE
        known &= (wide == 0) | ((np.abs(wide) >= small) & (np.abs(wide) <= large))
        known &= (true == 0) | (np.abs(true) >= LEAST_KNOWN)
        size = 1 if grad is None else np.abs(grad)
        slack = DOUBLE_RELATIVE * np.abs(true) + DOUBLE_NEAR_ROOT * size * near_root(wide, case.roots)
        if case.bound > 0.5:  # an exponential of the formula may have vanished too soon
            slack = np.where(true == 0, LEAST_KNOWN, slack)
        if case.op.name == "hardsigmoid" and case.direction == "forward":
            slack += 2.0**-52  # the formula rounds its product, next to 0 too, where the sum is smaller
        wrong = known & ~(np.abs(result - true) <= slack)
    else:
        if grad is not None and result.dtype == F4:  # a product that overflows may be anything
            known &= np.abs(true) <= np.finfo(F4).max
        bound = BOUND if result.dtype in HALVES else case.bound if grad is None else case.bound_at_any_grad
        wrong = known & ~(error_of(result, true) <= bound)
    if case.direction == "forward":
        wrong |= np.isnan(wide) != np.isnan(result)
    assert not wrong.any(), (
        f"{case}: {result[wrong][0]!r} at {x[wrong][0]!r}"
        + ("" if grad is None else f", grad {grad[wrong][0]!r}")
        + f", not {true[wrong][0]!r}"
    )


def integer_formula(name, x, parameters):
    """Return an activation that keeps integers, by NumPy's own functions."""
    if name == "relu_squared":
        with np.errstate(over="ignore"):
            return np.maximum(x, 0) * np.maximum(x, 0)
    if name == "threshold":
        limit, value = parameters["threshold"], parameters["value"]
        return np.where(x <= limit, x.dtype.type(value), x)
    low, high = {"relu": (0, None), "relu6": (0, 6)}.get(name, (parameters.get("min_val"), parameters.get("max_val")))
    info = np.iinfo(x.dtype)
    low, high = (min(max(int(end), info.min), info.max) if end is not None else None for end in (low, high))
    return np.clip(x, low, high)


class Calls(RuleBasedStateMachine):
    """One memory, and calls whose operands lie in it."""

    def __init__(self):
        super().__init__()
        self.memory = np.zeros(SIZE, np.uint8)

    def array(self, shape, dtype, place, may_repeat=False, of=None):
        """Return a view of the memory, or of another one as large."""
        order, bits, offset, odd, swapped = place
        if swapped and dtype != BFLOAT16:
            dtype = dtype.newbyteorder()
        strides = strides_of(shape, dtype.itemsize, order, bits, may_repeat)
        reach = [(length - 1) * step for length, step in zip(shape, strides, strict=True) if length > 0]
        low, high = sum(min(one, 0) for one in reach), sum(max(one, 0) for one in reach) + dtype.itemsize + 1
        if high - low > SIZE:
            strides = strides_of(shape, dtype.itemsize, "C", 0, False)
            low, high = 0, int(np.prod(shape, dtype=int)) * dtype.itemsize + 1
        first = -low + offset % (SIZE - (high - low) + 1) // dtype.itemsize * dtype.itemsize + odd
        return np.ndarray(shape, dtype, self.memory if of is None else of, first, strides)

    def filled(self, rng, shape, dtype, place, may_repeat=True):
        """Return a view of the memory with new numbers in it."""
        view = self.array(shape, dtype, place, may_repeat)
        with np.errstate(all="ignore"):
            view[...] = numbers(rng, shape, dtype)
        return view

    def checked(self, label, call, shape, dtype, place, expected, where=True):
        """Make a call, with `out` in the memory where a place is given; return the result as a plain array.

        `expected` is the result of the same call on plain copies; the rest of the memory must stay as it is.
        """
        CASES_DONE[label] += 1
        before = self.memory.copy()
        if place is None:
            result = call(None)
            assert np.array_equal(self.memory, before), f"{label}: wrote without out"
            result = np.asarray(result)
            if where is True:
                assert same(result, expected), f"{label}: not what plain copies give"
            return result
        out = self.array(shape, dtype, place)
        old = out.astype(dtype)
        assert call(out) is out
        result = out.astype(dtype)
        assert same(result, np.where(where, expected, old).astype(dtype)), f"{label}: not what plain copies give"
        self.array(shape, dtype, place, of=before)[...] = out
        assert np.array_equal(self.memory, before), f"{label}: wrote beside out"
        return result

    @rule(
        name=st.sampled_from(sorted(BY_FUNCTION)),
        dtype=st.sampled_from(FLOATS),
        shape=SHAPES,
        places=st.tuples(PLACES, PLACES, OUTS),
        seed=SEEDS,
        form=st.sampled_from(["numbers", "numbers", "arrays", "dtype", "where", "in place"]),
        broadcast=st.integers(0, 7),
    )
    def elementwise(self, name, dtype, shape, places, seed, form, broadcast):
        rng = np.random.default_rng(seed)
        cases = BY_FUNCTION[name]
        case = cases[int(rng.integers(len(cases)))]
        keywords, place = dict(case.op.options), places[2]
        x = self.filled(rng, shape, dtype, places[0])
        inputs = [x]
        if case.inputs == 2:
            of_grad = tuple(1 if broadcast >> k & 1 else length for k, length in enumerate(shape))
            inputs = [self.filled(rng, of_grad, dtype, places[1]), x]
        computed = dtype
        if form == "dtype" and np.can_cast(dtype, F4):
            computed = F4 if rng.random() < 0.5 else F8
            keywords["dtype"] = computed
        with np.errstate(all="ignore"):
            copies = [np.array(one, computed) for one in inputs]
        chosen = np.zeros(shape, int)
        parameters = case.parameters
        if form == "arrays" and case.in_full and case.op.name not in ("prelu", "rrelu"):
            chosen = rng.integers(0, len(cases), shape)
            kind = computing(computed)
            values = zip(*(one.in_full.values() for one in cases), strict=True)
            mixed = [np.array(value, kind)[chosen] for value in values]
            parameters = dict(zip(case.in_full, mixed, strict=True))
        else:
            cases = [case]
        where = True
        if form == "where" and place is not None:
            where = rng.random(shape) < 0.5
            keywords["where"] = where
        if form == "in place" and dtype == computed:
            place = places[0] if places[0][0] != "any" else place
        keywords.pop("subok", None)
        plain_keywords = {key: value for key, value in keywords.items() if key != "where"}
        expected = np.asarray(case.function(*copies, **parameters, **plain_keywords))
        label = f"elementwise {form}"
        with np.errstate(all="raise" if form == "numbers" and dtype.itemsize > 2 else "ignore"):
            result = self.checked(
                label,
                lambda out: case.function(*inputs, **parameters, **keywords, **({} if out is None else {"out": out})),
                shape,
                computed,
                place,
                expected,
                where,
            )
        if where is not True:
            return
        last = copies[-1]
        grad = np.broadcast_to(copies[0].astype(F8), shape) if case.inputs == 2 else None
        for k, one in enumerate(cases):
            these = chosen == k
            if not these.any():
                continue
            given = last[these]
            with np.errstate(all="ignore"):
                true = one.reference(given.astype(F8), computed)
                if grad is not None:
                    true = np.where((true == 0) | (grad[these] == 0), 0, grad[these] * true)
            check_elements(one, result[these], None if grad is None else grad[these], given, true)

    @rule(
        name=st.sampled_from(KEEPING),
        dtype=st.sampled_from(INTEGERS),
        shape=SHAPES,
        places=st.tuples(PLACES, OUTS),
        seed=SEEDS,
    )
    def integers(self, name, dtype, shape, places, seed):
        rng = np.random.default_rng(seed)
        low = int(rng.integers(-5, 3))
        parameters = {
            "hardtanh": {"min_val": low, "max_val": low + int(rng.integers(0, 300))},
            "threshold": {"threshold": low, "value": int(rng.integers(0, 100))},
        }.get(name, {})
        x = self.filled(rng, shape, dtype, places[0])
        expected = np.asarray(integer_formula(name, x.astype(dtype), parameters))
        call = getattr(fa, name)
        self.checked(
            "integers",
            lambda out: call(x, **parameters, **({} if out is None else {"out": out})),
            shape,
            dtype,
            places[1],
            expected,
        )

    @rule(
        case=st.sampled_from([case for case in CASES if case.inputs == 1]),
        dtype=st.sampled_from((np.dtype(bool), *INTEGERS)),
        shape=SHAPES,
        place=PLACES,
        seed=SEEDS,
    )
    def integers_to_floats(self, case, dtype, shape, place, seed):
        if case.op.name in KEEPING and dtype.kind != "b":
            return
        x = self.filled(np.random.default_rng(seed), shape, dtype, place)
        kind = F4 if dtype.itemsize <= 2 else F8
        expected = np.asarray(case(np.array(x, kind)))
        result = self.checked("integers to floats", lambda out: case(x), shape, kind, None, expected)
        given = np.array(x, kind).ravel()
        with np.errstate(all="ignore"):
            true = case.reference(given.astype(F8), kind)
        check_elements(case, result.ravel(), None, given, true)

    @rule(
        name=st.sampled_from(["softmax", "log_softmax", "softmax_backward", "log_softmax_backward"]),
        dtype=st.sampled_from(FLOATS),
        shape=SHAPES.filter(lambda shape: len(shape) > 0 and all(shape)),
        axis=st.integers(-3, 2),
        places=st.tuples(PLACES, PLACES, OUTS),
        seed=SEEDS,
    )
    def rows(self, name, dtype, shape, axis, places, seed):
        rng, function, axis = np.random.default_rng(seed), getattr(fa, name), axis % len(shape)
        backward, forward = name.endswith("_backward"), getattr(fa, name.removesuffix("_backward"))
        x = self.array(shape, dtype, places[0], may_repeat=not backward)
        x[...] = rng.normal(0, rng.choice((1, 10)), shape)
        inputs = (x,)
        if backward:
            y = np.asarray(forward(x, axis))
            x[...] = y
            grad = self.array(shape, dtype, places[1])
            grad[...] = rng.normal(0, 1, shape)
            inputs = (grad, x)
        copies = [np.array(one, dtype) for one in inputs]
        expected = np.asarray(function(*copies, axis))
        result = self.checked(
            "rows", lambda out: function(*inputs, axis, out=out), shape, dtype, places[2], expected
        ).astype(F8)
        with np.errstate(all="ignore"):
            wide = [one.astype(F8) for one in copies]
            if not backward:
                shifted = wide[0] - wide[0].max(axis, keepdims=True)
                others = np.exp(shifted).sum(axis, keepdims=True)
                true = np.exp(shifted) / others if name == "softmax" else shifted - np.log(others)
                scale = np.maximum(np.abs(true), 1) if name == "log_softmax" else true
            elif name == "softmax_backward":
                products = wide[0] * wide[1]
                true = wide[1] * (wide[0] - products.sum(axis, keepdims=True))
                scale = wide[1] * (np.abs(wide[0]) + np.abs(products).sum(axis, keepdims=True))
            else:
                total, size = wide[0].sum(axis, keepdims=True), np.abs(wide[0]).sum(axis, keepdims=True)
                true = wide[0] - np.exp(wide[1]) * total
                scale = np.abs(wide[0]) + np.exp(wide[1]) * size
        # Where the operands overlap y is no result of the forward function, and may be anything.
        if any((~(np.abs(one) <= 50)).any() for one in wide) and backward:
            return
        known = np.abs(true) <= float(finfo(dtype).max)
        record = fa.activations[name.removesuffix("_backward")]
        bound = record.error_bounds["backward_from_output" if backward else "forward"]
        # The reference sums in float64; of 16 bits what cancels is in units of what it is made of.
        bound = 1.01 if dtype in HALVES else bound if dtype == F4 else 64
        error = np.abs(result - true) / ulp_of(scale, dtype)
        assert (error[known] <= bound).all(), f"{name}: {np.max(error[known])} ULP"

    @rule(
        name=st.sampled_from(["reglu", "geglu", "swiglu"]),
        dtype=st.sampled_from(FLOATS),
        shape=SHAPES,
        places=st.tuples(PLACES, PLACES, OUTS),
        seed=SEEDS,
    )
    def gates(self, name, dtype, shape, places, seed):
        rng, function = np.random.default_rng(seed), getattr(fa, name)
        gate = self.filled(rng, shape, dtype, places[0])
        up = self.filled(rng, shape, dtype, places[1])
        activation = {"reglu": fa.relu, "geglu": fa.gelu, "swiglu": fa.silu}[name]
        with np.errstate(all="ignore"):
            first, second = (np.array(one, F4 if dtype in HALVES else dtype) for one in (gate, up))
            expected = np.asarray(activation(first) * second).astype(dtype)  # joined bit for bit
        self.checked("gates", lambda out: function(gate, up, out=out), shape, dtype, places[2], expected)

    @rule(
        name=st.sampled_from(["relu", "silu", "tanh", "gelu", "elu", "hardswish"]),
        dtype=st.sampled_from(FLOATS),
        shape=SHAPES.filter(len),
        places=st.tuples(PLACES, PLACES, OUTS),
        axis=st.integers(-3, 2),
        seed=SEEDS,
    )
    def biases(self, name, dtype, shape, places, axis, seed):
        rng, axis = np.random.default_rng(seed), axis % len(shape)
        x = self.filled(rng, shape, dtype, places[0])
        bias = self.array((shape[axis],), dtype, places[1], may_repeat=True)
        bias[...] = rng.normal(size=bias.shape)
        aligned = np.array(bias, dtype).reshape([-1 if k == axis else 1 for k in range(len(shape))])
        with np.errstate(all="ignore"):
            expected = np.asarray(getattr(fa, name)(np.array(x, dtype) + aligned))
        self.checked("biases", lambda out: fa.bias_act(x, bias, name, axis, out=out), shape, dtype, places[2], expected)

    @rule(dtype=st.sampled_from(FLOATS), shape=SHAPES, places=st.tuples(PLACES, PLACES, OUTS), seed=SEEDS)
    def masks(self, dtype, shape, places, seed):
        rng = np.random.default_rng(seed)
        x = self.filled(rng, shape, dtype, places[0])
        plain = np.array(x, dtype)
        y, mask = fa.relu_mask(x)
        with np.errstate(all="ignore"):
            expected = np.packbits(~(plain <= 0).ravel(), bitorder="little")
        assert np.array_equal(mask, expected)
        assert np.asarray(y).dtype == dtype and np.array_equal(
            np.asarray(y), np.maximum(plain, dtype.type(0)), equal_nan=True
        )
        grad = self.filled(rng, shape, dtype, places[1])
        with np.errstate(all="ignore"):
            back = np.where(np.array(x, dtype) <= 0, dtype.type(0), np.array(grad, dtype))
        _, mask = fa.relu_mask(x)  # grad may have overwritten x
        self.checked(
            "masks", lambda out: fa.relu_backward_mask(grad, mask, out=out), shape, dtype, places[2], np.asarray(back)
        )


QUIET = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.generate, Phase.shrink),
}


def test_calls_in_any_order(isa):
    run_state_machine_as_test(
        Calls, settings=settings(max_examples=8, stateful_step_count=40, derandomize=True, **QUIET)
    )


def test_what_is_walked_over():
    """The machine tells a fault: results one ULP off are refused, and so is a byte beside out."""
    case = next(case for case in CASES if case.name == "relu")
    x = np.array([1.0, 2.0], F4)
    for result, good in ((x, True), (np.nextafter(x, F4.type(3)), False)):
        try:
            check_elements(case, result, None, x, x.astype(F8))
        except AssertionError:
            assert not good
        else:
            assert good
    assert set(SUFFIXES) == {case.direction for case in CASES}


def main():
    """Walk until so many cases are checked; each hundred walks have a seed of their own, which is printed."""
    parser = argparse.ArgumentParser(prog="python -m tests.test_state_machine", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10**6)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time, too")
    parser.add_argument("--seed", type=int, default=1, help="of the first hundred walks")
    asked = parser.parse_args()
    began, seed = time.perf_counter(), asked.seed
    while CASES_DONE.total() < asked.cases and time.perf_counter() - began < asked.seconds:
        isas = fa.available_isas()
        _core._use_isa(isas[seed % len(isas)])
        machine = seeded(seed)(type("Calls", (Calls,), {}))
        try:
            run_state_machine_as_test(machine, settings=settings(max_examples=100, stateful_step_count=50, **QUIET))
        except BaseException:
            print(f"seed {seed}, {fa.isa()}, after {CASES_DONE.total()} cases", flush=True)
            raise
        seed += 1
    seconds = time.perf_counter() - began
    print(f"{CASES_DONE.total()} cases, seeds {asked.seed} to {seed - 1}, {CASES_DONE.total() / seconds:.0f} a second:")
    for label, count in sorted(CASES_DONE.items()):
        print(f"  {label}: {count}")


if __name__ == "__main__":
    main()
