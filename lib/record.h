/*
 * The record of a thread, and the data of the calling thread. This file only holds data; all other files of the
 * library that deal with threads stand above it.
 *
 * A record is made in k3thread_start, or by adoption when a thread that the library did not start first calls the
 * library. Its thread holds one reference until the thread is gone (reap.h); callers hold the others. The last
 * k3thread_unref frees the record. A record is in the registry from the start of its thread until the thread has
 * ended.
 *
 * A thread has ended when its target has returned or was left: nothing can be raised in it any more. A thread is
 * gone when its destructors have run too, and the kernel has done with it (gone.h): then it can be joined.
 *
 * Lock order: the lock of attach_state.c, the registry's lock, the lock of reap.c, the lock of watcher.c, then a
 * record's wake_lock and its lock. No lock is held while code of the user runs.
 */
#ifndef K3THREAD_RECORD_H
#define K3THREAD_RECORD_H

#include "exc.h"
#include "k3thread.h"

#include <stdatomic.h>
#include <sys/queue.h>
#include <time.h>

/* The watcher's data of one thread: see watcher.h. */
struct k3t_watched {
    _Atomic(int64_t)    nearest; /* instant; only the thread itself changes it */
    bool                listed;  /* this and the next: under the watcher's lock */
    struct k3t_watched *next;
    struct k3thread    *thread;
};

/* The record of one thread. */
struct k3thread {
    k3thread_id    id;
    atomic_uint    references;
    atomic_bool    ended;
    _Atomic(pid_t) tid;
    bool           adopted;
    bool           foreign; /* adopted, and not the main thread: see queue.h */
    bool           daemon;
    bool           counted; /* the exit rule waits for it; only its own thread changes it */

    _Atomic(pthread_t) thread;

    /* Under the registry's lock. */
    struct k3thread *older, *newer; /* live threads in order of id */
    struct k3thread *next_of_id;    /* in the same bucket */
    struct k3thread *next_of_name;
    struct k3thread *next_news; /* see news.h */
    unsigned         news;

    /* The pending exceptions (queue.h), under the lock. */
    pthread_mutex_t             lock;
    struct k3thread_local_     *local; /* of the thread itself; NULL before it runs and after */
    struct k3thread_exception_ *first, *last;
    unsigned    pending; /* exceptions in the queue, and one more while "due" is set */
    atomic_bool due;     /* a time limit has passed: see time_limit.h */
    int         event;   /* readable while something is pending; -1: not asked for */

    struct k3t_watched watched;

    pthread_mutex_t
        wake_lock; /* held while the tid is used; never together with another lock but in fork */

    atomic_uint park_permit; /* a futex: see park.c */

    /* The deadline of a wait inside the C library; see k3t_until. Only the thread itself uses it. */
    struct timespec until;

    pthread_mutex_t alive;   /* robust; locked by the thread itself: see gone.h */
    atomic_uint     waiters; /* threads that wait for this one to be gone */

    /* Under the lock of reap.c. */
    TAILQ_ENTRY(k3thread) ending;
    bool is_ending;

    /* Written before the thread runs. */
    k3thread_target target;
    void           *arg;
    atomic_bool     delayed; /* until the delay is over; then only its own thread changes it */
    struct timespec begin;   /* when to call the target, on the monotonic clock */

    /* Written by the thread before it sets "ended". */
    void                       *value;
    struct k3thread_exception_ *ended_by;

    /* The exception of a throw without memory. It is in use while its type is set. */
    struct k3thread_exception_ reserve;

    char name[];
};

/* The data that only the calling thread uses. struct k3thread_local_ has the data that other threads may touch. */
struct k3t_local {
    struct k3thread *self; /* NULL: not yet adopted */
    struct k3thread_exception_
                 *claimed;  /* taken from the queue by a wait that is about to throw it */
    int           waiting;  /* enum k3t_waiting, of wake.h */
    int           repeater; /* one more than a timer's number, or 0: see k3t_wake_make_timer */
    unsigned char rounds;   /* rounds of destructors so far: see end.c */
    bool          fresh;    /* the target is about to begin: its first safepoint throws nothing */
};

extern __thread struct k3t_local k3t_local K3THREAD_TLS_;

/* Returns the size of a record with NAME. If NAME is NULL, the record has room for a name that the registry makes. */
size_t k3t_record_size(const char *name);

/* Initialises T, whose size is k3t_record_size(NAME), except for the mutex of k3t_gone_init. */
void k3t_record_init(struct k3thread *t, const char *name);

/* Returns true if T has ended. All writes of T before its end are then visible. */
static inline bool k3t_has_ended(const struct k3thread *t)
{
    return atomic_load_explicit(&t->ended, memory_order_acquire);
}

#endif
