/* Lists the moments at which threads of a run ended or became ready, in the order of time. */
#ifndef K3THREAD_CLI_SCRIPT_MOMENTS_H
#define K3THREAD_CLI_SCRIPT_MOMENTS_H

#include "cli/script/run_result.h"

struct moment {
    double     time; /* seconds from the beginning of the run */
    json_int_t id;
    bool       is_end; /* a run of the command ended; if not, the thread became ready */
    bool       is_daemon;
};

/* All moments of a run. Zeroed it is empty. */
struct moments {
    struct moment *list;
    size_t         count;
    bool           failed; /* memory was lacking */
};

void moments_find(struct moments *moments, const struct run_result *result);
void moments_release(struct moments *moments);

/* Returns the number of moments that are not later than TIME. */
size_t moments_until(const struct moments *moments, double time);

#endif
