/*
 * The wire: bytes from a client, through framing, JSON and the methods, to threads that begin, are
 * raised in and end. Only the spawn is not the real one: no command of a fuzzer's is ever run.
 */
#include "cli/server/server.c"

#include "cli/process/spawn.h"
#include "tests/fuzz/fuzz.h"

#include <sched.h>
#include <stdio.h>
#include <sys/eventfd.h>

/* What a socket takes at once. */
#define INPUT_MAX ((size_t) 65536)

/* Stands in for spawn.c. */
int spawn(const struct spawn_plan *plan, struct spawned *ret)
{
    MUST(plan->argv[0] != NULL && plan->directory != NULL && plan->output != NULL);
    *ret = (struct spawned){.stage = SPAWN_EXEC, .pid = -1, .pidfd = -1};
    return -ENOENT;
}

/* Ready in every round, so that the loop never waits. */
static struct source tick;
static int           rounds_left; /* -1: until all has ended */
static char          directory[] = "/tmp/k3fuzz.XXXXXX";

static void tick_ready(struct source *source, uint32_t events)
{
    (void) source, (void) events;
    if (rounds_left >= 0) {
        stopped = connection_count() == 0 || rounds_left-- == 0;
        return;
    }
    stopped = connection_count() == 0 && store_live() == 0;
    sched_yield(); /* the workers have the next move */
}

static void remove_directory(void)
{
    (void) rmdir(directory);
}

static void begin(void)
{
    static char socket[64];

    if (socket[0] != '\0')
        return;
    MUST(mkdtemp(directory) != NULL && atexit(remove_directory) == 0);
    (void) snprintf(socket, sizeof(socket), "%s/none.sock", directory);
    options = (struct server_options){
        .listener = -1, .lifeline = -1, .socket = socket, .logs = directory};
    threads_on_end = thread_ended;
    json_object_seed(1);
    MUST(loop_open() == 0 && watch(&mail, mailbox_open(), mail_ready) == 0);
    MUST(watch(&tick, eventfd(1, EFD_CLOEXEC), tick_ready) == 0);
}

static void run_rounds(int rounds)
{
    rounds_left = rounds;
    stopped = false;
    MUST(loop_run(&stopped, next_deadline, lean_process) == 0);
}

/* A client that says DATA, reads nothing, and goes when its calls have had their time. */
static void say(const uint8_t *data, size_t size)
{
    int pair[2];

    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    MUST(size == 0 || send(pair[0], data, size, MSG_NOSIGNAL) == (ssize_t) size);
    MUST(shutdown(pair[0], SHUT_WR) == 0 && connection_open(pair[1]) == 0);
    run_rounds(20);
    close(pair[0]);
}

/* Ends every thread and forgets it, and that there was a shutdown. */
static void clean_up(void)
{
    struct record *record, *next;

    closing = false;
    told_to_end = EVERYBODY;
    end_type = &k3thread_SystemExit;
    tell_threads();
    run_rounds(-1);
    for (record = TAILQ_FIRST(store_all()); record != NULL; record = next) {
        next = TAILQ_NEXT(record, order);
        store_forget(record);
    }
    stopped = untold = false;
    told_to_end = NOBODY;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin();
    say(data, size < INPUT_MAX ? size : INPUT_MAX);
    clean_up();
    return 0;
}
