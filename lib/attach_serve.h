/* The hidden thread of an attached process: raises what the supervisor sends, and tells it what happens here. */
#ifndef K3THREAD_ATTACH_SERVE_H
#define K3THREAD_ATTACH_SERVE_H

/*
 * Attaches this process, of the thread ID, to the supervisor at PATH, and starts the hidden thread. Call
 * k3t_attach_begin() first. Returns 0, or a negative error after ending the attachment.
 */
int k3t_attach_serve(const char *path, const char *id);

#endif
