/*
 * The commands. The parser, the help, the shell and the completions are all made from this one
 * table.
 *
 * Adding a command:
 *   1. commands/NAME.c defines `const struct command command_NAME`: its words, its options, a
 *      parser that fills its own options struct, and a function that does the work.
 *   2. COMMANDS below gets X(NAME), at the position at which help shows it.
 *   3. man/k3thread.1 gets its section (a test compares the page with the table).
 *
 * Only the quick way (cli/quick) has a list of its own: the commands that it can do by itself.
 *
 * execute.h runs a command, arguments.h reads its options, and report.h prints its failures.
 */
#ifndef K3THREAD_CLI_COMMANDS_COMMAND_H
#define K3THREAD_CLI_COMMANDS_COMMAND_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

/* The commands, in the order in which help shows them. */
#define COMMANDS(X)                                                                                \
    X(start)                                                                                       \
    X(daemon)                                                                                      \
    X(run)                                                                                         \
    X(shell)                                                                                       \
    X(list)                                                                                        \
    X(logs)                                                                                        \
    X(join)                                                                                        \
    X(raise)                                                                                       \
    X(send)                                                                                        \
    X(attach)                                                                                      \
    X(restart)                                                                                     \
    X(top)                                                                                         \
    X(watch)                                                                                       \
    X(clear)                                                                                       \
    X(supervise)                                                                                   \
    X(proxy)                                                                                       \
    X(agent)                                                                                       \
    X(slots)                                                                                       \
    X(shutdown)                                                                                    \
    X(exceptions)                                                                                  \
    X(completion)                                                                                  \
    X(version)                                                                                     \
    X(help)

/* Steps that execute.c takes before it calls the command's function, and facts about the command. */
enum command_flags {
    COMMAND_PLACE = 1 << 0,    /* find the supervisor's place: session->place */
    COMMAND_CONNECTS = 1 << 1, /* connect session->client, or end with status 69 */
    COMMAND_STARTS = 1 << 2, /* connect session->client, and start a supervisor if there is none */
    COMMAND_IN_ORDER = 1 << 3, /* the first word that is not an option ends the options */
    COMMAND_ENDED = 1 << 4,    /* the command also takes threads that have ended */
    COMMAND_DAEMON = 1 << 5,   /* the command starts a daemon thread */
    COMMAND_INNER = 1 << 6,    /* the command also takes threads inside a process, as web/worker */
    COMMAND_HERE = 1 << 7,     /* the command works on this machine, whatever K3THREAD_HOST says */
    COMMAND_NOT_LIVE = 1 << 8, /* the command takes only threads that have ended */
    COMMAND_TTY = 1 << 9,      /* the command takes only threads that have a terminal */
    COMMAND_INPUT = 1 << 10,   /* the command takes only threads whose input is open */
};

/* The headings of the overview, under which commands are listed. */
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
    const char               *arguments; /* the arguments in the usage, or NULL */
    const char               *doc;       /* the summary; behind \v the end of the help */
    enum command_group        group;
    unsigned                  flags;
    const struct argp_option *options;      /* ends with {0}; or NULL */
    size_t                    options_size; /* of the options struct, which begins zeroed */

    /*
     * An argp parser; state->input is the options struct. It never exits: it reports an error by
     * command_usage() or command_refuse(), and returns their result. NULL: the command takes no
     * options and no arguments.
     */
    argp_parser_t parse;

    /*
     * Checks the options when the place is known, before the command is connected; or NULL. Returns STATUS_DONE, or
     * the exit status after reporting a failure.
     */
    int (*check)(struct invocation *invocation);

    /*
     * Returns true if the command exits as its thread did. A failure of k3thread itself must not look like that, and
     * has another status (command_own_failure()). NULL: it does not.
     */
    bool (*exits_as_thread)(const void *options);

    /* Carries out the command. Returns the exit status. */
    int (*run)(struct invocation *invocation);

    /* Frees what `parse` has put into the options, even if `parse` has failed; or NULL. */
    void (*release)(void *options);
};

/* Returns the command at INDEX of the table, or NULL past the end. */
const struct command *command_at(size_t index);

/* Returns the command with that name or alias, or NULL. */
const struct command *command_find(const char *name);

#define X(name) extern const struct command command_##name;
COMMANDS(X)
#undef X

#endif
