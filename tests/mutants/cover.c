/*
 * Marks the blocks of code that a test runs. gcc calls this at the beginning of each block (see cover-cc).
 *
 * The marks are a file, MARKS, which the harness makes: a byte for each four bytes of code. All processes of a test
 * map it, so the marks stay whatever ends a process. It is written without the C library, because some code runs
 * before that begins, in the child of a vfork, or in a signal handler.
 */
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>

#include "cli/quick/system.h"

#define MARKS_SIZE (4 << 20) /* as in tests.py */

__attribute__((visibility("hidden"))) extern const char __ehdr_start[];
__attribute__((visibility("hidden"))) void              cover_block(void);

static char *marks;

/* Returns the mapped file, or NULL if there is none, as outside of the harness. */
static char *map_marks(void)
{
    long fd = system_call(SYS_openat, AT_FDCWD, (long) MARKS, O_RDWR | O_CLOEXEC, 0, 0, 0);

    if (fd < 0)
        return NULL;
    long at = system_call(SYS_mmap, 0, MARKS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void) system_call(SYS_close, fd, 0, 0, 0, 0, 0);
    return at < 0 && at > -4096 ? NULL : (char *) at;
}

void cover_block(void)
{
    size_t place = (size_t) ((const char *) __builtin_return_address(0) - __ehdr_start) / 4;

    if (marks == NULL)
        marks = map_marks();
    if (marks != NULL && place < MARKS_SIZE && marks[place] == 0)
        marks[place] = 1;
}
