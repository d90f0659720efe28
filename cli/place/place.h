/*
 * The place of a supervisor: finds and prepares its socket, the lock beside it, its journal and its logs.
 *
 *     /tmp/k3thread-UID/NAME.sock     the socket; K3THREAD_TMPDIR replaces /tmp
 *     /tmp/k3thread-UID/NAME.lock     held while a supervisor or its guardian lives
 *     STATE/journal.log               the journal: the supervisor's messages
 *     STATE/logs/RUN/ID.log           the output of the commands, a directory for each supervisor's run
 *
 * STATE is ${XDG_STATE_HOME:-~/.local/state}/k3thread/servers/HOSTNAME/NAME. For a socket x.sock
 * elsewhere, and where STATE cannot be used, the journal is x.log and the logs are in x.logs beside
 * the socket. Everything is 0600, in directories that only their owner can use.
 */
#ifndef K3THREAD_CLI_PLACE_PLACE_H
#define K3THREAD_CLI_PLACE_PLACE_H

#include "cli/base/text.h"

#include <stdbool.h>

/* The paths of one place. */
struct place {
    char *directory; /* of the socket */
    char *socket;
    char *lock;
    char *state; /* the directory of the two below; NULL: they are beside the socket */
    char *journal;
    char *logs;
    bool  is_own; /* in k3thread's own directory, which place_prepare() makes */
};

/*
 * Appends the directory of all that k3thread keeps for this user: $XDG_STATE_HOME/k3thread, or ~/.local/state/k3thread.
 * Returns false if neither XDG_STATE_HOME nor HOME is set.
 */
bool place_add_state_home(struct text *path);

/*
 * Finds the paths. LABEL is the argument of -L, and SOCKET of -S. One of them must be NULL; if both are,
 * K3THREAD_SOCKET and then the label "default" decide. Touches no file.
 *
 * Returns 0, or -EINVAL (a bad label, a path too long for a socket, both given) or -errno, with a
 * sentence appended to WHY.
 */
int place_resolve(struct place *ret, const char *label, const char *socket, struct text *why);

/*
 * Makes k3thread's own directory if it is missing. Refuses a directory in which another user could have
 * put files: a directory that another user owns, that is open to others, or a symbolic link. Makes
 * STATE, too. *RET_STATE becomes false if there is no STATE, if it cannot be made, or if it does not
 * belong to this user: then the journal and the logs have to be beside the socket.
 *
 * Returns 0, or -errno with a sentence appended to WHY.
 */
int place_prepare(const struct place *place, bool *ret_state, struct text *why);

/*
 * Prepares PLACE as place_prepare() does, for a supervisor that lives. It also makes the socket's
 * directory again, and missing directories above it, if no other user can replace these. *RET_MADE
 * becomes true if the socket's directory was missing.
 */
int place_restore(const struct place *place, bool *ret_made, struct text *why);

/* Sets STATE, which is made already; NULL: beside the socket. Returns 0 or -ENOMEM. */
int place_set_state(struct place *place, const char *state);

/* Returns the path of the journal that is there, to be freed; NULL without memory. */
char *place_find_journal(const struct place *place);

/* Frees the paths, but not PLACE itself. PLACE may be zeroed. */
void place_release(struct place *place);

#endif
