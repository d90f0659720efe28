/* Lists of options as argp has them: going through one, and finding an option in it. */
#ifndef K3THREAD_CLI_COMMANDS_OPTION_LIST_H
#define K3THREAD_CLI_COMMANDS_OPTION_LIST_H

#include <argp.h>
#include <stddef.h>

/* Each returns an option, or NULL: where LIST, which may be NULL, is empty, or OPTION is its last. */
const struct argp_option *option_first(const struct argp_option *list);
const struct argp_option *option_next(const struct argp_option *option);

/* Returns the option whose long name is the LENGTH bytes at NAME; NULL if LIST has none. */
const struct argp_option *option_find(const struct argp_option *list, const char *name,
                                      size_t length);

/* Returns the option of that LETTER; NULL if LIST has none. */
const struct argp_option *option_find_letter(const struct argp_option *list, char letter);

#endif
