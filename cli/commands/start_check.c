#include "cli/commands/start_check.h"

#include "cli/base/descriptor_path.h"
#include "cli/base/status.h"
#include "cli/commands/report.h"
#include "cli/commands/start_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static int refuse(const struct invocation *invocation,
                                                        const char              *format, ...)
{
    struct text why = {0};
    va_list     arguments;

    va_start(arguments, format);
    text_vprintf(&why, format, arguments);
    va_end(arguments);
    return command_fail_text(invocation, STATUS_USAGE, "ValueError", &why);
}

/*
 * Completes --directory: /proc/self/cwd is another directory in the supervisor. Refuses a bad directory before a
 * supervisor is started for nothing.
 */
static int find_directory(const struct invocation *invocation, struct start_options *o)
{
    const char *path = o->request.directory;
    struct stat info;

    if (path == NULL)
        return STATUS_DONE;
    if (stat(path, &info) < 0)
        return refuse(invocation, "--directory: %s: %s", path, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return refuse(invocation, "--directory: %s: %s", path, strerror(ENOTDIR));
    if (!descriptor_path_is(path))
        return STATUS_DONE;
    o->request.directory = o->real_directory = descriptor_path_file(path);
    if (o->real_directory == NULL)
        return refuse(invocation, "--directory: %s is no directory that has a name", path);
    return STATUS_DONE;
}

static bool is_regular_file(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Makes the descriptor FD, which --input names, standard input, which start --wait copies without a FILE, too. */
static bool becomes_standard_input(const struct invocation *invocation, int fd)
{
    const struct start_options *o = invocation->options;

    if (!o->wait || fd < 0)
        return false;
    return fd == STDIN_FILENO ||
           (!invocation->session->scripted && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
}

/*
 * Completes --input. The command's process opens the file by name, so for a descriptor of this process it gets the name
 * of the descriptor's file. What has no name, as a pipe, is copied, if this process stays.
 */
static int find_input(const struct invocation *invocation, struct start_options *o)
{
    const char *path = o->request.input;
    bool        is_far = invocation->session->host != NULL;
    int         fd, flags;

    if (path == NULL || !descriptor_path_is(path))
        return STATUS_DONE;
    fd = descriptor_path_number(path);
    flags = fd >= 0 ? fcntl(fd, F_GETFL) : O_RDONLY;
    if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
        return refuse(invocation, "--input: %s is not open for reading", path);
    if (!is_far && is_regular_file(path))
        o->real_input = descriptor_path_file(path);
    if (o->real_input == NULL && !becomes_standard_input(invocation, fd)) {
        if (is_far)
            return refuse(invocation,
                          "--input: %s is on this machine, and the command is not; start --wait "
                          "--input copies standard input",
                          path);
        o->real_input = descriptor_path_file(path);
        if (o->real_input == NULL)
            return refuse(invocation,
                          "--input: %s is no file that has a name; start --wait copies it, and "
                          "send writes to a thread that has --input without a FILE",
                          path);
    }
    o->request.input = o->real_input;
    return STATUS_DONE;
}

/*
 * Completes --output. The supervisor opens the file by name, so for a descriptor of this
 * process (/dev/stdout) it gets the name of the descriptor's file. The thread appends to that file;
 * this process's descriptor must then append too, so that neither overwrites the other's output.
 */
static int find_output(const struct invocation *invocation, struct start_options *o)
{
    const char *path = o->request.output;
    int         error;

    if (path == NULL || !descriptor_path_is(path))
        return STATUS_DONE;
    o->real_output = descriptor_path_file(path);
    if (o->real_output == NULL)
        return refuse(invocation,
                      "--output: %s is no file that has a name; without --output, run and "
                      "start --wait print the command's output",
                      path);
    error = descriptor_path_append(path);
    if (error == -EBADF)
        return refuse(invocation, "--output: %s is not open for writing", path);
    if (error != 0)
        return refuse(invocation, "--output: %s cannot be made to append: %s", path,
                      strerror(-error));
    o->request.output = o->real_output;
    return STATUS_DONE;
}

/* Returns true if the user sets the variable NAME. */
static bool is_set(const struct start_options *o, const char *name)
{
    return variables_find(&o->variables, name) != NULL ||
           variables_find(&o->in_files, name) != NULL;
}

/*
 * Adds the type of the terminal for --tty, if the command would not get it: TERM of this process for a command on
 * another machine, or a default if this process has no terminal. Returns 0 or -ENOMEM.
 */
static int add_terminal_type(const struct invocation *invocation, struct start_options *o)
{
    const char *type = getenv("TERM");
    bool        has_type = type != NULL && type[0] != '\0';
    struct text word = {0};
    int         error = -ENOMEM;

    if (!o->request.tty || is_set(o, "TERM") || (has_type && invocation->session->host == NULL))
        return 0;
    text_printf(&word, "TERM=%s", has_type ? type : "xterm");
    text_byte(&word, '\0', 1);
    if (!word.failed)
        error = variables_add(&o->variables, word.data);
    text_release(&word);
    return error;
}

/*
 * Makes the environment, unless it is the environment of this process: on this machine, that environment with the
 * variables of the options; elsewhere only these variables, which are added to the environment of the login there.
 */
static int make_environment(const struct invocation *invocation, struct start_options *o)
{
    static char *const      nothing[] = {NULL};
    const struct variables *lists[] = {&o->in_files, &o->variables};
    bool                    is_here = invocation->session->host == NULL;

    if (add_terminal_type(invocation, o) != 0)
        return command_fail_memory(invocation, STATUS_FAILED);
    if (o->in_files.count + o->variables.count == 0)
        return STATUS_DONE;
    o->environment = variables_merge(is_here ? environ : nothing, lists, 2);
    return o->environment != NULL ? STATUS_DONE : command_fail_memory(invocation, STATUS_FAILED);
}

/* Refuses options that have a meaning only on this machine. */
static int check_elsewhere(const struct invocation *invocation, const struct start_options *o)
{
    if (o->request.output == NULL || !descriptor_path_is(o->request.output))
        return STATUS_DONE;
    return refuse(invocation,
                  "--output: %s is on this machine, and the command is not; without --output, "
                  "start --wait prints its output",
                  o->request.output);
}

int start_check(struct invocation *invocation)
{
    struct start_options *o = invocation->options;
    int                   status;

    if (invocation->session->host != NULL) {
        status = check_elsewhere(invocation, o);
    } else {
        status = find_directory(invocation, o);
        if (status == STATUS_DONE)
            status = find_output(invocation, o);
    }
    if (status == STATUS_DONE)
        status = find_input(invocation, o);
    return status == STATUS_DONE ? make_environment(invocation, o) : status;
}
