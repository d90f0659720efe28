#include "cli/server/leash.h"

#include "cli/base/linux_calls.h"
#include "cli/base/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One process, and the threads on the leash to it. */
struct leash {
    struct source source; /* the pidfd; -1: the process has ended */
    pid_t         pid;
    size_t        references;
    char          message[64];
    LIST_HEAD(, record)
    untold; /* the threads that leash_tell() must tell of the process's end */
    LIST_ENTRY(leash) link;
};

static LIST_HEAD(, leash) leashes = LIST_HEAD_INITIALIZER(leashes);
static bool some_untold; /* a leash has snapped, and a thread on it was not told */

/* Stops watching LEASH's process, which has ended. */
static void snap(struct leash *leash)
{
    loop_close(&leash->source);
    some_untold = true;
}

static void process_ended(struct source *source, uint32_t events)
{
    (void) events;
    snap(LOOP_OWNER(source, struct leash, source));
}

/* Returns true if the process of LEASH has ended, also if the loop has not seen that yet. */
static bool is_over(const struct leash *leash)
{
    struct pollfd end = {.fd = leash->source.fd, .events = POLLIN};

    return end.fd < 0 || poll(&end, 1, 0) > 0;
}

/* Returns the leash to PID that exists already, or NULL. While its process lives, no other process has its pid. */
static struct leash *find(pid_t pid)
{
    struct leash *leash;

    LIST_FOREACH(leash, &leashes, link)
        if (leash->pid == pid && !is_over(leash))
            return leash;
    return NULL;
}

/*
 * Opens the process PID. Returns a pidfd, -ESRCH if the process has ended, or -errno. The kernel returns an error
 * other than ESRCH also for a process that is gone but whose group lives on under its pid.
 */
static int open_process(pid_t pid)
{
    int fd = linux_pidfd_open(pid);
    int error = errno;

    if (fd >= 0)
        return fd;
    if (error != EINVAL && error != ENOENT)
        return -error;
    return kill(pid, 0) == 0 || errno == EPERM ? -EINVAL : -ESRCH;
}

/* Makes the loop watch the process of LEASH. Returns 0 or -errno. */
static int watch(struct leash *leash)
{
    int fd = open_process(leash->pid), error;

    leash->source = (struct source){.fd = -1, .ready = process_ended};
    if (fd == -ESRCH)
        return 0;
    if (fd < 0)
        return fd;
    leash->source.fd = fd;
    error = loop_add(&leash->source, EPOLLIN);
    if (error != 0)
        close(fd);
    return error;
}

int leash_open(pid_t pid, struct leash **ret)
{
    struct leash *leash = find(pid);
    int           error;

    if (leash == NULL) {
        leash = calloc(1, sizeof(*leash));
        if (leash == NULL)
            return -ENOMEM;
        leash->pid = pid;
        error = watch(leash);
        if (error != 0) {
            free(leash);
            return error;
        }
        (void) snprintf(leash->message, sizeof(leash->message), "its leash, process %d, has ended",
                        (int) pid);
        LIST_INSERT_HEAD(&leashes, leash, link);
    }
    leash->references++;
    *ret = leash;
    return 0;
}

void leash_release(struct leash *leash)
{
    if (leash == NULL || --leash->references > 0)
        return;
    LIST_REMOVE(leash, link);
    loop_close(&leash->source);
    free(leash);
}

void leash_put(struct leash *leash, struct record *record)
{
    record->leash = leash;
    record->is_untold = true;
    LIST_INSERT_HEAD(&leash->untold, record, on_leash);
}

/* Notes that RECORD need not be told any more that its leash has snapped. */
static void set_told(struct record *record)
{
    if (record->is_untold)
        LIST_REMOVE(record, on_leash);
    record->is_untold = false;
}

void leash_remove(struct record *record)
{
    set_told(record);
    leash_release(record->leash);
    record->leash = NULL;
}

bool leash_has_snapped(const struct record *record)
{
    return record->leash != NULL && is_over(record->leash);
}

const char *leash_message(const struct record *record)
{
    return record->leash->message;
}

/* Tells the threads on LEASH, which has snapped, that are not told yet. Returns false if TELL failed for a thread. */
static bool tell_all(struct leash *leash, bool (*tell)(struct record *record))
{
    struct record *record, *next;
    bool           all = true;

    for (record = LIST_FIRST(&leash->untold); record != NULL; record = next) {
        next = LIST_NEXT(record, on_leash);
        if (!record_is_live(record) || tell(record))
            set_told(record);
        else
            all = false;
    }
    return all;
}

bool leash_tell(bool (*tell)(struct record *record))
{
    struct leash *leash;
    bool          all = true;

    if (!some_untold)
        return true;
    LIST_FOREACH(leash, &leashes, link)
        if (leash->source.fd < 0)
            all &= tell_all(leash, tell);
    some_untold = !all;
    return all;
}

void leash_tell_again(struct record *record)
{
    if (record->is_untold)
        return;
    record->is_untold = true;
    LIST_INSERT_HEAD(&record->leash->untold, record, on_leash);
    some_untold = true;
}
