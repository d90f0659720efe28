/*
 * The commands. Their table is the one list that the parser, the help, the shell and the
 * completions are made from.
 *
 * Adding a command:
 *   1. commands/NAME.c defines `const struct command command_NAME`: its words, its options, a
 *      parser that fills its own options struct, and a function that does the work.
 *   2. COMMANDS below gets X(NAME) where help shall show it.
 *   3. man/k3thread.1 gets its section (a test holds the page against the table).
 * Only the fast entry (cli/quick) has a list of its own: the commands that it can do by itself.
 */
#ifndef K3THREAD_CLI_COMMANDS_COMMAND_H
#define K3THREAD_CLI_COMMANDS_COMMAND_H

#include "cli/client/client.h"
#include "cli/commands/chain.h"
#include "cli/place/place.h"

#include <argp.h>
#include <stdbool.h>
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
    X(watch)                                                                                       \
    X(clear)                                                                                       \
    X(supervise)                                                                                   \
    X(shutdown)                                                                                    \
    X(exceptions)                                                                                  \
    X(completion)                                                                                  \
    X(version)                                                                                     \
    X(help)

/* What the common part does before a command's own function is called. */
enum command_flags {
    COMMAND_PLACE = 1 << 0,    /* works out where the supervisor lives: session->place */
    COMMAND_CONNECTS = 1 << 1, /* needs a supervisor: session->client is connected, or status 69 */
    COMMAND_STARTS = 1 << 2,   /* the same, and starts a supervisor if there is none */
    COMMAND_IN_ORDER = 1 << 3, /* the first word that is no option ends the options */
    COMMAND_ENDED = 1 << 4,    /* its threads may have ended */
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

struct call;

struct command {
    const char               *name;
    const char               *alias;     /* or NULL */
    const char               *arguments; /* what follows the options in the usage, or NULL */
    const char               *doc;       /* the summary; behind \v what help says at the end */
    enum command_group        group;
    unsigned                  flags;
    const struct argp_option *options;      /* ends with {0}; or NULL */
    size_t                    options_size; /* of the struct that parse gets, zeroed, as input */

    /*
     * An argp parser; state->input is the options struct. It never exits: what is wrong is
     * returned through command_usage() or command_refuse(). NULL: no options, no arguments.
     */
    argp_parser_t parse;

    /* Does the work; returns the exit status. */
    int (*run)(struct call *call);

    /* Frees what parse put into the options, also after a parse that failed. Or NULL. */
    void (*release)(void *options);
};

/* What the commands of one run of the program share. Zeroed, it is ready. */
struct session {
    const char   *label;  /* -L */
    const char   *socket; /* -S */
    struct place  place;  /* place.socket is NULL until a command wants it */
    struct client client;

    /* The commands are a script's: ids are not printed, and who runs it handles an interrupt. */
    bool scripted;

    /* Nobody waits between two commands: starts need no answer before the next, see chain.h. */
    bool         chains;
    struct chain chain;

    /* The signal that ended the last command; the program is to end by it too. 0: none did. */
    int ended_by;

    /* The last command only started something: nothing is known to be over since. */
    bool only_started;
};

struct call {
    const struct command *command;
    struct session       *session;
    void                 *options;
};

extern const struct argp_option command_common_options[]; /* --help, --usage, --version */

/* The table, in its order; NULL past the end. */
const struct command *command_at(size_t index);

/* By name or alias; NULL if there is none. */
const struct command *command_find(const char *name);

/* For one who runs a Procfile as a script. */
#define PROCFILE_ADVICE "a Procfile is run by 'run --procfile FILE'"

/* Says that there is no command NAME, and which one may be meant; returns the exit status. */
int command_unknown(const char *name);

/* Parses WORDS (a command, its options and arguments) and runs it. Returns the exit status. */
int command_execute(struct session *session, int count, char **words);

/* Print the help on standard output; return the exit status. NAME as in command_parse(). */
int command_print_help(const struct argp *argp, const char *name);
int command_print_own_help(const struct command *command);

/* Shows the program's help on standard error, where no command was given. Returns the exit status. */
int command_explain(const struct argp *argp);

/* Closes the connection and frees what the session holds. */
void session_release(struct session *session);

/*
 * Parse with argp and without its exits, in the way that all commands and the program itself do.
 * NAME is "start", or NULL for the program. Returns -1 when the work can go on, else the status.
 */
int command_parse(const struct argp *argp, unsigned flags, const char *name, int count,
                  char **words, void *input);

/* For parsers: says what is wrong with the usage, and how to get help; returns EINVAL. */
__attribute__((format(printf, 2, 3))) error_t command_usage(const struct argp_state *state,
                                                            const char              *format, ...);

/* For parsers: an argument's value is illegal: a ValueError. Returns what the parser returns. */
__attribute__((format(printf, 2, 3))) error_t command_refuse(const struct argp_state *state,
                                                             const char              *format, ...);

/* For parsers: a time with a suffix, as duration.h reads it, into *RET. Returns 0 or the same. */
error_t command_duration(const struct argp_state *state, const char *option, const char *text,
                         double *ret);

/* For run: "k3thread: COMMAND: TYPE: …" on standard error; TYPE may be NULL. Returns STATUS. */
__attribute__((format(printf, 4, 5))) int command_fail(const struct call *call, int status,
                                                       const char *type, const char *format, ...);

/* For run: reports what client.h's functions failed with; returns the exit status. */
int command_failed(const struct call *call);

/* For run: sends TEXT's bytes to standard output; returns 0, or 1 after saying why not. */
int command_print(const struct call *call, const struct text *text);

#define X(name) extern const struct command command_##name;
COMMANDS(X)
#undef X

#endif
