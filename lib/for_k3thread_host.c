/* The functions of the library that only k3thread-host calls. */
#include "attach.h"
#include "end_status.h"

int k3thread_attach_as_(k3thread *main)
{
    return k3t_attach_to(main);
}

int k3thread_exit_status_(const k3thread *t)
{
    return t->ended_by != NULL ? k3t_end_status(t->ended_by) : (int) (intptr_t) t->value & 0xff;
}
