/*
 * Keeps the state of this process's attachment to its supervisor, which all threads share under a lock: whether
 * there is an attachment, and which tasks the hidden thread has. attach_serve.h runs the hidden thread; attach.c
 * has the public functions.
 */
#ifndef K3THREAD_ATTACH_STATE_H
#define K3THREAD_ATTACH_STATE_H

#include "record.h"

/*
 * Begins an attachment. If there is one already, only sets *RET_THERE to true, else to false. Returns 0, or
 * -EALREADY while another thread begins or ends an attachment. Exceptions that name no thread will go to MAIN, to
 * which the attachment takes a reference; if MAIN is NULL, to the process's main thread.
 */
int k3t_attach_begin(struct k3thread *main, bool *ret_there);

/*
 * Note that the hidden thread serves the attachment, and that the attachment has ended. WAKE is the eventfd that
 * wakes the hidden thread.
 */
void k3t_attach_note_served(int wake);
void k3t_attach_note_ended(void);

/* Notes that the attachment is about to end: from now on nothing wakes the hidden thread. */
void k3t_attach_note_ending(void);

/*
 * Notes the descriptors of the connection (-1: none), so that a forked child can close its copies. Call this with
 * -1 before closing the descriptors.
 */
void k3t_attach_note_descriptors(int socket, int permit);

/* Returns true if the hidden thread has to end. */
bool k3t_attach_must_stop(void);

/* Returns a reference to the thread that gets the exceptions that name no thread, or NULL. */
struct k3thread *k3t_attach_main(void);

/*
 * Asks the hidden thread to tell the supervisor all news, and waits until the supervisor has replied, for SECONDS at
 * most. If TYPE is not NULL, the news include TYPE and MESSAGE, as the exception that ends the process. Returns 0;
 * -ENOENT if there is no attachment; -ETIMEDOUT; or -ECONNRESET.
 */
int k3t_attach_ask_to_tell(const k3thread_exctype *type, const char *message, int seconds);

/*
 * The hidden thread calls these. The first returns the number of the last request of k3t_attach_ask_to_tell() and its
 * exception; the second notes that the supervisor has replied to the requests up to NUMBER.
 */
unsigned k3t_attach_asked(const k3thread_exctype **ret_type, char *ret_message);
void     k3t_attach_note_reply(unsigned number);

/*
 * Ends the attachment, and waits until the hidden thread has ended, for SECONDS at most. Returns 0, -ENOENT if there
 * is no attachment, or -ETIMEDOUT.
 */
int k3t_attach_stop(int seconds);

/*
 * Take and release the lock, around fork. The last is called in the child, which is not attached: it resets the
 * state, and releases the lock.
 */
void k3t_attach_lock(void);
void k3t_attach_unlock(void);
void k3t_attach_in_child(void);

#endif
