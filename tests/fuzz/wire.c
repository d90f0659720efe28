/*
 * Fuzzes the wire: bytes from a client go through framing, JSON and the methods to threads that begin,
 * are raised in and end. Only the spawn is not the real one: no command of the fuzzer is ever run.
 */
#include "cli/server/server.c"
#include "cli/server/shutdown.c"

#include "cli/process/spawn.h"
#include "cli/server/peer.h"
#include "tests/fuzz/fuzz.h"

#include "cli/worker/logs.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* The bytes that a socket accepts at once. */
#define INPUT_MAX ((size_t) 65536)

/* Stands in for spawn.c. */
int spawn(const struct spawn_plan *plan, struct spawned *ret)
{
    MUST(plan->argv[0] != NULL && plan->directory != NULL && plan->output != NULL);
    *ret = (struct spawned){.stage = SPAWN_EXEC, .pid = -1, .pidfd = -1};
    return -ENOENT;
}

/* A descriptor that is ready in every round, so that the loop never waits. */
static struct source tick;
static int           rounds_left; /* -1: until everything has ended */
static size_t        clients;
static char          directory[] = "/tmp/k3fuzz.XXXXXX";

static void tick_ready(struct source *source, uint32_t events)
{
    (void) source, (void) events;
    if (rounds_left >= 0) {
        stopped = clients == 0 || rounds_left-- == 0;
        return;
    }
    stopped = clients == 0 && store_live() == 0;
    sched_yield(); /* lets the workers run */
}

static void remove_directory(void)
{
    (void) rmdir(logs_directory());
    (void) rmdir(directory);
}

/* Replaces the server's function, and also counts the clients. */
static struct connection_handler handler;

static void free_client(struct connection *connection)
{
    clients--;
    dispatch_handler.free(connection);
}

static void begin(void)
{
    if (handler.serve != NULL)
        return;
    handler = dispatch_handler;
    handler.free = free_client;
    MUST(mkdtemp(directory) != NULL && atexit(remove_directory) == 0);
    MUST(logs_open(directory) == 0);
    json_object_seed(1);
    MUST(signal(SIGPIPE, SIG_IGN) != SIG_ERR); /* a supervisor blocks it */
    MUST(loop_open() == 0 && watch(&mail, mailbox_open(), mail_ready) == 0);
    MUST(watch(&tick, eventfd(1, EFD_CLOEXEC), tick_ready) == 0);
}

static void run_rounds(int rounds)
{
    rounds_left = rounds;
    stopped = false;
    MUST(loop_run(&stopped, finish_round, memory_release_process) == 0);
}

/* Runs a client that sends DATA, reads nothing, and goes when its calls have had their time. */
static void say(const uint8_t *data, size_t size)
{
    int pair[2];

    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    MUST(size == 0 || send(pair[0], data, size, MSG_NOSIGNAL) == (ssize_t) size);
    MUST(shutdown(pair[0], SHUT_WR) == 0 && peer_open(pair[1], &handler) == 0);
    clients++;
    run_rounds(20);
    close(pair[0]);
}

/* Ends and forgets every thread, and forgets that there was a shutdown. */
static void clean_up(void)
{
    struct record *record, *next;

    has_begun = false;
    widen(SCOPE_ALL, &k3thread_SystemExit);
    run_rounds(-1);
    for (record = TAILQ_FIRST(store_all()); record != NULL; record = next) {
        next = TAILQ_NEXT(record, order);
        store_forget(record);
    }
    stopped = some_unasked = is_answered = false;
    scope = SCOPE_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin();
    say(data, size < INPUT_MAX ? size : INPUT_MAX);
    clean_up();
    return 0;
}
