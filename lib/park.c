/* Parks threads: a thread waits for a permit that another thread gives it. */
#include "adopt.h"
#include "deliver.h"
#include "wait.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static __attribute__((noinline)) long park(double timeout)
{
    struct k3thread *self = k3t_self();
    struct timespec  deadline;
    long             result = k3t_wait_begin(timeout, &deadline);

    if (result != 0)
        return result;
    while (atomic_exchange(&self->park_permit, 0) == 0) {
        result = k3t_wait_word((const unsigned *) &self->park_permit, 0, &deadline);
        if (result != 0 && result != -EAGAIN && result != -EINTR)
            return result;
    }
    return 0;
}

int k3thread_park(double timeout)
{
    return k3t_finish(park(timeout));
}

int k3thread_unpark(k3thread *t)
{
    if (t == NULL)
        return K3THREAD_TYPE_ERROR;
    if (!k3thread_is_alive(t))
        return K3THREAD_INVALID_THREAD_ID_ERROR;
    if (atomic_exchange(&t->park_permit, 1) == 0)
        /* It cannot fail, so errno stays as it is. */
        syscall(SYS_futex, &t->park_permit, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    return 0;
}
