/*
 * Defines the few functions of the C library that the quick way calls, under their own names. The C library's
 * functions cannot be called before the library has begun: see quick.h. No other part of the program is linked with
 * this file.
 *
 * A function does only what the quick way needs. Everything else fails, and the program then runs the command in
 * the usual way.
 */
#include "cli/quick/libc.h"

#include "cli/base/byte_scan.h"
#include "cli/base/libc.h"
#include "cli/quick/system.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* gcc would turn the loop in memcpy into a call of memcpy. */
#if defined __GNUC__ && !defined __clang__
/* clang-format off */
#pragma GCC optimize "no-tree-loop-distribute-patterns"
/* clang-format on */
#endif

/* More memory than nearly all plain requests and their answers need. Unused memory costs nothing. */
#define MEMORY_SIZE ((size_t) 8 * 1024 * 1024)
#define ALIGNMENT   16

/* Functions that each C library declares with types of its own; these stand for them. */
int get_priority(int which, id_t who) __asm__("getpriority");
int control(int fd, unsigned long request, ...) __asm__("ioctl");
int connect_to(int fd, const struct sockaddr *address, socklen_t size) __asm__("connect");

static _Alignas(ALIGNMENT) char memory[MEMORY_SIZE];

static size_t       memory_used;
static char *const *environment;
static int          error_number;

void libc_begin(char *const *given)
{
    environment = given;
}

int *__errno_location(void)
{
    return &error_number;
}

/* Returns RESULT as the C library's functions do: an error is -1 with errno set. */
static long result_of(long result)
{
    if (result >= 0 || result < -4095)
        return result;
    error_number = (int) -result;
    return -1;
}

/* Memory */

/* Returns the room that a block of SIZE bytes takes up. */
static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Puts the size of a block in front of the block. Nothing is freed, because the process ends so soon. */
void *malloc(size_t size)
{
    char  *head = memory + memory_used;
    size_t whole = ALIGNMENT + aligned(size);

    if (size > MEMORY_SIZE || whole > MEMORY_SIZE - memory_used)
        return NULL;
    *(size_t *) (void *) head = size;
    memory_used += whole;
    return head + ALIGNMENT;
}

/* The newest block grows where it is: the parts of a long answer come one behind the other. */
void *realloc(void *old, size_t size)
{
    size_t old_size = old != NULL ? *(size_t *) (void *) ((char *) old - ALIGNMENT) : 0;
    size_t before = memory_used;
    char  *block;

    if (size <= old_size)
        return old;
    if (old != NULL && (char *) old + aligned(old_size) == memory + memory_used)
        memory_used = (size_t) ((char *) old - ALIGNMENT - memory);
    block = malloc(size);
    if (block == NULL)
        memory_used = before;
    if (block == old)
        return block;
    if (block != NULL && old_size > 0)
        memcpy(block, old, old_size);
    return block;
}

void free(void *block)
{
    (void) block;
}

/* Strings */

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    char       *out = to;
    const char *in = from;

    for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
        __builtin_memcpy(out, in, sizeof(uint64_t)); /* one move */
        out += sizeof(uint64_t);
        in += sizeof(uint64_t);
    }
    while (size-- > 0)
        *out++ = *in++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    char       *out = to;
    const char *in = from;

    if (out <= in)
        for (size_t i = 0; i < size; i++)
            out[i] = in[i];
    else
        while (size-- > 0)
            out[size] = in[size];
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    char *out = to;

    while (size-- > 0)
        *out++ = (char) byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;

    for (; size > 0; size--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void *memchr(const void *data, int byte, size_t size)
{
    const char *at = data;

    for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t), at += sizeof(uint64_t)) {
        uint64_t found = BYTE_SCAN_IS(byte_scan_load(at), (unsigned char) byte);

        if (found != 0)
            return (void *) (at + byte_scan_first(found));
    }
    for (; size > 0; size--, at++)
        if (*at == (char) byte)
            return (void *) at;
    return NULL;
}

size_t strlen(const char *string)
{
    size_t length = 0;

    while (string[length] != '\0')
        length++;
    return length;
}

size_t strnlen(const char *string, size_t most)
{
    size_t length = 0;

    while (length < most && string[length] != '\0')
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    for (; *a != '\0' && *a == *b; a++)
        b++;
    return (unsigned char) *a - (unsigned char) *b;
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (; size > 0 && *a != '\0' && *a == *b; a++, b++)
        size--;
    return size > 0 ? (unsigned char) *a - (unsigned char) *b : 0;
}

char *strchr(const char *string, int byte)
{
    for (; *string != (char) byte; string++)
        if (*string == '\0')
            return NULL;
    return (char *) string;
}

/* Returns the number of bytes at the start of STRING that are among BYTES or, if WANTED is 0, that are not. */
static size_t span(const char *string, const char *bytes, int wanted)
{
    size_t length = 0;

    while (string[length] != '\0' && (strchr(bytes, string[length]) != NULL) == wanted)
        length++;
    return length;
}

size_t strspn(const char *string, const char *bytes)
{
    return span(string, bytes, 1);
}

size_t strcspn(const char *string, const char *bytes)
{
    return span(string, bytes, 0);
}

char *strpbrk(const char *string, const char *bytes)
{
    string += strcspn(string, bytes);
    return *string != '\0' ? (char *) string : NULL;
}

char *strdup(const char *string)
{
    size_t size = strlen(string) + 1;
    char  *copy = malloc(size);

    return copy != NULL ? memcpy(copy, string, size) : NULL;
}

/*
 * Fails. The quick way prints formatted text only for errors and rare values, which the program
 * handles.
 */
int vsnprintf(char *restrict to, size_t size, const char *restrict format, va_list arguments)
{
    (void) to;
    (void) size;
    (void) format;
    (void) arguments;
    return -1;
}

char *strerror(int error)
{
    static char none[1];

    (void) error;
    return none;
}

/* The process */

char *getenv(const char *name)
{
    size_t length = strlen(name);

    for (char *const *word = environment; *word != NULL; word++)
        if (strncmp(*word, name, length) == 0 && (*word)[length] == '=')
            return *word + length + 1;
    return NULL;
}

char *getcwd(char *path, size_t size)
{
    long length;

    if (path == NULL) {
        size = PATH_MAX;
        path = malloc(size);
    }
    length = path != NULL ? system_call(SYS_getcwd, (long) path, (long) size, 0, 0, 0, 0) : -ENOMEM;
    if (length > 0 && path[0] != '/') /* "(unreachable)…" */
        length = -ENOENT;
    return result_of(length) > 0 ? path : NULL;
}

uid_t geteuid(void)
{
    return (uid_t) system_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

mode_t umask(mode_t mask)
{
    return (mode_t) system_call(SYS_umask, (long) mask, 0, 0, 0, 0, 0);
}

int getrlimit(limit_resource resource, struct rlimit *ret)
{
    return (int) result_of(system_call(SYS_prlimit64, 0, resource, 0, (long) ret, 0, 0));
}

/* The system call returns 20 minus the niceness. */
int get_priority(int which, id_t who)
{
    long result = result_of(system_call(SYS_getpriority, which, (long) who, 0, 0, 0, 0));

    return result >= 0 ? (int) (20 - result) : -1;
}

void _exit(int status)
{
    for (;;)
        (void) system_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

/* Descriptors */

int open(const char *path, int flags, ...)
{
    return (int) result_of(system_call(SYS_openat, AT_FDCWD, (long) path, flags, 0, 0, 0));
}

int close(int fd)
{
    return (int) result_of(system_call(SYS_close, fd, 0, 0, 0, 0, 0));
}

ssize_t write(int fd, const void *data, size_t size)
{
    return result_of(system_call(SYS_write, fd, (long) data, (long) size, 0, 0, 0));
}

int control(int fd, unsigned long request, ...)
{
    va_list arguments;
    long    argument;

    va_start(arguments, request);
    argument = va_arg(arguments, long);
    va_end(arguments);
    return (int) result_of(system_call(SYS_ioctl, fd, (long) request, argument, 0, 0, 0));
}

int poll(struct pollfd *pollfds, nfds_t count, int milliseconds)
{
    struct timespec  timeout = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    struct timespec *given = milliseconds >= 0 ? &timeout : NULL;

    return (int) result_of(
        system_call(SYS_ppoll, (long) pollfds, (long) count, (long) given, 0, 0, 0));
}

int socket(int domain, int type, int protocol)
{
    return (int) result_of(system_call(SYS_socket, domain, type, protocol, 0, 0, 0));
}

int connect_to(int fd, const struct sockaddr *address, socklen_t size)
{
    return (int) result_of(system_call(SYS_connect, fd, (long) address, size, 0, 0, 0));
}

int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict size)
{
    return (int) result_of(
        system_call(SYS_getsockopt, fd, level, name, (long) value, (long) size, 0));
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    return result_of(system_call(SYS_sendto, fd, (long) data, (long) size, flags, 0, 0));
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
    return result_of(system_call(SYS_recvfrom, fd, (long) data, (long) size, flags, 0, 0));
}
