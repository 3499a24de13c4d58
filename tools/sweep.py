"""Walk every float32 input of every function and print the largest error and where it is.

    python -m tools.sweep [activation or function ...] [--isa NAME ...] [--float64 POINTS]

float64 cannot be walked: with --float64 that many points, uniform over the exponents, are measured
against NumPy's long double. References and bounds are those of the tests; no formula belongs here.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
from tqdm import tqdm

import fastact as fa
from fastact import _core
from tests.ops import CASES
from tests.ulp import ulp_error

CHUNK = 2**20
JOB = 2**27  # inputs a job: a worker returns thirty-two times a function


def measure(case, x, wide):
    """Return the largest error over the inputs and where it is; NaN and infinities included."""
    low, high = case.op.outputs
    if case.direction == "backward_from_output":
        x = x[(x >= low) & (x <= high)]
    if x.size == 0:
        return 0.0, 0.0, 0
    inputs = (x,) if case.inputs == 1 else (np.ones_like(x), x)
    error = ulp_error(case(*inputs), case.reference(x.astype(wide), x.dtype))
    if case.inputs == 2:
        error[np.isnan(x)] = 0  # what a derivative is at NaN, the tests say
    worst = int(np.argmax(error))
    return float(error[worst]), float(x[worst]), int(np.count_nonzero(error > 0.5))


def float32_inputs(job):
    """Yield the inputs of one job, in chunks."""
    for start in range(job, job + JOB, CHUNK):
        yield np.arange(start, start + CHUNK, dtype=np.uint64).astype(np.uint32).view(np.float32)


def float64_inputs(job, points):
    """Yield points uniform over the exponents, one job's share of them, in chunks."""
    rng = np.random.default_rng(job)
    for start in range(0, points, CHUNK):
        bits = rng.integers(0, 2**64, min(CHUNK, points - start), dtype=np.uint64)
        # Half of them where the functions are neither constant nor their leading term.
        narrow = np.ldexp(rng.uniform(-1, 1, bits.size), rng.integers(-30, 11, bits.size))
        yield np.where(rng.random(bits.size) < 0.5, bits.view(np.float64), narrow)


def run(index, isa, job, points):
    """Return the worst of one job and how many inputs it measured."""
    _core._use_isa(isa)
    chunks = float64_inputs(job, points) if points else float32_inputs(job)
    wide = np.longdouble if points else np.float64
    worst, at, misrounded, count = 0.0, 0.0, 0, 0
    for x in chunks:
        error, where, more = measure(CASES[index], x, wide)
        misrounded += more
        count += x.size
        if error > worst:
            worst, at = error, where
    return worst, at, misrounded, count


def sweep(index, isa, points, workers):
    """Measure one function on one instruction set with a progress bar; return whether it kept its bound."""
    case = CASES[index]
    jobs = [(job, points // 16) for job in range(16)] if points else [(job, 0) for job in range(0, 2**32, JOB)]
    worst, at, misrounded = 0.0, 0.0, 0
    with (
        ProcessPoolExecutor(workers) as pool,
        tqdm(total=points or 2**32, desc=f"{case} {isa}", unit="input", unit_scale=True, leave=False) as bar,
    ):
        for done in as_completed([pool.submit(run, index, isa, *job) for job in jobs]):
            error, where, more, count = done.result()
            misrounded += more
            if error > worst:
                worst, at = error, where
            bar.update(count)
    kept = worst <= case.bound
    print(
        f"{case!s:36} {'float64' if points else 'float32'} {isa:7} {worst:8.4f} ULP at {at:<16.9g} "
        f"bound {case.bound} {'kept' if kept else 'BROKEN'}, {misrounded} not correctly rounded",
        flush=True,
    )
    return kept


def main():
    """Parse the command line and sweep."""
    parser = argparse.ArgumentParser(prog="python -m tools.sweep", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="name", help="activations or functions; default: all")
    parser.add_argument("--isa", nargs="*", default=[fa.isa()], choices=fa.available_isas())
    parser.add_argument("--float64", type=int, default=0, metavar="POINTS")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    names = [{case.op.name, case.function.__name__} for case in CASES]
    unknown = set(arguments.names).difference(*names)
    if unknown:
        parser.error(f"no activation or function is called {', '.join(sorted(unknown))}")
    if arguments.float64 and np.finfo(np.longdouble).nmant < 63:
        parser.error("--float64 needs a long double wider than a double, which this machine does not have")
    wanted = set(arguments.names)
    chosen = [index for index, both in enumerate(names) if not wanted or wanted & both]
    kept = [sweep(index, isa, arguments.float64, arguments.workers) for isa in arguments.isa for index in chosen]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
