#include "cli/base/string_list.h"

#include <stdlib.h>

void string_list_free(char **strings)
{
    for (char **s = strings; s != NULL && *s != NULL; s++)
        free(*s);
    free(strings);
}
