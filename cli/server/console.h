/*
 * The terminals of threads (start --tty), and the viewers: the clients that are attached to them.
 *
 * The server sends a new viewer a replay of the screen, and then each piece of output, as notifications.
 * The server keeps only a bounded amount of output for a slow viewer: a viewer that has missed output gets a
 * replay again. Among the viewers that may type, the viewer that attached last has the keyboard, and its terminal
 * decides the size. The server's thread only.
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
    bool               greeted;  /* it was sent a replay of the screen */
    uint64_t           position; /* in the output: the end of the bytes that were sent */
    TAILQ_ENTRY(viewer) of_console;
    LIST_ENTRY(viewer) all;
};

/* Makes RECORD's terminal, if its job asks for one and there is none. Returns 0 or -errno. */
int console_open(struct record *record);

/* Gives the terminal of RECORD, if it has one, SIZE. */
void console_resize(struct record *record, const struct pty_size *size);

/* Tells the attached clients that RECORD has ended, and frees its terminal, if it has one. */
void console_close(struct record *record);

/*
 * Attaches VIEWER, in which connection, size and read_only are set, to the terminal of RECORD, which has one.
 * If VIEWER is attached to that terminal already, only its new size and read_only take effect. VIEWER must not be
 * attached to another terminal. If DRAWS, makes the program draw the screen again, in the right size.
 */
void viewer_begin(struct viewer *viewer, struct record *record, bool draws);

/* Detaches the client, if it is attached. */
void viewer_end(struct viewer *viewer);

/* Returns true if the client is attached to the terminal of RECORD. */
bool viewer_is_to(const struct viewer *viewer, const struct record *record);

/* Returns true if the client has the keyboard. */
bool viewer_types(const struct viewer *viewer);

/* Sends output to the viewers. Returns true if there is more to send, so that it must be called again at once. */
bool viewers_advance(void);

/*
 * Restores the sizes of terminals that were made smaller, when that is due. Returns the seconds until the next
 * call is due, or -1.
 */
double viewers_do_due(void);

#endif
