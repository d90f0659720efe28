#include "cli/worker/log_limit.h"

#include "cli/base/clock.h"
#include "cli/place/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The seconds between two looks at the log of a command that writes at full speed. */
#define PAUSE 0.05

/* The most bytes beyond the limit that are kept for a probe that reads more slowly than the command writes. */
#define UNREAD_MAX ((off_t) 16 * 1024 * 1024)

void log_limit_init(struct log_limit *log)
{
    *log = (struct log_limit){
        .file = -1,
        .watch = {.fd = -1, .key = -1},
        .next = INFINITY,
        .unread = -1,
    };
}

/* Closes the file and the watch: the log is limited no more. */
static void end(struct log_limit *log)
{
    if (log->file >= 0)
        close(log->file);
    file_watch_close(&log->watch);
    log_limit_init(log);
}

/* Returns true if growing the hole to HOLE frees enough bytes to be worth a system call. */
static bool is_worth_it(const struct log_limit *log, off_t hole, off_t block, bool last)
{
    off_t slack = last ? block : log->limit / 4;

    return hole - log->hole >= (slack > block ? slack : block);
}

/* Returns where a hole in a file of SIZE bytes may end. Sets *RET_HELD if it could end later without the probe. */
static off_t find_end(const struct log_limit *log, off_t size, bool *ret_held)
{
    off_t end = size - log->limit;

    *ret_held = log->unread >= 0 && log->unread < end;
    if (*ret_held)
        end = log->unread > end - UNREAD_MAX ? log->unread : end - UNREAD_MAX;
    return end > 0 ? end : 0;
}

/*
 * Returns true if the file has lost its hole, because it was emptied. By now it may be longer than the hole was, but it
 * then has blocks where the hole was.
 */
static bool has_lost_hole(const struct log_limit *log, const struct stat *info)
{
    return info->st_size < log->hole ||
           (off_t) info->st_blocks * 512 > info->st_size - log->hole / 2;
}

/*
 * Frees the oldest blocks of the file, and returns true if more could be freed when the probe has read on. Only whole
 * blocks are freed: a hole that ends inside a block leaves zeros there, which would look like output. The file system
 * knows the size of a block.
 */
static bool punch(struct log_limit *log, bool last)
{
    struct stat info;
    off_t       block, hole;
    bool        is_held;

    if (fstat(log->file, &info) < 0)
        return false;
    if (has_lost_hole(log, &info))
        log->hole = 0;
    block = info.st_blksize > 0 ? info.st_blksize : 1;
    hole = find_end(log, info.st_size, &is_held) / block * block;
    if (!is_worth_it(log, hole, block, last))
        return is_held;
    if (fallocate(log->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, hole) == 0) {
        log->hole = hole;
    } else if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EPERM) {
        journal_write("%s grows beyond its limit: the file system gives no blocks back", log->path);
        end(log);
        return false;
    }
    return is_held;
}

/* Arms the watch first, then looks: so no write between the two goes unnoticed. */
static void look(struct log_limit *log)
{
    if (log->file < 0)
        log->file = open(log->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    log->is_armed = log->file >= 0 && file_watch_arm(&log->watch, log->file);
    log->next = log->is_armed ? INFINITY : clock_monotonic() + FILE_WATCH_PAUSE;
    if (punch(log, false))
        log->next = clock_monotonic() + PAUSE;
}

void log_limit_open(struct log_limit *log, const char *path, off_t limit)
{
    log_limit_init(log);
    log->path = path;
    log->limit = limit;
    file_watch_open(&log->watch);
    look(log);
}

struct pollfd log_limit_poll(const struct log_limit *log)
{
    return (struct pollfd){.fd = log->is_armed ? log->watch.fd : -1, .events = POLLIN};
}

void log_limit_check(struct log_limit *log)
{
    if (!log->is_armed) {
        look(log);
        return;
    }
    log->is_armed = false; /* look() arms the watch again after the pause */
    log->next = clock_monotonic() + PAUSE;
    (void) punch(log, false);
}

void log_limit_close(struct log_limit *log)
{
    log->unread = -1;
    if (log->limit > 0)
        (void) punch(log, true);
    end(log);
}
