/*
 * Attachments: a process of a thread takes exceptions itself. It has one connection for this, over which errands.h
 * sends the exceptions.
 *
 * A process on another machine is attached to the supervisor of the agent there. The supervisor of the run follows
 * that attachment. It keeps an attachment too, which has no connection to the process: see far_process.h.
 *
 * arrive.h decides what an exception does to the thread, and what follows if the exception did not arrive. The
 * server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_ATTACHMENT_H
#define K3THREAD_CLI_SERVER_ATTACHMENT_H

#include "cli/server/arrival.h"
#include "cli/server/client_process.h"
#include "cli/server/connection.h"
#include "cli/server/inner.h"
#include "cli/server/record.h"

#include <jansson.h>

/* The way to a process on another machine; its owner embeds it. */
struct attachment_far {
    /* Sends an exception, as attachment_raise() does. */
    void (*raise)(struct attachment_far *far, const char *inner, const char *exception,
                  const char *message, void (*done)(void *context, const struct arrival *arrival),
                  void       *context);

    /* Returns true if an exception was sent that is not done yet. */
    bool (*awaits)(const struct attachment_far *far);

    /* Notes that the attachment has ended. Calls DONE for each exception that is not done yet. */
    void (*close)(struct attachment_far *far);
};

/* The receiver of an attachment from another machine (following.h), which embeds it. */
struct attachment_follower {
    /* Notes that the attachment of RECORD has ended. Frees the follower. */
    void (*end)(struct attachment_follower *follower, struct record *record);
};

/*
 * Attaches PROCESS to RECORD over CONNECTION, and sends the permit. Takes over the descriptor of PROCESS. Keeps
 * the attachment in *HOLDER until it ends. Replaces an attachment of the same process. Returns the attachment; or
 * NULL with *RET_ERROR set to -EBUSY if another process is attached, or to another -errno.
 */
struct attachment *attachment_open(struct record *record, struct connection *connection,
                                   struct attachment **holder, const struct client_process *process,
                                   int *ret_error);

/* Attaches the process PID of another machine to RECORD, in the same way. */
struct attachment *attachment_open_far(struct record *record, pid_t pid, struct attachment_far *far,
                                       struct attachment **holder);

/*
 * Reads and takes all that the process has sent and the server has not read yet. That may end the attachment.
 * ATTACHMENT may be NULL. Returns false if the process is on another machine, and a reply of it is still to come.
 */
bool attachment_read_last(struct attachment *attachment);

/* Ends ATTACHMENT, which may be NULL. Calls DONE for each exception that is not done yet. */
void attachment_close(struct attachment *attachment);

/* Return the attached process, the record of its thread, and the threads inside the process. */
pid_t                    attachment_pid(const struct attachment *attachment);
struct record           *attachment_record(const struct attachment *attachment);
const struct inner_list *attachment_threads(const struct attachment *attachment);

/* Set and return the follower of the attachment; NULL: it has none. */
void attachment_set_follower(struct attachment *attachment, struct attachment_follower *follower);
struct attachment_follower *attachment_follower(const struct attachment *attachment);

/* Sends EXCEPTION to the process, as errands_add() does, or over the way to another machine. */
void attachment_raise(struct attachment *attachment, const char *inner, const char *exception,
                      const char *message,
                      void (*done)(void *context, const struct arrival *arrival), void *context);

/* Takes REPLY, a line without a method that the process has sent. */
void attachment_take_reply(struct attachment *attachment, const json_t *reply);

/* Note that an inner thread of the process has started, or has ended. */
void attachment_thread_started(struct attachment *attachment, const struct inner *thread,
                               const char *name);
void attachment_thread_ended(struct attachment *attachment, uint64_t id);

/* Notes that the process has published TYPE. Returns false if it has too many types, or without memory. */
bool attachment_publish(struct attachment *attachment, const k3thread_exctype *type);

/* Returns the published type number INDEX, or NULL past the last. ATTACHMENT may be NULL. */
const k3thread_exctype *attachment_type_at(const struct attachment *attachment, size_t index);

/* Returns the type NAME that the process has published, or NULL. ATTACHMENT may be NULL. */
const k3thread_exctype *attachment_find_type(const struct attachment *attachment, const char *name);

/* Note that an exception is sent to the process to end the thread, and return true if that was noted. */
void attachment_begin_end(struct attachment *attachment);
bool attachment_is_ending(const struct attachment *attachment);

#endif
