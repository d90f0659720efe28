/* The parameters of the method "start". */
#ifndef K3THREAD_CLI_SERVER_START_PARAMS_H
#define K3THREAD_CLI_SERVER_START_PARAMS_H

#include "cli/server/call.h"
#include "cli/worker/job.h"

#include <jansson.h>
#include <stdbool.h>

/* The parameters of one start. */
struct start_params {
    struct job     job;
    bool           keep;    /* keep the thread for the client until the client joins it */
    bool           attach;  /* attach the client to the thread's terminal */
    bool           hold;    /* the requests behind a chained start wait for its reply */
    struct leash  *leash;   /* a reference; NULL: none */
    struct record *present; /* with "if_absent": the live thread that has the name; or NULL */
};

/*
 * Reads PARAMS into *RET, which is zeroed, and the members that the reply shows into CALL. Returns
 * false, with CALL failed, if the parameters are not valid. The caller releases *RET in both cases.
 */
bool start_params_read(struct call *call, const json_t *params, struct start_params *ret);

void start_params_release(struct start_params *params);

#endif
