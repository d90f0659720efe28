#include "cli/remote/link.h"

#include "cli/base/clock.h"
#include "cli/remote/channel.h"
#include "cli/remote/frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BROKEN                                                                                     \
    "it broke the rules of the connection; --via must pass bytes on unchanged, without a terminal"

/* The most bytes that are read from the pipe at a time. */
#define READ_SIZE ((size_t) 64 * 1024)

/* A full link (LINK_UNSENT_MAX) reads the channels' sockets again when at most this many bytes are unsent. */
#define UNSENT_LOW ((size_t) 256 * 1024)

/* While this many channels are open, of both sides together, the other side can open no more. */
#define CHANNELS_MAX 65536

/* Says WHY, which the clients' side knows before their connections are closed, and closes the link. */
static void cut_off(struct link *link, const char *why)
{
    link->cut(link, why);
    link_close(link);
}

/* Sending */

/* Lets the channels' sockets be read again, if there is room. */
static void make_room(struct link *link)
{
    struct channel *channel;

    if (!link->is_full || byte_queue_size(&link->unsent) > UNSENT_LOW)
        return;
    link->is_full = false;
    for (size_t i = 0; i < LINK_BUCKETS; i++)
        LIST_FOREACH(channel, &link->channels[i], link_entry)
            channel_rearm(channel);
}

/*
 * Ends the unsent bytes with a newline: some programs that carry them pass on whole lines only, as srun does, and
 * would keep the last frame until another one comes.
 */
static void end_line(struct link *link)
{
    struct byte_queue *queue = &link->unsent;

    if (byte_queue_size(queue) > 0 && queue->bytes.data[queue->bytes.size - 1] != '\n')
        frame_send(link, 0, FRAME_BEAT, "\n", 1);
}

/* Sends as much as the pipe takes. */
static void flush(struct link *link)
{
    int error;

    end_line(link);
    error = byte_queue_flush(&link->unsent, link->out.fd);
    if (error != 0) {
        cut_off(link, error == -EPIPE ? "the connection was closed" : strerror(-error));
        return;
    }
    make_room(link);
    (void) loop_change(&link->out, byte_queue_size(&link->unsent) > 0 ? (uint32_t) EPOLLOUT : 0);
}

/* Receiving */

static struct channel *find(const struct link *link, uint32_t id)
{
    struct channel *channel;

    LIST_FOREACH(channel, &link->channels[id % LINK_BUCKETS], link_entry)
        if (channel->id == id)
            return channel;
    return NULL;
}

/* Opens the channel ID, as the other side wants it. Returns false if that side breaks the rules. */
static bool take_open(struct link *link, uint32_t id)
{
    int socket;

    if (((id & FRAME_AGENT) != 0) == link->is_agent || find(link, id) != NULL)
        return false;
    socket = link->count < CHANNELS_MAX ? link->connect(link) : -EMFILE;
    if (socket < 0 || channel_new(link, id, socket) == NULL)
        frame_send(link, id, FRAME_CLOSE, NULL, 0);
    return true;
}

/* Handles one frame. Returns false if the other side breaks the rules. */
static bool take_frame(struct link *link, uint32_t id, unsigned kind, const unsigned char *data,
                       size_t size)
{
    struct channel *channel;

    if (kind < FRAME_OPEN || kind > FRAME_BEAT)
        return false;
    if (kind == FRAME_BEAT)
        return true;
    if (kind == FRAME_OPEN)
        return take_open(link, id);
    channel = find(link, id);
    if (channel == NULL) /* it was closed here, which the other side does not know yet */
        return true;
    switch (kind) {
    case FRAME_DATA:
        return channel_take_data(channel, data, size);
    case FRAME_END:
        channel_take_end(channel);
        return true;
    case FRAME_CLOSE:
        channel_free(channel);
        return true;
    default: /* FRAME_CREDIT */
        return size == 4 && channel_take_credit(channel, frame_get(data, 4));
    }
}

/* Handles the frames that have come: none, if the link was cut. */
static void take_frames(struct link *link)
{
    struct byte_queue *queue = &link->received;

    while (byte_queue_size(queue) >= FRAME_HEAD) {
        const unsigned char *head = (const unsigned char *) byte_queue_front(queue);
        size_t               size = frame_get(head + 5, 3);

        if (size <= FRAME_MAX && byte_queue_size(queue) < FRAME_HEAD + size)
            return;
        if (size > FRAME_MAX ||
            !take_frame(link, frame_get(head, 4), head[4], head + FRAME_HEAD, size))
            cut_off(link, BROKEN); /* which empties the queue */
        else
            byte_queue_take(queue, FRAME_HEAD + size);
    }
}

/* Reads what has come, once, so that no link holds up the others. */
static void fill(struct link *link)
{
    struct byte_queue *queue = &link->received;
    ssize_t            n;

    if (!byte_queue_reserve(queue, READ_SIZE)) {
        cut_off(link, "out of memory");
        return;
    }
    n = read(link->in.fd, queue->bytes.data + queue->bytes.size, READ_SIZE);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        byte_queue_take(queue, 0); /* frees the reserved memory, if the queue is empty */
        return;
    }
    if (n <= 0) {
        cut_off(link, n == 0 ? "the connection was closed" : strerror(errno));
        return;
    }
    queue->bytes.size += (size_t) n;
    link->heard = clock_monotonic();
}

static void in_ready(struct source *source, uint32_t events)
{
    struct link *link = LOOP_OWNER(source, struct link, in);

    (void) events;
    fill(link);
    take_frames(link);
}

static void out_ready(struct source *source, uint32_t events)
{
    struct link *link = LOOP_OWNER(source, struct link, out);

    if ((events & EPOLLOUT) != 0)
        flush(link);
    else
        cut_off(link, "the connection was closed");
}

/* Opening and closing */

int link_open(struct link *link, int in, int out, const char *received, size_t size)
{
    int in_error = loop_watch(&link->in, in, in_ready, EPOLLIN);
    int out_error = loop_watch(&link->out, out, out_ready, 0);

    byte_queue_add(&link->received, received, size);
    link->heard = clock_monotonic();
    link->beat = link->heard + LINK_BEAT;
    return in_error != 0 ? in_error : out_error;
}

void link_add_client(struct link *link, int socket)
{
    uint32_t id = ++link->last_id | (link->is_agent ? FRAME_AGENT : 0);

    frame_send(link, id, FRAME_OPEN, NULL, 0);
    if (channel_new(link, id, socket) == NULL)
        frame_send(link, id, FRAME_CLOSE, NULL, 0);
}

void links_flush(void)
{
    struct link *link;

    while ((link = frame_next_link()) != NULL)
        if (link->out.events == 0) /* it does not wait for EPOLLOUT yet */
            flush(link);
}

static void cut_silent(struct link *link)
{
    char why[64];

    (void) snprintf(why, sizeof(why), "no sign of life came for %g seconds", LINK_LEASE);
    cut_off(link, why);
}

double link_do_due(struct link *link)
{
    double now = clock_monotonic();

    if (!link_is_open(link))
        return LINK_BEAT;
    if (now >= link->heard + LINK_LEASE) {
        cut_silent(link);
        return LINK_BEAT;
    }
    if (now >= link->beat && byte_queue_size(&link->unsent) == 0)
        frame_send(link, 0, FRAME_BEAT, NULL, 0);
    if (now >= link->beat) /* unsent bytes are a sign of life too, so no beat is added to them */
        link->beat = now + LINK_BEAT;
    return clock_earlier(link->beat, link->heard + LINK_LEASE) - now;
}

void link_close(struct link *link)
{
    struct channel *channel;

    frame_forget_link(link);
    loop_close(&link->in);
    loop_close(&link->out);
    for (size_t i = 0; i < LINK_BUCKETS; i++)
        while ((channel = LIST_FIRST(&link->channels[i])) != NULL)
            channel_free(channel);
    byte_queue_release(&link->received);
    byte_queue_release(&link->unsent);
}
