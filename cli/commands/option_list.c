#include "cli/commands/option_list.h"

#include <string.h>

const struct argp_option *option_first(const struct argp_option *list)
{
    return list != NULL && (list->name != NULL || list->key != 0) ? list : NULL;
}

const struct argp_option *option_next(const struct argp_option *option)
{
    return option_first(option + 1);
}

const struct argp_option *option_find(const struct argp_option *list, const char *name,
                                      size_t length)
{
    const struct argp_option *option;

    for (option = option_first(list); option != NULL; option = option_next(option))
        if (option->name != NULL && strlen(option->name) == length &&
            strncmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

const struct argp_option *option_find_letter(const struct argp_option *list, char letter)
{
    const struct argp_option *option;

    for (option = option_first(list); option != NULL; option = option_next(option))
        if (option->key == letter)
            return option;
    return NULL;
}
