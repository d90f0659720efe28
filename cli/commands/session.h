/* The state that all commands of one run of the program share, and the state of one execution of a command. */
#ifndef K3THREAD_CLI_COMMANDS_SESSION_H
#define K3THREAD_CLI_COMMANDS_SESSION_H

#include "cli/base/text.h"
#include "cli/client/client.h"
#include "cli/commands/chain.h"
#include "cli/place/place.h"

#include <stdbool.h>

/* One run of the program, or of a shell or a script in it. Zeroed, it is ready. */
struct session {
    const char *label;       /* -L */
    const char *socket;      /* -S */
    const char *host_option; /* -H */
    const char *host; /* from session_find_place() on: the supervisor's machine; NULL: this one */
    struct place
        place; /* place.socket is NULL before session_find_place(), and if there is a host */
    struct client client;
    bool          is_silent; /* ssh must not ask the user anything */

    /* The commands belong to a script: start prints no ids, and the front handles interrupts. */
    bool scripted;

    /* The next command need not wait for the reply to a start: see chain.h. */
    bool         chains;
    struct chain chain;

    /* The signal that ended the last command, and must also end the program; or 0. */
    int ended_by;

    /* The last command only started a thread, so no thread is known to have ended since. */
    bool only_started;
};

/* One execution of a command. */
struct invocation {
    const struct command *command;
    struct session       *session;
    void                 *options; /* filled by the command's parser */
};

/*
 * Finds the machine and the place of the session's supervisor, unless they are known. Returns 0, or -errno with a
 * sentence in WHY.
 */
int session_find_place(struct session *session, struct text *why);

/* Finds the place on this machine, whatever K3THREAD_HOST says. Returns as session_find_place() does. */
int session_find_place_here(struct session *session, struct text *why);

/*
 * Connects to the supervisor at the session's host or place, which must be known. STARTS: starts a
 * supervisor if there is none. Returns as client_open() does.
 */
int session_connect(struct session *session, bool starts);

/*
 * Returns true if the logs are files of this machine. They are not with -H, nor for a command that `run --hosts` has
 * placed on another machine, where K3THREAD_SOCKET reaches the run's supervisor: there a client gets the logs through
 * the connection.
 */
bool session_has_logs_here(const struct session *session);

/* Returns a session for the same supervisor, by the words of the user, without a connection. */
struct session session_of_same(const struct session *session);

/* Closes the connection and frees what the session holds. */
void session_release(struct session *session);

#endif
