/*
 * The terminals of threads (start --tty) and the clients that are attached to them.
 *
 * A client that attaches gets what the screen shows, and then each piece of output, as notifications.
 * A slow client costs a bounded buffer: when it has missed output, it gets what the screen shows then.
 * The client that attached last, of those that may type, types: it has the keyboard, and the terminal
 * has its size. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_CONSOLE_H
#define K3THREAD_CLI_SERVER_CONSOLE_H

#include "cli/server/record.h"
#include "cli/terminal/pty.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct connection;
struct console;

/* One client at one terminal. A zeroed viewer is attached to nothing. */
struct viewer {
    struct console    *console; /* NULL: none */
    struct connection *connection;
    struct pty_size    size; /* of the client's own terminal */
    bool               read_only;
    bool               greeted;  /* it was sent what the screen shows */
    uint64_t           position; /* in the output: what was sent */
    TAILQ_ENTRY(viewer) of_console;
    LIST_ENTRY(viewer) all;
};

/* Makes RECORD's terminal, if its job asks for one and there is none. Returns 0 or -errno. */
int console_open(struct record *record);

/* Tells the attached clients that RECORD has ended, and frees its terminal, if it has one. */
void console_close(struct record *record);

/*
 * Attaches a client to the terminal of RECORD, which has one: its connection, size and read_only are
 * set in ATTACHMENT. For a client that is attached to it already, only takes its size; the program draws
 * the screen again in both cases.
 */
void viewer_begin(struct viewer *viewer, struct record *record);

/* Detaches the client, if it is attached. */
void viewer_end(struct viewer *viewer);

/* Returns true if the client is attached to the terminal of RECORD. */
bool viewer_is_to(const struct viewer *viewer, const struct record *record);

/* Returns true if the client has the keyboard. */
bool viewer_types(const struct viewer *viewer);

/* Sends output to the clients. Returns true if it must be called again in a next round at once. */
bool viewers_advance(void);

/* Does what is due with the sizes of terminals. Returns the seconds until it is due again, or -1. */
double viewers_do_due(void);

#endif
