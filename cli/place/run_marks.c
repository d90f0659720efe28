#include "cli/place/run_marks.h"

#include "cli/base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is larger than this loses its older half. */
#define SIZE_MAX_KEPT (256 * 1024)

/* Reading */

/* Returns the whole file, with a NUL behind it, and its size; NULL without memory or file. */
static char *read_file(int fd, size_t *ret_size)
{
    struct stat info;
    char       *text = NULL;
    ssize_t     n = -1;

    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        text = malloc((size_t) info.st_size + 1);
    if (text != NULL)
        n = pread(fd, text, (size_t) info.st_size, 0);
    if (n < 0) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    *ret_size = (size_t) n;
    return text;
}

/* Reads one line. Returns false if the line is no mark. */
static bool parse(const char *line, struct run_mark *ret)
{
    long long offset, run;
    int       length = 0;

    if (sscanf(line, "%lld %lld %" SCNd64 " %n", &offset, &run, &ret->time, &length) != 3 ||
        offset < 0 || run < 0 || run > UINT_MAX)
        return false;
    ret->offset = (off_t) offset;
    ret->run = (unsigned) run;
    (void) snprintf(ret->how, sizeof(ret->how), "%s", line + length);
    return true;
}

bool run_marks_append(struct run_marks *marks, const struct run_mark *mark)
{
    struct run_mark *grown = array_room(marks->marks, marks->count, sizeof(*grown));

    if (grown == NULL)
        return false;
    marks->marks = grown;
    grown[marks->count++] = *mark;
    return true;
}

/* Reads the marks that were not taken yet. The last line may be incomplete: it is read next time. */
static void read_marks(struct run_marks *marks, int fd)
{
    size_t          size;
    char           *text = read_file(fd, &size);
    char           *rest = text, *end;
    struct run_mark mark;

    marks->count = 0;
    while (text != NULL && (end = strchr(rest, '\n')) != NULL) {
        *end = '\0';
        if (parse(rest, &mark) && mark.run > marks->last && !run_marks_append(marks, &mark))
            break;
        rest = end + 1;
    }
    free(text);
}

/* Returns true if the file of INFO is the one that was read last, unchanged. */
static bool is_known(const struct run_marks *marks, const struct stat *info)
{
    return info->st_size == marks->size && info->st_ino == marks->inode &&
           info->st_mtim.tv_sec == marks->changed.tv_sec &&
           info->st_mtim.tv_nsec == marks->changed.tv_nsec;
}

/* Reads the marks anew, if the file has changed. */
static void refresh(struct run_marks *marks)
{
    struct stat info;
    int         fd;

    if (marks->path == NULL || stat(marks->path, &info) < 0 || is_known(marks, &info))
        return;
    fd = open(marks->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return;
    marks->size = info.st_size;
    marks->inode = info.st_ino;
    marks->changed = info.st_mtim;
    read_marks(marks, fd);
    close(fd);
}

struct run_marks *run_marks_open(const char *path)
{
    struct run_marks *marks = calloc(1, sizeof(*marks));

    if (marks == NULL)
        return NULL;
    if (path == NULL)
        return marks;
    marks->path = strdup(path);
    if (marks->path != NULL)
        return marks;
    free(marks);
    return NULL;
}

const struct run_mark *run_marks_find(struct run_marks *marks, off_t from, off_t end)
{
    refresh(marks);
    for (size_t i = 0; i < marks->count; i++) {
        const struct run_mark *mark = &marks->marks[i];

        if (mark->run > marks->last && mark->offset >= from && mark->offset <= end)
            return mark;
    }
    return NULL;
}

void run_marks_take(struct run_marks *marks, const struct run_mark *mark)
{
    marks->last = mark->run;
}

void run_marks_skip(struct run_marks *marks, off_t end)
{
    const struct run_mark *mark;

    while ((mark = run_marks_find(marks, 0, end)) != NULL)
        run_marks_take(marks, mark);
}

void run_mark_add_line(struct text *text, const struct run_mark *mark)
{
    text_printf(text, "--- run %u, after ", mark->run);
    text_add_escaped(text, mark->how, strlen(mark->how));
    text_add(text, " ---\n");
}

void run_marks_close(struct run_marks *marks)
{
    if (marks == NULL)
        return;
    free(marks->path);
    free(marks->marks);
    free(marks);
}

/* Writing */

static int open_to_write(const char *path, int flags)
{
    return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | flags,
                0600);
}

/* Puts the newer half of the SIZE bytes of the file FD in place of the file at PATH. */
static void halve(const char *path, int fd)
{
    size_t size;
    char  *text = read_file(fd, &size);
    char  *half = text != NULL ? memchr(text + size / 2, '\n', size - size / 2) : NULL;
    char  *new_path = NULL;
    int    new_fd = -1;
    size_t left;

    if (half != NULL && asprintf(&new_path, "%s.new", path) >= 0)
        new_fd = open_to_write(new_path, O_TRUNC);
    if (new_fd >= 0) {
        left = size - (size_t) (half + 1 - text);
        if (write(new_fd, half + 1, left) == (ssize_t) left)
            (void) rename(new_path, path);
        close(new_fd);
    }
    free(new_path);
    free(text);
}

off_t run_marks_add(const char *path, const struct run_mark *mark, bool fresh)
{
    int         fd = open_to_write(path, fresh ? O_TRUNC : 0);
    struct stat info;
    off_t       result;

    if (fd < 0)
        return -errno;
    result = fstat(fd, &info) == 0 ? info.st_size : -errno;
    if (result >= 0 && dprintf(fd, "%lld %u %" PRId64 " %s\n", (long long) mark->offset, mark->run,
                               mark->time, mark->how) < 0)
        result = -errno;
    if (result > SIZE_MAX_KEPT)
        halve(path, fd);
    close(fd);
    return result;
}

void run_marks_cut(const char *path, off_t size)
{
    struct stat info;

    if (stat(path, &info) < 0 || info.st_size <= size || truncate(path, size) < 0)
        return; /* if this fails, `logs` announces a run that did not begin */
}
