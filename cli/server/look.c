#include "cli/server/look.h"

#include "cli/process/live_usage.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"
#include "cli/server/far.h"
#include "cli/server/store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The most processes that are counted for one call. */
#define PROCESSES_MAX 1024

/* How much of the end of a log is sent. */
#define OUTPUT_SIZE 1024

/* One thread of a look. */
struct looked {
    uint64_t           id, far_id; /* of the thread, and of the agent's thread; 0: it is here */
    const struct seat *seat;
    double             cpu;
    uint64_t           memory;
    bool               is_known; /* the usage is known */
    json_t            *output;   /* NULL: none was asked for */
};

struct look;

/* The question to one agent. */
struct far_look {
    struct far         far; /* the first member */
    struct look       *look;
    const struct seat *seat;
    bool               is_open;
};

/* One call. */
struct look {
    struct call *call;
    size_t count, awaited; /* how many threads it has, and how many agents have not answered */
    size_t far_count;
    struct looked   threads[LOOK_THREADS_MAX];
    struct far_look far[LOOK_THREADS_MAX];
};

bool look_is_list(const json_t *threads)
{
    const json_t *id;
    size_t        i;

    if (!json_is_array(threads) || json_array_size(threads) > LOOK_THREADS_MAX)
        return false;
    json_array_foreach((json_t *) threads, i, id)
        if (!json_is_integer(id))
            return false;
    return true;
}

/* This machine */

/* Returns the end of RECORD's log, as bytes; empty if it is no file that can be read. */
static json_t *read_output(const struct record *record)
{
    char        end[OUTPUT_SIZE];
    struct stat info;
    ssize_t     n = 0;
    int         fd = open(record->job.output, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        n = pread(fd, end, sizeof(end),
                  info.st_size > OUTPUT_SIZE ? info.st_size - OUTPUT_SIZE : 0);
    if (fd >= 0)
        close(fd);
    return bytes_any_to_json(end, n > 0 ? (size_t) n : 0);
}

/* Fills LOOKED for RECORD. Subtracts the processes that it has counted from *LEFT. */
static void look_at(struct looked *looked, struct record *record, bool output, unsigned *left)
{
    *looked = (struct looked){.id = record->id};
    if (output) {
        record->is_output_told = false;
        looked->output = read_output(record);
    }
    if (record->assignment.seat != NULL && record_is_live(record)) {
        looked->seat = record->assignment.seat;
        looked->far_id = record->now.far_id;
    } else {
        struct live_usage usage = {0};

        if (record->now.pid > 0 && *left > 0)
            usage = live_usage_read(record->now.pid, *left);
        *left -= usage.processes;
        looked->cpu = usage.cpu;
        looked->memory = usage.memory;
        looked->is_known = true;
    }
}

/* The reply */

static void write_looked(struct text *text, const struct looked *looked)
{
    text_byte(text, '{', 1);
    member_write_integer(text, "id", (int64_t) looked->id);
    if (looked->is_known) {
        member_write_seconds(text, "cpu", looked->cpu);
        member_write_integer(text, "memory", (int64_t) looked->memory);
    }
    if (looked->output != NULL) {
        write_name(text, "output");
        write_json(text, looked->output);
    }
    text_byte(text, '}', 1);
}

static void reply(struct look *look)
{
    struct text text = {0};

    text_byte(&text, '[', 1);
    for (size_t i = 0; i < look->count; i++) {
        write_comma(&text);
        write_looked(&text, &look->threads[i]);
    }
    text_byte(&text, ']', 1);
    call_reply_written(look->call, &text);
}

/* Frees a look, whose call has ended. */
static void release(void *state)
{
    struct look *look = state;

    for (size_t i = 0; i < look->far_count; i++)
        if (look->far[i].is_open)
            far_close(&look->far[i].far);
    for (size_t i = 0; i < look->count; i++)
        json_decref(look->threads[i].output);
    free(look);
}

/* Other machines */

/* Notes that the agent has answered, or is lost. The connection is closed, or left to others. */
static void finish(struct far_look *far)
{
    struct look *look = far->look;

    far->is_open = false;
    if (--look->awaited == 0)
        reply(look);
}

/* Takes what the agent says of its thread. */
static void take_answer(const struct far_look *far, const json_t *answer)
{
    uint64_t id = (uint64_t) json_integer_value(json_object_get(answer, "id"));
    double   cpu = json_number_value(json_object_get(answer, "cpu"));
    int64_t  memory = json_integer_value(json_object_get(answer, "memory"));

    for (size_t i = 0; i < far->look->count; i++) {
        struct looked *looked = &far->look->threads[i];

        if (looked->seat != far->seat || looked->far_id != id)
            continue;
        looked->cpu = cpu > 0 ? cpu : 0;
        looked->memory = memory > 0 ? (uint64_t) memory : 0;
        looked->is_known = true;
    }
}

static void take(struct far *connection, const json_t *message)
{
    struct far_look *far = (struct far_look *) connection;
    const json_t    *answer;
    size_t           i;

    if (json_object_get(message, "method") != NULL)
        return;
    json_array_foreach((json_t *) json_object_get(message, "result"), i, answer)
        take_answer(far, answer);
    far_leave(connection, far->seat);
    finish(far);
}

static void lost(struct far *connection)
{
    far_close(connection);
    finish((struct far_look *) connection);
}

static const struct far_user user = {.take = take, .lost = lost};

/* Asks the agent of SEAT for all its threads in LOOK. */
static void ask(struct look *look, const struct seat *seat)
{
    struct far_look *far = &look->far[look->far_count];
    struct text      params = {0};

    if (far_open(&far->far, seat, &user) != 0)
        return;
    far->look = look;
    far->seat = seat;
    far->is_open = true;
    look->far_count++;
    look->awaited++;
    text_add(&params, "{\"threads\":[");
    for (size_t i = 0; i < look->count; i++) {
        if (look->threads[i].seat != seat || look->threads[i].far_id == 0)
            continue;
        write_comma(&params);
        write_integer(&params, (int64_t) look->threads[i].far_id);
    }
    text_add(&params, "]}");
    (void) far_request(&far->far, "look", &params);
}

/* Returns true if the agent of SEAT was asked already. */
static bool is_asked(const struct look *look, const struct seat *seat)
{
    for (size_t i = 0; i < look->far_count; i++)
        if (look->far[i].seat == seat)
            return true;
    return false;
}

void look_begin(struct call *call, const json_t *threads, bool output)
{
    struct look  *look = calloc(1, sizeof(*look));
    unsigned      left = PROCESSES_MAX;
    const json_t *id;
    size_t        i;

    if (look == NULL) {
        call_fail_memory(call);
        return;
    }
    look->call = call;
    call->state = look;
    call->release = release;
    json_array_foreach((json_t *) threads, i, id) {
        struct record *record = store_find_id((uint64_t) json_integer_value(id));

        if (record != NULL)
            look_at(&look->threads[look->count++], record, output, &left);
    }
    for (i = 0; i < look->count; i++)
        if (look->threads[i].far_id != 0 && !is_asked(look, look->threads[i].seat))
            ask(look, look->threads[i].seat);
    if (look->awaited == 0)
        reply(look); /* otherwise the last agent does */
}
