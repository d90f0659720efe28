/* Runs a thread that the library has started. start.c has the side of its starter. */
#ifndef K3THREAD_RUN_H
#define K3THREAD_RUN_H

/* Runs the calling thread from its beginning to its end. ARG is its record. */
void *k3t_run(void *arg);

#endif
