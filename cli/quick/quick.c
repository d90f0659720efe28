#include "cli/quick/quick.h"

#include "cli/base/standard.h"
#include "cli/client/wire.h"
#include "cli/place/socket.h"
#include "cli/place/socket_path.h"
#include "cli/quick/answer.h"
#include "cli/quick/libc.h"
#include "cli/quick/plain_command.h"

#include <link.h>
#include <string.h>
#include <unistd.h>

static struct {
    bool        is_made; /* the request was sent in full, and the program may take it over */
    struct wire wire;
} made;

bool quick_take(struct quick_request *ret)
{
    if (!made.is_made)
        return false;
    made.is_made = false;
    *ret = (struct quick_request){
        .fd = made.wire.fd,
        .received = made.wire.received.data,
        .size = made.wire.received.size,
    };
    return true;
}

/*
 * Returns true if the program runs with more rights than its caller. The C library takes unsafe
 * variables out of such a program's environment, and has not done so yet.
 */
static bool is_secure(char *const *environment)
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
    made.wire.fd = socket_connect(path.data);
    if (made.wire.fd < 0)
        return false;
    if (socket_find_peer(made.wire.fd, &peer) == 0 && peer.uid == geteuid())
        return true;
    close(made.wire.fd);
    return false;
}

/*
 * Sends the request and waits for a line of the answer. Returns the line, or NULL. A request that
 * was not sent in full has no effect; the program sends it anew.
 */
static char *make_request(struct plain_command *command, size_t *ret_size)
{
    struct wire *wire = &made.wire;
    struct text  params = {0};
    char        *line = NULL;
    int          error;

    if (!plain_command_write(command, &params) ||
        wire_queue(wire, 1, command->method, &params) != 0) {
        close(wire->fd);
        return NULL;
    }
    error = wire_flush(wire);
    while (error >= 0 && !wire->cut && (line = wire_line(wire, ret_size)) == NULL)
        error = wire_wait(wire, -1);
    made.is_made = wire->unsent.size == 0 && !wire->cut;
    if (made.is_made)
        return line;
    close(wire->fd);
    return NULL;
}

void quick_main(char **stack)
{
    long                 count = (long) stack[0];
    char               **words = stack + 1, **environment = words + count + 1;
    struct plain_command command;
    const char          *line;
    size_t               size;
    int                  status;

    libc_begin(environment);
    if (count < 2 || is_secure(environment) ||
        !plain_command_read(&command, words + 1, environment))
        return;
    standard_descriptors_fill();
    if (!connect_wire(&command))
        return;
    line = make_request(&command, &size);
    if (line == NULL ||
        size + 1 < made.wire.received.size) /* the program reads answers of several lines */
        return;
    status = answer_end(command.command, line, size);
    if (status >= 0)
        _exit(status);
}
