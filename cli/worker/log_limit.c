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

void log_limit_init(struct log_limit *log)
{
    *log = (struct log_limit){
        .file = -1,
        .watch = {.fd = -1, .key = -1},
        .next = INFINITY,
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

/*
 * Frees the oldest blocks of the file. Only whole blocks are freed: a hole that ends inside a
 * block leaves zeros there, which would look like output. The file system knows the size of a block. A
 * file that was emptied has lost its hole.
 */
static void punch(struct log_limit *log, bool last)
{
    struct stat info;
    off_t       block, hole;

    if (fstat(log->file, &info) < 0)
        return;
    if (info.st_size < log->hole)
        log->hole = 0;
    block = info.st_blksize > 0 ? info.st_blksize : 1;
    hole = info.st_size > log->limit ? (info.st_size - log->limit) / block * block : 0;
    if (!is_worth_it(log, hole, block, last))
        return;
    if (fallocate(log->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, hole) == 0) {
        log->hole = hole;
    } else if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EPERM) {
        journal_write("%s grows beyond its limit: the file system gives no blocks back", log->path);
        end(log);
    }
}

/* Arms the watch first, then looks: so no write between the two goes unnoticed. */
static void look(struct log_limit *log)
{
    if (log->file < 0)
        log->file = open(log->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    log->is_armed = log->file >= 0 && file_watch_arm(&log->watch, log->file);
    log->next = log->is_armed ? INFINITY : clock_monotonic() + FILE_WATCH_PAUSE;
    punch(log, false);
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
    punch(log, false);
}

void log_limit_close(struct log_limit *log)
{
    if (log->limit > 0)
        punch(log, true);
    end(log);
}
