/* Finds words and numbers in a thread object of a reply of the supervisor. */
#ifndef K3THREAD_CLI_VIEW_THREAD_TEXT_H
#define K3THREAD_CLI_VIEW_THREAD_TEXT_H

#include "cli/base/text.h"
#include "cli/view/table.h"

#include <jansson.h>

/* Adds the rows of PART, a part of the table that the supervisor sends for `list`. */
void thread_add_rows(struct table *table, const json_t *part);

/* Adds the end of THREAD, in the words of result.h. */
void thread_add_result(struct text *text, const json_t *thread);

/*
 * Adds the reason why the command never ran. Adds nothing if the command ran, or if an exception ended
 * the thread first.
 */
void thread_add_reason(struct text *text, const json_t *thread);

/* Adds ": " and the message of the exception that ended THREAD, if there is one. */
void thread_add_message(struct text *text, const json_t *thread);

/* Adds that a process of THREAD could not be ended, if that is the case. */
void thread_add_unended(struct text *text, const json_t *thread);

/* Returns the exit status that stands for the end of THREAD. */
int thread_status(const json_t *thread);

/* Returns the id of THREAD; 0 if it has none. */
json_int_t thread_id(const json_t *thread);

/* Adds BYTES, which come from a reply, escaped for a terminal. */
void thread_add_bytes(struct text *text, const json_t *bytes);

#endif
