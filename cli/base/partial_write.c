#include "cli/base/partial_write.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

int partial_write(int fd, const char **rest, size_t *size)
{
    while (*size > 0) {
        ssize_t written = write(fd, *rest, *size);

        if (written >= 0) {
            *rest += written;
            *size -= (size_t) written;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}
