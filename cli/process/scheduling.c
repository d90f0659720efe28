#include "cli/process/scheduling.h"

#include <sys/syscall.h>
#include <unistd.h>

#define IO_PRIORITY_OF_PROCESS 1 /* IOPRIO_WHO_PROCESS of the kernel */

/* Makes the system call, as the functions for the policy fail with musl. */
static int read_policy(pid_t pid, int *ret_priority)
{
    struct sched_param parameter;

    if (syscall(SYS_sched_getparam, pid, &parameter) < 0)
        return -1;
    *ret_priority = parameter.sched_priority;
    return (int) syscall(SYS_sched_getscheduler, pid);
}

struct scheduling scheduling_read(pid_t pid)
{
    struct scheduling scheduling = {0};

    scheduling.policy = read_policy(pid, &scheduling.priority);
    scheduling.io_priority = (int) syscall(SYS_ioprio_get, IO_PRIORITY_OF_PROCESS, pid);
    if (sched_getaffinity(pid, sizeof(scheduling.processors), &scheduling.processors) < 0)
        CPU_ZERO(&scheduling.processors);
    scheduling.is_known = scheduling.policy >= 0;
    return scheduling;
}

static bool apply_policy(const struct scheduling *wanted)
{
    struct sched_param parameter = {.sched_priority = wanted->priority};

    return syscall(SYS_sched_setscheduler, 0, wanted->policy, &parameter) == 0;
}

bool scheduling_apply(const struct scheduling *own, const struct scheduling *wanted)
{
    if (!wanted->is_known)
        return true;
    if (!CPU_EQUAL(&own->processors, &wanted->processors))
        (void) sched_setaffinity(0, sizeof(wanted->processors), &wanted->processors);
    if (own->io_priority != wanted->io_priority)
        (void) syscall(SYS_ioprio_set, IO_PRIORITY_OF_PROCESS, 0, wanted->io_priority);
    return (own->policy == wanted->policy && own->priority == wanted->priority) ||
           apply_policy(wanted);
}

bool scheduling_is_same(const struct scheduling *a, const struct scheduling *b)
{
    return a->is_known == b->is_known && a->policy == b->policy && a->priority == b->priority &&
           a->io_priority == b->io_priority && CPU_EQUAL(&a->processors, &b->processors);
}
