#include "cli/base/call_word.h"

#include <stddef.h>
#include <string.h>

const char *call_word_function(const char *word)
{
    const char *colon = strrchr(word, ':');

    return colon != NULL && colon != word && colon[1] != '\0' && strchr(colon, '/') == NULL
               ? colon + 1
               : NULL;
}
