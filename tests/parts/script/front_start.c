/* Tests the start of a run's children, and what it does if one does not start (cli/script/front_children.h). */
#include "tests/parts/script/front_fixture.h"

#include "cli/base/descriptors.h"
#include "cli/base/directory.h"
#include "cli/base/file_limit.h"
#include "cli/client/launch.h"
#include "cli/script/front_children.h"
#include "cli/script/run_hosts.h"

static struct {
    struct fixture   *fixture;
    struct text       steps;
    const char       *fails;      /* the step that fails */
    int               interrupts; /* how many waits are interrupted */
    struct launch_own own;
    int               lifeline; /* a copy of the supervisor's end */
    unsigned          flags;    /* of the script */
} played;

int   __wrap_signals_take(struct signals *signals);
int   __real_pipe2(int ends[2], int flags);
int   __wrap_pipe2(int ends[2], int flags);
int   __wrap_launch_own(const struct place *place, const struct launch_own *own, pid_t *ret_pid,
                        struct text *why);
int   __wrap_client_open(struct client *client, const struct place *place, unsigned flags);
int   __wrap_run_hosts_start(const struct run_hosts *hosts, const struct place *place,
                             struct client *client, pid_t *ret_carrier);
int   __wrap_script_start(const struct script *script, const struct place *place,
                          const sigset_t *mask, unsigned flags, pid_t *ret_pid, int *ret_sync);
void  __wrap_file_limit_raise(void);
pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);

/* Notes STEP. Returns true if it shall fail. */
static bool fails(const char *step)
{
    text_printf(&played.steps, "%s ", step);
    return played.fails != NULL && strcmp(played.fails, step) == 0;
}

int __wrap_signals_take(struct signals *signals)
{
    CHECK(signals == &played.fixture->front.signals);
    return fails("signals") ? -EINVAL : 0;
}

int __wrap_pipe2(int ends[2], int flags)
{
    errno = EMFILE;
    return fails("pipe") ? -1 : __real_pipe2(ends, flags);
}

int __wrap_launch_own(const struct place *place, const struct launch_own *own, pid_t *ret_pid,
                      struct text *why)
{
    CHECK(place == &played.fixture->pair->place);
    played.own = *own;
    played.lifeline = dup(own->lifeline);
    if (fails("launch")) {
        text_add(why, "no room");
        return -EAGAIN;
    }
    *ret_pid = 4711;
    return 0;
}

int __wrap_client_open(struct client *client, const struct place *place, unsigned flags)
{
    CHECK(client == &played.fixture->front.client && place == &played.fixture->pair->place &&
          flags == 0);
    if (fails("open"))
        return -ECONNREFUSED;
    *client = played.fixture->pair->client;
    client->notify = NULL;
    client->notify_context = NULL;
    return 0;
}

int __wrap_run_hosts_start(const struct run_hosts *hosts, const struct place *place,
                           struct client *client, pid_t *ret_carrier)
{
    CHECK(hosts == played.fixture->options.hosts && place == &played.fixture->pair->place);
    CHECK(client == &played.fixture->front.client);
    *ret_carrier = 4712;
    return fails("hosts") ? -EIO : 0;
}

int __wrap_script_start(const struct script *script, const struct place *place,
                        const sigset_t *mask, unsigned flags, pid_t *ret_pid, int *ret_sync)
{
    struct front *front = &played.fixture->front;

    CHECK_TEXT(script->name, "script");
    CHECK(place == front->place && mask == &front->signals.before);
    CHECK(ret_pid == &front->script && ret_sync == &front->sync);
    played.flags = flags;
    return fails("script") ? -ENOMEM : 0;
}

void __wrap_file_limit_raise(void)
{
    (void) fails("limit");
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    if (played.interrupts < 0)
        return __real_waitpid(pid, status, options);
    text_printf(&played.steps, "wait%d/%d ", (int) pid, options);
    errno = played.interrupts > 0 ? EINTR : ECHILD;
    CHECK(played.interrupts-- >= 0);
    return -1;
}

static char directory[] = "/tmp/front_start.XXXXXX";

static struct front *begin_start(void)
{
    struct front *front;

    memset(&played, 0, sizeof(played));
    played.interrupts = -1;
    played.fixture = begin();
    front = &played.fixture->front;
    descriptors_close(&front->lifeline);
    front->client = (struct client){0};
    front->supervisor = 0;
    free(front->output.logs);
    front->output.logs = NULL;
    played.fixture->options.own_place = true;
    result_files_init(&played.fixture->options.results);
    return front;
}

/* Lets the supervisor reply to the request for events. */
static void answer_watch(void)
{
    char reply[128];

    (void) snprintf(reply, sizeof(reply), "{'id':1,'result':{'logs':'%s'}}\n", directory);
    answer(played.fixture->pair, reply);
}

/* Starts the children, and checks the result and the steps. */
static void check_start(int error, const char *steps)
{
    const struct script script = {.name = "script"};

    CHECK_EQUAL(front_start_children(&played.fixture->front, &script), error);
    check_written(&played.steps, steps);
}

static void begin_directory(void)
{
    CHECK(mkdtemp(directory) != NULL);
}

#define ALL_MEMBERS                                                                                \
    ",'members':['id','name','daemon','state','after','started','ended','exit_code','signal','"    \
    "exception','message',"                                                                        \
    "'runs','seconds','waits_for','unended','left','host']"

/* Starts all, and checks the request for events. */
static void check_watch(const char *events, const char *members)
{
    char request[512];

    answer_watch();
    check_start(0, "signals pipe launch open script limit ");
    (void) snprintf(request, sizeof(request),
                    REQUEST(1, "watch", "'events':['created','restarted','ended'%s]%s"), events,
                    members);
    check_requests(played.fixture->pair, request);
}

static void the_children_are_started_in_order(void)
{
    struct run_hosts hosts = {0};
    struct front    *front;
    char             byte = 'x';

    begin_directory();
    front = begin_start();
    played.fixture->options.slots = 3;
    check_watch("", ALL_MEMBERS);
    CHECK_EQUAL(front->supervisor, 4711);
    CHECK(played.own.slots == 3 && !played.own.jobserver && played.own.private_place);
    CHECK(played.own.commands_socket == NULL);
    CHECK_TEXT(front->output.logs, directory);

    /* The supervisor has the end that is read, and only it has that. */
    CHECK(fcntl(played.own.lifeline, F_GETFD) < 0);
    CHECK(write(front->lifeline, &byte, 1) == 1 && read(played.lifeline, &byte, 1) == 1);
    close(front->lifeline);
    CHECK_EQUAL(read(played.lifeline, &byte, 1), 0);

    /* Events are taken from now on. */
    answer(played.fixture->pair, "{'method':'event','params':{'event':'created','thread':{'id':2,'"
                                 "name':'t','state':'running'}}}\n");
    front_handle_client(front);
    CHECK(run_threads_find(&front->output.threads, 2) != NULL);

    (void) begin_start();
    played.fixture->options.jobserver = true;
    played.fixture->options.own_place = false;
    played.fixture->options.hosts = &hosts;
    answer_watch();
    check_start(0, "signals pipe launch open hosts script limit ");
    CHECK(played.own.slots == 0 && played.own.jobserver && !played.own.private_place);
    CHECK_EQUAL(played.fixture->front.carrier, 4712);
    directory_remove(directory);
}

static void events_are_asked_for_as_they_are_needed(void)
{
    begin_directory();
    begin_start()->not_ready.is_seen = true;
    check_watch(",'started'", ALL_MEMBERS);
    begin_start()->progress.is_wanted = true;
    check_watch(",'started'", ALL_MEMBERS);
    begin_start()->course.is_wanted = true;
    check_watch(",'started','ready','raised','changed'", ALL_MEMBERS);
    (void) begin_start();
    played.fixture->options.results.list[RESULT_JUNIT].path = "file";
    check_watch("", "");
    directory_remove(directory);
}

static void a_script_is_paced_if_its_threads_may_be_forgotten(void)
{
    static const struct {
        bool     own_place, has_line;
        bool     has_result, keeps_logs;
        unsigned flags;
    } runs[] = {
        {true, false, false, false, SCRIPT_IS_PACED},
        {false, false, false, false, 0},
        {true, false, true, false, 0},
        {true, false, false, true, 0},
        {false, false, true, true, 0},
        {true, true, true, false, SCRIPT_HAS_LINE},
        {true, true, false, false, SCRIPT_HAS_LINE | SCRIPT_IS_PACED},
    };

    begin_directory();
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        begin_start()->progress.is_wanted = runs[i].has_line;
        played.fixture->options.own_place = runs[i].own_place;
        if (runs[i].has_result)
            played.fixture->options.results.list[RESULT_JSON].path = "file";
        played.fixture->options.kept.directory = runs[i].keeps_logs ? "logs" : NULL;
        answer_watch();
        check_start(0, "signals pipe launch open script limit ");
        CHECK_EQUAL(played.flags, runs[i].flags);
    }
    directory_remove(directory);
}

static void a_child_that_does_not_start_is_the_last(void)
{
    static const struct {
        const char *fails;
        int         error;
        const char *steps;
    } starts[] = {
        {"signals", -EINVAL, "signals "},
        {"pipe", -EMFILE, "signals pipe "},
        {"launch", -EAGAIN, "signals pipe launch "},
        {"open", -ECONNREFUSED, "signals pipe launch open "},
        {"hosts", -EIO, "signals pipe launch open hosts "},
        {"script", -ENOMEM, "signals pipe launch open hosts script "},
    };
    struct run_hosts hosts = {0};

    begin_directory();
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        (void) begin_start();
        played.fixture->options.hosts = &hosts;
        played.fails = starts[i].fails;
        answer_watch();
        check_start(starts[i].error, starts[i].steps);
    }
    (void) begin_start(); /* the supervisor refuses to tell events, or where its logs are */
    played.fixture->options.hosts = &hosts;
    answer(played.fixture->pair, "{'id':1,'error':{'code':-32602,'message':'no'}}\n");
    check_start(-EREMOTEIO, "signals pipe launch open ");
    (void) begin_start();
    played.fixture->options.hosts = &hosts;
    answer(played.fixture->pair, "{'id':1,'result':{}}\n");
    check_start(-EINVAL, "signals pipe launch open ");
    directory_remove(directory);
}

/* Lets a start fail whose supervisor has the process id PID, and checks the waits for it. */
static void check_wait(pid_t pid, int interrupts, const char *waits)
{
    begin_start()->supervisor = pid;
    played.interrupts = interrupts;
    said_begin();
    CHECK_EQUAL(front_fail_to_start(&played.fixture->front, -EMFILE), STATUS_INTERNAL);
    said_check("k3thread: run: cannot begin: Too many open files\n");
    check_written(&played.steps, waits);
}

static void a_supervisor_is_waited_for_if_there_is_one(void)
{
    check_wait(0, 0, "");
    check_wait(4711, 0, "wait4711/0 ");
    check_wait(4711, 2, "wait4711/0 wait4711/0 wait4711/0 ");
}

TEST_MAIN({"started", the_children_are_started_in_order},
          {"events", events_are_asked_for_as_they_are_needed},
          {"paced", a_script_is_paced_if_its_threads_may_be_forgotten},
          {"last", a_child_that_does_not_start_is_the_last},
          {"waited", a_supervisor_is_waited_for_if_there_is_one})
