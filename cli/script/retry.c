#include "cli/script/retry.h"

#include "cli/base/status.h"
#include "cli/rpc/bytes.h"
#include "cli/script/command_source.h"
#include "cli/script/retry_starts.h"
#include "cli/script/retry_targets.h"
#include "cli/script/script_environment.h"
#include "cli/view/message.h"

#include <errno.h>
#include <string.h>

/*
 * Fills PLAN with all commands of SCRIPT, whose lines can use the variables of ENVIRONMENT. Returns an exit
 * status.
 */
static int read_script(struct plan *plan, const struct script *script, char *const *environment)
{
    struct command_source source;
    struct text           why = {0};
    int                   error, status = STATUS_DONE;

    command_source_open(&source, script, environment);
    error = command_source_read_plan(&source, plan, &why);
    if (error < 0)
        status = command_source_explain(&source, error, &why);
    message_set_origin(NULL, 0);
    command_source_close(&source);
    text_release(&why);
    return status;
}

/* The most names that a message lists. */
#define NAMES_MAX 3

/* A list of names in a message. */
struct name_list {
    struct text text;
    size_t      count;
};

static void add_name(struct name_list *list, const char *name)
{
    if (list->count++ < NAMES_MAX)
        text_printf(&list->text, "%s'%s'", list->count > 1 ? ", " : "", name);
}

/* Adds BEFORE and the names to TEXT, if there are any. Releases LIST. */
static void add_list(struct text *text, const char *before, struct name_list *list)
{
    if (list->count > 0) {
        text_add(text, before);
        text_append(text, list->text.data, list->text.size);
        text->failed |= list->text.failed;
    }
    if (list->count > NAMES_MAX)
        text_printf(text, " and %zu more", list->count - NAMES_MAX);
    text_release(&list->text);
    *list = (struct name_list){0};
}

/* Returns a list of the threads that are not run because EARLIER has no result of them. */
static struct name_list list_unknown(const struct retry_starts *starts,
                                     const struct earlier_run  *earlier)
{
    struct name_list list = {0};

    for (size_t i = 0; i < starts->count; i++)
        if (!starts->list[i].runs && !earlier_run_knows(earlier, starts->list[i].name))
            add_name(&list, starts->list[i].name);
    return list;
}

/* Returns a list of the threads that failed in EARLIER and that the script does not start. */
static struct name_list list_missing(const struct retry_starts *starts,
                                     const struct earlier_run  *earlier)
{
    struct name_list list = {0};
    const char      *name;
    json_t          *ends;

    json_object_foreach(earlier->ends, name, ends) {
        if (!retry_starts_have(starts, name) && earlier_run_failed(earlier, name, 0, 0))
            add_name(&list, name);
    }
    return list;
}

/* Puts the threads that are left out because they succeeded into PLAN, for the results. Returns an exit status. */
static int note_left_out(struct plan *plan, const struct retry_starts *starts,
                         const struct earlier_run *earlier)
{
    bool failed;

    plan->left_out = json_array();
    failed = plan->left_out == NULL;
    for (size_t i = 0; !failed && i < starts->count; i++) {
        const char *name = starts->list[i].name;

        if (!starts->list[i].runs && earlier_run_knows(earlier, name))
            failed = json_array_append_new(plan->left_out, bytes_to_json(name)) != 0;
    }
    if (!failed)
        return STATUS_DONE;
    message_no_memory("run");
    return STATUS_INTERNAL;
}

/* Prints TEXT as a message, and releases it. */
static void report(struct text *text)
{
    if (text->size > 0 || text->failed)
        message_print_text("run", NULL, text);
    text_release(text);
}

/* Reports that there is nothing to run. Returns the exit status. */
static int report_nothing(const struct retry_starts *starts, const struct earlier_run *earlier)
{
    struct name_list unknown = list_unknown(starts, earlier);
    struct text      text = {0};
    int              status = STATUS_DONE;

    text_printf(&text, "no thread failed in %s", earlier->path);
    if (earlier->status != 0) {
        text_printf(&text,
                    ", but its run did, with the status %" JSON_INTEGER_FORMAT
                    "; run all without --retry",
                    earlier->status);
        status = STATUS_USAGE;
    }
    add_list(&text, "; not run, for lack of a result there: ", &unknown);
    report(&text);
    return status;
}

/* Reports that the script starts none of the threads that failed. Returns the exit status. */
static int report_other_script(const struct script *script, const struct retry_starts *starts,
                               const struct earlier_run *earlier)
{
    struct name_list missing = list_missing(starts, earlier);
    struct text      text = {0};

    text_printf(&text, "nothing that failed in %s is in %s", earlier->path, script->name);
    add_list(&text, ": ", &missing);
    report(&text);
    return STATUS_USAGE;
}

/* Reports the threads of which EARLIER has no result, and the failed threads that SCRIPT does not start. */
static void report_not_run(const struct script *script, const struct retry_starts *starts,
                           const struct earlier_run *earlier)
{
    struct name_list unknown = list_unknown(starts, earlier);
    struct name_list missing = list_missing(starts, earlier);
    struct text      text = {0};

    if (unknown.count > 0)
        text_printf(&text, "not run, for lack of a result in %s: ", earlier->path);
    add_list(&text, "", &unknown);
    report(&text);
    if (missing.count > 0)
        text_printf(&text, "failed in %s, but not in %s: ", earlier->path, script->name);
    add_list(&text, "", &missing);
    report(&text);
}

/*
 * Removes the commands that are not run again after EARLIER from PLAN, which has all commands of SCRIPT. Sets
 * *RET_ANY if there is anything to run. Returns an exit status.
 */
static int choose(struct plan *plan, const struct script *script, const struct earlier_run *earlier,
                  bool *ret_any)
{
    struct retry_starts starts = {0};
    int                 status = retry_starts_read(&starts, plan, script->name);

    if (status != STATUS_DONE) {
        retry_starts_release(&starts);
        return status;
    }
    if (retry_starts_choose(&starts, earlier)) {
        report_not_run(script, &starts, earlier);
        status = retry_leave_out(plan, &starts, script->name);
        if (status == STATUS_DONE)
            status = note_left_out(plan, &starts, earlier);
        *ret_any = status == STATUS_DONE;
    } else if (earlier->failed == 0) {
        status = report_nothing(&starts, earlier);
    } else {
        status = report_other_script(script, &starts, earlier);
    }
    retry_starts_release(&starts);
    return status;
}

int retry_read(struct earlier_run *ret, const char *path)
{
    struct text why = {0};

    if (earlier_run_read(ret, path, &why) == 0)
        return STATUS_DONE;
    report(&why);
    return STATUS_USAGE;
}

int retry_plan(struct plan *plan, const struct script *script, const struct earlier_run *earlier,
               const struct place *place, bool *ret_any)
{
    char **environment = script_environment(place, script->variables);
    int    status = STATUS_INTERNAL;

    *ret_any = false;
    if (environment == NULL)
        message_no_memory("run");
    else
        status = read_script(plan, script, environment);
    if (status == STATUS_DONE)
        status = choose(plan, script, earlier, ret_any);
    script_environment_release(environment);
    return status;
}
