/*
 * One thread: its record, its start and its end.
 *
 * A record is born in k3thread_start, or by adoption when a foreign thread first calls the library.
 * The thread holds one reference until it is gone (reap.h); callers hold the others. The last one
 * frees it. From its birth to its end it is in the registry.
 *
 * A thread ends when its target has returned or been left: it can no longer be raised in. It is gone
 * when its destructors have run too, and the kernel has done with it (gone.h): then it is joined.
 *
 * Lock order: the registry's lock, then reap.c's, then a record's. No lock is held while code of the
 * user runs.
 */
#ifndef K3THREAD_THREAD_H
#define K3THREAD_THREAD_H

#include "exc.h"
#include "k3thread.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/queue.h>
#include <time.h>

/* What the watcher knows of a thread: see watcher.h. */
struct k3t_watched {
    _Atomic(int64_t)    nearest; /* instant; only the thread itself changes it */
    bool                listed;  /* this and the next: under the watcher's lock */
    struct k3t_watched *next;
    struct k3thread    *thread;
};

struct k3thread {
    k3thread_id    id;
    atomic_uint    references;
    atomic_bool    ended;
    _Atomic(pid_t) tid;
    bool           adopted;
    bool           foreign; /* adopted, and not the main thread: see delivery.h */
    bool           daemon;
    bool           counted; /* the exit rule waits for it; only its own thread changes it */

    _Atomic(pthread_t) thread;

    /* The registry's, under its lock. */
    struct k3thread *older, *newer; /* live threads in order of id */
    struct k3thread *next_of_id;    /* in the same bucket */
    struct k3thread *next_of_name;

    /* What is pending: under the lock. */
    pthread_mutex_t          lock;
    struct k3thread_local_  *local; /* of the thread itself; NULL before it runs and after */
    struct k3thread_flight_ *first, *last;
    unsigned                 pending; /* those in the queue; and one more if it is due */
    atomic_bool              due;     /* a time limit is over. See limit.h */
    int                      event;   /* readable while something is pending; -1: not asked for */

    struct k3t_watched watched;

    pthread_mutex_t wake_lock; /* held while the tid is used; taken alone */

    atomic_uint permit; /* a futex: see park.c */

    struct timespec
        until; /* the thread's own: the deadline of a wait in the C library; see k3t_until */

    pthread_mutex_t alive;   /* robust; locked by the thread itself: see gone.h */
    atomic_uint     waiters; /* threads that wait for this one to be gone */

    /* Under the lock of reap.c. */
    TAILQ_ENTRY(k3thread) ending;
    bool is_ending;

    /* Written before the thread runs. */
    k3thread_target target;
    void           *arg;
    bool            delayed;
    struct timespec begin; /* of the target, on the monotonic clock */

    /* Written by the thread before it sets "ended". */
    void                    *value;
    struct k3thread_flight_ *ended_by;

    struct k3thread_flight_ reserve; /* in use while its type is set: a throw needs no memory */
    char                    name[];
};

/* What belongs to the calling thread alone; and see struct k3thread_local_. */
struct k3t_local {
    struct k3thread         *self;    /* NULL: not yet adopted */
    struct k3thread_flight_ *claimed; /* a wait has been interrupted, and this is to be thrown */
    int                      waiting; /* enum k3t_waiting, of delivery.h */
    unsigned char            rounds;  /* of destructors, that were counted: see thread.c */
    bool                     fresh;   /* at the entry of the target: the next safepoint is no one */
};

extern __thread struct k3t_local k3t_local __attribute__((tls_model("initial-exec")));

/* Adopts the calling thread. It waits for memory if there is none, for it cannot fail. */
struct k3thread *k3t_adopt(void);

/* The calling thread's record, borrowed. */
static inline struct k3thread *k3t_self(void)
{
    return __builtin_expect(k3t_local.self != NULL, 1) ? k3t_local.self : k3t_adopt();
}

/* Ends the calling thread, whose record T is: takes T out of the registry, drops what is pending. */
void k3t_thread_end(struct k3thread *t);

/*
 * Ends a thread that was adopted in its very last destructors, too late for one of the library's own
 * to be called, and that is gone. Any number of times. The caller has a reference.
 */
void k3t_thread_bury(struct k3thread *t);

/* Returns true if T has ended. What it wrote before is then visible. */
static inline bool k3t_has_ended(const struct k3thread *t)
{
    return atomic_load_explicit(&t->ended, memory_order_acquire);
}

/* Tells the user's hook, or the default one, that E ends T. It never throws. */
void k3t_report(struct k3thread *t, const struct k3thread_exc *e);

#endif
