/*
 * One thread as top knows it: the supervisor's data on it, as words that can be shown.
 *
 * All words are escaped for a terminal: they hold printable UTF-8 alone.
 */
#ifndef K3THREAD_CLI_TOP_ROW_H
#define K3THREAD_CLI_TOP_ROW_H

#include "cli/rpc/protocol.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Facts about a shown row that no event brings; see live.h and last_line.h. */
struct row_live {
    double   time;    /* when the processes were looked at; 0: never */
    double   skipped; /* when that was tried in vain; 0: never */
    double   pause;   /* the seconds until the next look */
    double   cpu;     /* the seconds of processor time that they had used then */
    double   percent; /* of one processor, between the last two looks; NAN: unknown */
    uint64_t memory;  /* bytes */
    char    *line;    /* the last line of the log, or NULL */
    bool
        is_read; /* the line was read since the log was last written to, or the supervisor was asked for it */
};

/* One row. */
struct row {
    int64_t             id;
    char               *name, *command, *result; /* never NULL; the result may be "" */
    char               *log;                     /* the path of the log, not escaped */
    enum protocol_state state;
    bool                daemon, has_terminal;
    bool                is_far;     /* a thread of a run, whose command is on another machine */
    bool                has_failed; /* it has ended, and has failed */
    pid_t               pid;        /* of the command; 0: none runs */
    int64_t             runs;
    double              seconds; /* how long the command has run; NAN: it has not */
    double              time;    /* when SECONDS was right, on the monotonic clock */
    double              cpu;     /* seconds, of the processes that have ended */
    uint64_t            peak;    /* bytes: the most memory that one of these processes had */
    int64_t            *needs;   /* the ids of the threads that it needs */
    size_t              needs_count;
    struct row_live     live;

    /* See rows.h. */
    bool        is_seen;   /* it is in the list that is being taken */
    struct row *next_gone; /* among the rows whose threads were forgotten */

    /* The place of the row on the screen; see arrange.h. */
    bool        is_shown;
    unsigned    depth;   /* how many ancestors it has in the tree */
    bool        is_last; /* no row below has the same parent */
    struct row *parent;  /* the row under which it stands, or NULL */
    struct row *first_child, *last_child, *next_sibling;
};

/*
 * Returns the names of the members of a thread object that row_update() reads: a new reference, or NULL without
 * memory. HAS_LOGS: the logs are files of this machine; otherwise the row has no log.
 */
json_t *row_members(bool has_logs);

/*
 * Makes a row of THREAD, which is as it was at TIME on the monotonic clock. Returns NULL without
 * memory.
 */
struct row *row_new(const json_t *thread, double time);

/* Takes the data of THREAD. Without memory returns false, and leaves the row as it was. */
bool row_update(struct row *row, const json_t *thread, double time);

/* Returns true while the command runs and its time goes on. */
bool row_runs(const struct row *row);

/* Returns the seconds that the command has run at TIME, or NAN. */
double row_seconds(const struct row *row, double time);

/* Returns the state as a word. */
const char *row_state(const struct row *row);

void row_free(struct row *row);

#endif
