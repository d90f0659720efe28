/* The end of a thread's output, as a reply quotes it. */
#ifndef K3THREAD_CLI_SERVER_TAIL_H
#define K3THREAD_CLI_SERVER_TAIL_H

#include "cli/place/logfile.h"
#include "cli/server/record.h"

#include <jansson.h>
#include <sys/types.h>

/*
 * Puts the last LINES lines (negative: all) of LOG from START on into *RET, 64 KiB at most; NULL if
 * memory is lacking. Returns 0 or -errno.
 */
int tail_quote(struct logfile *log, off_t start, json_int_t lines, json_t **ret);

/*
 * Returns the last LINES lines of RECORD's output, as bytes; an empty string if they cannot be
 * read, or NULL if memory is lacking.
 */
json_t *tail_of(const struct record *record, json_int_t lines);

#endif
