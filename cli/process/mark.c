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

/*
 * Reads the mark from /proc, as prlimit() refuses to read the limits of another user's process. Returns 0 if it cannot
 * be read.
 */
static rlim_t read_page(pid_t pid)
{
    const char        *row = resource == RLIMIT_LOCKS ? "Max file locks" : "Max resident set";
    char               path[64], line[256];
    unsigned long long value = 0;
    FILE              *file;

    snprintf(path, sizeof(path), "/proc/%d/limits", (int) pid);
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, row, strlen(row)) == 0)
            (void) sscanf(line + strlen(row), "%llu", &value); /* it fails if there is no limit */
    fclose(file);
    return value;
}

/* Returns the limit of PID that would be its mark, or 0. */
static rlim_t read_limit(pid_t pid)
{
    struct rlimit limit;

    if (prlimit(pid, (limit_resource) resource, NULL, &limit) < 0)
        return errno == EPERM ? read_page(pid) : 0;
    return limit.rlim_max;
}

uint64_t mark_read(pid_t pid)
{
    rlim_t mark = read_limit(pid);

    return mark > MARK_BASE && mark != RLIM_INFINITY ? mark_id(mark) : 0;
}

bool mark_is_of(uint64_t marked, uint64_t id)
{
    return marked != 0 && (marked == id || marked == mark_check_id(id));
}

bool mark_is(pid_t pid, uint64_t id)
{
    return mark_is_of(mark_read(pid), id);
}
