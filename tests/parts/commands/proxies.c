/* Tests `proxy`: what it sends to the supervisor, when it starts one, and what it tells a client if there is none. */
#include "tests/parts/commands/played_logs.h"
#include "tests/parts/commands/played_starts.h"

#include "cli/client/client_failure.h"
#include "cli/client/launch.h"
#include "cli/commands/relay.h"
#include "cli/commands/supervisor_end.h"
#include "cli/rpc/protocol.h"

#include <poll.h>

static char   noted[1000];    /* what was called, each as a line */
static int    connect_status; /* with which the supervisor cannot be reached; 0: it is reached */
static bool   is_new;
static size_t piece; /* the most bytes that are read at a time; 0: any number */
static int    read_error, insert_error;

/* The result of the relay, if it is not run, and what it notes then. */
static bool relay_is_played, relay_is_cut, relay_is_answered;
static int  relay_result;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    size_t  used = strlen(noted);
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(noted + used, sizeof(noted) - used, format, arguments);
    va_end(arguments);
}

int __wrap_session_connect(struct session *session, bool starts);
int __wrap_session_connect(struct session *session, bool starts)
{
    note(starts ? "start\n" : "connect\n");
    session->client.is_new = is_new;
    if (connect_status == 0) {
        text_add(&session->client.failure.message,
                 "an attempt before"); /* it is no reason any more */
        return 0;
    }
    return client_fail(&session->client, -ENOENT, connect_status, "OSError", "no way");
}

void __wrap_launch_add_end(const struct place *place, struct text *why);
void __wrap_launch_add_end(const struct place *place, struct text *why)
{
    CHECK_TEXT(place->socket, "/nowhere/socket");
    text_add(why, "it ended at once");
}

struct supervisor_end __wrap_supervisor_end_open(int fd);
struct supervisor_end __wrap_supervisor_end_open(int fd)
{
    CHECK(fcntl(fd, F_GETFD) >= 0);
    note("open\n");
    return (struct supervisor_end){7, 8};
}

void __wrap_supervisor_end_await(struct supervisor_end *end, const struct place *place);
void __wrap_supervisor_end_await(struct supervisor_end *end, const struct place *place)
{
    CHECK(end->supervisor == 7 && end->guardian == 8);
    CHECK_TEXT(place->socket, "/nowhere/socket");
    note("await\n");
}

int __real_relay_run(struct relay *relay);
int __wrap_relay_run(struct relay *relay);
int __wrap_relay_run(struct relay *relay)
{
    if (!relay_is_played)
        return __real_relay_run(relay);
    note("relay\n");
    relay->is_cut = relay_is_cut;
    relay->is_answered = relay_is_answered;
    return relay_result;
}

int __real_relay_insert(struct relay *relay, const char *data, size_t size);
int __wrap_relay_insert(struct relay *relay, const char *data, size_t size);
int __wrap_relay_insert(struct relay *relay, const char *data, size_t size)
{
    CHECK(relay->in.end <= PROTOCOL_LINE_MAX);
    return insert_error != 0 ? insert_error : __real_relay_insert(relay, data, size);
}

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size)
{
    if (fd == STDIN_FILENO && read_error != 0) {
        errno = read_error;
        return -1;
    }
    return __real_read(fd, data, fd == STDIN_FILENO && piece > 0 && size > piece ? piece : size);
}

/* Time passes only while nothing comes. */
static double now = 1;

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return now;
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    int ready = __real_poll(fds, count, timeout > 0 ? 0 : timeout);

    if (ready == 0 && timeout > 0)
        now += timeout / 1000.0;
    return ready;
}

#define CHECK_NOTED(wanted)                                                                        \
    do {                                                                                           \
        if (strcmp(noted, wanted) != 0)                                                            \
            fprintf(stderr, "noted: %s", noted);                                                   \
        CHECK_TEXT(noted, wanted);                                                                 \
        noted[0] = '\0';                                                                           \
    } while (0)

static char *one[] = {"A=1", NULL};

/* The bytes that the supervisor gets before the requests of the client. */
#define SURROUNDINGS                                                                               \
    "{'jsonrpc':'2.0','method':'surroundings','params':{'environment':['A=1']," LIMITED            \
    "'directory':'/','umask':18}}\n"

#define LIST  "{\"id\":1,\"method\":\"list\"}\n"
#define BEGIN "{\"id\":1,\"method\":\"start\",\"params\":{\"name\":\"a\\u0000b\"}}\n"

#define PASSED(text, got)                                                                          \
    {                                                                                              \
        .words = "proxy", .input = text, .replies = RESULT(1, "[]"), .requests = SURROUNDINGS got, \
        .out = "{\"id\":1,\"result\":[]}\n",                                                       \
    }

static void requests_are_passed_on(void)
{
    static const struct play connects[] = {
        PASSED(LIST, "{'id':1,'method':'list'}\n"),
        PASSED(
            LIST BEGIN,
            "{'id':1,'method':'list'}\n{'id':1,'method':'start','params':{'name':'a\\u0000b'}}\n"),
        PASSED("", ""),
        PASSED("{\"method\":\"start\"}", "{'method':'start'}"), /* the line has no end */
        PASSED("{\"method\":\"start\"\n", "{'method':'start'\n"),
        PASSED("{\"method\":7}\n", "{'method':7}\n"),
        PASSED("\n", "\n"),
    };
    static const struct play begins[] = {
        PASSED(
            BEGIN LIST,
            "{'id':1,'method':'start','params':{'name':'a\\u0000b'}}\n{'id':1,'method':'list'}\n"),
        PASSED("{\"method\":\"start\"}\n", "{'method':'start'}\n"),
        PASSED("\n \r\n\t{\"method\":\"start\"}\n" LIST,
               "\n \r\n\t{'method':'start'}\n{'id':1,'method':'list'}\n"),
    };
    static const struct play elsewhere = {
        .words = "proxy",
        .input = "",
        .requests =
            "{'jsonrpc':'2.0','method':'surroundings','params':{'environment':['A=1']," LIMITED
            "'directory':'/usr','umask':18}}\n"};
    struct sigaction action;
    char             here[] = "/tmp/k3thread-XXXXXX";

    begin(one);
    for (piece = 0; piece < 3; piece++) {
        for (size_t i = 0; i < sizeof(connects) / sizeof(connects[0]); i++) {
            play(&connects[i]);
            CHECK_NOTED("connect\nopen\nawait\n");
        }
        for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
            play(&begins[i]);
            CHECK_NOTED("start\nopen\nawait\n");
        }
    }
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
    piece = 0;
    CHECK(chdir("/usr") == 0);
    play(&elsewhere);
    /* A directory that was removed is /. */
    CHECK(mkdtemp(here) != NULL && chdir(here) == 0 && rmdir(here) == 0);
    play(&connects[0]);
}

static void a_line_without_end_is_not_read_for_ever(void)
{
    static const struct play most = {.words = "proxy", .ones = PROTOCOL_LINE_MAX + 70000};

    begin(one);
    relay_is_played = true;
    play(&most);
    CHECK_NOTED("connect\nopen\nrelay\nawait\n");
}

#define NO_REPLY(text, message, result)                                                            \
    {                                                                                              \
        .words = "proxy", .input = text, .err = "k3thread: proxy: " message "\n", .status = result \
    }
#define REPLY(code, message)                                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":" code ",\"message\":\"" message "\"}}\n"

static void a_client_is_told_that_there_is_no_supervisor(void)
{
    static const struct play absent = {
        .words = "proxy", .input = LIST, .out = REPLY("-32012", "no way"), .status = 69};
    static const struct play word = {.words = "proxy",
                                     .input = "{\"id\":\"x\",\"method\":\"list\"}\n",
                                     .out = "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":"
                                            "-32012,\"message\":\"no way\"}}\n",
                                     .status = 69};
    static const struct play failed = {
        .words = "proxy", .input = LIST, .out = REPLY("-32006", "no way"), .status = 1};
    static const struct play unread = {.words = "proxy",
                                       .input = LIST,
                                       .output = FULL,
                                       .any_out = true,
                                       .err = "k3thread: proxy: OSError: no way\n",
                                       .status = 69};
    static const struct play untold[] = {
        NO_REPLY("{\"method\":\"list\"}\n", "OSError: no way", 69),
        NO_REPLY("", "OSError: no way", 69),
    };
    static const struct play input =
        NO_REPLY(LIST, "cannot read standard input: Input/output error", 1);

    begin(one);
    CHECK(dup3(open("/dev/full", O_WRONLY | O_CLOEXEC), FULL, O_CLOEXEC) == FULL);
    connect_status = STATUS_NO_SUPERVISOR;
    play(&absent);
    CHECK_NOTED("connect\n");
    play(&word);
    play(&unread);
    PLAY_ALL(untold);
    connect_status = STATUS_FAILED;
    play(&failed);
    noted[0] = '\0';
    read_error = EIO;
    play(&input);
    CHECK_NOTED("");
}

static void the_end_of_a_connection_is_told(void)
{
    static const struct play well = {.words = "proxy", .input = LIST};
    static const struct play broken =
        NO_REPLY(LIST, "cannot pass on requests: Input/output error", 1);
    static const struct play no_memory =
        NO_REPLY(LIST, "cannot pass on requests: Cannot allocate memory", 1);
    static const struct play ended = {.words = "proxy",
                                      .input = LIST,
                                      .out = REPLY("-32012", "the supervisor has just ended"),
                                      .status = 69};
    static const struct play never = {
        .words = "proxy", .input = LIST, .out = REPLY("-32006", "it ended at once"), .status = 1};
    static const int gone[] = {0, -EPIPE, -ECONNRESET};

    begin(one);
    relay_is_played = true;
    for (int i = 0; i < 3; i++) {
        relay_result = gone[i];
        relay_is_cut = relay_is_answered = false;
        play(&well);
        relay_is_answered = true;
        play(&well);
        relay_is_cut = true;
        play(&well);
        relay_is_answered = false;
        play(&ended);
        is_new = true;
        play(&never);
        is_new = false;
        noted[0] = '\0';
    }
    relay_result = -EIO;
    play(&broken);
    CHECK_NOTED("connect\nopen\nrelay\nawait\n");
    relay_result = 0;
    insert_error = -ENOMEM;
    play(&no_memory);
    CHECK_NOTED("connect\nopen\nawait\n");
}

TEST_MAIN({"passed", requests_are_passed_on}, {"endless", a_line_without_end_is_not_read_for_ever},
          {"absent", a_client_is_told_that_there_is_no_supervisor},
          {"ended", the_end_of_a_connection_is_told})
