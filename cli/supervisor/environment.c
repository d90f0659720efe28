#include "cli/supervisor/environment.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Do both set the same variable? */
static bool same_name(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");

    return strncmp(a, b, length) == 0 && b[length] == '=';
}

static bool is_set_by(char *const *list, const char *string)
{
    for (; *list != NULL; list++)
        if (same_name(*list, string))
            return true;
    return false;
}

static size_t size_of(char *const *strings, size_t *count)
{
    size_t size = 0;

    for (; *strings != NULL; strings++, (*count)++)
        size += strlen(*strings) + 1;
    return size;
}

static char *add(char ***end, char *text, const char *string)
{
    size_t size = strlen(string) + 1;

    *(*end)++ = memcpy(text, string, size);
    return text + size;
}

int environment_make(char *const *strings, char *const *own, char ***ret, size_t *ret_size)
{
    size_t count = 1;
    size_t size = size_of(strings, &count) + size_of(own, &count);
    char **list, **end;
    char  *text;

    size += count * sizeof(*list);
    list = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (list == MAP_FAILED)
        return -ENOMEM;
    end = list;
    text = (char *) (list + count);
    for (; *strings != NULL; strings++)
        if (!is_set_by(own, *strings))
            text = add(&end, text, *strings);
    for (; *own != NULL; own++)
        text = add(&end, text, *own);
    *end = NULL;
    *ret = list;
    *ret_size = size;
    return 0;
}

void environment_drop(char **environment, size_t size)
{
    if (environment != NULL)
        munmap(environment, size);
}

void environment_free(char **strings)
{
    for (char **s = strings; s != NULL && *s != NULL; s++)
        free(*s);
    free(strings);
}
