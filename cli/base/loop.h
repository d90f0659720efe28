/*
 * The event loop of the server: descriptors and what to call when they are ready, and one timer.
 * One thread.
 */
#ifndef K3THREAD_CLI_BASE_LOOP_H
#define K3THREAD_CLI_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/* A descriptor and the function of its owner, in which it is embedded. */
struct source {
    int fd;
    void (*ready)(struct source *source, uint32_t events);
};

/* Returns 0 or -errno. */
int loop_open(void);

/* Watches SOURCE for EVENTS (EPOLLIN, EPOLLOUT). Each returns 0 or -errno. */
int loop_add(struct source *source, uint32_t events);
int loop_change(struct source *source, uint32_t events);

/* Stops watching it: its function is not called again, not even for what was found ready already. */
void loop_remove(struct source *source);

/*
 * Runs until *STOP. After each round calls AFTER, which returns after how many seconds it must be called
 * again; negative: it need not be. When nothing has happened for a second, calls IDLE, once until
 * something happens.
 */
int loop_run(const bool *stop, double (*after)(void), void (*idle)(void));

#endif
