#include "cli/server/parent.h"

#include <unistd.h>

static pid_t guardian;

void parent_set(pid_t pid)
{
    guardian = pid;
}

pid_t parent_pid(void)
{
    return getppid() == guardian ? guardian : 0;
}
