#include "excepthook.h"

#include <stdatomic.h>
#include <stdio.h>

static void print(k3thread *t, const struct k3thread_exc *e)
{
    fprintf(stderr, "Exception in thread %s: %s%s%s\n", t->name, e->type->name,
            e->message[0] != '\0' ? ": " : "", e->message);
}

static _Atomic(k3thread_excepthook) current = print;

k3thread_excepthook k3thread_set_excepthook(k3thread_excepthook hook)
{
    return atomic_exchange(&current, hook != NULL ? hook : print);
}

/* Drops an exception that the hook throws, because there is no second hook to tell. */
void k3t_excepthook_call(struct k3thread *t, const struct k3thread_exc *e)
{
    if (k3thread_exctype_is(e->type, &k3thread_SystemExit))
        return;
    K3THREAD_TRY {
        atomic_load (&current)(t, e);
    }
    K3THREAD_EXCEPT(k3thread_BaseException, thrown) {
    }
    K3THREAD_END
}
