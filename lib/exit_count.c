#include "exit_count.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_uint    count;   /* a futex */
static atomic_bool    awaited; /* a thread waits for the count, or is about to */
static _Atomic(pid_t) exiting; /* the thread that exits; 0: none */

void k3t_exit_count(void)
{
    atomic_fetch_add(&count, 1);
}

/* Either the waiting thread sees the new count, or this function sees "awaited". */
void k3t_exit_discount(void)
{
    atomic_fetch_sub(&count, 1);
    if (atomic_load(&awaited))
        syscall(SYS_futex, &count, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

const atomic_uint *k3t_exit_await_count(void)
{
    atomic_store(&awaited, true);
    return &count;
}

bool k3t_exit_take_turn(void)
{
    const pid_t self = gettid();
    pid_t       first = 0;

    return atomic_compare_exchange_strong(&exiting, &first, self) || first == self;
}

void k3t_exit_in_child(bool counted)
{
    atomic_store(&count, counted ? 1 : 0);
    atomic_store(&exiting, 0);
}
