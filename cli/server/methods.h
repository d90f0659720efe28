/*
 * What clients can call. To add a method: write a function of this type in a file of its own or
 * beside its like, and put it into the table in methods.c.
 */
#ifndef K3THREAD_CLI_SERVER_METHODS_H
#define K3THREAD_CLI_SERVER_METHODS_H

#include "cli/server/call.h"

#include <jansson.h>

/* PARAMS is an object or NULL. The function ends the call or lets it wait; see call.h. */
typedef void method_run(struct call *call, const json_t *params);

struct method {
    const char *name;
    method_run *run;
};

/* NULL if there is none of that name. */
const struct method *methods_find(const char *name);

method_run method_start, method_list, method_raise, method_join, method_logs, method_clear,
    method_exceptions, method_shutdown, method_version, method_watch;

/*
 * Which members of the threads are wanted, as a sum of record_member()s: all, or those in the list
 * NAMES. Returns false, with the call failed and *RET untouched, if it is no such list: *RET may be
 * the call's own.
 */
bool params_members(struct call *call, const json_t *names, unsigned *ret);

/* The last LINES lines that a thread printed (a few at the most), as bytes. */
json_t *log_tail(const struct record *record, json_int_t lines);

#endif
