/* The floating-point environment of kernels: entered before the first, left after the last, on every thread.
 * No kernel and no formula belongs here.
 */
#ifndef FA_ENVIRONMENT_H
#define FA_ENVIRONMENT_H

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

/* Kernels run with the default control bits (round to nearest, subnormals kept, no traps) whatever
 * the caller has set, and leave no exception flag behind: fenv.h would save the x87 state as well. */
typedef unsigned environment;
enum { MXCSR_FLAGS = 0x3f, MXCSR_DEFAULT = 0x1f80 };

static environment enter(void)
{
    const environment saved = _mm_getcsr();
    if ((saved & ~(unsigned)MXCSR_FLAGS) != MXCSR_DEFAULT) _mm_setcsr(MXCSR_DEFAULT);
    return saved;
}

static void leave(environment saved)
{
    if (_mm_getcsr() != saved) _mm_setcsr(saved);
}

#elif defined(__aarch64__) && defined(__GNUC__)
#include <stdint.h>

/* The same for FPCR, whose default is 0, and FPSR; fenv.h would write both at every call. Reading does not
 * wait, writing may. */
typedef struct {
    uint64_t control, status;
} environment;

static environment enter(void)
{
    environment saved;
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved.control));
    __asm__ volatile("mrs %0, fpsr" : "=r"(saved.status));
    if (saved.control != 0) __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0) : "memory");
    return saved;
}

static void leave(environment saved)
{
    uint64_t status;
    __asm__ volatile("mrs %0, fpsr" : "=r"(status) : : "memory");
    if (status != saved.status) __asm__ volatile("msr fpsr, %0" : : "r"(saved.status));
    if (saved.control != 0) __asm__ volatile("msr fpcr, %0" : : "r"(saved.control) : "memory");
}

#else
#include <fenv.h>

typedef fenv_t environment;

static environment enter(void)
{
    environment saved;
    fegetenv(&saved);
    fesetenv(FE_DFL_ENV);
    return saved;
}

static void leave(environment saved) { fesetenv(&saved); }

#endif

#endif
