#include "cli/base/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *ret)
{
    uint64_t number;

    /* strtoull() takes blanks and signs too, and what comes behind a number. */
    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    number = strtoull(text, NULL, 10);
    if (errno != 0 || number < least || number > most)
        return false;
    *ret = number;
    return true;
}
