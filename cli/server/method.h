/*
 * The methods that clients can call.
 *
 * To add a method: write method_NAME.c with its struct method, and name that below and in the table
 * in method.c.
 */
#ifndef K3THREAD_CLI_SERVER_METHOD_H
#define K3THREAD_CLI_SERVER_METHOD_H

#include "cli/server/call.h"

#include <jansson.h>
#include <stdbool.h>

/* One method. */
struct method {
    const char *name;

    /* Ends the call or lets it wait; see call.h. PARAMS is an object or NULL. */
    void (*run)(struct call *call, const json_t *params);

    /* All that it does is for its reply, so it need not run for a client that reads no replies any more. */
    bool only_answers;
};

/* Returns the method NAME, or NULL if there is none. */
const struct method *method_find(const char *name);

/* Each is defined in the file of its name. */
extern const struct method method_arrive, method_attach, method_clear, method_end, method_execute,
    method_exceptions, method_follow, method_host, method_hosts, method_join, method_list,
    method_logs, method_look, method_raise, method_read, method_resize, method_restart, method_send,
    method_shutdown, method_slots, method_start, method_surroundings, method_tell, method_terminal,
    method_version, method_watch;

#endif
