/* Shows the command of a thread or a process as a shell would read it. */
#ifndef K3THREAD_CLI_VIEW_COMMAND_TEXT_H
#define K3THREAD_CLI_VIEW_COMMAND_TEXT_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdbool.h>

/* Adds WORDS, a command in a reply of the supervisor, cut to COLUMNS columns. Returns true if it was cut. */
bool command_text_add(struct text *text, const json_t *words, size_t columns);

#endif
