/* One piece of a log, as a reply of the method "read" holds it. */
#ifndef K3THREAD_CLI_SERVER_LOG_PIECE_H
#define K3THREAD_CLI_SERVER_LOG_PIECE_H

#include "cli/place/logfile.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* One piece. */
struct log_piece {
    char   *data;
    ssize_t size;
    off_t   offset; /* of the first byte */
    bool    gap;    /* bytes before that were lost */
    bool    end;    /* this is the last piece */
    json_t *runs;   /* the beginnings of runs in the piece, or right behind it; NULL: none */
};

/*
 * Reads up to SIZE bytes of LOG into PIECE->data, and finds the runs that begin in them among MARKS. Stops at a gap,
 * where bytes of the log were lost. Returns 0 or -errno. *RET_END becomes true if the end of the log was reached.
 */
int log_piece_read(struct log_piece *piece, struct logfile *log, struct run_marks *marks,
                   size_t size, bool *ret_end);

/* Returns true if PIECE has nothing to tell a client. */
bool log_piece_is_empty(const struct log_piece *piece);

/*
 * Returns PIECE as JSON for the reader NUMBER, with the times of its bytes if TIMES is not NULL. PATH is the log's
 * path. Returns NULL without memory.
 */
json_t *log_piece_to_json(const struct log_piece *piece, json_int_t number, const char *path,
                          struct times_reader *times);

#endif
