/* Plays (played.h) of `start`, in a process whose limits, niceness, umask and environment a test knows. */
#ifndef PLAYED_STARTS_H
#define PLAYED_STARTS_H

#include "tests/parts/commands/played.h"

#include "cli/base/libc.h"

#include <sys/resource.h>
#include <sys/stat.h>

int __wrap_getrlimit(limit_resource resource, struct rlimit *ret);
int __wrap_getrlimit(limit_resource resource, struct rlimit *ret)
{
    (void) resource;
    *ret = (struct rlimit){1, 2};
    return 0;
}

int __wrap_getpriority(int which, id_t who);
int __wrap_getpriority(int which, id_t who)
{
    CHECK_EQUAL(which, PRIO_PROCESS);
    CHECK_EQUAL(who, 0);
    return 5;
}

/* The limits and the niceness as a request has them. */
#define LIMITED                                                                                    \
    "'limits':{'cpu':[1,2],'fsize':[1,2],'data':[1,2],'stack':[1,2],'core':[1,2],'nproc':[1,2],"   \
    "'nofile':[1,2],'memlock':[1,2],'as':[1,2],'sigpending':[1,2],'msgqueue':[1,2],'nice':[1,2],"  \
    "'rtprio':[1,2],'rttime':[1,2]},'nice':5,"

/* Makes the environment the variables of LIST, and / the current directory. */
static inline void begin(char **list)
{
    environ = list;
    (void) umask(022);
    CHECK(chdir("/") == 0);
}

#endif
