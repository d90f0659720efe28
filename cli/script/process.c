#include "cli/script/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void process_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void) setrlimit(RLIMIT_NOFILE, &limit);
}

void process_share_output(void)
{
    struct stat info;
    int         flags = fcntl(STDOUT_FILENO, F_GETFL);

    if (flags >= 0 && fstat(STDOUT_FILENO, &info) == 0 && S_ISREG(info.st_mode))
        (void) fcntl(STDOUT_FILENO, F_SETFL, flags | O_APPEND);
}
