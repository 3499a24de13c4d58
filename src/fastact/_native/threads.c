/* The library's own threads: a pool that sleeps, and one function that shares out the work of a call.
 *
 * No OpenMP: its threads spin, do not survive a fork, and come in several copies a process. Everything
 * shared stands under one lock, which is held for a few instructions at a time. No formula and nothing of
 * Python belongs here.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#elif !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L
#endif
#include "environment.h"
#include "fastact.h"

#if defined(_WIN32)
#include <windows.h>
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE done = CONDITION_VARIABLE_INIT;
typedef CONDITION_VARIABLE condition;
static void make_condition(condition *one) { InitializeConditionVariable(one); }
static void acquire(void) { AcquireSRWLockExclusive(&lock); }
static void release(void) { ReleaseSRWLockExclusive(&lock); }
static void sleep_on(condition *one) { SleepConditionVariableSRW(one, &lock, INFINITE, 0); }
static void wake_one(condition *one) { WakeConditionVariable(one); }
#else
#include <pthread.h>
#include <signal.h>
#include <time.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
typedef pthread_cond_t condition;
static void make_condition(condition *one) { pthread_cond_init(one, NULL); }
static void acquire(void) { pthread_mutex_lock(&lock); }
static void release(void) { pthread_mutex_unlock(&lock); }
static void sleep_on(condition *one) { pthread_cond_wait(one, &lock); }
static void wake_one(condition *one) { pthread_cond_signal(one); }
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define THREAD_LOCAL __declspec(thread) /* which others ignore, but for a warning */
#else
#define THREAD_LOCAL _Thread_local
#endif

/* How many threads a call may use, in this process and, where that is not 0, of this caller. */
static int process_threads = 1;
static THREAD_LOCAL int caller_threads = 0;

/* The one job that the pool has at a time; a second caller works alone meanwhile. */
static struct {
    fa_task task;
    void *context;
    ptrdiff_t next, n, piece;
    int open;   /* some caller has the pool */
    int wanted; /* workers that may still join */
    int active; /* workers that have joined and not finished */
} job;
static int workers = 0;

int fa_process_threads(void)
{
    acquire();
    const int count = process_threads;
    release();
    return count;
}

int fa_set_process_threads(int count)
{
    acquire();
    const int before = process_threads;
    process_threads = count;
    release();
    return before;
}

int fa_set_caller_threads(int count)
{
    const int before = caller_threads;
    caller_threads = count;
    return before;
}

int fa_workers(void)
{
    acquire();
    const int count = workers;
    release();
    return count;
}

int fa_threads_allowed(void) { return caller_threads > 0 ? caller_threads : fa_process_threads(); }

/* Pieces until none is left; the lock is held before and after. */
static void work(void)
{
    while (job.next < job.n) {
        const fa_task task = job.task;
        void *const context = job.context;
        const ptrdiff_t start = job.next, left = job.n - start;
        const ptrdiff_t end = start + (left < job.piece ? left : job.piece);
        job.next = end;
        release();
        task(context, start, end);
        acquire();
    }
}

/* --- Where workers sleep ---
 *
 * Each on a condition of its own, those that slept last in front: their caches are warm. Linux may wake a
 * thread on the processor of who wakes it, though that one computes and another is idle (a virtual machine's
 * idle processors count as taken): the call then has no help for some milliseconds; two processors, 10**6
 * elements, calls with pauses between them: gelu took 1.9 ms instead of 1.0. So the caller forbids its own
 * processor to the workers that it wakes, and each lifts that ban when it runs. The lock is held in all of
 * these.
 */
typedef struct seat {
    struct seat *next;
    condition wake;
    int is_called;
#if defined(__linux__)
    pthread_t thread;
    cpu_set_t allowed;
    int is_banned;
#endif
} seat;
static seat *asleep = NULL;

#if defined(__linux__)
static void begin(seat *mine)
{
    mine->thread = pthread_self();
    mine->is_banned = 0;
}

static void ban_from(int processor, seat *one)
{
    if (processor < 0 || processor >= CPU_SETSIZE) return;
    if (!one->is_banned && pthread_getaffinity_np(one->thread, sizeof one->allowed, &one->allowed) != 0)
        return;
    cpu_set_t others = one->allowed;
    CPU_CLR(processor, &others);
    if (CPU_COUNT(&others) > 0 && pthread_setaffinity_np(one->thread, sizeof others, &others) == 0)
        one->is_banned = 1;
}

static void lift_ban(seat *mine)
{
    if (!mine->is_banned) return;
    mine->is_banned = 0;
    pthread_setaffinity_np(mine->thread, sizeof mine->allowed, &mine->allowed);
}

static int this_processor(void) { return sched_getcpu(); }
#else
static void begin(seat *mine) { (void)mine; }
static void ban_from(int processor, seat *one) { (void)processor, (void)one; }
static void lift_ban(seat *mine) { (void)mine; }
static int this_processor(void) { return -1; }
#endif

/* Take up to `count` sleepers from the list; returns how many. They are to be woken without the lock. */
static int called(int count, seat **sleepers)
{
    const int here = this_processor();
    int found = 0;
    while (found < count && asleep) {
        seat *const one = asleep;
        asleep = one->next;
        one->is_called = 1;
        ban_from(here, one);
        sleepers[found++] = one;
    }
    return found;
}

static void live(void)
{
    seat mine;
    make_condition(&mine.wake);
    begin(&mine);
    acquire();
    for (;;) {
        while (job.wanted == 0) {
            mine.next = asleep;
            mine.is_called = 0;
            asleep = &mine;
            while (!mine.is_called) sleep_on(&mine.wake);
            lift_ban(&mine);
        }
        job.wanted--;
        job.active++;
        work();
        if (--job.active == 0) wake_one(&done);
    }
}

#if defined(_WIN32)
static DWORD WINAPI worker(void *unused)
{
    (void)unused;
    live();
    return 0;
}

static int start_worker(void)
{
    const HANDLE thread = CreateThread(NULL, 0, worker, NULL, 0, NULL);
    if (thread == NULL) return 0;
    CloseHandle(thread);
    return 1;
}

int fa_prepare_threads(void) { return 1; }

static double microseconds(void)
{
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return 1e6 * (double)count.QuadPart / (double)frequency.QuadPart;
}
#else
static void *worker(void *unused)
{
    live();
    return unused;
}

/* A child has one thread, that which forked: an empty pool. */
static void empty_in_child(void)
{
    workers = 0;
    job.open = job.wanted = job.active = 0;
    asleep = NULL;
    job.next = job.n = 0;
    make_condition(&done);
    release();
}

/* Before the lock is taken for the first time: a fork may come while another thread has it, pool or none, and
 * the child would wait for ever. */
int fa_prepare_threads(void) { return pthread_atfork(acquire, release, empty_in_child) == 0; }

/* Signals are for Python's threads. */
static int start_worker(void)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int started = pthread_create(&thread, NULL, worker, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started) pthread_detach(thread);
    return started;
}

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}
#endif

/* Microseconds of work that each thread must have left: waking one that sleeps takes 5 to 50 of them, in a
 * virtual machine up to 80 (there calls of 120, shared by two, took 1.15 times as long as alone). */
double fa_worth_waking = 120;
enum { PIECES_PER_THREAD = 4, MOST_HELPERS = 1023 };

/* Do the first unit, and return how many threads the rest is worth beside the caller. The clock's arithmetic,
 * too, must neither meet the caller's floating-point environment nor leave a flag in it. */
static int helpers_after_first(fa_task task, void *context, ptrdiff_t n, ptrdiff_t unit, int threads)
{
    const environment saved = enter();
    const double before = microseconds();
    task(context, 0, unit);
    const double rest = (microseconds() - before) / (double)unit * (double)(n - unit);
    const double worth = rest / fa_worth_waking;
    const volatile int helpers = (worth < threads ? (int)worth : threads) - 1;
    leave(saved);
    return helpers;
}

/* task(context, start, end) over 0 to n, in pieces whose lengths are multiples of `unit`, which is the first
 * piece too. That one is timed: what it took tells how many threads the rest is worth, whatever the function,
 * the format, the inputs and the machine. */
void fa_share(fa_task task, void *context, ptrdiff_t n, ptrdiff_t unit, int threads)
{
    if (threads <= 1 || n <= 2 * unit) {
        task(context, 0, n);
        return;
    }
    seat *sleepers[MOST_HELPERS];
    int helpers = helpers_after_first(task, context, n, unit, threads);
    if (helpers > MOST_HELPERS) helpers = MOST_HELPERS;
    if (helpers < 1) {
        task(context, unit, n);
        return;
    }
    acquire();
    if (job.open) {
        release();
        task(context, unit, n);
        return;
    }
    while (workers < helpers && start_worker()) workers++;
    if (helpers > workers) helpers = workers;
    const ptrdiff_t pieces = (ptrdiff_t)(helpers + 1) * PIECES_PER_THREAD;
    job.task = task;
    job.context = context;
    job.next = unit;
    job.n = n;
    job.piece = ((n - unit) / pieces / unit + 1) * unit;
    job.open = 1;
    job.wanted = helpers;
    const int count = called(helpers, sleepers);
    release(); /* who wakes up can go on */
    for (int i = 0; i < count; i++) wake_one(&sleepers[i]->wake);
    acquire();
    work();
    job.wanted = 0;
    while (job.active > 0) sleep_on(&done);
    job.open = 0;
    release();
}
