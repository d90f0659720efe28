#include "cli/script/earlier_run.h"

#include "cli/base/whole_text.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A longer file is refused. A run of 100,000 threads makes a quarter of that. */
#define SIZE_LIMIT (256U * 1024 * 1024)

/* Puts into WHY that RUN->path is not a file of --json, because of REASON. Returns -EINVAL. */
static int refuse(const struct earlier_run *run, const char *reason, struct text *why)
{
    text_printf(why, "%s is not a file of run --json: %s", run->path, reason);
    return -EINVAL;
}

/* Reads the file at RUN->path. Returns 0, or -errno with WHY. */
static int read_file(const struct earlier_run *run, struct text *text, struct text *why)
{
    struct text reason = {0};
    int         fd = open(run->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int         error = fd >= 0 ? whole_text_read(fd, SIZE_LIMIT, text, &reason) : -errno;

    if (fd >= 0)
        close(fd);
    text_byte(&reason, '\0', 1);
    if (error == -EINVAL || error == -EFBIG)
        error = refuse(run, reason.failed ? strerror(ENOMEM) : reason.data, why);
    text_release(&reason);
    return error;
}

/*
 * Returns true if THREAD, whose "failed" is false, was cut off: the run failed, and its end ended the thread.
 * run_threads_status() counts such a thread as one that succeeded.
 */
static bool was_cut_off(const struct earlier_run *run, const json_t *thread)
{
    return run->status != 0 && !json_is_true(json_object_get(thread, "daemon")) &&
           json_integer_value(json_object_get(thread, "exit_status")) != 0;
}

static int add_thread(struct earlier_run *run, const json_t *thread, struct text *why)
{
    const json_t *failed = json_object_get(thread, "failed");
    json_t       *ends;
    char         *name = NULL;
    bool          again;
    int           error = bytes_from_json(json_object_get(thread, "name"), &name);

    if (error == -ENOMEM)
        return error;
    if (error != 0 || !json_is_boolean(failed)) {
        free(name);
        return refuse(run, "a thread lacks \"name\" or \"failed\"", why);
    }
    again = json_is_true(failed) || was_cut_off(run, thread);
    run->failed += again;
    ends = json_object_get(run->ends, name);
    if (ends == NULL) {
        ends = json_array();
        error = json_object_set_new_nocheck(run->ends, name, ends);
    }
    if (error == 0)
        error = json_array_append_new(ends, json_boolean(again));
    free(name);
    return error == 0 ? 0 : -ENOMEM;
}

/* Adds NAMES: the threads that the earlier run, itself a run with --retry, left out. */
static int add_left_out(struct earlier_run *run, const json_t *names)
{
    const json_t *value;
    size_t        i;

    json_array_foreach((json_t *) names, i, value) {
        char *name = NULL;
        int   error = bytes_from_json(value, &name);

        if (error == 0 && json_object_set_new_nocheck(run->left_out, name, json_true()) != 0)
            error = -ENOMEM;
        free(name);
        if (error == -ENOMEM)
            return error;
    }
    return 0;
}

static int add_threads(struct earlier_run *run, const json_t *object, struct text *why)
{
    const json_t *threads = json_object_get(object, "threads");
    const json_t *thread;
    size_t        i;
    int           error = 0;

    if (!json_is_array(threads))
        return refuse(run, "it has no \"threads\"", why);
    run->status = json_integer_value(json_object_get(object, "exit_status"));
    run->complete = !json_is_false(json_object_get(object, "complete"));
    run->ends = json_object();
    run->left_out = json_object();
    if (run->ends == NULL || run->left_out == NULL)
        return -ENOMEM;
    json_array_foreach((json_t *) threads, i, thread) {
        error = add_thread(run, thread, why);
        if (error != 0)
            break;
    }
    return error != 0 ? error : add_left_out(run, json_object_get(object, "left_out"));
}

static int parse(struct earlier_run *run, struct text *text, struct text *why)
{
    json_error_t problem;
    json_t      *object;
    int          error;

    if (text->size == 0)
        return refuse(run, "it is empty, as a run that was killed leaves it", why);
    object = parse_json(text->data, text->size, 0, &problem);
    if (object == NULL)
        return parse_lacked_memory(&problem) ? -ENOMEM : refuse(run, problem.text, why);
    error = add_threads(run, object, why);
    json_decref(object);
    return error;
}

int earlier_run_read(struct earlier_run *ret, const char *path, struct text *why)
{
    struct earlier_run run = {.path = path};
    struct text        text = {0};
    int                error = read_file(&run, &text, why);

    if (error == 0)
        error = parse(&run, &text, why);
    text_release(&text);
    if (error == 0) {
        *ret = run;
        return 0;
    }
    earlier_run_release(&run);
    if (error != -EINVAL)
        text_printf(why, "cannot read %s: %s", path, strerror(-error));
    return error;
}

bool earlier_run_knows(const struct earlier_run *earlier, const char *name)
{
    return json_object_get(earlier->ends, name) != NULL ||
           json_object_get(earlier->left_out, name) != NULL;
}

bool earlier_run_failed(const struct earlier_run *earlier, const char *name, size_t index,
                        size_t count)
{
    const json_t *ends = json_object_get(earlier->ends, name);
    bool          any = false;

    if (json_array_size(ends) == count)
        return json_is_true(json_array_get(ends, index));
    for (size_t i = 0; i < json_array_size(ends); i++)
        any |= json_is_true(json_array_get(ends, i));
    return any;
}

void earlier_run_release(struct earlier_run *earlier)
{
    json_decref(earlier->ends);
    json_decref(earlier->left_out);
    *earlier = (struct earlier_run){0};
}
