#include "cli/worker/remote_output.h"

#include "cli/base/partial_write.h"
#include "cli/worker/logs.h"
#include "cli/worker/output_file.h"
#include "cli/worker/waiting.h"

#include <errno.h>
#include <unistd.h>

/*
 * The most bytes that are kept; the rest is lost. Only a command that is being ended can write more, because its worker
 * reads on, to see the end.
 */
#define KEPT_MAX ((size_t) 1024 * 1024)

int remote_output_open(struct remote_output *output, const struct job *job)
{
    output->fd = output_file_open(job);
    for (int tries = 0; tries < LOGS_RESTORES_MAX && output_file_restore(job, output->fd); tries++)
        output->fd = output_file_open(job);
    return output->fd < 0 ? output->fd : 0;
}

bool remote_output_flush(struct remote_output *output)
{
    int  error = output->is_broken ? -EPIPE : byte_queue_flush(&output->unwritten, output->fd);
    bool has_broken = error == -EPIPE && !output->is_broken;

    output->is_broken |= has_broken;
    if (error != 0)
        byte_queue_release(&output->unwritten);
    return !has_broken;
}

bool remote_output_write(struct remote_output *output, const char *data, size_t size)
{
    int error = -EAGAIN;

    if (output->is_broken)
        return true;
    if (!remote_output_is_full(output))
        error = partial_write(output->fd, &data, &size);
    output->is_broken = error == -EPIPE;
    if (error == -EAGAIN && byte_queue_size(&output->unwritten) < KEPT_MAX)
        byte_queue_add(&output->unwritten, data, size);
    return !output->is_broken;
}

struct pollfd remote_output_poll(const struct remote_output *output)
{
    if (!remote_output_is_full(output))
        return WAITING_NOTHING;
    return (struct pollfd){.fd = output->fd, .events = POLLOUT};
}

void remote_output_close(struct remote_output *output)
{
    if (output->fd >= 0)
        close(output->fd);
    byte_queue_release(&output->unwritten);
    output->fd = -1;
}
