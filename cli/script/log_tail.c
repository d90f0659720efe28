#include "cli/script/log_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Appends the last bytes of FD, BYTES at most. */
static void read_end(struct text *text, int fd, size_t bytes)
{
    struct stat info;
    ssize_t     size;

    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || !text_reserve(text, bytes))
        return;
    size = pread(fd, text->data + text->size, bytes,
                 info.st_size > (off_t) bytes ? info.st_size - (off_t) bytes : 0);
    if (size > 0)
        text->size += (size_t) size;
}

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
    int         fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return;
    read_end(&end, fd, bytes);
    close(fd);
    if (end.size > 0 && end.data[end.size - 1] == '\n')
        end.size--;
    first = find_lines(end.data, end.size, lines);
    while (first < end.size && end.data[first] == '\0')
        first++;
    if (first < end.size)
        text_append(text, end.data + first, end.size - first);
    text_release(&end);
}
