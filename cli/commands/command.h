/*
 * The commands. Their table is the one list that the parser, the help, the shell and the
 * completions are made from.
 *
 * Adding a command:
 *   1. commands/NAME.c defines `const struct command command_NAME`: its words, its options, a
 *      parser that fills its own options struct, and a function that does the work.
 *   2. COMMANDS below gets X(NAME), at the position in which help is to show it.
 *   3. man/k3thread.1 gets its section (a test holds the page against the table).
 * Only the fast entry (cli/quick) has a list of its own: the commands that it can do by itself.
 *
 * A command is run by execute.h, its options are read with arguments.h, and it reports with
 * report.h.
 */
#ifndef K3THREAD_CLI_COMMANDS_COMMAND_H
#define K3THREAD_CLI_COMMANDS_COMMAND_H

#include <argp.h>
#include <stddef.h>

/* In the order in which help shows them. */
#define COMMANDS(X)                                                                                \
    X(start)                                                                                       \
    X(daemon)                                                                                      \
    X(run)                                                                                         \
    X(shell)                                                                                       \
    X(list)                                                                                        \
    X(logs)                                                                                        \
    X(join)                                                                                        \
    X(raise)                                                                                       \
    X(restart)                                                                                     \
    X(watch)                                                                                       \
    X(clear)                                                                                       \
    X(supervise)                                                                                   \
    X(shutdown)                                                                                    \
    X(exceptions)                                                                                  \
    X(completion)                                                                                  \
    X(version)                                                                                     \
    X(help)

/* What execute.c does before it calls the command's own function, and facts about the command. */
enum command_flags {
    COMMAND_PLACE = 1 << 0,    /* finds out where the supervisor is: session->place */
    COMMAND_CONNECTS = 1 << 1, /* needs a supervisor: session->client is connected, or status 69 */
    COMMAND_STARTS = 1 << 2,   /* the same, and starts a supervisor if there is none */
    COMMAND_IN_ORDER = 1 << 3, /* the first word that is no option ends the options */
    COMMAND_ENDED = 1 << 4,    /* takes threads that have ended, too */
    COMMAND_DAEMON = 1 << 5,   /* the thread that it starts is a daemon */
};

/* The headings of the overview. */
#define COMMAND_GROUPS(X)                                                                          \
    X(THREADS, "Threads")                                                                          \
    X(WATCHING, "Looking and acting")                                                              \
    X(SUPERVISOR, "The supervisor")                                                                \
    X(HELP, "Help")

enum command_group {
#define X(name, heading) COMMAND_GROUP_##name,
    COMMAND_GROUPS(X)
#undef X
};

struct invocation;

struct command {
    const char               *name;
    const char               *alias;     /* or NULL */
    const char               *arguments; /* what follows the options in the usage, or NULL */
    const char               *doc;       /* the summary, and behind \v the end of its help */
    enum command_group        group;
    unsigned                  flags;
    const struct argp_option *options;      /* ends with {0}; or NULL */
    size_t                    options_size; /* of the options struct, which is zeroed at first */

    /*
     * An argp parser; state->input is the options struct. It never exits: it says what is wrong by
     * command_usage() or command_refuse(), and returns what they return. NULL: the command takes
     * no options and no arguments.
     */
    argp_parser_t parse;

    /* Does the work; returns the exit status. */
    int (*run)(struct invocation *call);

    /* Frees what `parse` has put into the options, also if it failed; or NULL. */
    void (*release)(void *options);
};

/* Returns the command at INDEX of the table; NULL past the end. */
const struct command *command_at(size_t index);

/* Returns the command of that name or alias; NULL if there is none. */
const struct command *command_find(const char *name);

#define X(name) extern const struct command command_##name;
COMMANDS(X)
#undef X

#endif
