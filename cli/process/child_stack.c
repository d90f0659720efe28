#include "cli/process/child_stack.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * The bytes of a stack. A child uses 4.5 KiB, most of it for a path: with gcc 12 and clang 14, from -O0 to -O3
 * -flto. The rest is for other compilers. Pages that no child touches cost nothing.
 */
#define SIZE ((size_t) 64 * 1024)

/* The most stacks that are kept. Two processors nearly never start more children at a time. */
#define KEPT_MAX 2

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void           *kept[KEPT_MAX];
static size_t          kept_count;

static size_t guard_size(void)
{
    return (size_t) sysconf(_SC_PAGESIZE);
}

static void *make(void)
{
    size_t guard = guard_size();
    char  *start = mmap(NULL, guard + SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    if (start == MAP_FAILED)
        return NULL;
    if (mprotect(start, guard, PROT_NONE) < 0) {
        munmap(start, guard + SIZE);
        return NULL;
    }
    return start + guard + SIZE;
}

static void destroy(void *end)
{
    munmap((char *) end - SIZE - guard_size(), guard_size() + SIZE);
}

/* Returns a kept stack, or NULL. */
static void *take_kept(void)
{
    void *end = NULL;

    pthread_mutex_lock(&lock);
    if (kept_count > 0)
        end = kept[--kept_count];
    pthread_mutex_unlock(&lock);
    return end;
}

void *child_stack_take(void)
{
    void *end = take_kept();

    return end != NULL ? end : make();
}

void child_stack_give(void *end)
{
    pthread_mutex_lock(&lock);
    if (kept_count < KEPT_MAX && end != NULL) {
        kept[kept_count++] = end;
        end = NULL;
    }
    pthread_mutex_unlock(&lock);
    if (end != NULL)
        destroy(end);
}

void child_stack_trim(void)
{
    void *end;

    while ((end = take_kept()) != NULL)
        destroy(end);
}
