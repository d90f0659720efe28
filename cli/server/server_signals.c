#include "cli/server/server_signals.h"

#include "cli/base/loop_signals.h"
#include "cli/base/signal_set.h"
#include "cli/place/journal.h"
#include "cli/server/agent.h"
#include "cli/server/agent_end.h"
#include "cli/server/parent.h"
#include "cli/server/shutdown.h"
#include "cli/worker/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_bool child_ended; /* since server_signals_take_child_ended() */

/*
 * Ends all threads. The death of the guardian arrives as SIGTERM too; see guardian.c. At an agent, a signal comes from
 * a person or a program that ends the machine or the login, with whatever runs there.
 */
static void take_signal(int signal)
{
    static bool is_orphan;

    if (!is_orphan && parent_pid() == 0) {
        is_orphan = true;
        journal_write("the guardian has died: ending everything");
    } else {
        journal_write("got signal %d", signal);
    }
    if (agent_is())
        agent_end();
    else
        shutdown_begin(NULL, &k3thread_SystemExit);
}

void server_signals(sigset_t *ret)
{
    /* A write to a client that has gone returns EPIPE, and nothing reads SIGPIPE. */
    *ret = SIGNAL_SET(SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGPIPE);
}

/* Makes the loop take the signals that end all threads. */
static int watch_signals(void)
{
    sigset_t set;

    server_signals(&set);
    sigdelset(&set, SIGPIPE);
    sigdelset(&set, SIGCHLD);
    return loop_take_signals(SIG_BLOCK, &set, take_signal);
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
 * Takes SIGCHLD by a handler; the other signals have a descriptor. When a signal is sent that every
 * thread blocks, the kernel asks one thread after the other whether it takes the signal, and holds
 * up every fork and exit of the machine meanwhile: with ten thousand threads, for two milliseconds
 * at each command's end. With a handler the kernel asks this thread first, and this thread takes
 * it.
 */
static int take_ends_of_children(void)
{
    struct sigaction action = {.sa_handler = on_child_ended, .sa_flags = SA_RESTART};
    sigset_t         set = SIGNAL_SET(SIGCHLD);

    if (sigaction(SIGCHLD, &action, NULL) < 0)
        return -errno;
    return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int server_signals_open(void)
{
    int error = watch_signals();

    return error != 0 ? error : take_ends_of_children();
}

bool server_signals_take_child_ended(void)
{
    return atomic_exchange(&child_ended, false);
}
