#include "cli/top/last_line.h"

#include "cli/top/line_text.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* The number of bytes at the end of a log that are read. */
#define END_SIZE 4096

/* Reads the end of FD, which is a regular file. Returns the number of bytes. */
static size_t read_end(int fd, char *block)
{
    struct stat info;
    ssize_t     n;

    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        return 0;
    n = pread(fd, block, END_SIZE, info.st_size > END_SIZE ? info.st_size - END_SIZE : 0);
    return n > 0 ? (size_t) n : 0;
}

static bool is_blank(const struct text *text)
{
    for (size_t i = 0; i < text->size; i++)
        if (text->data[i] != ' ')
            return false;
    return true;
}

void last_line_find(struct text *text, const char *end, size_t size)
{
    struct text line = {0};

    while (size > 0 && is_blank(&line)) {
        size_t begin = size;

        while (begin > 0 && end[begin - 1] != '\n')
            begin--;
        line.size = 0;
        line_text_add(&line, end + begin, size - begin);
        size = begin > 0 ? begin - 1 : 0;
    }
    if (!is_blank(&line))
        text_append(text, line.data, line.size);
    text->failed |= line.failed;
    text_release(&line);
}

void last_line_add(struct text *text, const char *path)
{
    char block[END_SIZE];
    int  fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return;
    last_line_find(text, block, read_end(fd, block));
    close(fd);
}
