#include "cli/client/launch.h"

#include "cli/base/descriptors.h"
#include "cli/base/refused_call.h"
#include "cli/place/bell.h"
#include "cli/place/lock.h"
#include "cli/place/reason.h"
#include "cli/place/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The descriptors that the new process gets. */
#define LISTEN_FD     3
#define LOCK_FD       4
#define LIFELINE_FD   5
#define FIRST_FREE_FD 6

/* Makes "--NAME=VALUE" from a macro that is a number. */
#define OPTION(name, value)  OPTION_(name, value)
#define OPTION_(name, value) "--" name "=" #value

/* The command line of a supervisor. */
struct supervisor_words {
    char *list[16]; /* up to a NULL */
    char  slots[32];
};

/* The number of times that a client rings in a row for a supervisor to put its socket back. */
#define RINGS 5

static int explain(struct text *why, int error, const char *what, const char *path)
{
    text_printf(why, "cannot start a supervisor: %s %s: %s", what, path, strerror(-error));
    refused_call_explain(why, error);
    return error;
}

static int connect_once(const struct place *place, int *ret_fd)
{
    int fd = socket_connect(place->socket);

    if (fd < 0)
        return fd;
    *ret_fd = fd;
    return 0;
}

bool launch_is_absent(int error)
{
    return error == -ENOENT || error == -ECONNREFUSED;
}

/* Puts into WHY the reason why the live supervisor PID cannot be reached. Returns ERROR. */
static int explain_unreachable(const struct place *place, int error, pid_t pid, struct text *why)
{
    bool        is_made;
    struct text refusal = {0};

    if (error == -ETIMEDOUT)
        text_printf(
            why, "the supervisor of %s, process %d, does not put its socket back; is it stopped?",
            place->socket, (int) pid);
    else if (place_restore(place, &is_made, &refusal) != 0)
        text_printf(why, "the supervisor of %s, process %d, cannot put its socket back: %.*s",
                    place->socket, (int) pid, (int) refusal.size, refusal.data);
    else
        text_printf(why,
                    "something else is at %s, where the supervisor, process %d, has its socket; "
                    "remove it, and try again",
                    place->socket, (int) pid);
    text_release(&refusal);
    return error;
}

/* Returns true if no socket can be at the path, or if no process listens there. */
static bool is_lost(int error)
{
    return launch_is_absent(error) || error == -ENOTDIR;
}

/*
 * If no process listens at the socket, a live supervisor is asked to put its socket back. This is
 * tried several times, because the socket may be removed again, and the supervisor may end
 * meanwhile.
 */
int launch_connect(const struct place *place, int *ret_fd, struct text *why)
{
    pid_t pid = 0;
    int   error = connect_once(place, ret_fd);

    for (int tries = 0; tries < RINGS && is_lost(error); tries++) {
        int rung = bell_ring(place, &pid);

        if (rung == -ENOENT)
            return error;
        if (rung != 0)
            return explain_unreachable(place, rung, pid, why);
        error = connect_once(place, ret_fd);
    }
    return is_lost(error) ? explain_unreachable(place, -EADDRINUSE, pid, why) : error;
}

/*
 * Gives this process the descriptors of a supervisor. The standard descriptors become copies of IDLE, of /dev/null.
 * They are set first, because IDLE may have the number of one of the others. Returns 0 or -errno.
 */
static int set_descriptors(const struct claim *claim, int lifeline, int null_fd)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (dup2(null_fd, fd) < 0)
            return -errno;
    if (dup2(claim->listener, LISTEN_FD) < 0 || dup2(claim->lock, LOCK_FD) < 0 ||
        (lifeline >= 0 && dup2(lifeline, LIFELINE_FD) < 0))
        return -errno;
    return 0;
}

/*
 * Makes this process, a child by vfork(), a supervisor in a session of its own. The new supervisor itself closes the
 * descriptors behind those that it was handed, and resets all signals. Returns only if that failed, with -errno.
 */
static int become_supervisor(const struct claim *claim, int lifeline, int null_fd,
                             char *const *words)
{
    /*
     * glibc would reserve a KiB for each pthread for libraries that are loaded later, and there are
     * none. The supervisor's dates are in UTC, so it need not read a time zone file.
     */
    char *const environment[] = {"GLIBC_TUNABLES=glibc.rtld.optional_static_tls=0:glibc.rtld.nns=1",
                                 "TZ=UTC0", NULL};
    int         error = set_descriptors(claim, lifeline, null_fd);

    if (error != 0)
        return error;
    if (setsid() < 0 || chdir("/") < 0)
        return -errno;
    (void) execve("/proc/self/exe", words, environment);
    return -errno;
}

/* Fills RET. OWN is NULL for a supervisor that outlives its starter. */
static void make_words(struct supervisor_words *ret, const struct place *place, bool has_state,
                       const struct launch_own *own)
{
    char **word;

    *ret = (struct supervisor_words){0};
    word = ret->list;
    *word++ = "k3thread";
    *word++ = "-S";
    *word++ = place->socket;
    *word++ = "supervise";
    *word++ = OPTION(LAUNCH_LISTEN_FD, LISTEN_FD);
    *word++ = OPTION(LAUNCH_LOCK_FD, LOCK_FD);
    if (own != NULL)
        *word++ = OPTION(LAUNCH_LIFELINE_FD, LIFELINE_FD);
    if (own != NULL && own->private_place)
        *word++ = "--" LAUNCH_PRIVATE;
    if (own != NULL && own->slots > 0) {
        (void) snprintf(ret->slots, sizeof(ret->slots), "--slots=%u", own->slots);
        *word++ = ret->slots;
    }
    if (own != NULL && own->jobserver)
        *word++ = "--jobserver";
    if (own != NULL && own->commands_socket != NULL) {
        *word++ = "--" LAUNCH_AGENT;
        *word++ = (char *) own->commands_socket;
    }
    if (has_state) {
        *word++ = "--" LAUNCH_STATE;
        *word++ = place->state;
    }
}

/*
 * Starts the supervisor, with IDLE as its standard descriptors. The descriptors of CLAIM and OWN (or NULL)
 * must be above the numbers that the child gets. This does less than posix_spawn(), which resets each of 64 signals
 * although the supervisor does so itself. All signals are blocked: a handler of this process must not run in the
 * child, and the supervisor sets its mask when it has reset them.
 */
static int spawn_with(const struct place *place, const struct claim *claim,
                      const struct launch_own *own, int null_fd, pid_t *ret_pid)
{
    struct supervisor_words words;
    const uint64_t          all =
        UINT64_MAX; /* with the two signals of glibc, which sigfillset() leaves out */
    uint64_t     old;
    volatile int error = 0; /* the child sets it: until the exec, it shares our memory */
    pid_t        pid;

    make_words(&words, place, claim->has_state, own);
    if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof(all)) < 0)
        return -errno;
    pid = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (pid == 0) {
        error = become_supervisor(claim, own != NULL ? own->lifeline : -1, null_fd, words.list);
        _exit(1);
    }
    if (pid < 0)
        error = -errno;
    (void) syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof(old));
    if (pid > 0 && error != 0)
        (void) waitpid(pid, NULL, 0);
    if (error == 0)
        *ret_pid = pid;
    return error;
}

/* Opens /dev/null and calls spawn_with(). On failure puts the reason into WHY. */
static int spawn_supervisor(const struct place *place, const struct claim *claim,
                            const struct launch_own *own, pid_t *ret_pid, struct text *why)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    int error;

    if (null_fd < 0)
        return explain(why, -errno, "cannot open", "/dev/null");
    error = spawn_with(place, claim, own, null_fd, ret_pid);
    close(null_fd);
    return error == 0 ? 0 : explain(why, error, "cannot run", "/proc/self/exe");
}

/*
 * Moves FD above the descriptor numbers that the child uses. Closes FD. Returns the new descriptor
 * or -errno.
 */
static int lift(int fd)
{
    int lifted = descriptors_duplicate(fd, FIRST_FREE_FD);

    close(fd);
    return lifted;
}

/* Closes the socket and the lock. */
static void release(struct claim *claim)
{
    if (claim->listener >= 0)
        close(claim->listener);
    if (claim->lock >= 0)
        close(claim->lock);
    *claim = (struct claim){.listener = -1, .lock = -1};
}

void launch_give_up(const struct place *place, struct claim *claim)
{
    /* No other supervisor can have a socket in this place while we hold the lock. */
    (void) unlink(place->socket);
    release(claim);
}

/*
 * Takes the lock and the socket of PLACE. Waits until the previous supervisor is gone. Caller holds
 * LOCK_START, and no process listens.
 */
static int take_place(const struct place *place, bool has_state, struct claim *ret,
                      struct text *why)
{
    struct claim claim = {
        .listener = -1, .lock = lock_take(place, LOCK_LIFE, why), .has_state = has_state};
    int error = claim.lock;

    if (error < 0)
        return error;
    claim.lock = lift(claim.lock);
    if (claim.lock < 0)
        return explain(why, claim.lock, "cannot keep", place->lock);
    error = socket_remove_stale(place->socket);
    if (error != 0) {
        explain(why, error, "cannot replace", place->socket);
        goto failed;
    }
    claim.listener = socket_listen(place->socket);
    if (claim.listener >= 0)
        claim.listener = lift(claim.listener);
    if (claim.listener < 0) {
        error = explain(why, claim.listener, "cannot listen at", place->socket);
        goto failed;
    }
    *ret = claim;
    return 0;
failed:
    release(&claim);
    return error;
}

/* Takes PLACE and starts its supervisor. Caller holds LOCK_START, and no process listens. */
static int bring_up(const struct place *place, bool has_state, const struct launch_own *own,
                    pid_t *ret_pid, struct text *why)
{
    struct claim claim;
    int          error = take_place(place, has_state, &claim, why);

    if (error != 0)
        return error;
    error = spawn_supervisor(place, &claim, own, ret_pid, why);
    if (error != 0)
        launch_give_up(place, &claim);
    else
        release(&claim);
    return error;
}

void launch_add_end(const struct place *place, struct text *why)
{
    char *journal = place_find_journal(place);

    text_add(why, "the supervisor ended as soon as it began");
    reason_add(place, why);
    text_printf(why, "; see %s", journal != NULL ? journal : place->journal);
    free(journal);
}

/* Connects. If there is no supervisor, first starts one and returns 1. Caller holds LOCK_START. */
static int connect_or_bring_up(const struct place *place, bool has_state, int *ret_fd,
                               struct text *why)
{
    int   error = launch_connect(place, ret_fd, why); /* another starter may have been first */
    pid_t pid;

    if (!launch_is_absent(error))
        return error;
    error = bring_up(place, has_state, NULL, &pid, why);
    if (error != 0)
        return error;
    error = connect_once(place, ret_fd);
    if (!launch_is_absent(error))
        return error == 0 ? 1 : error;
    launch_add_end(place, why);
    return -ECONNRESET;
}

/* Makes the directories and takes LOCK_START. Returns its descriptor or -errno. */
static int begin(const struct place *place, bool *ret_state, struct text *why)
{
    int error = place_prepare(place, ret_state, why);

    return error == 0 ? lock_take(place, LOCK_START, why) : error;
}

int launch_supervisor(const struct place *place, int *ret_fd, struct text *why)
{
    bool has_state;
    int  start = begin(place, &has_state, why);
    int  error;

    if (start < 0)
        return start;
    error = connect_or_bring_up(place, has_state, ret_fd, why);
    close(start);
    return error;
}

/* Returns 0 if no supervisor listens, or -errno with WHY. Caller holds LOCK_START. */
static int check_absent(const struct place *place, struct text *why)
{
    int fd;
    int error = launch_connect(place, &fd, why);

    if (launch_is_absent(error))
        return 0;
    if (error != 0)
        return why->size > 0 ? error : explain(why, error, "cannot connect to", place->socket);
    close(fd);
    text_printf(why, "a supervisor is at %s already", place->socket);
    return -EADDRINUSE;
}

/* Begins as begin() does, if no supervisor listens. Returns LOCK_START's descriptor or -errno. */
static int begin_alone(const struct place *place, bool *ret_state, struct text *why)
{
    int start = begin(place, ret_state, why);
    int error = start < 0 ? 0 : check_absent(place, why);

    if (error == 0)
        return start;
    close(start);
    return error;
}

int launch_claim(const struct place *place, struct claim *ret, struct text *why)
{
    bool has_state;
    int  start = begin_alone(place, &has_state, why);
    int  error;

    if (start < 0)
        return start;
    error = take_place(place, has_state, ret, why);
    close(start);
    return error;
}

int launch_own(const struct place *place, const struct launch_own *own, pid_t *ret_pid,
               struct text *why)
{
    struct launch_own lifted = *own;
    bool              has_state;
    int               start = begin_alone(place, &has_state, why);
    int               error;

    if (start < 0)
        return start;
    lifted.lifeline = descriptors_duplicate(own->lifeline, FIRST_FREE_FD);
    if (lifted.lifeline < 0) {
        error = explain(why, lifted.lifeline, "cannot copy a descriptor for", place->socket);
    } else {
        error = bring_up(place, has_state, &lifted, ret_pid, why);
        close(lifted.lifeline);
    }
    close(start);
    return error;
}
