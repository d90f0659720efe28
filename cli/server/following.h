/*
 * For the supervisor of an agent: how the supervisor of the run follows the attachment of a process here. It sends
 * "follow", and is told until the attachment ends what the process tells. A process learns that it is attached only
 * then, so that whatever is raised in its thread later arrives in it. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_FOLLOWING_H
#define K3THREAD_CLI_SERVER_FOLLOWING_H

#include "cli/server/attachment.h"
#include "cli/server/call.h"

#include <jansson.h>

/* Answers CALL, the "attach" of the process of ATTACHMENT, when there is a follower, or fails it when there is none. */
void following_await(struct attachment *attachment, struct call *call);

/* Makes CALL the follower of ATTACHMENT, or fails it. */
void following_begin(struct attachment *attachment, struct call *call);

/* Passes NEWS, what the process of ATTACHMENT tells, on to the follower, if there is one. */
void following_tell(const struct attachment *attachment, const json_t *news);

#endif
