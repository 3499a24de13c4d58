"""What the extension and its import ask of the system: nothing but their own files and three variables."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import fastact as fa
from fastact import _core
from tools import hardened

needs_readelf = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("readelf") is None, reason="readelf reads Linux's libraries"
)
PACKAGE = Path(fa.__file__).parent

# Run in a fresh interpreter: what is opened, called and asked of the environment while fastact is imported.
WATCH = """
import os, sys, sysconfig
import numpy
events, asked, watching = [], [], False
class Environment(type(os.environ)):
    def __getitem__(self, name):
        watching and asked.append(name)
        return super().__getitem__(name)
    def __iter__(self):
        watching and asked.append("all of it")
        return super().__iter__()
os.environ.__class__ = Environment
watching = True
sys.addaudithook(lambda name, arguments: watching and events.append((name, arguments)))
{statement}
watching = False
stdlib = tuple(os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
package = os.path.realpath({package!r})
importable = [os.path.realpath(path) for path in sys.path if path]
for name, arguments in events:
    if name == "open" and isinstance(arguments[0], (str, bytes)):
        path, mode, flags = arguments
        path = os.path.realpath(os.fsdecode(path))
        reads = flags & (os.O_WRONLY | os.O_RDWR) == 0 and (mode is None or set(mode) <= set("rbt"))
        if reads and path.endswith((".py", ".pyc")) and path.startswith((package, *stdlib)):
            continue
    elif name.partition(".")[0] not in ("open", "os", "socket", "subprocess", "shutil", "tempfile", "urllib", "ctypes"):
        continue
    elif name == "os.listdir" and os.path.realpath(arguments[0] or ".").startswith((*importable, *stdlib)):
        continue  # of what imports are looked for in
    print("event", name, arguments)
print("asked", *sorted(set(asked)))
"""


def _watched(statement, **environment):
    code = WATCH.format(statement=statement, package=str(PACKAGE))
    given = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PACKAGE.parent), **environment}
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, env=given)
    assert done.returncode == 0, done.stderr
    *events, asked = done.stdout.splitlines()
    return events, asked.split()[1:]


def test_import_touches_nothing():
    """No file but its own modules and Python's, no network, no other program; three variables."""
    events, asked = _watched("import fastact", FASTACT_NUM_THREADS="2", SECRET="x")
    assert events == []
    assert asked == ["FASTACT_ISA", "FASTACT_NUM_THREADS", "OMP_NUM_THREADS"]


@pytest.mark.parametrize(
    ("statement", "event"),
    [
        ("open(os.devnull)", "event open"),
        ("open('/proc/self/status')", "event open"),
        ("import socket; socket.socket()", "event socket"),
        ("os.listdir('/')", "event os.listdir"),
    ],
)
def test_the_watch_sees(statement, event):
    events, _ = _watched(statement)
    assert any(one.startswith(event) for one in events)


def test_the_watch_sees_variables():
    assert _watched("os.getenv('HOME'); 'LANG' in os.environ; dict(os.environ)")[1] != []
    assert "HOME" in _watched("os.getenv('HOME')")[1]


TRACED = """
import os, numpy
def mark(name):
    try:
        os.stat(name)
    except OSError:
        pass
mark("/fastact-begins")
{statement}
mark("/fastact-ends")
"""


def _traced(statement, folder):
    """Return the paths and network calls of a statement as the kernel sees them, C's own among them."""
    log = folder / "log"
    command = ["strace", "-f", "-qq", "-s", "4096", "-e", "trace=%file,%network", "-o", log]
    code = TRACED.format(statement=statement)
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run([*command, sys.executable, "-B", "-c", code], env=given, capture_output=True, text=True)
    if "ptrace" in done.stderr.lower() or not log.exists():
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    within = log.read_text().partition('"/fastact-begins"')[2].partition('"/fastact-ends"')[0].splitlines()[1:-1]
    own = (
        sysconfig.get_config_var("LIBDIR") or sys.base_prefix
    )  # where the loader looks first, for Python's own library
    allowed = tuple(
        map(os.path.realpath, (PACKAGE, own, *sysconfig.get_paths().values(), *(one for one in sys.path if one)))
    )
    found = []
    for line in within:
        path = re.search(r'"([^"]*)"', line)
        # The current folder and those of imports are looked into; the loader of libraries has a cache and its folders.
        if "getcwd" in line or (path and path[1].startswith((*allowed, "/etc/ld.so", "/lib", "/usr/lib"))):
            continue
        if path and any(one.startswith(path[1].rstrip("/") + "/") for one in allowed):
            continue
        found.append(line)
    return found


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace shows system calls")
def test_import_as_the_kernel_sees_it(tmp_path):
    assert _traced("import fastact", tmp_path) == []
    assert any("/proc/self/status" in line for line in _traced("open('/proc/self/status').close()", tmp_path))


@needs_readelf
def test_the_extension_is_hardened():
    """No executable stack, no writeable code, addresses read-only; no getenv, no open, no socket in C."""
    assert hardened.troubles(Path(_core.__file__)) == []
    assert "malloc" in hardened.imported(hardened._readelf("--dyn-syms", Path(_core.__file__)))


HEADERS = """
  LOAD           0x011000 0x0000000000011000 0x0000000000011000 0x3c8655 0x3c8655 R E 0x1000
  LOAD           0x40f5f0 0x000000000040f5f0 0x000000000040f5f0 0x00841c 0x00cab8 RW  0x1000
  GNU_STACK      0x000000 0x0000000000000000 0x0000000000000000 0x000000 0x000000 RW  0x10
  GNU_RELRO      0x40f5f0 0x000000000040f5f0 0x000000000040f5f0 0x005a10 0x005a10 R   0x1
"""
DYNAMIC = " 0x000000000000001e (FLAGS)              BIND_NOW\n 0x000000006ffffffb (FLAGS_1)            Flags: NOW\n"


@pytest.mark.parametrize(
    ("old", "new", "trouble"),
    [
        ("0x0 RW  0x10", "0x0 RW  0x10", None),
        ("RW  0x10\n", "RWE 0x10\n", "the stack is executable"),
        ("RW  0x1000", "RWE 0x1000", "a segment is writeable and executable"),
        ("GNU_RELRO", "GNU_OTHER", "relocations stay writeable: no GNU_RELRO"),
        ("GNU_STACK", "GNU_OTHER", "the stack is executable"),
    ],
)
def test_what_the_check_would_find(old, new, trouble):
    assert hardened.segment_troubles(HEADERS.replace(old, new), DYNAMIC) == ([trouble] if trouble else [])


def test_what_the_check_would_find_of_addresses():
    assert hardened.segment_troubles(HEADERS, "")[0].endswith("no BIND_NOW")
    assert hardened.segment_troubles(HEADERS, DYNAMIC + " 0x16 (TEXTREL) 0x0")[0].endswith("TEXTREL")
    for name in (
        "getenv",
        "secure_getenv",
        "open",
        "open64",
        "openat",
        "fopen",
        "socket",
        "execve",
        "system",
        "mprotect",
    ):
        assert hardened.FORBIDDEN.fullmatch(name), name
    for name in ("free", "malloc", "memcpy", "pthread_create", "PyObject_GetAttr", "frexp", "madvise"):
        assert not hardened.FORBIDDEN.fullmatch(name), name
