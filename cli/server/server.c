#include "cli/server/server.h"

#include "cli/base/lean.h"
#include "cli/base/loop.h"
#include "cli/place/journal.h"
#include "cli/process/adopted.h"
#include "cli/process/limits.h"
#include "cli/server/connection.h"
#include "cli/server/method_list.h"
#include "cli/server/store.h"
#include "cli/server/threads.h"
#include "cli/supervisor/door.h"
#include "cli/worker/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long the last answers may take to be read when everything else has ended. */
#define FAREWELL 1.0

/* What could not be told to a thread, for want of memory or room, is tried again so much later. */
#define RETRY 0.02

static struct server_options options;
static struct source         listener, bell, lifeline, signals, mail;
static struct call_list      shutdown_calls = LIST_HEAD_INITIALIZER(shutdown_calls);
static int                   spare_fd = -1; /* see accept_client() */
static bool                  closing, stopped;
static atomic_bool           child_ended;               /* since the last look */
static enum { NOBODY, DAEMONS, EVERYBODY } told_to_end; /* those that are to end */
static const k3thread_exctype *end_type;                /* by this exception */
static bool                    untold;                  /* some may be told that were not */
static json_t                 *unended;                 /* the pids of those that could not be */
static size_t                  ended_count;             /* since the shutdown began */

bool server_is_closing(void)
{
    return closing;
}

const char *server_socket(void)
{
    return options.socket;
}

const char *server_logs(void)
{
    return options.logs;
}

pid_t server_guardian(void)
{
    return options.guardian;
}

/* One that is just ending needs no word. */
static void tell(struct record *record)
{
    int error = threads_end(record, end_type);

    record->is_told = error == 0 || error == K3THREAD_INVALID_THREAD_ID_ERROR;
}

/*
 * Tells those that are to end, each once, and none before all that need it have ended. The newest
 * are told first: what a thread needs is older than it is, so whoever ends at once lets that go.
 */
static void tell_threads(void)
{
    struct record *record;
    bool           failed = false;

    TAILQ_FOREACH_REVERSE(record, store_all(), record_list, order) {
        if (!record_is_live(record) || record->is_told || record->needed_by > 0)
            continue;
        if (told_to_end == DAEMONS && !record->job.daemon)
            continue;
        tell(record);
        failed |= !record->is_told;
    }
    untold = failed;
}

static void answer_shutdown(struct call *call, struct record *record)
{
    (void) record;
    if (unended == NULL)
        call_reply(call, json_pack("{s:I}", "ended", (json_int_t) ended_count));
    else
        call_reply(call,
                   json_pack("{s:I, s:O}", "ended", (json_int_t) ended_count, "unended", unended));
}

static bool is_allowed(int fd)
{
    struct ucred peer;
    socklen_t    size = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return false;
    if (peer.uid == geteuid() || peer.uid == 0)
        return true;
    journal_write("refused a client of user %u", (unsigned) peer.uid);
    return false;
}

/*
 * Without a free descriptor, which errno says, a client can still be told: the spare one makes room.
 * Returns false when there is nobody to accept, or no way to.
 */
static bool turn_away(void)
{
    struct text answer = {0};
    int         error = errno, fd;

    text_add(&answer, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32006,\"message\":"
                      "\"the supervisor has no file descriptor left; try again");
    limits_explain(&answer, error);
    text_add(&answer, "\",\"data\":{\"type\":\"OSError\"}}}\n");
    close(spare_fd);
    fd = accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        if (send(fd, answer.data, answer.size, MSG_NOSIGNAL) < 0)
            journal_write("turned a client away: no file descriptor left");
        close(fd);
    }
    text_release(&answer);
    spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0 && spare_fd >= 0;
}

/* Accepts one client; returns false when there is none. */
static bool accept_client(void)
{
    int fd = accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0 && (errno == EMFILE || errno == ENFILE))
        return turn_away();
    if (fd < 0)
        return errno == EINTR || errno == ECONNABORTED;
    if (!is_allowed(fd))
        close(fd);
    else if (connection_open(fd) < 0)
        journal_write("cannot serve a client: out of memory");
    return true;
}

/*
 * Those who have connected are accepted yet, so that they get an answer. First the door is shut:
 * who comes now finds nobody there and starts a supervisor anew.
 */
static void shut_door(void)
{
    if (bell.fd >= 0)
        loop_remove(&bell);
    door_shut();
    (void) shutdown(listener.fd, SHUT_RD); /* at the worst, a client more gets no answer */
    while (accept_client())
        ;
}

/* The exit rule: after the last thread that is no daemon, the daemons; after them, the end. */
static void go_on_closing(void)
{
    if (!closing)
        return;
    if (store_live() == 0) {
        if (!stopped)
            shut_door();
        stopped = true;
        call_wake(&shutdown_calls, NULL);
    } else if (store_live_normal() == 0 && told_to_end == NOBODY) {
        end_type = &k3thread_SystemExit;
        told_to_end = DAEMONS;
        tell_threads();
    }
}

void server_shutdown(struct call *call, const k3thread_exctype *now)
{
    if (call != NULL)
        call_wait(call, &shutdown_calls, -1, answer_shutdown);
    if (!closing)
        journal_write("shutting down, %zu threads are live", store_live());
    closing = true;
    if (now != NULL && told_to_end != EVERYBODY) {
        end_type = now;
        told_to_end = EVERYBODY;
        tell_threads();
    }
    go_on_closing();
}

static void thread_ended(struct record *record)
{
    ended_count += closing;
    if (record->now.unended != 0) {
        journal_write("process %d of thread %llu could not be ended", (int) record->now.unended,
                      (unsigned long long) record->id);
        if (unended == NULL)
            unended = json_array();
        (void) json_array_append_new(unended, json_integer(record->now.unended));
    }
    untold |= told_to_end != NOBODY && record->job.need_count > 0;
}

/* A child that ends in the meantime makes the mailbox ready again. */
static void mail_ready(struct source *source, uint32_t events)
{
    (void) source, (void) events;
    mailbox_clear();
    threads_take_reports();
    if (atomic_exchange(&child_ended, false))
        adopted_reap();
    go_on_closing();
}

static int watch(struct source *source, int fd, void (*ready)(struct source *, uint32_t))
{
    if (fd < 0)
        return fd;
    *source = (struct source){.fd = fd, .ready = ready};
    return loop_add(source, EPOLLIN);
}

static void listener_ready(struct source *source, uint32_t events)
{
    (void) source, (void) events;
    while (accept_client())
        ;
}

/* Those who are in the queue of the old listener are accepted yet. */
static void replace_listener(int fd)
{
    int error;

    while (accept_client())
        ;
    loop_remove(&listener);
    close(listener.fd);
    error = watch(&listener, fd, listener_ready);
    if (error != 0)
        journal_write("nobody can connect any more: %s", strerrordesc_np(-error));
}

static void bell_ready(struct source *source, uint32_t events)
{
    int fd = door_look();

    (void) source, (void) events;
    if (fd >= 0)
        replace_listener(fd);
    door_answer();
}

static void lifeline_ready(struct source *source, uint32_t events)
{
    (void) events;
    loop_remove(source);
    journal_write("whoever this supervisor was for has gone: ending everything");
    server_shutdown(NULL, &k3thread_SystemExit);
}

static void guardian_died(void)
{
    journal_write("the guardian has died: ending everything");
    server_shutdown(NULL, &k3thread_SystemExit);
}

/* The guardian's death comes as SIGTERM too; see guardian.c. */
static void take_signal(const struct signalfd_siginfo *info)
{
    switch ((int) info->ssi_signo) {
    case SIGTERM:
    case SIGINT:
    case SIGHUP:
        if (options.guardian != 0 && getppid() != options.guardian) {
            options.guardian = 0;
            guardian_died();
            break;
        }
        journal_write("got signal %d", (int) info->ssi_signo);
        server_shutdown(NULL, &k3thread_SystemExit);
        break;
    }
}

static void signals_ready(struct source *source, uint32_t events)
{
    struct signalfd_siginfo infos[4]; /* of each signal there is one at the most */
    ssize_t                 size = read(source->fd, infos, sizeof(infos));

    (void) events;
    for (size_t i = 0; size > 0 && i < (size_t) size / sizeof(infos[0]); i++)
        take_signal(&infos[i]);
}

void server_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGCHLD);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGHUP);
    sigaddset(ret, SIGPIPE); /* a write to who has gone says EPIPE; nobody takes this one */
}

static int open_signals(void)
{
    sigset_t set;
    int      fd;

    server_signals(&set);
    sigdelset(&set, SIGPIPE);
    sigdelset(&set, SIGCHLD);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static void on_child_ended(int signal)
{
    int saved_errno = errno;

    (void) signal;
    atomic_store(&child_ended, true);
    mailbox_wake();
    errno = saved_errno;
}

/*
 * A handler, where the other signals have a descriptor: of a signal that each thread blocks, the
 * kernel finds that out anew whenever it is sent, one thread after the other, and holds up every
 * fork and exit of the machine meanwhile. Of ten thousand threads that is two milliseconds for each
 * command that ends. The first that it asks is this one.
 */
static int take_ends_of_children(void)
{
    struct sigaction action = {.sa_handler = on_child_ended, .sa_flags = SA_RESTART};
    sigset_t         set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigaction(SIGCHLD, &action, NULL) < 0)
        return -errno;
    return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int open_sources(void)
{
    int error = loop_open();

    if (error == 0)
        error = watch(&signals, open_signals(), signals_ready);
    if (error == 0)
        error = watch(&mail, mailbox_open(), mail_ready);
    if (error == 0)
        error = take_ends_of_children();
    if (error == 0)
        error = watch(&listener, options.listener, listener_ready);
    if (error == 0 && options.lifeline >= 0)
        error = watch(&lifeline, options.lifeline, lifeline_ready);
    bell.fd = door_open_bell();
    if (error == 0 && bell.fd >= 0)
        error = watch(&bell, bell.fd, bell_ready);
    spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return error != 0 ? error : spare_fd < 0 ? -errno : 0;
}

/* Does what is due by time; returns the seconds until the next such thing, or -1. */
static double next_deadline(void)
{
    double next, stuck;
    bool   again, listing;

    connection_run_waiting();
    next = call_expire();
    stuck = threads_free_stuck();
    if (stuck >= 0 && (next < 0 || next > stuck))
        next = stuck;
    again = !threads_advance();
    listing = listing_advance();
    if (untold)
        tell_threads();
    go_on_closing();
    store_evict();
    if (!connection_settle_all() || stopped || listing)
        return 0;
    return (again || untold) && (next < 0 || next > RETRY) ? RETRY : next;
}

int server_run(const struct server_options *given)
{
    int flags = fcntl(given->listener, F_GETFL);
    int error;

    options = *given;
    threads_on_end = thread_ended;
    threads_set_slots(options.slots);
    /* Listening again makes this process the one that the peers' credentials name. */
    if (flags < 0 || fcntl(given->listener, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(given->listener, F_SETFD, FD_CLOEXEC) < 0 || listen(given->listener, SOMAXCONN) < 0)
        return -errno;
    error = open_sources();
    if (error == 0)
        error = loop_run(&stopped, next_deadline, lean_process);
    if (error == 0)
        connection_close_all(FAREWELL);
    return error;
}
