#include "cli/remote/agent.h"

#include "cli/base/file_limit.h"
#include "cli/base/loop.h"
#include "cli/base/loop_signals.h"
#include "cli/base/signal_set.h"
#include "cli/client/launch.h"
#include "cli/place/socket.h"
#include "cli/place/temporary_place.h"
#include "cli/remote/bootstrap.h"
#include "cli/remote/caller.h"
#include "cli/remote/link.h"
#include "cli/remote/own_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

/* The socket for the commands, in the directory of the supervisor's socket. */
#define COMMANDS_SOCKET "all.sock"

/* The milliseconds that a supervisor without a guardian has for ending everything. */
#define END_WITHIN 5000

static struct place  place;
static struct link   up; /* the link to the run */
static struct source clients;
static char         *clients_path;
static pid_t         guardian; /* of the agent's supervisor; 0: none was started */
static int  lifeline = -1; /* a socket; sockets of clients for the supervisor go through it, too */
static bool stopped;

/* The end of the agent */

static void take_cut(struct link *link, const char *why)
{
    (void) link, (void) why;
    stopped = true;
}

/* Reaps the children that have ended. The program that became this agent may have left others than the guardian. */
static void reap(void)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        if (pid == guardian)
            stopped = true;
}

/* Takes a signal that asks for the end, or says that a child has ended, such as the supervisor. */
static void take_signal(int signal)
{
    if (signal == SIGCHLD)
        reap();
    else
        stopped = true;
}

static int take_signals(void)
{
    const sigset_t set = SIGNAL_SET(SIGCHLD, SIGTERM, SIGINT, SIGHUP);

    (void) signal(SIGPIPE, SIG_IGN);
    return loop_take_signals(SIG_BLOCK, &set, take_signal);
}

/* The sockets */

static int connect_supervisor(struct link *link)
{
    (void) link;
    return socket_connect(place.socket);
}

static void clients_ready(struct source *source, uint32_t events)
{
    int fd;

    (void) events;
    while ((fd = loop_accept(source)) >= 0)
        caller_add(&up, lifeline, fd);
    if (fd != -EAGAIN)
        loop_rest(source);
}

/* Listens for the commands. Returns 0 or -errno. */
static int open_clients(void)
{
    int fd;

    if (asprintf(&clients_path, "%s/" COMMANDS_SOCKET, place.directory) < 0)
        return -ENOMEM;
    fd = socket_listen(clients_path);
    if (fd < 0)
        return fd;
    return loop_watch(&clients, fd, clients_ready, EPOLLIN);
}

/* The supervisor */

static int find_place(const char *directory, struct text *why)
{
    return directory != NULL ? temporary_place_in(&place, directory, why)
                             : temporary_place_make(&place, why);
}

static int start_supervisor(struct text *why)
{
    struct launch_own own = {.private_place = true, .commands_socket = clients_path};
    int               ends[2];
    int               error;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    own.lifeline = ends[0];
    lifeline = ends[1];
    error = launch_own(&place, &own, &guardian, why);
    close(ends[0]);
    return error;
}

/* Waits until the supervisor has ended, which has the other end of the lifeline; but not for ever. */
static void await_supervisor(void)
{
    struct pollfd pollfd = {.fd = lifeline};

    (void) poll(&pollfd, 1, END_WITHIN);
}

/*
 * Ends the supervisor by the end of its lifeline, and waits until everything has ended: the guardian does that. If the
 * guardian was killed, the supervisor does it. The run may begin the same commands elsewhere when the link is closed.
 */
static void end_supervisor(void)
{
    if (lifeline >= 0)
        (void) shutdown(lifeline, SHUT_WR);
    while (guardian > 0 && waitpid(guardian, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (lifeline >= 0)
        await_supervisor();
}

/* The life of the agent */

static unsigned count_processors(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return (unsigned) CPU_COUNT(&set);
    return (unsigned) get_nprocs();
}

/* Tells the carrier that frames follow. Returns 0 or -errno. */
static int say_up(void)
{
    int size = dprintf(STDOUT_FILENO, "\n" BOOTSTRAP_MARK BOOTSTRAP_UP "%d %u\n", LINK_VERSION,
                       count_processors());

    return size < 0 ? -EPIPE : 0;
}

static double finish_round(void)
{
    double next = link_do_due(&up);

    links_flush();
    return stopped ? 0 : next;
}

static int begin(const char *directory, struct text *why)
{
    int error = own_proc_ensure(why);

    if (error == 0)
        error = find_place(directory, why);
    if (error == 0)
        error = loop_open();
    if (error == 0)
        error = take_signals();
    if (error == 0)
        error = open_clients();
    if (error == 0)
        error = start_supervisor(why);
    file_limit_raise(); /* the supervisor, which was started before, keeps the old limit */
    if (error == 0)
        error = say_up();
    if (error == 0)
        error = link_open(&up, STDIN_FILENO, STDOUT_FILENO, NULL, 0);
    if (error == -EPIPE) { /* the run has ended meanwhile */
        stopped = true;
        return 0;
    }
    if (error != 0 && why->size == 0)
        text_add(why, strerror(-error));
    return error;
}

int agent_run(const char *directory, struct text *why)
{
    int error;

    up = (struct link){.is_agent = true,
                       .connect = connect_supervisor,
                       .cut = take_cut,
                       .in.fd = -1,
                       .out.fd = -1};
    prctl(PR_SET_NAME, "k3-agent");
    error = begin(directory, why);
    if (error == 0)
        error = loop_run(&stopped, finish_round, NULL);
    end_supervisor();
    link_close(&up);
    if (place.directory != NULL)
        temporary_place_remove(&place);
    free(clients_path);
    return error;
}
