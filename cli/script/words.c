#include "cli/script/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void words_end(struct text *bytes, size_t *count)
{
    text_append(bytes, "", 1);
    ++*count;
}

void words_add(struct text *bytes, const char *word, size_t *count)
{
    text_add(bytes, word);
    words_end(bytes, count);
}

int words_make(struct words *ret, struct text *bytes, size_t count)
{
    char **list = bytes->failed ? NULL : calloc(count + 1, sizeof(*list));
    char  *word = bytes->data;

    if (list == NULL) {
        text_release(bytes);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = word;
        word += strlen(word) + 1;
    }
    *ret = (struct words){.count = count, .list = list, .bytes = bytes->data};
    *bytes = (struct text){0};
    return 1;
}

void words_release(struct words *words)
{
    free(words->list);
    free(words->bytes);
    *words = (struct words){0};
}
