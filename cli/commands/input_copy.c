#include "cli/commands/input_copy.h"

#include "cli/base/status.h"
#include "cli/rpc/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t) 64 * 1024)

/* The milliseconds that the end of a line may take to follow its beginning. */
#define LINE_PATIENCE 100

/* Puts WORDS into the client's failure. Returns ERROR. */
static int fail(const struct input_copy *copy, int error, const char *words)
{
    struct failure *failure = &copy->client->failure;

    failure->status = STATUS_FAILED;
    failure->type[0] = '\0';
    text_release(&failure->message);
    text_add(&failure->message, words);
    if (error != -ENOMEM)
        text_printf(&failure->message, ": %s", strerror(-error));
    return error;
}

int input_copy_open(struct input_copy *copy, struct client *client, json_t *thread)
{
    copy->client = client;
    copy->thread = thread;
    copy->buffer = malloc(PIECE);
    return thread == NULL || copy->buffer == NULL ? fail(copy, -ENOMEM, "out of memory") : 0;
}

static bool wants_to_read(const struct input_copy *copy)
{
    return copy->client != NULL && !copy->at_end && !copy->is_done && copy->request == 0;
}

struct pollfd input_copy_poll(const struct input_copy *copy)
{
    return (struct pollfd){.fd = wants_to_read(copy) ? STDIN_FILENO : -1, .events = POLLIN};
}

int input_copy_patience(const struct input_copy *copy)
{
    return wants_to_read(copy) && copy->held > 0 ? LINE_PATIENCE : -1;
}

/* Sends the first SIZE bytes, with the end of the input if ENDS. */
static int send_piece(struct input_copy *copy, size_t size, bool ends)
{
    json_t *params = json_pack("{s:O, s:o, s:b}", "thread", copy->thread, "text",
                               bytes_any_to_json(copy->buffer, size), "eof", ends);

    if (params != NULL && copy->timeout >= 0 &&
        json_object_set_new(params, "timeout", json_real(copy->timeout)) != 0) {
        json_decref(params);
        params = NULL;
    }
    copy->under_way = size;
    return client_send(copy->client, "send", params, &copy->request);
}

/* Returns the number of bytes that can be sent now. NO_MORE: no more came for a while. */
static size_t size_of_piece(const struct input_copy *copy, bool no_more)
{
    const char *newline;

    if (!copy->keeps_lines || no_more || copy->at_end)
        return copy->held;
    newline = memrchr(copy->buffer, '\n', copy->held);
    if (newline != NULL)
        return (size_t) (newline - copy->buffer) + 1;
    return copy->held == PIECE ? PIECE : 0;
}

/* Sends the bytes that can be sent now, and the end of the input, if it has come. */
static int send_held(struct input_copy *copy, bool no_more)
{
    size_t size = copy->held > 0 ? size_of_piece(copy, no_more) : 0;
    bool   ends = copy->at_end && copy->ends_input;

    if (size > 0 || ends)
        return send_piece(copy, size, ends);
    copy->is_done = copy->at_end;
    return 0;
}

int input_copy_send_text(struct input_copy *copy, const struct text *text)
{
    char *buffer = text->failed ? NULL : realloc(copy->buffer, text->size + 1);

    if (buffer == NULL)
        return fail(copy, -ENOMEM, "out of memory");
    if (text->size > 0)
        memcpy(buffer, text->data, text->size);
    copy->buffer = buffer;
    copy->held = text->size;
    copy->at_end = true;
    return send_held(copy, false);
}

int input_copy_step(struct input_copy *copy, short revents)
{
    ssize_t n;

    if (!wants_to_read(copy))
        return 0;
    if (revents == 0)
        return send_held(copy, true);
    n = read(STDIN_FILENO, copy->buffer + copy->held, PIECE - copy->held);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    copy->at_end = n <= 0;
    if (n < 0)
        return fail(copy, -errno, "cannot read standard input");
    copy->held += (size_t) n;
    return send_held(copy, false);
}

int input_copy_end(struct input_copy *copy)
{
    return copy->at_end ? send_held(copy, false) : -ENOTCONN;
}

/* Notes that SIZE bytes were taken. */
static void note_taken(struct input_copy *copy, size_t size)
{
    memmove(copy->buffer, copy->buffer + size, copy->held - size);
    copy->held -= size;
    copy->taken += size;
}

int input_copy_take(struct input_copy *copy, const struct reply *reply)
{
    const json_t *error = json_object_get(reply->message, "error");
    const json_t *number = json_object_get(json_object_get(error, "data"), "taken");
    json_int_t    taken = json_integer_value(number);

    if (copy->request == 0 || reply->id != copy->request)
        return 0;
    copy->request = 0;
    if (reply->result != NULL) {
        note_taken(copy, copy->under_way);
        copy->is_done = copy->at_end && copy->held == 0;
        return 1;
    }
    copy->is_done = true;
    copy->is_refused = number != NULL;
    if ((size_t) taken <= copy->under_way)
        note_taken(copy, (size_t) taken);
    return client_check(copy->client, reply);
}

/* Returns the number of bytes of standard input that were not read, as far as that is known. */
static uint64_t left_unread(const struct input_copy *copy)
{
    struct stat info;
    off_t       at = lseek(STDIN_FILENO, 0, SEEK_CUR);

    if (copy->at_end || at < 0 || fstat(STDIN_FILENO, &info) < 0 || !S_ISREG(info.st_mode))
        return 0;
    return info.st_size > at ? (uint64_t) (info.st_size - at) : 0;
}

void input_copy_explain(const struct input_copy *copy)
{
    if (!copy->is_refused)
        return;
    text_printf(&copy->client->failure.message, "; %llu bytes were taken, %llu bytes were not",
                (unsigned long long) copy->taken,
                (unsigned long long) copy->held + left_unread(copy));
}

void input_copy_close(struct input_copy *copy)
{
    json_decref(copy->thread);
    free(copy->buffer);
    *copy = (struct input_copy){0};
}
