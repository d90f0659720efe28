/*
 * Makes the value of MAKEFLAGS, the variable by which make, and other programs that know its protocol, learn of a
 * jobserver. No state.
 */
#ifndef K3THREAD_CLI_WORKER_MAKEFLAGS_H
#define K3THREAD_CLI_WORKER_MAKEFLAGS_H

/*
 * Returns OLD, the client's MAKEFLAGS (NULL: none), with a jobserver of JOBS jobs, whose tokens are read
 * from the descriptor TAKE and written back to RETURN. If OLD names a jobserver, leaves that out: the
 * command does not have its descriptors. The result is to be freed; NULL without memory.
 */
char *makeflags_join(const char *old, unsigned jobs, int take, int return_);

#endif
