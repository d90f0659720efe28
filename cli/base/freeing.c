#include "cli/base/freeing.h"

#include <unistd.h>

static void close_file(void *context)
{
    const struct freeing *freeing = context;

    close(freeing->fd);
}

/* Returns true if there is a helper that has nothing to do. Starts it if there is none. */
static bool is_free(struct freeing *freeing)
{
    if (!freeing->has_helper && !freeing->is_refused) {
        freeing->has_helper = helper_open(&freeing->helper) == 0;
        freeing->is_refused = !freeing->has_helper;
    }
    return freeing->has_helper && helper_is_done(&freeing->helper);
}

/*
 * Closes one of two files itself, at once: the removal of their directory, which may come next, waits until the kernel
 * has freed the other one.
 */
void freeing_close(struct freeing *freeing, int fd)
{
    if (!freeing->has_kept) {
        freeing->kept = fd;
        freeing->has_kept = true;
        return;
    }
    if (is_free(freeing)) {
        helper_finish(&freeing->helper);
        freeing->fd = freeing->kept;
        freeing->has_kept = false;
        helper_begin(&freeing->helper, close_file, freeing);
    }
    close(fd);
}

void freeing_end(struct freeing *freeing)
{
    if (freeing->has_kept)
        close(freeing->kept);
    if (freeing->has_helper)
        helper_close(&freeing->helper);
    *freeing = (struct freeing){.has_helper = false};
}
