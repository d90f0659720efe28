/* Tests the commands that an agent runs for a run: their output, the reports on them, and what is left of them. */
#include "tests/parts/written.h"

#include "cli/base/loop.h"
#include "cli/server/attachment.h"
#include "cli/server/call.h"
#include "cli/server/execution.h"
#include "cli/server/output_notice.h"
#include "cli/server/peer.h"
#include "cli/server/store.h"
#include "cli/server/threads.h"
#include "cli/server/threads_raise.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/report_json.h"

#include <sys/epoll.h>
#include <sys/resource.h>

static struct peer   peer;
static struct record thread;
static struct call   call = {.peer = &peer};
static struct text   calls;
static size_t        unread, output; /* what the client has not read, and what was sent to it */
static size_t        pieces, largest;
static bool          lacks_memory, writes_on, has_ended;
static int           begin_error, writer = -1; /* the command's output */

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (calls.size > 0)
        text_byte(&calls, ' ', 1);
    text_vprintf(&calls, format, arguments);
    va_end(arguments);
}

#define CHECK_CALLS(wanted) check_written(&calls, wanted)

/* --- what execution.c calls --- */

struct record *store_add(struct job *job, const char *logs)
{
    CHECK_TEXT(logs, "/logs");
    if (lacks_memory)
        return NULL;
    free(thread.job.output); /* of the thread before */
    thread =
        (struct record){.id = 7, .job = *job, .now.state = has_ended ? STATE_ENDED : STATE_RUNNING};
    writer = open(job->output, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    CHECK(writer >= 0);
    *job = (struct job){0}; /* it is the record's */
    return &thread;
}

const char *logs_directory(void)
{
    return "/logs";
}

int threads_begin(struct record *record)
{
    CHECK(record == &thread);
    note("begin");
    return begin_error;
}

int threads_raise(struct record *record, const k3thread_exctype *type, const char *message)
{
    CHECK(record == &thread && message == NULL);
    note("%s", type->name);
    return 0;
}

void store_joined(struct record *record)
{
    CHECK(record == &thread);
    note("joined");
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

struct usage record_usage(const struct record *record)
{
    CHECK(record == &thread);
    return (struct usage){.memory = 5};
}

void report_write(struct text *text, const struct report *report, const struct usage *usage)
{
    CHECK(report == &thread.now);
    text_printf(text, "{\"memory\":%d}", (int) usage->memory);
}

pid_t attachment_pid(const struct attachment *attachment)
{
    CHECK(attachment != NULL);
    return 70;
}

void mailbox_notify(struct mail *mail)
{
    CHECK(mail == &thread.assignment.mail);
    note("notify");
}

void connection_send(struct connection *connection, const struct text *line)
{
    CHECK(connection == &peer.connection && !line->failed);
    note("%.*s", (int) line->size, line->data);
}

size_t connection_unread(const struct connection *connection)
{
    CHECK(connection == &peer.connection);
    return unread;
}

static char piece[32 * 1024];

void output_notice_send(struct connection *connection, const char *data, size_t size)
{
    CHECK(connection == &peer.connection && data[0] == 'x' && data[size - 1] == 'x');
    output += size;
    pieces++;
    largest = size > largest ? size : largest;
    if (writes_on)
        CHECK_EQUAL(write(writer, piece, sizeof(piece)), sizeof(piece));
}

static void (*woken)(struct call *call, struct record *record);

void call_wait(struct call *waiting, struct call_list *list, double seconds,
               void (*wake)(struct call *call, struct record *record))
{
    CHECK(waiting == &call && list == &thread.calls && seconds < 0);
    note("wait");
    woken = wake;
}

static void end_call(void)
{
    if (call.release != NULL)
        call.release(call.state);
    call.release = NULL;
}

void call_reply_written(struct call *answered, struct text *result)
{
    CHECK(answered == &call && !result->failed);
    note("reply:%.*s", (int) result->size, result->data);
    text_release(result);
    end_call();
}

bool call_fail(struct call *failed, enum protocol_error code, const char *format, ...)
{
    va_list arguments;

    CHECK(failed == &call && code == PROTOCOL_OS_ERROR);
    va_start(arguments, format);
    CHECK_TEXT(format, "cannot start a thread: %s");
    note("failed:%s", va_arg(arguments, const char *));
    va_end(arguments);
    end_call();
    return false;
}

/* --- the tests' own steps; the linker replaces these functions: see the Makefile --- */

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);
int     __real_epoll_ctl(int fd, int operation, int other, struct epoll_event *event);
int     __wrap_epoll_ctl(int fd, int operation, int other, struct epoll_event *event);

static int  reads, controls;
static bool watches_nothing, has_no_name;

ssize_t __wrap_read(int fd, void *data, size_t size)
{
    reads++;
    return __real_read(fd, data, size);
}

int __wrap_epoll_ctl(int fd, int operation, int other, struct epoll_event *event)
{
    controls++;
    errno = ENOSPC;
    return watches_nothing ? -1 : __real_epoll_ctl(fd, operation, other, event);
}

/* The C library calls the other function if the compiler checks the arguments. */
int __wrap_asprintf(char **ret, const char *format, ...);
int __wrap_asprintf(char **ret, const char *format, ...)
{
    va_list arguments;
    int     size;

    va_start(arguments, format);
    size = vasprintf(ret, format, arguments);
    va_end(arguments);
    if (!has_no_name)
        return size;
    free(*ret);
    *ret = piece; /* after a failure it is undefined */
    return -1;
}

int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...);
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
    va_list arguments;
    int     size;

    (void) flag;
    va_start(arguments, format);
    size = vasprintf(ret, format, arguments);
    va_end(arguments);
    if (!has_no_name)
        return size;
    free(*ret);
    *ret = piece;
    return -1;
}

static bool stop;

static double stop_now(void)
{
    stop = true;
    return 0;
}

/* Runs one round of the loop. */
static void turn(void)
{
    stop = false;
    CHECK_EQUAL(loop_run(&stop, stop_now, NULL), 0);
}

/* Begins a command. */
static void begin(void)
{
    static bool         is_open;
    struct start_params params = {0};

    if (!is_open)
        CHECK_EQUAL(loop_open(), 0);
    is_open = true;
    memset(piece, 'x', sizeof(piece));
    execution_begin(&call, &params);
    CHECK(params.job.output != piece);
    free(params.job.output);
}

/* Lets the command write SIZE bytes. */
static void write_output(size_t size)
{
    for (size_t sum = 0; sum < size;) {
        size_t  part = size - sum < sizeof(piece) ? size - sum : sizeof(piece);
        ssize_t n = write(writer, piece, part);

        CHECK_EQUAL(n, part);
        sum += part;
    }
}

/* Checks that SIZE bytes of output were sent since the last check, in NUMBER pieces. */
static void check_output(size_t size, size_t number)
{
    CHECK_EQUAL(output, size);
    CHECK_EQUAL(pieces, number);
    output = pieces = 0;
}

#define REPORT "{\"jsonrpc\":\"2.0\",\"method\":\"report\",\"params\":{\"thread\":7"

static void reports_and_output_go_to_the_run(void)
{
    int before;

    begin();
    end_call();
    close(writer);
    text_release(&calls);
    before = test_count_open();
    begin();
    CHECK_CALLS("begin notify wait");
    CHECK_EQUAL(peer.started, 7);
    woken(&call, &thread);
    CHECK_CALLS(REPORT ",\"report\":{\"memory\":5}}} wait");
    thread.attachment = (struct attachment *) (void *) &peer;
    woken(&call, &thread);
    CHECK_CALLS(REPORT ",\"attached\":70,\"report\":{\"memory\":5}}} wait");
    turn();
    check_output(0, 0);
    write_output(1);
    reads = 0;
    turn();
    check_output(1, 1);
    CHECK_EQUAL(reads, 2); /* the second shows that there is no more */
    write_output(20);
    thread.now.state = STATE_ENDED;
    woken(&call, &thread);
    CHECK_CALLS("reply:{\"memory\":5} joined"); /* and nobody kills it */
    check_output(20, 1);
    close(writer);
    CHECK_EQUAL(test_count_open(), before);
}

static void a_command_that_has_ended_at_once_is_reported(void)
{
    has_ended = true;
    begin();
    CHECK_CALLS("begin notify reply:{\"memory\":5} joined");
}

static void a_command_without_its_run_is_killed(void)
{
    begin();
    text_release(&calls);
    end_call();
    CHECK_CALLS("SIGKILL");
}

static void a_command_that_cannot_begin_fails(void)
{
    struct rlimit limit;
    int           fd, before;

    begin();
    end_call();
    close(writer);
    text_release(&calls);
    before = test_count_open();
    lacks_memory = true;
    begin();
    CHECK_CALLS("failed:Cannot allocate memory");
    lacks_memory = false;
    begin_error = -EAGAIN;
    begin();
    CHECK_CALLS("begin failed:Resource temporarily unavailable");
    close(writer);
    CHECK_EQUAL(test_count_open(), before);
    has_no_name = true;
    begin();
    CHECK_CALLS("failed:Cannot allocate memory");
    has_no_name = false;
    CHECK_EQUAL(test_count_open(), before);
    watches_nothing = true;
    begin();
    CHECK_CALLS("failed:No space left on device");
    CHECK_EQUAL(test_count_open(), before);
    watches_nothing = false;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    fd = dup(STDIN_FILENO);
    close(fd);
    limit.rlim_cur = (rlim_t) fd + 1; /* one is not enough */
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    begin();
    CHECK_CALLS("failed:Too many open files");
}

static void one_command_does_not_hold_up_the_others(void)
{
    begin();
    CHECK(fcntl(writer, F_SETPIPE_SZ, 1 << 20) == 1 << 20);
    write_output(9 * sizeof(piece));
    turn();
    check_output(8 * sizeof(piece), 8);
    unread = 512 * 1024; /* no more than a client may leave unread */
    write_output(8 * sizeof(piece));
    turn();
    check_output(8 * sizeof(piece), 8);
    turn();
    check_output(sizeof(piece), 1);
    CHECK_EQUAL(largest, sizeof(piece));
}

static void a_reader_that_falls_behind_gets_no_more_until_it_has_read(void)
{
    begin();
    unread = 512 * 1024;
    write_output(10);
    turn();
    check_output(10, 1);
    unread++;
    write_output(10);
    turn();
    check_output(0, 0);
    unread = 0;
    turn();
    check_output(0, 0); /* nobody has told of it yet */
    unread = 256 * 1024 + 1;
    executions_advance();
    turn();
    check_output(0, 0);
    unread--;
    executions_advance();
    turn();
    check_output(10, 1);
    executions_advance();
    unread = 512 * 1024 + 1;
    write_output(10);
    turn();
    end_call(); /* while it is paused */
    unread = 0;
    controls = 0;
    executions_advance();
    CHECK_EQUAL(controls, 0); /* nothing is left of it */
    close(writer);
    begin();
    write_output(10);
    turn();
    check_output(10, 1);
}

static void a_process_that_writes_on_does_not_hold_up_the_reply(void)
{
    begin();
    text_release(&calls);
    CHECK(fcntl(writer, F_SETPIPE_SZ, 1 << 20) == 1 << 20);
    write_output(sizeof(piece));
    writes_on = true;
    thread.now.state = STATE_ENDED;
    woken(&call, &thread);
    CHECK_CALLS("reply:{\"memory\":5} joined");
    check_output(1 << 20, 32);
}

TEST_MAIN({"reports", reports_and_output_go_to_the_run},
          {"at-once", a_command_that_has_ended_at_once_is_reported},
          {"killed", a_command_without_its_run_is_killed},
          {"failed", a_command_that_cannot_begin_fails},
          {"pieces", one_command_does_not_hold_up_the_others},
          {"paused", a_reader_that_falls_behind_gets_no_more_until_it_has_read},
          {"rest", a_process_that_writes_on_does_not_hold_up_the_reply})
