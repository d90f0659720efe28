#include "deliver.h"

#include "adopt.h"
#include "claim.h"
#include "event.h"
#include "frame.h"
#include "mask.h"
#include "queue.h"

bool k3thread_take(struct k3thread_exc *ret)
{
    struct k3thread_exception_ *exc = k3t_take(k3t_self());

    if (exc == NULL)
        return false;
    if (ret != NULL) {
        *ret = exc->info;
        ret->origin_ = NULL;
        k3t_exc_release_data(exc);
    }
    k3t_exc_free(exc);
    return true;
}

bool k3thread_pending(void)
{
    return k3t_queue_is_pending(k3t_self());
}

int k3thread_pending_fd(void)
{
    return k3t_event_get(k3t_self());
}

/* Throws the next pending exception if the mask is IMMEDIATE. EDGE: see struct k3thread_exception_. */
static void deliver(const void *edge)
{
    struct k3thread            *self = k3t_self();
    struct k3thread_exception_ *exc;

    if (k3thread_local_.mask != K3THREAD_IMMEDIATE)
        return;
    exc = k3t_take(self);
    if (exc == NULL)
        return;
    exc->edge = edge;
    (void) k3t_throw_last(exc);
}

void k3thread_checkpoint_slow_(void)
{
    deliver(NULL);
}

/*
 * Throws a pending exception at a safepoint. The hook calls this when something is pending; CFA is the CFA of the
 * hook's frame. Before the setjmp of a TRY, and at the entry of a target, this throws nothing, so that a TRY at the
 * top of a target catches an exception that was raised before the target began.
 */
void k3thread_safepoint_slow_(void *cfa)
{
    const struct k3thread_block_ *top = k3thread_local_.top;
    bool early = k3t_local.fresh || (top != NULL && top->state == K3T_ENTERED);

    k3t_local.fresh = false;
    if (early)
        return;
    deliver(cfa);
}
