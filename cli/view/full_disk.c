#include "cli/view/full_disk.h"

#include "cli/place/disk.h"
#include "cli/view/message.h"

bool disk_warn_full(const char *command, const char *path)
{
    bool is_gone = disk_is_full(path);

    if (is_gone)
        message_print(command, NULL, DISK_FULL_MESSAGE, path);
    return is_gone;
}
