/*
 * The event loop of a process: descriptors, the functions to call when they are ready, and one timer. One thread.
 */
#ifndef K3THREAD_CLI_BASE_LOOP_H
#define K3THREAD_CLI_BASE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/queue.h>

/* A descriptor, and the function to call when it is ready. The owner of the source embeds it. */
struct source {
    int      fd;
    uint32_t events; /* that the loop watches for; the loop sets it */
    bool     rests;  /* see loop_rest(); the loop sets it */
    void (*ready)(struct source *source, uint32_t events);
    LIST_ENTRY(source) resting;
};

/* Returns the object whose member MEMBER is the source at SOURCE. */
#define LOOP_OWNER(source, type, member)                                                           \
    ((type *) (void *) ((char *) (source) -offsetof(type, member)))

/* Opens the loop, once. Returns 0 or -errno. */
int loop_open(void);

/*
 * Begin to watch SOURCE for EVENTS (EPOLLIN, EPOLLOUT), and change the events; a change to the same events costs
 * nothing. Return 0 or -errno.
 */
int loop_add(struct source *source, uint32_t events);
int loop_change(struct source *source, uint32_t events);

/*
 * Makes SOURCE the source of FD, which becomes non-blocking and is closed with SOURCE, also after a failure. Watches
 * it for EVENTS. Returns 0 or -errno.
 */
int loop_watch(struct source *source, int fd, void (*ready)(struct source *source, uint32_t events),
               uint32_t events);

/*
 * Stops watching SOURCE, which the loop watches, for a moment. A function that cannot take what is ready, for lack of
 * descriptors or memory, calls this; otherwise the loop would call the function again and again.
 */
void loop_rest(struct source *source);

/*
 * Accepts a client of the listening socket of SOURCE. Returns a socket with O_NONBLOCK and O_CLOEXEC, or -EAGAIN if no
 * client waits. Returns another -errno if a client waits but cannot be accepted now.
 */
int loop_accept(const struct source *source);

/* Stops watching SOURCE: its function is not called again, not even for events of this round. */
void loop_remove(struct source *source);

/* Stops watching SOURCE, and closes its descriptor. A source with the descriptor -1 is closed already. */
void loop_close(struct source *source);

/*
 * Runs until *STOP is true. After each round calls AFTER, which returns the seconds after which it must be called
 * again; negative: it need not be. When there was no event for a second, calls IDLE, unless it is NULL, once before
 * the next event. Returns 0 or -errno.
 */
int loop_run(const bool *stop, double (*after)(void), void (*idle)(void));

#endif
