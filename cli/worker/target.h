/*
 * The life of a thread in its worker: it waits out the delay and the queue, runs the command, again if
 * it is to be restarted, and posts what happens to the mailbox.
 */
#ifndef K3THREAD_CLI_WORKER_TARGET_H
#define K3THREAD_CLI_WORKER_TARGET_H

/* The k3thread_target of a worker; ASSIGNMENT is a struct assignment. */
void *worker_run(void *assignment);

#endif
