#include "cli/remote/channel.h"

#include "cli/remote/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Returns true if both sides have sent their end, and the socket has taken everything. */
static bool is_done(const struct channel *channel)
{
    return channel->sent_end && channel->got_end && byte_queue_size(&channel->unwritten) == 0;
}

static bool may_read(const struct channel *channel)
{
    return !channel->sent_end && channel->credit > 0 && !channel->link->is_full;
}

void channel_rearm(struct channel *channel)
{
    uint32_t events = 0;

    if (may_read(channel))
        events |= EPOLLIN;
    if (byte_queue_size(&channel->unwritten) > 0)
        events |= EPOLLOUT;
    if (!channel->is_parked)
        (void) loop_change(&channel->source, events);
    else if (events != 0 && loop_add(&channel->source, events) == 0)
        channel->is_parked = false;
}

/*
 * Takes the socket out of the loop, which would report again and again that the other end is closed. channel_rearm()
 * puts it back when the other side has given credit for the bytes that are still in the socket, or the link is no
 * longer full.
 */
static void park(struct channel *channel)
{
    loop_remove(&channel->source);
    channel->is_parked = true;
}

/* Tells the other side that the connection is closed, and frees CHANNEL. */
static void hang_up(struct channel *channel)
{
    frame_send(channel->link, channel->id, FRAME_CLOSE, NULL, 0);
    channel_free(channel);
}

/* Gives the other side credit for the bytes that the socket has taken, when there are enough to be worth a frame. */
static void give_credit(struct channel *channel)
{
    unsigned char size[4];

    if (channel->uncredited < CHANNEL_WINDOW / 2 || channel->got_end)
        return;
    frame_put(size, channel->uncredited, sizeof(size));
    frame_send(channel->link, channel->id, FRAME_CREDIT, size, sizeof(size));
    channel->uncredited = 0;
}

/* Writes what the socket takes. Returns false if CHANNEL was freed. */
static bool flush(struct channel *channel)
{
    size_t before = byte_queue_size(&channel->unwritten);
    int    error = byte_queue_flush(&channel->unwritten, channel->source.fd);

    channel->uncredited += (uint32_t) (before - byte_queue_size(&channel->unwritten));
    if (error != 0) {
        hang_up(channel);
        return false;
    }
    if (channel->got_end && byte_queue_size(&channel->unwritten) == 0)
        (void) shutdown(channel->source.fd, SHUT_WR);
    if (is_done(channel)) {
        channel_free(channel);
        return false;
    }
    give_credit(channel);
    return true;
}

/* Reads the socket, and sends as much as the other side has given credit for. Returns false if CHANNEL was freed. */
static bool fill(struct channel *channel)
{
    char    bytes[FRAME_MAX];
    size_t  most = channel->credit < sizeof(bytes) ? channel->credit : sizeof(bytes);
    ssize_t n = read(channel->source.fd, bytes, most);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        hang_up(channel);
        return false;
    }
    if (n > 0) {
        channel->credit -= (uint32_t) n;
        frame_send(channel->link, channel->id, FRAME_DATA, bytes, (size_t) n);
    }
    if (n != 0)
        return true;
    channel->sent_end = true;
    frame_send(channel->link, channel->id, FRAME_END, NULL, 0);
    if (!is_done(channel))
        return true;
    channel_free(channel);
    return false;
}

/* Serves the Unix socket of a channel. An error of it is reported together with EPOLLHUP. */
static void socket_ready(struct source *source, uint32_t events)
{
    struct channel *channel = LOOP_OWNER(source, struct channel, source);

    if ((events & EPOLLOUT) != 0 && !flush(channel))
        return;
    if ((events & EPOLLIN) != 0 && may_read(channel) && !fill(channel))
        return;
    if ((events & EPOLLHUP) != 0 && channel->sent_end) {
        hang_up(channel);
        return;
    }
    /* A socket that was closed at its other end is read to its end first. */
    if ((events & EPOLLHUP) != 0 && !may_read(channel))
        park(channel);
    channel_rearm(channel);
}

struct channel *channel_new(struct link *link, uint32_t id, int socket)
{
    struct channel *channel = calloc(1, sizeof(*channel));

    if (channel == NULL || loop_watch(&channel->source, socket, socket_ready, EPOLLIN) != 0) {
        close(socket);
        free(channel);
        return NULL;
    }
    channel->link = link;
    channel->id = id;
    channel->credit = CHANNEL_WINDOW;
    LIST_INSERT_HEAD(&link->channels[id % LINK_BUCKETS], channel, link_entry);
    link->count++;
    return channel;
}

void channel_free(struct channel *channel)
{
    loop_close(&channel->source);
    LIST_REMOVE(channel, link_entry);
    channel->link->count--;
    byte_queue_release(&channel->unwritten);
    free(channel);
}

bool channel_take_data(struct channel *channel, const void *data, size_t size)
{
    size_t waiting = byte_queue_size(&channel->unwritten) + channel->uncredited;

    if (channel->got_end || waiting + size > CHANNEL_WINDOW)
        return false;
    byte_queue_add(&channel->unwritten, data, size);
    if (flush(channel))
        channel_rearm(channel);
    return true;
}

bool channel_take_credit(struct channel *channel, uint32_t more)
{
    if (more > CHANNEL_WINDOW - channel->credit)
        return false;
    channel->credit += more;
    channel_rearm(channel);
    return true;
}

void channel_take_end(struct channel *channel)
{
    channel->got_end = true;
    (void) flush(channel);
}
