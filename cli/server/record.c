#include "cli/server/record.h"

#include "cli/base/clock.h"
#include "cli/base/shared_string.h"
#include "cli/rpc/member.h"
#include "cli/rpc/state_word.h"
#include "cli/rpc/write.h"
#include "cli/server/hosts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void record_free(struct record *record)
{
    if (record == NULL)
        return;
    job_release(&record->job);
    report_release(&record->now);
    report_release(&record->assignment.draft);
    shared_string_unref(record->arrived.message);
    k3thread_unref(record->thread);
    free(record->output_marks);
    free(record->row);
    free(record);
}

struct record *record_of_mail(struct mail *mail)
{
    return (struct record *) (void *) ((char *) mail - offsetof(struct record, assignment.mail));
}

const char *record_state(const struct record *record)
{
    return state_word(record->now.state);
}

double record_seconds_at(const struct record *record, double now)
{
    const struct report *report = &record->now;

    if (report->run_begin == 0 || report->state == STATE_DELAYED)
        return NAN;
    return (report->run_end > 0 ? report->run_end : now) - report->run_begin;
}

double record_seconds(const struct record *record)
{
    return record_seconds_at(record, clock_monotonic());
}

/* Reading an account takes its lock, and does not change it. */
struct usage record_usage(const struct record *record)
{
    return account_usage((struct account *) &record->assignment.account);
}

const char *record_waits_for(const struct record *record)
{
    const struct job *job = &record->job;

    if (record->now.state == STATE_RUNNING && !record->now.ready)
        return job->ready;
    for (size_t i = 0; record->now.state == STATE_WAITING && i < job->need_count; i++)
        if (!job->needs[i].met)
            return job->needs[i].word;
    return NULL;
}

const char *record_host(const struct record *record)
{
    return record->assignment.seat != NULL ? record->assignment.seat->name : record->job.host;
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

bool record_has_succeeded(const struct record *record)
{
    return !record_is_live(record) && record->now.exit_code == 0 &&
           record->now.exception != &k3thread_TimeoutError;
}

bool record_has_failed(const struct record *record)
{
    return !record_is_live(record) && !record_has_succeeded(record) &&
           record->now.exception != &k3thread_SystemExit;
}

static void write_word(struct text *text, const char *word)
{
    text_byte(text, '"', 1);
    text_add(text, word);
    text_byte(text, '"', 1);
}

static void write_bool(struct text *text, bool value)
{
    text_add(text, value ? "true" : "false");
}

static void write_cpu(struct text *text, const struct record *record)
{
    struct usage usage = record_usage(record);

    text_add(text, "{\"user\":");
    write_seconds(text, usage.user);
    text_add(text, ",\"system\":");
    write_seconds(text, usage.system);
    text_byte(text, '}', 1);
}

static void write_left(struct text *text, const struct record *record)
{
    text_add(text, record->now.left != NULL ? record->now.left : "[]");
}

static void write_need(struct text *text, const struct need *need)
{
    static const char *const conditions[] = {
#define X(name, suffix) (suffix) + 1, /* without the colon */
        NEED_CONDITIONS(X)
#undef X
    };
    enum need_condition condition;
    int                 length = (int) need_word_split(need->word, &condition);
    struct text         name = {0};

    text_printf(&name, "%.*s", length, need->word);
    text_byte(&name, '\0', 1);
    write_comma(text);
    text_byte(text, '{', 1);
    member_write_integer(text, "id", (int64_t) need->id);
    member_write_string(text, "name", name.failed ? "" : name.data);
    write_name(text, "condition");
    write_word(text, conditions[need->condition]);
    text_byte(text, '}', 1);
    text->failed |= name.failed;
    text_release(&name);
}

static void write_needs(struct text *text, const struct record *record)
{
    text_byte(text, '[', 1);
    for (size_t i = 0; i < record->job.need_count; i++)
        write_need(text, &record->job.needs[i]);
    text_byte(text, ']', 1);
}

static bool has_status(const struct record *record)
{
    return record->now.status != NULL && record->now.status[0] != '\0';
}

/* The members of a thread object: X(name, whether it is not null, how its value is written). */
#define MEMBERS(X)                                                                                 \
    X(id, true, write_integer(text, (int64_t) r->id))                                              \
    X(name, true, write_bytes(text, r->job.name))                                                  \
    X(tid, r->now.tid != 0, write_integer(text, r->now.tid))                                       \
    X(pid, r->now.pid != 0, write_integer(text, r->now.pid))                                       \
    X(state, true, write_word(text, record_state(r)))                                              \
    X(daemon, true, write_bool(text, r->job.daemon))                                               \
    X(after, true, write_seconds(text, r->job.after))                                              \
    X(command, true, write_strings(text, r->job.argv))                                             \
    X(directory, true, write_bytes(text, r->job.directory))                                        \
    X(log, true, write_bytes(text, r->job.output))                                                 \
    X(created, true, write_seconds(text, r->created))                                              \
    X(started, r->now.started > 0, write_seconds(text, r->now.started))                            \
    X(ended, r->now.ended > 0, write_seconds(text, r->now.ended))                                  \
    X(exit_code, r->now.exit_code >= 0, write_integer(text, r->now.exit_code))                     \
    X(signal, r->now.signal != 0, write_integer(text, r->now.signal))                              \
    X(exception, r->now.exception != NULL, write_word(text, r->now.exception->name))               \
    X(message, r->now.message != NULL, write_bytes(text, r->now.message))                          \
    X(runs, true, write_integer(text, r->now.runs))                                                \
    X(unended, r->now.unended != 0, write_integer(text, r->now.unended))                           \
    X(ready, true, write_bool(text, r->now.ready))                                                 \
    X(status, has_status(r), write_bytes(text, r->now.status))                                     \
    X(waits_for, record_waits_for(r) != NULL, write_bytes(text, record_waits_for(r)))              \
    X(needs, true, write_needs(text, r))                                                           \
    X(attached, true, write_bool(text, r->attachment != NULL || r->viewers > 0))                   \
    X(seconds, !isnan(record_seconds(r)), write_seconds(text, record_seconds(r)))                  \
    X(cpu, true, write_cpu(text, r))                                                               \
    X(max_rss, true, write_integer(text, (int64_t) record_usage(r).memory))                        \
    X(left, r->now.left != NULL, write_left(text, r))                                              \
    X(tty, true, write_bool(text, r->job.tty))                                                     \
    X(input, true, write_bool(text, r->input != NULL && !r->input_ended))                          \
    X(host, record_host(r) != NULL, write_bytes(text, record_host(r)))

enum member {
#define X(name, is_set, write) MEMBER_##name,
    MEMBERS(X)
#undef X
        MEMBER_COUNT
};

_Static_assert(MEMBER_COUNT < 64,
               "a sum of members has 64 bits, and RECORD_ALL_MEMBERS is none of the sums");

static const char *const member_names[] = {
#define X(name, is_set, write) #name,
    MEMBERS(X)
#undef X
};

static bool member_is_set(const struct record *r, enum member member)
{
    switch (member) {
#define X(name, is_set, write)                                                                     \
    case MEMBER_##name:                                                                            \
        return is_set;
        MEMBERS(X)
#undef X
    case MEMBER_COUNT:
        break;
    }
    return false;
}

static void write_member(struct text *text, const struct record *r, enum member member)
{
    switch (member) {
#define X(name, is_set, write)                                                                     \
    case MEMBER_##name:                                                                            \
        write;                                                                                     \
        break;
        MEMBERS(X)
#undef X
    case MEMBER_COUNT:
        break;
    }
}

void record_write(struct text *text, const struct record *record, uint64_t members)
{
    text_byte(text, '{', 1);
    for (enum member member = 0; member < MEMBER_COUNT; member++) {
        bool is_set = (members & UINT64_C(1) << member) != 0 && member_is_set(record, member);

        if (!is_set &&
            (members != RECORD_ALL_MEMBERS || (member == MEMBER_host && !hosts_are_used())))
            continue;
        write_name(text, member_names[member]);
        if (is_set || member == MEMBER_left) /* a list is never null */
            write_member(text, record, member);
        else
            text_add(text, "null");
    }
    text_byte(text, '}', 1);
}

uint64_t record_member(const char *name)
{
    for (unsigned i = 0; name != NULL && i < MEMBER_COUNT; i++)
        if (strcmp(name, member_names[i]) == 0)
            return UINT64_C(1) << i;
    return 0;
}
