#include "cli/place/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Holds more than two lines of the journal, which are cut to 512 bytes. */
#define TAIL_SIZE 2048

/* Puts the end of the journal into TAIL, as a string. Returns 0 or -errno. */
static int read_tail(const char *journal, char *tail)
{
    int     fd = open(journal, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    off_t   end = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
    ssize_t size =
        end >= 0 ? pread(fd, tail, TAIL_SIZE - 1, end < TAIL_SIZE ? 0 : end - (TAIL_SIZE - 1)) : -1;
    int error = size < 0 ? -errno : 0;

    if (fd >= 0)
        close(fd);
    if (error != 0)
        return error;
    tail[size] = '\0';
    return 0;
}

/*
 * Returns the words of the last line that can be a reason, or NULL. A line is "DATE [PID] WORDS"; the
 * line behind the last newline is empty. The line "ended" is no reason, and the lines before "serving"
 * are from another supervisor.
 */
static const char *last_words(char *tail)
{
    for (;;) {
        char       *line = strrchr(tail, '\n');
        const char *words = strstr(line != NULL ? line : tail, "] ");

        if (words != NULL && strcmp(words, "] ended") != 0)
            return strncmp(words, "] serving ", 10) != 0 ? words + 2 : NULL;
        if (line == NULL)
            return NULL;
        *line = '\0';
    }
}

void reason_add(const struct place *place, struct text *text)
{
    char       *journal = place_find_journal(place);
    char        tail[TAIL_SIZE];
    const char *words;
    int         error = journal != NULL ? read_tail(journal, tail) : -ENOMEM;

    if (error != 0) {
        text_printf(text, ": it could not use %s: %s", place->journal, strerror(-error));
    } else {
        words = last_words(tail);
        if (words != NULL)
            text_printf(text, ": %s", words);
    }
    free(journal);
}
