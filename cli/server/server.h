/* The supervisor's main thread: the loop that serves clients and takes the workers' reports. */
#ifndef K3THREAD_CLI_SERVER_SERVER_H
#define K3THREAD_CLI_SERVER_SERVER_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <sys/types.h>

/* The descriptors and the settings that the server begins with. */
struct server_options {
    int  listener;  /* bound to the supervisor's socket */
    int  lifeline;  /* its other end closes: shutdown --now; -1: none */
    bool jobserver; /* the commands get tokens for their jobs: see jobserver.h */
    bool is_agent;  /* it is killed when the lifeline is closed, and takes the method "execute" */
    unsigned slots; /* how many commands may run at a time; 0: any number */
    pid_t    guardian; /* the parent; its death ends all threads in order */
};

/*
 * Serves until a shutdown is complete. The signals in server_signals() must be blocked. Returns 0, or
 * -errno, with WHY if the errno does not say enough.
 */
int server_run(const struct server_options *options, struct text *why);

#endif
