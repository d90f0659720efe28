/* A thread, as the supervisor's reply describes it, shown to a person. */
#ifndef K3THREAD_CLI_VIEW_VIEW_H
#define K3THREAD_CLI_VIEW_VIEW_H

#include "cli/base/text.h"
#include "cli/view/table.h"

#include <jansson.h>

/* Adds the rows out of a part of the table that `list` answers. */
void view_add_rows(struct table *table, const json_t *part);

/* How a thread ended, in the words of result.h. */
void view_add_result(struct text *text, const json_t *thread);

/* Why the command never ran, if it did not and no exception kept it from that; else nothing. */
void view_add_reason(struct text *text, const json_t *thread);

/* Adds ": " and what the exception said that ended the thread, if one did and said anything. */
void view_add_message(struct text *text, const json_t *thread);

/* Adds that a process of the thread could not be ended, if that is so. */
void view_add_unended(struct text *text, const json_t *thread);

/* The exit status that stands for the end of THREAD. */
int view_status(const json_t *thread);

/* A thread's number; 0 if the reply has none. */
json_int_t view_id(const json_t *thread);

/* Bytes out of a reply, escaped for a terminal. */
void view_add_bytes(struct text *text, const json_t *bytes);

#endif
