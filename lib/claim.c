#include "claim.h"

#include "adopt.h"
#include "mask.h"
#include "queue.h"
#include "time_limit.h"
#include "word.h"

#include <errno.h>

struct k3thread_exception_ *k3t_take(struct k3thread *self)
{
    struct k3thread_exception_ *exc = k3t_queue_take(self);

    return exc != NULL ? exc : k3t_limit_take(self);
}

long k3t_claim(void)
{
    k3t_mask_catch_all_fast();
    if (!k3t_wait_must_end())
        return 0;
    if (k3thread_local_.mask == K3THREAD_RETURN)
        return -ECANCELED;
    k3t_local.claimed = k3t_take(k3t_self());
    return k3t_local.claimed != NULL ? K3T_INTERRUPTED : 0;
}
