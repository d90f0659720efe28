#include "cli/server/start_params.h"

#include "cli/base/call_word.h"
#include "cli/base/exceptions.h"
#include "cli/base/number.h"
#include "cli/base/thread_name.h"
#include "cli/ready/ready.h"
#include "cli/server/hosts.h"
#include "cli/server/leash.h"
#include "cli/server/leash_param.h"
#include "cli/server/need_params.h"
#include "cli/server/param_strings.h"
#include "cli/server/params.h"
#include "cli/server/store.h"
#include "cli/server/surroundings.h"
#include "cli/server/terminal_size.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_GRACE 10.0

/* The most restarts that --restart can be limited to. */
#define RESTARTS_MAX 1000000000UL

static bool parse_command(struct call *call, const json_t *command, struct job *job)
{
    int error;

    if (!json_is_array(command) || json_array_size(command) == 0) {
        return call_fail(call, PROTOCOL_TYPE_ERROR,
                         "\"command\" must be a list of one string or more");
    }
    error = param_strings_copy(command, &job->argv);
    if (error != 0)
        return call_refuse(call, error, "\"command\" must be a list of strings");
    return !job->call || call_word_function(job->argv[0]) != NULL ||
           call_fail(call, PROTOCOL_VALUE_ERROR, "--call wants LIBRARY:FUNCTION, not '%.200s'",
                     job->argv[0]);
}

/* The parameters that need more than a copy into the job. */
struct raw {
    const json_t *name, *command, *directory, *input, *output, *ready, *host, *needs, *leash,
        *members;
    struct raw_environment environment;
    const char            *restart, *stop_signal;
    json_int_t             log_limit, umask, rows, columns;
    bool                   attach, if_absent, keep, chained, hold;
};

/*
 * Reads the environment and the limits. The client's peer keeps the environment, and its next start
 * can say "true" instead of the same environment.
 */
static bool parse_environment(struct call *call, const struct raw *raw, struct job *job)
{
    if (!surroundings_take(call, &raw->environment))
        return false;
    job->environment = surroundings_environment(call, &raw->environment);
    return job->environment != NULL;
}

static bool check_name(struct call *call, const char *name)
{
    struct text why = {0};

    if (thread_name_check(name, &why))
        return true;
    call_fail(call, PROTOCOL_VALUE_ERROR, "'%s' is no name for a thread: %.*s", name,
              (int) why.size, why.data);
    text_release(&why);
    return false;
}

static bool parse_ready(struct call *call, const json_t *ready, struct job *job)
{
    struct text why = {0};

    if (!param_string_copy(call, "ready", ready, &job->ready))
        return false;
    if (job->ready == NULL || ready_is_valid(job->ready, &why))
        return true;
    /* The word is cut, so that the reason always fits. */
    call_fail(call, PROTOCOL_VALUE_ERROR, "--ready '%.200s': %.*s", job->ready, (int) why.size,
              why.data);
    text_release(&why);
    return false;
}

/* Reads "never", "on-failure" or "always". The last two may end with ":N", the most restarts. */
static bool parse_restart(struct call *call, const char *text, struct job *job)
{
    static const char *const words[] = {"never", "on-failure", "always"};
    size_t                   length = text != NULL ? strcspn(text, ":") : 0;
    uint64_t                 most;

    if (text == NULL)
        return true;
    for (unsigned i = 0; i < 3; i++)
        if (strlen(words[i]) == length && strncmp(words[i], text, length) == 0) {
            job->restart = (enum restart) i;
            if (text[length] == '\0')
                return true;
            if (i > 0 && number_parse(text + length + 1, 1, RESTARTS_MAX, &most)) {
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
                         ? "\"log_limit\" must be a number of bytes"
                         : "--log-limit is for logs; it would cut holes into --output's file");
}

static bool take_params(struct call *call, const json_t *params, struct job *job, struct raw *raw)
{
    const struct param wanted[] = {
        {"command", PARAM_ANY, &raw->command, true},
        {"name", PARAM_ANY, &raw->name, false},
        {"after", PARAM_SECONDS, &job->after, false},
        {"daemon", PARAM_BOOLEAN, &job->daemon, false},
        {"timeout", PARAM_SECONDS, &job->timeout, false},
        {"grace", PARAM_SECONDS, &job->grace, false},
        {"directory", PARAM_ANY, &raw->directory, false},
        {"environment", PARAM_ANY, &raw->environment.environment, false},
        {"variables", PARAM_ANY, &raw->environment.variables, false},
        {"umask", PARAM_UMASK, &raw->umask, false},
        {"limits", PARAM_ANY, &raw->environment.limits, false},
        {"nice", PARAM_ANY, &raw->environment.nice, false},
        {"input", PARAM_ANY, &raw->input, false},
        {"output", PARAM_ANY, &raw->output, false},
        {"tty", PARAM_BOOLEAN, &job->tty, false},
        {"rows", PARAM_INTEGER, &raw->rows, false},
        {"columns", PARAM_INTEGER, &raw->columns, false},
        {"attach", PARAM_BOOLEAN, &raw->attach, false},
        {"ready", PARAM_ANY, &raw->ready, false},
        {"ready_timeout", PARAM_SECONDS, &job->ready_timeout, false},
        {"needs", PARAM_ANY, &raw->needs, false},
        {"host", PARAM_ANY, &raw->host, false},
        {"leash", PARAM_ANY, &raw->leash, false},
        {"restart", PARAM_STRING, &raw->restart, false},
        {"stop_signal", PARAM_STRING, &raw->stop_signal, false},
        {"log_limit", PARAM_INTEGER, &raw->log_limit, false},
        {"members", PARAM_ANY, &raw->members, false},
        {"call", PARAM_BOOLEAN, &job->call, false},
        {"if_absent", PARAM_BOOLEAN, &raw->if_absent, false},
        {"keep", PARAM_BOOLEAN, &raw->keep, false},
        {"chained", PARAM_BOOLEAN, &raw->chained, false},
        {"hold", PARAM_BOOLEAN, &raw->hold, false},
        {0},
    };

    job->grace = DEFAULT_GRACE;
    job->timeout = job->ready_timeout = -1; /* no limit */
    if (!params_take(call, params, wanted))
        return false;
    job->umask = (mode_t) raw->umask;
    return true;
}

/* Reads the name of the other machine. */
static bool parse_host(struct call *call, const json_t *host, struct job *job)
{
    struct text why = {0};

    if (!param_string_copy(call, "host", host, &job->host))
        return false;
    if (job->host == NULL || hosts_find(job->host, &why) != NULL)
        return true;
    call_fail(call, PROTOCOL_VALUE_ERROR, "%.*s", (int) why.size, why.data);
    text_release(&why);
    return false;
}

static bool parse_name(struct call *call, const json_t *name, struct job *job)
{
    return param_string_copy(call, "name", name, &job->name) &&
           (job->name == NULL || check_name(call, job->name));
}

/*
 * Looks for a live thread that has the name of the job. With IF_ABSENT puts it into START; without it, there
 * must be none.
 */
static bool find_namesake(struct call *call, bool if_absent, struct start_params *start)
{
    const char    *name = start->job.name;
    struct record *namesake = name != NULL ? store_find_name(name) : NULL;

    if (if_absent && name == NULL)
        return call_fail(call, PROTOCOL_VALUE_ERROR, "\"if_absent\" needs a \"name\"");
    if (namesake == NULL || !record_is_live(namesake))
        return true;
    start->present = namesake;
    return if_absent || call_fail(call, PROTOCOL_VALUE_ERROR,
                                  "a live thread is named '%s' already, its id is %llu", name,
                                  (unsigned long long) namesake->id);
}

static bool parse_paths(struct call *call, const struct raw *raw, struct job *job)
{
    const char *home = call->peer->directory;

    if (raw->directory == NULL && (job->directory = strdup(home != NULL ? home : "/")) == NULL)
        return call_fail_memory(call);
    if (raw->directory != NULL &&
        !surroundings_path(call, raw->directory, "\"directory\" must be a string", &job->directory))
        return false;
    job->input_open = json_is_true(raw->input);
    if (raw->input != NULL && !json_is_boolean(raw->input) &&
        !surroundings_path(call, raw->input, "\"input\" must be a string or true", &job->input))
        return false;
    return raw->output == NULL ||
           surroundings_path(call, raw->output, "\"output\" must be a string", &job->output);
}

static bool parse_terminal(struct call *call, const struct raw *raw, struct job *job)
{
    struct pty_size size;

    if (!terminal_size_check(call, raw->rows, raw->columns, &size))
        return false;
    job->rows = size.rows;
    job->columns = size.columns;
    if (raw->attach && !job->tty)
        return call_fail(call, PROTOCOL_VALUE_ERROR, "\"attach\" goes with \"tty\"");
    if (!job->tty || job->input == NULL)
        return true;
    return call_fail(call, PROTOCOL_VALUE_ERROR,
                     "--tty: the terminal is the command's input, so --input takes no FILE");
}

static bool parse_raw(struct call *call, const struct raw *raw, struct job *job)
{
    return parse_paths(call, raw, job) && parse_terminal(call, raw, job) &&
           parse_command(call, raw->command, job) && parse_environment(call, raw, job) &&
           params_members(call, raw->members, &call->members) && parse_name(call, raw->name, job) &&
           parse_host(call, raw->host, job) && parse_ready(call, raw->ready, job) &&
           parse_restart(call, raw->restart, job) &&
           parse_stop_signal(call, raw->stop_signal, job) &&
           parse_log_limit(call, raw->log_limit, job);
}

bool start_params_read(struct call *call, const json_t *params, struct start_params *ret)
{
    struct raw raw = {.umask = call->peer->umask, .hold = true};

    if (!take_params(call, params, &ret->job, &raw) || !parse_raw(call, &raw, &ret->job) ||
        !find_namesake(call, raw.if_absent, ret))
        return false;
    ret->keep = raw.keep;
    ret->hold = raw.hold;
    ret->attach = raw.attach;
    /* A live thread was started already: this request starts nothing, so its needs and leash are not read. */
    return ret->present != NULL || (need_params_read(call, raw.needs, &ret->job) &&
                                    leash_param_read(call, raw.leash, &ret->leash));
}

void start_params_release(struct start_params *params)
{
    job_release(&params->job);
    leash_release(params->leash);
}
