/*
 * Measures the private memory of the process for each of many waiting threads, from smaps_rollup.
 *
 * Each measurement is made in a forked process of its own, so that no measurement reuses a
 * stack of the one before.
 */
#include "lib-measure.h"

#include "k3thread.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 10000

static sem_t running;
static int   last_tid;

static void tell(void)
{
    last_tid = gettid();
    sem_post(&running);
}

static void *wait_managed(void *arg)
{
    tell();
    (void) k3thread_sleep(-1);
    return arg;
}

static void *wait_bare(void *arg)
{
    tell();
    pause();
    return arg;
}

static void start_managed(void)
{
    must(k3thread_daemon(NULL, wait_managed, NULL, NULL), "k3thread_daemon");
}

static void start_bare(void)
{
    pthread_t thread;

    must(pthread_create(&thread, NULL, wait_bare, NULL), "pthread_create");
}

/* Returns the size of the private pages, in bytes. */
static double own_memory(void)
{
    FILE         *file = fopen("/proc/self/smaps_rollup", "r");
    char          line[128];
    unsigned long kilobytes;
    double        sum = 0;

    must(file == NULL, "/proc/self/smaps_rollup");
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "Private_%*[A-Za-z]: %lu", &kilobytes) == 1)
            sum += (double) kilobytes * 1024;
    }
    fclose(file);
    return sum;
}

static double bytes_for_each(void (*start)(void))
{
    double before = own_memory();

    must(sem_init(&running, 0, 0), "sem_init");
    for (unsigned i = 0; i < THREADS; i++) {
        start();
        while (sem_wait(&running) != 0)
            ;
    }
    wait_until_asleep(last_tid);
    return (own_memory() - before) / THREADS;
}

/* The child ends by _exit, which does not wait for its threads. */
static double in_child(void (*start)(void))
{
    int    ends[2];
    pid_t  child;
    int    status;
    double bytes = 0;

    must(pipe(ends), "pipe");
    child = fork();
    must(child < 0, "fork");
    if (child == 0) {
        bytes = bytes_for_each(start);
        _exit(write(ends[1], &bytes, sizeof(bytes)) == sizeof(bytes) ? 0 : 1);
    }
    must(read(ends[0], &bytes, sizeof(bytes)) != sizeof(bytes), "the measuring child");
    must(waitpid(child, &status, 0) != child || status != 0, "the measuring child");
    close(ends[0]);
    close(ends[1]);
    return bytes;
}

static double managed(void)
{
    return in_child(start_managed);
}

static double bare(void)
{
    return in_child(start_bare);
}

int main(void)
{
    measure(&(struct benchmark){.name = "memory for each of 10,000 waiting",
                                .unit = "KiB",
                                .floor_name = "a pthread in pause",
                                .figure = managed,
                                .floor = bare,
                                .aim = AIM_FIGURE,
                                .limit = 12,
                                .samples = 1,
                                .rounds = 2,
                                .scale = 1024});
    return 0;
}
