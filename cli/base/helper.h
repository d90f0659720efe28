/*
 * A helper: a thread that does one job at a time for the thread that owns it, which does other work meanwhile.
 *
 * From helper_begin() until helper_finish() has returned, the job's data belong to the helper. There is no lock: the
 * helper sees what its owner did before the begin, and the owner what the helper did before the end.
 *
 * Only the owner calls these functions. The helper has the owner's signal mask.
 */
#ifndef K3THREAD_CLI_BASE_HELPER_H
#define K3THREAD_CLI_BASE_HELPER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

/* One helper, which must not be moved while it is open. */
struct helper {
    pthread_t thread;
    sem_t     jobs; /* posted for each job */
    int       done; /* an eventfd, which can be read once the job is done */
    bool      busy; /* a job was begun, and not finished */
    void (*work)(void *context);
    void *context;
};

/* Starts the thread. Returns 0 or -errno. */
int helper_open(struct helper *helper);

/* Makes the helper, which is not busy, call WORK with CONTEXT. */
void helper_begin(struct helper *helper, void (*work)(void *context), void *context);

/* Returns true if the helper has no job, or has done it. */
bool helper_is_done(const struct helper *helper);

/* Waits until the job, if there is one, is done. */
void helper_finish(struct helper *helper);

/* Finishes the job, and ends the thread. */
void helper_close(struct helper *helper);

#endif
