/* Tests the beginning and the end of a run on another machine (cli/worker/remote_run.h, remote.h, remote_params.h). */
#include "tests/parts/worker/far.h"

#include "cli/worker/remote.h"

#include <sys/un.h>

static void begin_line(const char *words)
{
    CHECK(words == NULL && send(agent, "{", 1, 0) == 1);
}

static void end_line(const char *words)
{
    CHECK(words == NULL);
    say("'method':'unknown'}");
}

static void a_command_runs_and_the_connection_is_kept(void)
{
    struct idle_remote idle;

    begin();
    connect_agent();
    CHECK(run(
        STEPS({expect, EXECUTE}, {expect_polls, "i--"}, {say_running, NULL}, {expect_polls, "i--"},
              {say, "{'method':'output','params':{'data':'ab\\n'}}"},
              {say, "{'method':'output','params':{'data':7}}"}, {begin_line, NULL},
              {end_line, NULL}, {say, "{'method':'unknown'}"}, {say, "{'id':99,'result':null}"},
              {say, "{'method':'output','params':{'data':{'base64':'Yw=='}}}"}, {say_end, NULL})));
    check_file("ab\nc");
    check_log(" look look begin running look look look look look look look look look close");
    CHECK(worker.report->exit_code == 6 && worker.report->far_id == 5 && !worker.lost);
    CHECK(worker.report->runs == 1 && worker.report->ready && waits_for_loss == 0 && wakes == 0);
    CHECK(isinf(worker.ready_deadline));
    CHECK(run(
        STEPS({expect, "2,\"method\":\"execute\",\"params\":{\"id\":7,\"name\":\"web\","
                       "\"host\":\"far\",\"slot\":3,\"start\":{\"command\":[\"make\",\"all\"],"
                       "\"environment\":true,\"directory\":\"/dir\",\"umask\":18,\"timeout\":2.0,"
                       "\"grace\":3.0,\"stop_signal\":\"SIGTERM\"}}}\n"},
              {say_running, NULL}, {say_end, "2"})));
    CHECK(remote_pool_take(seat.pool, &idle));
    CHECK(idle.last_id == 2 && idle.environment == environment);
    remote_pool_leave(seat.pool, &idle);
    end();
}

static int listener = -1;

static void accept_agent(const char *words)
{
    CHECK(words == NULL && (fcntl(polled[WAITING_OWN].fd, F_GETFL) & O_NONBLOCK) != 0);
    agent = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    CHECK(agent >= 0);
}

static void the_first_worker_connects(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "agent"};

    begin();
    seat.socket = (char *) "agent";
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *) &address, sizeof(address)) == 0 &&
          listen(listener, 1) == 0);
    errno = EIO; /* of an earlier call */
    CHECK(
        run(STEPS({accept_agent, NULL}, {expect, EXECUTE}, {say_running, NULL}, {say_end, NULL})));
    CHECK(!worker.lost && worker.report->exit_code == 6);
    close(listener);
    end();
}

static void check_closed(const struct remote *remote)
{
    CHECK(remote->fd == -1 && remote->environment == NULL && remote_poll(remote).fd == -1);
    CHECK(byte_queue_size(&remote->unsent) == 0 && line_buffer_left(&remote->received) == 0);
}

/* A connection is left to the next worker if nothing is under way. */
static void a_connection_under_way_is_closed(void)
{
    int before;

    begin();
    for (int i = 0; i < 4; i++) {
        struct remote remote = {.fd = -1};
        struct text   params = {0};
        bool          bad;

        before = test_count_open();
        connect_agent();
        CHECK_EQUAL(remote_open(&remote, &seat), 0);
        CHECK(remote.environment == NULL && remote.last_id == 0);
        remote.environment = environment_ref(environment);
        CHECK(remote_poll(&remote).events == POLLIN);
        if (i == 1)
            byte_queue_add(&remote.unsent, "x", 1);
        if (i == 2)
            CHECK_EQUAL(remote_request(&remote, "x", &params), 1);
        if (i == 3)
            CHECK(send(agent, "x", 1, 0) == 1 && remote_move(&remote) == 0 &&
                  remote_next(&remote, &bad) == NULL);
        CHECK(remote_poll(&remote).events == (i == 1 || i == 2 ? POLLIN | POLLOUT : POLLIN));
        remote_leave(&remote, &seat);
        check_closed(&remote);
        CHECK(is_kept() == (i == 0));
        CHECK_EQUAL(test_count_open(), before + (i == 0 ? 2 : 1));
        end();
        CHECK_EQUAL(test_count_open(), before);
    }
}

/* An environment goes with the connection to the next worker. */
static void a_connection_keeps_its_environment(void)
{
    static const char *const names[] = {"C=1", NULL}, *const others[][2] = {{"D=2", NULL},
                                                                            {"E=3", NULL}};
    const struct limits limits = {0};
    struct remote       remote = {.fd = -1};
    struct environment *other[2];

    begin();
    connect_agent();
    CHECK_EQUAL(remote_open(&remote, &seat), 0);
    remote.environment = environment_new((char *const *) names, &limits);
    remote_leave(&remote, &seat);
    for (int i = 0; i < 2; i++) /* the second is where a released one was */
        other[i] = environment_new((char *const *) others[i], &limits);
    CHECK_EQUAL(remote_open(&remote, &seat), 0);
    CHECK(remote.environment != other[0] && remote.environment != other[1]);
    CHECK_TEXT(environment_value(remote.environment, "C"), "1");
    for (int i = 0; i < 2; i++)
        environment_unref(other[i]);
    remote_close(&remote);
    end();
}

static bool is_run_too_large, is_list_too_large; /* the state of a run, or the list of variables */

char **__wrap_environment_strings(const struct environment *of);
char **__real_environment_strings(const struct environment *of);
char **__wrap_environment_strings(const struct environment *of)
{
    return is_list_too_large ? NULL : __real_environment_strings(of);
}

void *__wrap_calloc(size_t number, size_t size);
void *__real_calloc(size_t number, size_t size);
void *__wrap_calloc(size_t number, size_t size)
{
    return is_run_too_large && number == 1 ? NULL : __real_calloc(number, size);
}

/* The ends of a run that are no end of the command */

static void lost(const char *message, bool is_told)
{
    struct report     *report = worker.report;
    struct idle_remote idle;

    CHECK(worker.lost && report->lost == 1 && report->exit_code == STATUS_INTERNAL);
    CHECK(report->exception == &k3thread_ConnectionError && report->signal == 0);
    if (strcmp(report->message, message) != 0)
        fprintf(stderr, "message: %s\n", report->message);
    CHECK_TEXT(report->message, message);
    CHECK_EQUAL(pauses, is_told ? reason_after : 100);
    CHECK(!remote_pool_take(seat.pool, &idle));
    end();
}

static void check_refused(const char *reply, const char *message)
{
    begin();
    connect_agent();
    CHECK(!run(STEPS({say, reply})));
    CHECK(worker.report->error == EPROTO && !worker.lost && wakes == 0);
    CHECK_TEXT(worker.report->message, message);
    check_log(" undo close");
    end();
}

static void the_agent_refuses_a_command(void)
{
    struct idle_remote idle;

    check_refused("{'id':1,'error':{'message':'no such directory'}}",
                  "host 'far': no such directory");
    check_refused("{'id':1,'error':{'code':3}}", "host 'far': no reason was given");
    begin();
    connect_agent();
    CHECK(!run(STEPS({say, "{'id':1,'error':{'message':'no'}}"})));
    CHECK(!remote_pool_take(seat.pool, &idle)); /* more may come about a command that did not run */
    end();
}

/* The agent ends before it has read the request. */
static void cut_unread(const char *words)
{
    CHECK(words == NULL);
    close(agent);
    agent = -1;
}

static void a_lost_machine_ends_the_run(void)
{
    begin();
    connect_agent();
    worker.report->signal = 9; /* of the last run */
    CHECK(run(STEPS({say_running, "44"}, {cut, NULL})));
    lost("host 'far' is lost: the connection was cut", false);
    check_log(" begin running look close");
    begin();
    connect_agent();
    CHECK(!run(STEPS({cut_unread, NULL})));
    lost("host 'far' is lost: the connection was cut", false);
    check_log(" undo close");
    begin();
    connect_agent();
    reason_after = 3;
    CHECK(!run(STEPS({cut, NULL})));
    lost("host 'far' is lost: its allocation has ended", true);
    check_log(" undo close");
    begin();
    CHECK(!run(STEPS({NULL, NULL}))); /* it cannot be reached */
    lost("host 'far' is lost: No such file or directory", false);
    begin();
    connect_agent();
    is_list_too_large = true;
    CHECK(!run(STEPS({NULL, NULL}))); /* nothing is sent in part */
    is_list_too_large = false;
    lost("host 'far' is lost: Cannot allocate memory", false);
    begin();
    connect_agent();
    CHECK(run(STEPS({say_running, NULL}, {raise_type, "ValueError"}, {cut, NULL})));
    CHECK(worker.lost && worker.report->lost == 1);
    CHECK(worker.report->exception == &k3thread_ValueError); /* the thread was ending anyway */
    CHECK_TEXT(worker.report->message, "now");
    CHECK(worker.report->exit_code == 0);
    end();
}

static void check_protocol(const char *line)
{
    begin();
    connect_agent();
    CHECK(!run(STEPS({say, line})));
    lost("host 'far' is lost: its agent does not keep to the protocol", false);
}

static void say_long(const char *words)
{
    static char part[64 * 1024];

    memset(part, 'x', sizeof(part));
    CHECK(words == NULL && send(agent, part, sizeof(part), MSG_DONTWAIT) == sizeof(part));
}

static void an_agent_that_breaks_the_protocol_is_left(void)
{
    struct step longest[19] = {{NULL, NULL}};

    check_protocol("no JSON");
    check_protocol("[]");
    check_protocol("{'id':1,'id':1}");
    check_protocol("{'method':'report','params':{'thread':5,'report':7}}");
    check_protocol("{'id':1,'result':7}");
    begin();
    connect_agent();
    for (size_t i = 0; i < 18; i++) /* a MiB is no error, and what comes with it */
        longest[i].act = say_long;
    CHECK(!run(longest));
    lost("host 'far' is lost: Message too long", false);
}

/* Returns true if the worker waits whether the machine is lost, when the command was ended by SIGNAL. */
static bool waits(const struct step *the_steps)
{
    struct idle_remote idle;
    bool               kept;

    begin();
    connect_agent();
    CHECK(run(the_steps));
    CHECK(!worker.lost && worker.report->signal > 0);
    kept = remote_pool_take(seat.pool, &idle);
    CHECK(kept);
    remote_pool_leave(seat.pool, &idle);
    end();
    return waits_for_loss == 1;
}

static void say_killed_and_cut(const char *words)
{
    say_killed(words);
    cut(NULL);
}

static void say_killed_and_more(const char *words)
{
    say_killed(words);
    say_long(NULL); /* so much that the worker cannot have read it all */
}

static void a_command_may_be_killed_before_its_machine_is_lost(void)
{
    CHECK(waits(STEPS({say_running, NULL}, {say_killed, "9"})));
    CHECK(waits(STEPS({say_running, NULL}, {say_killed, "15"})));
    CHECK(waits(STEPS({say_running, NULL}, {say_killed, "1"})));
    CHECK(!waits(STEPS({say_running, NULL}, {say_killed, "2"})));
    CHECK(!waits(STEPS({say_running, NULL}, {raise_type, "SIGTERM"}, {say_killed, "15"})));
    CHECK(!waits(STEPS({say_running, NULL}, {raise_arrived, "ValueError"}, {say_killed, "15"})));
    begin();
    connect_agent();
    reason_after = 2;
    CHECK(run(STEPS({say_running, NULL}, {say_killed_and_cut, "9"})));
    lost("host 'far' is lost: its allocation has ended", true);
    begin();
    connect_agent();
    CHECK(run(STEPS({say_running, NULL}, {say_killed_and_more, "9"})));
    CHECK(!worker.lost && worker.report->signal == 9);
    end();
}

/* Failures on this side */

static void check_failure(const char *wanted)
{
    CHECK(!run(STEPS({NULL, NULL})));
    CHECK(worker.report->error > 0 && !worker.lost && worker.slot == SLOT_NUMBER_NONE);
    check_log(wanted);
}

static void a_run_that_cannot_be_prepared_is_not_begun(void)
{
    begin();
    is_run_too_large = true;
    CHECK(!run(STEPS({NULL, NULL})));
    is_run_too_large = false;
    CHECK(worker.report->error == ENOMEM && !worker.lost);
    end();
    begin();
    extras_error = -ENOMEM;
    job.ready = (char *) "line:up";
    check_failure(" line:up isolate undo close");
    CHECK_EQUAL(worker.report->error, ENOMEM);
    begin();
    slot_error = -EAGAIN;
    job.ready = (char *) "tcp:1";
    check_failure(" isolate undo close");
    CHECK_EQUAL(worker.report->error, EAGAIN);
    begin();
    job.input = (char *) "missing";
    check_failure(" input undo close");
    CHECK_EQUAL(worker.report->error, ENOENT);
    begin();
    job.input_open = true;
    check_failure(" input undo close");
    begin();
    job.output = (char *) "missing/out";
    job.has_own_log = false;
    check_failure(" output undo close");
    CHECK_EQUAL(worker.report->error, ENOENT);
    begin();
    worker.report->loaded = worker.report->ready_overdue = worker.lost = true;
    slot_error = -EAGAIN;
    job.daemon = true; /* it takes no slot */
    connect_agent();
    CHECK(run(STEPS({say_running, NULL}, {say_end, NULL})));
    CHECK(!worker.report->loaded && !worker.report->ready_overdue && !worker.lost);
    end();
}

/* A start with all that an agent is told. */
static void an_agent_is_told_all_of_a_start(void)
{
    struct log_limit limit;

    begin();
    connect_agent();
    job.call = job.daemon = true;
    job.ready = (char *) "tcp:1";
    job.ready_timeout = 4;
    job.timeout = -1;
    job.umask = 077;
    job.stop_signal = 37; /* of which another C library may have another number */
    job.log_limit = 1000;
    worker.log_limit = &limit;
    CHECK(run(STEPS(
        {expect, "1,\"method\":\"execute\",\"params\":{\"id\":7,\"name\":\"web\",\"host\":\"far\","
                 "\"start\":{\"command\":[\"make\",\"all\"],\"environment\":[\"A=1\"],"
                 "\"directory\":\"/dir\",\"umask\":63,\"grace\":3.0,"
                 "\"stop_signal\":\"SIGRTMIN+3\",\"call\":true,\"ready\":\"tcp:1\","
                 "\"ready_timeout\":4.0}}}\n"},
        {say_running, NULL}, {say_end, NULL})));
    end();
    begin();
    connect_agent();
    job.ready = (char *) "line:up"; /* the worker itself looks at the output */
    worker.ready = (struct ready *) &limit;
    CHECK(run(STEPS({expect, EXECUTE}, {say_running, NULL}, {say_end, NULL})));
    end();
}

TEST_MAIN({"run", a_command_runs_and_the_connection_is_kept},
          {"leave", a_connection_under_way_is_closed},
          {"environment", a_connection_keeps_its_environment},
          {"connect", the_first_worker_connects}, {"refused", the_agent_refuses_a_command},
          {"lost", a_lost_machine_ends_the_run},
          {"protocol", an_agent_that_breaks_the_protocol_is_left},
          {"killed", a_command_may_be_killed_before_its_machine_is_lost},
          {"unprepared", a_run_that_cannot_be_prepared_is_not_begun},
          {"start", an_agent_is_told_all_of_a_start})
