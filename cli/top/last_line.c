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

void last_line_add(struct text *text, const char *path)
{
    char        block[END_SIZE];
    int         fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    size_t      end = fd >= 0 ? read_end(fd, block) : 0;
    struct text line = {0};

    if (fd >= 0)
        close(fd);
    while (end > 0 && is_blank(&line)) {
        size_t begin = end;

        while (begin > 0 && block[begin - 1] != '\n')
            begin--;
        line.size = 0;
        line_text_add(&line, block + begin, end - begin);
        end = begin > 0 ? begin - 1 : 0;
    }
    if (!is_blank(&line))
        text_append(text, line.data, line.size);
    text->failed |= line.failed;
    text_release(&line);
}
