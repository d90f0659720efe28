/* Compiled with the safepoint flags: see rules.mk. */
#include "lib-loop.h"

#if defined __clang__
#define PLAIN __attribute__((no_sanitize("coverage")))
#else
#define PLAIN __attribute__((no_sanitize_coverage))
#endif

void loop_with_safepoints(unsigned passes)
{
    for (unsigned i = 0; i < passes; i++)
        __asm__ volatile("" ::: "memory");
}

PLAIN void loop_without(unsigned passes)
{
    for (unsigned i = 0; i < passes; i++)
        __asm__ volatile("" ::: "memory");
}

void spin_with_safepoints(void)
{
    for (;;)
        __asm__ volatile("" ::: "memory");
}

PLAIN void spin_until(const volatile int *stop)
{
    while (!*stop)
        __asm__ volatile("" ::: "memory");
}
