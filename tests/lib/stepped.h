/* What step.c takes one instruction at a time: waits, and the process that makes them. */
#ifndef K3THREAD_TESTS_LIB_STEPPED_H
#define K3THREAD_TESTS_LIB_STEPPED_H

#include "test.h"

struct scenario {
    const char *name;
    bool        returns; /* it has its effect without being raised in, else it blocks */
    unsigned    quick;   /* one in so many points is looked at, if not all */
    void (*set_up)(void);
    int (*wait)(void);       /* in the target */
    void (*check)(bool had); /* afterwards: has it had its effect or not? */
};

extern const struct scenario stepped_scenarios[];
extern const size_t          stepped_count;

/* A signal that races the raise. */
extern const struct scenario stepped_signal;

/*
 * The traced process: does what it is told by characters from COMMANDS, and answers each with a
 * number. 'b': begins a run, answers with the target's tid; 'g': lets the target go on to its wait;
 * 'r': raises in it; 'w': another waiter; 's': signals the condition; 'e': ends and checks the run.
 *
 * The target sends itself SIGUSR1 just before its wait, and SIGUSR2 just behind it.
 */
_Noreturn void stepped_serve(int commands, int answers, const struct scenario *scenario);

#endif
