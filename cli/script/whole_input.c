#include "cli/script/whole_input.h"

#include "cli/base/partial_write.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#define BLOCK_SIZE (64U * 1024)

/* A longer input is refused: it is in memory. */
#define SIZE_LIMIT (256U * 1024 * 1024)

static int copy(int from, int to)
{
    char    block[BLOCK_SIZE];
    size_t  all = 0;
    ssize_t size;
    int     error = 0;

    do {
        const char *rest = block;
        size_t      left;

        size = read(from, block, sizeof(block));
        left = size > 0 ? (size_t) size : 0;
        all += left;
        error = all > SIZE_LIMIT ? -EFBIG : partial_write(to, &rest, &left);
    } while (error == 0 && (size > 0 || (size < 0 && errno == EINTR)));
    if (error == 0 && size < 0)
        error = -errno;
    return error != 0 || lseek(to, 0, SEEK_SET) == 0 ? error : -errno;
}

int whole_input_read(int fd)
{
    int whole = memfd_create("script", MFD_CLOEXEC);
    int error;

    if (whole < 0)
        return -errno;
    error = copy(fd, whole);
    if (error == 0)
        return whole;
    close(whole);
    return error;
}
