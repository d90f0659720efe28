/* Reaching a supervisor's socket, and bringing one up behind it. */
#ifndef K3THREAD_CLI_CLIENT_LAUNCH_H
#define K3THREAD_CLI_CLIENT_LAUNCH_H

#include "cli/base/text.h"
#include "cli/place/place.h"

#include <stdbool.h>
#include <sys/types.h>

/* The options by which `supervise` gets what its starter has made for it: see supervise.c. */
#define LAUNCH_LISTEN_FD   "listen-fd"
#define LAUNCH_LOCK_FD     "lock-fd"
#define LAUNCH_LIFELINE_FD "lifeline-fd"
#define LAUNCH_STATE       "state"
#define LAUNCH_PRIVATE     "private"

/*
 * Connects to the socket of PLACE. Where nobody listens, a supervisor that lives all the same has a
 * second to put its socket back. Returns 0 with a descriptor in *RET_FD, or -errno; WHY gets a
 * sentence if there is more to say than that.
 */
int launch_connect(const struct place *place, int *ret_fd, struct text *why);

/* Returns true if ERROR is launch_connect()'s way to say that there is no supervisor. */
bool launch_is_absent(int error);

/*
 * Starts the supervisor of PLACE, unless somebody else did in the meantime, and connects to it.
 *
 * The socket is made and listened to here, and handed to the new process: so no client has to wait
 * until that is up, as a connection waits in the queue. The process gets no other descriptors than
 * the socket, the lock and /dev/null, a nearly empty environment, a session of its own, and / as
 * directory.
 *
 * Returns 0 with a descriptor in *RET_FD, or -errno with a sentence appended to WHY.
 */
int launch_supervisor(const struct place *place, int *ret_fd, struct text *why);

/*
 * A supervisor that lives no longer than its starter: it ends all threads when the other end of
 * `lifeline`, the reading end of a pipe, is closed.
 */
struct launch_own {
    int      lifeline;
    unsigned slots;         /* as of supervise --slots; 0: any number */
    bool     private_place; /* it removes the directories of its place if the starter dies first */
};

/*
 * Starts the supervisor of PLACE as a child of this process. Returns 0 with its pid, or -errno
 * with a sentence appended to WHY. When the child ends, no process of the supervisor is left.
 */
int launch_own(const struct place *place, const struct launch_own *own, pid_t *ret_pid,
               struct text *why);

/* Appends that the supervisor of PLACE ended as soon as it began, and why. */
void launch_add_end(const struct place *place, struct text *why);

/* The right to be the supervisor of a place: a socket that listens, and LOCK_LIFE. */
struct claim {
    int  listener, lock;
    bool has_state; /* the directory of the place's state is there, and can be used */
};

/*
 * Takes the place for this process. Waits until the supervisor before is gone. Returns 0, or
 * -errno with a sentence appended to WHY; -EADDRINUSE: a supervisor is there.
 */
int launch_claim(const struct place *place, struct claim *ret, struct text *why);

/* Closes both. */
void launch_release(struct claim *claim);

#endif
