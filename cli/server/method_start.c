/* The method "start": parameters to a job, a job to a thread. */
#include "cli/base/exceptions.h"
#include "cli/base/file_watch.h"
#include "cli/base/kernel.h"
#include "cli/base/variable.h"
#include "cli/ready/ready.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/write.h"
#include "cli/server/method.h"
#include "cli/server/param_limits.h"
#include "cli/server/params.h"
#include "cli/server/select.h"
#include "cli/server/shutdown.h"
#include "cli/server/store.h"
#include "cli/server/threads.h"
#include "cli/worker/environment.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_GRACE 10.0

/*
 * Strings of a JSON array (NULL: none) into a new NULL-terminated array. Returns 0 or what
 * bytes_from_json() does.
 */
static int strings_from_json(const json_t *array, char ***ret)
{
    size_t count = json_array_size(array);
    char **strings = calloc(count + 1, sizeof(*strings));

    if (strings == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        int error = bytes_from_json(json_array_get(array, i), &strings[i]);

        if (error != 0) {
            while (i-- > 0)
                free(strings[i]);
            free(strings);
            return error;
        }
    }
    *ret = strings;
    return 0;
}

static bool parse_command(struct call *call, const json_t *command, struct job *job)
{
    int error;

    if (!json_is_array(command) || json_array_size(command) == 0) {
        return call_fail(call, PROTOCOL_TYPE_ERROR,
                         "\"command\" must be a list of one string or more");
    }
    error = strings_from_json(command, &job->argv);
    return error == 0 || call_refuse(call, error, "\"command\" must be a list of strings");
}

static bool check_environment(struct call *call, char *const *strings)
{
    for (char *const *s = strings; *s != NULL; s++)
        if (!variable_is_assignment(*s)) {
            return call_fail(call, PROTOCOL_VALUE_ERROR, "'%s' in the environment is no NAME=VALUE",
                             *s);
        }
    return true;
}

static void free_strings(char **strings)
{
    for (char **s = strings; *s != NULL; s++)
        free(*s);
    free(strings);
}

/* What is plain goes into the job at once; the rest is looked at one by one. */
struct raw {
    const json_t *name, *command, *directory, *environment, *limits, *nice, *input, *output, *ready,
        *needs, *members;
    const char *restart, *stop_signal;
    json_int_t  log_limit, umask;
    bool        keep, chained, hold;
};

/* A new one, or NULL with CALL failed. */
static struct environment *make_environment(struct call *call, const struct raw *raw)
{
    const json_t       *environment = raw->environment;
    struct environment *made = NULL;
    struct limits       limits;
    char              **strings;
    int                 error = -EINVAL;

    if (!param_limits_parse(call, raw->limits, raw->nice, &limits))
        return NULL;
    if (environment == NULL || json_is_array(environment))
        error = strings_from_json(environment, &strings);
    if (error == 0) {
        if (!check_environment(call, strings)) {
            free_strings(strings);
            return NULL;
        }
        made = environment_new(strings, &limits);
        free_strings(strings);
        error = made == NULL ? -ENOMEM : 0;
    }
    if (error != 0)
        call_refuse(call, error, "\"environment\" must be a list of strings");
    return made;
}

/* It stays with the connection, limits and all, for who starts many threads and says "true" instead. */
static bool parse_environment(struct call *call, const struct raw *raw, struct job *job)
{
    struct environment **kept = &call->peer->environment;

    if (!json_is_true(raw->environment) || *kept == NULL) {
        environment_unref(*kept);
        *kept = make_environment(call, raw);
    }
    job->environment = environment_ref(*kept);
    return job->environment != NULL;
}

static bool parse_path(struct call *call, const json_t *path, const char *what, char **ret)
{
    int error = bytes_from_json(path, ret);

    if (error != 0)
        return call_refuse(call, error, what);
    if ((*ret)[0] == '/')
        return true;
    return call_fail(call, PROTOCOL_VALUE_ERROR, "'%s' is no absolute path", *ret);
}

static bool check_seconds(struct call *call, const char *name, double seconds)
{
    if (seconds >= 0 && isfinite(seconds))
        return true;
    return call_fail(call, PROTOCOL_VALUE_ERROR, "%s must be 0 seconds or more, not %g", name,
                     seconds);
}

/* NaN is none, and becomes less than 0. */
static bool check_limit(struct call *call, const char *name, double *limit)
{
    if (!isnan(*limit))
        return check_seconds(call, name, *limit);
    *limit = -1;
    return true;
}

static bool check_name(struct call *call, const char *name)
{
    const char          *fault = store_name_fault(name);
    const struct record *namesake;

    if (fault != NULL) {
        return call_fail(call, PROTOCOL_VALUE_ERROR, "'%s' is no name for a thread: %s", name,
                         fault);
    }
    namesake = store_find_name(name);
    if (namesake == NULL || !record_is_live(namesake))
        return true;
    return call_fail(call, PROTOCOL_VALUE_ERROR,
                     "a live thread is named '%s' already, its id is %llu", name,
                     (unsigned long long) namesake->id);
}

static bool parse_ready(struct call *call, const json_t *ready, struct job *job)
{
    struct text why = {0};
    int         error;

    if (ready == NULL)
        return true;
    error = bytes_from_json(ready, &job->ready);
    if (error != 0)
        return call_refuse(call, error, "\"ready\" must be a string");
    if (ready_is_valid(job->ready, &why))
        return true;
    /* However long the word is, the reason fits in. */
    call_fail(call, PROTOCOL_VALUE_ERROR, "--ready '%.200s': %.*s", job->ready, (int) why.size,
              why.data);
    text_release(&why);
    return false;
}

/* "never", "on-failure", "always", the last two with ":N" for how often. */
static bool parse_restart(struct call *call, const char *text, struct job *job)
{
    static const char *const words[] = {"never", "on-failure", "always"};
    size_t                   length = text != NULL ? strcspn(text, ":") : 0;
    char                    *end;
    unsigned long            most;

    if (text == NULL)
        return true;
    for (unsigned i = 0; i < 3; i++)
        if (strlen(words[i]) == length && strncmp(words[i], text, length) == 0) {
            job->restart = (enum restart) i;
            if (text[length] == '\0')
                return true;
            most = strtoul(text + length + 1, &end, 10);
            if (i > 0 && text[length + 1] >= '1' && text[length + 1] <= '9' && *end == '\0' &&
                most <= 1000000000) {
                job->restart_max = (unsigned) most;
                return true;
            }
        }
    return call_fail(call, PROTOCOL_VALUE_ERROR,
                     "--restart takes never, on-failure[:N] or always[:N], not '%s'", text);
}

static bool parse_stop_signal(struct call *call, const char *text, struct job *job)
{
    job->stop_signal = exceptions_parse_signal(text != NULL ? text : "SIGTERM");
    if (job->stop_signal != 0)
        return true;
    return call_fail(call, PROTOCOL_VALUE_ERROR, "--stop-signal: '%.64s' is no signal", text);
}

static bool parse_log_limit(struct call *call, json_int_t limit, struct job *job)
{
    job->log_limit = (off_t) limit;
    if (limit >= 0 && (limit == 0 || job->output == NULL))
        return true;
    return call_fail(call, PROTOCOL_VALUE_ERROR,
                     limit < 0
                         ? "a log's limit is a number of bytes"
                         : "--log-limit is for logs; it would cut holes into --output's file");
}

/* The threads that must be ready first: they have to be there, live or ended. */
static bool parse_needs(struct call *call, const json_t *needs, struct job *job)
{
    size_t count = json_array_size(needs);

    if (needs != NULL && !json_is_array(needs)) {
        return call_fail(call, PROTOCOL_TYPE_ERROR, "\"needs\" must be a list of threads");
    }
    job->needs = calloc(count + 1, sizeof(*job->needs));
    if (job->needs == NULL)
        return call_refuse(call, -ENOMEM, "");
    for (size_t i = 0; i < count; i++) {
        struct record *needed = select_for_call(call, json_array_get(needs, i));

        if (needed == NULL)
            return false;
        needed->is_needed = true;
        mailbox_notify(&needed->assignment.mail);
        job->needs[job->need_count] =
            (struct need){.id = needed->id, .name = strdup(needed->job.name)};
        if (job->needs[job->need_count++].name == NULL)
            return call_refuse(call, -ENOMEM, "");
    }
    return true;
}

static bool take_params(struct call *call, const json_t *params, struct job *job, struct raw *raw)
{
    const struct param wanted[] = {
        {"command", PARAM_ANY, &raw->command, true},
        {"name", PARAM_ANY, &raw->name, false},
        {"after", PARAM_NUMBER, &job->after, false},
        {"daemon", PARAM_BOOLEAN, &job->daemon, false},
        {"timeout", PARAM_NUMBER, &job->timeout, false},
        {"grace", PARAM_NUMBER, &job->grace, false},
        {"directory", PARAM_ANY, &raw->directory, false},
        {"environment", PARAM_ANY, &raw->environment, false},
        {"umask", PARAM_INTEGER, &raw->umask, false},
        {"limits", PARAM_ANY, &raw->limits, false},
        {"nice", PARAM_ANY, &raw->nice, false},
        {"input", PARAM_ANY, &raw->input, false},
        {"output", PARAM_ANY, &raw->output, false},
        {"ready", PARAM_ANY, &raw->ready, false},
        {"ready_timeout", PARAM_NUMBER, &job->ready_timeout, false},
        {"needs", PARAM_ANY, &raw->needs, false},
        {"restart", PARAM_STRING, &raw->restart, false},
        {"stop_signal", PARAM_STRING, &raw->stop_signal, false},
        {"log_limit", PARAM_INTEGER, &raw->log_limit, false},
        {"members", PARAM_ANY, &raw->members, false},
        {"keep", PARAM_BOOLEAN, &raw->keep, false},
        {"chained", PARAM_BOOLEAN, &raw->chained, false},
        {"hold", PARAM_BOOLEAN, &raw->hold, false},
        {0},
    };

    job->grace = DEFAULT_GRACE;
    job->timeout = job->ready_timeout = NAN; /* none; one that is given must not be less than 0 */
    raw->umask = 022;
    raw->hold = true;
    if (!params_take(call, params, wanted) || !check_seconds(call, "after", job->after) ||
        !check_seconds(call, "grace", job->grace) || !check_limit(call, "timeout", &job->timeout) ||
        !check_limit(call, "ready_timeout", &job->ready_timeout))
        return false;
    job->umask = (mode_t) raw->umask & 0777;
    return true;
}

static bool parse_name(struct call *call, const json_t *name, struct job *job)
{
    int error;

    if (name == NULL)
        return true;
    error = bytes_from_json(name, &job->name);
    if (error != 0)
        return call_refuse(call, error, "\"name\" must be a string");
    return check_name(call, job->name);
}

static bool parse_paths(struct call *call, const struct raw *raw, struct job *job)
{
    if (raw->directory == NULL && (job->directory = strdup("/")) == NULL)
        return call_refuse(call, -ENOMEM, "");
    if (raw->directory != NULL &&
        !parse_path(call, raw->directory, "\"directory\" must be a string", &job->directory))
        return false;
    job->input_open = json_is_true(raw->input);
    if (raw->input != NULL && !json_is_boolean(raw->input) &&
        !parse_path(call, raw->input, "\"input\" must be a string or true", &job->input))
        return false;
    return raw->output == NULL ||
           parse_path(call, raw->output, "\"output\" must be a string", &job->output);
}

static bool parse_job(struct call *call, const json_t *params, struct job *job, struct raw *raw)
{
    return take_params(call, params, job, raw) && parse_paths(call, raw, job) &&
           parse_command(call, raw->command, job) && parse_environment(call, raw, job) &&
           params_members(call, raw->members, &call->members) && parse_name(call, raw->name, job) &&
           parse_ready(call, raw->ready, job) && parse_restart(call, raw->restart, job) &&
           parse_stop_signal(call, raw->stop_signal, job) &&
           parse_log_limit(call, raw->log_limit, job) && parse_needs(call, raw->needs, job);
}

/* With what the command could not be given, if there is any: nothing else says so. */
static void reply_record(struct call *call, const struct record *record)
{
    struct text text = {0};

    record_write(&text, record, call->members);
    if (record->now.missed != 0 && text.size > 0 && !text.failed) {
        text.size--; /* the brace */
        write_name(&text, "limited");
        param_limits_write_names(&text, record->now.missed);
        text_byte(&text, '}', 1);
    }
    call_reply_written(call, &text);
}

static void reply_started(struct call *call, struct record *record)
{
    enum protocol_error code = PROTOCOL_OS_ERROR;
    struct text         data = {0};

    if (record->now.error == 0) {
        reply_record(call, record);
        return;
    }
    store_let_go(record, &call->peer->kept); /* nobody joins what failed to start */
    if (record->now.error == ENOENT)
        code = PROTOCOL_FILE_NOT_FOUND_ERROR;
    else if (record->now.error == EACCES || record->now.error == EPERM)
        code = PROTOCOL_PERMISSION_ERROR;
    write_name(&data, "thread");
    record_write(&data, record, RECORD_ALL_MEMBERS);
    call_fail_with(call, code, record->now.message != NULL ? record->now.message : "out of memory",
                   &data);
}

/* A report came: is it the one that tells how the start went? */
static void wake_start(struct call *call, struct record *record)
{
    if (record->now.runs == 0 && record_is_live(record))
        call_wait(call, &record->calls, -1, wake_start);
    else
        reply_started(call, record);
}

static void fail_thread(struct call *call, int error)
{
    struct text words = {0};

    text_add(&words, strerrordesc_np(-error));
    limits_explain(&words, -error);
    kernel_add_refused(&words, error);
    call_fail(call, PROTOCOL_OS_ERROR, "cannot start a thread: %.*s", (int) words.size, words.data);
    text_release(&words);
}

static void start_job(struct call *call, struct job *job, const struct raw *raw)
{
    struct record *record = store_add(job, logs_directory());
    int            error;

    if (record == NULL) {
        call_fail_memory(call);
        return;
    }
    if (record->job.log_limit > 0 || record->job.ready != NULL)
        file_watch_begin();
    error = threads_begin(record);
    if (error != 0) {
        fail_thread(call, error);
        return;
    }
    call->peer->started = record->id;
    if (raw->keep)
        store_keep(record, &call->peer->kept);
    if (record->now.state != STATE_RUNNING || record->now.runs > 0) {
        reply_started(call, record);
        return;
    }
    mailbox_notify(&record->assignment.mail);
    call_wait(call, &record->calls, -1, wake_start);
    if (call->chained && raw->hold)
        call_hold(call);
}

/* One that is chained is so whatever else is wrong with it. */
static void begin_chain(struct call *call, const json_t *params)
{
    if (json_is_true(json_object_get(params, "chained")))
        call_chain(call);
    else
        call->peer->chain_broken = false;
}

static void run(struct call *call, const json_t *params)
{
    struct job job = {0};
    struct raw raw = {0};

    begin_chain(call, params);
    call->peer->started = 0;
    if (shutdown_has_begun())
        call_fail(call, PROTOCOL_RUNTIME_ERROR, "the supervisor is shutting down");
    else if (call->peer->chain_broken)
        call_fail(call, PROTOCOL_RUNTIME_ERROR, "a start before it in its chain failed");
    else if (parse_job(call, params, &job, &raw))
        start_job(call, &job, &raw);
    job_release(&job);
}

const struct method method_start = {"start", run};
