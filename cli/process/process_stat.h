/* Reads the state of a process from /proc. The process lives, or is dead but not reaped. */
#ifndef K3THREAD_CLI_PROCESS_PROCESS_STAT_H
#define K3THREAD_CLI_PROCESS_PROCESS_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The state of one process at one look. */
struct process_stat {
    char     name[64]; /* the program's name, as the kernel keeps it */
    char     state;    /* 'R': it runs or wants to, 'D': it waits for a disk, 'S': it sleeps, ... */
    bool     leader_is_exiting; /* its first thread is dead or is ending */
    bool     is_exiting;        /* all of its threads are: it can do nothing else */
    unsigned threads;
    double   spent; /* seconds of processor time, its waited-for children left out */
    uint64_t began; /* when it began, in ticks since the boot; with the pid it names one process */
};

/* Reads the state of PID. Returns false if there is no such process. */
bool process_stat_read(pid_t pid, struct process_stat *ret);

/* Returns the age, in seconds, of a process whose "began" is BEGAN. */
double process_stat_age(uint64_t began);

/*
 * Returns true if a thread of PID, whose state is STAT, computes or waits for the processor or a disk. A server
 * that waits for clients, for example, is not at work.
 */
bool process_stat_is_at_work(pid_t pid, const struct process_stat *stat);

#endif
