#include "cli/script/kept_logs.h"

#include "cli/base/directory.h"
#include "cli/place/logfile.h"
#include "cli/rpc/bytes.h"
#include "cli/script/unique_names.h"
#include "cli/view/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE ((size_t) 64 * 1024)

/*
 * Asks with the effective user's rights, by faccessat2(2), which filters of old containers refuse with EPERM. Then it
 * asks with the real user's, which differ only in a set-id program.
 */
static bool is_writable(const char *directory)
{
    return eaccess(directory, W_OK | X_OK) == 0 ||
           (errno == EPERM && access(directory, W_OK | X_OK) == 0);
}

int kept_logs_open(struct kept_logs *kept, struct text *why)
{
    int error = 0;

    if (kept->directory == NULL)
        return 0;
    error = directory_make_all(kept->directory);
    if (error == 0)
        kept->fd = open(kept->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (error == 0 && (kept->fd < 0 || !is_writable(kept->directory)))
        error = -errno;
    if (error == 0) {
        kept->path = realpath(kept->directory, NULL);
        error = kept->path == NULL ? -errno : 0;
    }
    if (error != 0)
        text_printf(why, "cannot keep logs in %s: %s", kept->directory, strerror(-error));
    return error;
}

/* Copies the bytes that are left of LOG into the file FD. Returns 0 or -errno. */
static int copy(struct logfile *log, int fd)
{
    char   *block = malloc(BLOCK_SIZE);
    ssize_t size = block != NULL ? 0 : -ENOMEM;
    int     error = 0;

    while (block != NULL && error == 0 && (size = logfile_read(log, block, BLOCK_SIZE)) > 0)
        error = output_write(fd, block, (size_t) size);
    free(block);
    return size < 0 ? (int) size : error;
}

/* Copies the log at PATH to the file NAME in the directory. Returns 0 or -errno. */
static int copy_log(const struct kept_logs *kept, const char *path, const char *name)
{
    struct logfile log = LOGFILE_CLOSED;
    int            error = logfile_open(&log, path, 0);
    int            fd;

    if (error != 0)
        return error;
    if (unlinkat(kept->fd, name, 0) < 0 && errno != ENOENT)
        error = -errno;
    fd = error == 0 ? openat(kept->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    if (error == 0)
        error = fd < 0 ? -errno : copy(&log, fd);
    if (fd >= 0)
        close(fd);
    logfile_close(&log);
    return error;
}

/* Returns true if the log at PATH has holes, where --log-limit has removed bytes. */
static bool has_holes(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && (off_t) info.st_blocks * 512 < info.st_size;
}

static int keep_log(const struct kept_logs *kept, const char *path, const char *name, bool move)
{
    if (move && !has_holes(path) && renameat(AT_FDCWD, path, kept->fd, name) == 0)
        return 0;
    return copy_log(kept, path, name); /* this also works to another file system */
}

/* Makes the name of the file for THREAD. Returns 0 or -ENOMEM. */
static int add_file_name(struct text *text, struct unique_names *names, const json_t *thread)
{
    char *name = NULL;
    int   error = bytes_from_json(json_object_get(thread, "name"), &name);

    if (error == 0)
        error = unique_names_add(names, text, name);
    free(name);
    text_add(text, ".log");
    text_byte(text, '\0', 1);
    return text->failed ? -ENOMEM : error;
}

/* Puts the path of the kept log, the file NAME, into the description of THREAD. */
static int set_log(const struct kept_logs *kept, json_t *thread, const char *name)
{
    char *path;
    int   error;

    if (asprintf(&path, "%s/%s", kept->path, name) < 0)
        return -ENOMEM;
    error = json_object_set_new(thread, "log", bytes_to_json(path)) == 0 ? 0 : -ENOMEM;
    free(path);
    return error;
}

/* Keeps the log of THREAD. A thread that never ran has no log, nor has a thread with a file of its own (--output). */
static int keep(const struct kept_logs *kept, const struct run_output *output, json_t *thread,
                struct unique_names *names, bool move)
{
    struct text name = {0};
    char       *path = run_output_log(output, thread);
    int         error = path != NULL ? 0 : -ENOMEM;

    if (error == 0 && access(path, F_OK) == 0) {
        error = add_file_name(&name, names, thread);
        if (error == 0)
            error = keep_log(kept, path, name.data, move);
        if (error == 0)
            error = set_log(kept, thread, name.data);
    }
    free(path);
    text_release(&name);
    return error;
}

int kept_logs_take(const struct kept_logs *kept, const struct run_output *output, bool move,
                   struct text *why)
{
    struct unique_names names = {0};
    int                 last = 0;

    if (kept->fd < 0 || output->logs == NULL)
        return 0;
    for (size_t id = 1; id < output->threads.size; id++) {
        json_t *thread = run_threads_get(&output->threads, id);
        int     error = thread != NULL ? keep(kept, output, thread, &names, move) : 0;

        if (error != 0 && last == 0)
            text_printf(why, "cannot keep the log of thread %zu in %s: %s", id, kept->directory,
                        strerror(-error));
        last = error != 0 ? error : last;
    }
    unique_names_release(&names);
    return last;
}

void kept_logs_close(struct kept_logs *kept)
{
    if (kept->fd >= 0)
        close(kept->fd);
    free(kept->path);
    kept->fd = -1;
    kept->path = NULL;
}
