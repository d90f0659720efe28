#include "cli/worker/output_file.h"

#include "cli/place/journal.h"
#include "cli/worker/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

int output_file_open(const struct job *job)
{
    int    flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK;
    mode_t mode = job->has_own_log ? 0600 : 0666 & ~job->umask;
    int    fd = open(job->output, flags | O_CREAT | O_EXCL, mode);

    if (fd >= 0)
        (void) fchmod(fd, mode); /* the supervisor's umask is not the user's */
    else if (errno == EEXIST)
        fd = open(job->output, flags);
    return fd < 0 ? -errno : fd;
}

bool output_file_restore(const struct job *job, int error)
{
    if (error != -ENOENT || !job->has_own_log)
        return false;
    error = logs_restore();
    journal_restore();
    return error == 0 || error == -EEXIST || error == -ENOENT;
}
