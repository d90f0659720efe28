/*
 * The supervisor's main thread: accepts clients, takes in what the workers report, and knows when
 * all is over.
 */
#ifndef K3THREAD_CLI_SERVER_SERVER_H
#define K3THREAD_CLI_SERVER_SERVER_H

#include "cli/server/call.h"
#include "k3thread.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct server_options {
    int         listener;
    int         lifeline; /* when its other end closes: shutdown --now; -1: none */
    unsigned    slots;    /* see threads.h */
    const char *socket;   /* its path */
    const char *logs;     /* the directory for this run's logs */
    pid_t       guardian; /* the parent; if it goes, all ends in order */
};

/*
 * Serves until a shutdown is complete. All signals must be blocked that it takes (see
 * server_signals()). Returns 0 or -errno.
 */
int server_run(const struct server_options *options);

/* Those to block before the first thread is started. */
void server_signals(sigset_t *ret);

/* For the methods. */
bool        server_is_closing(void);
const char *server_socket(void);
const char *server_logs(void);
pid_t       server_guardian(void);

/*
 * No new threads from here on; when those that are no daemons have ended, the daemons get
 * SystemExit, and when all have, the server stops. NOW, if not NULL, is what all get without such a
 * wait; the first one counts. Nobody is asked to end before those that need it have ended. CALL, if
 * not NULL, is answered at the end.
 */
void server_shutdown(struct call *call, const k3thread_exctype *now);

#endif
