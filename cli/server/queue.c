#include "cli/server/queue.h"

#include "cli/server/hosts.h"

#include <errno.h>
#include <stdlib.h>

/* The threads with the same machine, or with none, that are daemons or are not. */
struct queue_line {
    TAILQ_HEAD(, record) records;
    TAILQ_ENTRY(queue_line)
    in_queue; /* among the lines that are not empty, by their first threads */
};

static TAILQ_HEAD(queue_line_list, queue_line) lines = TAILQ_HEAD_INITIALIZER(lines);
static struct queue_line  anywhere[2] = {{.records = TAILQ_HEAD_INITIALIZER(anywhere[0].records)},
                                         {.records = TAILQ_HEAD_INITIALIZER(anywhere[1].records)}};
static struct queue_line *there; /* two for each machine */
static size_t             size;
static int64_t            first_place, last_place;

int queue_use_hosts(size_t count)
{
    there = calloc(2 * count, sizeof(*there));
    if (there == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < 2 * count; i++)
        TAILQ_INIT(&there[i].records);
    return 0;
}

static struct queue_line *line_of(const struct record *record)
{
    bool is_daemon = hosts_are_used() && record->job.daemon;

    if (record->job.host == NULL)
        return &anywhere[is_daemon];
    return &there[2 * hosts_index(record->job.host) + is_daemon];
}

/* Puts LINE, which is in no list, where its first thread belongs; searches behind the line AFTER, or from the front. */
static void list_line(struct queue_line *line, struct queue_line *after)
{
    int64_t            place = TAILQ_FIRST(&line->records)->place;
    struct queue_line *next = after != NULL ? TAILQ_NEXT(after, in_queue) : TAILQ_FIRST(&lines);

    while (next != NULL && TAILQ_FIRST(&next->records)->place < place)
        next = TAILQ_NEXT(next, in_queue);
    if (next != NULL)
        TAILQ_INSERT_BEFORE(next, line, in_queue);
    else
        TAILQ_INSERT_TAIL(&lines, line, in_queue);
}

void queue_add(struct record *record)
{
    struct queue_line *line = line_of(record);

    record->place = ++last_place;
    if (TAILQ_EMPTY(&line->records))
        TAILQ_INSERT_TAIL(&lines, line, in_queue);
    TAILQ_INSERT_TAIL(&line->records, record, in_line);
    size++;
}

void queue_put_back(struct record *record)
{
    struct queue_line *line = line_of(record);

    record->place = --first_place;
    if (!TAILQ_EMPTY(&line->records))
        TAILQ_REMOVE(&lines, line, in_queue);
    TAILQ_INSERT_HEAD(&line->records, record, in_line);
    TAILQ_INSERT_HEAD(&lines, line, in_queue);
    size++;
}

void queue_remove(struct record *record)
{
    struct queue_line *line = line_of(record);
    struct queue_line *before = TAILQ_PREV(line, queue_line_list, in_queue);
    bool               was_first = record == TAILQ_FIRST(&line->records);

    TAILQ_REMOVE(&line->records, record, in_line);
    size--;
    if (!was_first)
        return;
    TAILQ_REMOVE(&lines, line, in_queue);
    if (!TAILQ_EMPTY(&line->records))
        list_line(line, before);
}

size_t queue_size(void)
{
    return size;
}

struct record *queue_find(bool (*take)(struct record *record))
{
    struct queue_line *line;

    TAILQ_FOREACH(line, &lines, in_queue)
        if (take(TAILQ_FIRST(&line->records)))
            return TAILQ_FIRST(&line->records);
    return NULL;
}
