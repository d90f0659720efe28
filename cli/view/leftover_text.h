/* Words for the leftovers of a thread. */
#ifndef K3THREAD_CLI_VIEW_LEFTOVER_TEXT_H
#define K3THREAD_CLI_VIEW_LEFTOVER_TEXT_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdbool.h>

/* Returns true if the command of THREAD left a process behind. */
bool thread_has_leftovers(const json_t *thread);

/*
 * Adds the processes that the command of THREAD left behind, such as "process 4711 (sleep 1000)" or
 * "processes 4711 (sleep 1000) and 4712 (nginx, listening on 0.0.0.0:80)". Adds nothing if there are none.
 */
void thread_add_leftovers(struct text *text, const json_t *thread);

#endif
