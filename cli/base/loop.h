/*
 * The event loop of the server: descriptors and what to call when they are ready, and one timer.
 * One thread.
 */
#ifndef K3THREAD_CLI_BASE_LOOP_H
#define K3THREAD_CLI_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/* A descriptor and its owner's function; embedded in the owner. */
struct source {
    int fd;
    void (*ready)(struct source *source, uint32_t events);
};

/* Returns 0 or -errno. */
int loop_open(void);

/* Watches SOURCE for EVENTS (EPOLLIN, EPOLLOUT). Each returns 0 or -errno. */
int loop_add(struct source *source, uint32_t events);
int loop_change(struct source *source, uint32_t events);

/* Watches it no more; nothing is called for it again, not even what was found ready already. */
void loop_remove(struct source *source);

/*
 * Runs until *STOP. After each round calls AFTER, which returns the seconds until it wants to be
 * called again at the latest; negative: no matter. When nothing has happened for a second, calls
 * IDLE, once, until something does.
 */
int loop_run(const bool *stop, double (*after)(void), void (*idle)(void));

#endif
