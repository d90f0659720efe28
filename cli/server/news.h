/*
 * The news of an attached process about its threads, its exceptions and its end: the parameters of the method "tell",
 * which the supervisor of a run gets from an agent too. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_NEWS_H
#define K3THREAD_CLI_SERVER_NEWS_H

#include "cli/server/attachment.h"

#include <jansson.h>
#include <stdbool.h>

/* The news of one message. Each member may be NULL. */
struct news {
    const json_t *started, *ended, *published; /* lists */
    const char   *exception;                   /* that ends the process */
    const json_t *message;                     /* of the exception */
};

/* Takes NEWS of ATTACHMENT's process. Stops at wrong news: returns false, with a sentence in *RET_WHY. */
bool news_take(struct attachment *attachment, const struct news *news, const char **ret_why);

#endif
