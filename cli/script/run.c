/* run: runs a script of k3thread commands in the foreground, in a supervisor of its own. */
#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/place/temporary_place.h"
#include "cli/script/each.h"
#include "cli/script/front.h"
#include "cli/script/plan.h"
#include "cli/script/procfile.h"
#include "cli/script/retry.h"
#include "cli/script/run_options.h"
#include "cli/script/whole_input.h"
#include "cli/view/printer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_script(const struct script *script)
{
    if (script->fd > STDIN_FILENO)
        close(script->fd);
}

/* Returns true if SCRIPT is open and is not a directory; if not, errno has the reason. */
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

/* Completes the options of the front with the options that only `run` knows. */
static struct front_options make_front_options(const struct run_options *o, bool is_own)
{
    struct front_options front = o->front;

    front.own_place = is_own;
    front.has_all_starts = !o->each;
    front.any |= o->procfile != NULL;
    front.printer = PRINTER_PARTIAL | PRINTER_TWO | printer_style(STDOUT_FILENO) |
                    (o->timestamps ? PRINTER_TIMES : 0) | (o->no_prefix ? 0 : PRINTER_NAMES);
    return front;
}

/*
 * Runs SCRIPT at PLACE; if EARLIER is not NULL, only the commands that are run again after it. Returns the exit status.
 */
static int run_at(const struct invocation *invocation, struct front_options *front,
                  const struct place *place, const struct script *script,
                  const struct earlier_run *earlier)
{
    struct script chosen = *script;
    struct plan   plan = {0};
    bool          any = true;
    int           status = STATUS_DONE;

    if (earlier != NULL) {
        status = retry_plan(&plan, script, earlier, place, &any);
        chosen.plan = &plan;
    }
    if (status == STATUS_DONE && any)
        status = open_results(invocation, front);
    if (status == STATUS_DONE && any)
        status = front_run(front, place, &chosen, &invocation->session->ended_by);
    plan_release(&plan);
    return status;
}

/* Runs SCRIPT at its place, which it makes if it is for this run alone. Returns the exit status. */
static int run_in_place(const struct invocation *invocation, struct front_options *front,
                        const struct script *script, const struct earlier_run *earlier)
{
    struct place place = {0};
    int          status = find_place(invocation, front->own_place, &place);

    if (status != STATUS_DONE)
        return status;
    status = run_at(invocation, front, &place, script, earlier);
    if (front->own_place)
        temporary_place_remove(&place);
    else
        place_release(&place);
    return status;
}

/* Runs SCRIPT, which was read to its end if that is necessary. Returns the exit status. */
static int run_script_read(const struct invocation *invocation, const struct script *script,
                           const struct earlier_run *earlier)
{
    const struct session *session = invocation->session;
    bool is_own = session->scripted || (session->label == NULL && session->socket == NULL);
    struct front_options front = make_front_options(invocation->options, is_own);
    struct text          why = {0};
    int                  status;

    if (result_files_open_pipes(&front.results, &why) == 0)
        status = run_in_place(invocation, &front, script, earlier);
    else
        status = command_fail_text(invocation, STATUS_INTERNAL, NULL, &why);
    result_files_close(&front.results);
    kept_logs_close(&front.kept);
    return status;
}

/*
 * Runs again what failed of SCRIPT. Reads both inputs first: their words may come late, and the file of the earlier
 * run may be one of the results, which are emptied. Returns the exit status.
 */
static int run_again(const struct invocation *invocation, const struct script *script)
{
    const struct run_options *o = invocation->options;
    struct script             whole = *script;
    struct earlier_run        earlier = {0};
    int                       status;

    whole.fd = whole_input_read(script->fd);
    if (whole.fd < 0)
        return command_fail(invocation, STATUS_INTERNAL, NULL, "%s: %s", script->name,
                            strerror(-whole.fd));
    if (script->each != NULL)
        each_open(script->each, whole.fd);
    status = retry_read(&earlier, o->retry);
    if (status == STATUS_DONE)
        status = run_script_read(invocation, &whole, &earlier);
    earlier_run_release(&earlier);
    close(whole.fd);
    return status;
}

static int run_script(const struct invocation *invocation, const struct script *script)
{
    const struct run_options *o = invocation->options;

    return o->retry != NULL ? run_again(invocation, script)
                            : run_script_read(invocation, script, NULL);
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

const struct command command_run = {
    .name = "run",
    .arguments = "SCRIPT [ARGUMENT...]\n--procfile=FILE [NAME...]\n--each COMMAND [ARGUMENT...]",
    .doc = "Run a script of these commands\vA script has one command a line, quoted as in the "
           "shell, with # comments, $1 and environment variables; '-' is standard input. It has "
           "a supervisor of its own, which ends when the script and all threads that are no "
           "daemons have ended. The exit status is 0, or that of the first thread that failed. "
           "Ctrl-C raises "
           "KeyboardInterrupt in all threads, a second one kills them.",
    .group = COMMAND_GROUP_THREADS,
    .flags = COMMAND_IN_ORDER | COMMAND_HERE,
    .options = run_options_list,
    .options_size = sizeof(struct run_options),
    .parse = run_options_parse,
    .run = run,
    .release = run_options_release,
};
