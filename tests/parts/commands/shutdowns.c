/* Tests `shutdown`: what it asks for, what it shows while it waits, and whose end it waits for. */
#include "tests/parts/commands/played.h"

#include "cli/view/progress.h"

#include <poll.h>
#include <sys/syscall.h>

/* The supervisor's processes */

static pid_t peer = 100;  /* the process at the other end of the connection; 0: it is not known */
static char  noted[4000]; /* what was opened, waited for and shown, each as a line */

/* Results of the next waits: a bit for each process that has ended, or -errno; NO_NEWS: nothing happens in time. */
#define NO_NEWS 4
static int news[4], waits;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    size_t  used = strlen(noted);
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(noted + used, sizeof(noted) - used, format, arguments);
    va_end(arguments);
}

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
    int result = __real_getsockopt(fd, level, name, value, size);

    CHECK(level == SOL_SOCKET && name == SO_PEERCRED && result == 0);
    ((struct ucred *) value)->pid = peer > 0 ? peer : 77;
    return peer > 0 ? 0 : -1;
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
    if (number != SYS_pidfd_open)
        return __real_syscall(number, list[0], list[1], list[2], list[3], list[4]);
    note("open %d\n", (int) list[0]);
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    int found, ready = 0;

    if (count != 2)
        return __real_poll(fds, count, timeout);
    CHECK(waits < 4);
    found = news[waits++];
    note("wait%s%s %d\n", fds[0].fd >= 0 ? " supervisor" : "", fds[1].fd >= 0 ? " guardian" : "",
         timeout);
    if (found < 0) {
        errno = -found;
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(fds[i].events, POLLIN);
        fds[i].revents = fds[i].fd >= 0 && (found & 1 << i) != 0 ? POLLIN : 0;
        ready += fds[i].revents != 0;
    }
    return ready;
}

/* The terminal */

static bool is_seen;

bool __wrap_progress_is_seen(void);
bool __wrap_progress_is_seen(void)
{
    return is_seen;
}

void __wrap_progress_show(const struct text *text);
void __wrap_progress_show(const struct text *text)
{
    if (is_seen)
        note("[%.*s]\n", (int) text->size, text->size > 0 ? text->data : "");
}

/* Plays it. The waits find NEWS, and WANTED is noted. */
#define SHUT(wanted, given, ...)                                                                   \
    do {                                                                                           \
        static const struct play played = __VA_ARGS__;                                             \
        const int                found[] = {given 0};                                              \
                                                                                                   \
        memcpy(news, found, sizeof(found));                                                        \
        waits = 0;                                                                                 \
        noted[0] = '\0';                                                                           \
        play(&played);                                                                             \
        if (strcmp(noted, wanted) != 0)                                                            \
            fprintf(stderr, "noted: %s", noted);                                                   \
        CHECK_TEXT(noted, wanted);                                                                 \
        CHECK_EQUAL(waits, sizeof(found) / sizeof(found[0]) - 1);                                  \
    } while (0)
#define NEWS(...) __VA_ARGS__,
#define NONE

#define VERSION REQUEST(1, "version", )
#define PIDS    RESULT(1, "{'pid':100,'guardian':99}")
#define BOTH    "open 100\nopen 99\n"

static void both_processes_are_waited_for(void)
{
    SHUT(BOTH "wait supervisor guardian -1\nwait guardian -1\n", NEWS(1, 2),
         {.words = "shutdown",
          .replies = PIDS     RESULT(2, "{}"),
          .requests = VERSION REQUEST(2, "shutdown", "'now':false")});
    SHUT(BOTH "wait supervisor guardian -1\nwait supervisor -1\nwait supervisor -1\n",
         NEWS(2, -EINTR, 1),
         {.words = "shutdown --now",
          .replies = PIDS     RESULT(2, "{}"),
          .requests = VERSION REQUEST(2, "shutdown", "'now':true")});
    SHUT(BOTH "wait supervisor guardian -1\n", NEWS(3),
         {.words = "shutdown",
          .replies = PIDS     RESULT(2, "{}"),
          .requests = VERSION REQUEST(2, "shutdown", "'now':false")});
    /* In a container, the supervisor has another number, and its guardian is not known. */
    SHUT("open 100\nwait supervisor -1\n", NEWS(1),
         {.words = "shutdown",
          .replies = RESULT(1, "{'pid':1,'guardian':99}") RESULT(2, "{}"),
          .requests = VERSION REQUEST(2, "shutdown", "'now':false")});
    peer = 0;
    SHUT("", NONE,
         {.words = "shutdown",
          .replies = RESULT(1, "{'pid':77,'guardian':99}") RESULT(2, "{}"),
          .requests = VERSION REQUEST(2, "shutdown", "'now':false")});
    peer = 1;
    SHUT("open 1\nopen 2\nwait supervisor guardian -1\n", NEWS(3),
         {.words = "shutdown",
          .replies = RESULT(1, "{'pid':1,'guardian':2}") RESULT(2, "{}"),
          .requests = VERSION REQUEST(2, "shutdown", "'now':false")});
    peer = 100;
    /* Elsewhere, the end of the connection tells it. */
    SHUT("", NONE,
         {.words = "shutdown",
          .by_ssh = true,
          .replies = PIDS RESULT(2, "{}") RESULT(1, "{}"),
          .goes_away = true,
          .requests = VERSION REQUEST(2, "shutdown", "'now':false")});
}

static void failures_are_told(void)
{
    SHUT("", NONE,
         {.words = "shutdown",
          .replies = ERROR(1, -32603, "", "broken"),
          .requests = VERSION,
          .err = "k3thread: shutdown: broken\n",
          .status = 1});
    SHUT(BOTH, NONE,
         {.words = "shutdown",
          .replies = PIDS     ERROR(2, -32602, "ValueError", "bad"),
          .requests = VERSION REQUEST(2, "shutdown", "'now':false"),
          .err = "k3thread: shutdown: ValueError: bad\n",
          .status = 64});
    SHUT(BOTH "wait supervisor guardian -1\n", NEWS(3),
         {.words = "shutdown",
          .replies = PIDS     RESULT(2, "{'unended':[5,6]}"),
          .requests = VERSION REQUEST(2, "shutdown", "'now':false"),
          .err = "k3thread: shutdown: process 5 could not be ended, and is left\n"
                 "k3thread: shutdown: process 6 could not be ended, and is left\n",
          .status = 1});
    /* It is a success that another process has ended the supervisor, if that is so. */
    SHUT(BOTH "wait supervisor guardian 10000\nwait supervisor 10000\n", NEWS(2, 1),
         {.words = "shutdown",
          .replies = PIDS,
          .goes_away = true,
          .requests = VERSION REQUEST(2, "shutdown", "'now':false")});
    SHUT(BOTH "wait supervisor guardian 10000\nwait supervisor 10000\n", NEWS(2, NO_NEWS),
         {.words = "shutdown",
          .replies = PIDS,
          .goes_away = true,
          .requests = VERSION REQUEST(2, "shutdown", "'now':false"),
          .err = "k3thread: shutdown: the supervisor went away without a reply; see /dev/null\n",
          .status = 1});
    SHUT(BOTH "wait supervisor guardian 10000\n", NEWS(-EINVAL),
         {.words = "shutdown",
          .replies = PIDS,
          .goes_away = true,
          .requests = VERSION REQUEST(2, "shutdown", "'now':false"),
          .err = "k3thread: shutdown: the supervisor went away without a reply; see /dev/null\n",
          .status = 1});
    SHUT("", NONE,
         {.words = "shutdown x",
          .err = "k3thread: shutdown: unexpected argument 'x'\n"
                 "Try 'k3thread shutdown --help' for more.\n",
          .status = 64});
}

#define WATCH                                                                                      \
    VERSION REQUEST(2, "watch", "'events':['ended'],'members':['id']")                             \
        REQUEST(3, "list", "'live':true,'members':['id','name','daemon']")
#define END(id) EVENT("'event':'ended','thread':{'id':" #id "}")

static void a_terminal_shows_what_is_waited_for(void)
{
    is_seen = true;
    SHUT(BOTH "[waiting for web and 1 more; shutdown --now ends them]\n"
              "[waiting for x; shutdown --now ends them]\n"
              "[ending late and 1 more]\n"
              "[ending db]\n"
              "[]\n"
              "[]\n"
              "wait supervisor guardian -1\n",
         NEWS(3),
         {.words = "shutdown",
          .replies = PIDS RESULT(2, "{}") END(8)
              RESULT(3, "[{'id':4,'name':'late','daemon':true},{'id':1,'name':'web'},{'id':3,'name'"
                        ":'x'},{'id':2,'name':'db','daemon':true}]") END(1) END(9) END(3) END(4)
                  END(2) RESULT(4, "{}"),
          .requests = WATCH REQUEST(4, "shutdown", "'now':false")});
    SHUT(BOTH "[ending web and 1 more]\n"
              "[ending db]\n"
              "[]\n"
              "wait supervisor guardian -1\n",
         NEWS(3),
         {.words = "shutdown --now",
          .replies = PIDS RESULT(2, "{}")
              RESULT(3, "[{'id':2,'name':'db','daemon':true},{'id':1,'name':'web','daemon':false}]")
                  END(1) RESULT(4, "{}"),
          .requests = WATCH REQUEST(4, "shutdown", "'now':true")});
    SHUT(BOTH "[]\n[]\nwait supervisor guardian -1\n", NEWS(3),
         {.words = "shutdown",
          .replies = PIDS   RESULT(2, "{}") RESULT(3, "[]") RESULT(4, "{}"),
          .requests = WATCH REQUEST(4, "shutdown", "'now':false")});
    SHUT(BOTH "[]\n", NONE,
         {.words = "shutdown",
          .replies = PIDS     ERROR(2, -32602, "ValueError", "bad"),
          .requests = VERSION REQUEST(2, "watch", "'events':['ended'],'members':['id']"),
          .err = "k3thread: shutdown: ValueError: bad\n",
          .status = 64});
    SHUT(BOTH "[]\n", NONE,
         {.words = "shutdown",
          .replies = PIDS RESULT(2, "{}") ERROR(3, -32602, "ValueError", "bad"),
          .requests = WATCH,
          .err = "k3thread: shutdown: ValueError: bad\n",
          .status = 64});
}

TEST_MAIN({"processes", both_processes_are_waited_for}, {"failures", failures_are_told},
          {"terminal", a_terminal_shows_what_is_waited_for})
