"""Programs that a thread pool must survive: callers at once, forks, interrupts, ends, threads that do not start.

Each is a program of its own, for what goes wrong here hangs or dies. `python -m tests.processes --rounds 1000` runs
them long. It must not contain what a single call gives: that the bits do not depend on threads is test_threads.py's.
"""

import argparse
import subprocess
import sys
import time

COMMON = """
import os, signal, sys, threading, time, warnings
import numpy as np, fastact as fa
from fastact import _core
warnings.simplefilter("ignore")
rounds = int(sys.argv[1])
_core._worth_waking(1e-3)  # threads help however little there is to do
fa.set_num_threads(3)
x = np.random.default_rng(0).normal(0, 3, 120_000).astype(np.float32)
wide = x.reshape(300, 400)
half = wide.astype(np.float16)
FAMILIES = {
    "elementwise": lambda: (fa.mish(x), fa.gelu_backward(x, x)),
    "ufunc": lambda: (fa.ufuncs.tanh(wide[:, ::2]), fa.relu(wide.T)),
    "rows": lambda: (fa.softmax(half), fa.log_softmax(wide, axis=0)),
    "gates": lambda: (fa.swiglu(wide, wide), *fa.bias_act_backward(wide, wide, wide[0], "silu")),
    "sparse": lambda: (*fa.relu_mask(x), fa.sparsity(half), fa.dead_units(wide)),
}
def bits(results): return [np.asarray(one).tobytes() for one in results]
EXPECTED = {name: bits(family()) for name, family in FAMILIES.items()}
def right(): return all(bits(family()) == EXPECTED[name] for name, family in FAMILIES.items())
"""

# Callers that compute without a pause while the program goes on.
BUSY = """
stop = threading.Event()
def compute():
    while not stop.is_set():
        fa.mish(x), fa.ufuncs.tanh(wide[:, ::2]), fa.softmax(half)
others = [threading.Thread(target=compute, daemon=True) for _ in range(3)]
for one in others: one.start()
"""

# A child has a minute, whatever holds it.
FORKS = """
def in_child(work):
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        os._exit(0 if work() else 1)
    return os.waitpid(child, 0)[1] == 0
"""

PROGRAMS = {
    "32 callers at once": """
wrong = []
def call(k):
    names = list(FAMILIES)
    for i in range(rounds):
        name = names[(i + k) % len(names)]
        if bits(FAMILIES[name]()) != EXPECTED[name]: wrong.append(name)
callers = [threading.Thread(target=call, args=(k,)) for k in range(32)]
for one in callers: one.start()
for one in callers: one.join()
assert not wrong, wrong
assert _core._workers() == 2
""",
    "fork while the pool is busy": BUSY
    + FORKS
    + """
for _ in range(rounds): assert in_child(right)
stop.set()
for one in others: one.join()
assert right()
""",
    "fork before there is a pool": """
fa.set_num_threads(1)
"""
    + BUSY
    + FORKS
    + """
def begin():
    fa.set_num_threads(3)
    return right()
for _ in range(rounds): assert in_child(begin)
stop.set()
for one in others: one.join()
""",
    "fork while the pool starts": FORKS
    + """
def both():  # in a process of its own, whose pool is empty
    begins = threading.Barrier(2)
    def compute():
        begins.wait()
        fa.mish(x)
    one = threading.Thread(target=compute)
    one.start()
    begins.wait()
    good = in_child(right)
    one.join()
    return good
for _ in range(rounds): assert in_child(both)
""",
    "fork in a fork": FORKS
    + """
def generations(n): return right() and (n == 0 or in_child(lambda: generations(n - 1)))
for _ in range(rounds): assert generations(4)
""",
    "fork with buffer pools": FORKS
    + """
large = np.ones(2**19, np.float32)
def reuse():
    with fa.buffer_pool():
        while not stop.is_set(): fa.relu(large)
stop = threading.Event()
others = [threading.Thread(target=reuse, daemon=True) for _ in range(3)]
for one in others: one.start()
def use():
    with fa.buffer_pool() as pool:
        for _ in range(3): y = fa.relu(large)
        return bool((y == 1).all()) and pool.held_bytes > 0
for _ in range(rounds): assert in_child(use)
stop.set()
for one in others: one.join()
""",
    "interrupts": """
import random
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background has ignored
large = np.tile(x, 60)
out = np.empty_like(large)
matrix, gate = large[: 7000 * 1000].reshape(7000, 1000), np.empty((7000, 1000), np.float32)
LONG = {
    "elementwise": lambda: fa.mish(large, out=out),
    "ufunc": lambda: fa.mish(large[::2], out=out[::2]),
    "rows": lambda: fa.softmax(matrix, out=gate),
    "gates": lambda: fa.swiglu(matrix, matrix, out=gate),
}
expected = {name: call().copy() for name, call in LONG.items()}
during = 0
for i in range(rounds):
    name = list(LONG)[i % len(LONG)]
    written = LONG[name]()
    written[...] = 0
    other = threading.Timer(random.uniform(0.0003, 0.006), os.kill, (os.getpid(), signal.SIGINT))
    try:
        finished = False
        other.start()
        LONG[name]()
        finished = True
        time.sleep(30)
        raise SystemExit("the interrupt did not come")
    except KeyboardInterrupt:
        during += not finished
    other.join()
    # Interrupted before it began, or whole: an interrupt waits for a call that has begun.
    assert written.tobytes() in (expected[name].tobytes(), bytes(written.nbytes)), name
    assert right()
print(f"{during} during a call")
""",
    "multiprocessing": """
import multiprocessing
os.environ["FASTACT_NUM_THREADS"] = "3"
for method in ("fork", "forkserver", "spawn"):
    context = multiprocessing.get_context(method)
    for _ in range(rounds):
        with context.Pool(1, _core._worth_waking, (1e-3,)) as pool:
            assert bits(pool.map(fa.mish, [x, x])) == EXPECTED["elementwise"][:1] * 2, method
            assert pool.apply(_core._workers) == 2, method
    assert right()
""",
    "exceptions in many callers": """
wrong = []
def call():
    for _ in range(rounds):
        for refused in (lambda: fa.mish(x, out=x[:5]), lambda: fa.softmax(half, 7), lambda: fa.elu(x, np.nan)):
            try: refused()
            except ValueError: continue
            wrong.append(refused)
        if not right(): wrong.append("result")
callers = [threading.Thread(target=call) for _ in range(8)]
for one in callers: one.start()
for one in callers: one.join()
assert not wrong, wrong
""",
}

# Programs that are run `rounds` times, because each can end only once.
ENDS = {
    "end with a busy pool": BUSY + "time.sleep(0.02)",
    "end with atexit and a busy pool": BUSY
    + """
import atexit
atexit.register(lambda: print("right" if right() else "wrong", flush=True))
time.sleep(0.02)
""",
    "end by an exception with a busy pool": BUSY + "raise SystemExit(0)",
    "end by sys.exit in a thread, arrays alive": """
def compute():
    keep.append(fa.mish(x))
    sys.exit()
keep = []
one = threading.Thread(target=compute)
one.start()
""",
    "end with an active buffer pool": """
pool = fa.buffer_pool()
pool.__enter__()
keep = [fa.relu(np.ones(2**19, np.float32)) for _ in range(3)]
del keep[0]
""",
}


def run(name: str, rounds: int, seconds: float = 120) -> str:
    """Run a program and return what it prints; raise what it says where it fails, or does not end in time."""
    program, times = (PROGRAMS[name], 1) if name in PROGRAMS else (ENDS[name], rounds)
    for _ in range(times):
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", COMMON + program, str(rounds)],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0 or done.stderr or "wrong" in done.stdout:
            raise AssertionError(f"{name}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.splitlines()[-1] if done.stdout else ""


def main():
    """Run every program for long, and print what was run."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--only", default="", help="a part of the names")
    chosen = parser.parse_args()
    for name in (*PROGRAMS, *ENDS):
        if chosen.only in name:
            begin = time.perf_counter()
            said = run(name, chosen.rounds, 3600)
            print(f"{name:45}{chosen.rounds:8} rounds{time.perf_counter() - begin:8.0f} s  {said}", flush=True)


if __name__ == "__main__":
    main()
