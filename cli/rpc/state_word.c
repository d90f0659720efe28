#include "cli/rpc/state_word.h"

#include <string.h>

static const char *const words[] = {
#define X(name, word) word,
    PROTOCOL_STATES(X)
#undef X
};

const char *state_word(enum protocol_state state)
{
    return words[state];
}

bool state_read(const json_t *thread, enum protocol_state *ret)
{
    const char *word = json_string_value(json_object_get(thread, "state"));

    for (size_t i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(word, words[i]) == 0) {
            *ret = (enum protocol_state) i;
            return true;
        }
    return false;
}
