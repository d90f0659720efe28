/*
 * Finds out which kind of word can stand at the cursor, from the table of commands.
 *
 * The kind of each word follows from a command's `arguments`, and from the names of its options' arguments:
 * THREAD, EXCEPTION, COMMAND, FILE and so on.
 */
#ifndef K3THREAD_CLI_COMMANDS_COMPLETION_KINDS_H
#define K3THREAD_CLI_COMMANDS_COMPLETION_KINDS_H

#include "cli/commands/command.h"

#include <argp.h>
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

#endif
