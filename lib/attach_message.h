/* Reads the messages of the supervisor to an attached process, which are lines of JSON. */
#ifndef K3THREAD_ATTACH_MESSAGE_H
#define K3THREAD_ATTACH_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The id of the request to attach. The requests of k3t_attach_ask_to_tell() have larger ids. */
#define K3T_ATTACH_ID 1

/* The codes of errors that both sides use; k3thread-protocol(7) has all codes. */
#define K3T_CODE_VALUE_ERROR       (-32002)
#define K3T_CODE_INVALID_THREAD_ID (-32003)
#define K3T_CODE_SEND_RAISE_ERROR  (-32004)
#define K3T_CODE_PERMISSION_ERROR  (-32008)
#define K3T_CODE_BUSY_ERROR        (-32011)

/* One message of the supervisor. The strings point into its line. A member that the message lacks is NULL or 0. */
struct k3t_message {
    int64_t id, code, thread_id;
    bool    failed; /* the message is an error, with CODE */
    char   *method, *thread, *exception, *text;
};

/*
 * Reads the message in LINE, which has SIZE bytes; the strings are decoded in place. Returns false if LINE is not a
 * message.
 */
bool k3t_message_read(char *line, size_t size, struct k3t_message *ret);

#endif
