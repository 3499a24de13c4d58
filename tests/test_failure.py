"""Where memory or threads are wanting: a MemoryError and nothing lost, or an answer with fewer threads.

`python -m tests.failing_allocations` makes more rounds and prints a table.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fastact import _core

from .calls import calls
from .failing_allocations import compiled, environment

ROOT = Path(__file__).parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems' limits differ")


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """Return the library that lets allocations and threads fail."""
    if os.environ.get("LD_PRELOAD"):
        pytest.skip("another library is before the C library already")
    if platform.libc_ver()[0] != "glibc" or not shutil.which(os.environ.get("CC", "cc").split()[-1]):
        pytest.skip("allocations are failed before glibc's, by a library that a compiler makes")
    return compiled(tmp_path_factory.mktemp("failing"))


def _run(*command, **keywords):
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", *command],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=ROOT,
        **keywords,
    )


# --- One allocation after the other ---


@pytest.fixture(scope="module")
def surveyed(failing):
    """Return what came of failing each allocation of each call."""
    if type(_core.isa).__module__ in ("_cython_3_3_0", "_cython_3_3_1"):
        pytest.skip(
            "built by a Cython that frees twice what a list comprehension has no memory for: see pyproject.toml"
        )
    if np.lib.NumpyVersion(np.__version__) < "2.4.0" or sys.version_info[:2] == (3, 12):
        pytest.skip(
            "NumPy dies in its own call of a ufunc without memory, but with Python 3.11 or 3.13 and NumPy 2.4 or newer"
        )
    if sys.version_info[:3] == (3, 13, 0):
        pytest.skip("CPython 3.13.0 dies where it has no memory for a function, as a generator of NumPy's is")
    found = _survey(failing)
    # CPython's contexts lose a node, and what it holds, where two variables' hashes happen to share five bits and no
    # memory is left to copy the node above (hamt_node_bitmap_assoc): in one process of ten, by its addresses.
    for _ in range(3):
        if not any(line["lost"] for name, line in found.items() if name.startswith("buffer_pool")):
            break
        found |= _survey(failing, "--only", "buffer_pool")
    return found


def _survey(failing, *options):
    command = ("-m", "tests.failing_allocations", "--json", "--rounds", "3", *options)
    done = _run(*command, env=environment(failing))
    assert done.returncode in (0, 1), done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line for line in lines}


# Where no more of NumPy is asked for than new arrays, and of Python than numbers and names.
BY_ITSELF = (
    *("fast path", "one dimension", "swiglu", "swiglu, out", "swiglu, shared", "bias_act", "bias_act, out", "softmax"),
    *("softmax, out", "softmax, float16", "softmax, long float16", "softmax, across", "softmax, shared", "relu_mask"),
    *("log_softmax_backward", "relu_csr", "buffer_pool", "threads()", "set_num_threads"),
)
BY_KIND = ("fast path", "one dimension", "several dimensions", "buffer_pool")


@pytest.mark.parametrize("call", [one for one in calls() if not one.dies_in_numpy], ids=lambda call: call.name)
def test_each_allocation_fails(call, surveyed):
    """With a MemoryError or the right result; `out` holds what it held or what is right, element by element."""
    found = surveyed[call.name]
    assert not found["faults"]
    assert found["allocations"] > 0
    if call.name in BY_ITSELF or call.name.partition(",")[0] in BY_KIND:
        assert found["astray"] == found["lost"] == 0, found


def test_allocations_of_the_library_itself_have_failed(surveyed):
    ours = {name for name, found in surveyed.items() if found["ours"]}
    own = {"softmax, long float16", "softmax, long and strided", "softmax, across", "softmax, across, float16"}
    own |= {"sparsity, many blocks", "buffer_pool", "buffer_pool, kept", "buffer_pool, resize"}
    assert own <= ours


# --- No memory ---

# Arrays of 36 MB and more, which malloc asks the system for one by one.
NO_MEMORY = """
import resource, sys, numpy as np, fastact as fa
from tests.failing_allocations import shown
n = 9_000_000
x = np.random.default_rng(0).standard_normal(n, dtype=np.float32)
matrix, half, integers = x.reshape(3000, 3000), x.astype(np.float16)[None], np.arange(n)
wide, half_out, bits = np.zeros((2, n), np.float32), np.empty_like(half), np.zeros((n + 7) // 8, np.uint8)
wide[0] = x
def in_buffer_pool():
    with fa.buffer_pool(): return fa.relu(x)
CALLS = {
    "fresh result": lambda: fa.relu(x),
    "fresh results": lambda: fa.swiglu_backward(x, x, x),
    "conversion": lambda: fa.sigmoid(integers),
    "dtype": lambda: fa.tanh(x, dtype=np.float64),
    "broadcast": lambda: fa.silu_backward(matrix, matrix[:1]),
    "overlap": lambda: fa.tanh(wide[0, :-1], out=wide[0, 1:]),
    "rows": lambda: fa.softmax(matrix),
    "rows, a stage": lambda: fa.softmax(half, out=half_out),
    "rows, strided": lambda: fa.softmax(wide.T[::2], axis=0),
    "rows, two axes": lambda: fa.softmax(matrix.reshape(3, 1000, 3000), axis=(0, 1)),
    "gate": lambda: fa.swiglu(x, x),
    "bias": lambda: fa.bias_act_backward(matrix, matrix, matrix[0], "gelu"),
    "maxout": lambda: fa.maxout(matrix[:, :, None]),
    "prelu": lambda: fa.prelu_backward(x, x, 0.25),
    "random slopes": lambda: fa.rrelu(x, rng=1),
    "mask": lambda: fa.relu_mask(x),
    "mask, backward": lambda: fa.relu_backward_mask(x, bits),
    "csr": lambda: fa.relu_csr(matrix),
    "buffer_pool": in_buffer_pool,
}
wide_before = wide.copy()
def restored(call):
    wide[...] = wide_before
    return call()
for name, call in CALLS.items():
    with fa.threads(2):
        right = shown(restored(call))
        wide[...] = wide_before
        pages = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (pages + (4 << 20), -1))
        try:
            call()
        except MemoryError:
            refused = True
        else:
            refused = False
        resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
        assert refused, f"{name}: no MemoryError"
        assert shown(restored(call)) == right, f"{name}: another result afterwards"
    print(name)
"""


@linux
def test_no_memory():
    done = _run("-c", NO_MEMORY)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 19


# --- Threads that do not start ---

FEWER = """
import ctypes, os, resource, sys, numpy as np, fastact as fa
from fastact import _core
x = np.linspace(-9, 9, 300_000, dtype=np.float32)
expected = fa.mish(x).tobytes()
_core._worth_waking(1e-3)
{limit}
fa.set_num_threads(5)
for _ in range(20):
    assert fa.mish(x).tobytes() == expected
print(_core._workers())
"""
# Root is above the limit; nobody else has this number.
BY_LIMIT = """
if os.getuid() == 0:
    os.setgid(54321)
    os.setuid(54321)
resource.setrlimit(resource.RLIMIT_NPROC, ({count}, {count}))
"""


@pytest.mark.parametrize("count", [0, 1, 3, 4])
def test_some_threads_do_not_start(failing, count):
    done = _run("-c", FEWER.format(limit=f"ctypes.CDLL(None).failing_threads_after({count})"), env=environment(failing))
    assert (done.returncode, done.stdout.strip()) == (0, str(count)), done.stderr


@linux
@pytest.mark.parametrize("count", [0, 3] if sys.platform == "linux" and os.getuid() == 0 else [0])
def test_limit_of_processes(count):
    alone = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # but for the threads that NumPy's library starts
    done = _run("-c", FEWER.format(limit=BY_LIMIT.format(count=count)), env=alone)
    assert (done.returncode, done.stdout.strip()) == (0, str(max(count - 1, 0))), done.stderr
