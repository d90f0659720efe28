#include "cli/server/store.h"

#include "cli/base/clock.h"
#include "cli/base/thread_name.h"
#include "cli/place/times.h"
#include "cli/server/agent.h"
#include "cli/server/leash.h"
#include "cli/server/table.h"
#include "cli/worker/logs.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How many threads are remembered that have ended and were joined. */
#define STORE_JOINED_MAX 1000

/* The same for an agent's supervisor, whose threads only the worker of a run knows. */
#define STORE_EXECUTED_MAX 8

/* This many consecutive ids have each a bucket of their own. */
#define ID_BUCKETS 16384

#define NAME_BUCKETS 4096

LIST_HEAD(bucket, record);

static struct record_list all = TAILQ_HEAD_INITIALIZER(all);
static LIST_HEAD(, store_cursor) cursors = LIST_HEAD_INITIALIZER(cursors);
static struct record_list joined_list = TAILQ_HEAD_INITIALIZER(joined_list);
static struct bucket      ids[ID_BUCKETS], names[NAME_BUCKETS];
static size_t             live, live_normal, joined_count;
static uint64_t           last_id;

const struct record_list *store_all(void)
{
    return &all;
}

size_t store_live(void)
{
    return live;
}

size_t store_live_normal(void)
{
    return live_normal;
}

static struct bucket *bucket_of_id(uint64_t id)
{
    return &ids[id % ID_BUCKETS];
}

/* Returns the bucket of NAME, by the hash FNV-1a. */
static struct bucket *bucket_of_name(const char *name)
{
    uint32_t hash = 2166136261U;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char) *name) * 16777619U;
    return &names[hash % NAME_BUCKETS];
}

struct record *store_find_id(uint64_t id)
{
    struct record *record;

    LIST_FOREACH(record, bucket_of_id(id), by_id)
        if (record->id == id)
            return record;
    return NULL;
}

struct record *store_find_name(const char *name)
{
    struct record *record, *newest = NULL;

    LIST_FOREACH(record, bucket_of_name(name), by_name) {
        if (strcmp(record->job.name, name) != 0)
            continue;
        if (record_is_live(record))
            return record;
        if (newest == NULL || newest->id < record->id)
            newest = record;
    }
    return newest;
}

/* Names RECORD "Thread-ID". Skips an id if a live thread already has the name made from it. */
static int set_default_name(struct record *record)
{
    for (;;) {
        const struct record *namesake;

        if (asprintf(&record->job.name, "Thread-%llu", (unsigned long long) record->id) < 0) {
            record->job.name = NULL;
            return -1;
        }
        namesake = store_find_name(record->job.name);
        if (namesake == NULL || !record_is_live(namesake))
            return 0;
        free(record->job.name);
        record->id++;
    }
}

static int set_log(struct record *record, const char *logs)
{
    if (asprintf(&record->job.output, "%s/%llu.log", logs, (unsigned long long) record->id) >= 0)
        return 0;
    record->job.output = NULL;
    return -1;
}

struct record *store_add(struct job *job, const char *logs)
{
    struct record *record = calloc(1, sizeof(*record));
    bool           has_own_log = job->output == NULL;

    if (record == NULL)
        return NULL;
    record->id = last_id + 1;
    record->job.name = job->name;
    record->job.output = job->output;
    if ((job->name == NULL && set_default_name(record) < 0) ||
        (job->output == NULL && set_log(record, logs) < 0)) {
        if (job->name == NULL)
            free(record->job.name);
        free(record);
        return NULL;
    }
    job->name = record->job.name;
    job->output = record->job.output;
    record->job = *job;
    record->job.has_own_log = has_own_log;
    record->assignment.id = record->id;
    record->assignment.job = &record->job;
    account_open(&record->assignment.account, record->id);
    record->assignment.input = -1;
    *job = (struct job){0};
    last_id = record->id;
    record->created = clock_wall();
    record->now.state = record->job.after > 0 ? STATE_DELAYED : STATE_RUNNING;
    record->now.exit_code = -1;
    LIST_INIT(&record->calls);
    TAILQ_INSERT_TAIL(&all, record, order);
    LIST_INSERT_HEAD(bucket_of_id(record->id), record, by_id);
    LIST_INSERT_HEAD(bucket_of_name(record->job.name), record, by_name);
    live++;
    live_normal += !record->job.daemon;
    return record;
}

void store_ended(struct record *record)
{
    live--;
    live_normal -= !record->job.daemon;
}

/* Counts RECORD, which was joined and is not kept, towards the limit of joined threads. */
static void count_joined(struct record *record)
{
    TAILQ_INSERT_TAIL(&joined_list, record, in_joined_list);
    joined_count++;
}

/* Takes RECORD out of the joined threads that count towards the limit, if it is one of them. */
static void uncount_joined(struct record *record)
{
    if (!record->joined || record->keeper != NULL)
        return;
    TAILQ_REMOVE(&joined_list, record, in_joined_list);
    joined_count--;
}

void store_revived(struct record *record)
{
    uncount_joined(record);
    record->joined = false;
    live++;
    live_normal += !record->job.daemon;
}

void store_joined(struct record *record)
{
    if (!record->joined && record->keeper == NULL)
        count_joined(record);
    record->joined = true;
}

void store_keep(struct record *record, struct kept_list *keeper)
{
    record->keeper = keeper;
    LIST_INSERT_HEAD(keeper, record, kept);
}

void store_let_go(struct record *record, const struct kept_list *keeper)
{
    if (record->keeper != keeper)
        return;
    LIST_REMOVE(record, kept);
    record->keeper = NULL;
    if (record->joined)
        count_joined(record);
}

void store_hand_on(struct record *record, struct kept_list *to)
{
    LIST_REMOVE(record, kept);
    store_keep(record, to);
}

void store_evict(void (*tell)(const struct record *record))
{
    while (joined_count > (agent_is() ? STORE_EXECUTED_MAX : STORE_JOINED_MAX)) {
        tell(TAILQ_FIRST(&joined_list));
        store_forget(TAILQ_FIRST(&joined_list));
    }
}

void store_open(struct store_cursor *cursor, struct record *only)
{
    *cursor = (struct store_cursor){
        .next = only != NULL ? only : TAILQ_FIRST(&all),
        .only = only != NULL,
    };
    LIST_INSERT_HEAD(&cursors, cursor, link);
}

static void advance(struct store_cursor *cursor)
{
    cursor->next = cursor->only ? NULL : TAILQ_NEXT(cursor->next, order);
}

/* Returns a guess at the record with ID: that record, another record, or NULL. */
static const struct record *guess(uint64_t id)
{
    return LIST_FIRST(bucket_of_id(id));
}

/*
 * Makes the processor fetch the records that a walk reaches next. Most records have not been read for
 * long, and waiting for their memory piece by piece would take longer than writing their content.
 * This fetches first the record, and later the memory that it points to. The function is always
 * inlined: as it returns nothing, a compiler would drop the calls to it otherwise.
 */
__attribute__((always_inline)) static inline void fetch_ahead(uint64_t id)
{
    const struct record *record = guess(id + 16);

    if (record != NULL) {
        __builtin_prefetch(&record->id);
        __builtin_prefetch((const char *) record + 64);
        __builtin_prefetch((const char *) record + 128);
    }
    record = guess(id + 8);
    if (record != NULL)
        table_fetch(record);
}

struct record *store_next(struct store_cursor *cursor)
{
    struct record *record = cursor->next;

    if (record == NULL)
        return NULL;
    cursor->seen++;
    if (!cursor->only)
        fetch_ahead(record->id);
    advance(cursor);
    return record;
}

void store_close(struct store_cursor *cursor)
{
    LIST_REMOVE(cursor, link);
}

/* Moves each walk that has reached RECORD on to the next record. */
static void leave(const struct record *record)
{
    struct store_cursor *cursor;

    LIST_FOREACH(cursor, &cursors, link)
        if (cursor->next == record)
            advance(cursor);
}

/* Removes the marks of the runs of the thread ID. */
static void remove_run_marks(uint64_t id)
{
    char *path = logs_run_marks(id);

    if (path != NULL)
        (void) unlink(path);
    free(path);
}

/* Removes LOG and the file of its lines' times, if they exist. */
static void remove_log(const char *log)
{
    char *times = times_path(log);

    (void) unlink(log);
    if (times != NULL)
        (void) unlink(times);
    free(times);
}

void store_forget(struct record *record)
{
    leave(record);
    uncount_joined(record);
    TAILQ_REMOVE(&all, record, order);
    LIST_REMOVE(record, by_id);
    LIST_REMOVE(record, by_name);
    account_close(&record->assignment.account);
    if (record->job.has_own_log)
        remove_log(record->job.output);
    leash_remove(record);
    if (record->assignment.has_marks)
        remove_run_marks(record->id);
    record_free(record);
}

bool store_is_pattern(const char *text)
{
    return strpbrk(text, THREAD_PATTERN_BYTES) != NULL;
}

bool store_fits(const char *pattern, const char *name)
{
    return fnmatch(pattern, name, 0) == 0;
}
