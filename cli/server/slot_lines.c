#include "cli/server/slot_lines.h"

#include "cli/server/hosts.h"

#include <errno.h>
#include <stdlib.h>

/*
 * One line of waiting threads. There are two lines for each machine, and two for the threads that may run anywhere: of
 * the two, one is for daemons and one for all others.
 */
struct slot_line {
    TAILQ_HEAD(, record) records;

    /* Among the lines that are not empty, by their first threads. */
    TAILQ_ENTRY(slot_line) in_queue;
};

static TAILQ_HEAD(slot_line_list, slot_line) lines = TAILQ_HEAD_INITIALIZER(lines);
static struct slot_line  anywhere[2] = {{.records = TAILQ_HEAD_INITIALIZER(anywhere[0].records)},
                                        {.records = TAILQ_HEAD_INITIALIZER(anywhere[1].records)}};
static struct slot_line *lines_of_machines; /* two for each machine; the second is for daemons */
static size_t            size;
static int64_t           first_rank, last_rank;

int slot_lines_use_hosts(size_t count)
{
    lines_of_machines = calloc(2 * count, sizeof(*lines_of_machines));
    if (lines_of_machines == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < 2 * count; i++)
        TAILQ_INIT(&lines_of_machines[i].records);
    return 0;
}

/* Without other machines a daemon takes no slot and does not queue, so one line is enough. */
static struct slot_line *line_of(const struct record *record)
{
    bool is_daemon = hosts_are_used() && record->job.daemon;

    if (record->job.host == NULL)
        return &anywhere[is_daemon];
    return &lines_of_machines[2 * hosts_index(record->job.host) + is_daemon];
}

/*
 * Puts LINE, which is not among the lines, where the rank of its first thread belongs. Searches behind the line AFTER,
 * or from the front if that is NULL.
 */
static void list_line(struct slot_line *line, struct slot_line *after)
{
    int64_t           rank = TAILQ_FIRST(&line->records)->rank;
    struct slot_line *next = after != NULL ? TAILQ_NEXT(after, in_queue) : TAILQ_FIRST(&lines);

    while (next != NULL && TAILQ_FIRST(&next->records)->rank < rank)
        next = TAILQ_NEXT(next, in_queue);
    if (next != NULL)
        TAILQ_INSERT_BEFORE(next, line, in_queue);
    else
        TAILQ_INSERT_TAIL(&lines, line, in_queue);
}

void slot_lines_add(struct record *record)
{
    struct slot_line *line = line_of(record);

    record->rank = ++last_rank;
    if (TAILQ_EMPTY(&line->records))
        TAILQ_INSERT_TAIL(&lines, line, in_queue);
    TAILQ_INSERT_TAIL(&line->records, record, in_wait_list);
    size++;
}

void slot_lines_add_first(struct record *record)
{
    struct slot_line *line = line_of(record);

    record->rank = --first_rank;
    if (!TAILQ_EMPTY(&line->records))
        TAILQ_REMOVE(&lines, line, in_queue);
    TAILQ_INSERT_HEAD(&line->records, record, in_wait_list);
    TAILQ_INSERT_HEAD(&lines, line, in_queue);
    size++;
}

void slot_lines_remove(struct record *record)
{
    struct slot_line *line = line_of(record);
    struct slot_line *before = TAILQ_PREV(line, slot_line_list, in_queue);
    bool              was_first = record == TAILQ_FIRST(&line->records);

    TAILQ_REMOVE(&line->records, record, in_wait_list);
    size--;
    if (!was_first)
        return;
    TAILQ_REMOVE(&lines, line, in_queue);
    if (!TAILQ_EMPTY(&line->records))
        list_line(line, before);
}

size_t slot_lines_size(void)
{
    return size;
}

struct record *slot_lines_find(bool (*take)(struct record *record))
{
    struct slot_line *line;

    TAILQ_FOREACH(line, &lines, in_queue)
        if (take(TAILQ_FIRST(&line->records)))
            return TAILQ_FIRST(&line->records);
    return NULL;
}
