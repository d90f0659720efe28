#include "cli/place/lock.h"

#include "cli/base/clock.h"
#include "cli/base/process_state.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The seconds of a wait until a message names the holder, and until the wait is given up. */
#define NOTICE_AFTER 0.5
#define PATIENCE     20.0

/* The seconds between two tries to take the lock. */
#define TRY_FIRST_PAUSE 0.0002
#define TRY_LAST_PAUSE  0.02

/* The size of the first line of the file: the pid of the process that holds LOCK_START. */
#define STARTER_SIZE 16

/* The processes that hold the lock, as the file names them. */
struct holder {
    pid_t starter, guardian, supervisor; /* 0: not known */
    char  socket[108];
};

/*
 * Opens the lock file at PATH, which must be the user's own. Whatever the umask is, its owner can
 * use it later.
 */
static int open_lock(const char *path)
{
    struct stat info;
    mode_t      mask = umask(077);
    int         fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int         error = fd < 0 ? -errno : 0;

    umask(mask);
    if (error != 0)
        return error;
    /* Another user could hold the lock of a file of theirs for ever. */
    if (fstat(fd, &info) < 0)
        error = -errno;
    else if (!S_ISREG(info.st_mode) || info.st_uid != geteuid())
        error = -EPERM;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

/* Returns 0, or -errno; -EAGAIN: another process holds the lock. */
static int try_lock(int fd, enum lock_part part, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t) part, .l_len = 1};

    return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

bool lock_is_at(int fd, const char *path)
{
    struct stat ours, there;

    return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

/*
 * Opens the lock file and tries to take PART. Tries again if there is another file at PATH by then.
 */
static int open_and_try(const char *path, enum lock_part part, short type)
{
    for (;;) {
        int fd = open_lock(path);
        int error = fd < 0 ? fd : try_lock(fd, part, type);

        if (error == 0 && lock_is_at(fd, path))
            return fd;
        if (fd >= 0)
            close(fd);
        if (error != 0)
            return error;
    }
}

static void read_holder(const char *path, struct holder *ret)
{
    char    text[256];
    int     fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

    *ret = (struct holder){0};
    if (fd >= 0)
        close(fd);
    if (size < 0)
        return;
    text[size] = '\0';
    (void) sscanf(text, "%d", &ret->starter);
    if (size > STARTER_SIZE)
        (void) sscanf(text + STARTER_SIZE, "%d %d %107[^\n]", &ret->guardian, &ret->supervisor,
                      ret->socket);
}

void lock_sign(int fd, pid_t guardian, pid_t supervisor, const char *socket)
{
    char text[256];
    int size = snprintf(text, sizeof(text), "%d %d %s\n", (int) guardian, (int) supervisor, socket);

    /* Only messages use these lines, so a failed write does no harm. */
    if (ftruncate(fd, STARTER_SIZE) == 0 && size > 0 && size < (int) sizeof(text))
        (void) !pwrite(fd, text, (size_t) size, STARTER_SIZE);
}

static void sign_start(int fd)
{
    char text[STARTER_SIZE + 1];
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN); /* with "ulimit -f 0" */

    (void) snprintf(text, sizeof(text), "%-*d\n", STARTER_SIZE - 1, (int) getpid());
    (void) !pwrite(fd, text, STARTER_SIZE, 0);
    (void) signal(SIGXFSZ, handler);
}

static bool is_alive(pid_t pid)
{
    char state = process_state(pid);

    return state != 0 && state != 'Z' && state != 'X';
}

/*
 * Appends the process that holds PART to TEXT. Returns true if it is of no use to wait for that
 * process.
 */
static bool describe(const struct place *place, enum lock_part part, struct text *text)
{
    struct holder holder;
    pid_t         pid;
    char          state;
    const char   *what = "the supervisor";

    read_holder(place->lock, &holder);
    pid = holder.supervisor;
    if (part == LOCK_START) {
        pid = holder.starter;
        what = "another start";
    } else if (!is_alive(pid)) {
        pid = holder.guardian;
        what = "the guardian of the last supervisor, which ends the processes that are left";
    }
    state = process_state(pid);
    if (!is_alive(pid)) {
        text_printf(text, "somebody holds %s", place->lock);
        return false;
    }
    text_printf(text, "process %d, %s, holds %s", (int) pid, what, place->lock);
    if (process_state_is_stopped(state))
        text_printf(text, " and is stopped; \"kill -CONT %d\" lets it go on", (int) pid);
    return state == 'T';
}

/* Returns true, with a sentence in WHY, if a supervisor at another socket holds the lock. */
static bool is_shared(const struct place *place, struct text *why)
{
    struct holder holder;

    read_holder(place->lock, &holder);
    if (holder.socket[0] == '\0' || (!is_alive(holder.supervisor) && !is_alive(holder.guardian)) ||
        strcmp(strrchr(place->socket, '/'), strrchr(holder.socket, '/')) == 0)
        return false;
    text_printf(why,
                "%s belongs to the supervisor at %s (process %d); choose another socket's name",
                place->lock, holder.socket, (int) holder.supervisor);
    return true;
}

/*
 * Names the holder on standard error. If it is of no use to wait, names it in WHY instead, and returns false.
 */
static bool give_notice(const struct place *place, enum lock_part part, struct text *why)
{
    struct text words = {0};
    bool        useless = describe(place, part, &words);

    if (useless)
        text_append(why, words.data, words.size);
    else if (!words.failed)
        (void) dprintf(STDERR_FILENO, "k3thread: waiting: %.*s\n", (int) words.size, words.data);
    text_release(&words);
    return !useless;
}

/* Sleeps before the next try: longer after a longer wait. */
static void pause_after(double waited)
{
    double          seconds = clock_earlier(TRY_FIRST_PAUSE + waited / 8, TRY_LAST_PAUSE);
    struct timespec pause = {.tv_nsec = (long) (1e9 * seconds)};

    (void) nanosleep(&pause, NULL);
}

/* Waits for PART, which another process holds. It polls: fcntl(2) has no wait with a time limit. */
static int wait_for(const struct place *place, enum lock_part part, struct text *why)
{
    double began = clock_monotonic(), waited = 0;
    bool   noticed = false;
    int    fd = -EAGAIN;

    if (part == LOCK_LIFE && is_shared(place, why))
        return -EADDRINUSE;
    while (fd == -EAGAIN && waited < PATIENCE) {
        pause_after(waited);
        fd = open_and_try(place->lock, part, F_WRLCK);
        waited = clock_monotonic() - began;
        if (fd != -EAGAIN || noticed || waited < NOTICE_AFTER)
            continue;
        noticed = true;
        if (!give_notice(place, part, why))
            return -EBUSY;
    }
    if (fd == -EAGAIN)
        describe(place, part, why);
    return fd;
}

int lock_take(const struct place *place, enum lock_part part, struct text *why)
{
    size_t said = why->size;
    int    fd = open_and_try(place->lock, part, F_WRLCK);

    if (fd == -EAGAIN)
        fd = wait_for(place, part, why);
    if (fd < 0 && why->size == said)
        text_printf(why, "cannot lock %s: %s", place->lock, strerror(-fd));
    if (fd >= 0 && part == LOCK_START)
        sign_start(fd);
    return fd;
}

int lock_share(const char *path)
{
    return open_and_try(path, LOCK_LIFE, F_RDLCK);
}
