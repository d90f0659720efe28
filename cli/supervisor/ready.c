#include "cli/supervisor/ready.h"

#include "cli/clock.h"
#include "cli/supervisor/execution.h"
#include "cli/supervisor/pattern.h"
#include "cli/supervisor/spawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between two tries: from the first to the last of these seconds, doubling. */
#define FIRST_PAUSE 0.02
#define LAST_PAUSE  1.0

/* Lines of the output longer than this are matched in parts. */
#define LINE_SIZE 4096

static const struct {
    const char     *prefix;
    enum ready_kind kind;
} kinds[] = {
    {"tcp:", READY_TCP},
    {"unix:", READY_UNIX},
    {"line:", READY_LINE},
    {"cmd:", READY_CMD},
};

/* Splits SPEC; a kind of READY_NOTHING means that it is none. */
static struct ready parse(const char *spec)
{
    struct ready ready = {.poll.fd = -1, .log = -1, .write_end = -1, .next = INFINITY};
    char        *end;
    long         number;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strncmp(spec, kinds[i].prefix, strlen(kinds[i].prefix)) == 0) {
            ready.kind = kinds[i].kind;
            ready.argument = spec + strlen(kinds[i].prefix);
            return ready;
        }
    number = strtol(spec, &end, 10);
    if (end != spec && *end == '\0' && number >= 3 && number < 1024) {
        ready.kind = READY_FD;
        ready.number = (int) number;
    }
    return ready;
}

/* An address of either family. */
union address {
    struct sockaddr     any;
    struct sockaddr_in  in;
    struct sockaddr_in6 in6;
    struct sockaddr_un  un;
};

/* HOST is an address, or "localhost": that one is ::1 where V6 is set. */
static socklen_t parse_host(const char *host, in_port_t port, bool v6, union address *ret)
{
    *ret = (union address){.in6 = {0}};
    if (strcmp(host, "localhost") == 0)
        host = v6 ? "::1" : "127.0.0.1";
    if (inet_pton(AF_INET, host, &ret->in.sin_addr) == 1) {
        ret->in.sin_family = AF_INET;
        ret->in.sin_port = port;
        return sizeof(ret->in);
    }
    if (inet_pton(AF_INET6, host, &ret->in6.sin6_addr) == 1) {
        ret->in6.sin6_family = AF_INET6;
        ret->in6.sin6_port = port;
        return sizeof(ret->in6);
    }
    return 0;
}

/* HOST:PORT or [HOST]:PORT. Returns the address's size, 0 if it is none. */
static socklen_t parse_tcp(const char *text, bool v6, union address *ret)
{
    char        host[64];
    const char *colon = strrchr(text, ':');
    char       *end;
    size_t      length = colon != NULL ? (size_t) (colon - text) : 0;
    long        port = colon != NULL ? strtol(colon + 1, &end, 10) : 0;

    if (port < 1 || port > 65535 || *end != '\0')
        return 0;
    if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof(host))
        return 0;
    memcpy(host, text, length);
    host[length] = '\0';
    return parse_host(host, htons((in_port_t) port), v6, ret);
}

/* A relative path is meant from the command's directory. */
static socklen_t parse_unix(const char *path, const char *directory, union address *ret)
{
    const char *slash = path[0] != '/' ? "/" : "";
    int         length;

    if (path[0] == '/')
        directory = "";
    *ret = (union address){.un = {.sun_family = AF_UNIX}};
    length = snprintf(ret->un.sun_path, sizeof(ret->un.sun_path), "%s%s%s", directory, slash, path);
    return length > 0 && (size_t) length < sizeof(ret->un.sun_path) ? sizeof(ret->un) : 0;
}

static const char *pattern_fault(const char *text)
{
    struct pattern *pattern;
    int             error = pattern_new(text, &pattern);

    pattern_free(pattern);
    switch (error) {
    case 0:
        return NULL;
    case -E2BIG:
        return "what follows \"line:\" is too large a regular expression";
    case -ENOTSUP:
        return "what follows \"line:\" refers back to what it matched, which is not supported";
    case -ENOMEM:
        return "no memory for what follows \"line:\"";
    default:
        return "what follows \"line:\" is no regular expression";
    }
}

const char *ready_fault(const char *spec)
{
    struct ready  ready = parse(spec);
    union address address;

    if (ready.kind != READY_NOTHING && ready.kind != READY_FD && ready.argument[0] == '\0')
        return "nothing follows the colon";
    switch (ready.kind) {
    case READY_NOTHING:
        return "it is none of FD (3 or more), tcp:HOST:PORT, unix:PATH, line:REGEX, cmd:COMMAND";
    case READY_TCP:
        return parse_tcp(ready.argument, false, &address) != 0
                   ? NULL
                   : "tcp: takes HOST:PORT, HOST being an address or localhost";
    case READY_UNIX:
        return parse_unix(ready.argument, "", &address) != 0 ? NULL : "the path is too long";
    case READY_LINE:
        return pattern_fault(ready.argument);
    default:
        return NULL;
    }
}

int ready_open(struct ready *ready, const char *spec)
{
    int ends[2];

    *ready = parse(spec != NULL ? spec : "");
    if (ready->kind != READY_FD)
        return 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
        close(ends[0]);
        close(ends[1]);
        return -errno;
    }
    ready->poll = (struct pollfd){.fd = ends[0], .events = POLLIN};
    ready->write_end = ends[1];
    return 0;
}

/* Watches the output from START on. What cannot be watched is looked at now and then. */
static void begin_line(struct ready *ready, const char *output, off_t start)
{
    int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    ready->at = start;
    ready->log = open(output, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (pattern_new(ready->argument, &ready->pattern) < 0)
        ready->pattern = NULL; /* without memory it never becomes ready */
    if (inotify >= 0 && inotify_add_watch(inotify, output, IN_MODIFY) < 0) {
        close(inotify);
        inotify = -1;
    }
    ready->poll = (struct pollfd){.fd = inotify, .events = POLLIN};
}

void ready_begin(struct ready *ready, const struct spawn_plan *plan, off_t start)
{
    if (ready->kind == READY_FD) {
        close(ready->write_end);
        ready->write_end = -1;
        return;
    }
    if (ready->kind == READY_NOTHING)
        return;
    ready->pause = FIRST_PAUSE;
    ready->next = 0;
    if (ready->kind == READY_LINE)
        begin_line(ready, plan->output, start);
}

/* Looks again after a pause that grows. */
static void postpone(struct ready *ready)
{
    ready->next = clock_monotonic() + ready->pause;
    ready->pause = earlier(2 * ready->pause, LAST_PAUSE);
}

static bool check_fd(struct ready *ready)
{
    char    text[256];
    ssize_t n;

    while ((n = read(ready->poll.fd, text, sizeof(text))) > 0)
        if (memchr(text, '\n', (size_t) n) != NULL)
            return true;
    if (n == 0) { /* closed without a line: it will never be */
        close(ready->poll.fd);
        ready->poll.fd = -1;
    }
    return false;
}

/* Did the connection that was under way come about? Ends it. */
static bool has_connected(struct ready *ready)
{
    int           error = ECONNREFUSED;
    socklen_t     size = sizeof(error);
    struct pollfd poll_fd = ready->poll;
    bool          is_decided = poll(&poll_fd, 1, 0) > 0;

    if (is_decided && getsockopt(ready->poll.fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    close(ready->poll.fd);
    ready->poll.fd = -1;
    return is_decided && error == 0;
}

/* Connects, or begins to. Returns true if there is a connection at once. */
static bool try_connection(struct ready *ready, const struct spawn_plan *plan)
{
    union address address;
    socklen_t     size;
    int           fd;

    /* "localhost" is tried as both of its addresses in turn. */
    ready->number ^= 1;
    if (ready->kind == READY_TCP)
        size = parse_tcp(ready->argument, ready->number == 0, &address);
    else
        size = parse_unix(ready->argument, plan->directory, &address);
    if (size == 0)
        return false;
    fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    if (connect(fd, &address.any, size) == 0) {
        close(fd);
        return true;
    }
    if (errno == EINPROGRESS)
        ready->poll = (struct pollfd){.fd = fd, .events = POLLOUT};
    else
        close(fd);
    return false;
}

static bool check_connection(struct ready *ready, const struct spawn_plan *plan)
{
    if (ready->poll.fd >= 0 && has_connected(ready))
        return true;
    if (worker_until(ready->next) > 0)
        return false;
    if (try_connection(ready, plan))
        return true;
    postpone(ready);
    return false;
}

/* Matches the lines in TEXT, whose last byte ends one; returns true at the first that fits. */
static bool match_lines(const struct ready *ready, const char *text, size_t size)
{
    const char *stop = text + size, *end;

    for (; text < stop; text = end + 1) {
        end = memchr(text, '\n', (size_t) (stop - text));
        if (pattern_matches(ready->pattern, text, (size_t) (end - text)))
            return true;
    }
    return false;
}

/* Reads one piece of the output into TEXT, up to its last newline. Returns its size. */
static size_t read_lines(struct ready *ready, char *text)
{
    ssize_t n = pread(ready->log, text, LINE_SIZE, ready->at);
    size_t  size = n > 0 ? (size_t) n : 0;
    char   *end = memrchr(text, '\n', size);

    if (end != NULL)
        size = (size_t) (end - text) + 1;
    else if (size < LINE_SIZE)
        size = 0; /* its rest will come */
    else
        text[size - 1] = '\n';
    ready->at += (off_t) size;
    return size;
}

/*
 * Looks at one piece, and at the next in a moment: a command that writes faster than it is read
 * must not keep the worker from what is raised.
 */
static bool check_line(struct ready *ready)
{
    char   events[256];
    char  *text = malloc(LINE_SIZE);
    bool   found = false;
    size_t size;

    ready->next = INFINITY;
    if (ready->poll.fd < 0)
        postpone(ready);
    while (ready->poll.fd >= 0 && read(ready->poll.fd, events, sizeof(events)) > 0)
        ;
    if (text == NULL || ready->pattern == NULL || ready->log < 0) {
        free(text);
        return false;
    }
    size = read_lines(ready, text);
    if (size > 0) {
        found = match_lines(ready, text, size);
        ready->next = 0;
    }
    free(text);
    return found;
}

/* Starts the command that asks. Its processes carry the thread's mark, like all others. */
static void begin_command(struct ready *ready, const struct spawn_plan *plan)
{
    char             *argv[] = {"/bin/sh", "-c", (char *) ready->argument, NULL};
    struct spawn_plan asking = *plan;
    struct spawned    spawned;

    asking.argv = argv;
    asking.output = "/dev/null";
    asking.extra_from = -1;
    if (spawn(&asking, &spawned) != 0) {
        postpone(ready);
        return;
    }
    ready->pid = spawned.pid;
    ready->poll = (struct pollfd){.fd = spawned.pidfd, .events = POLLIN};
    ready->next = INFINITY;
}

/* Waits for the command that asks; returns whether it ended with 0. */
static bool end_command(struct ready *ready)
{
    siginfo_t info = {0};

    while (waitid(P_PIDFD, (id_t) ready->poll.fd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
        ;
    close(ready->poll.fd);
    ready->poll.fd = -1;
    ready->pid = 0;
    return info.si_code == CLD_EXITED && info.si_status == 0;
}

static bool check_command(struct ready *ready, const struct spawn_plan *plan)
{
    if (ready->pid == 0) {
        begin_command(ready, plan);
        return false;
    }
    if (end_command(ready))
        return true;
    postpone(ready);
    return false;
}

static bool check(struct ready *ready, const struct spawn_plan *plan)
{
    switch (ready->kind) {
    case READY_FD:
        return check_fd(ready);
    case READY_TCP:
    case READY_UNIX:
        return check_connection(ready, plan);
    case READY_LINE:
        return check_line(ready);
    case READY_CMD:
        return check_command(ready, plan);
    case READY_NOTHING:
        break;
    }
    return false;
}

bool ready_check(struct ready *ready, const struct spawn_plan *plan)
{
    if (!check(ready, plan))
        return false;
    ready_close(ready);
    return true;
}

void ready_close(struct ready *ready)
{
    if (ready->pid != 0) {
        kill(-ready->pid, SIGKILL);
        end_command(ready);
    }
    if (ready->poll.fd >= 0)
        close(ready->poll.fd);
    if (ready->write_end >= 0)
        close(ready->write_end);
    if (ready->log >= 0)
        close(ready->log);
    pattern_free(ready->pattern);
    *ready = parse("");
}
