#include "cli/server/input.h"

#include "cli/base/descriptors.h"
#include "cli/base/loop.h"
#include "cli/base/partial_write.h"
#include "cli/process/process_stat.h"
#include "cli/rpc/member.h"
#include "cli/terminal/pty.h"
#include "cli/worker/thread_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How many bytes may wait, of all clients together, for commands that do not read them. */
#define QUEUED_MAX (64U * 1024 * 1024)

/* The bytes of one call, on their way to a command. */
struct sending {
    struct input      *input;
    struct call       *call;
    struct input_bytes bytes;
    size_t             keys;    /* how many of BYTES, at the end, add_eof_keys() has added */
    size_t             counted; /* how many bytes of queued_total are of this call */
    size_t             taken;   /* how many of BYTES, with the keys, the input has taken */
    TAILQ_ENTRY(sending) link;
};

struct input {
    struct source    source; /* the writing end; after the input was ended, the reading end */
    struct record   *record;
    bool             is_terminal; /* the source is a terminal that the console owns, not a pipe */
    bool             ends_by_key; /* the command has a terminal, here or on another machine */
    int              reader;  /* a reading end that keeps the bytes while no run has one; or -1 */
    bool             armed;   /* the loop watches the writing end */
    struct call_list waiting; /* the calls of the queue */
    TAILQ_HEAD(, sending) queue;
};

static size_t queued_total;

/* The pipe */

/* Opens a reading end of the pipe, which has none. Returns 0 or -errno. */
static int hold_reader(struct input *input)
{
    int fd = descriptors_reopen(input->source.fd, O_RDONLY | O_NONBLOCK);

    if (fd < 0)
        return fd;
    input->reader = fd;
    return 0;
}

static void drop_reader(struct input *input)
{
    if (input->reader >= 0)
        close(input->reader);
    input->reader = -1;
}

/*
 * Replaces the server's end of the pipe by the other end, under the same number: a worker may be opening the
 * pipe through that number at this moment. Returns 0 or -errno.
 */
static int exchange_end(struct input *input, int flags)
{
    int fd = descriptors_reopen(input->source.fd, flags | O_NONBLOCK);
    int error = 0;

    if (fd < 0)
        return fd;
    if (dup3(fd, input->source.fd, O_CLOEXEC) < 0)
        error = -errno;
    close(fd);
    return error;
}

/* Ends the input: the command reads the rest of the bytes, and then the end of file. Returns 0 or -errno. */
static int end_input(struct input *input)
{
    int error = exchange_end(input, O_RDONLY);

    input->record->input_ended = error == 0;
    return error;
}

/* Replies */

/* Returns true if the command of RECORD runs, and has not begun to exit: an exit closes its files. */
static bool command_runs(const struct record *record)
{
    struct process_stat stat;

    if (record->assignment.seat != NULL)
        return record->now.pid > 0; /* the pid is another machine's */
    return record->now.pid > 0 && process_stat_read(record->now.pid, &stat) &&
           !stat.leader_is_exiting;
}

static void free_sending(void *state)
{
    struct sending *sending = state;

    TAILQ_REMOVE(&sending->input->queue, sending, link);
    queued_total -= sending->counted;
    free(sending->bytes.data);
    free(sending);
}

/* Returns how many bytes of the client, without the keys, the input has taken. */
static int64_t taken_of_client(const struct sending *sending)
{
    size_t sent = sending->bytes.size - sending->keys;

    return (int64_t) (sending->taken < sent ? sending->taken : sent);
}

/* Fails the call of SENDING with a message, and tells the client how many bytes the input has taken. */
__attribute__((format(printf, 3, 4))) static void fail(struct sending     *sending,
                                                       enum protocol_error code, const char *format,
                                                       ...)
{
    struct text data = {0};
    char        message[512];
    va_list     arguments;

    va_start(arguments, format);
    (void) vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    member_write_integer(&data, "taken", taken_of_client(sending));
    call_fail_with(sending->call, code, message, &data);
}

static void fail_ended(struct sending *sending)
{
    const struct record *record = sending->input->record;

    fail(sending, PROTOCOL_RUNTIME_ERROR, "the input of thread '%s' (id %llu) was closed before",
         record->job.name, (unsigned long long) record->id);
}

static void reply_taken(struct sending *sending)
{
    call_reply(sending->call, json_pack("{s:I, s:I}", "id", (json_int_t) sending->input->record->id,
                                        "taken", (json_int_t) taken_of_client(sending)));
}

static void expire_sending(struct call *call, const struct record *record)
{
    fail(call->state, PROTOCOL_TIMEOUT_ERROR, "thread '%s' (id %llu) does not read its input",
         record->job.name, (unsigned long long) record->id);
}

/* Writing */

/*
 * Writes as many bytes of SENDING as the pipe takes. Returns 0 if it took all; -EAGAIN if it is full; -EPIPE if
 * the command has closed it; or another -errno. If no command runs, opens a reading end, which keeps the bytes
 * for the next run.
 */
static int write_bytes_of(struct sending *sending)
{
    struct input *input = sending->input;
    size_t        left = sending->bytes.size - sending->taken;
    const char   *rest;
    int           error;

    if (left == 0)
        return 0;
    rest = sending->bytes.data + sending->taken;
    error = partial_write(input->source.fd, &rest, &left);
    if (error == -EPIPE && input->reader < 0 && !command_runs(input->record)) {
        error = hold_reader(input);
        if (error == 0)
            error = partial_write(input->source.fd, &rest, &left);
    }
    sending->taken = sending->bytes.size - left;
    return error;
}

/* Tells the loop to watch for room in the pipe, or, if not WANTED, to stop that. Returns 0 or -errno. */
static int arm(struct input *input, bool wanted)
{
    int error = 0;

    if (wanted && !input->armed)
        error = loop_add(&input->source, EPOLLOUT);
    else if (!wanted && input->armed)
        loop_remove(&input->source);
    if (error == 0)
        input->armed = wanted;
    return error;
}

/* Ends the call of SENDING. ERROR is 0 if the input has taken all its bytes, or -errno. */
static void finish(struct sending *sending, int error)
{
    const struct record *record = sending->input->record;

    if (error == 0 && sending->bytes.eof)
        error = end_input(sending->input);
    if (error == -EPIPE)
        fail(sending, PROTOCOL_RUNTIME_ERROR, "thread '%s' (id %llu) has closed its input",
             record->job.name, (unsigned long long) record->id);
    else if (error != 0)
        fail(sending, PROTOCOL_OS_ERROR, "cannot write to the input of thread '%s' (id %llu): %s",
             record->job.name, (unsigned long long) record->id, strerror(-error));
    else
        reply_taken(sending);
}

/* Writes the bytes of one call after the other, until the queue is empty or the pipe is full. */
static void advance(struct input *input)
{
    struct sending *sending;
    int             error;

    while ((sending = TAILQ_FIRST(&input->queue)) != NULL) {
        if (input->record->input_ended) {
            fail_ended(sending);
            continue;
        }
        error = write_bytes_of(sending);
        if (error == -EAGAIN && (error = arm(input, true)) == 0)
            return;
        if (error == 0 && sending->bytes.eof)
            (void) arm(input, false); /* before the end of the pipe is exchanged */
        finish(sending, error);
    }
    (void) arm(input, false);
}

static void has_room(struct source *source, uint32_t events)
{
    (void) events;
    advance(LOOP_OWNER(source, struct input, source));
}

/*
 * Returns how often the key that ends the input of a terminal has to follow BYTES: twice in the middle of a line,
 * where the key only gives the program the line so far.
 */
static size_t count_eof_keys(const struct input *input, const struct input_bytes *bytes)
{
    if (!bytes->eof || !input->ends_by_key)
        return 0;
    return bytes->size > 0 && bytes->data[bytes->size - 1] != '\n' ? 2 : 1;
}

/* Adds the key that ends the input of a terminal KEYS times to the bytes of SENDING. Returns 0 or -ENOMEM. */
static int add_eof_keys(struct sending *sending, size_t keys)
{
    struct input_bytes *bytes = &sending->bytes;
    char               *data;

    if (keys == 0)
        return 0;
    data = realloc(bytes->data, bytes->size + keys);
    if (data == NULL)
        return -ENOMEM;
    memset(data + bytes->size, pty_eof_key(sending->input->source.fd), keys);
    bytes->data = data;
    bytes->size += keys;
    bytes->eof = false;
    sending->keys = keys;
    return 0;
}

/* Does nothing: advance() ends the calls that wait for an input. */
static void wake_sending(struct call *call, struct record *record)
{
    (void) call, (void) record;
}

void input_send(struct call *call, struct record *record, struct input_bytes *bytes, double seconds)
{
    struct input   *input = record->input;
    struct sending *sending = calloc(1, sizeof(*sending));
    size_t          keys = count_eof_keys(input, bytes);

    if (sending == NULL || bytes->size + keys > QUEUED_MAX - queued_total) {
        free(bytes->data);
        if (sending == NULL)
            call_fail_memory(call);
        else
            call_fail(call, PROTOCOL_RUNTIME_ERROR,
                      "too many bytes wait for commands that do not read them");
        free(sending);
        return;
    }
    *sending = (struct sending){.input = input, .call = call, .bytes = *bytes};
    call->state = sending;
    call->release = free_sending;
    call->expire = expire_sending;
    call->record = record;
    TAILQ_INSERT_TAIL(&input->queue, sending, link);
    if (add_eof_keys(sending, keys) != 0) {
        call_fail_memory(call);
        return;
    }
    sending->counted = sending->bytes.size;
    queued_total += sending->counted;
    call_wait(call, &input->waiting, seconds, wake_sending);
    if (TAILQ_FIRST(&input->queue) == sending)
        advance(input);
}

/* Opening and closing */

/* Makes an input of RECORD that writes to FD. Returns NULL without memory. */
static struct input *make(struct record *record, int fd)
{
    struct input *input = calloc(1, sizeof(*input));

    if (input == NULL)
        return NULL;
    input->source = (struct source){.fd = fd, .ready = has_room};
    input->record = record;
    input->reader = -1;
    LIST_INIT(&input->waiting);
    TAILQ_INIT(&input->queue);
    return input;
}

static int open_terminal(struct record *record)
{
    if (record->input != NULL)
        return 0;
    record->input = make(record, record->assignment.terminal->master);
    if (record->input == NULL)
        return -ENOMEM;
    record->input->is_terminal = record->input->ends_by_key = true;
    return 0;
}

/* Makes a new pipe for RECORD. Returns 0 or -errno. */
static int open_pipe(struct record *record)
{
    struct input *input;
    int           ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    input = make(record, ends[1]);
    if (input == NULL) {
        close(ends[0]);
        close(ends[1]);
        return -ENOMEM;
    }
    input->reader = ends[0];
    input->ends_by_key = record->job.tty;
    record->input = input;
    record->assignment.input = ends[1];
    return 0;
}

int input_open(struct record *record)
{
    struct input *input = record->input;
    int           error;

    if (record->assignment.terminal != NULL && record->assignment.terminal->master >= 0)
        return open_terminal(record);
    if (!record->job.input_open && !record->job.tty)
        return 0;
    if (input == NULL)
        return open_pipe(record);
    if (!record->input_ended)
        return 0;
    error = exchange_end(input, O_WRONLY);
    record->input_ended = error != 0;
    return error;
}

void input_run_begun(const struct record *record)
{
    if (record->input == NULL)
        return;
    drop_reader(record->input);
    advance(record->input);
}

void input_close(struct record *record)
{
    struct input   *input = record->input;
    struct sending *sending;

    if (input == NULL)
        return;
    (void) arm(input, false);
    while ((sending = TAILQ_FIRST(&input->queue)) != NULL)
        fail(sending, PROTOCOL_INVALID_THREAD_ID_ERROR,
             "thread '%s' (id %llu) has ended and reads no more", record->job.name,
             (unsigned long long) record->id);
    drop_reader(input);
    if (!input->is_terminal)
        close(input->source.fd);
    free(input);
    record->input = NULL;
    record->input_ended = false;
    record->assignment.input = -1;
}
