/* The thread pool under many callers at once, without Python; meant for the thread sanitizer.
 *
 *     pool_stress [SECONDS]
 *
 * Linked with -Wl,--wrap=pthread_create,--wrap=malloc, so that starting a worker fails for a while and some
 * rows find no memory. Every caller checks what it gets; the program prints how many calls it made and fails
 * where a result is wrong.
 */
#define _GNU_SOURCE
#include "fastact.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CALLERS = 8, LENGTH = 100003, CHANNELS = 64, ROWS = 1500 };

static atomic_int over, refusing;
static atomic_long calls, refused, forks;
static float *x, *y_alone, *rows_alone;

static void wrong(const char *what)
{
    fprintf(stderr, "WRONG: %s\n", what);
    _exit(1);
}

static void *memory(size_t count, size_t size)
{
    void *const found = calloc(count, size);
    if (!found) wrong("no memory");
    return found;
}

int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                          void *given);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                          void *given)
{
    if (atomic_load(&refusing)) {
        atomic_fetch_add(&refused, 1);
        return 11; /* EAGAIN */
    }
    return __real_pthread_create(thread, attributes, start, given);
}

/* No memory for rows of one length, which no other call asks for. */
enum { STARVED = 5001, STARVED_ROWS = 20 };
void *__real_malloc(size_t);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) { return size == STARVED * sizeof(float) ? NULL : __real_malloc(size); }

/* --- What callers do --- */

static void elementwise(float *out, int threads)
{
    void *const arrays[] = {x, out};
    const double parameters[FA_MOST_PARAMETERS] = {1};
    memset(out, 0, LENGTH * sizeof *out);
    fa_call(FA_DIRECTIONS * FA_silu, FA_F32_INDEX, arrays, parameters, LENGTH, threads);
    if (memcmp(out, y_alone, LENGTH * sizeof *out) != 0) wrong("silu");
}

static void rows(float *out, int threads)
{
    fa_rows call = {.function = FA_softmax_forward,
                    .dtype = FA_F32_INDEX,
                    .inputs = {(const char *)x},
                    .out = (char *)out,
                    .length = CHANNELS,
                    .inner = 1};
    memset(out, 0, LENGTH * sizeof *out);
    if (!fa_all_rows(&call, ROWS, threads)) wrong("memory of rows");
    if (memcmp(out, rows_alone, ROWS * CHANNELS * sizeof *out) != 0) wrong("softmax");
}

/* A task that fails in every part: no number is that of a piece, and each part says so. */
static void failing(float *out, int threads)
{
    int32_t *const numbers = memory(LENGTH, sizeof *numbers);
    for (int i = 0; i < LENGTH; i++) numbers[i] = 7;
    fa_fused_call call = {.kind = FA_MAXOUT_BACKWARD,
                          .activation = FA_relu,
                          .dtype = FA_F32_INDEX,
                          .dimensions = 1,
                          .shape = {LENGTH / 2},
                          .operands = {(char *)x, (char *)numbers, (char *)out},
                          .steps = {{4}, {4}, {4}},
                          .pieces = 2,
                          .piece_step = LENGTH / 2 * 4};
    fa_fused(&call, threads);
    if (!call.invalid) wrong("a failure was lost");
    free(numbers);
}

static void starved(float *out, int threads)
{
    fa_rows call = {.function = FA_softmax_forward,
                    .dtype = FA_F16_INDEX,
                    .inputs = {(const char *)x},
                    .out = (char *)out,
                    .length = STARVED,
                    .inner = 1};
    if (fa_all_rows(&call, STARVED_ROWS, threads)) wrong("a want of memory was lost");
}

static void counted(float *out, int threads)
{
    const ptrdiff_t shape[] = {ROWS, CHANNELS}, steps[] = {CHANNELS * 4, 4}, alive_steps[] = {0, 1};
    uint8_t alive[CHANNELS / 8] = {0};
    const fa_living call = {.dtype = FA_F32_INDEX,
                            .dimensions = 2,
                            .y = (char *)x,
                            .alive = alive,
                            .shape = shape,
                            .steps = steps,
                            .alive_steps = alive_steps};
    fa_mark_alive(&call, threads);
    for (int k = 0; k < CHANNELS / 8; k++)
        if (alive[k] != 0xff) wrong("a living unit is dead");
    if (fa_share_of_zeros(&call, ROWS * CHANNELS, threads) != 0) wrong("zeros");
    (void)out;
}

static void masked(float *out, int threads)
{
    uint8_t *const bits = memory(LENGTH / 8 + 1, 1);
    fa_masked call = {.dtype = FA_F32_INDEX,
                      .dimensions = 1,
                      .input = (char *)x,
                      .out = (char *)out,
                      .passing = bits,
                      .n = LENGTH};
    fa_relu_masked(&call, threads);
    for (int i = 0; i < LENGTH; i++)
        if ((bits[i / 8] >> i % 8 & 1) != (x[i] > 0) || out[i] != (x[i] > 0 ? x[i] : 0)) wrong("mask");
    free(bits);
}

static void biased(float *out, int threads)
{
    float bias[CHANNELS] = {0};
    fa_fused_call call = {.kind = FA_BIAS_BACKWARD,
                          .activation = FA_relu,
                          .dtype = FA_F32_INDEX,
                          .dimensions = 2,
                          .shape = {ROWS, CHANNELS},
                          .operands = {(char *)x, (char *)x, (char *)bias, (char *)out},
                          .steps = {{CHANNELS * 4, 4}, {CHANNELS * 4, 4}, {0, 4}, {CHANNELS * 4, 4}}};
    call.sums = memory((size_t)fa_fused_sums(&call), sizeof *call.sums);
    fa_fused(&call, threads);
    for (int k = 0; k < CHANNELS; k++) {
        double sum = 0;
        float found;
        for (int row = 0; row < ROWS; row++) sum += x[row * CHANNELS + k] > 0 ? x[row * CHANNELS + k] : 0;
        fa_bias_sum(&call, k, FA_F32_INDEX, &found);
        if (found < 0.999 * sum || found > 1.001 * sum) wrong("sum of a bias");
    }
    free(call.sums);
}

/* Each part of a task of its own is met once. */
static void touch(void *context, ptrdiff_t start, ptrdiff_t end)
{
    unsigned char *const met = context;
    for (ptrdiff_t i = start; i < end; i++) met[i]++;
}
static void shared(float *out, int threads)
{
    unsigned char *const met = memory(LENGTH, 1);
    fa_share(touch, met, LENGTH, 16, threads);
    for (int i = 0; i < LENGTH; i++)
        if (met[i] != 1) wrong("a part was met twice or never");
    free(met);
    (void)out;
}

/* A block of the pool of buffers is the caller's alone. */
static fa_buffers *pool;
static void buffers(float *out, int threads)
{
    const size_t size = ((size_t)1 << 20) + (size_t)threads * 4096;
    char *const block = fa_buffers_malloc(pool, size);
    if (!block) wrong("no block");
    memset(block, threads, size);
    for (size_t i = 0; i < size; i += 4096)
        if (block[i] != (char)threads) wrong("a block belongs to two");
    fa_buffers_free(pool, block, size);
    (void)out;
}

static void (*const DEEDS[])(float *, int) = {elementwise, rows,   failing, counted,
                                              masked,      biased, shared,  buffers};
enum { DEED_COUNT = sizeof DEEDS / sizeof DEEDS[0] };

static void *caller(void *given)
{
    unsigned turn = (unsigned)(uintptr_t)given;
    float *const out = memory(LENGTH, sizeof *out);
    while (!atomic_load(&over)) {
        turn = turn * 1103515245u + 12345u;
        if (turn >> 20 & 1) fa_set_caller_threads((int)(turn >> 24) % 5);
        DEEDS[(turn >> 16) % DEED_COUNT](out, 1 + (int)(turn >> 10) % 5);
        (void)fa_threads_allowed();
        atomic_fetch_add(&calls, 1);
    }
    free(out);
    return NULL;
}

/* Numbers of threads come and go, and so does the system's will to start one. */
static void *governor(void *given)
{
    for (unsigned turn = 0; !atomic_load(&over); turn++) {
        const int count = 1 + (int)(turn % 7);
        fa_set_process_threads(count);
        atomic_store(&refusing, turn % 5 == 4);
        if (fa_process_threads() < 1 || fa_workers() < 0) wrong("numbers of threads");
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return given;
}

/* A child begins with one thread, and may call. */
static void *forker(void *given)
{
    float *const out = memory(LENGTH, sizeof *out);
    while (!atomic_load(&over)) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(60);
            if (fa_workers() != 0) _exit(2);
            elementwise(out, 1);
#if !defined(__SANITIZE_THREAD__) /* which knows no new threads after a fork */
            elementwise(out, 3);
#endif
            _exit(0);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child) wrong("fork");
        if (status != 0) wrong("a child");
        atomic_fetch_add(&forks, 1);
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    free(out);
    return given;
}

static void start(pthread_t *thread, void *(*what)(void *), void *given)
{
    if (__real_pthread_create(thread, NULL, what, given) != 0) wrong("no thread for a caller");
}

/* A child finds the lock free even where no worker was ever started. */
static void *asker(void *given)
{
    while (!atomic_load(&over)) (void)fa_process_threads();
    return given;
}
static void fork_before_any_worker(void)
{
    pthread_t asking;
    start(&asking, asker, NULL);
    for (int turn = 0; turn < 300; turn++) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(10);
            (void)fa_process_threads();
            _exit(0);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child) wrong("fork");
        if (status != 0) wrong("a child of the first fork");
        atomic_fetch_add(&forks, 1);
    }
    atomic_store(&over, 1);
    pthread_join(asking, NULL);
    atomic_store(&over, 0);
}

int main(int count, char **arguments)
{
    const int seconds = count > 1 ? atoi(arguments[1]) : 20;
    pthread_t threads[CALLERS + 2];
    int i = 0;
    if (!fa_prepare_threads() || !fa_prepare_buffers()) wrong("no memory");
    while (!fa_isa_supported(i)) i++;
    fa_choose(i);
    fa_worth_waking = 0.001;
    x = memory(LENGTH, sizeof *x), y_alone = memory(LENGTH, sizeof *x),
    rows_alone = memory(LENGTH, sizeof *x);
    for (int k = 0; k < LENGTH; k++) x[k] = (float)(k * 7919 % 1000) / 100 - 4.995f;
    void *const arrays[] = {x, y_alone};
    fa_call(FA_DIRECTIONS * FA_silu, FA_F32_INDEX, arrays, (const double[]){1, 0}, LENGTH, 1);
    fa_rows alone = {.function = FA_softmax_forward,
                     .dtype = FA_F32_INDEX,
                     .inputs = {(const char *)x},
                     .out = (char *)rows_alone,
                     .length = CHANNELS,
                     .inner = 1};
    if (!fa_all_rows(&alone, ROWS, 1)) wrong("memory of rows");
    fork_before_any_worker();
    if (!(pool = fa_buffers_new((size_t)8 << 20))) wrong("no pool");
    start(&threads[0], governor, NULL);
    start(&threads[1], forker, NULL);
    for (int k = 0; k < CALLERS; k++) start(&threads[2 + k], caller, (void *)(uintptr_t)(k * 977 + 1));
    sleep((unsigned)seconds);
    atomic_store(&over, 1);
    for (int k = 0; k < CALLERS + 2; k++) pthread_join(threads[k], NULL);
    fa_buffers_close(pool);
    free(pool);
    free(x), free(y_alone), free(rows_alone);
    printf("%ld calls by %d callers, %ld forks, %ld threads refused, %d workers\n", atomic_load(&calls),
           CALLERS, atomic_load(&forks), atomic_load(&refused), fa_workers());
    return 0;
}
