"""`buffer_pool`: whose memory is used again, how much is kept, and what arrays of a pool live through."""

import gc
import os
import threading
from pathlib import Path

import numpy as np
import pytest

import fastact as fa

LARGE = 2**19  # elements of float32: 2 MiB


def _array(elements=LARGE):
    return np.empty(elements, np.float32)


def _address(array):
    return array.__array_interface__["data"][0]


def test_memory_is_used_again():
    x = np.linspace(-3, 3, LARGE, dtype=np.float32)
    expected = fa.silu(x)
    with fa.buffer_pool() as pool:
        y = fa.silu(x)
        address = _address(y)
        assert y.flags.owndata
        assert address % 64 == 0
        assert pool.held_bytes == 0
        del y
        assert pool.held_bytes == 4 * LARGE
        z = fa.silu(x)
        assert _address(z) == address
        assert pool.held_bytes == 0
        assert z.tobytes() == expected.tobytes()
    assert pool.held_bytes == 0


def test_a_block_serves_sizes_up_to_a_quarter_less():
    with fa.buffer_pool() as pool:
        address = _address(_array())
        assert _address(_array(LARGE * 9 // 10)) == address
        assert _address(_array(LARGE // 2)) != address
        assert _address(_array(LARGE + 1)) != address
        assert pool.held_bytes == 4 * (LARGE + LARGE // 2 + LARGE + 1)


def test_small_arrays_are_not_kept():
    with fa.buffer_pool() as pool:
        for elements in (0, 1, 1000, 2**18 - 1):
            assert _address(_array(elements)) % 64 == 0
        assert pool.held_bytes == 0


def test_the_oldest_goes_where_there_are_too_many():
    with fa.buffer_pool(max_bytes=3 * 4 * LARGE) as pool:
        arrays = [_array() for _ in range(5)]
        addresses = [_address(array) for array in arrays]
        for i in range(5):
            arrays[i] = None
        assert pool.held_bytes == 3 * 4 * LARGE
        assert {_address(array) for array in [_array() for _ in range(3)]} == set(addresses[2:])
        _array(4 * LARGE)  # more than may be kept at all
        assert pool.held_bytes == 3 * 4 * LARGE
    with fa.buffer_pool(max_bytes=0) as pool:
        _array()
        assert pool.held_bytes == 0
    with fa.buffer_pool(max_bytes=2**80) as pool:
        many = [_array(LARGE // 2) for _ in range(40)]
        many.clear()
        assert pool.held_bytes == 32 * 2 * LARGE


def test_zeros_are_zeros_and_resize_keeps():
    with fa.buffer_pool():
        y = _array()
        y[...] = 7
        del y
        assert not np.zeros(LARGE, np.float32).any()
        a = np.arange(LARGE, dtype=np.float32)
        a.resize(2 * LARGE, refcheck=False)
        assert np.array_equal(a[:LARGE], np.arange(LARGE, dtype=np.float32))
        a.resize(100, refcheck=False)
        assert np.array_equal(a, np.arange(100, dtype=np.float32))


def test_arrays_outlive_the_pool():
    with fa.buffer_pool() as pool:
        y = fa.relu(np.ones(LARGE, np.float32))
    del pool
    gc.collect()
    assert (y == 1).all()
    y.resize(2 * LARGE, refcheck=False)
    assert (y[:LARGE] == 1).all()
    thread = threading.Thread(target=lambda holder: holder.clear(), args=([y],))
    del y
    thread.start()
    thread.join()


def test_only_this_thread_and_nested():
    names = np._core.multiarray.get_handler_name
    seen = []
    with fa.buffer_pool() as outer:
        assert names(_array()) == "fastact.buffer_pool"
        with fa.buffer_pool() as inner:
            _array()
            assert (outer.held_bytes, inner.held_bytes) == (4 * LARGE, 4 * LARGE)
        assert names(_array()) == "fastact.buffer_pool"
        other = threading.Thread(target=lambda: seen.append(names(_array())))
        other.start()
        other.join()
        with outer:
            assert outer.held_bytes == 0
        assert outer.held_bytes == 4 * LARGE
    assert seen == ["default_allocator"]
    assert names(_array()) == "default_allocator"


def test_blocks_pass_between_threads():
    with fa.buffer_pool() as pool:
        arrays = [[_array() for _ in range(8)] for _ in range(8)]
        others = [threading.Thread(target=row.clear) for row in arrays]
        for one in others:
            one.start()
        for one in others:
            one.join()
        assert pool.held_bytes == 32 * 4 * LARGE


def test_memory_comes_back_at_the_end():
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("resident memory is read from /proc")

    def resident():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    before = resident()
    for _ in range(10):
        with fa.buffer_pool():
            np.ones(2**24, np.float32)
    assert resident() - before < 2**26


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_a_pool_of_its_own():
    with fa.buffer_pool() as pool:
        _array()
        child = os.fork()
        if child == 0:
            _array()
            y = fa.relu(np.ones(LARGE, np.float32))
            os._exit(0 if (y == 1).all() else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert pool.held_bytes == 4 * LARGE
