#include "cli/base/loop.h"

#include "cli/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUND 64

/* Seconds without an event until the process counts as idle. */
#define IDLE_AFTER 1.0

/* The seconds for which a source rests. */
#define REST 0.05

static int epoll_fd = -1;

/* The events of the current round that were not served yet. */
static struct epoll_event round_events[ROUND];
static int                round_at, round_count;

static LIST_HEAD(, source) resting = LIST_HEAD_INITIALIZER(resting);
static double rest_end; /* of all resting sources */

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

static void end_rest(struct source *source)
{
    if (source->rests)
        LIST_REMOVE(source, resting);
    source->rests = false;
}

void loop_rest(struct source *source)
{
    struct epoll_event nothing = {.data.ptr = source};

    if (source->rests || epoll_ctl(epoll_fd, EPOLL_CTL_MOD, source->fd, &nothing) < 0)
        return;
    if (LIST_EMPTY(&resting))
        rest_end = clock_monotonic() + REST;
    source->rests = true;
    LIST_INSERT_HEAD(&resting, source, resting);
}

/* Watches the resting sources again, if their time has come. Returns the smaller of SECONDS and the time until then. */
static double wake_resting(double seconds)
{
    double         left = rest_end - clock_monotonic();
    struct source *source;

    if (left > 0)
        return seconds < 0 || left < seconds ? left : seconds;
    while ((source = LIST_FIRST(&resting)) != NULL) {
        end_rest(source);
        (void) control(EPOLL_CTL_MOD, source, source->events);
    }
    return seconds;
}

int loop_accept(const struct source *source)
{
    int fd;

    do
        fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return fd < 0 ? -errno : fd;
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
    end_rest(source);
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
        bool   idles = idle != NULL && busy && (next < 0 || next > IDLE_AFTER);

        if (!LIST_EMPTY(&resting)) {
            next = wake_resting(next);
            idles = false;
        }
        wait_for_events(idles ? IDLE_AFTER : next);
        if (round_count == 0 && idles) {
            idle();
            /* Does not call AFTER, which has nothing to do now and would bring back the memory that IDLE freed. */
            wait_for_events(next < 0 ? next : next - IDLE_AFTER);
        }
        if (round_count < 0 && errno != EINTR)
            return -errno;
        busy = round_count != 0 || (busy && !idles);
        serve_round();
    }
    return 0;
}
