#include "event.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

void k3t_event_update(const struct k3thread *t)
{
    eventfd_t count;
    const int saved_errno = errno;

    if (t->event < 0)
        return;
    if (t->pending == 0)
        (void) eventfd_read(t->event, &count); /* fails if the count is 0 already */
    else if (t->pending == 1)
        (void) eventfd_write(t->event, 1); /* with more pending, it is readable already */
    errno = saved_errno;
}

void k3t_event_close(struct k3thread *t)
{
    if (t->event >= 0)
        close(t->event);
    t->event = -1;
}

/* Returns a new descriptor for T, or -errno. Caller holds T's lock. */
static int make(const struct k3thread *t)
{
    const int fd = eventfd(t->pending != 0, EFD_CLOEXEC | EFD_NONBLOCK);

    return fd >= 0 ? fd : -errno;
}

int k3t_event_get(struct k3thread *t)
{
    const int saved_errno = errno;
    int       result;

    pthread_mutex_lock(&t->lock);
    result = t->event;
    if (result < 0 && k3t_has_ended(t))
        result = -ESRCH;
    else if (result < 0)
        result = make(t);
    if (result >= 0)
        t->event = result;
    pthread_mutex_unlock(&t->lock);
    errno = saved_errno;
    return result;
}

/* If no new descriptor can be made, the child has none, because it must not write to the parent's. */
void k3t_event_in_child(struct k3thread *t)
{
    int fd;

    if (t->event < 0)
        return;
    fd = make(t);
    if (fd < 0 || dup3(fd, t->event, O_CLOEXEC) < 0)
        k3t_event_close(t);
    if (fd >= 0)
        close(fd);
}
