#include "cli/base/thread_name.h"

#include "cli/base/need_word.h"

#include <string.h>

bool thread_name_is_id(const char *word, size_t length)
{
    return strspn(word, "0123456789") >= length;
}

bool thread_name_has(char byte)
{
    return (unsigned char) byte >= ' ' && byte != 0x7f &&
           strchr(THREAD_NAME_FORBIDDEN, byte) == NULL;
}

/* Puts SENTENCE into WHY. Returns false. */
static bool refuse(struct text *why, const char *sentence)
{
    text_add(why, sentence);
    return false;
}

bool thread_name_check(const char *name, struct text *why)
{
    size_t              length = strlen(name);
    enum need_condition condition;

    if (length == 0)
        return refuse(why, "it is empty");
    if (length > THREAD_NAME_MAX)
        return refuse(why, "it is " THREAD_NAME_TOO_LONG);
    if (thread_name_is_id(name, length))
        return refuse(why, "it is all digits, as ids are");
    for (const char *c = name; *c != '\0'; c++)
        if ((unsigned char) *c < ' ' || *c == 0x7f)
            return refuse(why, "it has a control character");
    if (strpbrk(name, THREAD_NAME_FORBIDDEN) != NULL)
        return refuse(why, "it has a '/' or a pattern character");
    if (need_word_split(name, &condition) != length)
        return refuse(why,
                      "it ends in :ready, :ended or :succeeded, which are conditions of --needs");
    return true;
}
