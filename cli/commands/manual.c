#include "cli/commands/manual.h"

#include "cli/base/status.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct manual_page pages[] = {
#define X(topic, name, section, summary) {topic, name, section, summary},
    MANUAL_PAGES(X)
#undef X
};

#define PAGE_COUNT (sizeof(pages) / sizeof(pages[0]))

const struct manual_page *manual_at(size_t index)
{
    return index < PAGE_COUNT ? &pages[index] : NULL;
}

const struct manual_page *manual_find(const char *topic)
{
    for (size_t i = 0; i < PAGE_COUNT; i++)
        if (strcmp(pages[i].topic, topic) == 0)
            return &pages[i];
    return NULL;
}

/* Puts the formatted path into RET_PATH. Returns true if a page is there. */
__attribute__((format(printf, 2, 3))) static bool is_at(char *ret_path, const char *format, ...)
{
    va_list arguments;
    int     length;

    va_start(arguments, format);
    length = vsnprintf(ret_path, PATH_MAX, format, arguments);
    va_end(arguments);
    return length > 0 && length < PATH_MAX && access(ret_path, R_OK) == 0;
}

/* Looks for the page beside the program, where it was installed or built. */
static bool find_beside(const struct manual_page *page, char *ret_path)
{
    char    program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    char   *slash;

    if (length < 0)
        return false;
    program[length] = '\0';
    slash = strrchr(program, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return is_at(ret_path, "%s/../share/man/man%s/%s.%s", program, page->section, page->name,
                 page->section) ||
           is_at(ret_path, "%s/../man/%s.%s", program, page->name, page->section);
}

/*
 * Starts man. Ctrl-C is a key of man's pager: man gets SIGINT as usual, and this process ignores
 * it.
 */
static int spawn(char *const *words, const sigset_t *interrupt, pid_t *ret_pid)
{
    posix_spawnattr_t attributes;
    int               error = posix_spawnattr_init(&attributes);

    if (error != 0)
        return -error;
    error = posix_spawnattr_setsigdefault(&attributes, interrupt);
    if (error == 0)
        error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawnp(ret_pid, words[0], NULL, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    return -error;
}

static int await(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_SIGNAL_BASE + WTERMSIG(status);
}

int manual_show(const struct manual_page *page)
{
    char         path[PATH_MAX];
    char        *beside[] = {"man", path, NULL};
    char        *elsewhere[] = {"man", (char *) page->section, (char *) page->name, NULL};
    sigset_t     interrupt;
    sighandler_t before;
    pid_t        pid = -1;
    int          status;

    if (sigemptyset(&interrupt) < 0 || sigaddset(&interrupt, SIGINT) < 0)
        return -errno;
    before = signal(SIGINT, SIG_IGN);
    status = spawn(find_beside(page, path) ? beside : elsewhere, &interrupt, &pid);
    if (status == 0)
        status = await(pid);
    (void) signal(SIGINT, before);
    return status;
}
