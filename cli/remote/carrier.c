#include "cli/remote/carrier.h"

#include "cli/base/clock.h"
#include "cli/base/descriptors.h"
#include "cli/base/directory.h"
#include "cli/base/file_limit.h"
#include "cli/base/loop.h"
#include "cli/base/loop_signals.h"
#include "cli/base/signal_set.h"
#include "cli/place/socket.h"
#include "cli/remote/host.h"
#include "cli/remote/host_script.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* At most this many machines are awaited at a time. */
#define AWAITED_MAX 64

/* The seconds that the commands which reach the machines have to end, after the agents were told to end. */
#define FAREWELL 5.0

static const struct carrier_options *options;
static struct host                  *hosts;
static struct source                 supervisor;
static struct byte_queue             unsent; /* to the supervisor */
static int64_t                       last_id;
static bool                          is_ending, stopped;
static size_t                        next_host; /* the first machine that was not reached yet */
static double                        next_look; /* the time of the next look at a link */
static double                        give_up;

static char *directory_of(const struct place *place)
{
    char *directory;

    return asprintf(&directory, "%s.hosts", place->socket) < 0 ? NULL : directory;
}

char *carrier_socket(const struct place *place, size_t index)
{
    char *socket;

    return asprintf(&socket, "%s.hosts/%zu", place->socket, index) < 0 ? NULL : socket;
}

/* The run's supervisor */

/* Tells every agent to end, because the run has ended. */
static void end_all(void)
{
    if (is_ending)
        return;
    is_ending = true;
    give_up = clock_monotonic() + FAREWELL;
    for (size_t i = 0; i < options->hosts->count; i++)
        host_end(&hosts[i]);
}

static void send_unsent(void)
{
    if (byte_queue_flush(&unsent, supervisor.fd) != 0)
        end_all();
    else
        (void) loop_change(&supervisor,
                           byte_queue_size(&unsent) > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* Reads the replies of the supervisor, which are of no use, and notices its end. */
static void supervisor_ready(struct source *source, uint32_t events)
{
    char    bytes[4096];
    ssize_t n = read(source->fd, bytes, sizeof(bytes));

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        loop_close(source);
        end_all();
    } else if ((events & EPOLLOUT) != 0) {
        send_unsent();
    }
}

static void tell(const struct host *host)
{
    struct text line = {0};

    host_write_news(&line, host, ++last_id);
    byte_queue_add_text(&unsent, &line);
    send_unsent();
}

static int connect_supervisor(void)
{
    return socket_connect(options->place->socket);
}

static const struct host_user user = {.tell = tell, .connect = connect_supervisor};

/* The children */

static void reap(void)
{
    int   status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < options->hosts->count; i++)
            if (hosts[i].pid == pid)
                host_take_exit(&hosts[i], status);
}

static void take_signal(int signal)
{
    if (signal == SIGCHLD)
        reap();
    else
        end_all();
}

static int take_signals(void)
{
    const sigset_t set = SIGNAL_SET(SIGCHLD, SIGTERM);

    return loop_take_signals(SIG_SETMASK, &set, take_signal);
}

/* The loop */

/* Begins to reach the next machines. */
static void reach_next(void)
{
    while (next_host < options->hosts->count && hosts_awaited() < AWAITED_MAX && !is_ending)
        host_reach(&hosts[next_host++]);
    if (hosts_awaited() == 0)
        host_script_forget();
}

/* Looks at all links when one of them is due, so that other rounds cost nothing for each machine. */
static double look_at_links(void)
{
    double now = clock_monotonic();
    double next = LINK_BEAT;

    if (now < next_look)
        return next_look - now;
    for (size_t i = 0; i < options->hosts->count; i++)
        next = clock_earlier(next, host_do_due(&hosts[i]));
    next_look = now + next;
    return next;
}

/* Ends the loop when all children have ended, or have had FAREWELL seconds for that. */
static void stop_if_done(void)
{
    bool are_left = false;

    for (size_t i = 0; i < options->hosts->count; i++)
        are_left |= hosts[i].pid != 0;
    stopped = !are_left || clock_monotonic() >= give_up;
}

static double finish_round(void)
{
    double next;

    reach_next();
    next = look_at_links();
    links_flush();
    if (is_ending)
        stop_if_done();
    return stopped ? 0 : next;
}

/* The process */

static int open_supervisor(void)
{
    int fd = socket_connect(options->place->socket);

    if (fd < 0)
        return fd;
    return loop_watch(&supervisor, fd, supervisor_ready, EPOLLIN);
}

static int open_hosts(void)
{
    int error = 0;

    hosts = calloc(options->hosts->count, sizeof(*hosts));
    if (hosts == NULL)
        return -ENOMEM;
    for (size_t i = 0; error == 0 && i < options->hosts->count; i++) {
        char *socket = carrier_socket(options->place, i);

        error = socket != NULL ? host_open(&hosts[i], &user, options->hosts->hosts[i].name, socket,
                                           options->commands[i])
                               : -ENOMEM;
        free(socket);
    }
    return error;
}

static int begin(void)
{
    int error = loop_open();

    if (error == 0)
        error = take_signals();
    if (error == 0)
        error = open_supervisor();
    if (error == 0)
        error = open_hosts();
    return error;
}

/* Runs the carrier until its end. Returns the exit status of the process. If this fails, the run loses all machines. */
static int serve(void)
{
    char *directory = directory_of(options->place);
    int   error = begin();

    if (error == 0)
        error = loop_run(&stopped, finish_round, NULL);
    for (size_t i = 0; hosts != NULL && i < options->hosts->count; i++)
        if (hosts[i].pid != 0)
            (void) kill(hosts[i].pid, SIGKILL);
    if (directory != NULL)
        directory_remove(directory);
    return error != 0;
}

/* Replaces the input and the output by /dev/null. Standard error is the run's. */
static void close_standard(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    (void) dup2(null, STDIN_FILENO);
    (void) dup2(null, STDOUT_FILENO);
    if (null > STDERR_FILENO)
        close(null);
}

int carrier_start(const struct carrier_options *given, pid_t *ret_pid)
{
    char *directory = directory_of(given->place);
    pid_t child;
    int   error;

    if (directory == NULL)
        return -ENOMEM;
    error = directory_make(directory);
    free(directory);
    if (error != 0)
        return error;
    child = fork();
    if (child < 0)
        return -errno;
    if (child > 0) {
        *ret_pid = child;
        return 0;
    }
    options = given;
    /* Otherwise this process would keep the run's pipes open after the run has closed them. */
    descriptors_close_from(STDERR_FILENO + 1);
    close_standard();
    prctl(PR_SET_NAME, "k3-carrier");
    (void) setsid();
    (void) signal(SIGPIPE, SIG_IGN);
    (void) signal(SIGINT, SIG_IGN);
    (void) signal(SIGHUP, SIG_IGN);
    file_limit_raise();
    _exit(serve());
}
