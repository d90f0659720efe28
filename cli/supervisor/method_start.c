/* The method "start": parameters to a job, a job to a thread. */
#include "cli/rpc/bytes.h"
#include "cli/supervisor/methods.h"
#include "cli/supervisor/ready.h"
#include "cli/supervisor/select.h"
#include "cli/supervisor/server.h"
#include "cli/supervisor/store.h"
#include "cli/supervisor/threads.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_GRACE 10.0

/* Room for the variables that add_own_variables() sets. */
#define OWN_VARIABLES 3

/*
 * Strings of a JSON array (NULL: none) into a new NULL-terminated array with BEFORE free slots
 * before it and AFTER behind. Returns 0, -EINVAL or -ENOMEM.
 */
static int strings_from_json(const json_t *array, size_t before, size_t after, char ***ret)
{
    size_t count = json_array_size(array);
    char **strings = calloc(before + count + 1 + after, sizeof(*strings));

    if (strings == NULL)
        return -ENOMEM;
    strings += before;
    for (size_t i = 0; i < count; i++) {
        int error = bytes_from_json(json_array_get(array, i), &strings[i]);

        if (error != 0) {
            while (i-- > 0)
                free(strings[i]);
            free(strings - before);
            return error;
        }
    }
    *ret = strings;
    return 0;
}

/* Fails CALL for a parameter that is not what it should be. Returns false, for its callers. */
static bool refuse(struct call *call, int error, const char *what)
{
    if (error == -ENOMEM)
        call_fail(call, PROTOCOL_INTERNAL_ERROR, "out of memory");
    else
        call_fail(call, PROTOCOL_TYPE_ERROR, "%s (no NUL byte in it)", what);
    return false;
}

static bool parse_command(struct call *call, const json_t *command, struct job *job)
{
    int error;

    if (!json_is_array(command) || json_array_size(command) == 0) {
        call_fail(call, PROTOCOL_TYPE_ERROR, "\"command\" must be a list of one string or more");
        return false;
    }
    error = strings_from_json(command, 1, 0, &job->argv);
    return error == 0 || refuse(call, error, "\"command\" must be a list of strings");
}

static bool is_assignment(const char *string)
{
    return string[0] != '=' && strchr(string, '=') != NULL;
}

static bool parse_environment(struct call *call, const json_t *environment, struct job *job)
{
    int error = -EINVAL;

    if (environment == NULL || json_is_array(environment))
        error = strings_from_json(environment, 0, OWN_VARIABLES, &job->environment);
    if (error != 0)
        return refuse(call, error, "\"environment\" must be a list of strings");
    for (char **s = job->environment; *s != NULL; s++)
        if (!is_assignment(*s)) {
            call_fail(call, PROTOCOL_VALUE_ERROR, "'%s' in the environment is no NAME=VALUE", *s);
            return false;
        }
    return true;
}

static bool parse_path(struct call *call, const json_t *path, const char *what, char **ret)
{
    int error = bytes_from_json(path, ret);

    if (error != 0)
        return refuse(call, error, what);
    if ((*ret)[0] == '/')
        return true;
    call_fail(call, PROTOCOL_VALUE_ERROR, "'%s' is no absolute path", *ret);
    return false;
}

static bool check_seconds(struct call *call, const char *name, double seconds)
{
    if (seconds >= 0 && isfinite(seconds))
        return true;
    call_fail(call, PROTOCOL_VALUE_ERROR, "%s must be 0 seconds or more, not %g", name, seconds);
    return false;
}

static bool check_name(struct call *call, const char *name)
{
    const char          *fault = store_name_fault(name);
    const struct record *namesake;

    if (fault != NULL) {
        call_fail(call, PROTOCOL_VALUE_ERROR, "'%s' is no name for a thread: %s", name, fault);
        return false;
    }
    namesake = store_find_name(name);
    if (namesake == NULL || !record_is_live(namesake))
        return true;
    call_fail(call, PROTOCOL_VALUE_ERROR, "a live thread is named '%s' already, its id is %llu",
              name, (unsigned long long) namesake->id);
    return false;
}

static bool parse_ready(struct call *call, const json_t *ready, struct job *job)
{
    const char *fault;
    int         error;

    if (ready == NULL || json_is_null(ready))
        return true;
    error = bytes_from_json(ready, &job->ready);
    if (error != 0)
        return refuse(call, error, "\"ready\" must be a string");
    fault = ready_fault(job->ready);
    if (fault != NULL)
        call_fail(call, PROTOCOL_VALUE_ERROR, "--ready '%s': %s", job->ready, fault);
    return fault == NULL;
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
    call_fail(call, PROTOCOL_VALUE_ERROR,
              "--restart takes never, on-failure[:N] or always[:N], not '%s'", text);
    return false;
}

static bool parse_log_limit(struct call *call, json_int_t limit, struct job *job)
{
    job->log_limit = (off_t) limit;
    if (limit >= 0 && (limit == 0 || job->output == NULL))
        return true;
    call_fail(call, PROTOCOL_VALUE_ERROR,
              limit < 0 ? "a log's limit is a number of bytes"
                        : "--log-limit is for logs; it would cut holes into --output's file");
    return false;
}

/* The threads that must be ready first: they have to be there, live or ended. */
static bool parse_needs(struct call *call, const json_t *needs, struct job *job)
{
    size_t count = json_array_size(needs);

    if (needs != NULL && !json_is_array(needs)) {
        call_fail(call, PROTOCOL_TYPE_ERROR, "\"needs\" must be a list of threads");
        return false;
    }
    job->needs = calloc(count + 1, sizeof(*job->needs));
    if (job->needs == NULL)
        return refuse(call, -ENOMEM, "");
    for (size_t i = 0; i < count; i++) {
        struct record *needed = select_for_call(call, json_array_get(needs, i));

        if (needed == NULL)
            return false;
        needed->is_needed = true;
        job->needs[job->need_count++] = (struct need){.id = needed->id};
    }
    return true;
}

/* Unpacks what is plain; the rest is left in the json_t pointers. */
struct raw {
    json_t     *name, *command, *directory, *environment, *output, *timeout, *ready, *needs;
    const char *restart;
    json_int_t  log_limit;
    int         daemon, umask;
};

static bool parse_job(struct call *call, const json_t *params, struct job *job)
{
    struct raw raw = {.umask = 022};
    int        error;

    job->grace = DEFAULT_GRACE;
    job->timeout = -1;
    if (!params_unpack(call, params,
                       "{s:o, s?o, s?F, s?b, s?o, s?F, s?o, s?o, s?i, s?o, s?o, s?o, s?s, s?I !}",
                       "command", &raw.command, "name", &raw.name, "after", &job->after, "daemon",
                       &raw.daemon, "timeout", &raw.timeout, "grace", &job->grace, "directory",
                       &raw.directory, "environment", &raw.environment, "umask", &raw.umask,
                       "output", &raw.output, "ready", &raw.ready, "needs", &raw.needs, "restart",
                       &raw.restart, "log_limit", &raw.log_limit))
        return false;
    job->daemon = raw.daemon != 0;
    job->umask = (mode_t) raw.umask & 0777;
    if (json_is_number(raw.timeout))
        job->timeout = json_number_value(raw.timeout);
    else if (raw.timeout != NULL && !json_is_null(raw.timeout))
        return refuse(call, -EINVAL, "\"timeout\" must be a number");
    if (raw.name != NULL && !json_is_null(raw.name)) {
        error = bytes_from_json(raw.name, &job->name);
        if (error != 0)
            return refuse(call, error, "\"name\" must be a string");
    }
    if (raw.directory == NULL)
        job->directory = strdup("/");
    else if (!parse_path(call, raw.directory, "\"directory\" must be a string", &job->directory))
        return false;
    if (raw.output != NULL && !json_is_null(raw.output) &&
        !parse_path(call, raw.output, "\"output\" must be a string", &job->output))
        return false;
    return parse_command(call, raw.command, job) && parse_environment(call, raw.environment, job) &&
           check_seconds(call, "after", job->after) && check_seconds(call, "grace", job->grace) &&
           (json_is_null(raw.timeout) || raw.timeout == NULL ||
            check_seconds(call, "timeout", job->timeout)) &&
           (job->name == NULL || check_name(call, job->name)) &&
           parse_ready(call, raw.ready, job) && parse_restart(call, raw.restart, job) &&
           parse_log_limit(call, raw.log_limit, job) && parse_needs(call, raw.needs, job);
}

static void reply_started(struct call *call, struct record *record)
{
    enum protocol_error code = PROTOCOL_OS_ERROR;
    json_t             *data;

    if (record->now.error == 0) {
        call_reply(call, record_to_json(record));
        return;
    }
    if (record->now.error == ENOENT)
        code = PROTOCOL_FILE_NOT_FOUND_ERROR;
    else if (record->now.error == EACCES || record->now.error == EPERM)
        code = PROTOCOL_PERMISSION_ERROR;
    data = json_pack("{s:o}", "thread", record_to_json(record));
    call_fail_with(call, code, record->now.message != NULL ? record->now.message : "out of memory",
                   data);
}

/* A report came: is it the one that tells how the start went? */
static void wake_start(struct call *call, struct record *record)
{
    if (record->now.runs == 0 && record_is_live(record))
        call_wait(call, &record->calls, -1, wake_start);
    else
        reply_started(call, record);
}

/* Sets NAME in ENVIRONMENT, in the place of every older one or at the end. */
static int set_variable(char **environment, const char *name, const char *value)
{
    size_t length = strlen(name);
    char **kept = environment;
    char  *assignment;

    if (asprintf(&assignment, "%s=%s", name, value) < 0)
        return -ENOMEM;
    for (char **s = environment; *s != NULL; s++) {
        if (strncmp(*s, name, length) == 0 && (*s)[length] == '=')
            free(*s);
        else
            *kept++ = *s;
    }
    *kept++ = assignment;
    *kept = NULL;
    return 0;
}

/* What tells the command which thread it is. */
static int add_own_variables(struct record *record)
{
    char **environment = record->job.environment;
    char   id[24];
    int    error;

    snprintf(id, sizeof(id), "%llu", (unsigned long long) record->id);
    error = set_variable(environment, "K3THREAD_ID", id);
    if (error == 0)
        error = set_variable(environment, "K3THREAD_NAME", record->job.name);
    if (error == 0)
        error = set_variable(environment, "K3THREAD_SOCKET", server_socket());
    return error;
}

void method_start(struct call *call, const json_t *params)
{
    struct job     job = {0};
    struct record *record;
    int            error;

    if (server_is_closing()) {
        call_fail(call, PROTOCOL_RUNTIME_ERROR, "the supervisor is shutting down");
        return;
    }
    if (!parse_job(call, params, &job)) {
        job_release(&job);
        return;
    }
    record = store_add(&job, server_logs());
    if (record == NULL) {
        job_release(&job);
        call_fail(call, PROTOCOL_INTERNAL_ERROR, "out of memory");
        return;
    }
    error = add_own_variables(record);
    if (error == 0)
        error = threads_begin(record);
    if (error != 0)
        call_fail(call, PROTOCOL_OS_ERROR, "cannot start a thread: %s", strerrordesc_np(-error));
    else if (record->now.state != STATE_RUNNING || record->now.runs > 0)
        reply_started(call, record);
    else
        call_wait(call, &record->calls, -1, wake_start);
}
