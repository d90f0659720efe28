/* Walks through argp's lists of options, and finds options in them. */
#ifndef K3THREAD_CLI_COMMANDS_OPTION_LIST_H
#define K3THREAD_CLI_COMMANDS_OPTION_LIST_H

#include <argp.h>
#include <stddef.h>

/*
 * Return the first option of LIST, which may be NULL, and the option behind OPTION. NULL: there is no
 * such option.
 */
const struct argp_option *option_first(const struct argp_option *list);
const struct argp_option *option_next(const struct argp_option *option);

/* Returns the option whose long name is the LENGTH bytes at NAME, or NULL. */
const struct argp_option *option_find(const struct argp_option *list, const char *name,
                                      size_t length);

/* Returns the option with that LETTER, or NULL. */
const struct argp_option *option_find_letter(const struct argp_option *list, char letter);

#endif
