#include "cli/script/pace.h"

#include <string.h>

/* A script with fewer starts in a row never waits, and is not read ahead. */
#define ROW_MIN 1000

/* In the tail, the script waits once for this many starts. */
#define STRIDE 256

/*
 * The options that a plain start may have (is_plain()). Each has a value. A start with any other option is not plain.
 */
static const char *const options[] = {"-n", "--name", "-t", "--timeout",   "-g", "--grace",
                                      "-e", "--env",  "-C", "--directory", "-o", "--output"};

/* Returns the number of words that the option WORD takes up: 2, or 1 with its value in it; 0 if not in OPTIONS. */
static size_t size_of_option(const char *word)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        size_t length = strlen(options[i]);

        if (strcmp(word, options[i]) == 0)
            return 2;
        if (strncmp(word, options[i], length) == 0 && word[1] == '-' && word[length] == '=')
            return 1;
    }
    return 0;
}

/* Returns true if WORDS are a start that refers to no earlier thread, has no delay, and does not wait. */
static bool is_plain(const struct words *words)
{
    size_t i = 1, size;

    if (strcmp(words->list[0], "start") != 0)
        return false;
    while (i < words->count && words->list[i][0] == '-' && strcmp(words->list[i], "--") != 0) {
        size = size_of_option(words->list[i]);
        if (size == 0)
            return false;
        i += size;
    }
    return i < words->count;
}

/*
 * Looks at the commands that follow in SOURCE, up to one that is not plain, and sets pace->next_unplain to its line. If
 * there is none, the tail has begun.
 */
static void look_ahead(struct pace *pace, const struct command_source *source)
{
    struct command_source ahead;
    struct words          words = {0};
    struct text           why = {0};
    int                   found;

    if (!command_source_open_ahead(&ahead, source)) {
        pace->is_wanted = false;
        return;
    }
    while ((found = command_source_next(&ahead, &words, &why)) > 0 && is_plain(&words)) {
        words_release(&words);
        pace->rest++;
    }
    words_release(&words);
    pace->is_tail = found == 0;
    pace->next_unplain = ahead.line;
    if (!pace->is_tail)
        pace->rest = pace->row = 0;
    text_release(&why);
    command_source_close_ahead(&ahead, source);
}

bool pace_note(struct pace *pace, const struct command_source *source, const struct words *words)
{
    if (!pace->is_wanted || source->script->plan != NULL)
        return false;
    if (source->script->each != NULL)
        pace->is_tail = true;
    if (!pace->is_tail) {
        pace->row = source->line > pace->next_unplain && is_plain(words) ? pace->row + 1 : 0;
        if (pace->row >= ROW_MIN)
            look_ahead(pace, source);
        return pace->is_tail;
    }
    pace->rest -= pace->rest > 0;
    return ++pace->row % STRIDE == 0;
}
