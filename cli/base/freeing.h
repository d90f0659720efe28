/*
 * Lets go of large files that were removed. The kernel frees a file when its last descriptor is closed, and takes a
 * tenth of a second for a gigabyte in memory. So two threads close them: a helper closes one file while the caller
 * closes others. A single file needs no helper.
 */
#ifndef K3THREAD_CLI_BASE_FREEING_H
#define K3THREAD_CLI_BASE_FREEING_H

#include "cli/base/helper.h"

#include <stdbool.h>

/* Files that are let go of. Zeroed it is ready. */
struct freeing {
    struct helper helper;
    bool          has_helper;
    bool          is_refused; /* there can be no helper */
    bool          has_kept;
    int           kept; /* is closed with the next file, or at the end */
    int           fd;   /* which the helper closes */
};

/* Closes FD, which is the last descriptor of a removed file, now or later. */
void freeing_close(struct freeing *freeing, int fd);

/* Waits until all are closed. Afterwards FREEING is ready again. */
void freeing_end(struct freeing *freeing);

#endif
