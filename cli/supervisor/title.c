#include "cli/supervisor/title.h"

#include "cli/process/proc.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/*
 * Finds where the arguments begin and end: fields 48 and 49 of /proc/self/stat. They are counted
 * from the last ')', because the name in the line may hold any byte.
 */
static bool find_arguments(char **ret_start, char **ret_end)
{
    char          line[1024];
    char         *at;
    unsigned long start = 0, end = 0;

    if (proc_read(getpid(), "stat", line, sizeof(line)) < 0)
        return false;
    at = strrchr(line, ')');
    for (int field = 2; at != NULL && field < 48; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL || sscanf(at, "%lu %lu", &start, &end) != 2)
        return false;
    *ret_start = (char *) start; // NOLINT(performance-no-int-to-ptr)
    *ret_end = (char *) end;     // NOLINT(performance-no-int-to-ptr)
    return start != 0 && start < end;
}

void title_set(const char *name)
{
    char *start, *end;

    prctl(PR_SET_NAME, name);
    if (!find_arguments(&start, &end))
        return;
    memset(start, 0, (size_t) (end - start));
    for (char *at = start; *name != '\0' && at < end - 1; at++)
        *at = *name++;
}
