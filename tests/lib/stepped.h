/* Declares the waits that step.c executes one instruction at a time, and the process that makes them. */
#ifndef K3THREAD_TESTS_LIB_STEPPED_H
#define K3THREAD_TESTS_LIB_STEPPED_H

#include "test.h"

#include <semaphore.h>
#ifdef __cplusplus /* its compilers have no stdatomic.h before gcc 12 */
#include <atomic>
using std::atomic_bool;
using std::atomic_int;
#else
#include <stdatomic.h>
#endif

/* The objects that a wait uses. They are made for each run. */
struct run {
    k3thread       *target, *other;
    int             ends[2], go[2], pair[2], listener, client, epoll, file, locked;
    char            fifo[64];
    pid_t           child;
    pthread_mutex_t mutex, robust;
    pthread_cond_t  cond;
    sem_t           sem;
    uint32_t        word;
    unsigned        descriptors; /* the number that was open before the wait */
    int             kept[8];     /* to be closed at the end */
    unsigned        kept_count;
    atomic_bool     caught, goes_on, caught_again, token, lost;
    atomic_int      effect; /* the result of the wait; NO_EFFECT: it has not returned */
};

extern struct run run;

#define NO_EFFECT       (-99999)
#define TARGET_DEADLINE 20 /* seconds; a target that has not ended by then hangs */

/* One wait, and how to prepare and check it. */
struct scenario {
    const char *name;
    bool        returns; /* the wait returns without a raise; otherwise it blocks */
    unsigned    quick;   /* in a quick run, one of so many points is tried */
    void (*set_up)(void);
    int (*wait)(void);       /* in the target */
    void (*check)(bool had); /* afterwards; HAD: the wait has had its effect */
};

extern const struct scenario stepped_scenarios[];
extern const size_t          stepped_count;

/* Waits for the condition, with the mutex. */
int stepped_cond_wait(void);

/* A wait for a condition, whose signal races the raise. */
extern const struct scenario stepped_signal;

/* A join of a thread that ends while the join is on its way to sleep. */
extern const struct scenario stepped_ending;

/*
 * Runs the traced process: carries out commands, which are characters from COMMANDS, and answers each with
 * a number. 'b': begins a run, and answers with the target's tid; 'g': lets the target go on to its wait;
 * 'r': raises in the target; 'w': replaces the other waiter; 's': signals the condition; 'd': lets the joined
 * thread end; 'f': raises in the target when its wait is over; 'e': ends and checks the run.
 *
 * The target sends itself SIGUSR1 just before its wait, and SIGUSR2 just behind it.
 */
_Noreturn void stepped_serve(int commands, int answers, const struct scenario *scenario);

#endif
