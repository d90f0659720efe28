#include "cli/worker/leftover_report.h"

#include "cli/base/clock.h"
#include "cli/base/shared_string.h"
#include "cli/process/children.h"
#include "cli/process/leftovers.h"
#include "cli/process/listening.h"
#include "cli/process/mark.h"
#include "cli/process/proc.h"
#include "cli/process/process_stat.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"
#include "cli/worker/raised.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Leftovers are reported if they have been idle for this many seconds. */
#define IDLE_MAX 0.1

/*
 * Leftovers that are at work are reported if they have used WORK_MAX seconds of processor time, or live after
 * WAIT_MAX seconds. On a busy machine a process may wait long before it can end.
 */
#define WORK_MAX 0.2
#define WAIT_MAX 2.0

/* The seconds between two looks: the pause doubles from the first to the last. */
#define FIRST_PAUSE 0.001
#define LAST_PAUSE  0.016

/* A description has at most LISTED_MAX processes and BYTES_MAX bytes. Further processes are only counted. */
#define LISTED_MAX 32
#define BYTES_MAX  16384

/* The most bytes of a command line that are shown. */
#define COMMAND_MAX 512

/* The result of one look at the leftovers. */
struct survey {
    size_t count; /* the processes that are alive and not exiting */
    bool   busy;  /* a process is at work, or exiting */
    double spent; /* seconds of processor time, of living leftovers and in the thread's account */
};

/* The progress of one wait for the leftovers. */
struct patience {
    double begin, idle_since, pause;
    double spent; /* at the first look */
};

/* Looking */

static bool survey_process(pid_t pid, void *context)
{
    struct survey      *survey = context;
    struct process_stat stat;

    if (!process_stat_read(pid, &stat))
        return true;
    survey->spent += stat.spent;
    survey->count += !stat.is_exiting;
    survey->busy |= stat.is_exiting || process_stat_is_at_work(pid, &stat);
    return true;
}

/* Returns true if the probe has started PID, so that PID is no leftover of the command. */
static bool is_of_probe(const struct worker *worker, pid_t pid)
{
    return mark_read(pid) == mark_check_id(worker->assignment->id);
}

/* Calls VISIT for each of ROOTS, and for each process that descends from it. */
static void visit_all(const struct worker *worker, const struct leftovers *roots,
                      bool (*visit)(pid_t pid, void *context), void       *context)
{
    for (size_t i = 0; i < roots->count; i++)
        if (!is_of_probe(worker, roots->pids[i])) {
            (void) visit(roots->pids[i], context);
            children_walk(roots->pids[i], visit, context);
        }
}

static struct survey take_survey(struct worker *worker, const struct leftovers *roots)
{
    struct usage  usage = account_usage(&worker->assignment->account);
    struct survey survey = {.spent = usage.user + usage.system};

    visit_all(worker, roots, survey_process, &survey);
    return survey;
}

/* Describing */

/* The description that is being made. */
struct description {
    struct text text;
    unsigned    listed, count;
    size_t      addresses; /* where the addresses of the last process begin */
};

/* Adds ADDRESS to the addresses of the process, unless another socket of it has the same one. */
static void add_address(const char *address, void *context)
{
    struct description *description = context;
    struct text        *text = &description->text;
    struct text         word = {0};

    write_bytes(&word, address);
    text->failed |= word.failed;
    if (!text->failed &&
        memmem(text->data + description->addresses, text->size - description->addresses, word.data,
               word.size) == NULL &&
        text->size < BYTES_MAX) {
        write_comma(text);
        text_append(text, word.data, word.size);
    }
    text_release(&word);
}

/* Returns the size of LINE, a command line of SIZE bytes, without the NULs that pad the title of a process. */
static ssize_t without_slack(const char *line, ssize_t size)
{
    while (size > 1 && line[size - 1] == '\0' && line[size - 2] == '\0')
        size--;
    return size;
}

/*
 * Adds the command line of PID or, if it has none, the name of its program. Does not read the command line of a
 * process that waits for a disk: it is in the memory of the process, so reading it could wait, too.
 */
static void add_command(struct text *text, pid_t pid, const struct process_stat *stat)
{
    char    line[COMMAND_MAX + 1];
    ssize_t size = stat->state == 'D' ? 0 : proc_read(pid, "cmdline", line, sizeof(line));

    size = without_slack(line, size);
    text_byte(text, '[', 1);
    for (ssize_t at = 0; at < size; at += (ssize_t) strlen(line + at) + 1) {
        write_comma(text);
        write_bytes(text, line + at);
    }
    if (size <= 0)
        write_bytes(text, stat->name);
    text_byte(text, ']', 1);
}

static void add_members(struct description *description, pid_t pid, const struct process_stat *stat)
{
    struct text *text = &description->text;

    write_comma(text);
    text_byte(text, '{', 1);
    member_write_integer(text, "pid", pid);
    write_name(text, "command");
    add_command(text, pid, stat);
    write_name(text, "seconds");
    write_seconds(text, process_stat_age(stat->began));
    write_name(text, "listens");
    text_byte(text, '[', 1);
    description->addresses = text->size;
    listening_find(pid, add_address, description);
    text_add(text, "]}");
}

/* Describes PID. If another process has got its pid meanwhile, the description is dropped. */
static bool describe_process(pid_t pid, void *context)
{
    struct description *description = context;
    struct text        *text = &description->text;
    size_t              before = text->size;
    struct process_stat stat, again;

    if (!process_stat_read(pid, &stat) || stat.is_exiting)
        return true;
    if (description->listed < LISTED_MAX && before < BYTES_MAX) {
        add_members(description, pid, &stat);
        if (!process_stat_read(pid, &again) || again.began != stat.began) {
            text->size = before;
            return true;
        }
        description->listed++;
    }
    description->count++;
    return true;
}

/* Adds a description of ROOTS, and of the processes that descend from them, to the report's list. */
NOT_INLINED static void describe(struct worker *worker, const struct leftovers *roots)
{
    struct report     *report = worker->report;
    struct description description = {.listed = report->left_listed};

    report_begin_left(report, &description.text);
    visit_all(worker, roots, describe_process, &description);
    if (description.count == 0) {
        text_release(&description.text);
        return;
    }
    text_byte(&description.text, ']', 1);
    report_set_left(report, &description.text, description.listed, description.count);
}

/* Waiting */

/*
 * Counts the time for which the leftovers in SURVEY were idle, or at work. Returns true if that is too long: they are
 * to be reported.
 */
static bool use_patience(struct patience *patience, const struct survey *survey)
{
    double now = clock_monotonic();

    if (survey->busy)
        patience->idle_since = now;
    return now - patience->idle_since >= IDLE_MAX || now - patience->begin >= WAIT_MAX ||
           survey->spent - patience->spent >= WORK_MAX;
}

/* Waits until one of ROOTS ends, at most for the pause. Returns false if an exception ends the run meanwhile. */
static bool wait_a_pause(struct worker *worker, struct leftovers *roots, struct patience *patience)
{
    double end = clock_monotonic() + patience->pause;

    patience->pause = clock_earlier(2 * patience->pause, LAST_PAUSE);
    while (k3thread_poll(roots->ends, roots->count, clock_until(end)) == -ECANCELED) {
        raised_while_running(worker);
        if (worker->end.signal != 0 || worker->end.killing)
            return false;
    }
    return true;
}

bool leftovers_report(struct worker *worker)
{
    double          now = clock_monotonic();
    struct patience patience = {.begin = now, .idle_since = now, .pause = FIRST_PAUSE, .spent = -1};
    struct leftovers roots;
    struct survey    survey;
    bool             more = true, are_left = true;

    while (more && leftovers_find_and_lock(worker->assignment->id, worker->pid, &roots) == 0) {
        leftovers_unlock(); /* the pids may be given to other processes from now on */
        are_left = roots.count > 0;
        survey = take_survey(worker, &roots);
        if (patience.spent < 0)
            patience.spent = survey.spent;
        if (survey.count == 0 && !survey.busy) {
            more = false;
        } else if (use_patience(&patience, &survey)) {
            describe(worker, &roots);
            more = false;
        } else {
            more = wait_a_pause(worker, &roots, &patience);
        }
        leftovers_release(&roots);
    }
    return are_left;
}
