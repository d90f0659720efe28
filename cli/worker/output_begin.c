#include "cli/worker/output_begin.h"

#include "cli/base/result.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"
#include "cli/worker/logs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Returns the place where the output of a run begins in FILE, without the marks. */
static struct output_begin begin_of(const char *file)
{
    struct stat info;

    if (stat(file, &info) < 0 || !S_ISREG(info.st_mode))
        return (struct output_begin){0};
    return (struct output_begin){.offset = info.st_size, .inode = info.st_ino};
}

/* Returns true if the file has lost the output of the runs before: it was emptied, or moved away. */
static bool is_fresh(const struct report *report, const struct output_begin *begin)
{
    return begin->inode == 0 || begin->offset < report->run_start ||
           (report->run_inode != 0 && begin->inode != report->run_inode);
}

/* Writes the mark. Returns the size of the file before, or -1 without a mark. */
NOT_INLINED static off_t mark(const struct worker *worker, const struct output_begin *begin)
{
    const struct report *report = worker->report;
    const char          *exception =
        report->exception_before != NULL ? report->exception_before->name : NULL;
    bool            is_marked = report->runs > 0 && worker->job->has_own_log;
    char           *path = is_marked ? logs_run_marks(worker->assignment->id) : NULL;
    struct run_mark mark = {.offset = begin->offset, .run = report->runs + 1, .time = times_now()};
    struct text     how = {0};
    off_t           size = -1;

    if (path == NULL)
        return -1;
    result_add(&how, exception, report->exit_code, report->signal);
    (void) snprintf(mark.how, sizeof(mark.how), "%.*s", (int) how.size,
                    how.data != NULL ? how.data : "");
    worker->assignment->has_marks = true;
    size = run_marks_add(path, &mark, is_fresh(report, begin));
    text_release(&how);
    free(path);
    return size;
}

struct output_begin output_begin(struct worker *worker)
{
    bool                is_new = worker->job->has_own_log && worker->report->runs == 0;
    struct output_begin begin = {0};

    if (!is_new)
        begin = begin_of(worker->job->output);
    worker->marks_before = mark(worker, &begin);
    return begin;
}

void output_begin_undo(const struct worker *worker)
{
    char *path = worker->marks_before >= 0 ? logs_run_marks(worker->assignment->id) : NULL;

    if (path != NULL)
        run_marks_cut(path, worker->marks_before);
    free(path);
}

void output_begin_note(const struct worker *worker, const struct output_begin *begin)
{
    struct report *report = worker->report;

    if (report->runs == 0)
        report->output_start = begin->offset;
    report->run_start = begin->offset;
    report->run_inode = begin->inode;
}
