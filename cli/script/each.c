#include "cli/script/each.h"

#include "cli/base/thread_name.h"

#include <errno.h>

/* The mark in a command that stands for the word. */
#define MARK "{}"

/* A name is cut to this many bytes: a number may follow. */
#define NAME_BYTES (THREAD_NAME_MAX - 8)

/* Stands before the condition of a need, so a name that is made from a word gets none. */
#define BEFORE_CONDITION ':'

void each_open(struct each *each, int fd)
{
    /* With .begun a byte-order mark is not skipped: it belongs to the word. */
    each->file = (struct file_lines){.fd = fd, .begun = true, .buffer.nul = each->nul};
}

void each_close(struct each *each)
{
    file_lines_release(&each->file);
    unique_names_release(&each->names);
}

/* Reads a word, and ends it with a NUL. Returns 1, 0 at the end, or -errno. */
static int read_word(struct each *each, struct text *word, struct text *why)
{
    char end = each->nul ? '\0' : '\n';
    int  found = file_lines_next(&each->file, false, word);

    if (found <= 0)
        return found;
    each->line++;
    if (word->failed)
        return -ENOMEM;
    if (word->data[word->size - 1] == end)
        word->size--;
    if (memchr(word->data, '\0', word->size) != NULL) {
        text_add(why, "the word holds a NUL byte; with --null, NUL bytes end the words");
        return -EINVAL;
    }
    text_byte(word, '\0', 1);
    return word->failed ? -ENOMEM : 1;
}

/* Returns the end of WORD that has at most SIZE bytes, and begins with a whole character. */
static const char *end_of(const char *word, size_t size)
{
    size_t length = strlen(word);

    if (length > size)
        for (word += length - size; ((unsigned char) *word & 0xc0) == 0x80;)
            word++;
    return word;
}

/*
 * Adds a name for the thread that has WORD: its last bytes, with '_' in place of bytes that a name cannot have.
 * The name is never a number alone, which would be an id.
 */
static int add_name(struct each *each, struct text *bytes, const char *word)
{
    struct text name = {0};
    int         error;

    word = end_of(word, NAME_BYTES);
    if (thread_name_is_id(word, strlen(word))) {
        text_add(&name, *word != '\0' ? "word-" : "empty");
        word = end_of(word, NAME_BYTES - name.size);
    }
    for (; *word != '\0'; word++) {
        bool fits = thread_name_has(*word) && *word != BEFORE_CONDITION;

        text_byte(&name, fits ? *word : '_', 1);
    }
    text_byte(&name, '\0', 1);
    error = name.failed ? -ENOMEM : unique_names_add(&each->names, bytes, name.data);
    text_release(&name);
    return error;
}

/* Adds ARGUMENT with WORD in place of each mark. Returns true if there was a mark. */
static bool add_argument(struct text *bytes, const char *argument, const char *word)
{
    const char *mark;
    bool        found = false;

    while ((mark = strstr(argument, MARK)) != NULL) {
        text_append(bytes, argument, (size_t) (mark - argument));
        text_add(bytes, word);
        argument = mark + strlen(MARK);
        found = true;
    }
    text_add(bytes, argument);
    return found;
}

static void add_command(struct each *each, struct text *bytes, size_t *count, const char *word)
{
    bool found = false;

    for (char *const *argument = each->command; *argument != NULL; argument++) {
        found |= add_argument(bytes, *argument, word);
        words_end(bytes, count);
    }
    if (!found)
        words_add(bytes, word, count);
}

/* Makes the words of the start. Returns 1 or -ENOMEM. */
static int make_words(struct each *each, const char *word, struct words *ret)
{
    struct text bytes = {0};
    size_t      count = 0;
    int         error;

    words_add(&bytes, "start", &count);
    words_add(&bytes, "--name", &count);
    error = add_name(each, &bytes, word);
    words_end(&bytes, &count);
    words_add(&bytes, "--", &count);
    add_command(each, &bytes, &count, word);
    bytes.failed |= error != 0;
    return words_make(ret, &bytes, count);
}

int each_next(struct each *each, struct words *ret, struct text *why)
{
    struct text word = {0};
    int         found = read_word(each, &word, why);

    if (found > 0)
        found = make_words(each, word.data, ret);
    text_release(&word);
    return found;
}
