#include "cli/supervisor/sweep.h"

#include "cli/supervisor/children.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One look at who is a child of ours now; *RET is how many there were, dead ones too. */
static int kill_children(int list, size_t *ret)
{
    pid_t *pids;
    size_t count;
    int    error = children_read(list, &pids, &count);

    if (error != 0)
        return error;
    for (size_t i = 0; i < count; i++)
        children_kill(pids[i]);
    free(pids);
    *ret = count;
    return 0;
}

/* Waits for one child to die, then reaps whatever else is dead. */
static size_t reap_some(void)
{
    size_t reaped = 0;
    int    status;

    while (waitpid(-1, &status, reaped == 0 ? 0 : WNOHANG) > 0)
        reaped++;
    return reaped;
}

size_t sweep(int list)
{
    static const struct timespec moment = {.tv_nsec = 1000000};
    size_t                       reaped = 0, count = 1;

    while (count > 0)
        if (kill_children(list, &count) != 0)
            nanosleep(&moment, NULL); /* no memory: nobody was killed who could be waited for */
        else if (count > 0)
            reaped += reap_some();
    return reaped;
}
