/* Lists the words of a kind (completion_kinds.h): the words that can stand at the cursor, and what they mean. */
#ifndef K3THREAD_CLI_COMMANDS_COMPLETION_WORDS_H
#define K3THREAD_CLI_COMMANDS_COMPLETION_WORDS_H

#include "cli/base/text.h"
#include "cli/commands/command.h"
#include "cli/commands/completion_kinds.h"

#include <jansson.h>

/*
 * Adds all words of KIND, each with a NUL behind it. The caller leaves out words that do not begin with
 * the part that the user has typed. For options, adds the options of COMMAND, or of the program if that is NULL.
 * LISTED is what complete_ask() has returned, or NULL. Adds no files and no programs: the shell completes them.
 */
void complete_add(struct text *text, enum complete_kind kind, const struct command *command,
                  const json_t *listed);

/* Adds the meaning of WORD, which complete_add() has added, in a few words, if it has one. */
void complete_describe(struct text *text, enum complete_kind kind, const struct command *command,
                       const char *word);

#endif
