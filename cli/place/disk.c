#include "cli/place/disk.h"

#include <sys/statvfs.h>
#include <unistd.h>

/*
 * ext4 reserves up to this many bytes for itself. statvfs(3) excludes them from the free bytes of
 * ordinary users, but not from the free bytes of root.
 */
#define KEPT_BACK (16ULL << 20)

/* A file system without a size, such as an unlimited tmpfs, is never full. */
bool disk_is_full(const char *path)
{
    struct statvfs info;

    if (statvfs(path, &info) < 0 || info.f_blocks == 0 || info.f_bavail > 0)
        return false;
    return geteuid() != 0 || info.f_bfree * (unsigned long long) info.f_frsize <= KEPT_BACK;
}
