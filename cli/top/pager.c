#include "cli/top/pager.h"

#include "cli/top/line_text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A longer line is shown as several lines. */
#define LINE_MAX_SIZE 16384

/* The bytes that are searched at a time. */
#define SEARCH_SIZE 65536

static int open_log(struct pager *pager)
{
    struct stat info;

    pager->fd = open(pager->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (pager->fd >= 0 && fstat(pager->fd, &info) == 0 && S_ISREG(info.st_mode)) {
        pager->device = info.st_dev;
        pager->inode = info.st_ino;
        return 0;
    }
    if (pager->fd >= 0)
        close(pager->fd);
    pager->fd = -1;
    return -ENOENT;
}

int pager_open(struct pager *pager, const char *path)
{
    bool is_other;

    *pager = (struct pager){.path = strdup(path), .fd = -1};
    if (pager->path == NULL)
        return -ENOMEM;
    (void) pager_look(pager, &is_other);
    return 0;
}

/* Finds the first whole line of the file. With --log-limit, the file begins with a hole. */
static void find_begin(struct pager *pager)
{
    off_t data = lseek(pager->fd, 0, SEEK_DATA);

    if (data > 0)
        pager->begin = pager_next(pager, data);
    else
        pager->begin = data < 0 && errno == ENXIO ? pager->size : 0;
}

bool pager_look(struct pager *pager, bool *ret_is_other)
{
    struct stat info;
    off_t       before = pager->size, began = pager->begin;

    *ret_is_other = false;
    if (stat(pager->path, &info) == 0 && S_ISREG(info.st_mode) &&
        (pager->fd < 0 || info.st_dev != pager->device || info.st_ino != pager->inode)) {
        if (pager->fd >= 0)
            close(pager->fd);
        *ret_is_other = open_log(pager) == 0;
    }
    if (pager->fd >= 0 && fstat(pager->fd, &info) == 0) {
        pager->size = info.st_size;
        find_begin(pager); /* the hole may have grown although nothing was written */
        *ret_is_other |= pager->size < before;
    }
    return *ret_is_other || pager->size != before || pager->begin != began;
}

/* Reads up to SIZE bytes at POSITION. Returns their number. */
static size_t read_at(const struct pager *pager, off_t position, char *block, size_t size)
{
    ssize_t n = pager->fd >= 0 ? pread(pager->fd, block, size, position) : 0;

    return n > 0 ? (size_t) n : 0;
}

off_t pager_next(const struct pager *pager, off_t position)
{
    char        block[LINE_MAX_SIZE];
    size_t      size = read_at(pager, position, block, sizeof(block));
    const char *newline = memchr(block, '\n', size);

    return position + (off_t) (newline != NULL ? (size_t) (newline - block) + 1 : size);
}

off_t pager_previous(const struct pager *pager, off_t position)
{
    char  block[LINE_MAX_SIZE];
    off_t begin = position - pager->begin > LINE_MAX_SIZE ? position - LINE_MAX_SIZE : pager->begin;
    size_t size = position > begin ? read_at(pager, begin, block, (size_t) (position - begin)) : 0;
    const char *newline = size > 1 ? memrchr(block, '\n', size - 1) : NULL;

    return newline != NULL ? begin + (newline - block) + 1 : begin;
}

off_t pager_end(const struct pager *pager, size_t lines)
{
    off_t position = pager->size;

    for (; lines > 0 && position > pager->begin; lines--)
        position = pager_previous(pager, position);
    return position;
}

void pager_add_line(const struct pager *pager, off_t position, struct text *text)
{
    char        block[LINE_MAX_SIZE];
    size_t      size = read_at(pager, position, block, sizeof(block));
    const char *newline = memchr(block, '\n', size);

    line_text_add(text, block, newline != NULL ? (size_t) (newline - block) : size);
}

/* Returns the index of TEXT in SIZE bytes, or -1. */
static ssize_t find_in(const char *block, size_t size, const char *text, size_t length)
{
    for (size_t i = 0; i + length <= size; i++)
        if (tolower((unsigned char) block[i]) == tolower((unsigned char) text[0]) &&
            strncasecmp(block + i, text, length) == 0)
            return (ssize_t) i;
    return -1;
}

off_t pager_find(const struct pager *pager, off_t position, const char *text)
{
    char   block[SEARCH_SIZE];
    size_t length = strlen(text), size;

    if (length == 0 || length > SEARCH_SIZE / 2)
        return -1;
    while ((size = read_at(pager, position, block, sizeof(block))) >= length) {
        ssize_t found = find_in(block, size, text, length);

        if (found >= 0)
            return pager_previous(pager, position + found + 1);
        position += (off_t) (size - length + 1);
    }
    return -1;
}

void pager_close(struct pager *pager)
{
    if (pager->fd >= 0)
        close(pager->fd);
    free(pager->path);
    *pager = (struct pager){.fd = -1};
}
