/*
 * Two locks are on x.lock, so that two starters at the same instant become one supervisor. START
 * is held from looking for a socket until listening on one. LIFE is held by a supervisor and its
 * guardian: the next one waits until the last process of the one before is gone. They are locks of
 * open file descriptions: LIFE goes over to the supervisor with its descriptor.
 */
#include "cli/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { START_LOCK, LIFE_LOCK }; /* the byte of the file that is locked */

/* The descriptors of the new process. */
enum { LISTEN_FD = 3, LOCK_FD = 4, LIFELINE_FD = 5, FIRST_FREE_FD = 6 };

static int explain(struct text *why, int error, const char *what, const char *path)
{
    text_printf(why, "cannot start a supervisor: %s %s: %s", what, path, strerror(-error));
    return error;
}

/* A stream socket and its address; place_resolve() made sure that the path fits. */
static int open_socket(const struct place *place, struct sockaddr_un *ret_address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret_address->sun_path, place->socket,
           strnlen(place->socket, sizeof(ret_address->sun_path) - 1));
    return fd;
}

int launch_connect(const struct place *place, int *ret_fd)
{
    struct sockaddr_un address;
    int                fd = open_socket(place, &address);
    int                error;

    if (fd < 0)
        return fd;
    do
        error = connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0 ? -errno : 0;
    while (error == -EINTR);
    if (error == 0)
        *ret_fd = fd;
    else
        close(fd);
    return error;
}

bool launch_is_absent(int error)
{
    return error == -ENOENT || error == -ECONNREFUSED;
}

/* A new open file description of the lock file, with the lock WHICH, or -errno. */
static int open_locked(const struct place *place, short which)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = which, .l_len = 1};
    struct stat  info;
    int          fd = open(place->lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int          error = 0;

    if (fd < 0)
        return -errno;
    /* Somebody else's, in a directory that all can write to, could be locked for ever. */
    if (fstat(fd, &info) < 0)
        error = -errno;
    else if (!S_ISREG(info.st_mode) || info.st_uid != geteuid())
        error = -EPERM;
    while (error == 0 && fcntl(fd, F_OFD_SETLKW, &lock) < 0)
        error = errno == EINTR ? 0 : -errno;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

/* Removes the socket that a dead supervisor left; nothing else is ever removed. */
static int remove_stale(const struct place *place)
{
    struct stat info;

    if (lstat(place->socket, &info) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(info.st_mode))
        return -ENOTSOCK;
    return unlink(place->socket) < 0 && errno != ENOENT ? -errno : 0;
}

static int listen_at(const struct place *place)
{
    struct sockaddr_un address;
    int                fd = open_socket(place, &address);
    mode_t             mask;
    int                error;

    if (fd < 0)
        return fd;
    mask = umask(077);
    error = bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 ? -errno : 0;
    umask(mask);
    if (error == 0 && listen(fd, SOMAXCONN) < 0)
        error = -errno;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

/* What happens in the child between vfork and exec; the standard three are /dev/null. */
static int add_actions(posix_spawn_file_actions_t *actions, const struct claim *claim, int lifeline)
{
    int first_free = lifeline >= 0 ? FIRST_FREE_FD : LIFELINE_FD;
    int error = posix_spawn_file_actions_adddup2(actions, claim->listener, LISTEN_FD);

    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, claim->lock, LOCK_FD);
    if (error == 0 && lifeline >= 0)
        error = posix_spawn_file_actions_adddup2(actions, lifeline, LIFELINE_FD);
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(actions, first_free);
    for (int fd = 0; error == 0 && fd <= STDERR_FILENO; fd++)
        error = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
    if (error == 0)
        error = posix_spawn_file_actions_addchdir_np(actions, "/");
    return error;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    int      error;

    if (sigfillset(&all) < 0 || sigemptyset(&none) < 0)
        return errno;
    error = posix_spawnattr_setsigdefault(attributes, &all);
    if (error == 0)
        error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
                                                         POSIX_SPAWN_SETSIGMASK);
    return error;
}

/* The descriptors of CLAIM and OWN (or NULL) are above the numbers that they get in the child. */
static int spawn_supervisor(const struct place *place, const struct claim *claim,
                            const struct launch_own *own, pid_t *ret_pid)
{
    char   slots[32] = "";
    char  *arguments[] = {"k3thread",    "-S", place->socket, "supervise", "--listen-fd=3",
                          "--lock-fd=4", NULL, NULL,          NULL,        NULL};
    size_t count = 6;
    /*
     * Room for libraries loaded later, of which there are none, would cost each thread a KiB; and
     * its dates are UTC, so no file of a time zone has to be read for them.
     */
    char *const environment[] = {"GLIBC_TUNABLES=glibc.rtld.optional_static_tls=0:glibc.rtld.nns=1",
                                 "TZ=UTC0", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t          attributes;
    int                        error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return -error;
    if (own != NULL)
        arguments[count++] = "--lifeline-fd=5";
    if (own != NULL && own->private_place)
        arguments[count++] = "--private";
    if (own != NULL && own->slots > 0) {
        (void) snprintf(slots, sizeof(slots), "--slots=%u", own->slots);
        arguments[count] = slots;
    }
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = add_actions(&actions, claim, own != NULL ? own->lifeline : -1);
        if (error == 0)
            error = set_attributes(&attributes);
        if (error == 0)
            error = posix_spawn(ret_pid, "/proc/self/exe", &actions, &attributes, arguments,
                                environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

/* Moves FD out of the way of the numbers that the child uses. Closes FD; returns -errno if so. */
static int lift(int fd)
{
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    int error = -errno;

    close(fd);
    return lifted >= 0 ? lifted : error;
}

void launch_release(struct claim *claim)
{
    if (claim->listener >= 0)
        close(claim->listener);
    if (claim->lock >= 0)
        close(claim->lock);
    *claim = (struct claim){-1, -1};
}

/* Caller holds the lock START, and nobody listens. Waits until the one before is gone. */
static int take_place(const struct place *place, struct claim *ret, struct text *why)
{
    struct claim claim = {-1, -1};
    int          error;

    claim.lock = open_locked(place, LIFE_LOCK);
    if (claim.lock >= 0)
        claim.lock = lift(claim.lock);
    if (claim.lock < 0)
        return explain(why, claim.lock, "cannot lock", place->lock);
    error = remove_stale(place);
    if (error != 0) {
        explain(why, error, "cannot replace", place->socket);
        goto failed;
    }
    claim.listener = listen_at(place);
    if (claim.listener >= 0)
        claim.listener = lift(claim.listener);
    if (claim.listener < 0) {
        error = explain(why, claim.listener, "cannot listen at", place->socket);
        goto failed;
    }
    *ret = claim;
    return 0;
failed:
    launch_release(&claim);
    return error;
}

/* Caller holds the lock START, and nobody listens. */
static int bring_up(const struct place *place, const struct launch_own *own, pid_t *ret_pid,
                    struct text *why)
{
    struct claim claim;
    int          error = take_place(place, &claim, why);

    if (error != 0)
        return error;
    error = spawn_supervisor(place, &claim, own, ret_pid);
    if (error != 0) {
        explain(why, error, "cannot run", "/proc/self/exe");
        (void) unlink(place->socket);
    }
    launch_release(&claim);
    return error;
}

/* Caller holds the lock START. */
static int connect_or_bring_up(const struct place *place, int *ret_fd, struct text *why)
{
    int   error = launch_connect(place, ret_fd); /* another starter may have been faster */
    pid_t pid;

    if (!launch_is_absent(error))
        return error;
    error = bring_up(place, NULL, &pid, why);
    if (error != 0)
        return error;
    error = launch_connect(place, ret_fd);
    if (!launch_is_absent(error))
        return error;
    text_printf(why, "the supervisor ended as soon as it began; see %s", place->journal);
    return -ECONNRESET;
}

/* Makes the directory and takes the lock START; returns its descriptor or -errno. */
static int begin(const struct place *place, struct text *why)
{
    char *refusal;
    int   start;
    int   error = place_prepare(place, &refusal);

    if (error != 0) {
        text_add(why, refusal != NULL ? refusal : strerror(-error));
        free(refusal);
        return error;
    }
    start = open_locked(place, START_LOCK);
    return start >= 0 ? start : explain(why, start, "cannot lock", place->lock);
}

int launch_supervisor(const struct place *place, int *ret_fd, struct text *why)
{
    int start = begin(place, why);
    int error = start;

    if (start < 0)
        return error;
    error = connect_or_bring_up(place, ret_fd, why);
    close(start);
    return error;
}

/* Caller holds the lock START. Returns 0 if nobody listens, or explains who does. */
static int check_absent(const struct place *place, struct text *why)
{
    int fd;
    int error = launch_connect(place, &fd);

    if (launch_is_absent(error))
        return 0;
    if (error != 0)
        return explain(why, error, "cannot connect to", place->socket);
    close(fd);
    text_printf(why, "a supervisor is at %s already", place->socket);
    return -EADDRINUSE;
}

int launch_claim(const struct place *place, struct claim *ret, struct text *why)
{
    int start = begin(place, why);
    int error = start;

    if (start < 0)
        return error;
    error = check_absent(place, why);
    if (error == 0)
        error = take_place(place, ret, why);
    close(start);
    return error;
}

int launch_own(const struct place *place, const struct launch_own *own, pid_t *ret_pid,
               struct text *why)
{
    struct launch_own lifted = *own;
    int               start = begin(place, why);
    int               error = start;

    if (start < 0)
        return error;
    error = check_absent(place, why);
    lifted.lifeline = fcntl(own->lifeline, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    if (error == 0 && lifted.lifeline < 0)
        error = explain(why, -errno, "cannot copy a descriptor for", place->socket);
    if (error == 0)
        error = bring_up(place, &lifted, ret_pid, why);
    if (lifted.lifeline >= 0)
        close(lifted.lifeline);
    close(start);
    return error;
}
