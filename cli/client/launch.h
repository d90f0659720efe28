/* Connects to a supervisor's socket, and starts a supervisor for it. */
#ifndef K3THREAD_CLI_CLIENT_LAUNCH_H
#define K3THREAD_CLI_CLIENT_LAUNCH_H

#include "cli/base/text.h"
#include "cli/place/place.h"

#include <stdbool.h>
#include <sys/types.h>

/* The options by which a starter hands descriptors and settings to `supervise`: see supervise.c. */
#define LAUNCH_LISTEN_FD   "listen-fd"
#define LAUNCH_LOCK_FD     "lock-fd"
#define LAUNCH_LIFELINE_FD "lifeline-fd"
#define LAUNCH_STATE       "state"
#define LAUNCH_PRIVATE     "private"
#define LAUNCH_AGENT       "agent"

/*
 * Connects to the socket of PLACE. If no process listens there, a live supervisor gets a second to
 * put its socket back. Returns 0 with a descriptor in *RET_FD, or -errno; WHY gets a sentence if
 * the errno does not say enough.
 */
int launch_connect(const struct place *place, int *ret_fd, struct text *why);

/* Returns true if ERROR, of launch_connect(), means that there is no supervisor. */
bool launch_is_absent(int error);

/*
 * Starts the supervisor of PLACE, unless another process has done so meanwhile, and connects to it.
 *
 * The socket is made here and handed to the new process. It listens at once, so a client can connect
 * before the supervisor is up: its connection waits in the queue. The new process gets no
 * descriptors but the socket, the lock and /dev/null, and it gets a nearly empty environment, a
 * session of its own, and the directory /.
 *
 * Returns 1 with a descriptor in *RET_FD, 0 with a descriptor if another process has started a supervisor
 * meanwhile, or -errno; WHY gets a sentence, unless only the connection failed and the errno says enough.
 */
int launch_supervisor(const struct place *place, int *ret_fd, struct text *why);

/*
 * A supervisor that ends with its starter: it ends all threads when the other end of `lifeline`,
 * the reading end of a pipe, is closed.
 */
struct launch_own {
    int      lifeline;
    unsigned slots;         /* see supervise --slots; 0: any number */
    bool     jobserver;     /* see supervise --jobserver */
    bool     private_place; /* the place's directories are removed if the starter dies first */

    /*
     * For an agent (cli/remote/agent.h): the K3THREAD_SOCKET of the commands. When the lifeline is closed, such a
     * supervisor is killed at once. NULL: the commands get the supervisor's own socket.
     */
    const char *commands_socket;
};

/*
 * Starts the supervisor of PLACE as a child of this process. Returns 0 with its pid, or -errno with
 * a sentence appended to WHY. When that child has ended, no process of the supervisor is left.
 */
int launch_own(const struct place *place, const struct launch_own *own, pid_t *ret_pid,
               struct text *why);

/* Appends to WHY that the supervisor of PLACE ended as soon as it began, and the reason. */
void launch_add_end(const struct place *place, struct text *why);

/* The right to be the supervisor of a place: a listening socket, and LOCK_LIFE. */
struct claim {
    int  listener, lock;
    bool has_state; /* the place's state directory exists and can be used */
};

/*
 * Takes the place for this process. Waits until the previous supervisor is gone. Returns 0, or
 * -errno with a sentence appended to WHY; -EADDRINUSE if a live supervisor has the place.
 */
int launch_claim(const struct place *place, struct claim *ret, struct text *why);

/* Gives up PLACE, because no supervisor serves there after all: removes and closes the socket, and closes the lock. */
void launch_give_up(const struct place *place, struct claim *claim);

#endif
