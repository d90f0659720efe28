/*
 * The attachment of this process to its supervisor, as its threads share it: whether there is one, what they ask the
 * hidden thread to do, and what fork and exit need. attach_serve.h has the hidden thread, attach.c the public
 * functions.
 */
#ifndef K3THREAD_ATTACH_STATE_H
#define K3THREAD_ATTACH_STATE_H

#include "record.h"

/*
 * Begins an attachment: returns 0, or -EALREADY while another thread begins or ends one. *RET_THERE says whether
 * there is one; then nothing has begun. MAIN, of which a reference is taken, is the thread that gets the exceptions
 * for no thread in particular; NULL: the process's main thread.
 */
int k3t_attach_begin(struct k3thread *main, bool *ret_there);

/* Says that the attachment serves, with the eventfd that wakes the hidden thread; and that it has ended. */
void k3t_attach_serves(int wake);
void k3t_attach_ended(void);

/* Says that the attachment is about to end: the hidden thread is woken no more. */
void k3t_attach_ending(void);

/* Keeps the descriptors of the connection, which a forked child closes. -1: none. Call it before they are closed. */
void k3t_attach_keep(int socket, int permit);

/* Returns true if the hidden thread is to end. */
bool k3t_attach_must_stop(void);

/* Returns a reference to the thread that gets the exceptions for no thread in particular, or NULL. */
struct k3thread *k3t_attach_main(void);

/*
 * Has the hidden thread tell the supervisor all there is to tell, and waits until the supervisor has it, for SECONDS.
 * If TYPE is not NULL, it and MESSAGE are told as the exception that ends the process. Returns 0; -ENOENT if there is
 * no attachment; -ETIMEDOUT; or -ECONNRESET.
 */
int k3t_attach_tell(const k3thread_exctype *type, const char *message, int seconds);

/* For the hidden thread: the number of the last such request, and its exception; and that it has its reply. */
unsigned k3t_attach_asked(const k3thread_exctype **ret_type, char *ret_message);
void     k3t_attach_answer(unsigned number);

/* Ends the attachment and waits until the hidden thread has ended, for SECONDS. Returns -ENOENT if there is none. */
int k3t_attach_stop(int seconds);

/* Take and give the lock, around fork; and adapt to the child, which is not attached. */
void k3t_attach_lock(void);
void k3t_attach_unlock(void);
void k3t_attach_in_child(void);

#endif
