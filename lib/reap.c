#include "reap.h"

#include <stdatomic.h>

static _Atomic(pthread_t) last; /* 0: none; the C library's are addresses */

pthread_t k3t_reap_me(void)
{
    return atomic_exchange(&last, pthread_self());
}

void k3t_reap_join(pthread_t ended)
{
    if (ended != 0)
        pthread_join(ended, NULL);
}

void k3t_reap_last(void)
{
    k3t_reap_join(atomic_exchange(&last, 0));
}

void k3t_reap_forget(void)
{
    atomic_store(&last, 0);
}
