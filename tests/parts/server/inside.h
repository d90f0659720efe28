/*
 * Three threads, and the processes that are attached to them, for tests of what the server knows of such processes.
 * Nothing is sent; what the parts call is noted as words.
 */
#ifndef INSIDE_H
#define INSIDE_H

#include "tests/parts/written.h"

#include "cli/base/exceptions.h"
#include "cli/base/loop.h"
#include "cli/server/attachment.h"
#include "cli/server/call.h"
#include "cli/server/errands.h"
#include "cli/server/events.h"
#include "cli/server/inner_listing.h"
#include "cli/server/news.h"
#include "cli/server/select.h"
#include "cli/server/store.h"
#include "cli/server/threads_raise.h"

#include <fnmatch.h>
#include <sys/eventfd.h>

static struct record_list all = TAILQ_HEAD_INITIALIZER(all);
static struct record      threads[3]; /* the thread t has the id t + 1 */
static struct attachment *holders[3];
static struct connection  connection;
static struct text        calls;
static int                errands_error;
static bool               ends_by_message; /* the last message of a process ends its attachment */

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

/* --- what these parts call --- */

int errands_open(struct errands *errands, struct connection *to, pid_t pid)
{
    CHECK(to == &connection);
    errands->pid = pid;
    note("open:%d", (int) pid);
    return errands_error;
}

void errands_close(struct errands *errands)
{
    note("close:%d", (int) errands->pid);
}

void errands_add(struct errands *errands, const char *inner, const char *exception,
                 const char *message, void (*done)(void *context, const struct arrival *arrival),
                 void       *context)
{
    CHECK(done == NULL && context == &calls);
    note("add:%d:%s:%s:%s", (int) errands->pid, inner, exception, message);
}

void errands_take_reply(struct errands *errands, const json_t *reply)
{
    note("reply:%d:%d", (int) errands->pid, (int) json_integer_value(reply));
}

void connection_read_arrived(struct connection *from)
{
    CHECK(from == &connection);
    note("read");
    if (ends_by_message)
        attachment_close(holders[0]);
}

void events_post(enum event event, const struct record *record)
{
    CHECK(event == EVENT_ATTACHED || event == EVENT_DETACHED);
    note("%s:%d", event == EVENT_ATTACHED ? "attached" : "detached", (int) record->id);
}

void events_post_inner(enum event event, const struct record *record, const struct inner *thread)
{
    CHECK(event == EVENT_INNER_STARTED || event == EVENT_INNER_ENDED);
    note("%s:%d/%d=%s", event == EVENT_INNER_STARTED ? "started" : "ended", (int) record->id,
         (int) thread->id, thread->name);
}

void threads_told(struct record *record, const k3thread_exctype *type, const char *message)
{
    note("told:%d:%s<%s(%s)", (int) record->id, type->name, type->base->name,
         message != NULL ? message : "-");
}

static char failure[256];

bool call_fail(struct call *call, enum protocol_error code, const char *format, ...)
{
    va_list arguments;
    int     length = snprintf(failure, sizeof(failure), "%d ", code);

    CHECK(call != NULL);
    va_start(arguments, format);
    (void) vsnprintf(failure + length, sizeof(failure) - (size_t) length, format, arguments);
    va_end(arguments);
    return false;
}

bool call_refuse(struct call *call, int error, const char *what)
{
    (void) error;
    return call_fail(call, PROTOCOL_TYPE_ERROR, "%s", what);
}

bool call_fail_memory(struct call *call)
{
    return call_fail(call, PROTOCOL_INTERNAL_ERROR, "out of memory");
}

void call_reply_written(struct call *call, struct text *result)
{
    CHECK(call != NULL);
    text_append(&calls, result->data, result->size);
    text_release(result);
}

const struct record_list *store_all(void)
{
    return &all;
}

struct record *store_find_id(uint64_t id)
{
    return id > 0 && id <= 3 ? &threads[id - 1] : NULL;
}

struct record *store_find_name(const char *name)
{
    for (size_t i = 0; i < 3; i++)
        if (strcmp(threads[i].job.name, name) == 0)
            return &threads[i];
    return NULL;
}

bool store_is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

bool store_fits(const char *pattern, const char *name)
{
    return fnmatch(pattern, name, 0) == 0;
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

/* --- the tests' own steps --- */

static bool          stop;
static inline double stop_next(void)
{
    static bool again;

    stop = again;
    again = !again;
    return 0;
}

static inline void turn(void)
{
    stop = false;
    CHECK_EQUAL(loop_run(&stop, stop_next, NULL), 0);
}

static void add_threads(void)
{
    static const char *const names[] = {"web", "db", "old"};

    CHECK_EQUAL(loop_open(), 0);
    for (size_t i = 0; i < 3; i++) {
        threads[i].id = i + 1;
        threads[i].job.name = (char *) names[i];
        threads[i].now.state = i < 2 ? STATE_RUNNING : STATE_ENDED;
        TAILQ_INSERT_TAIL(&all, &threads[i], order);
    }
}

/*
 * Attaches a process to thread NUMBER, with the number's holder. Returns what becomes readable when the process ends.
 */
static inline int attach(size_t number, pid_t pid)
{
    struct client_process process = {.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .pid = pid};
    int                   error = 0;

    CHECK(attachment_open(&threads[number], &connection, &holders[number], &process, &error) ==
          holders[number]);
    CHECK_EQUAL(error, 0);
    CHECK(holders[number] != NULL && threads[number].attachment == holders[number]);
    CHECK_EQUAL(atomic_load(&threads[number].assignment.attached), pid);
    CHECK_EQUAL(attachment_pid(holders[number]), pid);
    CHECK(attachment_record(holders[number]) == &threads[number]);
    return process.fd;
}

/* Returns the JSON that TEXT is, with quotes for apostrophes. */
static json_t *json(const char *text)
{
    char    quoted[1024];
    json_t *value;

    (void) snprintf(quoted, sizeof(quoted), "%s", text);
    for (char *byte = quoted; *byte != '\0'; byte++)
        if (*byte == '\'')
            *byte = '"';
    value = json_loads(quoted, JSON_DECODE_ANY, NULL);
    CHECK(value != NULL);
    return value;
}

#endif
