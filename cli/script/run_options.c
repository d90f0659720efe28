#include "cli/script/run_options.h"

#include "cli/commands/arguments.h"
#include "cli/script/procfile.h"

#include <string.h>

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

const struct argp_option run_options_list[] = {
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
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Raise TimeoutError in all threads after SECONDS", 0},
    {"json", KEY_JSON, "FILE", 0, "Write the results to FILE, as JSON", 0},
    {"junit", KEY_JUNIT, "FILE", 0, "Write the results to FILE, as JUnit's XML", 0},
    {"trace", KEY_TRACE, "FILE", 0,
     "Write the course of the run to FILE, for Perfetto or chrome://tracing", 0},
    {"report", KEY_REPORT, "FILE", 0, "Write a page to FILE, HTML: timeline, table and failures",
     0},
    {"leaks", KEY_LEAKS, "ACTION", 0, "If a command leaves processes behind: warn, or fail", 0},
    {"logs", KEY_LOGS, "DIR", 0, "Keep the threads' logs in DIR, by their names", 0},
    {"retry", KEY_RETRY, "FILE", 0, "Run only what failed, according to FILE of --json", 0},
    {"each", KEY_EACH, NULL, 0,
     "Run COMMAND with each line of standard input, in place of {}, or as its last argument", 0},
    {"hosts", KEY_HOSTS, "LIST", 0,
     "Run the commands on these machines: NAME[:SLOTS],..., or @FILE", 0},
    {"via", KEY_VIA, "COMMAND", 0, "The command that runs a program on the machine {} (ssh {})", 0},
    {"reschedule", KEY_RESCHEDULE, NULL, 0,
     "If a machine is lost, run its commands again on another one", 0},
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

/* Reads the options for other machines. */
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

/* Completes the options when all were read. */
static error_t finish(struct run_options *o, const struct argp_state *state)
{
    /* --each may start many threads. Other machines have slots of their own. */
    bool    is_limited = (o->each && o->host_list == NULL) || o->front.jobserver;
    error_t error = check_words(o, state);

    o->front.slots = command_slots_default(o->front.slots, is_limited);
    return error == 0 ? finish_hosts(o, state) : error;
}

/* Returns the flag that the option KEY sets, or NULL if the option is not a flag. */
static bool *flag_of(struct run_options *o, int key)
{
    switch (key) {
    case KEY_FAIL_FAST:
        return &o->front.fail_fast;
    case KEY_ANY:
        return &o->front.any;
    case 'q':
        return &o->front.quiet;
    case KEY_JOBSERVER:
        return &o->front.jobserver;
    case KEY_NO_PREFIX:
        return &o->no_prefix;
    case KEY_TIMESTAMPS:
        return &o->timestamps;
    case KEY_RESCHEDULE:
        return &o->hosts.reschedule;
    case KEY_EACH:
        return &o->each;
    case '0':
        return &o->nul;
    default:
        return NULL;
    }
}

/* Returns the word that the option KEY sets to its argument, or NULL if the option does more than that. */
static const char **word_of(struct run_options *o, int key)
{
    switch (key) {
    case KEY_PROCFILE:
        return &o->procfile;
    case KEY_JSON:
        return &o->front.results.list[RESULT_JSON].path;
    case KEY_JUNIT:
        return &o->front.results.list[RESULT_JUNIT].path;
    case KEY_TRACE:
        return &o->front.results.list[RESULT_TRACE].path;
    case KEY_REPORT:
        return &o->front.results.list[RESULT_REPORT].path;
    case KEY_HOSTS:
        return &o->host_list;
    case KEY_VIA:
        return &o->via;
    case KEY_RETRY:
        return &o->retry;
    case KEY_LOGS:
        return &o->front.kept.directory;
    default:
        return NULL;
    }
}

error_t run_options_parse(int key, char *argument, struct argp_state *state)
{
    struct run_options *o = state->input;

    if (command_set(flag_of(o, key), word_of(o, key), argument))
        return 0;
    switch (key) {
    case ARGP_KEY_INIT:
        o->front.timeout = -1;
        o->front.kept.fd = -1;
        result_files_init(&o->front.results);
        return 0;
    case KEY_SLOTS:
        return command_slots_option(state, argument, &o->front.slots);
    case KEY_PORT:
        return command_number(state, "--port", argument, 1, PROCFILE_PORT_MAX, "from 1 to 65535",
                              &o->port);
    case KEY_ENV_FILE:
        o->has_env_file = true;
        return command_env_file(state, argument, &o->variables);
    case KEY_TIMEOUT:
        return command_duration(state, "--timeout", argument, &o->front.timeout);
    case KEY_LEAKS:
        return parse_leaks(state, argument, &o->front.leaks);
    case ARGP_KEY_ARGS:
        o->words = state->argv + state->next;
        return 0;
    case ARGP_KEY_END:
        return finish(o, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void run_options_release(void *options)
{
    struct run_options *o = options;

    variables_release(&o->variables);
    run_hosts_release(&o->hosts);
}
