#include "cli/base/libc.h"

#ifndef __GLIBC__

#include <stddef.h>
#include <stdlib.h>
#include <sys/auxv.h>

/* The variables that glibc forgets (sysdeps/generic/unsecvars.h there). */
void libc_forget_unsafe_variables(void)
{
    static const char *const names[] = {
        "GCONV_PATH",       "GETCONF_DIR",     "GLIBC_TUNABLES", "HOSTALIASES",
        "LD_AUDIT",         "LD_BIND_NOT",     "LD_BIND_NOW",    "LD_DEBUG",
        "LD_DEBUG_OUTPUT",  "LD_DYNAMIC_WEAK", "LD_HWCAP_MASK",  "LD_LIBRARY_PATH",
        "LD_ORIGIN_PATH",   "LD_PRELOAD",      "LD_PROFILE",     "LD_PROFILE_OUTPUT",
        "LD_SHOW_AUXV",     "LD_VERBOSE",      "LD_WARN",        "LOCALDOMAIN",
        "LOCPATH",          "MALLOC_TRACE",    "NIS_PATH",       "NLSPATH",
        "RESOLV_HOST_CONF", "RES_OPTIONS",     "TMPDIR",         "TZDIR",
    };

    if (getauxval(AT_SECURE) == 0)
        return;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
}

#endif
