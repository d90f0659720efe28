#include "cli/worker/remote_input.h"

#include "cli/base/descriptors.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIECE ((size_t) 16 * 1024)

bool remote_input_is_wanted(const struct worker *worker)
{
    return worker->job->input_open || worker->job->tty || worker->job->input != NULL;
}

int remote_input_open(struct remote_input *input, const struct worker *worker)
{
    if (!remote_input_is_wanted(worker))
        return 0;
    input->is_file = worker->job->input != NULL;
    input->fd = input->is_file
                    ? open(worker->job->input, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
                    : descriptors_reopen(worker->assignment->input, O_RDONLY | O_NONBLOCK);
    if (input->fd < 0)
        return input->is_file ? -errno : input->fd;
    return 0;
}

struct pollfd remote_input_poll(const struct remote_input *input)
{
    return (struct pollfd){.fd = input->request == 0 ? input->fd : -1, .events = POLLIN};
}

/* Writes the parameters of the piece of SIZE bytes; 0: the input has ended. */
static void write_piece(struct text *params, int64_t id, const char *bytes, size_t size)
{
    text_byte(params, '{', 1);
    member_write_integer(params, "thread", id);
    member_write_true(params, "eof", size == 0);
    if (size > 0) {
        write_name(params, "text");
        write_base64(params, bytes, size);
    }
    text_byte(params, '}', 1);
}

NOT_INLINED void remote_input_send(struct remote_input *input, struct remote *remote, int64_t id)
{
    struct text params = {0};
    char        bytes[PIECE];
    ssize_t     n = read(input->fd, bytes, sizeof(bytes));

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    write_piece(&params, id, bytes, n > 0 ? (size_t) n : 0);
    input->request = remote_request(remote, "send", &params);
    if (n <= 0)
        remote_input_close(input);
}

void remote_input_take_reply(struct remote_input *input, int64_t id, bool failed)
{
    if (input->request == 0 || id != input->request)
        return;
    input->request = 0;
    if (failed)
        remote_input_close(input);
}

void remote_input_close(struct remote_input *input)
{
    descriptors_close(&input->fd);
}
