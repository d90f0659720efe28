#include "cli/script/line_history.h"

#include "cli/base/directory.h"
#include "cli/place/place.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The most lines that are kept. */
#define HISTORY_SIZE 2000

/* Returns the path of the history's file; NULL if the user has no home for it, or without memory. */
static char *find_path(void)
{
    struct text path = {0};

    if (!place_add_state_home(&path))
        return NULL;
    text_add(&path, "/history");
    text_byte(&path, '\0', 1);
    if (!path.failed)
        return path.data;
    text_release(&path);
    return NULL;
}

static void load(struct line_history *lines)
{
    HistEvent event;

    if (history(lines->list, &event, H_SETSIZE, HISTORY_SIZE) < 0 ||
        history(lines->list, &event, H_SETUNIQUE, 1) < 0)
        return;
    lines->path = find_path();
    if (lines->path == NULL)
        return;
    /* A failure is noticed when the file is written. The file itself may be missing. */
    (void) directory_make_parents(lines->path);
    (void) history(lines->list, &event, H_LOAD, lines->path);
}

bool line_history_open(struct line_history *lines)
{
    lines->list = history_init();
    if (lines->list == NULL)
        return false;
    load(lines);
    return true;
}

/* Opens the history's file and locks it until it is closed. Returns -1 if there is no such file. */
static int lock(const struct line_history *lines)
{
    int fd =
        lines->path == NULL ? -1 : open(lines->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);

    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/*
 * Reads the history again, with the lines that other shells have added. Returns false if it cannot
 * be read.
 */
static bool reload(struct line_history *lines, int fd)
{
    HistEvent   event;
    struct stat info;

    if (fstat(fd, &info) < 0)
        return false;
    if (info.st_size == 0)
        return true;
    (void) history(lines->list, &event, H_CLEAR);
    return history(lines->list, &event, H_LOAD, lines->path) >= 0;
}

/*
 * Writes the file after each line, because the terminal may disappear at any time. All shells share
 * the file: a shell reads it, under a lock, before it writes it.
 */
void line_history_add(struct line_history *lines, const char *line)
{
    HistEvent event;
    int       fd;
    bool      known;

    if (line[strspn(line, " \t\n")] == '\0')
        return;
    fd = lock(lines);
    known = fd >= 0 && reload(lines, fd);
    (void) history(lines->list, &event, H_ENTER, line);
    if (known)
        (void) history(lines->list, &event, H_SAVE, lines->path);
    if (fd >= 0)
        close(fd);
}

void line_history_close(struct line_history *lines)
{
    if (lines->list != NULL)
        history_end(lines->list);
    free(lines->path);
}
