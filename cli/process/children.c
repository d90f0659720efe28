#include "cli/process/children.h"

#include "cli/base/signal_set.h"
#include "cli/process/account.h"
#include "cli/process/handle.h"
#include "cli/process/mark.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int children_open(pid_t pid, pid_t tid)
{
    char path[64];
    int  fd;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int) pid, (int) tid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Reads the whole file as a string. Returns NULL with errno set on failure. */
static char *read_all(int fd)
{
    size_t size = 0, capacity = 4096;
    char  *text = malloc(capacity);

    while (text != NULL) {
        ssize_t n = pread(fd, text + size, capacity - size - 1, (off_t) size);
        char   *larger;

        if (n < 0) {
            free(text);
            return NULL;
        }
        size += (size_t) n;
        text[size] = '\0';
        if (n == 0)
            return text;
        if (capacity - size > capacity / 2)
            continue;
        capacity *= 2;
        larger = realloc(text, capacity);
        if (larger == NULL)
            free(text);
        text = larger;
    }
    return NULL;
}

int children_read(int fd, pid_t **ret, size_t *ret_count)
{
    char  *text = read_all(fd);
    char  *at = text, *end;
    size_t count = 0, capacity = 1;
    pid_t *pids;

    if (text == NULL)
        return -errno;
    for (char *c = text; *c != '\0'; c++)
        capacity += *c == ' ';
    pids = malloc(capacity * sizeof(*pids));
    if (pids == NULL) {
        free(text);
        return -ENOMEM;
    }
    for (;; at = end) {
        long pid = strtol(at, &end, 10);

        if (end == at || count == capacity)
            break;
        pids[count++] = (pid_t) pid;
    }
    free(text);
    *ret = pids;
    *ret_count = count;
    return 0;
}

int children_list(pid_t pid, pid_t tid, pid_t **ret, size_t *ret_count)
{
    int fd = children_open(pid, tid);
    int error = fd < 0 ? fd : children_read(fd, ret, ret_count);

    if (fd >= 0)
        close(fd);
    return error;
}

void children_block_signal(void)
{
    const sigset_t set = SIGNAL_SET(SIGCHLD);

    (void) pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void children_reap(void)
{
    while (account_reap_any(P_ALL, 0))
        ;
}

/* The processes below one process, as far as they have been listed. */
struct family {
    pid_t *pids;
    size_t count;
};

static void add_children_of_thread(struct family *family, pid_t pid, pid_t tid)
{
    pid_t *pids = NULL, *larger;
    size_t count = 0;

    (void) children_list(pid, tid, &pids, &count); /* a process that is gone has none */
    larger = count > 0 ? realloc(family->pids, (family->count + count) * sizeof(*pids)) : NULL;
    if (larger != NULL) {
        memcpy(larger + family->count, pids, count * sizeof(*pids));
        family->pids = larger;
        family->count += count;
    }
    free(pids);
}

/*
 * Returns true if TASKS, the directory of a process's threads, has one entry. The number of its links is the number
 * of its subdirectories and two more. Most processes have one thread.
 */
static bool has_one_thread(const char *tasks)
{
    struct stat info;

    return stat(tasks, &info) == 0 && info.st_nlink == 3;
}

static void add_children(struct family *family, pid_t pid)
{
    char           tasks[64];
    DIR           *directory;
    struct dirent *entry;

    snprintf(tasks, sizeof(tasks), "/proc/%d/task", (int) pid);
    directory = has_one_thread(tasks) ? NULL : opendir(tasks);
    if (directory == NULL) {
        add_children_of_thread(family, pid, pid);
        return;
    }
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            add_children_of_thread(family, pid, (pid_t) strtol(entry->d_name, NULL, 10));
    closedir(directory);
}

/* Not recursive, because a chain of processes may be deeper than any stack. */
void children_walk(pid_t pid, bool (*visit)(pid_t pid, void *context), void *context)
{
    struct family family = {0};
    bool          goes_on = true;

    add_children(&family, pid);
    for (size_t i = 0; i < family.count && goes_on; i++) {
        add_children(&family, family.pids[i]);
        goes_on = visit(family.pids[i], context);
    }
    free(family.pids);
}

/*
 * Kills CHILD if it has a mark. The pid may have been given to another process since it was listed, and only the
 * mark shows that the process belongs to a thread. The handle is opened first, so that the mark belongs to the
 * process that the handle holds.
 */
static bool kill_marked(pid_t child, void *context)
{
    struct handle handle;

    (void) context;
    if (!handle_open(child, &handle))
        return true;
    if (mark_read(child) != 0)
        handle_signal(&handle, SIGKILL);
    handle_close(&handle);
    return true;
}

int children_kill_group(pid_t child)
{
    pid_t group = getpgid(child);

    /* A group lies within one session, and a session within the tree of CHILD, so the whole group may be killed. */
    if (group > 1 && group != getpgrp())
        kill(-group, SIGKILL);
    return kill(child, SIGKILL) < 0 && errno == EPERM ? -EPERM : 0;
}

int children_kill(pid_t child)
{
    children_walk(child, kill_marked, NULL);
    return children_kill_group(child);
}
