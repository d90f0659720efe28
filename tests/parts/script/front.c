/* Tests the end of a run, its signals, and the barrier between a script and its output (cli/script/front_state.h). */
#include "tests/parts/script/front_fixture.h"

#include "cli/script/barrier.h"
#include "cli/script/front_children.h"
#include "cli/script/interrupt.h"
#include "cli/script/script.h"

#define NOTHING (-1) /* for check_byte(): no byte was sent, and the socket is open */

/* Checks what the script has got from the front: the byte WANTED, or nothing. */
static void check_byte(const struct fixture *fixture, int wanted)
{
    char    bytes[4];
    ssize_t size = recv(fixture->script, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (wanted == NOTHING)
        CHECK(size < 0 && errno == EAGAIN);
    else
        CHECK(size == 1 && bytes[0] == wanted);
}

/* The end of the run */

static void the_first_status_counts(void)
{
    struct front *front = &begin()->front;

    front_settle(front, 0);
    check_end(front, 0, false, false);
    front_settle(front, 3);
    check_end(front, 0, false, false);
}

static void a_run_ends_as_it_is_asked_to(void)
{
    struct fixture *fixture = begin();
    struct front   *front = &fixture->front;
    int             status;

    front_end_in_order(front);
    check_end(front, -1, true, false);
    check_requests(fixture->pair, REQUEST(1, "shutdown", ""));

    fixture = begin();
    start_script(fixture);
    front_end_now(front, 5);
    check_end(front, 5, true, true);
    CHECK(front->script_killed);
    CHECK(waitpid(front->script, &status, 0) == front->script && status == SIGKILL);
    check_requests(fixture->pair, REQUEST(1, "shutdown", "'now':true"));

    fixture = begin();
    start_script(fixture);
    front_end_by(front, "ValueError");
    check_end(front, -1, true, true);
    CHECK(waitpid(front->script, &status, 0) == front->script && status == SIGKILL);
    check_requests(fixture->pair, REQUEST(1, "shutdown", "'now':true,'exception':'ValueError'"));

    (void) begin();
    front_time_out(front);
    check_end(front, STATUS_TIMEOUT, true, true);

    fixture = begin(); /* the end of its time changes the status */
    fixture->options.timeout = 90;
    front_settle(front, 3);
    front_time_out(front);
    check_end(front, STATUS_TIMEOUT, true, true);
    CHECK(!front->script_killed); /* it has ended already */
    check_requests(fixture->pair, REQUEST(1, "shutdown", "'now':true,'exception':'TimeoutError'"));
    check_written(&front->notices, "k3thread: run: TimeoutError: not over after 1m30s\n");
}

static void a_run_ends_if_its_supervisor_cannot_be_asked(void)
{
    struct fixture *fixture = begin();
    struct front   *front = &fixture->front;
    char           *longest = calloc(1, 9 << 20);
    int             lifeline = front->lifeline, status;

    CHECK(longest != NULL);
    memset(longest, 'x', (9 << 20) - 1);
    said_begin();
    start_script(fixture);
    front_end_by(front, longest);
    said_check("k3thread: run: ending everything: Argument list too long\n");
    check_end(front, STATUS_INTERNAL, true, true);
    CHECK(waitpid(front->script, &status, 0) == front->script && status == SIGKILL);
    CHECK(front->lifeline == -1 && fcntl(lifeline, F_GETFD) < 0);

    (void) begin(); /* a supervisor that has gone needs no end */
    client_close(&front->client);
    said_begin();
    front_end_by(front, longest);
    said_check("");
    check_end(front, -1, true, true);
    CHECK(front->lifeline >= 0);
    free(longest);
}

static void a_run_ends_with_its_reader(void)
{
    struct fixture *fixture = begin();
    struct front   *front = &fixture->front;

    said_begin();
    front_close_output(front, -EPIPE);
    CHECK(front->output_closed);
    check_end(front, STATUS_SIGNAL_BASE + SIGPIPE, true, true);
    said_check("");
    check_requests(fixture->pair, REQUEST(1, "shutdown", "'now':true"));

    fixture = begin();
    said_begin();
    front_close_output(front, -ENOSPC);
    CHECK(front->output_closed);
    check_end(front, -1, false, false);
    said_check("k3thread: run: cannot write to standard output, the threads go on without it: No "
               "space left on device\n");
    check_requests(fixture->pair, "");
}

static int to_server; /* a socket */

/* Starts a process that sends back what it gets. */
static pid_t start_server(void)
{
    int   ends[2];
    char  byte;
    pid_t pid;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        while (read(ends[1], &byte, 1) == 1)
            CHECK(write(ends[1], &byte, 1) == 1);
        _exit(0);
    }
    close(ends[1]);
    to_server = ends[0];
    return pid;
}

/* Returns true if that process lives, and no signal is on its way. */
static bool lives(void)
{
    char byte = 'x';

    return send(to_server, &byte, 1, MSG_NOSIGNAL) == 1 && read(to_server, &byte, 1) == 1;
}

static void signals_end_a_run(void)
{
    struct fixture *fixture = begin();
    struct front   *front = &fixture->front;
    int             status;
    pid_t           server;

    interrupt_handle(front, SIGTERM);
    check_end(front, STATUS_SIGNAL_BASE + SIGTERM, true, true);
    check_requests(fixture->pair, REQUEST(1, "shutdown", "'now':true"));
    interrupt_handle(front, SIGHUP);
    check_end(front, STATUS_SIGNAL_BASE + SIGTERM, true, true);
    check_requests(fixture->pair, REQUEST(2, "raise", "'all':true,'exception':'SIGKILL'")
                                      REQUEST(3, "shutdown", "'now':true"));

    fixture = begin();
    front->server = server = start_server();
    interrupt_handle(front, SIGINT);
    check_end(front, STATUS_SIGNAL_BASE + SIGINT, true, true);
    check_requests(fixture->pair,
                   REQUEST(1, "shutdown", "'now':true,'exception':'KeyboardInterrupt'"));
    front->supervisor = 1;
    interrupt_handle(front, SIGINT); /* does not kill the supervisor yet, whose pid has been told */
    CHECK(lives());
    check_requests(fixture->pair, REQUEST(2, "raise", "'all':true,'exception':'SIGKILL'")
                                      REQUEST(3, "shutdown", "'now':true"));
    front->supervisor = 0;
    interrupt_handle(front, SIGINT); /* its pid may be another process's */
    CHECK(lives());
    front->server = 0;
    front->supervisor = 1;
    interrupt_handle(front, SIGINT); /* no process has replied yet */
    CHECK(lives());
    front->server = server;
    interrupt_handle(front, SIGINT);
    CHECK(waitpid(front->server, &status, 0) == front->server && status == SIGKILL);
    check_requests(fixture->pair, "");
    check_end(front, STATUS_SIGNAL_BASE + SIGINT, true, true);
}

/* The barrier */

static void a_script_waits_for_its_output(void)
{
    struct fixture       *fixture = begin();
    struct front         *front = &fixture->front;
    struct script_message message = {.kind = SCRIPT_WAITS_FOR_OUTPUT};

    barrier_handle_sync(front); /* there is nothing */
    CHECK(front->sync >= 0 && front->barrier == BARRIER_NONE);
    front->script = 1;
    CHECK(send(fixture->script, &message, sizeof(message), 0) > 0);
    barrier_handle_sync(front);
    CHECK_EQUAL(front->barrier, BARRIER_ASKED);
    check_requests(fixture->pair, REQUEST(1, "version", ""));
    answer(fixture->pair, "{'id':7,'result':{'pid':8}}\n");
    front_handle_client(front);
    CHECK_EQUAL(front->barrier, BARRIER_ASKED);
    answer(fixture->pair, "{'id':1,'result':{'pid':4711}}\n");
    front_handle_client(front);
    CHECK_EQUAL(front->barrier, BARRIER_PRINTING);
    CHECK_EQUAL(front->server, 4711);
    check_byte(fixture, NOTHING);
    barrier_pass(front);
    CHECK_EQUAL(front->barrier, BARRIER_NONE);
    check_byte(fixture, 0);
    check_byte(fixture, NOTHING);
    answer(fixture->pair, "{'id':1,'result':{'pid':9}}\n"); /* nothing waits for it */
    front_handle_client(front);
    CHECK(front->barrier == BARRIER_NONE && front->server == 4711);

    /* Room is another matter. */
    message = (struct script_message){.kind = SCRIPT_WAITS_FOR_ROOM, .rest = 12};
    CHECK(send(fixture->script, &message, sizeof(message), 0) > 0);
    barrier_handle_sync(front);
    CHECK(front->barrier == BARRIER_NONE && front->thinning.script_waits);
    CHECK_EQUAL(front->progress.rest, 12);

    /* Without a supervisor no reply comes. */
    barrier_ask(front);
    CHECK_EQUAL(front->barrier, BARRIER_ASKED);
    close(fixture->pair->supervisor);
    front_handle_client(front);
    CHECK(!front->client.open);
    CHECK_EQUAL(front->barrier, BARRIER_PRINTING);
    barrier_pass(front);
    check_byte(fixture, 0);
    barrier_ask(front);
    CHECK_EQUAL(front->barrier, BARRIER_PRINTING);
    check_end(front, -1, false, false);

    /* A script that has ended gets no answer. */
    close(fixture->script);
    barrier_pass(front);
    CHECK_EQUAL(front->sync, -1);
    barrier_pass(front);

    fixture = begin();
    close(fixture->script);
    fixture->script = front->sync;
    errno = EAGAIN; /* of an earlier call */
    barrier_handle_sync(front);
    CHECK(front->sync == -1 && fcntl(fixture->script, F_GETFD) < 0);
    CHECK_EQUAL(front->barrier, BARRIER_NONE);

    fixture = begin(); /* the script has ended without reading what it was sent */
    front->script = 1;
    barrier_pass(front);
    close(fixture->script);
    barrier_handle_sync(front);
    CHECK_EQUAL(front->sync, -1);
}

/* Ends the script of a new run with the wait status STATUS. */
static struct fixture *end_script(int status)
{
    struct fixture *fixture = begin();

    fixture->front.script_status = status;
    return fixture;
}

static void the_end_of_the_script_ends_the_run(void)
{
    struct fixture *fixture = end_script(0);
    struct front   *front = &fixture->front;

    barrier_pass(front);
    CHECK(front->script_done);
    check_end(front, -1, true, false);
    check_requests(fixture->pair, REQUEST(1, "shutdown", ""));
    CHECK_EQUAL(front->notices.size, 0);
    check_byte(fixture, NOTHING);

    (void) end_script(0); /* all threads are daemons */
    update(front, "{'id':1,'name':'d','daemon':true,'state':'running'}");
    barrier_pass(front);
    check_written(&front->notices,
                  "k3thread: run: the script started only daemons, which end with it; use "
                  "\"start\" for a thread that run is to wait for\n");
    check_end(front, -1, true, false);

    fixture = end_script(3 << 8);
    update(front, "{'id':1,'name':'d','daemon':true,'state':'running'}");
    barrier_pass(front);
    CHECK_EQUAL(front->notices.size, 0);
    check_end(front, 3, true, true);
    check_requests(fixture->pair, REQUEST(1, "shutdown", "'now':true"));

    fixture = end_script(SIGTERM);
    barrier_pass(front);
    check_end(front, STATUS_SIGNAL_BASE + SIGTERM, true, true);

    fixture = end_script(SIGKILL); /* this process has killed it */
    front->script_killed = true;
    barrier_pass(front);
    CHECK(front->script_done);
    check_end(front, -1, false, false);
    check_requests(fixture->pair, "");

    (void) end_script(3 << 8); /* the supervisor has gone first */
    client_close(&front->client);
    barrier_pass(front);
    check_end(front, -1, false, false);
    CHECK_EQUAL(front->script_failure, 3);

    (void) end_script(3 << 8); /* the same, but that was acted upon already */
    client_close(&front->client);
    front->supervisor = 0;
    barrier_pass(front);
    check_end(front, 3, true, true);

    (void) end_script(3 << 8); /* the same, but the supervisor was asked to end */
    client_close(&front->client);
    front->ending = true;
    barrier_pass(front);
    check_end(front, 3, true, true);
}

TEST_MAIN({"status", the_first_status_counts}, {"end", a_run_ends_as_it_is_asked_to},
          {"unasked", a_run_ends_if_its_supervisor_cannot_be_asked},
          {"reader", a_run_ends_with_its_reader}, {"signals", signals_end_a_run},
          {"barrier", a_script_waits_for_its_output},
          {"script", the_end_of_the_script_ends_the_run})
