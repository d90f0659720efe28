#include "cli/base/loop_inotify.h"

#include "cli/base/background_close.h"
#include "cli/base/inotify_block.h"

#include <errno.h>

static void inotify_ready(struct source *source, uint32_t events)
{
    const struct loop_inotify  *inotify = (const struct loop_inotify *) source;
    const struct inotify_event *event;
    struct inotify_block        block;

    (void) events;
    (void) inotify_block_read(&block, source->fd);
    while ((event = inotify_block_next(&block)) != NULL)
        if (event->mask & IN_Q_OVERFLOW)
            inotify->lost();
        else if (event->mask & inotify->mask)
            inotify->changed(event->wd);
}

int loop_inotify_open(struct loop_inotify *inotify, uint32_t mask, void (*changed)(int watch),
                      void (*lost)(void))
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    int error;

    if (fd < 0)
        return -errno;
    *inotify = (struct loop_inotify){.source = {.fd = fd, .ready = inotify_ready},
                                     .mask = mask,
                                     .changed = changed,
                                     .lost = lost};
    error = loop_add(&inotify->source, EPOLLIN);
    if (error != 0)
        loop_inotify_close(inotify);
    return error;
}

void loop_inotify_close(struct loop_inotify *inotify)
{
    background_close(inotify->source.fd);
    inotify->source.fd = -1;
}
