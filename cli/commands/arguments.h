/* Helps the commands' parsers (argp): reports wrong options and arguments, and reads numbers. */
#ifndef K3THREAD_CLI_COMMANDS_ARGUMENTS_H
#define K3THREAD_CLI_COMMANDS_ARGUMENTS_H

#include "cli/base/variables.h"

#include <argp.h>
#include <errno.h>
#include <stdbool.h>

/*
 * Results of a parser, besides 0 and ENOMEM. argp wants error numbers; no parser uses these numbers
 * for another purpose.
 */
enum arguments_result {
    ARGUMENTS_WRONG = EINVAL,   /* wrong usage; a hint at --help follows */
    ARGUMENTS_REFUSED = ERANGE, /* an illegal value; the message is enough */
    ARGUMENTS_DONE = ECANCELED, /* the work is done, for example by --help */
    ARGUMENTS_FAILED = EIO,     /* the work was tried, and failed */
};

/* Reports wrong usage. Returns the value that the parser must return. */
__attribute__((format(printf, 2, 3))) error_t command_usage(const struct argp_state *state,
                                                            const char              *format, ...);

/*
 * Reports an illegal value of an argument, as a ValueError. Returns the value that the parser must
 * return.
 */
__attribute__((format(printf, 2, 3))) error_t command_refuse(const struct argp_state *state,
                                                             const char              *format, ...);

/*
 * Reads WORD, the name or id of one thread, into *RET. Refuses a pattern. Returns the value that the parser must
 * return.
 */
error_t command_one_thread(const struct argp_state *state, const char *word, const char **ret);

/*
 * Refuses WORDS, up to a NULL, if a word means threads inside a process, as web/worker does. Returns the
 * value that the parser must return.
 */
error_t command_whole_threads(const struct argp_state *state, char *const *words);

/*
 * Sets *FLAG to true, or *WORD to ARGUMENT, for an option that does nothing else. Returns false if both FLAG and WORD
 * are NULL: the option does more than that.
 */
bool command_set(bool *flag, const char **word, const char *argument);

/* Reads TEXT, a duration (duration.h), into *RET. Returns the value that the parser must return. */
error_t command_duration(const struct argp_state *state, const char *option, const char *text,
                         double *ret);

/*
 * Reads TEXT, a whole number from LEAST to MOST, into *RET. WANTED, for the message, describes the
 * numbers that OPTION takes. Returns the value that the parser must return.
 */
error_t command_number(const struct argp_state *state, const char *option, const char *text,
                       unsigned least, unsigned most, const char *wanted, unsigned *ret);

/*
 * The option --slots of `run` and `supervise`: its entry in their lists of options, and its value.
 */
#define SLOTS_OPTION(key)                                                                          \
    {                                                                                              \
        "slots", key, "N", 0,                                                                      \
            "Run at most N commands at a time, not counting daemons; further ones queue", 0        \
    }
error_t command_slots_option(const struct argp_state *state, const char *text, unsigned *ret);

/* The option --jobserver of the same commands. */
#define JOBSERVER_OPTION(key)                                                                      \
    {                                                                                              \
        "jobserver", key, NULL, 0,                                                                 \
            "Share the slots with the jobs of each make that a command runs", 0                    \
    }

/* Returns SLOTS, or as many as there are processors if it is 0 and the slots are to be LIMITED. */
unsigned command_slots_default(unsigned slots, bool limited);

/*
 * Adds the variables of the file NAME, the argument of --env-file, to RET. Returns the value that the parser
 * must return.
 */
error_t command_env_file(const struct argp_state *state, const char *name, struct variables *ret);

/* Returns the name of the command whose parser has STATE; NULL for the program's own parser. */
const char *command_of(const struct argp_state *state);

#endif
