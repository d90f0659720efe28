#include "cli/worker/makeflags.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool begins(const char *word, const char *with)
{
    return strncmp(word, with, strlen(with)) == 0;
}

/* Returns the size of the word at TEXT. A backslash keeps the next character in the word. */
static size_t word_size(const char *text)
{
    size_t size = 0;

    while (text[size] != '\0' && text[size] != ' ')
        size += text[size] == '\\' && text[size + 1] != '\0' ? 2 : 1;
    return size;
}

/* Returns true if WORD names a jobserver, or a number of jobs: "-j", "-j4" or "--jobs=4". */
static bool is_jobserver(const char *word, size_t size)
{
    if (begins(word, "--jobserver-") || begins(word, "--jobs"))
        return true;
    return begins(word, "-j") && strspn(word + 2, "0123456789") == size - 2;
}

/* Copies the options of OLD, up to the variables behind "--", without a jobserver. Returns their end. */
static const char *copy_options(char **to, const char *old)
{
    while (*old != '\0') {
        size_t blanks = strspn(old, " ");
        size_t size = word_size(old + blanks);

        if (size == 2 && begins(old + blanks, "--"))
            break;
        if (!is_jobserver(old + blanks, size))
            *to = mempcpy(*to, old, blanks + size);
        old += blanks + size;
    }
    return old;
}

char *makeflags_join(const char *old, unsigned jobs, int take, int return_)
{
    char  own[80];
    int   size = snprintf(own, sizeof(own), " -j%u --jobserver-auth=%d,%d", jobs, take, return_);
    char *joined, *end;

    if (old == NULL)
        old = "";
    joined = malloc(strlen(old) + (size_t) size + sizeof(" "));
    if (joined == NULL)
        return NULL;
    end = joined;
    old = copy_options(&end, old);
    end = mempcpy(end, own, (size_t) size);
    if (*old == '-') /* "--" is the first word */
        *end++ = ' ';
    memcpy(end, old, strlen(old) + 1);
    return joined;
}
