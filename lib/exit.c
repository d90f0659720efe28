#include "exit.h"

#include "reap.h"
#include "thread.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_uint    counted; /* a futex */
static atomic_bool    awaited; /* somebody waits for it, or is about to */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/*
 * Runs inside exit. A thread that is in it itself is not waited for: two of them would wait for each
 * other. The handler registers itself anew before it waits, so that an exit in another thread, in
 * the meantime, also comes through here; and is called again, then to find nothing to wait for.
 */
static void wait_for_others(void)
{
    struct k3thread *self = k3t_local.self;
    unsigned         left;

    if (self != NULL && self->counted) {
        self->counted = false;
        k3t_exit_discount();
    }
    if (atomic_load(&counted) != 0)
        atexit(wait_for_others);
    atomic_store(&awaited, true);
    while ((left = atomic_load(&counted)) != 0)
        syscall(SYS_futex, &counted, FUTEX_WAIT_PRIVATE, left, NULL, NULL, 0);
    k3t_reap_last();
}

/* If the C library has no room for a handler, there is nobody to tell: the rule does not hold. */
static void install(void)
{
    atexit(wait_for_others);
}

void k3t_exit_install(void)
{
    pthread_once(&once, install);
}

void k3t_exit_count(void)
{
    atomic_fetch_add(&counted, 1);
}

/* Either the one who waits sees the new count, or "awaited" is seen here. */
void k3t_exit_discount(void)
{
    if (atomic_fetch_sub(&counted, 1) == 1 && atomic_load(&awaited))
        syscall(SYS_futex, &counted, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void k3t_exit_recount(bool self_counted)
{
    atomic_store(&counted, self_counted ? 1 : 0);
}
