/*
 * One channel of a link (link.h): a socket on this side, and what is on its way to it. Only for link.c.
 */
#ifndef K3THREAD_CLI_REMOTE_CHANNEL_H
#define K3THREAD_CLI_REMOTE_CHANNEL_H

#include "cli/remote/link_state.h"

/* How many bytes of a channel may be on their way in each direction. */
#define CHANNEL_WINDOW (512U * 1024)

struct channel {
    struct source source; /* the socket */
    struct link  *link;
    uint32_t      id;
    uint32_t      events;
    uint32_t      credit; /* how many bytes may be sent to the other side */
    uint32_t
        uncredited; /* how many bytes were written for which the other side has got no credit yet */
    struct byte_queue unwritten; /* what the socket has not taken */
    bool              sent_end, got_end;
    bool              is_parked; /* the loop does not watch the socket, whose other end is closed */
    LIST_ENTRY(channel) link_entry;
};

/* Makes a channel for SOCKET, which it takes over also on failure. Returns NULL without memory. */
struct channel *channel_new(struct link *link, uint32_t id, int socket);

void channel_free(struct channel *channel);

/* Makes the loop watch for what the channel needs now. */
void channel_rearm(struct channel *channel);

/* Take what the other side has sent. Return false if it breaks the rules. May free CHANNEL. */
bool channel_take_data(struct channel *channel, const void *data, size_t size);
bool channel_take_credit(struct channel *channel, uint32_t more);
void channel_take_end(struct channel *channel);

#endif
