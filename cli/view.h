/* A thread, as the supervisor's reply describes it, shown to a person. */
#ifndef K3THREAD_CLI_VIEW_H
#define K3THREAD_CLI_VIEW_H

#include "cli/text.h"

#include <jansson.h>

/* The table of the threads in the array THREADS, cut to WIDTH columns (0: not cut). */
void view_add_table(struct text *text, const json_t *threads, size_t width);

/* The members of a thread that the table shows: all that has to be asked for. */
json_t *view_table_members(void);

/* How a thread ended: "-" (not yet), "exit 0", "SIGTERM", "SystemExit, SIGTERM". */
void view_add_result(struct text *text, const json_t *thread);

/* The exit status that stands for the end of THREAD. */
int view_status(const json_t *thread);

/* A thread's number; 0 if the reply has none. */
json_int_t view_id(const json_t *thread);

/* Bytes out of a reply, escaped for a terminal. */
void view_add_bytes(struct text *text, const json_t *bytes);

#endif
