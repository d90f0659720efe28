#include "cli/base/clock.h"
#include "cli/remote/link.h"
#include "cli/remote/link_state.h"

static void put(unsigned char *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char) (value >> 8 * i);
}

void link_send(struct link *link, uint32_t id, enum frame_kind kind, const void *data, size_t size)
{
    unsigned char head[FRAME_HEAD];

    put(head, id, 4);
    head[4] = (unsigned char) kind;
    put(head + 5, (uint32_t) size, 3);
    byte_queue_add(&link->unsent, head, sizeof(head));
    byte_queue_add(&link->unsent, data, size);
    link->beat = clock_monotonic() + LINK_BEAT;
    if (byte_queue_size(&link->unsent) > LINK_UNSENT_MAX)
        link->is_full = true;
}
