/*
 * For the supervisor of an agent: lets the supervisor of the run follow the attachment of a process here. That
 * supervisor sends "follow", and gets the news of the process until the attachment ends. The process gets the reply
 * to its "attach" only after that "follow": so an exception that is raised in the thread later arrives in the
 * process. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_FOLLOWING_H
#define K3THREAD_CLI_SERVER_FOLLOWING_H

#include "cli/server/attachment.h"
#include "cli/server/call.h"

#include <jansson.h>

/* Returns the attachment of the thread ID of this supervisor, or NULL. */
struct attachment *following_find(json_int_t id);

/* Answers CALL, the "attach" of the process of ATTACHMENT, when there is a follower, or fails it when there is none. */
void following_await(struct attachment *attachment, struct call *call);

/* Makes CALL the follower of ATTACHMENT, or fails it. */
void following_begin(struct attachment *attachment, struct call *call);

/* Passes NEWS, the parameters of a "tell" of ATTACHMENT's process, on to the follower, if there is one. */
void following_tell(const struct attachment *attachment, const json_t *news);

#endif
