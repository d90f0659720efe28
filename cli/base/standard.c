#include "cli/base/standard.h"

#include "cli/base/status.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

void standard_descriptors_fill(void)
{
    struct pollfd standard[] = {{.fd = STDIN_FILENO}, {.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};

    if (poll(standard, 3, 0) <= 0)
        return;
    for (int fd = 0; fd < 3; fd++)
        if ((standard[fd].revents & POLLNVAL) &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(STATUS_FAILED);
}
