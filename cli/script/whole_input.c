#include "cli/script/whole_input.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#define BLOCK_SIZE (64U * 1024)

/* A longer input is refused: it is in memory. */
#define SIZE_LIMIT (256U * 1024 * 1024)

/* Writes SIZE bytes. Returns 0 or -errno. */
static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);

        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            data += written;
            size -= (size_t) written;
        }
    }
    return 0;
}

static int copy(int from, int to)
{
    char    block[BLOCK_SIZE];
    size_t  all = 0;
    ssize_t size;
    int     error = 0;

    do {
        size = read(from, block, sizeof(block));
        all += size > 0 ? (size_t) size : 0;
        if (all > SIZE_LIMIT)
            error = -EFBIG;
        else if (size > 0)
            error = write_all(to, block, (size_t) size);
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
