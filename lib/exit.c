#include "exit.h"

#include "adopt.h"
#include "attach_state.h"
#include "end.h"
#include "exit_count.h"
#include "gone.h"
#include "gone_wait.h"
#include "reap.h"
#include "wait.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_bool registered; /* atexit has taken wait_in_exit, and exit has not called it yet */

/*
 * Ends the calling thread by the system call. Runs no destructors, because the end of the process would not run
 * them either. A join of the thread finds no value.
 */
static _Noreturn void end_alone(void)
{
    struct k3thread *self = k3t_local.self;

    if (self != NULL && !k3t_has_ended(self))
        k3t_end_self(self);
    for (;;)
        syscall(SYS_exit, 0);
}

void k3t_exit_begin(void)
{
    if (!k3t_exit_take_turn())
        end_alone();
}

#ifdef __GLIBC__
extern int   __cxa_thread_atexit_impl(void (*function)(void *), void *arg, void *object);
extern void *__dso_handle __attribute__((visibility("hidden")));

/*
 * In a program with LeakSanitizer: memory that the thread allocates between these calls is no leak. NULL in a program
 * without it.
 */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));

static void begin_in_main(void *arg)
{
    (void) arg;
    k3t_exit_begin();
}

/*
 * The return of main calls the C library's own exit. Like every exit, this one first runs the destructors of
 * thread_local objects, so it begins here, before functions of the program that may take long while another thread
 * calls exit. pthread_exit does not run these destructors in the main thread. It leaves their list behind, and so does
 * fork in a child without the main thread: LeakSanitizer would find it.
 */
static __attribute__((constructor)) void watch_main(void)
{
    if (gettid() != getpid())
        return;
    if (__lsan_disable != NULL)
        __lsan_disable();
    (void) __cxa_thread_atexit_impl(begin_in_main, NULL, &__dso_handle);
    if (__lsan_enable != NULL)
        __lsan_enable();
}
#endif

/* Waits until each ended thread that the exit rule waits for is gone, at most until DEADLINE, which may be NULL. */
static long wait_for_ended(const struct timespec *deadline)
{
    struct k3thread *t;
    long             result = 0;

    while (result == 0 && (t = k3t_reap_next_awaited()) != NULL) {
        if (deadline != NULL)
            result = k3t_gone_wait(t, deadline);
        else
            k3t_gone_wait_only(t);
        if (result == 0)
            k3t_reap(t);
        k3thread_unref(t);
    }
    return result;
}

long k3t_exit_wait(unsigned own, const struct timespec *deadline)
{
    const atomic_uint *count = k3t_exit_await_count();
    unsigned           left;
    long               result = 0;

    while ((left = atomic_load(count)) > own) {
        if (deadline == NULL)
            syscall(SYS_futex, count, FUTEX_WAIT, left, NULL, NULL, 0);
        else
            result = k3t_wait_word((const unsigned *) count, left, deadline);
        if (result != 0 && result != -EAGAIN && result != -EINTR)
            return result;
    }
    return wait_for_ended(deadline);
}

/*
 * Marks the calling thread as gone, because it will not return from exit. Otherwise this thread would wait for a
 * thread that joins it, and that thread for this one.
 */
static void leave_for_good(void)
{
    struct k3thread *self = k3t_local.self;

    if (self == NULL || k3t_has_ended(self))
        return;
    k3t_gone_set(self);
    if (self->counted) {
        self->counted = false;
        k3t_exit_discount();
    }
}

/*
 * Waits inside exit. Registers itself again before it waits, so that an exit in another thread meanwhile comes here
 * too (unless the C library stops that exit before). In the end exit calls it once more, and it finds nothing to
 * wait for.
 *
 * The attachment ends last, so that the supervisor has the reply to an exception that the hidden thread has taken
 * before the process is gone.
 */
static void wait_in_exit(void)
{
    atomic_store(&registered, false);
    if (!k3t_exit_take_turn()) {
        k3t_exit_install(); /* for the thread that exits, and for more that call exit */
        end_alone();
    }
    leave_for_good();
    if (atomic_load(k3t_exit_await_count()) != 0)
        k3t_exit_install();
    k3t_exit_wait(0, NULL);
    (void) k3t_attach_stop(1);
}

/*
 * May be called while the process exits already: then wait_in_exit is the next handler that runs.
 *
 * If atexit has no room for a handler, no caller can be told, and the exit rule does not hold.
 */
void k3t_exit_install(void)
{
    if (!atomic_load_explicit(&registered, memory_order_relaxed) &&
        !atomic_exchange(&registered, true))
        atexit(wait_in_exit);
}
