/* run: runs a script of k3thread commands in the foreground, in a supervisor of its own. */
#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/place/temporary_place.h"
#include "cli/script/each.h"
#include "cli/script/front.h"
#include "cli/script/plan.h"
#include "cli/script/procfile.h"
#include "cli/script/retry.h"
#include "cli/script/run_hosts.h"
#include "cli/script/whole_input.h"
#include "cli/view/printer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct run_options {
    struct front_options front;
    bool                 no_prefix, timestamps;
    const char          *procfile; /* NULL: a script */
    unsigned             port;     /* of the Procfile's first entry; 0: not given */
    bool                 has_env_file;
    struct variables     variables;       /* of --env-file */
    const char          *host_list, *via; /* NULL: not given */
    struct run_hosts     hosts;           /* what they say */
    const char          *retry; /* the file of --json of an earlier run; NULL: not given */
    bool                 each, nul;
    char **words; /* the script and its arguments, the Procfile's entries, or COMMAND */
};

enum {
    KEY_FAIL_FAST = 256,
    KEY_ANY,
    KEY_SLOTS,
    KEY_JOBSERVER,
    KEY_NO_PREFIX,
    KEY_TIMESTAMPS,
    KEY_PROCFILE,
    KEY_PORT,
    KEY_TIMEOUT,
    KEY_JSON,
    KEY_JUNIT,
    KEY_TRACE,
    KEY_REPORT,
    KEY_LOGS,
    KEY_EACH,
    KEY_RETRY,
    KEY_ENV_FILE,
    KEY_LEAKS,
    KEY_HOSTS,
    KEY_VIA,
    KEY_RESCHEDULE
};

static const struct argp_option options[] = {
    {"fail-fast", KEY_FAIL_FAST, NULL, 0, "End all when the first thread fails", 0},
    {"any", KEY_ANY, NULL, 0, "End all when the first thread ends", 0},
    {"quiet", 'q', NULL, 0, "Print no table of how the threads ended, and no progress", 0},
    SLOTS_OPTION(KEY_SLOTS),
    JOBSERVER_OPTION(KEY_JOBSERVER),
    {"no-prefix", KEY_NO_PREFIX, NULL, 0, "Print lines without their thread's name", 0},
    {"timestamps", KEY_TIMESTAMPS, NULL, 0, "Print the time before each line", 0},
    {"procfile", KEY_PROCFILE, "FILE", 0, "Run a Procfile instead; the first end ends all", 0},
    {"port", KEY_PORT, "N", 0, "The Procfile's first entry gets this PORT (5000)", 0},
    {"env-file", KEY_ENV_FILE, "FILE", 0, "Set the variables in FILE, lines of K=V (repeatable)",
     0},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Raise TimeoutError in all threads after so long", 0},
    {"json", KEY_JSON, "FILE", 0, "Write the results to FILE, as JSON", 0},
    {"junit", KEY_JUNIT, "FILE", 0, "Write the results to FILE, as JUnit's XML", 0},
    {"trace", KEY_TRACE, "FILE", 0, "Write the course to FILE, for Perfetto or chrome://tracing",
     0},
    {"report", KEY_REPORT, "FILE", 0, "Write a page to FILE, HTML: timeline, table and failures",
     0},
    {"leaks", KEY_LEAKS, "ACTION", 0, "Of processes that a command left behind: warn, or fail", 0},
    {"logs", KEY_LOGS, "DIR", 0, "Keep the threads' logs in DIR, by their names", 0},
    {"retry", KEY_RETRY, "FILE", 0, "Run only what failed, according to FILE of --json", 0},
    {"each", KEY_EACH, NULL, 0, "Run COMMAND with each line of standard input, for {} or last", 0},
    {"hosts", KEY_HOSTS, "LIST", 0,
     "Run the commands on these machines: NAME[:SLOTS],..., or @FILE", 0},
    {"via", KEY_VIA, "COMMAND", 0, "How a program is run on the machine {} (ssh {})", 0},
    {"reschedule", KEY_RESCHEDULE, NULL, 0,
     "Run what was cut off with a machine again on another one", 0},
    {"null", '0', NULL, 0, "With --each: words end with a NUL byte, not a newline", 0},
    {0},
};

static error_t check_words(const struct run_options *o, const struct argp_state *state)
{
    const char *one, *other;

    if (o->each && o->procfile != NULL)
        return command_usage(state, "--each and --procfile exclude each other");
    if (o->each && o->words == NULL)
        return command_usage(state, "no command behind --each");
    if (o->retry != NULL && o->procfile != NULL)
        return command_usage(state, "--retry goes with a script or --each, not with --procfile");
    if (o->nul && !o->each)
        return command_usage(state, "--null goes with --each");
    if (o->procfile == NULL && o->words == NULL)
        return command_usage(state, "no script; '-' is standard input");
    if (result_files_collide(&o->front.results, &one, &other))
        return command_usage(state, "%s and %s need different files", one, other);
    if (o->procfile == NULL && o->port != 0)
        return command_usage(state, "--port goes with --procfile");
    return 0;
}

static error_t parse_leaks(const struct argp_state *state, const char *argument, enum leaks *ret)
{
    if (strcmp(argument, "warn") != 0 && strcmp(argument, "fail") != 0)
        return command_usage(state, "--leaks takes warn or fail, not '%s'", argument);
    *ret = strcmp(argument, "fail") == 0 ? LEAKS_FAIL : LEAKS_WARN;
    return 0;
}

/* Reads the options that say on which machines the commands run. */
static error_t finish_hosts(struct run_options *o, const struct argp_state *state)
{
    struct text why = {0};
    error_t     error = 0;

    if (o->host_list == NULL && o->via != NULL)
        return command_usage(state, "--via goes with --hosts");
    if (o->host_list == NULL && o->hosts.reschedule)
        return command_usage(state, "--reschedule goes with --hosts");
    if (o->host_list == NULL)
        return 0;
    if (o->front.jobserver)
        return command_usage(state, "--jobserver and --hosts exclude each other");
    if (run_hosts_read(&o->hosts, o->host_list, o->via, &why) != 0)
        error = command_refuse(state, "%.*s", (int) why.size, why.data);
    text_release(&why);
    o->front.hosts = &o->hosts;
    return error;
}

/* Completes what was read, when no option can follow. */
static error_t finish(struct run_options *o, const struct argp_state *state)
{
    /* A list of words may be long. With other machines, each of them has its slots. */
    bool    is_limited = (o->each && o->host_list == NULL) || o->front.jobserver;
    error_t error = check_words(o, state);

    o->front.slots = command_slots_default(o->front.slots, is_limited);
    return error == 0 ? finish_hosts(o, state) : error;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        o->front.timeout = -1;
        o->front.kept.fd = -1;
        result_files_init(&o->front.results);
        return 0;
    case KEY_FAIL_FAST:
        o->front.fail_fast = true;
        return 0;
    case KEY_ANY:
        o->front.any = true;
        return 0;
    case 'q':
        o->front.quiet = true;
        return 0;
    case KEY_SLOTS:
        return command_slots_option(state, argument, &o->front.slots);
    case KEY_JOBSERVER:
        o->front.jobserver = true;
        return 0;
    case KEY_NO_PREFIX:
        o->no_prefix = true;
        return 0;
    case KEY_TIMESTAMPS:
        o->timestamps = true;
        return 0;
    case KEY_PROCFILE:
        o->procfile = argument;
        return 0;
    case KEY_PORT:
        return command_number(state, "--port", argument, 1, PROCFILE_PORT_MAX, "from 1 to 65535",
                              &o->port);
    case KEY_ENV_FILE:
        o->has_env_file = true;
        return command_env_file(state, argument, &o->variables);
    case KEY_TIMEOUT:
        return command_duration(state, "--timeout", argument, &o->front.timeout);
    case KEY_JSON:
        o->front.results.list[RESULT_JSON].path = argument;
        return 0;
    case KEY_JUNIT:
        o->front.results.list[RESULT_JUNIT].path = argument;
        return 0;
    case KEY_TRACE:
        o->front.results.list[RESULT_TRACE].path = argument;
        return 0;
    case KEY_REPORT:
        o->front.results.list[RESULT_REPORT].path = argument;
        return 0;
    case KEY_HOSTS:
        o->host_list = argument;
        return 0;
    case KEY_VIA:
        o->via = argument;
        return 0;
    case KEY_RESCHEDULE:
        o->hosts.reschedule = true;
        return 0;
    case KEY_RETRY:
        o->retry = argument;
        return 0;
    case KEY_EACH:
        o->each = true;
        return 0;
    case '0':
        o->nul = true;
        return 0;
    case KEY_LEAKS:
        return parse_leaks(state, argument, &o->front.leaks);
    case KEY_LOGS:
        o->front.kept.directory = argument;
        return 0;
    case ARGP_KEY_ARGS:
        o->words = state->argv + state->next;
        return 0;
    case ARGP_KEY_END:
        return finish(o, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void close_script(const struct script *script)
{
    if (script->fd > STDIN_FILENO)
        close(script->fd);
}

/* Returns true if SCRIPT is open and is not a directory; if not, errno says why. */
static bool can_be_read(const struct script *script)
{
    struct stat info;

    if (script->fd < 0 || fstat(script->fd, &info) < 0)
        return false;
    errno = EISDIR;
    return !S_ISDIR(info.st_mode);
}

/*
 * Opens the script. Returns a shell's statuses: 127 for a missing script, 126 for a script that
 * cannot be read.
 */
static int open_script(const struct invocation *invocation, struct script *script)
{
    int status;

    if (strcmp(script->name, "-") == 0) {
        script->name = "stdin";
        script->fd = STDIN_FILENO;
    } else {
        script->fd = open(script->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    }
    if (can_be_read(script))
        return STATUS_DONE;
    status = command_fail(invocation, status_of_exec(errno),
                          errno == ENOENT ? "FileNotFoundError" : NULL, "%s: %s", script->name,
                          strerror(errno));
    close_script(script);
    return status;
}

/*
 * Finds the place that the user names, or makes a place for this run alone. Returns STATUS_DONE, or
 * a status after reporting the failure.
 */
static int find_place(const struct invocation *invocation, bool is_own, struct place *ret)
{
    const struct session *session = invocation->session;
    struct session        named = {.label = session->label, .socket = session->socket};
    struct text           why = {0};
    int error = is_own ? temporary_place_make(ret, &why) : session_find_place(&named, &why);

    if (error != 0)
        return command_fail_text(invocation, error == -EINVAL ? STATUS_USAGE : STATUS_INTERNAL,
                                 NULL, &why);
    if (!is_own)
        *ret = named.place;
    text_release(&why);
    return STATUS_DONE;
}

/*
 * Opens the files that the run leaves behind. Returns STATUS_DONE, or a status after reporting the
 * failure.
 */
static int open_results(const struct invocation *invocation, struct front_options *front)
{
    struct text why = {0};

    if (kept_logs_open(&front->kept, &why) == 0 && result_files_open(&front->results, &why) == 0)
        return STATUS_DONE;
    return command_fail_text(invocation, STATUS_INTERNAL, NULL, &why);
}

/* The options of `run`: those of the front, and those that only `run` knows. */
static struct front_options make_front_options(const struct run_options *o, bool is_own)
{
    struct front_options front = o->front;

    front.own_place = is_own;
    front.has_all_starts = !o->each;
    front.any |= o->procfile != NULL;
    front.printer = PRINTER_PARTIAL | printer_style(STDOUT_FILENO) |
                    (o->timestamps ? PRINTER_TIMES : 0) | (o->no_prefix ? 0 : PRINTER_NAMES);
    return front;
}

/* Runs SCRIPT at PLACE, or what is run of it again. Returns the exit status. */
static int run_at(const struct invocation *invocation, const struct place *place,
                  const struct script *script, bool is_own)
{
    const struct run_options *o = invocation->options;
    struct front_options      front = make_front_options(o, is_own);
    struct script             chosen = *script;
    struct plan               plan = {0};
    bool                      any = true;
    int                       status = STATUS_DONE;

    if (o->retry != NULL) {
        /* Before the files of the results are emptied: the file may be one of them. */
        status = retry_plan(&plan, script, o->retry, place, &any);
        chosen.plan = &plan;
    }
    if (status == STATUS_DONE && any) {
        status = open_results(invocation, &front);
        if (status == STATUS_DONE)
            status = front_run(&front, place, &chosen, &invocation->session->ended_by);
        result_files_close(&front.results);
        kept_logs_close(&front.kept);
    }
    plan_release(&plan);
    return status;
}

/* Runs SCRIPT, which was read to its end if that is necessary. Returns the exit status. */
static int run_script_read(const struct invocation *invocation, const struct script *script)
{
    struct session *session = invocation->session;
    struct place    place = {0};
    bool is_own = session->scripted || (session->label == NULL && session->socket == NULL);
    int  status = find_place(invocation, is_own, &place);

    if (status != STATUS_DONE)
        return status;
    status = run_at(invocation, &place, script, is_own);
    if (is_own)
        temporary_place_remove(&place);
    else
        place_release(&place);
    return status;
}

static int run_script(const struct invocation *invocation, const struct script *script)
{
    const struct run_options *o = invocation->options;
    struct script             whole = *script;
    int                       status;

    if (o->retry == NULL)
        return run_script_read(invocation, script);
    whole.fd = whole_input_read(script->fd);
    if (whole.fd < 0)
        return command_fail(invocation, STATUS_INTERNAL, NULL, "%s: %s", script->name,
                            strerror(-whole.fd));
    if (script->each != NULL)
        each_open(script->each, whole.fd);
    status = run_script_read(invocation, &whole);
    close(whole.fd);
    return status;
}

static int run_each(struct invocation *invocation)
{
    const struct run_options *o = invocation->options;
    struct each               each = {.command = o->words, .nul = o->nul};
    struct script             script = {
                    .name = "stdin", .fd = STDIN_FILENO, .variables = &o->variables, .each = &each};
    int status;

    each_open(&each, STDIN_FILENO);
    status = run_script(invocation, &script);
    each_close(&each);
    return status;
}

static int run(struct invocation *invocation)
{
    const struct run_options *o = invocation->options;
    struct script             script = {
                    .name = o->procfile != NULL ? o->procfile : o->words[0],
                    .variables = &o->variables,
    };
    struct procfile procfile = {0};
    int             status;

    if (o->each)
        return run_each(invocation);
    status = open_script(invocation, &script);
    if (status != STATUS_DONE)
        return status;
    script.scope.name = script.name;
    if (o->procfile != NULL) {
        script.procfile = &procfile;
        script.variables = o->has_env_file ? &o->variables : &procfile.variables;
        status = procfile_read(&procfile, script.name, script.fd, o->words, o->port,
                               o->has_env_file ? &o->variables : NULL);
    } else {
        script.scope.arguments = o->words + 1;
    }
    if (status == STATUS_DONE)
        status = run_script(invocation, &script);
    procfile_release(&procfile);
    close_script(&script);
    return status;
}

static void release(void *parsed)
{
    struct run_options *o = parsed;

    variables_release(&o->variables);
    run_hosts_release(&o->hosts);
}

const struct command command_run = {
    .name = "run",
    .arguments = "SCRIPT [ARGUMENT...]\n--procfile=FILE [NAME...]\n--each COMMAND [ARGUMENT...]",
    .doc = "Run a script of these commands\vA script has one command a line, quoted as in the "
           "shell, with # comments, $1 and environment variables; '-' is standard input. It has "
           "a supervisor of its own, which ends when the script and all threads that are no "
           "daemons have. The exit status is 0, or as the first thread that failed. Ctrl-C raises "
           "KeyboardInterrupt in all threads, a second one kills them.",
    .group = COMMAND_GROUP_THREADS,
    .flags = COMMAND_IN_ORDER | COMMAND_HERE,
    .options = options,
    .options_size = sizeof(struct run_options),
    .parse = parse,
    .run = run,
    .release = release,
};
