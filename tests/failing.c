/* Before the C library for the tests of failure: allocations and threads that fail when told to, and a count
 * of blocks in use. glibc alone, whose own functions have these second names. No test belongs here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static atomic_long before, failing, in_use, from_library, threads_left = -1;

/* After `count` more allocations, of any thread, the next `some` fail. */
void failing_after(long count, long some)
{
    failing = 0;
    before = count;
    failing = some;
}

/* None fails any more; returns how many would have. */
long failing_end(void) { return atomic_exchange(&failing, 0); }
long failing_in_use(void) { return in_use; }
long failing_from_library(void) { return from_library; } /* how many were asked for by fastact itself */
void failing_threads_after(long count) { threads_left = count; }

static int fails(const void *caller)
{
    Dl_info library;
    if (failing <= 0 || atomic_fetch_sub(&before, 1) > 0) return 0;
    if (atomic_fetch_sub(&failing, 1) <= 0) return 0;
    from_library += dladdr(caller, &library) && strstr(library.dli_fname, "fastact") != NULL;
    errno = ENOMEM;
    return 1;
}

static void *counted(void *block)
{
    if (block) in_use++;
    return block;
}

void *malloc(size_t size) { return fails(__builtin_return_address(0)) ? NULL : counted(__libc_malloc(size)); }
void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : counted(__libc_calloc(count, size));
}
void *memalign(size_t alignment, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : counted(__libc_memalign(alignment, size));
}
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size)
{
    void *const found = memalign(alignment, size);
    if (found == NULL) return ENOMEM;
    *block = found;
    return 0;
}

void *realloc(void *block, size_t size)
{
    if (size > 0 && fails(__builtin_return_address(0))) return NULL;
    void *const moved = __libc_realloc(block, size);
    in_use += (moved != NULL) - (block != NULL && (moved != NULL || size == 0));
    return moved;
}

void free(void *block)
{
    if (block) in_use--;
    __libc_free(block);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (next == NULL)
        next = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(
            RTLD_NEXT, "pthread_create");
    if (threads_left == 0) return EAGAIN;
    if (threads_left > 0) threads_left--;
    return next(thread, attributes, start, argument);
}
