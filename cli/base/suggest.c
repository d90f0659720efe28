#include "cli/base/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* The longest word for which a suggestion is made: this bounds the work. */
#define WORD_MAX 40

static bool is_same(char a, char b)
{
    return tolower((unsigned char) a) == tolower((unsigned char) b);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Returns the number of letters that must be inserted, dropped, changed or swapped with their neighbour to
 * make B from A (Damerau and Levenshtein; case does not count). Three rows of the table are enough.
 */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t  rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *next = before;

        before = above;
        above = row;
        row = next;
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t change = above[j - 1] + !is_same(a[i - 1], b[j - 1]);

            row[j] = least(change, 1 + least(above[j], row[j - 1]));
            if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[b_length];
}

/* Returns the distance of CANDIDATE from WORD. A candidate that begins with the word is near. */
static size_t rate(const char *word, const char *candidate)
{
    size_t length = strlen(word);
    size_t other = strlen(candidate);

    if (length > WORD_MAX || other > WORD_MAX)
        return WORD_MAX;
    if (length >= 3 && strncasecmp(word, candidate, length) == 0)
        return 1;
    return distance(word, length, candidate, other);
}

void suggest_consider(struct suggestion *suggestion, const char *candidate)
{
    size_t found = rate(suggestion->word, candidate);
    size_t limit = strlen(suggestion->word) / 3 + 1;

    if (found > limit || (suggestion->nearest != NULL && found >= suggestion->distance))
        return;
    suggestion->nearest = candidate;
    suggestion->distance = found;
}
