"""What one worker of the sweep measures: a piece of one function's inputs; no pool, no files, no bound of its own.

A tally is {"counts": {name: number}, "peaks": {name: [value, where]}}; tallies of pieces merge into
one of the whole, whatever their order. `where` is the input in hexadecimal, exact.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import flint
import numpy as np
from numpy.typing import NDArray

from fastact import _core
from tests.half import measure as measure_all_numbers
from tests.ops import CASES, Case
from tests.ulp import REACH, Exact, absolute_error, near_root, ulp_error, ulp_of

from . import peers
from .record import Tally

Array: TypeAlias = NDArray[Any]

CHUNK = 2**20
BITS = 200  # of the exact references
PEERS_STRIDE = 1021  # a prime: four million of the float32 inputs
NOWHERE = (0.0).hex()  # stands for the place of no error at all
EVERY = 65521  # a prime: how many inputs a checksum passes over


def merge(tally: Tally, other: Tally) -> Tally:
    """Return the tally of two pieces together."""
    counts = {name: tally["counts"].get(name, 0) + number for name, number in other["counts"].items()}
    peaks = {name: max(peak, tally["peaks"].get(name, peak)) for name, peak in other["peaks"].items()}
    return {"counts": {**tally["counts"], **counts}, "peaks": {**tally["peaks"], **peaks}}


def _peak(values: Array, x: Array) -> list[Any]:
    worst = int(np.argmax(values))
    return [float(values[worst]), float(x[worst]).hex() if values[worst] else NOWHERE]


def inputs_of(case: Case, x: Array) -> tuple[Array, ...]:
    """Return a function's operands: at grad = 1."""
    return (x,) if case.inputs == 1 else (np.ones_like(x), x)


def roots_of(case: Case) -> Any:
    """Return the places about which a small absolute error is enough: of derivatives only."""
    return case.roots if case.direction == "backward" else ()


def in_range(case: Case, x: Array) -> Array:
    """Return the inputs that can be: from the output, those the forward function gives."""
    if case.direction != "backward_from_output":
        return x
    low, high = case.outputs
    return x[(low <= x) & (x <= high)]


def _spacing(true: Array, dtype: np.dtype[Any]) -> Callable[[Array], Any]:
    """Return a function from places to the ULP of the true results there."""
    return lambda places: ulp_of(true[places], dtype)


def _judge(
    case: Case, error: Array, spacing: Callable[[Array], Any], x: Array, name: str = "error"
) -> dict[str, list[Any]]:
    """Return the peaks of errors: near a root the absolute one of those that break the bound in ULP.

    `spacing` is called with the places where it is wanted.
    """
    peaks = {}
    if roots := roots_of(case):
        near = near_root(x, roots)
        broken = np.flatnonzero(near & (error > case.bound))
        absolute = absolute_error(error[broken], spacing(broken), x.dtype)
        peaks[f"{name}_near_root"] = _peak(absolute, x[broken]) if broken.size else [0.0, NOWHERE]
        error = np.where(near, 0, error)
    peaks[name] = _peak(error, x)
    return peaks


def _descents(x: Array, y: Array) -> tuple[int, dict[str, list[Any]]]:
    """Return how often and how far results go the wrong way from each input to the next."""
    down = np.flatnonzero(y[1:] < y[:-1])
    if not down.size:
        return 0, {}
    above = y[down].astype(np.float64)
    fall = (above - y[down + 1]) / ulp_of(above, y.dtype)
    return down.size, {"descent": _peak(fall, x[down])}


def ordered(index: Array) -> Array:
    """Return float32 numbers by their place in order of value: NaN, -inf ... -0, 0 ... inf, NaN."""
    bits = index.astype(np.uint32)
    return np.where(bits >> 31, bits ^ np.uint32(2**31), ~bits).view(np.float32)


def _walk(start: int, end: int, stride: int, beyond: int = 0) -> Iterator[tuple[Array, int]]:
    """Yield the float32 inputs from one place to another in order of value, in chunks, and how many they are.

    The chunk may have some inputs `beyond` that number, which are the next chunk's.
    """
    for first in range(start, end, CHUNK * stride):
        last = min(first + CHUNK * stride, end)
        places = np.arange(first, min(last + beyond * stride, 2**32), stride, dtype=np.uint64)
        yield ordered(places), -((first - last) // stride)


def float32(case: Case, isa: str, start: int, end: int, stride: int) -> Tally:
    """Return the errors over one piece of all float32 inputs, NaN and infinities included."""
    _core._use_isa(isa)
    monotone = case.direction == "forward" and case.monotone
    tally: Tally = {"counts": {}, "peaks": {}}
    for x, size in _walk(start, end, stride, beyond=monotone):
        counts: dict[str, Any] = {}
        peaks: dict[str, list[Any]] = {}
        if monotone:
            counts["descents"], peaks = _descents(x, case(x))
        x = in_range(case, x[:size])
        if not x.size:
            continue
        true = case.reference(x.astype(np.float64), x.dtype)
        error = ulp_error(case(*inputs_of(case, x)), true)
        if case.inputs == 2:
            error[np.isnan(x)] = 0  # what a derivative is at NaN, the tests say
        counts |= {"inputs": x.size, "misrounded": int(np.count_nonzero(error > 0.5))}
        peaks |= _judge(case, error, _spacing(true, x.dtype), x)
        tally = merge(tally, {"counts": counts, "peaks": peaks})
    return tally


def others(case: Case, start: int, end: int, stride: int) -> Tally:
    """Return the errors of the other libraries over one piece of the finite float32 inputs."""
    tally: Tally = {"counts": {}, "peaks": {}}
    for more, _ in _walk(start, end, stride):
        x = in_range(case, more[np.isfinite(more)])
        if not x.size:
            continue
        true = case.reference(x.astype(np.float64), x.dtype)
        for peer in peers.versions():
            result = peers.evaluate(peer, case, x)
            if result is not None:
                error = ulp_error(result, true)
                peaks = _judge(case, error, _spacing(true, x.dtype), x, peer)
                tally = merge(tally, {"counts": {}, "peaks": peaks})
    return tally


def identical(case: Case, isa: str, other: str, start: int, end: int, stride: int) -> Tally:
    """Return where an instruction set does not give the bits of another, over a piece of the float32 inputs."""
    tally: Tally = {"counts": {}, "peaks": {}}
    for more, _ in _walk(start, end, stride):
        x = in_range(case, more)
        if not x.size:
            continue
        results = []
        for name in (isa, other):
            _core._use_isa(name)
            results.append(case(*inputs_of(case, x)).view(np.uint32))
        differ = results[0] != results[1]
        counts = {"compared": x.size, "different": int(np.count_nonzero(differ))}
        peaks = {"different": _peak(differ, x)} if counts["different"] else {}
        tally = merge(tally, {"counts": counts, "peaks": peaks})
    return tally


def _scattered(case: Case, rng: np.random.Generator, count: int) -> Array:
    """Return points uniform over exponents, and as many at the magnitudes that networks see."""
    bits = rng.integers(0, 2**64, count, dtype=np.uint64).view(np.float64)
    narrow = np.ldexp(rng.uniform(-1, 1, count), rng.integers(-30, 11, count))
    ends = [(end, inward) for end, inward in zip(case.outputs, (1, -1), strict=True) if np.isfinite(end)]
    if case.direction == "backward_from_output" and ends:
        end, inward = np.array(ends)[rng.integers(0, len(ends), count)].T
        near = end + inward * np.ldexp(rng.uniform(1, 2, count), rng.integers(-54, 1, count))
        narrow = np.where(rng.random(count) < 0.5, near, narrow)  # at an end the formula may cancel
    return np.where(rng.random(count) < 0.5, bits, narrow)


def _hard(case: Case, rng: np.random.Generator) -> Array:
    """Return points around every zero, root, turn of a formula and end of the format, of both signs."""
    info = np.finfo(np.float64)
    ends = (0.0, info.smallest_subnormal, info.tiny, 2.0**1022, info.max)
    around = np.unique(np.concatenate([ends, case.turns(info.dtype), np.abs(case.roots)]))[:, None]
    next_to = np.maximum(around.view(np.int64) + np.arange(-32, 33), 0).view(np.float64)
    steps = np.ldexp(rng.uniform(-2, 2, (len(around), 106)), np.repeat(np.arange(-53, 0), 2))
    farther = around + np.where(around, around, 1) * steps
    at_roots = np.abs(case.roots)[:, None] + rng.uniform(-REACH, REACH, (len(case.roots), 2000))
    points = np.concatenate([next_to.ravel(), farther.ravel(), at_roots.ravel()])
    return np.concatenate([points, -points])


def float64(case: Case, isa: str, seed: int, count: int) -> Tally:
    """Return the errors at some float64 points, ours and the other libraries', against exact references.

    A count of 0 stands for the hard neighbourhoods.
    """
    _core._use_isa(isa)
    rng = np.random.default_rng(seed)
    x = _scattered(case, rng, count) if count else _hard(case, rng)
    x = in_range(case, x[np.isfinite(x)])
    if not x.size:
        return {"counts": {}, "peaks": {}}
    with flint.ctx.workprec(BITS):
        exactly = case.exactly(x.dtype)
        true = Exact([exactly(flint.arb(value)) for value in x.tolist()], x.dtype)
    spacing = true.spacing
    error = true.error(case(*inputs_of(case, x)))
    peaks = _judge(case, error, lambda places: spacing[places], x)
    for peer in peers.versions():
        result = peers.evaluate(peer, case, x)
        if result is not None:
            peaks |= _judge(case, true.error(result), lambda places: spacing[places], x, peer)
    return {"counts": {"inputs": x.size, "misrounded": int(np.count_nonzero(error > 0.5))}, "peaks": peaks}


@dataclass(frozen=True, eq=False)
class _OfPeer(Case):
    """The same function as another library has it, at grad = 1."""

    peer: str

    def __call__(self, *inputs: Array) -> Any:
        return peers.evaluate(self.peer, self, inputs[-1])


def half(case: Case, isa: str, dtype: str) -> Tally:
    """Return the errors over all finite numbers of a 16-bit dtype, ours and the other libraries'."""
    _core._use_isa(isa)
    found = [peer for peer in peers.versions() if peers.has(peer, case)]
    ones = {"": case, **{peer: _OfPeer(case.op, case.direction, case.parameters, peer) for peer in found}}
    counts: dict[str, Any] = {}
    peaks: dict[str, Any] = {}
    for peer, one in ones.items():
        error, at, misrounded, inputs = measure_all_numbers(one, np.dtype(dtype))
        counts |= {f"{peer} misrounded".strip(): misrounded, "inputs": inputs}
        peaks[peer or "error"] = [error, at.hex() if error else NOWHERE]
    return {"counts": counts, "peaks": peaks}


def checksum(case: Case, dtype: np.dtype[Any]) -> int:
    """Return a checksum of the results' bits over a slice of all bit patterns but NaN's; in 16 bits over all."""
    unsigned = np.dtype(f"u{dtype.itemsize}")
    stride = max(EVERY * 2 ** (8 * dtype.itemsize) // 2**32, 1)
    x = np.arange(0, 2 ** (8 * dtype.itemsize), stride, dtype=unsigned).view(dtype)
    with np.errstate(invalid="ignore"):  # signalling NaN
        x = in_range(case, x[~np.isnan(x)])
    return zlib.crc32(case(*inputs_of(case, x)).tobytes())


MEASURES: dict[str, Callable[..., Tally]] = {
    "float32": float32,
    "others": others,
    "identical": identical,
    "float64": float64,
    "half": half,
}


def measure(kind: str, index: int, *arguments: Any) -> Tally:
    """Measure one piece of one case: what a worker is asked."""
    with np.errstate(all="ignore"):  # a signalling NaN on its way to float64 among others
        return MEASURES[kind](CASES[index], *arguments)
