/*
 * System calls, and their constants, that C libraries before glibc 2.36 lack, and musl before 1.2.5. Each
 * returns -1 with errno set on failure, as other calls do. They are named as in Linux, with a prefix,
 * because newer C libraries declare the plain names.
 */
#ifndef K3THREAD_CLI_BASE_LINUX_CALLS_H
#define K3THREAD_CLI_BASE_LINUX_CALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* The headers of Linux before 5.9 lack this number, which is the same on all processors. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define LINUX_CLOSE_RANGE_UNSHARE 2U
#define LINUX_CLOSE_RANGE_CLOEXEC 4U
#define LINUX_P_PIDFD             3 /* for waitid(2) */

#define LINUX_STATX_INO             0x100U
#define LINUX_STATX_ATTR_MOUNT_ROOT 0x2000U

/* The result of statx(2). */
struct linux_statx {
    uint32_t mask, block_size;
    uint64_t attributes;
    uint32_t links, user, group, mode;
    uint64_t inode, size, blocks;
    uint64_t attributes_known;
    uint64_t times[8];
    uint32_t special_major, special_minor;
    uint32_t device_major, device_minor;
    uint64_t rest[14];
};

_Static_assert(sizeof(struct linux_statx) == 256, "Linux writes so many bytes");

static inline int linux_close_range(unsigned first, unsigned last, unsigned flags)
{
    return (int) syscall(SYS_close_range, first, last, flags);
}

static inline int linux_statx(int directory, const char *path, int flags, unsigned mask,
                              struct linux_statx *ret)
{
    return (int) syscall(SYS_statx, directory, path, flags, mask, ret);
}

static inline int linux_pidfd_open(pid_t pid)
{
    return (int) syscall(SYS_pidfd_open, pid, 0);
}

static inline int linux_pidfd_send_signal(int pidfd, int signal)
{
    return (int) syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

#endif
