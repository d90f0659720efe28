/*
 * Keeps the accounts of the threads: adds up the processor time of a thread's ended processes, and keeps the most
 * memory that one of them had. The kernel gives these figures when a process is reaped, so the functions of
 * this file reap every process of a thread.
 *
 * The figures of a process include the children that it has waited for. A process counts towards the thread
 * that its mark names. Without a mark, it counts towards the thread whose command leads its session.
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

/* The processor time and the memory that processes have used. */
struct usage {
    double   user, system; /* seconds of processor time */
    uint64_t memory;       /* bytes: the most that one of the processes had in memory at a time */
};

/* The account of one thread. */
struct account {
    uint64_t     id;     /* the thread's */
    pid_t        leader; /* the pid of the command until it is reaped; else 0 */
    struct usage usage;
    LIST_ENTRY(account) link;
};

/* Open an empty account for the thread ID, in memory of the caller, and close it. */
void account_open(struct account *account, uint64_t id);
void account_close(struct account *account);

/* Notes the pid of the thread's command; 0: none runs. */
void account_set_leader(struct account *account, pid_t leader);

/* Replaces the figures of ACCOUNT by USAGE, which another machine has measured. */
void account_put(struct account *account, const struct usage *usage);

struct usage account_usage(struct account *account);

/*
 * Reaps a dead child as waitid() does, without waiting, and adds its figures to ACCOUNT. Returns false if no
 * such child is dead. Fills *RET as waitid() does.
 */
bool account_reap(struct account *account, idtype_t type, id_t id, siginfo_t *ret);

/*
 * Reaps a dead child of the calling thread or, with P_PID, of any thread of the supervisor, and adds its
 * figures to the account that it counts towards, if there is one. Returns false if no such child is dead.
 */
bool account_reap_any(idtype_t type, id_t id);

#endif
