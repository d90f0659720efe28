/* The parameters of the method "start". */
#ifndef K3THREAD_CLI_SERVER_START_PARAMS_H
#define K3THREAD_CLI_SERVER_START_PARAMS_H

#include "cli/server/call.h"
#include "cli/worker/job.h"

#include <jansson.h>
#include <stdbool.h>

/* What one start asks for. */
struct start_params {
    struct job job;
    bool       keep; /* the thread is kept for the client until it joins that */
    bool       hold; /* the requests behind a chained start wait for its answer */
};

/*
 * Reads PARAMS into *RET, which is zeroed, and the members that the answer shows into CALL. Returns
 * false, with CALL failed, if they are not valid. The caller releases the job in either case.
 */
bool start_params_read(struct call *call, const json_t *params, struct start_params *ret);

#endif
