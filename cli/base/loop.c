#include "cli/base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define ROUND 64

/* Seconds without an event until the process counts as idle. */
#define IDLE_AFTER 1.0

static int epoll_fd = -1;

/* The events of the current round that were not served yet. */
static struct epoll_event round_events[ROUND];
static int                round_at, round_count;

int loop_open(void)
{
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return epoll_fd < 0 ? -errno : 0;
}

static int control(int operation, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    if (epoll_ctl(epoll_fd, operation, source->fd, &event) < 0)
        return -errno;
    source->events = events;
    return 0;
}

int loop_add(struct source *source, uint32_t events)
{
    return control(EPOLL_CTL_ADD, source, events);
}

int loop_change(struct source *source, uint32_t events)
{
    return source->events == events ? 0 : control(EPOLL_CTL_MOD, source, events);
}

int loop_watch(struct source *source, int fd, void (*ready)(struct source *source, uint32_t events),
               uint32_t events)
{
    int flags = fcntl(fd, F_GETFL);

    *source = (struct source){.fd = fd, .ready = ready};
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    return loop_add(source, events);
}

void loop_remove(struct source *source)
{
    (void) control(EPOLL_CTL_DEL, source, 0);
    for (int i = round_at; i < round_count; i++)
        if (round_events[i].data.ptr == source)
            round_events[i].data.ptr = NULL;
}

void loop_close(struct source *source)
{
    if (source->fd < 0)
        return;
    loop_remove(source);
    close(source->fd);
    source->fd = -1;
}

static void serve_round(void)
{
    for (round_at = 0; round_at < round_count;) {
        struct epoll_event *event = &round_events[round_at++];
        struct source      *source = event->data.ptr;

        if (source != NULL)
            source->ready(source, event->events);
    }
}

/*
 * Returns whole milliseconds, rounded up, so that a deadline has passed when the wait is over; 0 if there
 * is work left for the next round.
 */
static int to_milliseconds(double seconds)
{
    if (seconds <= 0)
        return seconds < 0 ? -1 : 0;
    return seconds > 1e6 ? 1000000000 : (int) (seconds * 1000) + 1;
}

static void wait_for_events(double seconds)
{
    round_count = epoll_wait(epoll_fd, round_events, ROUND, to_milliseconds(seconds));
}

int loop_run(const bool *stop, double (*after)(void), void (*idle)(void))
{
    bool busy = true;

    while (!*stop) {
        double next = after();
        bool   rests = idle != NULL && busy && (next < 0 || next > IDLE_AFTER);

        wait_for_events(rests ? IDLE_AFTER : next);
        if (round_count == 0 && rests) {
            idle();
            /* Does not call AFTER, which has nothing to do now and would bring back the memory that IDLE freed. */
            wait_for_events(next < 0 ? next : next - IDLE_AFTER);
        }
        if (round_count < 0 && errno != EINTR)
            return -errno;
        busy = round_count != 0 || (busy && !rests);
        serve_round();
    }
    return 0;
}
