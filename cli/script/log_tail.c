#include "cli/script/log_tail.h"

#include "cli/base/file_end.h"

#include <string.h>

/* Returns the index at which the last LINES lines of SIZE bytes begin. */
static size_t find_lines(const char *bytes, size_t size, size_t lines)
{
    while (size > 0 && (bytes[size - 1] != '\n' || --lines > 0))
        size--;
    return size;
}

/*
 * Leaves out zeros: if --log-limit has removed the oldest bytes of the log, zeros are in their place.
 */
void log_tail_add(struct text *text, const char *path, size_t lines, size_t bytes)
{
    struct text end = {0};
    size_t      first;

    if (text_reserve(&end, bytes))
        end.size = file_end_read(path, end.data, bytes);
    if (end.size > 0 && end.data[end.size - 1] == '\n')
        end.size--;
    first = find_lines(end.data, end.size, lines);
    while (first < end.size && end.data[first] == '\0')
        first++;
    if (first < end.size)
        text_append(text, end.data + first, end.size - first);
    text_release(&end);
}

const char *log_tail_next(const struct text *tail, size_t *at, size_t *ret_size)
{
    const char *line = *at < tail->size ? tail->data + *at : NULL;
    const char *newline = line != NULL ? memchr(line, '\n', tail->size - *at) : NULL;

    if (line == NULL)
        return NULL;
    *ret_size = newline != NULL ? (size_t) (newline - line) : tail->size - *at;
    *at += *ret_size + (newline != NULL);
    return line;
}
