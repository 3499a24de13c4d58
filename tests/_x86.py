"""The SSE control and status register from Python: three instructions in executable memory.

For POSIX systems' calling convention. Only for the tests that set an unusual floating-point environment around a call.
"""

import ctypes
import mmap
from contextlib import contextmanager

READ = bytes.fromhex("0fae1fc3")  # stmxcsr [rdi]; ret
WRITE = bytes.fromhex("0fae17c3")  # ldmxcsr [rdi]; ret

FLUSH_TO_ZERO, DENORMALS_ARE_ZERO, INEXACT = 1 << 15, 1 << 6, 1 << 5
ROUND_DOWN, ROUND_UP, ROUND_TO_ZERO = 1 << 13, 2 << 13, 3 << 13
MASKS, FLAGS = 0x3F << 7, 0x3F  # an exception whose mask is cleared is a signal, by which a process dies

_memory = None


def _functions():
    global _memory
    if _memory is None:
        _memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        _memory.write(READ + WRITE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(_memory))
    kind = ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_uint32))
    return kind(address), kind(address + len(READ))


@contextmanager
def changed(bits, cleared=0):
    """Set some bits of the register, clear others, round as `bits` has it; yield a reader of the register."""
    read, write = _functions()
    saved, unusual = ctypes.c_uint32(), ctypes.c_uint32()

    def state():
        now = ctypes.c_uint32()
        read(ctypes.byref(now))
        return now.value

    read(ctypes.byref(saved))
    unusual.value = saved.value & ~ROUND_TO_ZERO & ~cleared | bits
    write(ctypes.byref(unusual))
    try:
        yield state
    finally:
        write(ctypes.byref(saved))


def flushed():
    """Flush subnormals, round upwards, raise a flag; the context yields a reader of the register."""
    return changed(FLUSH_TO_ZERO | DENORMALS_ARE_ZERO | ROUND_UP | INEXACT)
