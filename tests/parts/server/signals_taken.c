/* Tests the signals that the server takes. */
#include "tests/parts/written.h"

#include "cli/base/loop_signals.h"
#include "cli/place/journal.h"
#include "cli/server/agent.h"
#include "cli/server/agent_end.h"
#include "cli/server/parent.h"
#include "cli/server/server_signals.h"
#include "cli/server/shutdown.h"
#include "cli/worker/mailbox.h"

#include <pthread.h>

static struct text calls;
static sigset_t    watched;
static void (*take)(int signal);
static int   watch_error, woken;
static bool  is_agent;
static pid_t parent = 5;

int loop_take_signals(int how, const sigset_t *set, void (*function)(int signal))
{
    CHECK_EQUAL(how, SIG_BLOCK);
    watched = *set;
    take = function;
    return watch_error;
}

void journal_write(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_vprintf(&calls, format, arguments);
    va_end(arguments);
    text_add(&calls, "; ");
}

bool agent_is(void)
{
    return is_agent;
}

void agent_end(void)
{
    text_add(&calls, "agent-end");
}

pid_t parent_pid(void)
{
    return parent;
}

void shutdown_begin(struct call *call, const k3thread_exctype *type)
{
    CHECK(call == NULL);
    text_add(&calls, type->name);
}

void mailbox_wake(void)
{
    woken++;
    errno = EDOM;
}

/* Checks that SET has the signals of WANTED, which ends with 0, and no other one. */
static void check_set(const sigset_t *set, const int *wanted)
{
    sigset_t rest;

    sigemptyset(&rest);
    for (; *wanted != 0; wanted++)
        sigaddset(&rest, *wanted);
    for (int number = 1; number < 32; number++)
        CHECK_EQUAL(sigismember(set, number), sigismember(&rest, number));
}

static void the_ends_of_children_wake_the_server(void)
{
    static const int all[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGPIPE, 0},
                     by_descriptor[] = {SIGTERM, SIGINT, SIGHUP, 0};
    struct sigaction action;
    sigset_t         set;

    server_signals(&set);
    check_set(&set, all);
    CHECK_EQUAL(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    watch_error = -ENOSPC;
    CHECK_EQUAL(server_signals_open(), -ENOSPC);
    watch_error = 0;
    CHECK_EQUAL(server_signals_open(), 0);
    check_set(&watched, by_descriptor);
    CHECK(!server_signals_take_child_ended());
    errno = ERANGE;
    CHECK_EQUAL(raise(SIGCHLD), 0);
    CHECK_EQUAL(errno, ERANGE);
    CHECK_EQUAL(woken, 1);
    CHECK(server_signals_take_child_ended() && !server_signals_take_child_ended());
    CHECK(sigaction(SIGCHLD, NULL, &action) == 0 && (action.sa_flags & SA_RESTART) != 0);
    CHECK_EQUAL(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
    CHECK(sigismember(&set, SIGTERM) && sigismember(&set, SIGPIPE) && !sigismember(&set, SIGCHLD));
}

static void a_signal_ends_everything(void)
{
    CHECK_EQUAL(server_signals_open(), 0);
    take(SIGTERM);
    check_written(&calls, "got signal 15; SystemExit");
    parent = 0;
    take(SIGTERM);
    check_written(&calls, "the guardian has died: ending everything; SystemExit");
    take(SIGINT);
    check_written(&calls, "got signal 2; SystemExit");
    is_agent = true;
    take(SIGHUP);
    check_written(&calls, "got signal 1; agent-end");
}

TEST_MAIN({"children", the_ends_of_children_wake_the_server}, {"end", a_signal_ends_everything})
