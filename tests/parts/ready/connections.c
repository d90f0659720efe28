/*
 * Tests the probes that connect (cli/ready): connections that take long, or lead to the probe itself, and the processes
 * that answer before the command runs. The clock, and what the network does, are as a case says.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/process/spawn.h"
#include "cli/ready/address.h"
#include "cli/ready/peer_process.h"
#include "cli/ready/ready.h"
#include "cli/supervisor/title.h"

#include <limits.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/un.h>

static double now = 1000;
static bool   is_slow;         /* a connection is not made yet */
static bool   is_to_self;      /* a connection of TCP leads to its own socket */
static bool   is_far;          /* the other end of a connection is on another machine */
static int    poll_result = 1; /* of a wait for an answer before the command runs; 1: wait */
static double poll_limit;
static int    sends_left = INT_MAX; /* until send(2) fails */

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return now;
}

double __wrap_clock_until(double deadline);
double __wrap_clock_until(double deadline)
{
    return isinf(deadline) ? -1 : deadline > now ? deadline - now : 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    return is_slow && fds->events == POLLOUT ? 0 : __real_poll(fds, count, timeout);
}

int __wrap_k3thread_poll(struct pollfd *fds, nfds_t count, double timeout);
int __wrap_k3thread_poll(struct pollfd *fds, nfds_t count, double timeout)
{
    poll_limit = timeout;
    return poll_result > 0 ? __real_poll(fds, count, -1) : poll_result;
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size);
int __real_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    if (is_to_self)
        CHECK_EQUAL(bind(fd, address, size), 0);
    return __real_connect(fd, address, size);
}

int __wrap_getpeername(int fd, struct sockaddr *ret, socklen_t *size);
int __real_getpeername(int fd, struct sockaddr *ret, socklen_t *size);
int __wrap_getpeername(int fd, struct sockaddr *ret, socklen_t *size)
{
    int result = __real_getpeername(fd, ret, size);

    if (is_far && result == 0)
        ((struct sockaddr_in *) (void *) ret)->sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
    return result;
}

ssize_t __wrap_send(int fd, const void *data, size_t size, int flags);
ssize_t __real_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    errno = ENOBUFS;
    return sends_left-- > 0 ? __real_send(fd, data, size, flags) : -1;
}

static struct spawn_plan plan = {.directory = ".", .output = "/dev/null"};

static struct ready *open_probe(const char *spec)
{
    struct ready *ready;

    CHECK_EQUAL(ready_open(spec, &ready), 0);
    ready_extend(ready, &plan);
    ready_begin(ready, &plan, 0);
    return ready;
}

/* Waits until the descriptor of READY has an event, and looks. */
static bool check_at_event(struct ready *ready)
{
    struct pollfd pollfd = ready_poll(ready);

    CHECK(pollfd.fd >= 0);
    CHECK_EQUAL(poll(&pollfd, 1, -1), 1);
    return ready_check(ready, &plan);
}

/* Listens at PORT of HOST, which may be any port (0). Returns the port. */
static int listen_at(const char *host, int port, int *ret_fd)
{
    static const int on = 1;
    char             text[64];
    struct address   addresses[ADDRESS_MAX], *address = &addresses[0];
    int              fd;

    (void) snprintf(text, sizeof(text), "%s:%d", host, port > 0 ? port : 1);
    CHECK_EQUAL(address_parse(text, strlen(text), 0, addresses), 1);
    if (port == 0)
        *(address->any.sa_family == AF_INET ? &address->in.sin_port : &address->in6.sin6_port) = 0;
    fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK_EQUAL(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
    CHECK_EQUAL(bind(fd, &address->any, address->size), 0);
    CHECK_EQUAL(listen(fd, 8), 0);
    CHECK_EQUAL(getsockname(fd, &address->any, &address->size), 0);
    *ret_fd = fd;
    return ntohs(address_port(address));
}

/* Returns PREFIX with 127.0.0.1 and PORT. It lives until the next call. */
static const char *spec_of(const char *prefix, int port)
{
    static char spec[64];

    (void) snprintf(spec, sizeof(spec), "%s127.0.0.1:%d", prefix, port);
    return spec;
}

/* Connections */

static void a_connection_may_take_five_seconds(void)
{
    int           fd, before = test_count_open();
    struct ready *ready = open_probe(spec_of("tcp:", listen_at("127.0.0.1", 0, &fd)));

    is_slow = true;
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_next(ready) == now + 5);
    now += 4.9;
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_poll(ready).fd >= 0 && !ready_has_tried(ready));
    now += 0.1;
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_poll(ready).fd < 0 && ready_has_tried(ready));
    CHECK(ready_next(ready) > now && ready_next(ready) < now + 0.03);
    is_slow = false;
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
    close(fd);
    CHECK_EQUAL(test_count_open(), before);
}

static void a_connection_to_itself_is_no_answer(void)
{
    int           fd, before = test_count_open(), port = listen_at("127.0.0.1", 0, &fd);
    struct ready *ready = open_probe(spec_of("tcp:", port));

    close(fd);
    is_to_self = true;
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_has_tried(ready));
    is_to_self = false;
    CHECK_EQUAL(test_count_open(), before);
    (void) listen_at("127.0.0.1", port, &fd); /* the port is free at once */
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
    close(fd);
}

static void without_a_descriptor_the_next_try_comes_after_a_pause(void)
{
    struct rlimit before, none;
    struct ready *ready = open_probe("tcp:127.0.0.1:9");

    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
    CHECK(!ready_check(ready, &plan));
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK(ready_has_tried(ready));
    CHECK(ready_next(ready) > now && ready_poll(ready).fd < 0);
    ready_close(ready);
}

static void a_web_server_may_take_five_seconds(void)
{
    char          request[512];
    int           listener, fd, port = listen_at("127.0.0.1", 0, &listener);
    struct ready *ready = open_probe(spec_of("http://", port));

    CHECK(!ready_check(ready, &plan));
    fd = accept(listener, NULL, NULL);
    CHECK(recv(fd, request, sizeof(request), 0) > 0);
    errno = 0;
    CHECK(!ready_check(ready, &plan)); /* nothing has come */
    now += 4.9;
    CHECK(!ready_check(ready, &plan));
    CHECK(!ready_has_tried(ready));
    now += 0.1;
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_poll(ready).fd < 0 && ready_has_tried(ready));
    CHECK(ready_next(ready) > now && ready_next(ready) < now + 1);
    CHECK_EQUAL(recv(fd, request, sizeof(request), 0), 0);
    close(fd);
    is_slow = true;
    CHECK(!ready_check(ready, &plan)); /* it connects again */
    CHECK_EQUAL(ready_poll(ready).events, POLLOUT);
    CHECK(ready_next(ready) == now + 5);
    CHECK(!ready_check(ready, &plan));
    is_slow = false;
    CHECK(!check_at_event(ready)); /* now it asks */
    fd = accept(listener, NULL, NULL);
    CHECK(recv(fd, request, sizeof(request), 0) > 0);
    CHECK_EQUAL(send(fd, "HTTP/1.1 200 OK\r\n", 17, 0), 17);
    CHECK(check_at_event(ready));
    close(fd);
    ready_close(ready);
    close(listener);
}

static void a_web_server_that_breaks_off_is_asked_again_after_a_pause(void)
{
    static const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    int                        listener, fd, port = listen_at("127.0.0.1", 0, &listener);
    struct ready              *ready = open_probe(spec_of("http://", port));

    CHECK(!ready_check(ready, &plan));
    fd = accept(listener, NULL, NULL);
    CHECK_EQUAL(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
    close(listener);
    close(fd);
    CHECK(!check_at_event(ready));
    CHECK(ready_has_tried(ready) && ready_poll(ready).fd < 0);
    CHECK(ready_next(ready) > now && ready_next(ready) < now + 1);
    ready_close(ready);
}

static void a_request_that_cannot_be_sent_is_sent_after_a_pause(void)
{
    int           listener, fd, port = listen_at("127.0.0.1", 0, &listener);
    struct ready *ready = open_probe(spec_of("http://", port));
    char          request[512];

    sends_left = 0;
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_has_tried(ready) && ready_poll(ready).fd < 0);
    CHECK(ready_next(ready) > now);
    sends_left = INT_MAX;
    fd = accept(listener, NULL, NULL);
    CHECK_EQUAL(recv(fd, request, sizeof(request), 0), 0); /* it is closed */
    close(fd);
    CHECK(!ready_check(ready, &plan));
    fd = accept(listener, NULL, NULL);
    CHECK(recv(fd, request, sizeof(request), 0) > 0);
    close(fd);
    ready_close(ready);
    close(listener);
}

/* Strangers */

/* Checks what is said of the process that answers SPEC, PID, whose command line is COMMAND; PID 0: it is not known. */
static void check_stranger(const char *spec, pid_t pid, const char *command)
{
    int           before = test_count_open();
    struct text   why = {0};
    char          wanted[512];
    struct ready *ready;

    CHECK_EQUAL(ready_open(spec, &ready), 0);
    CHECK_EQUAL(ready_rule_out(ready, &plan, &why), -EADDRINUSE);
    CHECK_EQUAL(ready_poll(ready).fd, -1);
    ready_close(ready);
    CHECK_EQUAL(test_count_open(), before);
    if (pid > 0)
        (void) snprintf(wanted, sizeof(wanted),
                        "%s is answered before the command runs: pid %d (%s) listens there", spec,
                        pid, command);
    else
        (void) snprintf(wanted, sizeof(wanted),
                        "%s is answered before the command runs: another process listens there",
                        spec);
    check_written(&why, wanted);
}

/* Reads the command line of this process. */
static const char *own_command(void)
{
    static char command[128];
    int         fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t     size = read(fd, command, sizeof(command) - 1);

    close(fd);
    for (ssize_t i = 0; i + 1 < size; i++)
        command[i] = command[i] == '\0' ? ' ' : command[i];
    return command;
}

static void a_server_that_answers_before_the_command_runs_is_named(void)
{
    static const char *const hosts[] = {"127.0.0.1", "[::1]", "0.0.0.0", "[::]"};
    struct text              why = {0};
    struct ready            *ready;

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        char spec[64];
        int  fd, port = listen_at(hosts[i], 0, &fd);

        (void) snprintf(spec, sizeof(spec), "tcp:%s:%d", i == 1 ? "[::1]" : "127.0.0.1", port);
        check_stranger(spec, getpid(), own_command());
        close(fd);
        CHECK_EQUAL(ready_open(spec, &ready), 0);
        CHECK_EQUAL(ready_rule_out(ready, &plan, &why), 0);
        CHECK_EQUAL(why.size, 0);
        ready_close(ready);
    }
    CHECK_EQUAL(ready_open("line:x", &ready), 0);
    CHECK_EQUAL(ready_rule_out(ready, &plan, &why), -EINVAL);
    check_written(&why, "--ready line:x reads the output, and '/dev/null' is no regular file");
    CHECK_EQUAL(ready_rule_out_later(ready, &plan, "--until", &why), -EINVAL);
    check_written(&why, "--until line:x reads the output, and '/dev/null' is no regular file");
    plan.output = "./none";
    CHECK_EQUAL(ready_rule_out(ready, &plan, &why), 0);
    ready_close(ready);
    CHECK_EQUAL(ready_open("notify", &ready), 0);
    CHECK_EQUAL(ready_rule_out(ready, &plan, &why), 0);
    CHECK_EQUAL(ready_rule_out_later(ready, &plan, "--until", &why), 0);
    ready_close(ready);
}

/* A process that has a socket, and ends with this process's end of the pipe. */
struct stranger {
    pid_t pid;
    int   port;
};

/*
 * Starts a process that listens at PORT of HOST, and then becomes tail(1) with the words COMMAND (NULL: stays as it
 * is).
 */
static struct stranger start(const char *host, int port, char *const *command)
{
    struct stranger stranger = {.port = port};
    int             ends[2], fd;
    char            byte;

    CHECK_EQUAL(pipe(ends), 0);
    stranger.pid = fork();
    CHECK(stranger.pid >= 0);
    if (stranger.pid == 0) {
        close(ends[0]);
        (void) socket(AF_UNIX, SOCK_STREAM, 0); /* one more, before the other */
        port = listen_at(host, port, &fd);
        CHECK_EQUAL(write(ends[1], &port, sizeof(port)), sizeof(port));
        if (command != NULL) {
            CHECK_EQUAL(fcntl(fd, F_SETFD, 0), 0);
            close(ends[1]);
            execvp("tail", command);
            _exit(1);
        }
        close(ends[1]);
        for (;;)
            pause();
    }
    close(ends[1]);
    CHECK_EQUAL(read(ends[0], &stranger.port, sizeof(port)), sizeof(port));
    CHECK_EQUAL(read(ends[0], &byte, 1), 0); /* the command is executed */
    close(ends[0]);
    return stranger;
}

static void stop(const struct stranger *stranger)
{
    CHECK_EQUAL(kill(stranger->pid, SIGKILL), 0);
    CHECK_EQUAL(waitpid(stranger->pid, NULL, 0), stranger->pid);
}

static void check_best(void)
{
    char            spec[64];
    struct stranger other = start("127.0.0.1", 0, NULL);              /* another port */
    struct stranger near = start("127.0.0.2", 0, NULL);               /* another address */
    struct stranger all = start("0.0.0.0", near.port, NULL);          /* all addresses */
    struct stranger exact = start("127.0.0.1", near.port, NULL), six; /* the address */

    check_stranger(spec_of("tcp:", near.port), exact.pid, own_command());
    stop(&exact);
    check_stranger(spec_of("tcp:", near.port), all.pid, own_command());
    exact = start("127.0.0.1", near.port, NULL);
    check_stranger(spec_of("tcp:", near.port), exact.pid, own_command());
    is_far = true; /* as if what was reached here were forwarded to another machine */
    check_stranger(spec_of("tcp:", near.port), 0, NULL);
    is_far = false;
    stop(&exact);
    stop(&all);
    stop(&near);
    stop(&other);
    near = start("127.0.0.2", 0, NULL);
    six = start("[::]", near.port, NULL);
    check_stranger(spec_of("tcp:", near.port), six.pid, own_command());
    exact = start("127.0.0.1", near.port, NULL);
    check_stranger(spec_of("tcp:", near.port), exact.pid, own_command());
    stop(&exact);
    exact = start("[::1]", near.port, NULL);
    (void) snprintf(spec, sizeof(spec), "tcp:[::1]:%d", near.port);
    check_stranger(spec, exact.pid, own_command());
    stop(&exact);
    stop(&six);
    stop(&near);
}

static void the_process_whose_address_fits_best_is_named(void)
{
    for (int i = 0; i < 12; i++) { /* so that pids have two digits */
        pid_t pid = fork();

        if (pid == 0)
            _exit(0);
        CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
    }
    check_best();
}

static void a_server_that_is_gone_is_not_named(void)
{
    struct text   text = {0};
    int           listener, port = listen_at("127.0.0.1", 0, &listener), fd;
    struct ready *ready = open_probe(spec_of("tcp:", port));

    CHECK(ready_check(ready, &plan));
    fd = accept(listener, NULL, NULL);
    close(listener);
    peer_process_describe(ready_poll(ready).fd, &text);
    check_written(&text, "another process listens there");
    ready_close(ready);
    ready_close(NULL);
    close(fd);
}

static void a_command_line_is_shown_as_far_as_there_is_room(void)
{
    static char word[200];
    char *const short_command[] = {(char *) "tail", (char *) "-f", (char *) "/dev/null", NULL};
    char *const nameless_command[] = {(char *) "", (char *) "-f", (char *) "/dev/null", NULL};
    char *const long_command[] = {(char *) "tail", (char *) "-f", (char *) "/dev/null", word, NULL};
    struct stranger stranger = start("127.0.0.1", 0, short_command);
    char            wanted[256];

    check_stranger(spec_of("tcp:", stranger.port), stranger.pid, "tail -f /dev/null");
    stop(&stranger);
    memset(word, 'x', sizeof(word) - 1);
    stranger = start("127.0.0.1", 0, long_command);
    (void) snprintf(wanted, sizeof(wanted), "tail -f /dev/null %s", word);
    wanted[127] = '\0';
    check_stranger(spec_of("tcp:", stranger.port), stranger.pid, wanted);
    stop(&stranger);
    stranger = start("127.0.0.1", 0, nameless_command);
    check_stranger(spec_of("tcp:", stranger.port), stranger.pid, " -f /dev/null");
    stop(&stranger);
}

/* Checks what is said of a process with TITLE. */
static void check_title(const char *title)
{
    int             ends[2], port, fd;
    struct stranger stranger = {.port = 0};

    CHECK_EQUAL(pipe(ends), 0);
    stranger.pid = fork();
    if (stranger.pid == 0) {
        port = listen_at("127.0.0.1", 0, &fd);
        title_set(title);
        CHECK_EQUAL(write(ends[1], &port, sizeof(port)), sizeof(port));
        for (;;)
            pause();
    }
    CHECK_EQUAL(read(ends[0], &stranger.port, sizeof(int)), sizeof(int));
    check_stranger(spec_of("tcp:", stranger.port), stranger.pid, title);
    stop(&stranger);
}

static void a_process_may_have_set_its_title(void)
{
    check_title("");
    check_title("x");
    check_title("a title");
}

static void a_process_of_a_unix_socket_is_named(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "./server"};
    int                ends[2], fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct text        text = {0};
    siginfo_t          info;
    pid_t              pid;

    unlink("./server");
    CHECK_EQUAL(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
    pid = fork();
    if (pid == 0)
        _exit(listen(fd, 8) == 0 ? 0 : 1);
    CHECK_EQUAL(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), 0);
    check_stranger("unix:server", pid, ""); /* a zombie has no command line */
    CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
    check_stranger("unix:server", 0, NULL); /* the process that called listen() has ended */
    CHECK_EQUAL(listen(fd, 8), 0);
    check_stranger("unix:server", getpid(), own_command());
    close(fd);
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    close(ends[0]);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    peer_process_describe(fd, &text); /* it is not connected */
    check_written(&text, "another process listens there");
}

static const char *reply; /* of the web server */

/* Answers one request at the listening socket that CONTEXT points to. */
static void *answer(void *context)
{
    char request[512];
    int  fd = accept(*(int *) context, NULL, NULL);

    CHECK(recv(fd, request, sizeof(request), 0) > 0);
    CHECK_EQUAL(send(fd, reply, strlen(reply), 0), strlen(reply));
    close(fd);
    return NULL;
}

static void a_web_server_has_a_second_to_answer_before_the_command_runs(void)
{
    int           listener, port = listen_at("127.0.0.1", 0, &listener), before;
    struct text   why = {0};
    struct ready *ready;
    pthread_t     thread;

    CHECK_EQUAL(ready_open(spec_of("http://", port), &ready), 0);
    before = test_count_open();
    poll_result = 0; /* the time is over */
    CHECK_EQUAL(ready_rule_out(ready, &plan, &why), 0);
    CHECK(poll_limit == 1);
    poll_result = -ECANCELED; /* an exception has come */
    CHECK_EQUAL(ready_rule_out(ready, &plan, &why), -ECANCELED);
    CHECK_EQUAL(why.size, 0);
    CHECK_EQUAL(test_count_open(), before);
    ready_close(ready);
    close(accept(listener, NULL, NULL));
    close(accept(listener, NULL, NULL));
    poll_result = 1;
    reply = "HTTP/1.1 503 Later\r\n";
    CHECK_EQUAL(pthread_create(&thread, NULL, answer, &listener), 0);
    CHECK_EQUAL(ready_open(spec_of("http://", port), &ready), 0);
    CHECK_EQUAL(ready_rule_out(ready, &plan, &why),
                0); /* the probe would not take that for an answer */
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    ready_close(ready);
    reply = "HTTP/1.1 200 OK\r\n";
    CHECK_EQUAL(pthread_create(&thread, NULL, answer, &listener), 0);
    CHECK_EQUAL(ready_open(spec_of("http://", port), &ready), 0);
    CHECK_EQUAL(ready_rule_out(ready, &plan, &why), -EADDRINUSE);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK(why.size > 0);
    text_release(&why);
    ready_close(ready);
}

TEST_MAIN({"slow", a_connection_may_take_five_seconds},
          {"self", a_connection_to_itself_is_no_answer},
          {"no-descriptor", without_a_descriptor_the_next_try_comes_after_a_pause},
          {"slow-http", a_web_server_may_take_five_seconds},
          {"reset", a_web_server_that_breaks_off_is_asked_again_after_a_pause},
          {"unsent", a_request_that_cannot_be_sent_is_sent_after_a_pause},
          {"strangers", a_server_that_answers_before_the_command_runs_is_named},
          {"best", the_process_whose_address_fits_best_is_named},
          {"command-line", a_command_line_is_shown_as_far_as_there_is_room},
          {"gone", a_server_that_is_gone_is_not_named}, {"title", a_process_may_have_set_its_title},
          {"unix", a_process_of_a_unix_socket_is_named},
          {"http-stranger", a_web_server_has_a_second_to_answer_before_the_command_runs})
