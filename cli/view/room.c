#include "cli/view/room.h"

#include "cli/view/message.h"

#include <sys/statvfs.h>
#include <unistd.h>

/*
 * ext4 keeps so many bytes for itself, of which statvfs(3) tells only where it counts what is there
 * for users without privileges.
 */
#define KEPT_BACK (16ULL << 20)

/* A file system that tells no size, as an unlimited tmpfs, is never full. */
bool room_is_gone(const char *path)
{
    struct statvfs info;

    if (statvfs(path, &info) < 0 || info.f_blocks == 0 || info.f_bavail > 0)
        return false;
    return geteuid() != 0 || info.f_bfree * (unsigned long long) info.f_frsize <= KEPT_BACK;
}

bool room_warn(const char *command, const char *path)
{
    bool is_gone = room_is_gone(path);

    if (is_gone)
        message_print(command, NULL, ROOM_GONE, path);
    return is_gone;
}
