#include "cli/descriptor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool descriptor_is_named(const char *path)
{
    static const char *const names[] = {"/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/",
                                        "/proc/thread-self/"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(path, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;

    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

char *descriptor_file(const char *path)
{
    char *real = realpath(path, NULL);

    if (real != NULL && is_same_file(real, path))
        return real;
    free(real);
    return NULL;
}
