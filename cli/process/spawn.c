#include "cli/process/spawn.h"

#include "cli/base/descriptors.h"
#include "cli/base/libc.h"
#include "cli/base/linux_calls.h"
#include "cli/base/status.h"
#include "cli/process/child_stack.h"
#include "cli/process/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ThreadSanitizer's clone() treats every child as a fork, and would reset the parent's state. */
#ifdef __SANITIZE_THREAD__
int __clone(int (*function)(void *), void *stack, int flags, void *arg, ...);
#define clone __clone
#endif

/*
 * Keeps the sanitizers out of a function of the child, which never returns: the function would stay on the list of
 * calls of ThreadSanitizer, and the redzones of AddressSanitizer would stay poisoned for the parent.
 */
#define IN_CHILD __attribute__((no_sanitize_thread, no_sanitize_address))

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/*
 * One child, with the data that it shares with its parent: the child uses the parent's memory while vfork holds the
 * parent.
 */
struct child {
    const struct spawn_plan *plan;
    char                   **shell_argv; /* for a script: see make_shell_argv() */
    void                    *stack;
    pid_t                    parent;
    enum spawn_stage         stage;
    int                      error;
    unsigned                 missed;
    int                      head_error; /* the error of the file whose first bytes are in HEAD */
    char                     head[SPAWN_INTERPRETER_SIZE +
              4]; /* the first line of a script: also "#!", a blank, and a NUL */
};

/* Moves the descriptors that are still to be passed on away from NUMBER. Returns 0 or -1. */
static int make_way(struct spawn_descriptor *extras, size_t count, int number)
{
    for (size_t i = 0; i < count; i++) {
        if (extras[i].from != number)
            continue;
        extras[i].from = fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (extras[i].from < 0)
            return -1;
    }
    return 0;
}

/* Gives each extra descriptor its number in the command. Returns 0 or -1. */
static int pass_on(const struct spawn_plan *plan)
{
    struct spawn_descriptor extras[SPAWN_EXTRAS];

    memcpy(extras, plan->extras, sizeof(extras));
    for (size_t i = 0; i < plan->extra_count; i++) {
        int from = extras[i].from, to = extras[i].to;

        if (make_way(extras + i + 1, plan->extra_count - i - 1, to) < 0)
            return -1;
        if ((from == to ? fcntl(to, F_SETFD, 0) : dup2(from, to)) < 0)
            return -1;
    }
    return 0;
}

/*
 * Gives the child a descriptor table of its own. Until then it shares the supervisor's table, which may
 * have ten thousand entries: CLOSE_RANGE_UNSHARE copies only the descriptors that are not closed, here
 * 0, 1 and 2. For a command that gets another descriptor the whole table is copied, and the exec closes
 * the rest. Without close_range(2) the table is not shared in the first place.
 */
static int unshare_descriptors(const struct spawn_plan *plan)
{
    bool is_shared = descriptors_have_range();

    if (is_shared && plan->extra_count == 0 && plan->input_from < 0)
        return linux_close_range(3, ~0U, LINUX_CLOSE_RANGE_UNSHARE);
    if (is_shared && linux_close_range(~0U, ~0U, LINUX_CLOSE_RANGE_UNSHARE) < 0)
        return -1;
    if (plan->input_from >= 0 && dup2(plan->input_from, STDIN_FILENO) < 0)
        return -1;
    return pass_on(plan);
}

static int isolate(const struct child *child)
{
    if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return -1;
    if (getppid() != child->parent) {
        errno = ESRCH; /* the supervisor died before the signal was set */
        return -1;
    }
    return unshare_descriptors(child->plan);
}

/*
 * Opens INPUT as descriptor 0. Opens it with O_NONBLOCK, so that a FIFO without a writer does not hang the thread,
 * and then clears the flag.
 */
static int open_input(const char *input)
{
    int fd = open(input, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0)
        return -1;
    return dup2(fd, STDIN_FILENO);
}

/* Opens the input. If the input is a terminal instead, makes it the terminal of the session. */
static int take_input(const struct spawn_plan *plan)
{
    if (plan->at_terminal)
        return ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    return plan->input != NULL ? open_input(plan->input) : 0;
}

/*
 * Opens the output, to append to it. Opens it with O_NONBLOCK, so that a FIFO without a reader fails at once, and then
 * clears the flag.
 */
static int open_output(const struct spawn_plan *plan)
{
    int fd;

    umask(plan->output_umask);
    fd = open(plan->output, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    return fd < 0 || fcntl(fd, F_SETFL, O_APPEND) < 0 ? -1 : fd;
}

static int redirect(const struct spawn_plan *plan)
{
    int fd = plan->at_terminal ? STDIN_FILENO : open_output(plan);

    if (fd < 0)
        return -1;
    if (dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
        return -1;
    return 0;
}

static int enter(const struct spawn_plan *plan)
{
    umask(plan->umask);
    return chdir(plan->directory);
}

static int set_mark(const struct spawn_plan *plan)
{
    struct rlimit mark = {.rlim_cur = plan->mark, .rlim_max = plan->mark};

    return plan->mark_resource < 0 ? 0 : setrlimit((limit_resource) plan->mark_resource, &mark);
}

/*
 * Keeps the first bytes of FILE if FILE is executable but could not be executed: then its interpreter is missing. Of
 * several files, keeps them of the first one whose error exec_search() ends with. Leaves errno as it was.
 */
IN_CHILD static void note_head(const char *file, struct child *child)
{
    int     error = errno;
    int     fd = -1;
    ssize_t size;

    if (child->head_error == error || child->head_error == EACCES)
        return;
    child->head_error = error;
    child->head[0] = '\0';
    if (access(file, X_OK) == 0)
        fd = open(file, O_RDONLY | O_NONBLOCK); /* a FIFO may be executable */
    if (fd >= 0) {
        size = read(fd, child->head, sizeof(child->head) - 1);
        child->head[size > 0 ? size : 0] = '\0';
        close(fd);
    }
    errno = error;
}

/* Executes FILE. A script without "#!" is run by the shell, as execvp() does it. */
IN_CHILD static void exec_file(const char *file, struct child *child)
{
    const struct spawn_plan *plan = child->plan;

    execve(file, plan->argv, plan->environment);
    if (errno == ENOENT || errno == EACCES)
        note_head(file, child);
    if (errno != ENOEXEC)
        return;
    child->shell_argv[1] = (char *) file;
    execve(child->shell_argv[0], child->shell_argv, plan->environment);
}

static const char *search_path(char *const *environment)
{
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, "PATH=", strlen("PATH=")) == 0)
            return *environment + strlen("PATH=");
    return DEFAULT_PATH;
}

/* Puts "DIRECTORY/NAME" into FILE; an empty directory is the current one. */
static bool join_path(char *file, const char *directory, size_t length, const char *name)
{
    size_t name_size = strlen(name) + 1;

    if (length + 1 + name_size > PATH_MAX)
        return false;
    memcpy(file, directory, length);
    if (length > 0)
        file[length++] = '/';
    memcpy(file + length, name, name_size);
    return true;
}

/* Tries each directory of the path. Returns when all have failed, with the errno of execvp(). */
IN_CHILD static void exec_search(struct child *child)
{
    const struct spawn_plan *plan = child->plan;
    const char              *path = search_path(plan->environment);
    bool                     denied = false;

    errno = ENOENT;
    for (;;) {
        char   file[PATH_MAX];
        size_t length = strcspn(path, ":");

        /* Most directories lack the file, which access() finds out in half the time of execve() and note_head(). */
        if (join_path(file, path, length, plan->argv[0]) && access(file, F_OK) == 0)
            exec_file(file, child);
        if (errno == EACCES)
            denied = true;
        else if (errno != ENOENT && errno != ENOTDIR && errno != ESTALE && errno != ENODEV)
            return;
        if (path[length] == '\0')
            break;
        path += length + 1;
    }
    errno = denied ? EACCES : ENOENT;
}

IN_CHILD static void exec_command(struct child *child)
{
    const struct spawn_plan *plan = child->plan;
    static const sigset_t    none;

    if (plan->argv[0][0] == '\0') {
        errno = ENOENT;
        return;
    }
    if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
        return;
    if (strchr(plan->argv[0], '/') != NULL)
        exec_file(plan->argv[0], child);
    else
        exec_search(child);
}

/* Runs in the child from vfork to exec. Calls only async-signal-safe functions. */
IN_CHILD static int run_child(void *argument)
{
    struct child            *child = argument;
    const struct spawn_plan *plan = child->plan;

    if (plan->pid_until_exec != NULL)
        atomic_store(plan->pid_until_exec, getpid());
    child->stage = SPAWN_ISOLATE;
    if (isolate(child) < 0 || set_mark(plan) < 0)
        goto failed;
    child->stage = SPAWN_INPUT;
    if (take_input(plan) < 0)
        goto failed;
    child->stage = SPAWN_OUTPUT;
    if (redirect(plan) < 0)
        goto failed;
    child->stage = SPAWN_DIRECTORY;
    if (enter(plan) < 0)
        goto failed;
    child->missed = limits_apply(plan->limits); /* last, as the steps before open files */
    child->stage = SPAWN_EXEC;
    exec_command(child);
failed:
    child->error = errno;
    _exit(STATUS_NOT_FOUND); /* the parent reads child->error instead */
}

/* Reaps a child that failed before its exec. */
static void discard(pid_t pid, int pidfd)
{
    int status;

    while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
        ;
    close(pidfd);
}

static pid_t clone_child(struct child *child, int *ret_pidfd)
{
    int share = descriptors_have_range() ? CLONE_FILES : 0;

    return clone(run_child, child->stack, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | share,
                 child, ret_pidfd);
}

/*
 * Returns the arguments of the shell for a script without "#!", with a free place for the path of the script. The
 * parent makes them, because the child must neither allocate memory nor change the plan, which belongs to the
 * parent.
 */
static char **make_shell_argv(char *const *argv)
{
    size_t count = 1;
    char **ret;

    while (argv[count] != NULL)
        count++;
    ret = malloc((count + 2) * sizeof(*ret));
    if (ret == NULL)
        return NULL;
    ret[0] = (char *) "/bin/sh";
    memcpy(ret + 1, argv, (count + 1) * sizeof(*ret));
    return ret;
}

/* Copies the interpreter that "#!" in HEAD names into RET, unless there is none, or no room for it. */
static void copy_interpreter(const char *head, char *ret)
{
    const char *begin = head + strlen("#!");
    size_t      length;

    if (strncmp(head, "#!", strlen("#!")) != 0)
        return;
    begin += strspn(begin, " \t");
    length = strcspn(begin, " \t\n");
    if (length >= SPAWN_INTERPRETER_SIZE)
        return;
    memcpy(ret, begin, length);
    ret[length] = '\0';
}

static int spawn_child(struct child *child, struct spawned *ret)
{
    sigset_t all, old;
    int      pidfd = -1;
    pid_t    pid;

    /* None of the parent's signal handlers may run in the child. */
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &old) != 0)
        return -EINVAL;
    pid = clone_child(child, &pidfd);
    if (pid < 0)
        child->error = errno;
    if (child->plan->pid_until_exec != NULL)
        atomic_store(child->plan->pid_until_exec, 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (child->error != 0) {
        if (pid >= 0)
            discard(pid, pidfd);
        ret->stage = child->stage;
        if (child->head_error == child->error) /* else HEAD is of a file that was found before */
            copy_interpreter(child->head, ret->interpreter);
        return -child->error;
    }
    *ret = (struct spawned){.pid = pid, .pidfd = pidfd, .missed = child->missed};
    return 0;
}

int spawn(const struct spawn_plan *plan, struct spawned *ret)
{
    struct child child = {
        .plan = plan,
        .shell_argv = make_shell_argv(plan->argv),
        .stack = child_stack_take(),
        .parent = getpid(),
        .stage = SPAWN_FORK,
    };
    int error = -ENOMEM;

    ret->interpreter[0] = '\0';
    if (child.shell_argv != NULL && child.stack != NULL)
        error = spawn_child(&child, ret);
    else
        ret->stage = SPAWN_FORK;
    free(child.shell_argv);
    child_stack_give(child.stack);
    return error;
}
