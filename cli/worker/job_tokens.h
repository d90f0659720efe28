/*
 * One run's part of the jobserver (run --jobserver): the two descriptors by which a command takes tokens
 * and returns them. A token is the right to run one more job beside the first.
 *
 * Each run has descriptors of its own, so that the supervisor knows the tokens of a killed command. The
 * command takes tokens from a fifo, because inotify reports a read from a fifo. It returns them to a pipe, so
 * that the supervisor gets each returned token. cli/server/jobserver.h decides which command gets the next token.
 *
 * The worker makes this object before it spawns its command, and then hands the object to the server. When the
 * run is over, the worker tells the server, which frees the object.
 */
#ifndef K3THREAD_CLI_WORKER_JOB_TOKENS_H
#define K3THREAD_CLI_WORKER_JOB_TOKENS_H

#include "cli/base/text.h"
#include "cli/process/spawn.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* The command's two descriptors, in the order of MAKEFLAGS. */
enum { JOB_TOKENS_TAKE, JOB_TOKENS_RETURN, JOB_TOKENS_ENDS };

/* The tokens of one run. */
struct job_tokens {
    uint64_t thread;  /* the id */
    int      fifo;    /* has the offered token; open for reading and writing, without blocking */
    int      returns; /* the reading end of the pipe, which never blocks */
    int      watch;   /* inotify's number for the fifo */
    void    *share;   /* the server's */

    struct spawn_descriptor ends[JOB_TOKENS_ENDS]; /* the command's; closed after the spawn */

    /* Guarded by the lock of job_tokens.c. */
    bool has_begun, has_ended;
    bool is_posted;
    STAILQ_ENTRY(job_tokens) link;
};

/* Lets each run that begins have tokens. INOTIFY will report each read from a fifo. Call it once. */
void job_tokens_enable(int inotify);

/* Sets the number of jobs that MAKEFLAGS will name. */
void job_tokens_set_number(unsigned number);

/*
 * Opens the descriptors for a run of the thread ID with PLAN. Puts NULL into *RET if there is no jobserver.
 * Returns 0, or -errno with WHY. Any thread may call it.
 */
int job_tokens_open(struct job_tokens **ret, uint64_t id, const struct spawn_plan *plan,
                    struct text *why);

/* Adds the command's ends to PLAN. TOKENS may be NULL. */
void job_tokens_extend(const struct job_tokens *tokens, struct spawn_plan *plan);

/* Returns the command's MAKEFLAGS, which replaces OLD, the client's; to be freed. NULL without memory. */
char *job_tokens_makeflags(const struct job_tokens *tokens, const char *old);

/* Hands TOKENS, which may be NULL, to the server, when the command has been spawned. */
void job_tokens_begin(struct job_tokens *tokens);

/* Ends the use of TOKENS, which may be NULL. Call it when no process of the run is left. */
void job_tokens_end(struct job_tokens *tokens);

/*
 * Returns the tokens of a run that has begun or ended since the last call, or NULL if there is none. Sets
 * *RET_ENDED to whether it has ended: then the caller frees the tokens. The server's thread only.
 */
struct job_tokens *job_tokens_next(bool *ret_ended);

void job_tokens_free(struct job_tokens *tokens);

#endif
