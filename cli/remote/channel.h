/*
 * One channel of a link (link.h): copies between a socket on this side and the link. Only for link.c.
 */
#ifndef K3THREAD_CLI_REMOTE_CHANNEL_H
#define K3THREAD_CLI_REMOTE_CHANNEL_H

#include "cli/remote/link_state.h"

/* The most bytes of a channel that may be on their way in each direction. */
#define CHANNEL_WINDOW (512U * 1024)

/* One channel. */
struct channel {
    struct source source; /* the socket */
    struct link  *link;
    uint32_t      id;
    uint32_t      credit;     /* how many bytes may be sent to the other side */
    uint32_t      uncredited; /* bytes that were written, and not yet credited to the other side */
    struct byte_queue unwritten; /* bytes that the socket has not taken */
    bool              sent_end, got_end;
    bool              is_parked; /* the loop does not watch the socket, whose other end is closed */
    LIST_ENTRY(channel) link_entry;
};

/* Makes a channel for SOCKET, which it takes over also on failure. Returns NULL without memory. */
struct channel *channel_new(struct link *link, uint32_t id, int socket);

void channel_free(struct channel *channel);

/* Makes the loop watch for the events that the channel needs now. */
void channel_rearm(struct channel *channel);

/*
 * Writes SIZE bytes from the other side to the socket. Returns false if the other side had no credit for that many
 * bytes, or has sent its end before. May free CHANNEL.
 */
bool channel_take_data(struct channel *channel, const void *data, size_t size);

/* Lets MORE bytes be sent to the other side. Returns false if that is more than it can have taken. */
bool channel_take_credit(struct channel *channel, uint32_t more);

/* Notes that the other side sends no more bytes: ends the socket behind the queued bytes. May free CHANNEL. */
void channel_take_end(struct channel *channel);

#endif
