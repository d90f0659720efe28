#include "cli/base/process_state.h"

#include <stdio.h>
#include <string.h>

char process_state(pid_t pid)
{
    char  path[32], text[512];
    FILE *file;
    char *name_end = NULL;

    (void) snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
    file = pid > 0 ? fopen(path, "re") : NULL;
    if (file == NULL)
        return 0;
    if (fgets(text, sizeof(text), file) != NULL)
        name_end = strrchr(text, ')');
    (void) fclose(file);
    return name_end != NULL && name_end[1] == ' ' ? name_end[2] : 0;
}

bool process_state_is_stopped(char state)
{
    return state == 'T' || state == 't';
}
