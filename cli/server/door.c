#include "cli/server/door.h"

#include "cli/place/bell.h"
#include "cli/place/journal.h"
#include "cli/place/lock.h"
#include "cli/place/socket.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct place *place;
static int                 lock, bell = -1;
static pid_t               guardian;

/* The file of our socket: it shows whether the socket at the path is still ours. */
static struct {
    bool  known;
    dev_t device;
    ino_t number;
} own;

static void remember_socket(void)
{
    struct stat info;

    own.known = lstat(place->socket, &info) == 0 && S_ISSOCK(info.st_mode);
    if (own.known) {
        own.device = info.st_dev;
        own.number = info.st_ino;
    }
}

void door_open(const struct place *given, int given_lock, pid_t given_guardian)
{
    place = given;
    lock = given_lock;
    guardian = given_guardian;
    lock_sign(lock, guardian, getpid(), place->socket);
    remember_socket();
}

int door_open_bell(void)
{
    bell = bell_open(place);
    if (bell < 0)
        journal_write("cannot make the bell, so no client can report a removed file: %s",
                      strerror(-bell));
    return bell;
}

/* Makes the directories that are missing. Fails if other users could write in one of them. */
static int restore_directory(void)
{
    bool        is_made;
    struct text why = {0};
    int         error = place_restore(place, &is_made, &why);

    if (error == 0)
        journal_restore();
    if (is_made)
        journal_write("%s was removed; made it again", place->directory);
    if (error != 0)
        journal_write("%.*s", (int) why.size, why.data);
    text_release(&why);
    return error;
}

/* Takes the lock again if its file was removed, and has the guardian take it again too. */
static int restore_lock(void)
{
    int fd;

    if (lock_is_at(lock, place->lock))
        return 0;
    fd = lock_share(place->lock);
    if (fd < 0) {
        journal_write("%s was removed, and cannot be locked anew: %s", place->lock, strerror(-fd));
        return fd;
    }
    close(lock);
    lock = fd;
    lock_sign(lock, guardian, getpid(), place->socket);
    kill(guardian, SIGUSR1);
    return 0;
}

/* Returns true if no live supervisor, this one included, listens at the socket's path. */
static bool is_free(void)
{
    struct stat info;
    int         fd;

    if (lstat(place->socket, &info) < 0)
        return errno == ENOENT;
    if (!S_ISSOCK(info.st_mode))
        return false;
    if (own.known && info.st_dev == own.device && info.st_ino == own.number)
        return false;
    fd = socket_connect(place->socket);
    if (fd >= 0)
        close(fd);
    return fd == -ECONNREFUSED;
}

int door_look(void)
{
    int fd, error;

    if (restore_directory() != 0 || restore_lock() != 0 || !is_free())
        return -1;
    error = socket_remove_stale(place->socket);
    fd = error == 0 ? socket_listen(place->socket) : error;
    if (fd < 0) {
        journal_write("cannot put back %s: %s", place->socket, strerror(-fd));
        return -1;
    }
    remember_socket();
    journal_write("%s was removed; put it back", place->socket);
    return fd;
}

void door_shut(void)
{
    struct stat info;

    if (bell >= 0)
        close(bell);
    if (own.known && lstat(place->socket, &info) == 0 && info.st_dev == own.device &&
        info.st_ino == own.number)
        unlink(place->socket);
}
