#include "cli/remote/frame.h"

#include "cli/base/clock.h"

void frame_put(unsigned char *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char) (value >> 8 * i);
}

uint32_t frame_get(const unsigned char *from, int bytes)
{
    uint32_t value = 0;

    for (int i = 0; i < bytes; i++)
        value |= (uint32_t) from[i] << 8 * i;
    return value;
}

static LIST_HEAD(, link) listed = LIST_HEAD_INITIALIZER(listed);

static void list(struct link *link)
{
    if (link->is_listed)
        return;
    LIST_INSERT_HEAD(&listed, link, listed);
    link->is_listed = true;
}

void frame_forget_link(struct link *link)
{
    if (link->is_listed)
        LIST_REMOVE(link, listed);
    link->is_listed = false;
}

struct link *frame_next_link(void)
{
    struct link *link = LIST_FIRST(&listed);

    if (link != NULL)
        frame_forget_link(link);
    return link;
}

void frame_send(struct link *link, uint32_t id, enum frame_kind kind, const void *data, size_t size)
{
    unsigned char head[FRAME_HEAD];

    frame_put(head, id, 4);
    head[4] = (unsigned char) kind;
    frame_put(head + 5, (uint32_t) size, 3);
    list(link);
    byte_queue_add(&link->unsent, head, sizeof(head));
    byte_queue_add(&link->unsent, data, size);
    link->beat = clock_monotonic() + LINK_BEAT;
    if (byte_queue_size(&link->unsent) > LINK_UNSENT_MAX)
        link->is_full = true;
}
