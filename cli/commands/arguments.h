/* What the commands' parsers (argp) say about an option or an argument that is wrong, and how they read numbers. */
#ifndef K3THREAD_CLI_COMMANDS_ARGUMENTS_H
#define K3THREAD_CLI_COMMANDS_ARGUMENTS_H

#include <argp.h>
#include <errno.h>

/*
 * What a parser returns, besides 0 and ENOMEM. These are error numbers, as argp wants them, which
 * no parser has another use for.
 */
enum arguments_result {
    ARGUMENTS_WRONG = EINVAL,   /* the usage is wrong: a hint at --help follows */
    ARGUMENTS_REFUSED = ERANGE, /* a value is illegal: the message said enough */
    ARGUMENTS_DONE = ECANCELED, /* the work is done, as after --help */
    ARGUMENTS_FAILED = EIO,     /* the same, but it failed */
};

/* Says what is wrong with the usage. Returns what the parser is to return. */
__attribute__((format(printf, 2, 3))) error_t command_usage(const struct argp_state *state,
                                                            const char              *format, ...);

/* Says that the value of an argument is illegal: a ValueError. Returns what the parser is to return. */
__attribute__((format(printf, 2, 3))) error_t command_refuse(const struct argp_state *state,
                                                             const char              *format, ...);

/* Reads TEXT, a time as duration.h has it, into *RET. Returns what the parser is to return. */
error_t command_duration(const struct argp_state *state, const char *option, const char *text,
                         double *ret);

/*
 * Reads TEXT, a whole number from LEAST to MOST, into *RET; WANTED says in a message which numbers
 * OPTION takes. Returns what the parser is to return.
 */
error_t command_number(const struct argp_state *state, const char *option, const char *text,
                       unsigned least, unsigned most, const char *wanted, unsigned *ret);

/* The option --slots of `run` and `supervise`, for their lists of options, and its value. */
#define SLOTS_OPTION(key)                                                                          \
    {                                                                                              \
        "slots", key, "N", 0,                                                                      \
            "Run at most N commands at a time, not counting daemons; further ones queue", 0        \
    }
error_t command_slots(const struct argp_state *state, const char *text, unsigned *ret);

/* Returns the name of the command whose parser has STATE; NULL in the program's own parser. */
const char *command_of(const struct argp_state *state);

#endif
