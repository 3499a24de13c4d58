"""Fuzz the native loops and the Python functions: `make fuzz`.

    python -m tools.reliability.fuzz [--runs N] [--seconds S] [--cases N] [--seed N] [--only loops|python]

The loops by libFuzzer, where clang is there, with the address and undefined-behaviour sanitizers; elsewhere by random
bytes under gcc's. The Python functions by the state machine of tests/test_state_machine.py. A fault ends the run; its
bytes are kept beside the corpus in build/reliability, and `fuzz_loops FILE` runs them again.
"""

import argparse
import os
import re
import shutil
import sys
import time

from . import corpus
from .build import FOLDER, ROOT, program, run

SANITIZERS = "address,undefined,float-cast-overflow"
HALTING = {
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tools.reliability.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10**6, help="cases of the native loops")
    parser.add_argument("--seconds", type=int, default=600, help="at most so long for each of the two")
    parser.add_argument("--cases", type=int, default=10**6, help="calls of the Python functions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["loops", "python"])
    return parser.parse_args()


def fuzz_loops(runs: int, seconds: int, seed: int) -> int:
    """Run libFuzzer on a fresh seed corpus; return how many cases it ran, or leave with its fault."""
    flags = (f"-fsanitize={SANITIZERS}", "-fno-sanitize-recover=all")
    clang = shutil.which("clang")
    if not clang:
        made = program("fuzz_loops", os.environ.get("CC", "gcc"), *flags, "-DSTANDALONE")
        command = [made, runs, seed]
    else:
        made = program("fuzz_loops", clang, f"{flags[0]},fuzzer", flags[1])
        seeds, found = FOLDER / "seeds", FOLDER / "found"
        print(f"{corpus.write(seeds)} seeds", flush=True)
        found.mkdir(exist_ok=True)
        command = [
            *(made, found, seeds, f"-seed={seed}", f"-runs={runs}", f"-max_total_time={seconds}", "-max_len=192"),
            *("-print_final_stats=1", f"-artifact_prefix={FOLDER}/", "-timeout=20", "-reload=0"),
        ]
    done = run(*command, capture_output=True, env=os.environ | HALTING)
    (FOLDER / "fuzz_loops.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-6000:], sep="\n")
        sys.exit(f"fuzz_loops ended with {done.returncode}")
    told = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    print(done.stdout if not told else "\n".join(line for line in done.stderr.splitlines() if "cov:" in line)[-200:])
    return int(told[1]) if told else runs


def main() -> None:
    """Fuzz both and print the counts."""
    asked = arguments()
    if asked.only != "python":
        began = time.perf_counter()
        count = fuzz_loops(asked.runs, asked.seconds, asked.seed)
        seconds = time.perf_counter() - began
        print(f"native loops: {count} cases in {seconds:.0f} s with the build, none at fault", flush=True)
    if asked.only != "loops":
        options = ["--cases", asked.cases, "--seconds", asked.seconds, "--seed", asked.seed]
        sys.exit(run(sys.executable, "-m", "tests.test_state_machine", *options, cwd=ROOT).returncode)


if __name__ == "__main__":
    main()
