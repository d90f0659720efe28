/*
 * A link: the two pipes between a run and the agent on another machine, and the channels in them.
 *
 * A channel is one client's connection to a supervisor on the other side. At both ends channel.c copies bytes from a
 * socket into the channel, and from the channel into the socket. It reads no more from a socket than the other side
 * has given credit for. So a slow reader of one channel holds up no other channel, and each channel has a bounded
 * buffer.
 *
 * Each side sends a sign of life every LINK_BEAT seconds. A side cuts the link if nothing has come for LINK_LEASE
 * seconds, or if the other side breaks these rules. Runs in the loop of cli/base/loop.h. One thread.
 *
 * On the wire a link is a sequence of frames: the channel (4 bytes, the highest bit says which side opened it),
 * the kind (1 byte), the size of the data (3 bytes), all little-endian, and the data.
 */
#ifndef K3THREAD_CLI_REMOTE_LINK_H
#define K3THREAD_CLI_REMOTE_LINK_H

#include "cli/remote/link_state.h"

#include <stdbool.h>
#include <stddef.h>

/* Bump this when a frame, or the way in which an agent is started, changes its meaning. */
#define LINK_VERSION 1

/*
 * Begins LINK over the pipes IN and OUT, which it takes over. RECEIVED are SIZE bytes that came on IN already.
 * This process must ignore SIGPIPE. Returns 0 or -errno.
 */
int link_open(struct link *link, int in, int out, const char *received, size_t size);

/* Opens a channel for the client at SOCKET, which it takes over. */
void link_add_client(struct link *link, int socket);

/* Sends the bytes that are queued in all links. Call it at the end of each round; costs nothing for idle links. */
void links_flush(void);

/*
 * Queues a sign of life when it is time for one; cuts a link that is silent. Returns the seconds until the next call.
 */
double link_do_due(struct link *link);

/* Closes the link and its channels; a closed link stays as it is. */
void link_close(struct link *link);

/* Returns true if the link is open. */
static inline bool link_is_open(const struct link *link)
{
    return link->in.fd >= 0;
}

#endif
