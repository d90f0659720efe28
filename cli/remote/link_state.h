/* The data and the functions that a link (link.h) and its channels (channel.h) share. */
#ifndef K3THREAD_CLI_REMOTE_LINK_STATE_H
#define K3THREAD_CLI_REMOTE_LINK_STATE_H

#include "cli/base/byte_queue.h"
#include "cli/base/loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* The kinds of frames. */
enum frame_kind {
    FRAME_OPEN = 1, /* a client has connected */
    FRAME_DATA,     /* bytes of the client, or for it */
    FRAME_END,      /* this side sends no more bytes */
    FRAME_CLOSE,    /* the client or the supervisor has closed the connection */
    FRAME_CREDIT,   /* the other side may send more bytes; the data is their number (4 bytes) */
    FRAME_BEAT,     /* a sign of life */
};

#define FRAME_HEAD  8
#define FRAME_MAX   ((size_t) 32 * 1024)
#define FRAME_AGENT (1U << 31) /* in the id of a channel that an agent has opened */

#define LINK_BUCKETS 64

/* With more unsent bytes a link is full: no channel's socket is read. */
#define LINK_UNSENT_MAX ((size_t) 1024 * 1024)

struct channel;
LIST_HEAD(channel_list, channel);

/* One link. Its owner sets is_agent, connect and cut before link_open(). The other members begin zeroed. */
struct link {
    bool is_agent; /* this side is the agent's; it numbers the channels that it opens differently */

    /* Returns a socket that is connected to this side's supervisor, for a channel of the other side; or -errno. */
    int (*connect)(struct link *link);

    /* Called when the link was cut, because of WHY. The link is closed already. */
    void (*cut)(struct link *link, const char *why);

    struct source       in, out; /* of the two pipes; fd -1: closed */
    uint32_t            out_events;
    struct byte_queue   received, unsent;
    double              heard, beat; /* the time of the last bytes; of the next sign of life */
    uint32_t            last_id;
    size_t              count;   /* of the channels */
    bool                is_full; /* the channels' sockets are not read: too much is unsent */
    struct channel_list channels[LINK_BUCKETS]; /* by id */

    bool is_listed; /* among the links that have something to send */
    LIST_ENTRY(link) listed;
};

/* Write and read a number in a frame, which takes BYTES bytes (frame.c). */
void     frame_put(unsigned char *to, uint32_t value, int bytes);
uint32_t frame_get(const unsigned char *from, int bytes);

/* Queues a frame (frame.c). It is sent at the end of the loop's round at the latest, by links_flush(). */
void link_send(struct link *link, uint32_t id, enum frame_kind kind, const void *data, size_t size);

/* Takes one link off the list of the links that have something to send (frame.c). Returns NULL if there is none. */
struct link *link_next_listed(void);

/* Takes LINK off that list, if it is there. */
void link_unlist(struct link *link);

#endif
