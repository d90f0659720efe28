/*
 * The frames of a link (link.h): their kinds, their numbers, and the queue of those that are to be sent. link.c and
 * channel.c read the frames that have come.
 */
#ifndef K3THREAD_CLI_REMOTE_FRAME_H
#define K3THREAD_CLI_REMOTE_FRAME_H

#include "cli/remote/link_state.h"

#include <stddef.h>
#include <stdint.h>

/* The kinds of frames. */
enum frame_kind {
    FRAME_OPEN = 1, /* a client has connected */
    FRAME_DATA,     /* bytes of the client, or for it */
    FRAME_END,      /* this side sends no more bytes */
    FRAME_CLOSE,    /* the client or the supervisor has closed the connection */
    FRAME_CREDIT,   /* the other side may send more bytes; the data is their number (4 bytes) */
    FRAME_BEAT,     /* a sign of life; its data are of no meaning */
};

#define FRAME_HEAD  8
#define FRAME_MAX   ((size_t) 32 * 1024)
#define FRAME_AGENT (1U << 31) /* in the id of a channel that an agent has opened */

/* Write and read a number in a frame, which takes BYTES bytes. */
void     frame_put(unsigned char *to, uint32_t value, int bytes);
uint32_t frame_get(const unsigned char *from, int bytes);

/* Queues a frame. It is sent at the end of the loop's round at the latest, by links_flush(). */
void frame_send(struct link *link, uint32_t id, enum frame_kind kind, const void *data,
                size_t size);

/* Takes one link off the list of the links that have frames to send. Returns NULL if there is none. */
struct link *frame_next_link(void);

/* Takes LINK off that list, if it is there. */
void frame_forget_link(struct link *link);

#endif
