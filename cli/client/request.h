/*
 * Writes the parameters of the requests that start, join, raise in and list threads.
 *
 * The parsers of the command line fill the structs: the commands have such parsers, and so has the quick
 * way (cli/quick). The quick way calls these functions before the C library has begun: see
 * QUICK_SHARED in the Makefile. A struct borrows all words. Each function appends one JSON object
 * to PARAMS.
 */
#ifndef K3THREAD_CLI_CLIENT_REQUEST_H
#define K3THREAD_CLI_CLIENT_REQUEST_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parameters of one start. */
struct start_request {
    char *const *command; /* up to a NULL */
    const char  *here;    /* the current directory, at which relative paths begin */
    const char  *name, *directory, *output; /* NULL: not given */
    const char  *host;             /* the other machine on which it is to run; NULL: not given */
    const char  *input;            /* a file; NULL: none */
    bool         call;             /* the command begins with LIBRARY:FUNCTION */
    bool         input_stays_open; /* the input stays open; INPUT is NULL then */
    bool         tty;              /* the command gets a terminal of the size: */
    unsigned     rows, columns;
    bool         attach;                               /* and the client is attached to it */
    const char  *ready, *restart, *stop_signal;        /* NULL: not given */
    double       after, timeout, grace, ready_timeout; /* seconds; negative: not given */
    int64_t      leash;                                /* the id of a process; 0: none */
    int64_t      log_limit;                            /* bytes; 0: none */
    char *const *needs;                                /* names and ids */
    size_t       needs_count;
    bool is_elsewhere; /* the supervisor is on another machine, whose paths and limits hold */
    char *const *environment; /* of the command, up to a NULL; elsewhere, more variables; or NULL */
    bool environment_known;   /* the connection's last start sent the same environment and limits */
    bool if_absent;           /* if a live thread has that name, no new thread is started */
    bool daemon, keep, chained;
    bool is_sure; /* for a chained start: as far as the client can tell, the command will run */
};

/* Marks all parameters as not given. For most of them, that is zero. */
void request_init_start(struct start_request *ret);

void request_write_start(struct text *params, const struct start_request *request);

/*
 * Writes the surroundings of commands that are started from another machine: ENVIRONMENT, the directory HERE, and
 * the limits, umask and niceness of this process.
 */
void request_write_surroundings(struct text *params, char *const *environment, const char *here);

struct raise_request {
    const char *thread; /* a name, an id or a pattern; NULL: all */
    const char *exception;
    const char *message; /* or NULL */
};

void request_write_raise(struct text *params, const struct raise_request *request);

struct join_request {
    const char  *thread;    /* a name or an id; NULL: the first of ANY to end */
    char *const *any;       /* names, ids and patterns */
    size_t       any_count; /* 0: all live threads */
    double       timeout;   /* seconds; negative: none */
    bool         ready;     /* wait until the thread is ready, not until it has ended */
    const char  *until;     /* wait until this probe holds for the thread; NULL: do not */
};

void request_write_join(struct text *params, const struct join_request *request);

struct list_request {
    char *const *threads;      /* names, ids and patterns, up to a NULL; NULL: all */
    bool         live, failed; /* only live threads; only threads that have failed */
    bool         wide;         /* a table with more columns */
    enum list_form { LIST_TABLE, LIST_IDS, LIST_OBJECTS } form;
};

void request_write_list(struct text *params, const struct list_request *request);

/*
 * Returns true if THREAD is an id, and puts it into *RET. Every other word is a name or a pattern.
 */
bool request_is_id(const char *thread, int64_t *ret);

#endif
