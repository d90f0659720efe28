#include "cli/client/request.h"

#include "cli/base/libc.h"
#include "cli/base/limit_names.h"
#include "cli/base/variable.h"
#include "cli/client/current_directory.h"
#include "cli/rpc/member.h"
#include "cli/rpc/protocol.h"
#include "cli/rpc/write.h"

#include <string.h>
#include <sys/stat.h>

bool request_is_id(const char *thread, int64_t *ret)
{
    size_t  digits = strspn(thread, "0123456789");
    int64_t id = 0;

    if (digits == 0 || digits > PROTOCOL_ID_DIGITS || thread[digits] != '\0')
        return false;
    for (size_t i = 0; i < digits; i++)
        id = id * 10 + (thread[i] - '0');
    *ret = id;
    return true;
}

static void write_thread(struct text *params, const char *thread)
{
    int64_t id;

    if (request_is_id(thread, &id))
        write_integer(params, id);
    else
        write_bytes(params, thread);
}

static void add_threads(struct text *params, const char *key, char *const *threads, size_t count)
{
    write_name(params, key);
    text_byte(params, '[', 1);
    for (size_t i = 0; i < count; i++) {
        write_comma(params);
        write_thread(params, threads[i]);
    }
    text_byte(params, ']', 1);
}

/* Writes the list of the members that the reply must have. MEMBERS is JSON. */
static void write_members(struct text *params, const char *members)
{
    write_name(params, "members");
    text_add(params, members);
}

/* Start */

void request_init_start(struct start_request *ret)
{
    *ret = (struct start_request){.after = -1, .timeout = -1, .grace = -1, .ready_timeout = -1};
}

static void write_environment(struct text *params, char *const *environment)
{
    text_byte(params, '[', 1);
    for (char *const *word = environment; *word != NULL; word++)
        if (variable_is_assignment(*word)) {
            write_comma(params);
            write_bytes(params, *word);
        }
    text_byte(params, ']', 1);
}

static void write_limit(struct text *params, limit_resource resource, const char *name)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    (void) getrlimit(resource, &limit); /* cannot fail for a known resource */
    write_name(params, name);
    text_byte(params, '[', 1);
    write_integer(params, limits_number(limit.rlim_cur));
    text_byte(params, ',', 1);
    write_integer(params, limits_number(limit.rlim_max));
    text_byte(params, ']', 1);
}

static void write_limits(struct text *params)
{
    write_name(params, "limits");
    text_byte(params, '{', 1);
#define X(resource, name) write_limit(params, RLIMIT_##resource, name);
    LIMITS(X)
#undef X
    text_byte(params, '}', 1);
    member_write_integer(params, "nice", getpriority(PRIO_PROCESS, 0));
}

/* Writes that the command has the surroundings of the connection, with VARIABLES added. */
static void add_variables(struct text *params, char *const *variables)
{
    write_name(params, "environment");
    text_add(params, "true");
    if (variables == NULL)
        return;
    write_name(params, "variables");
    write_environment(params, variables);
}

/*
 * Writes the environment and the limits. If the connection's last start sent the same, writes "true": the supervisor
 * keeps them, and most starts of a script share them.
 */
static void add_environment(struct text *params, const struct start_request *request)
{
    write_name(params, "environment");
    if (request->environment_known) {
        text_add(params, "true");
        return;
    }
    write_environment(params, request->environment);
    write_limits(params);
}

static mode_t current_umask(void)
{
    mode_t mask = umask(077);

    umask(mask);
    return mask;
}

static void add_path(struct text *params, const char *key, const char *here, const char *path)
{
    if (path == NULL)
        return;
    write_name(params, key);
    if (here[0] == '\0')
        write_bytes(params, path);
    else
        current_directory_write_path(params, here, path);
}

static void add_terminal(struct text *params, const struct start_request *request)
{
    member_write_true(params, "tty", true);
    member_write_integer(params, "rows", request->rows);
    member_write_integer(params, "columns", request->columns);
    member_write_true(params, "attach", request->attach);
}

/* Writes the directory, the environment, the input and the output of the command. */
static void add_surroundings(struct text *params, const struct start_request *request)
{
    if (request->is_elsewhere) {
        add_variables(params, request->environment);
        add_path(params, "directory", "", request->directory);
    } else {
        add_environment(params, request);
        write_name(params, "directory");
        current_directory_write_path(params, request->here, request->directory);
        member_write_integer(params, "umask", current_umask());
    }
    add_path(params, "input", request->here, request->input);
    member_write_true(params, "input", request->input_stays_open);
    if (request->tty)
        add_terminal(params, request);
    add_path(params, "output", request->here, request->output);
    if (request->log_limit > 0)
        member_write_integer(params, "log_limit", request->log_limit);
}

void request_write_start(struct text *params, const struct start_request *request)
{
    text_byte(params, '{', 1);
    member_write_strings(params, "command", request->command);
    member_write_true(params, "call", request->call);
    add_surroundings(params, request);
    write_members(params, request->attach ? "[\"id\",\"name\"]" : "[\"id\"]");
    member_write_string(params, "ready", request->ready);
    member_write_string(params, "host", request->host);
    member_write_string(params, "restart", request->restart);
    member_write_string(params, "stop_signal", request->stop_signal);
    if (request->needs_count > 0)
        add_threads(params, "needs", request->needs, request->needs_count);
    if (request->leash > 0)
        member_write_integer(params, "leash", request->leash);
    member_write_seconds(params, "after", request->after);
    member_write_seconds(params, "timeout", request->timeout);
    member_write_seconds(params, "ready_timeout", request->ready_timeout);
    member_write_seconds(params, "grace", request->grace);
    member_write_true(params, "daemon", request->daemon);
    member_write_true(params, "if_absent", request->if_absent);
    member_write_true(params, "keep", request->keep);
    member_write_true(params, "chained", request->chained);
    if (request->chained && request->is_sure) {
        write_name(params, "hold");
        text_add(params, "false");
    }
    member_write_string(params, "name", request->name);
    text_byte(params, '}', 1);
}

void request_write_surroundings(struct text *params, char *const *environment, const char *here)
{
    text_byte(params, '{', 1);
    write_name(params, "environment");
    write_environment(params, environment);
    write_limits(params);
    member_write_string(params, "directory", here);
    member_write_integer(params, "umask", current_umask());
    text_byte(params, '}', 1);
}

/* Raise, join, list */

void request_write_raise(struct text *params, const struct raise_request *request)
{
    text_byte(params, '{', 1);
    member_write_string(params, "exception", request->exception);
    member_write_true(params, "all", request->thread == NULL);
    if (request->thread != NULL) {
        write_name(params, "thread");
        write_thread(params, request->thread);
    }
    member_write_string(params, "message", request->message);
    write_members(params, "[\"id\"]");
    text_byte(params, '}', 1);
}

/*
 * Writes a join. The reply has only the members that `join` and `raise --wait` need, so that it is
 * read fast.
 */
void request_write_join(struct text *params, const struct join_request *request)
{
    text_byte(params, '{', 1);
    if (request->thread != NULL) {
        write_name(params, "thread");
        write_thread(params, request->thread);
    } else {
        add_threads(params, "any", request->any, request->any_count);
    }
    write_members(params, "[\"id\",\"name\",\"runs\",\"exit_code\",\"signal\",\"exception\","
                          "\"message\",\"unended\"]");
    member_write_seconds(params, "timeout", request->timeout);
    member_write_true(params, "ready", request->ready);
    member_write_string(params, "until", request->until);
    text_byte(params, '}', 1);
}

void request_write_list(struct text *params, const struct list_request *request)
{
    size_t count = 0;

    text_byte(params, '{', 1);
    while (request->threads != NULL && request->threads[count] != NULL)
        count++;
    if (request->threads != NULL)
        add_threads(params, "threads", request->threads, count);
    member_write_true(params, "live", request->live);
    member_write_true(params, "failed", request->failed);
    member_write_true(params, "table", request->form == LIST_TABLE);
    member_write_true(params, "wide", request->form == LIST_TABLE && request->wide);
    if (request->form == LIST_IDS)
        write_members(params, "[\"id\"]");
    text_byte(params, '}', 1);
}
