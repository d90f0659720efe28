/*
 * The requests that start, join and raise threads and list them: their parameters, and how these
 * are written.
 *
 * The parsers of the command line fill the structs, those of the commands as well as the quick
 * way's (cli/quick), which calls these functions before the C library has begun: see QUICK_SHARED
 * in the Makefile. A struct borrows all words. Each function appends one JSON object to PARAMS.
 */
#ifndef K3THREAD_CLI_CLIENT_REQUEST_H
#define K3THREAD_CLI_CLIENT_REQUEST_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct start_request {
    char *const *command;                   /* up to a NULL */
    const char  *here;                      /* the current directory, where relative paths begin */
    const char  *name, *directory, *output; /* NULL: not given */
    const char  *input;                     /* a file; NULL: none */
    bool         input_stays_open;          /* without a file */
    const char  *ready, *restart, *stop_signal;        /* NULL: not given */
    double       after, timeout, grace, ready_timeout; /* seconds; negative: not given */
    int64_t      log_limit;                            /* bytes; 0: none */
    char *const *needs;                                /* names and ids */
    size_t       needs_count;
    char *const *environment; /* this process's own, up to a NULL */
    char *const *variables;   /* which are set in it anew: NAME=VALUE, in order */
    size_t       variables_count;
    bool environment_known; /* the connection's last start sent the same environment and limits */
    bool daemon, keep, chained;
    bool is_sure; /* of a chained one: as far as can be seen from here, it will run */
};

/* Sets what is not 0 where it is not given. */
void request_init_start(struct start_request *ret);

void request_write_start(struct text *params, const struct start_request *request);

struct raise_request {
    const char *thread; /* a name, an id or a pattern; NULL: all */
    const char *exception;
    const char *message; /* or NULL */
};

void request_write_raise(struct text *params, const struct raise_request *request);

struct join_request {
    const char *thread;  /* a name or an id */
    double      timeout; /* seconds; negative: none */
    bool        ready;   /* waits until the thread is ready, not until it ends */
};

void request_write_join(struct text *params, const struct join_request *request);

struct list_request {
    char *const *threads; /* names, ids and patterns, up to a NULL; NULL: all */
    bool         live;
    enum list_form { LIST_TABLE, LIST_IDS, LIST_OBJECTS } form;
};

void request_write_list(struct text *params, const struct list_request *request);

/*
 * Returns true if THREAD is an id, which goes into *RET; every other word is a name or a pattern.
 */
bool request_is_id(const char *thread, int64_t *ret);

#endif
