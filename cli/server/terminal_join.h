/* Attaches a client to the terminal of a thread, for the methods "start" and "terminal". The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_TERMINAL_JOIN_H
#define K3THREAD_CLI_SERVER_TERMINAL_JOIN_H

#include "cli/server/call.h"
#include "cli/terminal/pty.h"

#include <stdbool.h>

/* The wishes of a client that attaches. */
struct terminal_wish {
    struct pty_size size; /* of the client's own terminal */
    bool            read_only;
    bool is_new; /* the command has not begun: it has drawn nothing that it must draw again */
};

/* Attaches the client of CALL to RECORD. Returns false, with CALL failed, if RECORD has no terminal. */
bool terminal_join(struct call *call, struct record *record, const struct terminal_wish *wish);

#endif
