/* The named parameters of methods, and the errors for wrong parameters. */
#ifndef K3THREAD_CLI_SERVER_PARAMS_H
#define K3THREAD_CLI_SERVER_PARAMS_H

#include "cli/server/call.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum param_kind {
    PARAM_ANY,     /* const json_t *, borrowed; checked by the method */
    PARAM_STRING,  /* const char *, borrowed */
    PARAM_SECONDS, /* double, 0 or more */
    PARAM_INTEGER, /* json_int_t */
    PARAM_COUNT,   /* json_int_t, 0 or more */
    PARAM_UMASK,   /* json_int_t, from 0 to 0777 */
    PARAM_BOOLEAN, /* bool */
};

/* One parameter of a method. A table of them ends with {0}. */
struct param {
    const char     *name;
    enum param_kind kind;
    void           *ret; /* untouched if the parameter is left out or null */
    bool            required;
};

/*
 * Reads PARAMS, an object or NULL, into the variables that TABLE (NULL: no parameters) points to.
 * Returns false, with CALL failed, if a parameter is missing, of the wrong kind, out of range, or not in
 * the table.
 */
bool params_take(struct call *call, const json_t *params, const struct param *table);

/*
 * Returns the sum of BIT(name) over the list NAMES. Returns 0 if a name is unknown, or if NAMES is
 * not a list.
 */
uint64_t params_sum(const json_t *names, uint64_t (*bit)(const char *name));

/*
 * Returns the code of the error for NAMES, a list that params_sum() refuses: a TypeError if it is no list of strings,
 * else a ValueError.
 */
enum protocol_error params_sum_error(const json_t *names);

/*
 * Reads which members of a thread the client wants, as a sum of record_member()s: the members in the list
 * NAMES, or all without a list. Returns false, with CALL failed and *RET untouched, if NAMES is not
 * such a list. RET may point into CALL.
 */
bool params_members(struct call *call, const json_t *names, uint64_t *ret);

#endif
