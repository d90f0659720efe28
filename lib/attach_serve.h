/*
 * Runs the hidden thread of an attached process, which raises the exceptions that the supervisor sends, and tells
 * the supervisor about the threads of this process. attach_state.h has the state that it shares with other threads.
 */
#ifndef K3THREAD_ATTACH_SERVE_H
#define K3THREAD_ATTACH_SERVE_H

/*
 * Attaches this process, the command of the thread ID, to the supervisor at PATH, and starts the hidden thread.
 * Call k3t_attach_begin() first. Returns 0. On failure ends the attachment, and returns a negative error.
 */
int k3t_attach_serve(const char *path, const char *id);

#endif
