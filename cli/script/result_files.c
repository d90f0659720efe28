#include "cli/script/result_files.h"

#include "cli/script/result_json.h"
#include "cli/script/result_junit.h"
#include "cli/script/result_trace.h"
#include "cli/view/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool result_files_are_wanted(const struct result_files *files)
{
    return files->json.path != NULL || files->junit.path != NULL || files->trace.path != NULL;
}

/* Puts into WHY that FILE cannot be written, and why. Returns ERROR. */
static int explain(const struct result_file *file, int error, struct text *why)
{
    text_printf(why, "%scannot write %s: %s", why->size > 0 ? "; " : "", file->path,
                strerror(-error));
    return error;
}

static int open_file(struct result_file *file, struct text *why)
{
    if (file->path == NULL)
        return 0;
    file->fd = open(file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    return file->fd < 0 ? explain(file, -errno, why) : 0;
}

int result_files_open(struct result_files *files, struct text *why)
{
    int error = open_file(&files->json, why);

    if (error == 0)
        error = open_file(&files->junit, why);
    return error != 0 ? error : open_file(&files->trace, why);
}

/* Writes RESULT into FILE, in the form that ADD makes. */
static int write_file(const struct result_file *file, const struct run_result *result,
                      void (*add)(struct text *text, const struct run_result *result),
                      struct text *why)
{
    struct text text = {0};
    int         error;

    if (file->fd < 0)
        return 0;
    add(&text, result);
    error = text.failed ? -ENOMEM : output_write(file->fd, text.data, text.size);
    text_release(&text);
    return error != 0 ? explain(file, error, why) : 0;
}

int result_files_write(const struct result_files *files, const struct run_result *result,
                       struct text *why)
{
    int json = write_file(&files->json, result, result_add_json, why);
    int junit = write_file(&files->junit, result, result_add_junit, why);
    int trace = write_file(&files->trace, result, result_add_trace, why);

    if (trace != 0)
        return trace;
    return junit != 0 ? junit : json;
}

static void close_file(struct result_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

void result_files_close(struct result_files *files)
{
    close_file(&files->json);
    close_file(&files->junit);
    close_file(&files->trace);
}
