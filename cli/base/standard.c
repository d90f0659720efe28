#include "cli/base/standard.h"

#include "cli/base/status.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

/* Ends the process with a message, which is lost if standard error is closed too. */
static void give_up(void)
{
    const char message[] =
        "k3thread: cannot open /dev/null in place of a closed standard descriptor\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof(message) - 1);

    (void) written;
    _exit(STATUS_FAILED);
}

void standard_descriptors_fill(void)
{
    struct pollfd standard[] = {{.fd = STDIN_FILENO}, {.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};

    (void) poll(standard, 3, 0); /* a failure changes no result */
    for (int fd = 0; fd < 3; fd++)
        if ((standard[fd].revents & POLLNVAL) &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            give_up();
}
