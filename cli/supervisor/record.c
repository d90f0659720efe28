#include "cli/supervisor/record.h"

#include "cli/rpc/bytes.h"
#include "cli/supervisor/environment.h"

#include <stdlib.h>

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

json_t *record_to_json(const struct record *record)
{
    const struct job    *job = &record->job;
    const struct report *now = &record->now;
    const char          *exception = now->exception != NULL ? now->exception->name : NULL;
    json_t              *message = now->message != NULL ? bytes_to_json(now->message) : json_null();

    return json_pack("{s:I, s:o, s:o, s:o, s:s, s:b, s:f, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o, "
                     "s:s?, s:o, s:I, s:b}",
                     "id", (json_int_t) record->id, "name", bytes_to_json(job->name), "tid",
                     number_or_null(now->tid != 0, now->tid), "pid",
                     number_or_null(now->pid != 0, now->pid), "state", state_words[now->state],
                     "daemon", (int) job->daemon, "after", job->after, "command",
                     strings_to_json(job->argv), "directory", bytes_to_json(job->directory), "log",
                     bytes_to_json(job->output), "created", record->created, "started",
                     time_or_null(now->started), "ended", time_or_null(now->ended), "exit_code",
                     number_or_null(now->exit_code >= 0, now->exit_code), "signal",
                     number_or_null(now->signal != 0, now->signal), "exception", exception,
                     "message", message, "runs", (json_int_t) now->runs, "ready", (int) now->ready);
}
