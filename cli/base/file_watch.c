#include "cli/base/file_watch.h"

#include "cli/base/loop_inotify.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#define BUCKETS 256

LIST_HEAD(file_watch_list, file_watch);

static struct loop_inotify inotify = {.source.fd = -1};

/*
 * Guards ARMED and INOTIFY. It is held across inotify_add_watch(), so that no event is read before the watch's number
 * is stored. That call does not wait, because the file is open, and is named by its descriptor.
 */
static pthread_mutex_t        lock = PTHREAD_MUTEX_INITIALIZER;
static struct file_watch_list armed[BUCKETS];

static struct file_watch_list *bucket_of(int key)
{
    return &armed[(unsigned) key % BUCKETS];
}

/* Ends the watch until it is armed again. Caller holds the lock. */
static void disarm(struct file_watch *watch)
{
    if (watch->key >= 0)
        LIST_REMOVE(watch, link);
    watch->key = -1;
}

/* Makes the watch's descriptor readable: the file was written to. Caller holds the lock. */
static void tell(struct file_watch *watch)
{
    disarm(watch);
    (void) eventfd_write(watch->fd, 1); /* the counter was 0 when the watch was armed */
}

/* Tells each watch of the file KEY; a file may have several. */
static void tell_key(int key)
{
    struct file_watch *watch, *next;

    pthread_mutex_lock(&lock);
    for (watch = LIST_FIRST(bucket_of(key)); watch != NULL; watch = next) {
        next = LIST_NEXT(watch, link);
        if (watch->key == key)
            tell(watch);
    }
    pthread_mutex_unlock(&lock);
}

/* Tells every watch, because events were lost. */
static void tell_all(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < BUCKETS; i++)
        while (!LIST_EMPTY(&armed[i]))
            tell(LIST_FIRST(&armed[i]));
    pthread_mutex_unlock(&lock);
}

/*
 * A watch for one event (IN_ONESHOT) ends a moment after its event. A worker that arms it again in this moment gets the
 * same number, and no watch. So the end of a watch (IN_IGNORED) is told, too.
 */
void file_watch_begin(void)
{
    pthread_mutex_lock(&lock);
    if (inotify.source.fd < 0)
        (void) loop_inotify_open(&inotify, IN_MODIFY | IN_IGNORED, tell_key, tell_all);
    pthread_mutex_unlock(&lock);
}

void file_watch_end(void)
{
    loop_inotify_close(&inotify);
}

void file_watch_open(struct file_watch *watch)
{
    *watch = (struct file_watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .key = -1};
}

/* Makes the kernel watch FILE for writes. Returns the number of the watch, or -1. Caller holds the lock. */
static int add_watch(int file)
{
    char path[32];

    if (inotify.source.fd < 0)
        return -1;
    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    return inotify_add_watch(inotify.source.fd, path, IN_MODIFY | IN_ONESHOT);
}

bool file_watch_arm(struct file_watch *watch, int file)
{
    eventfd_t ignored;

    if (watch->fd < 0)
        return false;
    pthread_mutex_lock(&lock);
    disarm(watch);
    (void) eventfd_read(watch->fd, &ignored); /* the caller looks at the file next */
    watch->key = add_watch(file);
    if (watch->key >= 0)
        LIST_INSERT_HEAD(bucket_of(watch->key), watch, link);
    pthread_mutex_unlock(&lock);
    return watch->key >= 0;
}

void file_watch_close(struct file_watch *watch)
{
    pthread_mutex_lock(&lock);
    disarm(watch);
    pthread_mutex_unlock(&lock);
    if (watch->fd >= 0)
        close(watch->fd);
    *watch = (struct file_watch){.fd = -1, .key = -1};
}
