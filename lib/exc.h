/*
 * Makes, copies and frees exceptions. The function that raises or throws an exception makes it. Then its owner is
 * in turn a thread's queue, the unwinding that carries it, and the TRY block that has caught it or the record of
 * the thread that it has ended. Each owner hands it on to the next; the last owner frees it.
 */
#ifndef K3THREAD_EXC_H
#define K3THREAD_EXC_H

#include "k3thread.h"

#include <stdarg.h>
#include <unwind.h>

/* One exception. */
struct k3thread_exception_ {
    void                       *no_header[16]; /* zeroes: the runtimes of C++ read a header here */
    struct _Unwind_Exception    unwind;        /* the part that the unwinder carries */
    struct k3thread_exception_ *next;          /* next younger in a queue, or the outer unwinding */
    struct k3thread_try_       *target; /* where the unwinding goes; NULL: out of the thread */
    struct k3thread_limit_     *limit; /* the time limit that has passed, while its block is open */
    const void                 *edge;  /* frame of the safepoint that has thrown it, or NULL */
    uintptr_t                   frame; /* lower end of the outermost frame that it has reached */
    unsigned char               mask;  /* the mask when it was thrown */
    bool                        in_catch_all; /* a catch (...) has caught it, and its mask is set */
    bool                        exits;        /* the thread ends by pthread_exit instead */
    bool                        attached;     /* the supervisor has raised it: see attach.h */
    bool                reserved; /* is the reserve of the thread that throws it: not freed */
    struct k3thread_exc info;
};

/*
 * Returns a new exception, or NULL without memory. FORMAT may be NULL. A message that is too long is
 * cut between two characters of UTF-8.
 */
struct k3thread_exception_ *k3t_exc_new(const k3thread_exctype *type, k3thread_id sender,
                                        const char *format, va_list arguments)
    K3THREAD_PRINTF_(3, 0);

/*
 * Returns an exception for a throw, which cannot fail; k3t_exc_fill() then fills it. Without memory returns
 * RESERVE, which is the calling thread's. If RESERVE is in use, waits for memory.
 */
struct k3thread_exception_ *k3t_exc_new_sure(struct k3thread_exception_ *reserve);

/* Sets the type, the sender and the message of EXC. */
void k3t_exc_fill(struct k3thread_exception_ *exc, const k3thread_exctype *type, k3thread_id sender,
                  const char *format, va_list arguments) K3THREAD_PRINTF_(4, 0);

/*
 * Frees EXC, which may be NULL; a reserve becomes free for its next use. The caller holds no lock, because this may
 * call code of the user.
 */
void k3t_exc_free(struct k3thread_exception_ *exc);

/* Copies SOURCE to EXC. The two then share the data and the cause. */
void k3t_exc_copy(struct k3thread_exception_ *exc, const struct k3thread_exc *source);

/* Gives EXC its data. Without memory it changes nothing and returns false. FREE_DATA may be NULL. */
bool k3t_exc_set_data(struct k3thread_exception_ *exc, void *data, void (*free_data)(void *data));

/* Gives EXC a copy of CAUSE, if there is memory for it. */
void k3t_exc_set_cause(struct k3thread_exception_ *exc, const struct k3thread_exc *cause);

/* Hands the data of EXC, which has no copies, over to the caller: EXC no longer frees it. */
void k3t_exc_release_data(struct k3thread_exception_ *exc);

#endif
