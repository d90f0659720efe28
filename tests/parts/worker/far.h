/*
 * A run of a command on another machine, as the tests of a worker have it: the agent is this file, and in each wait of
 * the worker it does one step. The parts of a worker that do not speak with the agent are this file's, too.
 */
#ifndef K3THREAD_TESTS_PARTS_FAR_H
#define K3THREAD_TESTS_PARTS_FAR_H

#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/base/exceptions.h"
#include "cli/base/status.h"
#include "cli/process/limits.h"
#include "cli/worker/environment.h"
#include "cli/worker/log_limit.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/output_begin.h"
#include "cli/worker/remote_pool.h"
#include "cli/worker/remote_run.h"
#include "cli/worker/report_json.h"
#include "cli/worker/seat.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/starting.h"
#include "cli/worker/thread_terminal.h"
#include "cli/worker/waiting.h"

#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>

int __real_poll(struct pollfd *polls, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd *polls, nfds_t count, int milliseconds);

static struct seat            seat = {.name = (char *) "far", .socket = (char *) "/nowhere/socket"};
static struct job             job;
static struct assignment      assignment;
static struct worker          worker;
static struct thread_terminal terminal = {.master = -1};
static struct environment    *environment;

static int  agent = -1; /* the agent's end of the connection */
static char requests[256 * 1024];
static char log_words[512]; /* what the worker has done, in order */
static int  wakes, pauses, waits_for_loss, reason_after;
static int  extras_error, slot_error;
static int  closed; /* descriptors of the test, in this run */

/* One step of the agent, or of the server here. */
struct step {
    void (*act)(const char *words);
    const char *words;
};

static const struct step *steps;
static struct pollfd      polled[8]; /* what the worker waits for */

/* Parts of the program that this file stands for */

static inline void note(const char *word)
{
    size_t size = strlen(log_words);

    (void) snprintf(log_words + size, sizeof(log_words) - size, " %s", word);
}

static inline void check_log(const char *wanted)
{
    if (strcmp(log_words, wanted) != 0)
        fprintf(stderr, "log:%s\n", log_words);
    CHECK_TEXT(log_words, wanted);
    log_words[0] = '\0';
}

int __wrap_poll(struct pollfd *polls, nfds_t count, int milliseconds)
{
    if (count == 0) {
        CHECK_EQUAL(milliseconds, 1);
        if (++pauses == reason_after)
            atomic_store(&seat.lost, "its allocation has ended");
        return 0;
    }
    if (milliseconds == 1000) {
        waits_for_loss++;
        milliseconds = 0;
    }
    return __real_poll(polls, count, milliseconds);
}

void mailbox_post(struct mail *mail, const struct report *report)
{
    CHECK(mail == &assignment.mail);
    note(report->state == STATE_STOPPING ? "stopping"
         : report->state == STATE_READY  ? "ready"
                                         : "running");
}

void mailbox_wake(void)
{
    wakes++;
}

struct output_begin output_begin(struct worker *of)
{
    CHECK(of == &worker);
    return (struct output_begin){.offset = 77};
}

void output_begin_note(const struct worker *of, const struct output_begin *begin)
{
    CHECK(of == &worker && begin->offset == 77);
    note("begin");
}

void output_begin_undo(const struct worker *of)
{
    CHECK(of == &worker);
    note("undo");
}

int slot_numbers_take(int *ret)
{
    *ret = slot_error == 0 ? 3 : SLOT_NUMBER_NONE;
    return slot_error;
}

int starting_open_extras(struct worker *of, const char *probe)
{
    CHECK(of == &worker);
    if (probe != NULL)
        note(probe);
    return extras_error;
}

void starting_fail(struct worker *of, int error, int status, struct text *why)
{
    CHECK_EQUAL(status, STATUS_INTERNAL);
    of->report->error = error;
    report_set_message(of->report, why);
}

void starting_fail_at(struct worker *of, enum spawn_stage stage, int error)
{
    static const char *const names[] = {
        [SPAWN_ISOLATE] = "isolate", [SPAWN_INPUT] = "input", [SPAWN_OUTPUT] = "output"};

    of->report->error = error;
    note(names[stage]);
}

void starting_close(struct worker *of)
{
    of->slot = SLOT_NUMBER_NONE;
    note("close");
}

struct spawn_plan starting_plan(const struct worker *of)
{
    CHECK(of == &worker);
    return (struct spawn_plan){.mark = 1};
}

bool ready_reads_log(const char *spec)
{
    return strncmp(spec, "line:", 5) == 0;
}

void ready_begin(struct ready *ready, const struct spawn_plan *plan, off_t start)
{
    CHECK(ready != NULL && plan->mark == 1 && start == 77);
}

void log_limit_open(struct log_limit *log, const char *path, off_t limit)
{
    CHECK(log != NULL && path != NULL && limit > 0);
}

void thread_terminal_show(struct thread_terminal *of, const char *data, size_t size)
{
    char word[64];

    CHECK(of == &terminal);
    (void) snprintf(word, sizeof(word), "show:%.*s", (int) size, data);
    note(word);
}

struct pty_size thread_terminal_size(const struct thread_terminal *of)
{
    CHECK(of == &terminal);
    return (struct pty_size){.rows = 30, .columns = 90};
}

void waiting_become_ready(struct worker *of)
{
    of->report->ready = true;
}

void waiting_look(struct worker *of, const struct pollfd *polls)
{
    CHECK(of == &worker && polls != NULL);
    note("look");
}

bool waiting_take_overdue(struct worker *of, struct k3thread_exc *ret)
{
    of->ready_deadline = INFINITY;
    *ret = (struct k3thread_exc){.type = &k3thread_TimeoutError, .message = "too late"};
    return of->report->state != STATE_STOPPING;
}

static bool is_raised; /* by the step of this wait */

bool waiting_poll(struct worker *of, struct pollfd *polls, size_t count, double next)
{
    CHECK(of == &worker && isinf(next) && count == WAITING_OWN + 3);
    memcpy(polled, polls, count * sizeof(*polls));
    CHECK(steps->act != NULL); /* otherwise it would wait for ever */
    is_raised = false;
    steps->act(steps->words);
    steps++;
    if (is_raised)
        return false;
    polls[WAITING_PROBE] = polls[WAITING_LOG] = WAITING_NOTHING;
    (void) __real_poll(polls, count, 0);
    return true;
}

/* The steps */

/* Reads what the worker has sent. */
static inline void hear(void)
{
    size_t  used = strlen(requests);
    ssize_t n;

    while (agent >= 0 &&
           (n = recv(agent, requests + used, sizeof(requests) - used - 1, MSG_DONTWAIT)) > 0)
        used += (size_t) n;
    requests[used] = '\0';
}

/* Checks that the worker has sent WORDS since the last check, but for the start of each line. */
static inline void expect(const char *words)
{
    static char got[sizeof(requests)];
    char       *line = requests;

    hear();
    got[0] = '\0';
    while (*line != '\0') {
        char *end = strchr(line, '\n');

        CHECK(end != NULL && strncmp(line, "{\"jsonrpc\":\"2.0\",\"id\":", 22) == 0);
        *end = '\0';
        strcat(strcat(got, line + 22), "\n");
        line = end + 1;
    }
    requests[0] = '\0';
    if (strcmp(got, words) != 0)
        fprintf(stderr, "sent: %s", got);
    CHECK_TEXT(got, words);
}

/* Sends LINE to the worker; each ' is a ". */
static inline void say(const char *line)
{
    char  *copy = strdup(line);
    size_t size = strlen(line);

    for (char *c = copy; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    CHECK_EQUAL(send(agent, copy, size, 0), size);
    CHECK_EQUAL(send(agent, "\n", 1, 0), 1);
    free(copy);
}

/* Sends REPORT, as a part of the notification or the reply that BEGIN and END make. */
static inline void say_report(const char *begin, const struct report *report, const char *end)
{
    const struct usage usage = {0};
    struct text        text = {0};

    text_add(&text, begin);
    report_write(&text, report, &usage);
    text_add(&text, end);
    text_byte(&text, '\0', 1);
    say(text.data);
    text_release(&text);
}

static inline void say_running(const char *attached)
{
    char end[64];

    (void) snprintf(end, sizeof(end), ",'attached':%s}}", attached != NULL ? attached : "0");
    say_report("{'method':'report','params':{'thread':5,'report':",
               &(struct report){.state = STATE_RUNNING, .runs = 1, .pid = 44}, end);
}

/* Says that the command has ended by the signal in WORDS, or with status 6. */
static inline void say_end(const char *words)
{
    char begin[64];

    (void) snprintf(begin, sizeof(begin), "{'id':%d,'result':", words != NULL ? atoi(words) : 1);
    say_report(begin, &(struct report){.state = STATE_ENDED, .runs = 1, .exit_code = 6}, "}");
}

static inline void say_killed(const char *words)
{
    say_report(
        "{'id':1,'result':",
        &(struct report){.state = STATE_ENDED, .runs = 1, .exit_code = -1, .signal = atoi(words)},
        "}");
}

static inline void cut(const char *words)
{
    (void) words;
    hear();
    close(agent);
    agent = -1;
}

static inline void raise_type(const char *name)
{
    CHECK_EQUAL(k3thread_send_exceptionf(k3thread_self(), exceptions_find(name), "now"), 0);
    is_raised = true;
}

static inline void raise_restart(const char *words)
{
    (void) words;
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &worker_Restart), 0);
    is_raised = true;
}

/* An exception comes that has arrived in the attached process already. */
static inline void raise_arrived(const char *name)
{
    CHECK_EQUAL(k3thread_send_data(k3thread_self(), exceptions_find(name), (void *) 44, NULL, NULL),
                0);
    is_raised = true;
}

static inline void tell_size(const char *words)
{
    CHECK(words == NULL);
    atomic_store(&terminal.size_is_told, true);
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &worker_Size), 0);
    is_raised = true;
}

/* Checks that the worker has taken the size that it was told. */
static inline void expect_size_is_told(const char *words)
{
    CHECK(words == NULL && !atomic_load(&terminal.size_is_told));
}

/* Checks what the worker waits for: the agent, the input, the output. */
static inline void expect_polls(const char *words)
{
    char got[16] = "";

    for (size_t i = WAITING_OWN; i < WAITING_OWN + 3; i++)
        strcat(got, polled[i].fd < 0                         ? "-"
                    : polled[i].events == POLLIN             ? "i"
                    : polled[i].events == POLLOUT            ? "o"
                    : polled[i].events == (POLLIN | POLLOUT) ? "b"
                                                             : "?");
    if (strcmp(got, words) != 0)
        fprintf(stderr, "polls: %s\n", got);
    CHECK_TEXT(got, words);
}

/* Runs */

static inline void connect_agent(void)
{
    struct idle_remote idle;
    int                ends[2];

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    idle = (struct idle_remote){.fd = ends[0]};
    agent = ends[1];
    remote_pool_leave(seat.pool, &idle);
}

static inline void begin(void)
{
    static const char *const   strings[] = {"A=1", NULL};
    static char               *argv[] = {(char *) "make", (char *) "all", NULL};
    static const struct limits limits;

    CHECK(k3thread_self() != NULL);
    k3thread_set_mask(K3THREAD_RETURN);
    (void) signal(SIGPIPE, SIG_IGN); /* as a supervisor does */
    if (environment == NULL) {
        environment = environment_new((char *const *) strings, &limits);
        seat.pool = remote_pool_new();
    }
    job = (struct job){.name = (char *) "web",
                       .argv = argv,
                       .environment = environment,
                       .directory = (char *) "/dir",
                       .output = (char *) "out",
                       .has_own_log = true,
                       .timeout = 2,
                       .grace = 3,
                       .ready_timeout = -1,
                       .stop_signal = SIGTERM,
                       .umask = 022};
    report_release(&assignment.draft);
    assignment = (struct assignment){.id = 7, .job = &job, .seat = &seat, .input = -1};
    worker = (struct worker){.assignment = &assignment,
                             .job = &job,
                             .report = &assignment.draft,
                             .deadline = INFINITY,
                             .slot = SLOT_NUMBER_NONE};
    atomic_store(&seat.lost, NULL);
    reason_after = pauses = wakes = waits_for_loss = extras_error = slot_error = 0;
    log_words[0] = requests[0] = '\0';
}

static inline void end(void)
{
    struct idle_remote idle;

    while (remote_pool_take(seat.pool, &idle)) {
        close(idle.fd);
        environment_unref(idle.environment);
    }
    if (agent >= 0)
        close(agent);
    agent = -1;
}

/* Returns true if a connection waits for the next run. */
static inline bool is_kept(void)
{
    struct idle_remote idle;
    bool               kept = remote_pool_take(seat.pool, &idle);

    if (kept)
        remote_pool_leave(seat.pool, &idle);
    return kept;
}

/* Returns how many descriptors are open besides those that the test opens and closes during a run. */
static inline int count_open(void)
{
    return test_count_open() - (agent >= 0) - is_kept() + closed;
}

static inline bool run(const struct step *the_steps)
{
    int  before;
    bool result;

    closed = 0;
    before = count_open();
    steps = the_steps;
    worker.ready_deadline = 1; /* of the run before */
    result = remote_run(&worker);
    CHECK(steps->act == NULL); /* all were done */
    CHECK(worker.report->pid == 0 && worker.report->attached == 0);
    CHECK_EQUAL(count_open(), before);
    return result;
}

#define STEPS(...)                                                                                 \
    (const struct step[])                                                                          \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            NULL, NULL                                                                             \
        }                                                                                          \
    }

#define EXECUTE                                                                                    \
    "1,\"method\":\"execute\",\"params\":{\"id\":7,\"name\":\"web\",\"host\":\"far\",\"slot\":3,"  \
    "\"start\":{\"command\":[\"make\",\"all\"],\"environment\":[\"A=1\"],\"directory\":\"/dir\","  \
    "\"umask\":18,\"timeout\":2.0,\"grace\":3.0,\"stop_signal\":\"SIGTERM\"}}}\n"

#define EXECUTE_INPUT                                                                              \
    "1,\"method\":\"execute\",\"params\":{\"id\":7,\"name\":\"web\",\"host\":\"far\",\"slot\":3,"  \
    "\"start\":{\"command\":[\"make\",\"all\"],\"environment\":[\"A=1\"],\"directory\":\"/dir\","  \
    "\"umask\":18,\"timeout\":2.0,\"grace\":3.0,\"stop_signal\":\"SIGTERM\",\"input\":true}}}\n"

static inline void check_file(const char *wanted)
{
    char    bytes[256];
    int     fd = open("out", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, bytes, sizeof(bytes) - 1);

    CHECK(n >= 0);
    bytes[n] = '\0';
    close(fd);
    if (strcmp(bytes, wanted) != 0)
        fprintf(stderr, "file: %s\n", bytes);
    CHECK_TEXT(bytes, wanted);
    CHECK_EQUAL(unlink("out"), 0);
}

#endif
