#include "cli/supervisor/trim.h"

#include "cli/clock.h"
#include "cli/supervisor/execution.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* Blocks of any file system that matters divide this. */
#define BLOCK 4096

/* A command that writes at full speed is looked at no more often than so many seconds. */
#define PAUSE 0.05

static void give_up(struct trim *trim)
{
    if (trim->file >= 0)
        close(trim->file);
    if (trim->inotify >= 0)
        close(trim->inotify);
    *trim = (struct trim){.file = -1, .inotify = -1, .poll.fd = -1, .next = INFINITY};
}

void trim_open(struct trim *trim, const char *file, off_t limit)
{
    *trim = (struct trim){.file = -1, .inotify = -1, .poll.fd = -1, .next = INFINITY};
    if (limit == 0)
        return;
    trim->limit = limit;
    trim->file = open(file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    trim->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (trim->file < 0 || trim->inotify < 0 ||
        inotify_add_watch(trim->inotify, file, IN_MODIFY) < 0) {
        give_up(trim);
        return;
    }
    trim->poll = (struct pollfd){.fd = trim->inotify, .events = POLLIN};
    trim_check(trim);
}

/* A hole is worth its system call once it frees a good part of the limit. */
static bool is_worth_it(const struct trim *trim, off_t end, bool last)
{
    off_t slack = last ? BLOCK : trim->limit / 4;

    return end - trim->hole >= (slack > BLOCK ? slack : BLOCK);
}

static void punch(struct trim *trim, bool last)
{
    struct stat info;
    off_t       end;

    if (fstat(trim->file, &info) < 0)
        return;
    end = (info.st_size - trim->limit) / BLOCK * BLOCK;
    if (end <= trim->hole || !is_worth_it(trim, end, last))
        return;
    if (fallocate(trim->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, trim->hole,
                  end - trim->hole) == 0)
        trim->hole = end;
    else if (errno == EOPNOTSUPP)
        give_up(trim);
}

static void forget_events(int inotify)
{
    char events[256];

    while (read(inotify, events, sizeof(events)) > 0)
        ;
}

void trim_check(struct trim *trim)
{
    if (trim->limit == 0)
        return;
    if (trim->poll.fd >= 0) { /* it has grown: look now, and listen again after the pause */
        trim->poll.fd = -1;
        trim->next = clock_monotonic() + PAUSE;
    } else {
        forget_events(trim->inotify);
        trim->poll.fd = trim->inotify;
        trim->next = INFINITY;
    }
    punch(trim, false);
}

void trim_close(struct trim *trim)
{
    if (trim->limit == 0)
        return;
    punch(trim, true);
    give_up(trim);
}
