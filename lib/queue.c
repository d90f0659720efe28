#include "queue.h"

#include "event.h"
#include "wake.h"
#include "word.h"

#include <errno.h>
#include <unistd.h>

/* Returns the struct k3thread_local_ of T's thread, or NULL if the caller must not touch it. Caller holds the lock. */
static struct k3thread_local_ *local_of(const struct k3thread *t)
{
    return t == k3t_local.self ? &k3thread_local_ : t->local;
}

/* Sets T's word from its mask and its queue. Caller holds the lock. */
static void set_word(struct k3thread *t)
{
    struct k3thread_local_ *local = local_of(t);

    if (local != NULL)
        __atomic_store_n(&local->word, K3T_WORD(local->mask, t->pending), __ATOMIC_RELEASE);
}

/* Returns true if T has to be woken for the exceptions that are pending now. Caller holds the lock. */
static bool needs_wake(const struct k3thread *t)
{
    return t != k3t_local.self &&
           (t->foreign || (t->local != NULL && K3T_WORD(t->local->mask, t->pending) != 0));
}

static void append(struct k3thread *t, struct k3thread_exception_ *exc)
{
    *(t->last != NULL ? &t->last->next : &t->first) = exc;
    t->last = exc;
    t->pending++;
    k3t_event_update(t);
}

static struct k3thread_exception_ *remove_oldest(struct k3thread *t)
{
    struct k3thread_exception_ *exc = t->first;

    if (exc == NULL)
        return NULL;
    t->first = exc->next;
    if (t->first == NULL)
        t->last = NULL;
    t->pending--;
    k3t_event_update(t);
    return exc;
}

/*
 * Returns the tid of the calling thread, as gettid does, but without the system call, which would be a notable part
 * of a start. The kernel defines the id of the thread's clock as ~tid << 3 and the kind of the clock.
 */
static pid_t tid_of_self(void)
{
    clockid_t clock;

    return pthread_getcpuclockid(pthread_self(), &clock) == 0 ? ~(clock >> 3) : gettid();
}

void k3t_queue_open(struct k3thread *t)
{
    pthread_mutex_lock(&t->lock);
    t->local = t->foreign ? NULL : &k3thread_local_;
    atomic_store(&t->tid, tid_of_self());
    set_word(t);
    pthread_mutex_unlock(&t->lock);
}

struct k3thread_exception_ *k3t_queue_close(struct k3thread *t)
{
    struct k3thread_exception_ *dropped;

    pthread_mutex_lock(&t->lock);
    t->local = NULL;
    atomic_store(&t->tid, 0);
    dropped = t->first;
    t->first = t->last = NULL;
    t->pending = 0;
    t->due = false;
    k3t_event_close(t);
    atomic_store(&t->ended, true);
    pthread_mutex_unlock(&t->lock);
    return dropped;
}

void k3t_queue_free(struct k3thread_exception_ *dropped)
{
    struct k3thread_exception_ *next;

    for (; dropped != NULL; dropped = next) {
        next = dropped->next;
        k3t_exc_free(dropped);
    }
}

void k3t_queue_detach(struct k3thread *t)
{
    /* A sender that has read the tid holds this lock until it has sent the signal. */
    pthread_mutex_lock(&t->wake_lock);
    pthread_mutex_unlock(&t->wake_lock);
    __atomic_store_n(&k3thread_local_.word, 0, __ATOMIC_RELAXED);
    k3thread_local_.mask = K3THREAD_IMMEDIATE; /* for destructors that still run in the thread */
}

/* Sending */

/*
 * Puts EXC into the queue, and sets *RET_WAKE to true if T has to be woken. T is woken even if an earlier exception
 * has woken it, because it may be in a call that is not the library's by now. Returns 0 or an error.
 */
static int publish(struct k3thread *t, struct k3thread_exception_ *exc, bool *ret_wake)
{
    int error = 0;

    pthread_mutex_lock(&t->lock);
    if (k3t_has_ended(t))
        error = K3THREAD_INVALID_THREAD_ID_ERROR;
    else if (t->pending - t->due >= K3THREAD_QUEUE_MAX)
        error = K3THREAD_SEND_RAISE_ERROR;
    else {
        append(t, exc);
        set_word(t);
        *ret_wake = needs_wake(t);
    }
    pthread_mutex_unlock(&t->lock);
    return error;
}

/*
 * Sends T the wake signal. Holds no lock of the record meanwhile, because the woken thread takes it at once, but
 * wake_lock: the end of the thread waits for wake_lock, so the tid stays T's.
 */
static void wake(struct k3thread *t)
{
    pid_t tid;

    pthread_mutex_lock(&t->wake_lock);
    tid = atomic_load_explicit(&t->tid, memory_order_relaxed);
    if (tid != 0)
        k3t_wake_send(tid);
    pthread_mutex_unlock(&t->wake_lock);
}

int k3t_queue_send(struct k3thread *t, struct k3thread_exception_ *exc)
{
    int  saved_errno = errno;
    bool must_wake = false;
    int  error = publish(t, exc, &must_wake);

    if (must_wake)
        wake(t);
    errno = saved_errno;
    return error;
}

/*
 * Sets "due" if T's nearest instant has passed, and returns true if this has set it. A thread that leaves a scope
 * stores its next instant and then reads "due". So either the thread sees the mark, or this function sees the new
 * instant: no scope that was left in time leaves a mark behind.
 */
static bool mark_due(struct k3thread *t, int64_t now)
{
    if (atomic_load(&t->due))
        return false;
    atomic_store(&t->due, true);
    if (atomic_load(&t->watched.nearest) <= now)
        return true;
    atomic_store(&t->due, false);
    return false;
}

void k3t_queue_set_due(struct k3thread *t, int64_t now)
{
    bool must_wake = false;

    pthread_mutex_lock(&t->lock);
    if (mark_due(t, now)) {
        t->pending++;
        k3t_event_update(t);
        set_word(t);
        must_wake = needs_wake(t);
    }
    pthread_mutex_unlock(&t->lock);
    if (must_wake)
        wake(t);
}

void k3t_queue_clear_due(struct k3thread *t)
{
    pthread_mutex_lock(&t->lock);
    if (atomic_exchange(&t->due, false)) {
        t->pending--;
        k3t_event_update(t);
        set_word(t);
    }
    pthread_mutex_unlock(&t->lock);
}

/* The receiving side */

struct k3thread_exception_ *k3t_queue_take(struct k3thread *self)
{
    struct k3thread_exception_ *exc;

    pthread_mutex_lock(&self->lock);
    exc = remove_oldest(self);
    set_word(self);
    pthread_mutex_unlock(&self->lock);
    return exc;
}

bool k3t_queue_is_pending(struct k3thread *self)
{
    bool pending;

    pthread_mutex_lock(&self->lock);
    pending = self->pending != 0;
    pthread_mutex_unlock(&self->lock);
    return pending;
}

void k3t_queue_set_mask(struct k3thread *self, enum k3thread_mask mask)
{
    pthread_mutex_lock(&self->lock);
    k3thread_local_.mask = (unsigned char) mask;
    set_word(self);
    pthread_mutex_unlock(&self->lock);
}
