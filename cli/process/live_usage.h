/*
 * Adds up what the processes of a thread use now: its command, and the processes below it. The processes that have
 * ended are counted by account.h.
 */
#ifndef K3THREAD_CLI_PROCESS_LIVE_USAGE_H
#define K3THREAD_CLI_PROCESS_LIVE_USAGE_H

#include <stdint.h>
#include <sys/types.h>

struct live_usage {
    double
        cpu; /* seconds of processor time, with the children that these processes have waited for */
    uint64_t memory;    /* bytes in memory */
    unsigned processes; /* how many there are */
};

/* Returns the usage of PID and of the processes below it. At most MAX processes are counted. */
struct live_usage live_usage_read(pid_t pid, unsigned max);

#endif
