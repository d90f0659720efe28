/*
 * Tests the probes (cli/ready): what they accept, and when those hold that connect or read a descriptor. See also
 * connections.c, notify.c and output_lines.c.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/process/spawn.h"
#include "cli/ready/address.h"
#include "cli/ready/ready.h"

#include <arpa/inet.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Addresses */

static void check_address(const char *text, in_port_t otherwise, size_t count, const char *host,
                          int port)
{
    struct address addresses[ADDRESS_MAX] = {{.size = 0}};
    char           words[INET6_ADDRSTRLEN] = "";
    size_t         got = address_parse(text, strlen(text), otherwise, addresses);

    if (got != count) {
        fprintf(stderr, "'%s': %zu\n", text, got);
        test_fail(__FILE__, __LINE__, "as many addresses as there should be");
    }
    if (count == 0)
        return;
    CHECK_EQUAL(ntohs(address_port(&addresses[0])), port);
    CHECK(inet_ntop(addresses[0].any.sa_family,
                    addresses[0].any.sa_family == AF_INET ? (void *) &addresses[0].in.sin_addr
                                                          : (void *) &addresses[0].in6.sin6_addr,
                    words, sizeof(words)) != NULL);
    CHECK_TEXT(words, host);
    CHECK_EQUAL(addresses[0].size, addresses[0].any.sa_family == AF_INET
                                       ? sizeof(struct sockaddr_in)
                                       : sizeof(struct sockaddr_in6));
}

static void addresses_are_read(void)
{
    static const char *const none[] = {
        "",
        ":80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "1.2.3.4:x",
        "1.2.3.4:1x",
        "1.2.3.4:/",
        "1.2.3.4::",
        "host:80",
        "[::1:80",
        "[::1]80:80",
        "[]:80",
        "[::1]x:80",
        "1.2.3.4:99999999999",
        "[127.0.0.1:80",
        "localhos:80",
        "[::1]:",
        "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:11111:80"};
    struct address addresses[ADDRESS_MAX];

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        check_address("127.0.0.1:80", 0, 1, "127.0.0.1",
                      80); /* nothing of it is left for the next text */
        check_address(none[i], 0, 0, NULL, 0);
    }
    check_address("127.0.0.1:80", 0, 1, "127.0.0.1", 80);
    check_address("127.0.0.1:65535", 7, 1, "127.0.0.1", 65535);
    check_address("127.0.0.1:09", 0, 1, "127.0.0.1", 9);
    check_address("127.0.0.1", 7, 1, "127.0.0.1", 7);
    check_address("127.0.0.1:0", 7, 0, NULL, 0);
    check_address("[::1]:80", 0, 1, "::1", 80);
    check_address("[::1]", 7, 1, "::1", 7);
    check_address("[127.0.0.1]:80", 0, 1, "127.0.0.1", 80);
    check_address("localhost:80", 0, 2, "127.0.0.1", 80);
    CHECK_EQUAL(address_parse("localhost:80", 12, 0, addresses), 2);
    CHECK(addresses[1].any.sa_family == AF_INET6 &&
          IN6_IS_ADDR_LOOPBACK(&addresses[1].in6.sin6_addr));
    CHECK_EQUAL(ntohs(address_port(&addresses[1])), 80);
    CHECK_EQUAL(address_parse("127.0.0.1:801", 12, 0, addresses), 1); /* only these bytes */
    CHECK_EQUAL(ntohs(address_port(&addresses[0])), 80);
    CHECK_EQUAL(address_parse("127.0.0.1\0x:80", 14, 0, addresses), 0);
}

/* Returns the address in TEXT. */
static struct address address_of(const char *text)
{
    struct address addresses[ADDRESS_MAX];

    CHECK_EQUAL(address_parse(text, strlen(text), 0, addresses), 1);
    return addresses[0];
}

static bool is_same(const char *one, const char *other)
{
    struct address a = address_of(one), b = address_of(other);

    CHECK_EQUAL(address_is_same_host(&a, &b), address_is_same_host(&b, &a));
    return address_is_same_host(&a, &b);
}

static bool is_any(const char *text)
{
    struct address address = address_of(text);

    return address_is_any_host(&address);
}

static void hosts_are_compared(void)
{
    CHECK(is_same("127.0.0.1:1", "127.0.0.1:2"));
    CHECK(!is_same("127.0.0.1:1", "127.0.0.2:1"));
    CHECK(!is_same("127.0.0.1:1", "126.0.0.1:1"));
    CHECK(is_same("[::ffff:127.0.0.1]:1", "127.0.0.1:1"));
    CHECK(!is_same("[::ffff:127.0.0.2]:1", "127.0.0.1:1"));
    CHECK(!is_same("[::127.0.0.1]:1", "127.0.0.1:1"));
    CHECK(!is_same("[::ff:7f00:1]:1", "127.0.0.1:1"));
    CHECK(is_same("[::1]:1", "[::1]:2"));
    CHECK(!is_same("[::1]:1", "[::2]:1"));
    CHECK(is_any("0.0.0.0:1") && is_any("[::]:1"));
    CHECK(!is_any("127.0.0.1:1") && !is_any("[::1]:1"));
}

/* Specifications */

static void check_valid(const char *spec, const char *wanted)
{
    struct text why = {0};

    if (ready_is_valid(spec, &why) != (wanted[0] == '\0')) {
        fprintf(stderr, "'%s'\n", spec);
        test_fail(__FILE__, __LINE__, "valid or not");
    }
    check_written(&why, wanted);
}

#define FORMS     "tcp:HOST:PORT, unix:PATH, http://HOST:PORT/PATH, line:REGEX, cmd:COMMAND"
#define TCP       "tcp: takes HOST:PORT, HOST being an address or localhost"
#define HTTP      "http:// takes HOST:PORT/PATH, HOST being an address or localhost"
#define NO_URL    "a URL has neither \"#\" nor spaces, nor letters that are not ASCII: write %20"
#define NO_NUMBER "it is none of FD (3 to 1023), " FORMS ", notify"

static void specifications_are_checked(void)
{
    static const char *const valid[] = {"3",
                                        "1023",
                                        "tcp:localhost:1",
                                        "tcp:[::1]:1",
                                        "unix:a",
                                        "unix:/a/b",
                                        "http://127.0.0.1",
                                        "http://127.0.0.1/a~!",
                                        "http://127.0.0.1:1?x",
                                        "line:a",
                                        "notify",
                                        "cmd:x"};
    static const struct {
        const char *spec, *why;
    } wrong[] = {{"", NO_NUMBER},
                 {"2", NO_NUMBER},
                 {"1024", NO_NUMBER},
                 {"-3", NO_NUMBER},
                 {"3x", NO_NUMBER},
                 {" 3", NO_NUMBER},
                 {"+3", NO_NUMBER},
                 {"lines:x", NO_NUMBER},
                 {"tcp:", "its argument is missing"},
                 {"cmd:", "its argument is missing"},
                 {"tcp:127.0.0.1", TCP},
                 {"http://127.0.0.1:/", HTTP},
                 {"http:///x", HTTP},
                 {"http://127.0.0.1/a b", NO_URL},
                 {"http://127.0.0.1/#a", NO_URL},
                 {"http://127.0.0.1/\x7f", NO_URL},
                 {"http://127.0.0.1/\xc3\xa4", NO_URL},
                 {"notify:", "\"notify\" takes no argument"},
                 {"line:(", "the text after \"line:\" is no regular expression"},
                 {"line:(a)\\1", "back references after \"line:\" are not supported"},
                 {"line:a{9999999}", "the regular expression after \"line:\" is too large"}};
    char long_spec[PATH_MAX + 16];

    for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
        check_valid(valid[i], "");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check_valid(wrong[i].spec, wrong[i].why);
    snprintf(long_spec, sizeof(long_spec), "http://127.0.0.1/%0*d", 4000 - 10, 0);
    check_valid(long_spec, "");
    snprintf(long_spec, sizeof(long_spec), "http://127.0.0.1/%0*d", 4001 - 10, 0);
    check_valid(long_spec, "the URL is too long");
    snprintf(long_spec, sizeof(long_spec), "unix:/x/%0108d", 0);
    check_valid(long_spec, "");
    snprintf(long_spec, sizeof(long_spec), "unix:%0109d", 0);
    check_valid(long_spec, "no socket's name can be that long");
    snprintf(long_spec, sizeof(long_spec), "unix:%0*d/x", PATH_MAX - 3, 0);
    check_valid(long_spec, "");
    snprintf(long_spec, sizeof(long_spec), "unix:%0*d/x", PATH_MAX - 2, 0);
    check_valid(long_spec, "the path is too long");
}

static void probes_of_a_running_command_are_told_apart(void)
{
    struct text why = {0};

    CHECK(ready_is_valid_later("line:x", &why) && ready_is_valid_later("cmd:x", &why));
    CHECK_EQUAL(why.size, 0);
    CHECK(!ready_is_valid_later("3", &why));
    check_written(&why, "a command gets it only when it starts: use start --ready");
    CHECK(!ready_is_valid_later("notify", &why));
    text_release(&why);
    CHECK(!ready_is_valid_later("x", &why));
    check_written(&why, "it is none of " FORMS);
    CHECK(!ready_is_valid_later("tcp:", &why));
    check_written(&why, "its argument is missing");
    CHECK(ready_outlives_command("line:x") && !ready_outlives_command("cmd:x"));
    CHECK(ready_reads_log("line:x") && !ready_reads_log("notify"));
}

/* Probes at work */

/* Returns the lowest number that no descriptor has: it is the same as before if none was left open. */
static int lowest_free(void)
{
    int fd = dup(STDIN_FILENO);

    CHECK(fd >= 0);
    close(fd);
    return fd;
}

static struct ready *open_probe(const char *spec, struct spawn_plan *plan)
{
    struct ready *ready;

    CHECK_EQUAL(ready_open(spec, &ready), 0);
    ready_extend(ready, plan);
    ready_begin(ready, plan, 0);
    return ready;
}

/* Waits until the descriptor of READY has an event, and looks. */
static bool check_at_event(struct ready *ready, struct spawn_plan *plan)
{
    struct pollfd pollfd = ready_poll(ready);

    CHECK(pollfd.fd >= 0);
    CHECK_EQUAL(poll(&pollfd, 1, -1), 1);
    return ready_check(ready, plan);
}

/* Checks that the next look comes in SECONDS. */
static void check_next(const struct ready *ready, double seconds)
{
    double left = ready_next(ready) - clock_monotonic();

    CHECK(left <= seconds && left > seconds - 4);
}

/* Listens at a port of HOST that the kernel chooses. Writes the spec, PREFIX with the address. */
static int listen_at(const char *host, const char *prefix, char *spec, size_t size)
{
    char           text[64];
    struct address address;
    int            fd;

    snprintf(text, sizeof(text), "%s:1", host);
    address = address_of(text);
    *(address.any.sa_family == AF_INET ? &address.in.sin_port : &address.in6.sin6_port) = 0;
    fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK_EQUAL(bind(fd, &address.any, address.size), 0);
    CHECK_EQUAL(listen(fd, 8), 0);
    CHECK_EQUAL(getsockname(fd, &address.any, &address.size), 0);
    snprintf(spec, size, "%s%s:%d", prefix, host, ntohs(address_port(&address)));
    return fd;
}

static void the_pauses_between_tries_double_up_to_a_second(void)
{
    static const double pauses[] = {0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1, 1};
    struct spawn_plan   plan = {0};
    char                spec[64];
    struct ready       *ready;

    close(listen_at("127.0.0.1", "tcp:", spec, sizeof(spec))); /* nobody listens any more */
    ready = open_probe(spec, &plan);
    CHECK(ready_next(ready) == 0); /* at once */
    CHECK(!ready_has_tried(ready));
    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        double before = clock_monotonic();

        CHECK(!ready_check(ready, &plan));
        CHECK(ready_next(ready) >= before + pauses[i] &&
              ready_next(ready) <= clock_monotonic() + pauses[i]);
        CHECK_EQUAL(ready_poll(ready).fd, -1);
        CHECK(ready_has_tried(ready));
    }
    ready_finish(ready);
    CHECK(ready_is_over(ready));
    ready_close(ready);
}

static void a_connection_that_is_accepted_is_an_answer(void)
{
    struct spawn_plan plan = {.directory = "."};
    char              spec[64], local[64];
    struct ready     *ready;
    int               fd;

    fd = listen_at("127.0.0.1", "tcp:", spec, sizeof(spec));
    ready = open_probe(spec, &plan);
    CHECK(!ready_is_over(ready) && !ready_lasts(ready) && ready_notify_socket(ready) == NULL);
    CHECK(ready_check(ready, &plan));
    CHECK_EQUAL(fcntl(ready_poll(ready).fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    CHECK_EQUAL(fcntl(ready_poll(ready).fd, F_GETFD), FD_CLOEXEC);
    check_next(ready, 5);
    ready_close(ready);
    close(fd);
    fd = listen_at("[::1]", "tcp:", spec, sizeof(spec)); /* the second address of localhost */
    snprintf(local, sizeof(local), "tcp:localhost:%s", strrchr(spec, ':') + 1);
    ready = open_probe(local, &plan);
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
    close(fd);
}

static void a_socket_in_the_file_system_is_an_answer(void)
{
    struct spawn_plan  plan = {.directory = "."};
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "./socket"};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct ready      *ready;
    int                before = lowest_free();

    unlink("./socket");
    CHECK(fd >= 0);
    ready = open_probe("unix:socket", &plan);
    CHECK(!ready_check(ready, &plan)); /* there is no such file */
    CHECK_EQUAL(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
    CHECK(!ready_check(ready, &plan)); /* nobody listens */
    CHECK_EQUAL(listen(fd, 1), 0);
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
    CHECK_EQUAL(lowest_free(), before);
    close(fd);
}

/* HTTP */

/* Begins a check of a web server at LISTENER. Returns the connection that the check has made; the request has come. */
static int accept_request(struct ready *ready, struct spawn_plan *plan, int listener, char *request,
                          size_t size)
{
    ssize_t got;
    int     fd;

    CHECK(!ready_check(ready, plan));
    fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0);
    CHECK_EQUAL(ready_poll(ready).events, POLLIN);
    check_next(ready, 5);
    got = recv(fd, request, size - 1, 0);
    CHECK(got > 0);
    request[got] = '\0';
    return fd;
}

static void a_request_is_sent_for_the_path(void)
{
    static const struct {
        const char *path, *line;
    } paths[] = {{"", "GET / HTTP/1.1\r\n"},
                 {"/", "GET / HTTP/1.1\r\n"},
                 {"/a/b?c", "GET /a/b?c HTTP/1.1\r\n"},
                 {"?c", "GET /?c HTTP/1.1\r\n"}};
    struct spawn_plan plan = {0};
    char              spec[64], whole[96], request[512], wanted[512];
    int               listener = listen_at("127.0.0.1", "http://", spec, sizeof(spec));

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct ready *ready;

        snprintf(whole, sizeof(whole), "%s%s", spec, paths[i].path);
        ready = open_probe(whole, &plan);
        close(accept_request(ready, &plan, listener, request, sizeof(request)));
        snprintf(wanted, sizeof(wanted),
                 "%sHost: %s\r\nUser-Agent: k3thread/" K3THREAD_VERSION
                 "\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                 paths[i].line, spec + strlen("http://"));
        CHECK_TEXT(request, wanted);
        CHECK(!ready_has_tried(ready));
        ready_close(ready);
    }
    close(listener);
}

/* The ends of a check of a web server. */
enum { GOOD, BAD, LATER };

/* Checks what follows when a web server answers with BYTES. */
static void check_answer(const char *bytes, int wanted)
{
    struct spawn_plan plan = {0};
    char              spec[64], request[512];
    int               listener = listen_at("127.0.0.1", "http://", spec, sizeof(spec));
    struct ready     *ready = open_probe(spec, &plan);
    int               fd = accept_request(ready, &plan, listener, request, sizeof(request));

    CHECK_EQUAL(send(fd, bytes, strlen(bytes), 0), strlen(bytes));
    close(listener); /* a further try fails at once */
    if (check_at_event(ready, &plan) != (wanted == GOOD) ||
        ready_has_tried(ready) != (wanted == BAD)) {
        fprintf(stderr, "'%s'\n", bytes);
        test_fail(__FILE__, __LINE__, "good or bad");
    }
    if (wanted == LATER) {
        CHECK_EQUAL(send(fd, "200 OK\r\n", 8, 0), 8);
        CHECK(check_at_event(ready, &plan));
    }
    ready_close(ready);
    close(fd);
}

static void a_status_from_200_to_399_is_an_answer(void)
{
    check_answer("HTTP/1.1 200 OK\r\n", GOOD);
    check_answer("HTTP/1.0 204\n", GOOD);
    check_answer("HTTP/1.1 399 Moved to a place whose name is longer than a line\r\n", GOOD);
    check_answer("HTTP/1.1 400 Bad\r\n", BAD);
    check_answer("HTTP/1.1 500 Bad\r\n\r\nHTTP/1.1 200 OK\r\n", BAD);
    check_answer("HTTP/1.1 99 Odd\r\n", BAD);
    check_answer("HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 20\r\n", BAD);
    check_answer("HTTP/1.1 103 Hints\r\nX\r\nHTTP/1.1 200 is a header\r\n\r\nHTTP/1.1 500 Bad\r\n",
                 BAD);
    check_answer("hello\r\n", BAD);
    check_answer("\r\n", BAD);
    check_answer("HTTP/1.1 ", LATER);
    /* An answer before the true one is skipped up to its empty line. */
    check_answer("HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\n", GOOD);
    check_answer("HTTP/1.1 200\r\n", GOOD);
    check_answer("HTTP/1.1 2000 Long\r\n", BAD);
    check_answer("HTTP/1.1 199 Odd\r\nHTTP/1.1 200 is a header\r\n\r\nHTTP/1.1 500 Bad\r\n", BAD);
    check_answer("HTTP/1.1 103 Hints\r\nHTTP/1.1 500: is a header\r\n\r\nHTTP/1.1 ", LATER);
}

static void a_server_that_ends_its_answer_early_is_asked_again(void)
{
    struct spawn_plan plan = {0};
    char              spec[64], request[512];
    int               listener = listen_at("127.0.0.1", "http://", spec, sizeof(spec));
    struct ready     *ready = open_probe(spec, &plan);
    int               fd = accept_request(ready, &plan, listener, request, sizeof(request));

    CHECK_EQUAL(send(fd, "HTTP/1.1 103 Hints\r\nX: y", 24, 0), 24);
    CHECK(!check_at_event(ready, &plan));
    close(fd);
    errno = EAGAIN; /* of an earlier call */
    CHECK(!check_at_event(ready, &plan));
    CHECK(ready_has_tried(ready));
    CHECK(!ready_check(ready, &plan)); /* after a pause */
    fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0);
    CHECK_EQUAL(send(fd, "HTTP/1.1 200 OK\r\n", 17, 0), 17);
    CHECK(check_at_event(ready, &plan));
    ready_close(ready);
    close(fd);
    close(listener);
}

/* A descriptor */

static void a_line_on_the_descriptor_is_an_answer(void)
{
    struct spawn_plan plan = {.extra_count = 1};
    struct ready     *ready;
    int               fd, other;

    CHECK_EQUAL(ready_open("7", &ready), 0);
    CHECK_EQUAL(fcntl(ready_poll(ready).fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    ready_extend(ready, &plan);
    CHECK_EQUAL(plan.extra_count, 2);
    CHECK_EQUAL(plan.extras[1].to, 7);
    CHECK_EQUAL(fcntl(plan.extras[1].from, F_GETFD), FD_CLOEXEC);
    fd = dup(plan.extras[1].from); /* the command has it */
    ready_begin(ready, &plan, 0);
    CHECK(ready_next(ready) == INFINITY);
    CHECK_EQUAL(fcntl(plan.extras[1].from, F_GETFD), -1);
    other = dup2(fd, plan.extras[1].from); /* the number is of another descriptor now */
    CHECK_EQUAL(write(fd, "up", 2), 2);
    CHECK(!check_at_event(ready, &plan));
    CHECK_EQUAL(write(fd, "x\ny", 3), 3);
    CHECK(check_at_event(ready, &plan));
    CHECK_EQUAL(write(fd, "z", 1), 1);
    CHECK(!check_at_event(ready, &plan));
    CHECK_EQUAL(write(fd, "\n", 1), 1);
    CHECK(check_at_event(ready, &plan));
    close(fd);
    CHECK_EQUAL(dup2(STDIN_FILENO, other), other);
    CHECK(!check_at_event(ready, &plan));
    CHECK_EQUAL(ready_poll(ready).fd, -1); /* nothing can come any more */
    ready_close(ready);
    CHECK(fcntl(other, F_GETFD) >= 0); /* the probe does not close it */
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    close(other);
    CHECK_EQUAL(ready_open("7", &ready),
                0); /* a command that was not started leaves no descriptor */
    fd = ready_poll(ready).fd;
    plan.extra_count = 0;
    ready_extend(ready, &plan);
    ready_close(ready);
    CHECK_EQUAL(fcntl(fd, F_GETFD), -1);
    CHECK_EQUAL(fcntl(plan.extras[0].from, F_GETFD), -1);
}

TEST_MAIN({"addresses", addresses_are_read}, {"hosts", hosts_are_compared},
          {"specs", specifications_are_checked},
          {"later", probes_of_a_running_command_are_told_apart},
          {"pauses", the_pauses_between_tries_double_up_to_a_second},
          {"tcp", a_connection_that_is_accepted_is_an_answer},
          {"unix", a_socket_in_the_file_system_is_an_answer},
          {"request", a_request_is_sent_for_the_path},
          {"statuses", a_status_from_200_to_399_is_an_answer},
          {"early-end", a_server_that_ends_its_answer_early_is_asked_again},
          {"descriptor", a_line_on_the_descriptor_is_an_answer})
