/* The data and the functions that a link (link.h) and its channels (channel.h) share. */
#ifndef K3THREAD_CLI_REMOTE_LINK_STATE_H
#define K3THREAD_CLI_REMOTE_LINK_STATE_H

#include "cli/base/byte_queue.h"
#include "cli/base/loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define LINK_BUCKETS 64

/* The seconds between two signs of life, and the seconds of silence after which the link is cut. */
#define LINK_BEAT  2.5
#define LINK_LEASE 10.0

/* With more unsent bytes a link is full: no channel's socket is read. */
#define LINK_UNSENT_MAX ((size_t) 1024 * 1024)

struct channel;
LIST_HEAD(channel_list, channel);

/* One link. Its owner sets is_agent, connect and cut before link_open(). The other members begin zeroed. */
struct link {
    bool is_agent; /* this side is the agent's; it numbers the channels that it opens differently */

    /* Returns a socket that is connected to this side's supervisor, for a channel of the other side; or -errno. */
    int (*connect)(struct link *link);

    /* Called when the link is cut, because of WHY, just before it is closed. May close it. */
    void (*cut)(struct link *link, const char *why);

    struct source       in, out; /* of the two pipes; fd -1: closed */
    struct byte_queue   received, unsent;
    double              heard, beat; /* the time of the last bytes; of the next sign of life */
    uint32_t            last_id;
    size_t              count;   /* of the channels */
    bool                is_full; /* the channels' sockets are not read: too much is unsent */
    struct channel_list channels[LINK_BUCKETS]; /* by id */

    bool is_listed; /* among the links that have something to send */
    LIST_ENTRY(link) listed;
};

#endif
