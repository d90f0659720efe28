/* Joins threads: waits until a thread is gone, and copies its result. gone_wait.h has the waiting itself. */
#include "adopt.h"
#include "deliver.h"
#include "gone.h"
#include "gone_wait.h"
#include "reap.h"
#include "wait.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static void copy_result(const k3thread *t, struct k3thread_result *ret)
{
    const struct k3thread_exception_ *exc = t->ended_by;

    ret->value = t->value;
    ret->exception = exc != NULL ? exc->info.type : NULL;
    ret->message[0] = '\0';
    if (exc != NULL)
        memcpy(ret->message, exc->info.message, sizeof(ret->message));
}

static __attribute__((noinline)) long join(k3thread *t, double timeout, struct k3thread_result *ret)
{
    struct timespec deadline;
    long            result;

    if (t == NULL)
        return K3THREAD_TYPE_ERROR;
    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    if (t == k3t_self())
        return -EDEADLK;
    result = k3t_wait_begin(timeout, &deadline);
    if (result != 0)
        return result;
    result = k3t_gone_wait(t, &deadline);
    if (!k3t_is_gone(t))
        return result;
    k3t_reap(t);
    if (result == 0 && ret != NULL)
        copy_result(t, ret);
    return result;
}

int k3thread_join(k3thread *t, double timeout, struct k3thread_result *ret)
{
    return k3t_finish(join(t, timeout, ret));
}
