/*
 * caught HOW FIFO: writes a byte to FIFO when it is ready, and one for each ValueError that it catches in a wait
 * (attached) or for each SIGUSR1 (handler). With HOW idle or crowd it only has ten threads that wait, and with
 * crowd it is attached.
 */
#include "k3thread.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int fifo;

static void tell(int signal)
{
    (void) signal;
    if (write(fifo, "!", 1) < 0)
        _exit(1);
}

static void *wait_for_ever(void *arg)
{
    k3thread_sleep(-1);
    return arg;
}

static void catch_all(void)
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
}

int main(int count, char **words)
{
    bool attached, crowd;

    if (count != 3)
        return 64;
    attached = strcmp(words[1], "attached") == 0 || strcmp(words[1], "crowd") == 0;
    crowd = strcmp(words[1], "idle") == 0 || strcmp(words[1], "crowd") == 0;
    fifo = open(words[2], O_RDWR | O_CLOEXEC);
    if (fifo < 0 || (attached && k3thread_attach() != 0))
        return 1;
    if (!attached && !crowd)
        (void) signal(SIGUSR1, tell);
    for (int i = 1; crowd && i < 10; i++)
        k3thread_start(NULL, wait_for_ever, NULL, NULL);
    tell(0);
    if (attached || crowd)
        catch_all();
    for (;;)
        pause();
}
