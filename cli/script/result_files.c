#include "cli/script/result_files.h"

#include "cli/script/result_json.h"
#include "cli/script/result_junit.h"
#include "cli/script/result_report.h"
#include "cli/script/result_trace.h"
#include "cli/view/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name of each file on the command line, and the function that makes its content. */
static const struct kind {
    const char *option;
    void (*add)(struct text *text, const struct run_result *result);
} kinds[] = {
    [RESULT_JSON] = {"--json", result_add_json},
    [RESULT_JUNIT] = {"--junit", result_add_junit},
    [RESULT_TRACE] = {"--trace", result_add_trace},
    [RESULT_REPORT] = {"--report", result_add_report},
};

void result_files_init(struct result_files *files)
{
    for (size_t i = 0; i < RESULT_COUNT; i++)
        files->list[i] = (struct result_file){.fd = -1};
}

bool result_files_are_wanted(const struct result_files *files)
{
    for (size_t i = 0; i < RESULT_COUNT; i++)
        if (files->list[i].path != NULL)
            return true;
    return false;
}

bool result_files_want_course(const struct result_files *files)
{
    return files->list[RESULT_TRACE].path != NULL || files->list[RESULT_REPORT].path != NULL;
}

bool result_files_collide(const struct result_files *files, const char **ret_one,
                          const char **ret_other)
{
    for (size_t i = 0; i < RESULT_COUNT; i++)
        for (size_t other = i + 1; other < RESULT_COUNT; other++) {
            const char *one_path = files->list[i].path, *other_path = files->list[other].path;

            if (one_path == NULL || other_path == NULL || strcmp(one_path, other_path) != 0)
                continue;
            *ret_one = kinds[i].option;
            *ret_other = kinds[other].option;
            return true;
        }
    return false;
}

/* Puts into WHY that FILE cannot be written, and the reason. Returns ERROR. */
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

static bool is_pipe(const char *path)
{
    struct stat info;

    return path != NULL && stat(path, &info) == 0 && S_ISFIFO(info.st_mode);
}

int result_files_open_pipes(struct result_files *files, struct text *why)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < RESULT_COUNT; i++)
        if (is_pipe(files->list[i].path))
            error = open_file(&files->list[i], why);
    return error;
}

int result_files_open(struct result_files *files, struct text *why)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < RESULT_COUNT; i++)
        if (files->list[i].fd < 0)
            error = open_file(&files->list[i], why);
    return error;
}

/* Writes RESULT into FILE, in the form that KIND has. */
static int write_file(const struct result_file *file, const struct run_result *result,
                      const struct kind *kind, struct text *why)
{
    struct text text = {0};
    int         error;

    if (file->fd < 0)
        return 0;
    kind->add(&text, result);
    error = text.failed ? -ENOMEM : output_write(file->fd, text.data, text.size);
    text_release(&text);
    return error != 0 ? explain(file, error, why) : 0;
}

int result_files_write(const struct result_files *files, const struct run_result *result,
                       struct text *why)
{
    int last = 0;

    for (size_t i = 0; i < RESULT_COUNT; i++) {
        int error = write_file(&files->list[i], result, &kinds[i], why);

        if (error != 0)
            last = error;
    }
    return last;
}

void result_files_close(struct result_files *files)
{
    for (size_t i = 0; i < RESULT_COUNT; i++) {
        if (files->list[i].fd >= 0)
            close(files->list[i].fd);
        files->list[i].fd = -1;
    }
}
