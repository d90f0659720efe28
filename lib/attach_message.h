/* The messages of the supervisor to an attached process, as they come: lines of JSON. */
#ifndef K3THREAD_ATTACH_MESSAGE_H
#define K3THREAD_ATTACH_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define K3T_ATTACH_ID                                                                              \
    1 /* of the request to attach; the requests that tell something have larger ones */

/* One message. The strings are in its line; NULL and 0 stand for what it does not have. */
struct k3t_message {
    int64_t id, code, thread_id;
    bool    failed; /* it is an error, CODE */
    char   *method, *thread, *exception, *text;
};

/* Reads LINE of SIZE bytes, which is changed. Returns false if it is no message. */
bool k3t_message_read(char *line, size_t size, struct k3t_message *ret);

#endif
