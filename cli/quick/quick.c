#include "cli/quick/quick.h"

#include "cli/base/standard.h"
#include "cli/client/wire.h"
#include "cli/place/socket.h"
#include "cli/place/socket_path.h"
#include "cli/quick/answer.h"
#include "cli/quick/libc.h"
#include "cli/quick/list_answer.h"
#include "cli/quick/plain_command.h"

#include <link.h>
#include <string.h>
#include <unistd.h>

static struct {
    bool        is_sent; /* the request was sent in full, and the program may take it over */
    struct wire wire;
} request;

bool quick_take(struct quick_request *ret)
{
    if (!request.is_sent)
        return false;
    request.is_sent = false;
    *ret = (struct quick_request){
        .fd = request.wire.fd,
        .received = request.wire.received.bytes.data,
        .size = request.wire.received.bytes.size,
    };
    return true;
}

/*
 * Returns true if the program runs with more rights than its caller. The C library takes unsafe
 * variables out of such a program's environment, and has not done so yet.
 */
static bool has_more_rights(char *const *environment)
{
    const ElfW(auxv_t) * entry;

    while (*environment != NULL)
        environment++;
    for (entry = (const void *) (environment + 1); entry->a_type != AT_NULL; entry++)
        if (entry->a_type == AT_SECURE)
            return entry->a_un.a_val != 0;
    return false;
}

/*
 * Connects to the supervisor, which must be the user's own. Returns false if the program must find out the reason
 * of a failure, or start a supervisor.
 */
static bool connect_wire(const struct plain_command *command)
{
    struct text  path = {0}, why = {0};
    struct ucred peer;

    if (socket_path_find(&path, command->label, command->socket, &why) != 0)
        return false;
    request.wire.fd = socket_connect(path.data);
    if (request.wire.fd < 0)
        return false;
    if (socket_find_peer(request.wire.fd, &peer) == 0 && peer.uid == geteuid())
        return true;
    close(request.wire.fd);
    return false;
}

/* How much of an answer has come. */
struct progress {
    size_t             line; /* where the first line begins that has not come to its end */
    size_t             seen; /* the number of bytes that were looked at */
    struct list_answer list;
};

/* Looks at the bytes that have come. Returns true if they hold the whole answer. */
static bool look_for_answer(struct progress *progress, enum quick_command command,
                            const struct text *received)
{
    const char *end;

    while (progress->seen < received->size &&
           (end = memchr(received->data + progress->seen, '\n', received->size - progress->seen)) !=
               NULL) {
        const char *line = received->data + progress->line;

        if (command != QUICK_LIST ||
            !list_answer_measure(&progress->list, line, (size_t) (end - line)))
            return true;
        progress->line = progress->seen = (size_t) (end - received->data) + 1;
    }
    progress->seen = received->size;
    return false;
}

/*
 * The seconds without an answer after which the program takes over the wait: it says if the supervisor is stopped. A
 * join may take any time.
 */
#define PATIENCE 0.4

/*
 * Sends the request and waits for the answer. Returns true if the answer is in request.wire.received. A request that
 * was not sent in full has no effect; the program sends it anew.
 */
static bool send_and_wait(struct plain_command *command, struct progress *progress)
{
    struct wire *wire = &request.wire;
    struct text  params = {0};
    bool         is_whole = false;
    int          error;

    if (!plain_command_write(command, &params) ||
        wire_queue(wire, 1, command->method, &params) != 0) {
        close(wire->fd);
        return false;
    }
    error = wire_flush(wire);
    while (error >= 0 && !wire->cut &&
           !(is_whole = look_for_answer(progress, command->command, &wire->received.bytes)))
        error = wire_wait(wire, command->command == QUICK_JOIN ? -1 : PATIENCE);
    request.is_sent = wire->unsent.size == 0 && !wire->cut;
    if (request.is_sent)
        return is_whole;
    close(wire->fd);
    return false;
}

/*
 * Handles the answer, which is complete. If more bytes follow it, the program takes over. Returns the exit status, or
 * -1 for the program to handle the answer.
 */
static int end(enum quick_command command, const struct progress *progress,
               const struct text *answer)
{
    const char *newline =
        memchr(answer->data + progress->line, '\n', answer->size - progress->line);

    if (newline + 1 < answer->data + answer->size)
        return -1;
    if (command == QUICK_LIST)
        return list_answer_print(&progress->list, answer->data, answer->size);
    return answer_end(command, answer->data, answer->size - 1);
}

void quick_main(char **stack)
{
    long                 count = (long) stack[0];
    char               **words = stack + 1, **environment = words + count + 1;
    struct plain_command command;
    struct progress      progress = {0};
    int                  status;

    libc_begin(environment);
    if (count < 2 || has_more_rights(environment) ||
        !plain_command_read(&command, words + 1, environment))
        return;
    standard_descriptors_fill();
    if (!connect_wire(&command))
        return;
    if (!send_and_wait(&command, &progress))
        return;
    status = end(command.command, &progress, &request.wire.received.bytes);
    if (status >= 0)
        _exit(status);
}
