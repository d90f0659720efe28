/*
 * Reads and sets how the kernel shares out processors and disks to a process: the processors that it may use
 * (taskset(1)), its policy (chrt(1)) and its I/O priority (ionice(1)). Niceness is in limits.h.
 */
#ifndef K3THREAD_CLI_PROCESS_SCHEDULING_H
#define K3THREAD_CLI_PROCESS_SCHEDULING_H

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

/* The scheduling of one process. Zeroed, nothing is known of it. */
struct scheduling {
    bool      is_known;
    cpu_set_t processors; /* empty: not known, as of more processors than a set has */
    int       policy, priority;
    int       io_priority;
};

/* Reads how the process PID is scheduled, 0: this thread. Nothing is known if there is no such process. */
struct scheduling scheduling_read(pid_t pid);

/*
 * Schedules this thread, which is scheduled as OWN says, as WANTED says; the child calls it between fork and exec.
 * Returns false if the policy is forbidden.
 */
bool scheduling_apply(const struct scheduling *own, const struct scheduling *wanted);

bool scheduling_is_same(const struct scheduling *a, const struct scheduling *b);

#endif
