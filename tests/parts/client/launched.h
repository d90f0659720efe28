/*
 * A place without a supervisor, for tests of cli/client/launch.h. A case says what is found at the socket, at the bell
 * and at the lock, and which step of a start fails. The new process is looked at where it would execute the program.
 */
#ifndef LAUNCHED_H
#define LAUNCHED_H

#include "tests/parts/written.h"

#include "cli/client/launch.h"
#include "cli/place/bell.h"
#include "cli/place/lock.h"
#include "cli/place/reason.h"
#include "cli/place/socket.h"

#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char noted[4000]; /* what was called, each as a line */

static struct place place = {.socket = "/tmp/k3thread-launches.sock",
                             .lock = "/x.lock",
                             .journal = "/x.log",
                             .state = "/state"};
static struct text  why;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    size_t  used = strlen(noted);
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(noted + used, sizeof(noted) - used, format, arguments);
    va_end(arguments);
}

#define CHECK_NOTED(wanted)                                                                        \
    do {                                                                                           \
        if (strcmp(noted, wanted) != 0)                                                            \
            fprintf(stderr, "noted: %s", noted);                                                   \
        CHECK_TEXT(noted, wanted);                                                                 \
        noted[0] = '\0';                                                                           \
    } while (0)

/* The place */

static int  connections[8], rings[8]; /* the results of the next ones */
static int  prepare_error, restore_error, start_error, life_error, stale_error, listen_error;
static bool has_state, has_journal;
static int  listener, lifeline; /* descriptors of this process; their files are asked for below */
static struct stat listener_file, lock_file, lifeline_file;

static int take(int *results)
{
    int result = results[0];

    memmove(results, results + 1, 7 * sizeof(*results));
    return result;
}

static int open_file(struct stat *ret)
{
    int ends[2];

    CHECK(pipe2(ends, O_CLOEXEC) == 0 && fstat(ends[0], ret) == 0);
    close(ends[1]);
    return ends[0];
}

int socket_connect(const char *path)
{
    int error = take(connections);

    CHECK_TEXT(path, place.socket);
    note("connect\n");
    return error < 0 ? error : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int socket_listen(const char *path)
{
    CHECK_TEXT(path, place.socket);
    note("listen\n");
    return listen_error != 0 ? listen_error : (listener = open_file(&listener_file));
}

int socket_remove_stale(const char *path)
{
    CHECK_TEXT(path, place.socket);
    note("remove\n");
    return stale_error;
}

int socket_find_peer(int fd, struct ucred *ret)
{
    (void) fd;
    (void) ret;
    return -ENOSYS;
}

int __wrap_bell_ring(const struct place *at, pid_t *ret_pid);
int __wrap_bell_ring(const struct place *at, pid_t *ret_pid)
{
    int result = take(rings);

    CHECK(at == &place);
    note("ring\n");
    if (result != -ENOENT)
        *ret_pid = 77;
    return result;
}

int __wrap_place_prepare(const struct place *at, bool *ret_state, struct text *ret_why);
int __wrap_place_prepare(const struct place *at, bool *ret_state, struct text *ret_why)
{
    CHECK(at == &place && ret_why == &why);
    note("prepare\n");
    *ret_state = has_state;
    return prepare_error;
}

int __wrap_place_restore(const struct place *at, bool *ret_made, struct text *ret_why);
int __wrap_place_restore(const struct place *at, bool *ret_made, struct text *ret_why)
{
    CHECK(at == &place);
    note("restore\n");
    *ret_made = false;
    if (restore_error != 0)
        text_add(ret_why, "it is open to others");
    return restore_error;
}

char *__wrap_place_find_journal(const struct place *at);
char *__wrap_place_find_journal(const struct place *at)
{
    CHECK(at == &place);
    return has_journal ? strdup("/state/journal.log") : NULL;
}

void __wrap_reason_add(const struct place *at, struct text *text);
void __wrap_reason_add(const struct place *at, struct text *text)
{
    CHECK(at == &place);
    text_add(text, ": no room");
}

void __wrap_refused_call_explain(struct text *text, int error);
void __wrap_refused_call_explain(struct text *text, int error)
{
    text_printf(text, " (%d)", error);
}

int __wrap_lock_take(const struct place *at, enum lock_part part, struct text *ret_why);
int __wrap_lock_take(const struct place *at, enum lock_part part, struct text *ret_why)
{
    int error = part == LOCK_START ? start_error : life_error;

    CHECK(at == &place && ret_why == &why);
    note(part == LOCK_START ? "lock start\n" : "lock life\n");
    return error != 0           ? error
           : part == LOCK_START ? open("/dev/null", O_RDONLY | O_CLOEXEC)
                                : open_file(&lock_file);
}

/* The system */

static int lifts = -1; /* how many descriptors can be lifted; negative: any number */
static int null_error, mask_error, exec_error, session_error, directory_error;
static int copies = -1; /* how many descriptors can be copied; negative: any number */

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    int     argument;

    va_start(arguments, command);
    argument = va_arg(arguments, int);
    va_end(arguments);
    if (command == F_DUPFD_CLOEXEC && lifts-- == 0) {
        errno = EMFILE;
        return -1;
    }
    return __real_fcntl(fd, command, argument);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    if (flags == (O_RDWR | O_CLOEXEC) && null_error != 0) {
        errno = null_error;
        return -1;
    }
    return __real_open(path, flags, 0);
}

int __real_dup2(int from, int to);
int __wrap_dup2(int from, int to);
int __wrap_dup2(int from, int to)
{
    if (copies-- != 0)
        return __real_dup2(from, to);
    errno = EBUSY;
    return -1;
}

pid_t __real_setsid(void);
pid_t __wrap_setsid(void);
pid_t __wrap_setsid(void)
{
    errno = session_error;
    return session_error != 0 ? -1 : __real_setsid();
}

int __real_chdir(const char *path);
int __wrap_chdir(const char *path);
int __wrap_chdir(const char *path)
{
    errno = directory_error;
    return directory_error != 0 ? -1 : __real_chdir(path);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    list[5];

    va_start(arguments, number);
    for (int i = 0; i < 5; i++)
        list[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_rt_sigprocmask && mask_error != 0) {
        errno = mask_error;
        return -1;
    }
    return __real_syscall(number, list[0], list[1], list[2], list[3], list[4]);
}

/* Notes what the descriptor FD is, as NAME, if it is open and stays open. */
static void note_descriptor(int fd, const struct stat *file, const char *name)
{
    struct stat info;

    if (fstat(fd, &info) < 0)
        return;
    CHECK(info.st_ino == file->st_ino && info.st_dev == file->st_dev);
    CHECK_EQUAL(__real_fcntl(fd, F_GETFD, 0), 0);
    note(" %d=%s", fd, name);
}

/* The new process shares the memory of this one until it executes a program, or ends. */
int __wrap_execve(const char *path, char *const *words, char *const *environment);
int __wrap_execve(const char *path, char *const *words, char *const *environment)
{
    char        directory[PATH_MAX];
    uint64_t    mask = 0;
    struct stat null;

    CHECK_TEXT(path, "/proc/self/exe");
    note("exec");
    for (; *words != NULL; words++)
        note(" %s", *words);
    note("\nwith");
    for (; *environment != NULL; environment++)
        note(" %s", *environment);
    note("\n");
    CHECK(stat("/dev/null", &null) == 0);
    for (int fd = 0; fd < 3; fd++) {
        note_descriptor(fd, &null, "null");
        CHECK_EQUAL(__real_fcntl(fd, F_GETFL, 0) & O_ACCMODE, O_RDWR);
    }
    note_descriptor(3, &listener_file, "listener");
    note_descriptor(4, &lock_file, "lock");
    note_descriptor(5, &lifeline_file, "lifeline");
    note("\n");
    CHECK(getcwd(directory, sizeof(directory)) != NULL);
    CHECK_TEXT(directory, "/");
    CHECK_EQUAL(getsid(0), getpid());
    CHECK(__real_syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask)) == 0);
    CHECK_EQUAL(mask | 1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1), UINT64_MAX);
    errno = exec_error;
    if (exec_error == 0)
        _exit(7);
    return -1;
}

/* Frees the descriptors that a supervisor gets, so that the calls of a case use them. */
static int begin(void)
{
    for (int fd = 3; fd < 20; fd++)
        close(fd);
    return test_count_open();
}

static void set_connections(int first, int second, int third)
{
    connections[0] = first;
    connections[1] = second;
    connections[2] = third;
}

#endif
