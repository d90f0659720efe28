#include "cli/worker/trim.h"

#include "cli/base/clock.h"
#include "cli/place/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A command that writes at full speed is looked at no more often than so many seconds. */
#define PAUSE 0.05

void trim_init(struct trim *trim)
{
    *trim = (struct trim){
        .file = -1,
        .watch = {.fd = -1, .key = -1},
        .poll.fd = -1,
        .next = INFINITY,
    };
}

/* It is looked at no more. */
static void end(struct trim *trim)
{
    if (trim->file >= 0)
        close(trim->file);
    file_watch_close(&trim->watch);
    trim_init(trim);
}

/* A hole is worth its system call once it frees a good part of the limit. */
static bool is_worth_it(const struct trim *trim, off_t hole, off_t block, bool last)
{
    off_t slack = last ? block : trim->limit / 4;

    return hole - trim->hole >= (slack > block ? slack : block);
}

/*
 * Only whole blocks are given back: of others zeros would be left, which look like output. The file
 * system says how large they are; a file that was emptied has lost its hole.
 */
static void punch(struct trim *trim, bool last)
{
    struct stat info;
    off_t       block, hole;

    if (fstat(trim->file, &info) < 0)
        return;
    if (info.st_size < trim->hole)
        trim->hole = 0;
    block = info.st_blksize > 0 ? info.st_blksize : 1;
    hole = info.st_size > trim->limit ? (info.st_size - trim->limit) / block * block : 0;
    if (hole <= trim->hole || !is_worth_it(trim, hole, block, last))
        return;
    if (fallocate(trim->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, hole) == 0) {
        trim->hole = hole;
    } else if (errno == EOPNOTSUPP || errno == ENOSYS) {
        journal_write("%s grows beyond its limit: the file system gives no blocks back",
                      trim->path);
        end(trim);
    }
}

/* The file is looked at once it is watched: what is written from then on is told. */
static void look(struct trim *trim)
{
    bool watched;

    if (trim->file < 0)
        trim->file = open(trim->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    watched = trim->file >= 0 && file_watch_arm(&trim->watch, trim->file);
    trim->poll = (struct pollfd){.fd = watched ? trim->watch.fd : -1, .events = POLLIN};
    trim->next = watched ? INFINITY : clock_monotonic() + FILE_WATCH_PAUSE;
    punch(trim, false);
}

void trim_open(struct trim *trim, const char *path, off_t limit)
{
    trim_init(trim);
    trim->path = path;
    trim->limit = limit;
    file_watch_open(&trim->watch);
    look(trim);
}

void trim_check(struct trim *trim)
{
    if (trim->poll.fd < 0) {
        look(trim);
        return;
    }
    trim->poll.fd = -1; /* it has grown: look now, and listen again after the pause */
    trim->next = clock_monotonic() + PAUSE;
    punch(trim, false);
}

void trim_close(struct trim *trim)
{
    if (trim->limit > 0)
        punch(trim, true);
    end(trim);
}
