#include "cli/base/file_watch.h"

#include "cli/base/background_close.h"
#include "cli/base/inotify_block.h"
#include "cli/base/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BUCKETS 256

LIST_HEAD(file_watch_list, file_watch);

static struct source inotify = {.fd = -1};

/*
 * Guards ARMED. It is held across inotify_add_watch(), so that no event is read before the watch's number is stored.
 * That call does not wait, because the file is open, and is named by its descriptor.
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

/* Tells each watch of the file KEY; a file may have several. Caller holds the lock. */
static void tell_key(int key)
{
    struct file_watch *watch, *next;

    for (watch = LIST_FIRST(bucket_of(key)); watch != NULL; watch = next) {
        next = LIST_NEXT(watch, link);
        if (watch->key == key)
            tell(watch);
    }
}

/* Tells every watch, because events were lost. Caller holds the lock. */
static void tell_all(void)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (!LIST_EMPTY(&armed[i]))
            tell(LIST_FIRST(&armed[i]));
}

static void inotify_ready(struct source *source, uint32_t events)
{
    const struct inotify_event *event;
    struct inotify_block        block;

    (void) events;
    (void) inotify_block_read(&block, source->fd);
    pthread_mutex_lock(&lock);
    while ((event = inotify_block_next(&block)) != NULL)
        if (event->mask & IN_Q_OVERFLOW)
            tell_all();
        else if (event->mask & IN_MODIFY)
            tell_key(event->wd);
    pthread_mutex_unlock(&lock);
}

void file_watch_begin(void)
{
    int fd = inotify.fd < 0 ? inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1;

    if (fd < 0)
        return;
    pthread_mutex_lock(&lock);
    inotify = (struct source){.fd = fd, .ready = inotify_ready};
    if (loop_add(&inotify, EPOLLIN) != 0) {
        close(fd);
        inotify.fd = -1;
    }
    pthread_mutex_unlock(&lock);
}

void file_watch_end(void)
{
    background_close(inotify.fd);
    inotify.fd = -1;
}

void file_watch_open(struct file_watch *watch)
{
    *watch = (struct file_watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .key = -1};
}

/* Makes the kernel watch FILE for writes. Returns the number of the watch, or -1. Caller holds the lock. */
static int add_watch(int file)
{
    char path[32];

    if (inotify.fd < 0)
        return -1;
    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    return inotify_add_watch(inotify.fd, path, IN_MODIFY | IN_ONESHOT);
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
