#include "cli/base/need_word.h"

#include <string.h>

static const char *const suffixes[] = {
#define X(name, suffix) suffix,
    NEED_CONDITIONS(X)
#undef X
};

size_t need_word_split(const char *word, enum need_condition *ret)
{
    size_t length = strlen(word);

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        size_t size = strlen(suffixes[i]);

        if (length >= size && strcmp(word + length - size, suffixes[i]) == 0) {
            *ret = (enum need_condition) i;
            return length - size;
        }
    }
    *ret = NEED_READY;
    return length;
}
