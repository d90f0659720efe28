/* Returns the value of a thread, or throws the exception that ended it, for k3thread_value. */
#include "adopt.h"
#include "exc.h"
#include "unwind.h"

#include <errno.h>

/* Throws a copy of the exception that ended T. The cause of the copy is that exception. */
static _Noreturn void throw_end_of(const struct k3thread *t)
{
    const struct k3thread_exc  *cause = &t->ended_by->info;
    struct k3thread_exception_ *exc = k3t_exc_new_sure(&k3t_self()->reserve);

    k3t_exc_copy(exc, cause);
    exc->info.sender = t->id;
    k3t_exc_set_cause(exc, cause);
    k3t_throw(exc);
}

void *k3thread_value(k3thread *t)
{
    const int error = k3thread_join(t, -1, NULL);

    if (error == K3THREAD_TYPE_ERROR)
        k3thread_throw(&k3thread_TypeError, "k3thread_value of no thread");
    if (error == -EDEADLK)
        k3thread_throw(&k3thread_RuntimeError, "a thread cannot wait for its own value");
    if (error != 0)
        return NULL;
    if (t->ended_by != NULL)
        throw_end_of(t);
    return t->value;
}
