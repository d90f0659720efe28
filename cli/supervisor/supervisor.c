#include "cli/supervisor/supervisor.h"

#include "cli/base/descriptors.h"
#include "cli/base/directory.h"
#include "cli/base/libc.h"
#include "cli/base/refused_call.h"
#include "cli/base/signal_reset.h"
#include "cli/place/journal.h"
#include "cli/process/adopted.h"
#include "cli/process/limits.h"
#include "cli/process/mark.h"
#include "cli/server/door.h"
#include "cli/server/output_times.h"
#include "cli/server/server.h"
#include "cli/server/server_signals.h"
#include "cli/supervisor/guardian.h"
#include "cli/worker/environment.h"
#include "cli/worker/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void do_nothing(int signal)
{
    (void) signal;
}

/*
 * Lets the supervisor survive the limits that it cannot raise: it can work without a journal that
 * may not grow. The signals get a handler because an exec resets handlers; a command would inherit
 * ignored signals.
 */
static void outlive_limits(void)
{
    struct sigaction action = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};

    (void) sigaction(SIGXFSZ, &action, NULL);
    (void) sigaction(SIGXCPU, &action, NULL);
}

/*
 * Resets what the commands must not inherit: signal actions that survive an exec, the input, which
 * becomes NULL_FD, and descriptors.
 */
static int clean_up(int null_fd)
{
    sigset_t signals;

    signal_reset_all();
    outlive_limits();
    server_signals(&signals);
    if (dup2(null_fd, STDIN_FILENO) < 0 || sigprocmask(SIG_SETMASK, &signals, NULL) < 0)
        return -errno;
    return descriptors_close_on_exec();
}

/*
 * Sets the variables that tell commands how to reach the supervisor or, in an agent, the run; and where the program
 * is, if it was sent to the agent.
 */
static void set_environment(const struct supervisor_options *options)
{
    const char *directory = options->place->directory;
    char       *program;

    if (options->commands_socket == NULL) {
        environment_set_socket(options->place->socket);
        return;
    }
    environment_set_socket(options->commands_socket);
    if (asprintf(&program, "%s/k3thread", directory) < 0)
        return;
    if (access(program, X_OK) == 0)
        environment_set_path_end(directory);
    free(program);
}

/* Serves until the end, in the supervisor's process. Returns its exit status. */
static int serve(const struct supervisor_options *options, pid_t guardian)
{
    struct server_options server = {
        .listener = options->listener,
        .lifeline = options->lifeline,
        .slots = options->slots,
        .jobserver = options->jobserver,
        .is_agent = options->commands_socket != NULL,
        .guardian = guardian,
    };
    size_t      strays = 0, left;
    struct text why = {0};
    rlim_t      cpu;
    int         error;

    prctl(PR_SET_NAME, "k3thread");
    libc_share_heap();
    cpu = limits_open();
    if (cpu != RLIM_INFINITY)
        journal_write("this supervisor will be killed when it has used %llu s of processor time, "
                      "the hard limit of its starter",
                      (unsigned long long) cpu);
    set_environment(options);
    error = adopted_open();
    door_open(options->place, options->lock, guardian);
    if (error == 0) {
        journal_write("serving %s", options->place->socket);
        error = server_run(&server, &why);
        strays = adopted_end(&left);
    }
    if (strays > 0)
        journal_write("%zu processes had got away from their threads; they were ended", strays);
    if (error != 0) {
        if (why.size == 0)
            text_add(&why, strerror(-error));
        journal_write("cannot serve: %.*s", (int) why.size, why.data);
        door_shut();
    }
    rmdir(logs_directory()); /* succeeds if no log is left in it */
    text_release(&why);
    if (error == 0)
        journal_write("ended");
    return error != 0;
}

/*
 * Puts the reason why there is no supervisor into WHY and into the journal: if the supervisor is started in the
 * background, its starter learns the reason from the journal only.
 */
__attribute__((format(printf, 2, 3))) static void fail(struct text *why, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_vprintf(why, format, arguments);
    va_end(arguments);
    journal_write("%.*s", (int) why->size, why->data);
}

/* Opens the journal and the logs. Returns false if that fails. */
static bool open_place(const struct supervisor_options *options, struct text *why)
{
    const struct place *place = options->place;
    int                 error = journal_open(place->journal);

    if (error != 0) {
        fail(why, "cannot open %s: %s", place->journal, strerror(-error));
        return false;
    }
    error = logs_open(place->logs);
    if (error != 0) {
        fail(why, "cannot use %s for logs: %s", place->logs, strerror(-error));
        return false;
    }
    if (options->private_place) {
        directory_hold(place->directory);
        if (place->state != NULL)
            directory_hold(place->state);
    }
    return true;
}

void supervisor_run(const struct supervisor_options *options, struct text *why)
{
    const struct place     *place = options->place;
    struct guardian_options guarded = {
        .socket = place->socket,
        .lock_path = place->lock,
        .lock = options->lock,
        .directory = options->private_place ? place->directory : NULL,
        .state = options->private_place ? place->state : NULL,
        .listener = options->listener,
        .lifeline = options->lifeline,
    };
    struct text old = {0};
    pid_t       guardian;
    int         null_fd, error;

    umask(077);
    outlive_limits();
    if (!open_place(options, why))
        return;
    if (refused_call_kernel_is_old(&old)) {
        fail(why, "%.*s", (int) old.size, old.data);
        text_release(&old);
        return;
    }
    mark_open();
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd < 0) {
        fail(why, "cannot open /dev/null: %s", strerror(errno));
        return;
    }
    error = clean_up(null_fd);
    close(null_fd);
    output_times_prepare();
    if (error == 0)
        error = guardian_fork(&guarded, &guardian);
    if (error != 0)
        fail(why, "cannot set up a supervisor: %s", strerror(-error));
    else
        exit(serve(options, guardian));
}
