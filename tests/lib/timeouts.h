/* The functions that the tests of time limits share. */
#ifndef K3THREAD_TESTS_LIB_TIMEOUTS_H
#define K3THREAD_TESTS_LIB_TIMEOUTS_H

#include "trace.h"

#define SOON 0.005 /* seconds */
#define LONG 1000  /* seconds: longer than any case may take */

static inline void sleep_for_ever(void)
{
    (void) k3thread_sleep(-1);
}

/* Spins without a checkpoint until something is pending. */
static inline void compute_until_pending(void)
{
    while (!k3thread_pending()) {
    }
}

static inline void compute_for_ever(void)
{
    for (;;)
        k3thread_checkpoint();
}

static inline void note_pushed(void *letter)
{
    note(*(const char *) letter);
}

/* Runs BODY in two nested limits, and notes which handlers run. */
static inline void two(double outer, double inner, void (*body)(void))
{
    char cleanup = 'c';

    K3THREAD_TIMEOUT(outer) {
        K3THREAD_TIMEOUT(inner) {
            k3thread_cleanup_push(note_pushed, &cleanup);
            body();
            k3thread_cleanup_pop(0);
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('i');
        }
        K3THREAD_FINALLY {
            note('f');
        }
        K3THREAD_END
        note('a');
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('o');
    }
    K3THREAD_END
}

#endif
