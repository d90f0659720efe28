/*
 * A library to preload, which makes one call fail. The page in the file K3FAIL_CONTROL says which
 * function, which call and which error; control.py writes it. All processes with the library count
 * calls together.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The formatter mistakes the tables for expressions. */
/* clang-format off */

/* control.py knows them by their order. X(type, name, failure, parameters, arguments) */
#define PLAIN(X)                                                                                    \
    X(ssize_t, write, -1, (int fd, const void *data, size_t size), (fd, data, size))               \
    X(ssize_t, send, -1, (int fd, const void *data, size_t size, int flags),                       \
      (fd, data, size, flags))                                                                     \
    X(ssize_t, recv, -1, (int fd, void *data, size_t size, int flags), (fd, data, size, flags))    \
    X(ssize_t, pread, -1, (int fd, void *data, size_t size, off_t at), (fd, data, size, at))       \
    X(int, accept4, -1, (int fd, struct sockaddr *peer, socklen_t *size, int flags),               \
      (fd, peer, size, flags))                                                                     \
    X(int, socket, -1, (int domain, int type, int protocol), (domain, type, protocol))             \
    X(int, bind, -1, (int fd, const struct sockaddr *address, socklen_t size),                     \
      (fd, address, size))                                                                         \
    X(int, listen, -1, (int fd, int backlog), (fd, backlog))                                       \
    X(int, connect, -1, (int fd, const struct sockaddr *address, socklen_t size),                  \
      (fd, address, size))                                                                         \
    X(int, epoll_create1, -1, (int flags), (flags))                                                \
    X(int, epoll_ctl, -1, (int epoll, int what, int fd, struct epoll_event *event),                \
      (epoll, what, fd, event))                                                                    \
    X(int, epoll_wait, -1, (int epoll, struct epoll_event *events, int most, int wait),            \
      (epoll, events, most, wait))                                                                 \
    X(int, eventfd, -1, (unsigned value, int flags), (value, flags))                               \
    X(int, signalfd, -1, (int fd, const sigset_t *set, int flags), (fd, set, flags))               \
    X(int, pidfd_open, -1, (pid_t pid, unsigned flags), (pid, flags))                              \
    X(int, close_range, -1, (unsigned first, unsigned last, int flags), (first, last, flags))      \
    X(int, dup2, -1, (int from, int to), (from, to))                                               \
    X(int, pipe2, -1, (int fds[2], int flags), (fds, flags))                                       \
    X(int, mkdir, -1, (const char *path, mode_t mode), (path, mode))                               \
    X(int, chdir, -1, (const char *path), (path))                                                  \
    X(int, fstat, -1, (int fd, struct stat *info), (fd, info))                                     \
    X(int, setrlimit, -1, (LIMIT which, const struct rlimit *limit), (which, limit))               \
    X(int, execve, -1, (const char *file, char *const *words, char *const *environment),           \
      (file, words, environment))                                                                  \
    X(pid_t, fork, -1, (void), ())                                                                 \
    X(pid_t, setsid, -1, (void), ())                                                               \
    X(int, posix_spawn, code(),                                                                    \
      (pid_t * pid, const char *file, const posix_spawn_file_actions_t *actions,                   \
       const posix_spawnattr_t *attributes, char *const *words, char *const *environment),         \
      (pid, file, actions, attributes, words, environment))                                        \
    X(int, pthread_create, code(),                                                                 \
      (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument), \
      (thread, attributes, run, argument))

#define LIMIT __rlimit_resource_t

/* The functions that need a lookup or a call of their own come first, in this order. */
enum { NONE, MALLOC, CALLOC, REALLOC, OPEN, OPENAT, FCNTL, CLONE,
#define X(type, name, ...) INDEX_##name,
       PLAIN(X)
#undef X
};

struct control {
    atomic_int function, countdown, error, hits;
};

static struct control *control;

static struct {
    int (*open)(const char *, int, ...);
    int (*openat)(int, const char *, int, ...);
    int (*fcntl)(int, int, ...);
    int (*clone)(int (*)(void *), void *, int, void *, ...);
#define X(type, name, failure, parameters, arguments) type(*name) parameters;
    PLAIN(X)
#undef X
} next;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("K3FAIL_CONTROL");
    void       *page;
    int         fd;

#define FIND(name) *(void **) &next.name = dlsym(RTLD_NEXT, #name);
    FIND(open) FIND(openat) FIND(fcntl) FIND(clone)
#define X(type, name, ...) FIND(name)
    PLAIN(X)
#undef X
    fd = path != NULL ? next.open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    page = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED)
        control = page;
    (void) close(fd);
}

/* clang-format on */

/* Returns true if this is the call that shall fail, and then sets errno. */
static int fails(int function)
{
    if (control == NULL || atomic_load(&control->function) != function)
        return 0;
    if (atomic_fetch_sub(&control->countdown, 1) != 1)
        return 0;
    atomic_fetch_add(&control->hits, 1);
    errno = atomic_load(&control->error);
    return 1;
}

static int code(void)
{
    return atomic_load(&control->error);
}

void *malloc(size_t size)
{
    return fails(MALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(CALLOC) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails(REALLOC) ? NULL : __libc_realloc(old, size);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    mode_t  mode;

    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
    return fails(OPEN) ? -1 : next.open(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    va_list more;
    mode_t  mode;

    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
    return fails(OPENAT) ? -1 : next.openat(directory, path, flags, mode);
}

int fcntl(int fd, int what, ...)
{
    va_list more;
    void   *argument;

    va_start(more, what);
    argument = va_arg(more, void *);
    va_end(more);
    return fails(FCNTL) ? -1 : next.fcntl(fd, what, argument);
}

int clone(int (*run)(void *), void *stack, int flags, void *argument, ...)
{
    va_list more;
    void   *parent, *storage, *child;

    va_start(more, argument);
    parent = va_arg(more, void *);
    storage = va_arg(more, void *);
    child = va_arg(more, void *);
    va_end(more);
    return fails(CLONE) ? -1 : next.clone(run, stack, flags, argument, parent, storage, child);
}

#define X(type, name, failure, parameters, arguments)                                              \
    type name parameters                                                                           \
    {                                                                                              \
        if (fails(INDEX_##name))                                                                   \
            return failure;                                                                        \
        return next.name arguments;                                                                \
    }
PLAIN(X)
#undef X
