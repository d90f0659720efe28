/*
 * One exception on its way: made by whoever raises or throws it, then owned by a thread's queue, by
 * the unwinding that carries it, and by the try block that caught it or the record of the thread
 * that it ended. Each hands it on; the last one frees it.
 */
#ifndef K3THREAD_EXC_H
#define K3THREAD_EXC_H

#include "k3thread.h"

#include <stdarg.h>
#include <unwind.h>

struct k3thread_flight_ {
    void                    *no_header[16]; /* zeroes; the runtimes of C++ read what lies before */
    struct _Unwind_Exception unwind;        /* what the unwinder carries */
    struct k3thread_flight_ *next;    /* younger in a queue; or the unwinding that this one is in */
    struct k3thread_try_    *target;  /* where an unwinding goes; NULL: out of the thread */
    struct k3thread_limit_  *limit;   /* the time limit that it comes of, while that is open */
    const void              *edge;    /* frame of the safepoint where it came, or NULL */
    uintptr_t                frame;   /* lower end of the outermost one that it has come to */
    unsigned char            mask;    /* when it was thrown */
    bool                     arrived; /* a catch (...) has it, and its mask was set */
    bool                     exits;   /* the thread ends by pthread_exit instead */
    bool                     reserved; /* is the reserve of the thread that throws it: not freed */
    struct k3thread_exc      exc;
};

/*
 * A new exception, or NULL without memory. FORMAT may be NULL. A message that is too long is cut
 * between two characters of UTF-8.
 */
struct k3thread_flight_ *k3t_exc_new(const k3thread_exctype *type, k3thread_id sender,
                                     const char *format, va_list arguments) K3THREAD_PRINTF_(3, 0);

/*
 * One that is still to be filled, for a throw, which cannot fail: without memory it is RESERVE, the
 * calling thread's, and if that is in use it waits for memory.
 */
struct k3thread_flight_ *k3t_exc_new_sure(struct k3thread_flight_ *reserve);

/* Fills one that has its memory already. */
void k3t_exc_fill(struct k3thread_flight_ *exc, const k3thread_exctype *type, k3thread_id sender,
                  const char *format, va_list arguments) K3THREAD_PRINTF_(4, 0);

/* Frees it; NULL is fine. A reserve becomes free for its next use. No lock is held, for it may call
 * the user's code. */
void k3t_exc_free(struct k3thread_flight_ *exc);

/* Has EXC say what SOURCE says, and share its data. */
void k3t_exc_copy(struct k3thread_flight_ *exc, const struct k3thread_exc *source);

/*
 * Gives EXC its data. Without memory for that it returns false, and nothing has changed. FREE_DATA may
 * be NULL.
 */
bool k3t_exc_set_data(struct k3thread_flight_ *exc, void *data, void (*free_data)(void *data));

/* Gives EXC a copy of CAUSE, if there is memory for it. */
void k3t_exc_set_cause(struct k3thread_flight_ *exc, const struct k3thread_exc *cause);

/* Makes the data of EXC, which has no copies, the caller's: it is not freed with EXC. */
void k3t_exc_release_data(struct k3thread_flight_ *exc);

#endif
