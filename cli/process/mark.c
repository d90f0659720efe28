#include "cli/process/mark.h"

#include "cli/base/libc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* The lowest mark: so large that no user sets such a limit, and that no program which reads it is limited by it. */
#define MARK_BASE ((rlim_t) 1 << 60)

/* This bit in an id means the checks of the thread. No thread's id is so large. */
#define CHECK ((uint64_t) 1 << 56)

/* This bit in an id means that there is no thread. */
#define NO_THREAD ((uint64_t) 1 << 55)

static int resource = -1;

/*
 * A supervisor inside another supervisor's thread must keep the mark of that thread, so it takes a limit that is
 * not set.
 */
void mark_open(void)
{
    static const int unused_by_linux[] = {RLIMIT_LOCKS, RLIMIT_RSS};

    for (size_t i = 0; i < 2; i++) {
        struct rlimit limit;

        if (getrlimit((limit_resource) unused_by_linux[i], &limit) == 0 &&
            limit.rlim_cur == RLIM_INFINITY) {
            resource = unused_by_linux[i];
            return;
        }
    }
}

int mark_resource(void)
{
    return resource;
}

rlim_t mark_of(uint64_t id)
{
    return MARK_BASE + id;
}

uint64_t mark_id(rlim_t mark)
{
    return mark - MARK_BASE;
}

uint64_t mark_new_id(void)
{
    static atomic_uint_least32_t last;

    return NO_THREAD | atomic_fetch_add(&last, 1);
}

uint64_t mark_check_id(uint64_t id)
{
    return id | CHECK;
}

/* Reads the mark from /proc, as prlimit() refuses to read the limits of another user's process. */
static bool read_page(pid_t pid, rlim_t *ret)
{
    const char        *row = resource == RLIMIT_LOCKS ? "Max file locks" : "Max resident set";
    char               path[64], line[256];
    unsigned long long value;
    bool               found = false;
    FILE              *file;

    snprintf(path, sizeof(path), "/proc/%d/limits", (int) pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (!found && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, row, strlen(row)) == 0)
            found = sscanf(line + strlen(row), "%llu", &value) == 1;
    fclose(file);
    if (found)
        *ret = value;
    return found;
}

static bool read_mark(pid_t pid, rlim_t *ret)
{
    struct rlimit limit;

    if (resource < 0)
        return false;
    if (prlimit(pid, (limit_resource) resource, NULL, &limit) < 0)
        return errno == EPERM && read_page(pid, ret);
    *ret = limit.rlim_max;
    return true;
}

uint64_t mark_read(pid_t pid)
{
    rlim_t mark;

    return read_mark(pid, &mark) && mark > MARK_BASE && mark != RLIM_INFINITY ? mark_id(mark) : 0;
}

bool mark_is_of(uint64_t marked, uint64_t id)
{
    return marked != 0 && (marked == id || marked == mark_check_id(id));
}

bool mark_is(pid_t pid, uint64_t id)
{
    return mark_is_of(mark_read(pid), id);
}
