#include "cli/supervisor/record.h"

#include "cli/rpc/bytes.h"
#include "cli/supervisor/environment.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_words[] = {
#define X(name, word) word,
    PROTOCOL_STATES(X)
#undef X
};

static void free_strings(char **strings)
{
    for (char **s = strings; s != NULL && *s != NULL; s++)
        free(*s);
}

void job_release(struct job *job)
{
    free(job->name);
    free_strings(job->argv);
    if (job->argv != NULL)
        free(job->argv - 1);
    environment_drop(job->environment, job->environment_size);
    free(job->directory);
    free(job->output);
    free(job->ready);
    free(job->needs);
    *job = (struct job){0};
}

void record_free(struct record *record)
{
    if (record == NULL)
        return;
    job_release(&record->job);
    free(record->now.message);
    k3thread_unref(record->thread);
    free(record);
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

static json_t *strings_to_json(char *const *strings)
{
    json_t *array = json_array();

    for (; array != NULL && *strings != NULL; strings++)
        if (json_array_append_new(array, bytes_to_json(*strings)) < 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *time_or_null(double time)
{
    return time > 0 ? json_real(time) : json_null();
}

static json_t *number_or_null(bool is_set, json_int_t number)
{
    return is_set ? json_integer(number) : json_null();
}

static json_t *exception_or_null(const k3thread_exctype *exception)
{
    return exception != NULL ? json_string(exception->name) : json_null();
}

static json_t *bytes_or_null(const char *bytes)
{
    return bytes != NULL ? bytes_to_json(bytes) : json_null();
}

/* The members of a thread object, X(name, value). */
#define MEMBERS(X)                                                                                 \
    X(id, json_integer((json_int_t) r->id))                                                        \
    X(name, bytes_to_json(r->job.name))                                                            \
    X(tid, number_or_null(r->now.tid != 0, r->now.tid))                                            \
    X(pid, number_or_null(r->now.pid != 0, r->now.pid))                                            \
    X(state, json_string(state_words[r->now.state]))                                               \
    X(daemon, json_boolean(r->job.daemon))                                                         \
    X(after, json_real(r->job.after))                                                              \
    X(command, strings_to_json(r->job.argv))                                                       \
    X(directory, bytes_to_json(r->job.directory))                                                  \
    X(log, bytes_to_json(r->job.output))                                                           \
    X(created, json_real(r->created))                                                              \
    X(started, time_or_null(r->now.started))                                                       \
    X(ended, time_or_null(r->now.ended))                                                           \
    X(exit_code, number_or_null(r->now.exit_code >= 0, r->now.exit_code))                          \
    X(signal, number_or_null(r->now.signal != 0, r->now.signal))                                   \
    X(exception, exception_or_null(r->now.exception))                                              \
    X(message, bytes_or_null(r->now.message))                                                      \
    X(runs, json_integer((json_int_t) r->now.runs))                                                \
    X(ready, json_boolean(r->now.ready))

enum member {
#define X(name, value) MEMBER_##name,
    MEMBERS(X)
#undef X
        MEMBER_COUNT
};

static const char *const member_names[] = {
#define X(name, value) #name,
    MEMBERS(X)
#undef X
};

static json_t *get_member(const struct record *r, enum member member)
{
    switch (member) {
#define X(name, value)                                                                             \
    case MEMBER_##name:                                                                            \
        return value;
        MEMBERS(X)
#undef X
    case MEMBER_COUNT:
        break;
    }
    return NULL;
}

json_t *record_to_json(const struct record *record)
{
    return record_members_to_json(record, RECORD_ALL_MEMBERS);
}

json_t *record_members_to_json(const struct record *record, unsigned members)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < MEMBER_COUNT; i++) {
        json_t *value = (members & 1U << i) != 0 ? get_member(record, (enum member) i) : NULL;

        if ((members & 1U << i) == 0)
            continue;
        if (json_is_null(value) && members != RECORD_ALL_MEMBERS)
            continue; /* a singleton: no reference to drop */
        if (json_object_set_new_nocheck(object, member_names[i], value) < 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

unsigned record_member(const char *name)
{
    for (unsigned i = 0; name != NULL && i < MEMBER_COUNT; i++)
        if (strcmp(name, member_names[i]) == 0)
            return 1U << i;
    return 0;
}
