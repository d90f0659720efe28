#include "delivery.h"

#include "event.h"
#include "frame.h"
#include "limit.h"
#include "syscall.h"
#include "watcher.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

__thread struct k3thread_local_ k3thread_local_ __attribute__((tls_model("initial-exec")));

/* Returns what T's thread shares, or NULL if the caller must not touch it. Caller holds the lock. */
static struct k3thread_local_ *local_of(const struct k3thread *t)
{
    return t == k3t_local.self ? &k3thread_local_ : t->local;
}

/* Caller holds the lock. */
static void set_word(struct k3thread *t)
{
    struct k3thread_local_ *local = local_of(t);

    if (local != NULL)
        __atomic_store_n(&local->word, K3T_WORD(local->mask, t->pending), __ATOMIC_RELEASE);
}

/* Returns true if T, in which something was raised, has to be told. Caller holds the lock. */
static bool needs_wake(const struct k3thread *t)
{
    if (t == k3t_local.self)
        return false;
    return t->foreign || (t->local != NULL && K3T_WORD(t->local->mask, t->pending) != 0);
}

static void append(struct k3thread *t, struct k3thread_flight_ *exc)
{
    exc->next = NULL;
    *(t->last != NULL ? &t->last->next : &t->first) = exc;
    t->last = exc;
    t->pending++;
    k3t_event_update(t);
}

static struct k3thread_flight_ *remove_oldest(struct k3thread *t)
{
    struct k3thread_flight_ *exc = t->first;

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
 * gettid without the system call, which is a part of what a start takes: the kernel's id of a thread
 * is in the id of its clock, as the kernel defines that (~tid << 3, and the kind of the clock).
 */
static pid_t tid_of_self(void)
{
    clockid_t clock;

    return pthread_getcpuclockid(pthread_self(), &clock) == 0 ? ~(clock >> 3) : gettid();
}

void k3t_attach(struct k3thread *t)
{
    pthread_mutex_lock(&t->lock);
    t->local = t->foreign ? NULL : &k3thread_local_;
    atomic_store(&t->tid, tid_of_self());
    set_word(t);
    pthread_mutex_unlock(&t->lock);
}

/* The caller frees the queue when it holds no lock: that may call the user's code. */
struct k3thread_flight_ *k3t_close(struct k3thread *t)
{
    struct k3thread_flight_ *dropped;

    k3t_watcher_remove(&t->watched);
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

void k3t_drop(struct k3thread_flight_ *dropped)
{
    struct k3thread_flight_ *next;

    for (; dropped != NULL; dropped = next) {
        next = dropped->next;
        k3t_exc_free(dropped);
    }
}

void k3t_detach(struct k3thread *t)
{
    k3t_limit_exchange(NULL);
    /* Whoever has read the tid is done with it when this lock is free. */
    pthread_mutex_lock(&t->wake_lock);
    pthread_mutex_unlock(&t->wake_lock);
    __atomic_store_n(&k3thread_local_.word, 0, __ATOMIC_RELAXED);
    k3thread_local_.mask = K3THREAD_IMMEDIATE; /* in case that it is adopted */
}

/* Sending */

/*
 * Puts EXC into the queue. Sets *RET_WAKE if T has to be woken: again, too, if it was woken for an
 * earlier one, in case that it is in a foreign call by now.
 */
static int publish(struct k3thread *t, struct k3thread_flight_ *exc, bool *ret_wake)
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
 * Sends T the wake signal. It is not done under the lock, which the woken thread wants at once. What
 * it does need is that the tid is T's still, and for that the thread's end waits.
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

/*
 * The thread that leaves a scope stores its next instant and then looks whether it is due. So it sees
 * the mark, or the instant is seen here: a scope that was left in time leaves no mark behind.
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

void k3t_due(struct k3thread *t, int64_t now)
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

void k3t_not_due(struct k3thread *t)
{
    pthread_mutex_lock(&t->lock);
    if (atomic_exchange(&t->due, false)) {
        t->pending--;
        k3t_event_update(t);
        set_word(t);
    }
    pthread_mutex_unlock(&t->lock);
}

/* Gives EXC to T. On failure it stays the caller's. errno is kept. */
static int deliver(struct k3thread *t, struct k3thread_flight_ *exc)
{
    int  saved_errno = errno;
    bool must_wake = false;
    int  error = publish(t, exc, &must_wake);

    if (must_wake)
        wake(t);
    errno = saved_errno;
    return error;
}

/* What is wrong with an exception's type, or 0. */
static int check_type(const k3thread_exctype *type)
{
    if (type == NULL)
        return K3THREAD_TYPE_ERROR;
    return k3thread_exctype_is(type, &k3thread_BaseException) ? 0 : K3THREAD_VALUE_ERROR;
}

static int check(const k3thread *t, const k3thread_exctype *type)
{
    const int error = t == NULL ? K3THREAD_TYPE_ERROR : check_type(type);

    return error == 0 && !k3thread_is_alive(t) ? K3THREAD_INVALID_THREAD_ID_ERROR : error;
}

/* Raises an exception with DATA, unless that and FREE_DATA are NULL. */
static int raise_in(k3thread *t, const k3thread_exctype *type, void *data,
                    void (*free_data)(void *), const char *format, va_list arguments)
    K3THREAD_PRINTF_(5, 0);

static int raise_in(k3thread *t, const k3thread_exctype *type, void *data,
                    void (*free_data)(void *), const char *format, va_list arguments)
{
    int                      error = check(t, type);
    struct k3thread_flight_ *exc;

    if (error != 0)
        return error;
    exc = k3t_exc_new(type, k3t_self()->id, format, arguments);
    if (exc == NULL)
        return K3THREAD_SEND_RAISE_ERROR;
    if ((data != NULL || free_data != NULL) && !k3t_exc_set_data(exc, data, free_data))
        error = K3THREAD_SEND_RAISE_ERROR;
    if (error == 0)
        error = deliver(t, exc);
    if (error != 0) {
        k3t_exc_release_data(exc);
        k3t_exc_free(exc);
    }
    return error;
}

int k3thread_send_exceptionf(k3thread *t, const k3thread_exctype *type, const char *format, ...)
{
    va_list arguments;
    int     error;

    va_start(arguments, format);
    error = raise_in(t, type, NULL, NULL, format, arguments);
    va_end(arguments);
    return error;
}

int k3thread_send_data(k3thread *t, const k3thread_exctype *type, void *data,
                       void (*free_data)(void *data), const char *format, ...)
{
    va_list arguments;
    int     error;

    va_start(arguments, format);
    error = raise_in(t, type, data, free_data, format, arguments);
    va_end(arguments);
    return error;
}

int k3thread_send_exception(k3thread *t, const k3thread_exctype *type)
{
    return k3thread_send_exceptionf(t, type, NULL);
}

int k3thread_send_exception_id(k3thread_id id, const k3thread_exctype *type)
{
    int       error = check_type(type);
    k3thread *t;

    if (error != 0)
        return error;
    t = k3thread_find_id(id);
    if (t == NULL)
        return K3THREAD_INVALID_THREAD_ID_ERROR;
    error = k3thread_send_exception(t, type);
    k3thread_unref(t);
    return error;
}

/* The receiving side */

static struct k3thread_flight_ *take(struct k3thread *self)
{
    struct k3thread_flight_ *exc;

    pthread_mutex_lock(&self->lock);
    exc = remove_oldest(self);
    set_word(self);
    pthread_mutex_unlock(&self->lock);
    return exc != NULL ? exc : k3t_limit_take(self);
}

bool k3thread_take(struct k3thread_exc *ret)
{
    struct k3thread_flight_ *exc = take(k3t_self());

    if (exc == NULL)
        return false;
    if (ret != NULL) {
        *ret = exc->exc;
        ret->origin_ = NULL;
        k3t_exc_release_data(exc);
    }
    k3t_exc_free(exc);
    return true;
}

bool k3thread_pending(void)
{
    struct k3thread *self = k3t_self();
    bool             pending;

    pthread_mutex_lock(&self->lock);
    pending = self->pending != 0;
    pthread_mutex_unlock(&self->lock);
    return pending;
}

void k3t_deliver(const void *edge)
{
    struct k3thread         *self = k3t_self();
    struct k3thread_flight_ *exc;

    if (k3thread_local_.mask != K3THREAD_IMMEDIATE)
        return;
    exc = take(self);
    if (exc == NULL)
        return;
    exc->edge = edge;
    (void) k3t_throw_last(exc);
}

void k3thread_deliver_(void)
{
    k3t_deliver(NULL);
}

long k3t_claim(void)
{
    k3t_frame_arrive();
    if (!k3t_wait_must_end())
        return 0;
    if (k3thread_local_.mask == K3THREAD_RETURN)
        return -ECANCELED;
    k3t_local.claimed = take(k3t_self());
    return k3t_local.claimed != NULL ? K3T_INTERRUPTED : 0;
}

enum k3thread_mask k3t_mask(enum k3thread_mask mask)
{
    enum k3thread_mask old = (enum k3thread_mask) k3thread_local_.mask;
    struct k3thread   *self;

    if (mask == old)
        return old;
    self = k3t_self();
    pthread_mutex_lock(&self->lock);
    k3thread_local_.mask = (unsigned char) mask;
    set_word(self);
    pthread_mutex_unlock(&self->lock);
    return old;
}
