# NumPy's memory handlers over blocks used again, buffers.c. Included by _core.pyx.

cdef extern from "numpy/arrayobject.h":
    ctypedef struct PyDataMemAllocator:
        void *ctx
        void *(*malloc)(void *, size_t) noexcept nogil
        void *(*calloc)(void *, size_t, size_t) noexcept nogil
        void *(*realloc)(void *, void *, size_t) noexcept nogil
        void (*free)(void *, void *, size_t) noexcept nogil

    ctypedef struct PyDataMem_Handler:
        char name[127]
        unsigned char version
        PyDataMemAllocator allocator

    object PyDataMem_SetHandler(object handler)
    object PyDataMem_GetHandler()


cdef void _end_pool(object capsule) noexcept:
    """The last array of a pool is gone, and so is the pool."""
    cdef PyDataMem_Handler *handler = <PyDataMem_Handler *>PyCapsule_GetPointer(capsule, "mem_handler")
    fa_buffers_close(<fa_buffers *>handler.allocator.ctx)
    free(handler.allocator.ctx)
    free(handler)


def _new_pool(size_t max_bytes):
    """Return a capsule that is a NumPy memory handler."""
    cdef fa_buffers *pool = fa_buffers_new(max_bytes)
    cdef PyDataMem_Handler *handler = <PyDataMem_Handler *>calloc(1, sizeof(PyDataMem_Handler))
    if pool == NULL or handler == NULL:
        free(pool)
        free(handler)
        raise MemoryError
    strcpy(handler.name, "fastact.buffer_pool")
    handler.version = 1
    handler.allocator = PyDataMemAllocator(
        pool, fa_buffers_malloc, fa_buffers_calloc, fa_buffers_realloc, fa_buffers_free)
    try:
        return PyCapsule_New(handler, "mem_handler", _end_pool)
    except MemoryError:
        free(pool)
        free(handler)
        raise


def _set_pool(object capsule):
    """Make a capsule this context's memory handler; returns the one before."""
    return PyDataMem_SetHandler(capsule)


def _current_pool():
    """Return this context's memory handler."""
    return PyDataMem_GetHandler()


cdef fa_buffers *_pool_of(object capsule) except NULL:
    return <fa_buffers *>(<PyDataMem_Handler *>PyCapsule_GetPointer(capsule, "mem_handler")).allocator.ctx


def _close_pool(object capsule):
    fa_buffers_close(_pool_of(capsule))


def _held_by_pool(object capsule):
    return fa_buffers_held(_pool_of(capsule))
