/* The command that shows the view, as the view needs it. */
#ifndef K3THREAD_CLI_TOP_OWNER_H
#define K3THREAD_CLI_TOP_OWNER_H

#include "cli/client/client.h"

#include <stdbool.h>
#include <stdint.h>

/* Functions and settings that the command gives to the view. */
struct top_owner {
    struct client *client; /* connected */

    /*
     * Attaches to the terminal of the thread ID, and returns when the user has detached. Returns true on success.
     * *RET_SIGNAL becomes the signal that asked this process to end, if there was one.
     */
    bool (*attach)(void *context, int64_t id, int *ret_signal);
    void *context;
};

#endif
