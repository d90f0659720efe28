/*
 * What the word at the cursor can become, worked out from the table of commands.
 *
 * A command's `arguments` and the names of its options' arguments say of which kind each word is:
 * THREAD, EXCEPTION, COMMAND, FILE and so on.
 */
#ifndef K3THREAD_CLI_COMMANDS_COMPLETE_H
#define K3THREAD_CLI_COMMANDS_COMPLETE_H

#include "cli/base/text.h"
#include "cli/commands/session.h"

#include <argp.h>
#include <jansson.h>
#include <stddef.h>

/* Kinds of words, and the names in usages that stand for them. */
#define COMPLETE_KINDS(X)                                                                          \
    X(THREAD, "THREAD")                                                                            \
    X(EXCEPTION, "EXCEPTION")                                                                      \
    X(FILE, "FILE SCRIPT SOCKET ARGUMENT")                                                         \
    X(DIRECTORY, "DIR")                                                                            \
    X(PROGRAM, "COMMAND")                                                                          \
    X(SHELL, "SHELL")                                                                              \
    X(TOPIC, "TOPIC")                                                                              \
    X(POLICY, "POLICY")                                                                            \
    X(PROBE, "PROBE")                                                                              \
    X(SIGNAL, "SIGNAL")

enum complete_kind {
    COMPLETE_NOTHING, /* nobody knows it but the user */
    COMPLETE_COMMAND, /* of the table */
    COMPLETE_OPTION,
    COMPLETE_LABEL, /* of a supervisor: -L */
#define X(name, words) COMPLETE_##name,
    COMPLETE_KINDS(X)
#undef X
};

/* Of which kind is the argument of OPTION? */
enum complete_kind complete_kind_of_option(const struct argp_option *option);

/* Of which kind is the word CURRENT behind COUNT words, the first of which is a command? */
enum complete_kind complete_kind_at(char *const *words, size_t count, const char *current,
                                    const struct command **ret_command);

/*
 * All words of KIND, each with a NUL behind it; what begins otherwise than the user's word is the
 * caller's to leave out. COMMAND is the one whose options are meant. THREADS is the reply to
 * `list`, or NULL. Files and programs are not known here.
 */
void complete_add(struct text *text, enum complete_kind kind, const struct command *command,
                  const json_t *threads);

/* What WORD, which complete_add() gave, means: in a few words, or nothing. */
void complete_describe(struct text *text, enum complete_kind kind, const struct command *command,
                       const char *word);

/*
 * Returns the threads that COMMAND can be about, a new reference, or NULL: without a supervisor,
 * which a look at them does not start. Uses the session's connection.
 */
json_t *complete_threads(struct session *session, const struct command *command);

#endif
