/* Has all interruptible waits, each blocked, for programs that check a rule for all of them. */
#ifndef K3THREAD_TESTS_LIB_WAITS_H
#define K3THREAD_TESTS_LIB_WAITS_H

#include "test.h"

#include <netinet/in.h>
#include <semaphore.h>
#include <sys/un.h>

/* The objects that the waits wait for. Nothing comes. */
struct waits {
    double timeout; /* of the waits that have one */
    int    ends[2]; /* a pipe that is empty */
    int    full[2]; /* a pipe that is full */
    int    pair[2]; /* sockets: nothing comes to the first, and nothing more goes out of it */
    int    listener, crowded; /* listeners: without a connection; without room for one */
    int    epoll, locked, file;
    char   fifo[64]; /* its name, through a descriptor */
    pid_t  child;
    pthread_mutex_t held;
    sem_t           none;
    uint32_t        word;
    k3thread       *sleeper; /* which holds the mutex */
};

extern struct waits waits;

/* One wait. */
struct wait {
    const char *name;
    long (*make)(void); /* makes the wait, and returns its result */
    bool is_timed;
};

extern const struct wait waits_all[];
extern const size_t      waits_count;

/* Make the objects; end the child and the thread among them. */
void waits_begin(void);
void waits_end(void);

/* Writes to FD until a write would block. */
void waits_fill(int fd);

/* Returns a socket that listens, and stores its address. */
int waits_listen(struct sockaddr_in *ret);

/* Makes a FIFO and removes its name. Stores a path that leads to it by the returned descriptor. */
int waits_make_fifo(char *ret, size_t size);

/* Makes two descriptors of one file, whose locks exclude each other. */
void waits_make_locks(int *ret, int *ret_other);

/* Sleeps until an exception is raised in the thread; a target. */
void *waits_sleep(void *arg);

/* Returns a child that waits for a signal. */
pid_t waits_fork(void);

#endif
