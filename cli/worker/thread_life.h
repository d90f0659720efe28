/*
 * The life of a thread in its worker: it waits for the delay and in the queue, runs the command,
 * restarts it if the job says so, and posts each change to the mailbox.
 */
#ifndef K3THREAD_CLI_WORKER_THREAD_LIFE_H
#define K3THREAD_CLI_WORKER_THREAD_LIFE_H

/* The k3thread_target of a worker; ASSIGNMENT is a struct assignment. */
void *thread_life_run(void *assignment);

#endif
