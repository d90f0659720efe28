/* The parameters of methods, which have names, and the errors of wrong ones. */
#ifndef K3THREAD_CLI_SERVER_PARAMS_H
#define K3THREAD_CLI_SERVER_PARAMS_H

#include "cli/server/call.h"

#include <jansson.h>
#include <stdbool.h>

enum param_kind {
    PARAM_ANY,     /* const json_t *, borrowed; the method checks what it is */
    PARAM_STRING,  /* const char *, borrowed */
    PARAM_NUMBER,  /* double */
    PARAM_INTEGER, /* json_int_t */
    PARAM_BOOLEAN, /* bool */
};

/* One parameter of a method. A table of them ends with {0}. */
struct param {
    const char     *name;
    enum param_kind kind;
    void           *ret; /* stays as it is if the parameter is left out, or null */
    bool            required;
};

/*
 * Fills what TABLE (NULL: no parameters at all) points to out of PARAMS, an object or NULL. Returns
 * false, with CALL failed, if one is missing, of the wrong kind, or not in the table.
 */
bool params_take(struct call *call, const json_t *params, const struct param *table);

/* Returns the sum of what BIT makes of each of NAMES; 0 if one is unknown, or they are no list. */
unsigned params_sum(const json_t *names, unsigned (*bit)(const char *name));

/*
 * Reads which members of a thread the client wants, as a sum of record_member()s: all, or those in
 * the list NAMES. Returns false, with CALL failed and *RET untouched, if it is no such list: *RET may
 * be the call's own.
 */
bool params_members(struct call *call, const json_t *names, unsigned *ret);

#endif
