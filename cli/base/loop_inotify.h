/* Makes the event loop (loop.h) read an inotify instance. The loop's thread only. */
#ifndef K3THREAD_CLI_BASE_LOOP_INOTIFY_H
#define K3THREAD_CLI_BASE_LOOP_INOTIFY_H

#include "cli/base/loop.h"

#include <stdint.h>

/* One inotify instance. It is closed while its descriptor, source.fd, is -1. */
struct loop_inotify {
    struct source source; /* the first member */
    uint32_t      mask;
    void (*changed)(int watch);
    void (*lost)(void);
};

/*
 * Opens INOTIFY. The loop calls CHANGED for each event of MASK, with the number of its watch, and LOST when events were
 * lost. Returns 0, or -errno with INOTIFY closed.
 */
int loop_inotify_open(struct loop_inotify *inotify, uint32_t mask, void (*changed)(int watch),
                      void (*lost)(void));

/* Closes INOTIFY, which may be closed, without waiting for the kernel. */
void loop_inotify_close(struct loop_inotify *inotify);

#endif
