/*
 * Finds the words that can stand at the cursor, in the table of commands.
 *
 * The kind of each word follows from a command's `arguments`, and from the names of its options' arguments:
 * THREAD, EXCEPTION, COMMAND, FILE and so on.
 */
#ifndef K3THREAD_CLI_COMMANDS_COMPLETION_WORDS_H
#define K3THREAD_CLI_COMMANDS_COMPLETION_WORDS_H

#include "cli/base/text.h"
#include "cli/commands/command.h"

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The kinds of words, and the names that stand for them in usages. */
#define COMPLETE_KINDS(X)                                                                          \
    X(THREAD, "THREAD")                                                                            \
    X(EXCEPTION, "EXCEPTION")                                                                      \
    X(FILE, "FILE SCRIPT SOCKET ARGUMENT LIBRARY:FUNCTION")                                        \
    X(DIRECTORY, "DIR")                                                                            \
    X(PROGRAM, "COMMAND")                                                                          \
    X(SHELL, "SHELL")                                                                              \
    X(TOPIC, "TOPIC")                                                                              \
    X(POLICY, "POLICY")                                                                            \
    X(PROBE, "PROBE")                                                                              \
    X(PROBE_LATER, "")                                                                             \
    X(SIGNAL, "SIGNAL")                                                                            \
    X(NEED, "NEED")                                                                                \
    X(HOST, "HOST")                                                                                \
    X(SLOTS, "N|none")                                                                             \
    X(LEAKS, "ACTION")

enum complete_kind {
    COMPLETE_NOTHING, /* a word that only the user can know */
    COMPLETE_COMMAND,
    COMPLETE_OPTION,
    COMPLETE_LABEL, /* a supervisor's name, for -L */
#define X(name, words) COMPLETE_##name,
    COMPLETE_KINDS(X)
#undef X
};

/* Returns the kind of the argument that OPTION takes. VALUE is the part that the user has typed. */
enum complete_kind complete_kind_of_option(const struct argp_option *option, const char *value);

/* Returns the kind of the word CURRENT. COUNT WORDS stand before it; the first is a command. */
enum complete_kind complete_kind_at(char *const *words, size_t count, const char *current,
                                    const struct command **ret_command);

/*
 * Adds all words of KIND, each with a NUL behind it. The caller leaves out words that do not begin with
 * the part that the user has typed. For options, adds the options of COMMAND. LISTED is what
 * complete_ask() has returned, or NULL. Adds no files and no programs: the shell completes them.
 */
void complete_add(struct text *text, enum complete_kind kind, const struct command *command,
                  const json_t *listed);

/* Adds the meaning of WORD, which complete_add() has added, in a few words, if it has one. */
void complete_describe(struct text *text, enum complete_kind kind, const struct command *command,
                       const char *word);

#endif
