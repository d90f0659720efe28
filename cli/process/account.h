/*
 * The accounts of the threads: how much processor time, and how much memory at most, the processes of
 * each thread have used that have ended. The kernel tells it when a process is reaped, so every process
 * of a thread is reaped by the functions of this file.
 *
 * What a process tells includes its children that it has waited for. A process is counted to the thread
 * that its mark names, or else to the thread whose command's session it is in.
 *
 * Any thread may call these functions. Their lock may be taken inside the lock of adopted.h.
 */
#ifndef K3THREAD_CLI_PROCESS_ACCOUNT_H
#define K3THREAD_CLI_PROCESS_ACCOUNT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <sys/wait.h>

/* What processes have used. */
struct usage {
    double   user, system; /* seconds of processor time */
    uint64_t memory;       /* bytes: the most that one of the processes had in memory at a time */
};

/* The account of one thread. */
struct account {
    uint64_t     id;     /* the thread's */
    pid_t        leader; /* the command, while it is not reaped; else 0 */
    struct usage usage;
    LIST_ENTRY(account) link;
};

/* Opens an empty account for the thread ID, and closes it. The memory is the caller's. */
void account_open(struct account *account, uint64_t id);
void account_close(struct account *account);

/* Notes the command of the thread; 0: there is none. */
void account_set_leader(struct account *account, pid_t leader);

struct usage account_usage(struct account *account);

/*
 * Reaps a dead child as waitid() does, without waiting, and counts it to ACCOUNT. Returns true if there
 * was one; *RET says how it ended.
 */
bool account_reap(struct account *account, idtype_t type, id_t id, siginfo_t *ret);

/*
 * Reaps a dead child of the calling thread or, with P_PID, of any, and counts it to the account that it
 * belongs to, if there is one. Returns true if there was one.
 */
bool account_reap_any(idtype_t type, id_t id);

#endif
