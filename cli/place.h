/*
 * Where a supervisor lives: its socket, and the files beside it.
 *
 *     x.sock              the socket
 *     x.lock              held while a supervisor or its guardian lives
 *     x.log               the journal: what the supervisor has to say
 *     x.logs/RUN/ID.log   what the commands printed, a directory for each supervisor's run
 *
 * Everything is 0600, in directories that only their owner can use.
 */
#ifndef K3THREAD_CLI_PLACE_H
#define K3THREAD_CLI_PLACE_H

#include <stdbool.h>

struct place {
    char *directory; /* of the socket */
    char *socket;
    char *lock;
    char *journal;
    char *logs;
    bool  is_default; /* in the user's own directory, which place_prepare() makes */
};

/*
 * Works out the paths. LABEL is -L's argument, SOCKET is -S's; each may be NULL, not both may be
 * given. Without either, K3THREAD_SOCKET and then the label "default" decide. Touches no file.
 *
 * Returns 0, or -EINVAL (a bad label, a path too long for a socket, both given) or -ENOMEM, with
 * a sentence in *RET_WHY, which the caller frees and which may be NULL.
 */
int place_resolve(struct place *ret, const char *label, const char *socket, char **ret_why);

/*
 * Makes the default directory if it is missing, and refuses a directory in which somebody else
 * could have prepared something: owned by another user, a symbolic link, or open to others.
 *
 * Returns 0 or -errno, with a sentence in *RET_WHY as above.
 */
int place_prepare(const struct place *place, char **ret_why);

/* Removes DIRECTORY, with all that is in it: only for one that was made for this alone. */
void place_remove_directory(const char *directory);

/* Frees the paths; PLACE itself is the caller's. A zeroed PLACE is fine. */
void place_release(struct place *place);

#endif
