/*
 * caught HOW FIFO [GATE]: writes a byte to FIFO when it is ready, and one for each exception that it takes in a wait:
 * ValueError if HOW is attached or crowd, SIGUSR1 if it is handler. With HOW idle or crowd it has ten threads, main
 * and worker-1 to worker-9, and with crowd it is attached. With a GATE, a FIFO, it attaches when somebody has opened
 * GATE for writing, and detaches, and writes a byte, when GATE is closed.
 */
#include "k3thread.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORKERS 9

static int fifo;

static void tell(int signal)
{
    (void) signal;
    if (write(fifo, "!", 1) < 0)
        _exit(1);
}

static void *catch_all(void *arg)
{
    for (;;) {
        K3THREAD_TRY {
            k3thread_sleep(-1);
        }
        K3THREAD_EXCEPT(k3thread_ValueError, e) {
            tell(0);
        }
        K3THREAD_END
    }
    return arg;
}

static void start_workers(void)
{
    char                    name[32];
    struct k3thread_options options = {.name = name, .daemon = true};

    for (int i = 1; i <= WORKERS; i++) {
        (void) snprintf(name, sizeof(name), "worker-%d", i);
        if (k3thread_start(NULL, catch_all, NULL, &options) != 0)
            _exit(1);
    }
}

/* Attaches when GATE is opened, and detaches when it is closed. */
static void pass_gate(const char *gate)
{
    char byte;
    int  fd;

    tell(0);
    fd = open(gate, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || k3thread_attach() != 0)
        _exit(1);
    tell(0);
    if (read(fd, &byte, 1) != 0 || k3thread_detach() != 0)
        _exit(1);
}

int main(int count, char **words)
{
    bool attached, crowd;

    if (count < 3)
        return 64;
    attached = strcmp(words[1], "attached") == 0 || strcmp(words[1], "crowd") == 0;
    crowd = strcmp(words[1], "idle") == 0 || strcmp(words[1], "crowd") == 0;
    fifo = open(words[2], O_RDWR | O_CLOEXEC);
    if (fifo < 0)
        return 1;
    if (crowd)
        start_workers();
    if (count > 3)
        pass_gate(words[3]);
    else if (attached && k3thread_attach() != 0)
        return 1;
    if (!attached && !crowd)
        (void) signal(SIGUSR1, tell);
    tell(0);
    if (attached || crowd)
        catch_all(NULL);
    for (;;)
        pause();
}
