/* The hidden thread of an attached process: it raises what the supervisor sends, and tells what happens here. */
#ifndef K3THREAD_ATTACH_SERVE_H
#define K3THREAD_ATTACH_SERVE_H

/*
 * Attaches this process, of the thread ID, to the supervisor at PATH, and starts the hidden thread, after
 * k3t_attach_begin. Returns 0 or a negative error; then the attachment has ended.
 */
int k3t_attach_serve(const char *path, const char *id);

#endif
