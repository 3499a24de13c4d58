/* Large blocks of memory that are used again: what NumPy's handler of a buffer_pool allocates and frees by.
 *
 * The system takes a large block back when it is freed and gives a new one page by page, zeroed: a fresh
 * result of 64 MiB costs relu twice what it costs to compute. Nothing of Python belongs here.
 */
#if !defined(_WIN32)
#define _DEFAULT_SOURCE
#endif
#include "fastact.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* One lock for all pools, of which there is one or none: a fork must find it free, from the first time on. */
#if defined(_WIN32)
#include <windows.h>
static SRWLOCK lock = SRWLOCK_INIT;
static void acquire(void) { AcquireSRWLockExclusive(&lock); }
static void release(void) { ReleaseSRWLockExclusive(&lock); }
int fa_prepare_buffers(void) { return 1; }
#else
#include <pthread.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void acquire(void) { pthread_mutex_lock(&lock); }
static void release(void) { pthread_mutex_unlock(&lock); }
int fa_prepare_buffers(void) { return pthread_atfork(acquire, release, release) == 0; }
#endif

/* Before every block, which then is aligned to 64 bytes. */
typedef struct {
    void *start;
    size_t size;
} header;
enum { ALIGNMENT = 64, MOST_BLOCKS = 32 };
static const size_t LEAST = (size_t)1 << 20;

struct fa_buffers {
    size_t most, held;
    int count; /* of free blocks, the oldest first */
    void *blocks[MOST_BLOCKS];
};

static header *header_of(void *block) { return (header *)((char *)block - ALIGNMENT); }

static void *allocate(size_t size)
{
    if (size > SIZE_MAX - 2 * ALIGNMENT) return NULL;
    char *const start = malloc(size + 2 * ALIGNMENT);
    if (start == NULL) return NULL;
    char *const block = start + 2 * ALIGNMENT - (uintptr_t)start % ALIGNMENT;
    *header_of(block) = (header){start, size};
#if defined(__linux__)
    const size_t huge_pages = (size_t)1 << 22;
    if (size >= huge_pages) {
        const uintptr_t page = 4096, first = ((uintptr_t)block + page - 1) / page * page;
        madvise((void *)first, size - (first - (uintptr_t)block), MADV_HUGEPAGE);
    }
#endif
    return block;
}

static void *taken(fa_buffers *pool, int i)
{
    void *const block = pool->blocks[i];
    pool->count--;
    pool->held -= header_of(block)->size;
    memmove(pool->blocks + i, pool->blocks + i + 1, (size_t)(pool->count - i) * sizeof(void *));
    return block;
}

/* The smallest free block that is large enough and not a quarter too large. */
void *fa_buffers_malloc(void *context, size_t size)
{
    fa_buffers *const pool = context;
    int best = -1;
    if (size < LEAST) return allocate(size);
    acquire();
    for (int i = 0; i < pool->count; i++) {
        const size_t found = header_of(pool->blocks[i])->size;
        if (found >= size && found - size <= size / 4 &&
            (best < 0 || found < header_of(pool->blocks[best])->size))
            best = i;
    }
    void *const block = best < 0 ? NULL : taken(pool, best);
    release();
    return block ? block : allocate(size);
}

void fa_buffers_free(void *context, void *block, size_t size)
{
    fa_buffers *const pool = context;
    if (block == NULL) return;
    size = header_of(block)->size;
    acquire();
    if (size >= LEAST && size <= pool->most) {
        while (pool->count == MOST_BLOCKS || pool->held + size > pool->most)
            free(header_of(taken(pool, 0))->start);
        pool->blocks[pool->count++] = block;
        pool->held += size;
        block = NULL;
    }
    release();
    if (block) free(header_of(block)->start);
}

void *fa_buffers_calloc(void *context, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size) return NULL;
    void *const block = fa_buffers_malloc(context, count * size);
    if (block) memset(block, 0, count * size);
    return block;
}

void *fa_buffers_realloc(void *context, void *block, size_t size)
{
    void *const moved = fa_buffers_malloc(context, size);
    if (block == NULL || moved == NULL) return moved;
    const size_t before = header_of(block)->size;
    memcpy(moved, block, before < size ? before : size);
    fa_buffers_free(context, block, before);
    return moved;
}

fa_buffers *fa_buffers_new(size_t most)
{
    fa_buffers *const pool = calloc(1, sizeof *pool);
    if (pool) pool->most = most;
    return pool;
}

size_t fa_buffers_held(const fa_buffers *pool)
{
    acquire();
    const size_t held = pool->held;
    release();
    return held;
}

/* Blocks in use come back later, and are then freed. */
void fa_buffers_close(fa_buffers *pool)
{
    acquire();
    pool->most = 0;
    while (pool->count > 0) free(header_of(taken(pool, 0))->start);
    release();
}
