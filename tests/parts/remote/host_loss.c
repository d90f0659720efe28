/*
 * Tests the way of a run to one machine where it breaks: pipes that are closed, errors, and other processes that hold
 * the pipes. The script and the program that the machine gets are a line each.
 */
#include "tests/parts/remote/host_reached.h"

#include <poll.h>
#include <sys/un.h>

/* The script and the program */

static bool is_script_missing;

bool host_script_add(struct byte_queue *queue, struct text *why)
{
    if (is_script_missing)
        text_add(why, "no script");
    else
        byte_queue_add(queue, "script\n", 7);
    return !is_script_missing;
}

bool host_script_add_program(struct byte_queue *queue, const char *machine, struct text *why)
{
    (void) why;
    CHECK_TEXT(machine, "vax");
    byte_queue_add(queue, "program\n", 8);
    return true;
}

void host_script_forget(void)
{
}

/* Failures */

static int failing_allocations; /* of the next ones */

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    return failing_allocations > 0 && failing_allocations-- > 0 ? NULL
                                                                : __real_realloc(memory, size);
}

static int read_error; /* what reading a pipe of the command fails with, once; or 0 */

ssize_t __real_read(int fd, void *ret, size_t size);
ssize_t __wrap_read(int fd, void *ret, size_t size);
ssize_t __wrap_read(int fd, void *ret, size_t size)
{
    if (read_error != 0 && (fd == host.from_command.fd || fd == host.messages.fd)) {
        errno = read_error;
        read_error = 0;
        return -1;
    }
    errno = EAGAIN; /* which says nothing after a success */
    return __real_read(fd, ret, size);
}

/* Results of the next writes to the command: 0 as usual; 1: one byte is left; else the error. */
static int writes[4], write_count;

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    int plan = write_count < 4 && fd == host.to_command.fd ? writes[write_count++] : 0;

    if (plan > 1) {
        errno = plan;
        return -1;
    }
    return __real_write(fd, data, size - (size_t) plan);
}

static int link_error;

int __real_link_open(struct link *link, int in, int out, const char *received, size_t size);
int __wrap_link_open(struct link *link, int in, int out, const char *received, size_t size);
int __wrap_link_open(struct link *link, int in, int out, const char *received, size_t size)
{
    int error = __real_link_open(link, in, out, received, size);

    return link_error != 0 ? link_error : error;
}

static int watches = -1; /* how many sources are watched before one is not; negative: all are */

int __real_loop_watch(struct source *source, int                                      fd,
                      void (*ready)(struct source *source, uint32_t events), uint32_t wanted);
int __wrap_loop_watch(struct source *source, int                                      fd,
                      void (*ready)(struct source *source, uint32_t events), uint32_t wanted);
int __wrap_loop_watch(struct source *source, int                                      fd,
                      void (*ready)(struct source *source, uint32_t events), uint32_t wanted)
{
    if (watches-- != 0)
        return __real_loop_watch(source, fd, ready, wanted);
    *source = (struct source){.fd = fd, .ready = ready};
    return -ENOSPC;
}

static bool is_always_ready; /* the messages, for poll() */

int __real_poll(struct pollfd *files, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *files, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *files, nfds_t count, int timeout)
{
    return is_always_ready && files->fd == host.messages.fd ? 1
                                                            : __real_poll(files, count, timeout);
}

static int accept_error;

int __real_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    errno = accept_error;
    return accept_error != 0 ? -1 : __real_accept4(fd, address, size, flags);
}

#define AGENT_UP "printf 'k3thread-agent up 1 8\\n'"
#define AWAIT_GO "until [ -e go ]; do sleep 0.01; done"
#define SLEEP    "exec sleep 1000"

/* Lets the script go on. */
static void let_go(void)
{
    close(open("go", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

/* Checks that the machine was linked and then lost because of WHY, with a second for the agent. */
static void check_link_lost(const char *why)
{
    char words[256];

    WAIT_FOR(host.stage == HOST_CLOSED || (serve() && false));
    CHECK_TEXT(host.why, why);
    check_closed();
    text_byte(&news, '\0', 1);
    snprintf(words, sizeof(words), "\"lost\":\"%s\",\"vacant\":1.0", why);
    CHECK(strstr(news.data, "\"processors\":8") != NULL && strstr(news.data, words) != NULL);
    text_release(&news);
    end();
}

/* A command that has closed its input has a second to end. */
static void a_closed_input_loses_the_machine(void)
{
    static const int plans[][4] = {{0}, {EPIPE}};

    for (int i = 0; i < 2; i++) {
        write_count = 0;
        memcpy(writes, plans[i], sizeof(writes));
        reach("sh", i == 0 ? "exec <&-; " SLEEP : SLEEP);
        WAIT_FOR(serve() || host.to_command.fd < 0);
        check_quiet();
        now += 0.75;
        CHECK_EQUAL(host_do_due(&host), 1);
        CHECK_EQUAL(host.stage, HOST_CONNECTING);
        now += 0.25;
        (void) host_do_due(&host);
        check_lost("its command has closed the connection");
        CHECK_EQUAL(WTERMSIG(last_status), SIGTERM);
    }
    reach("sh", "exec <&-; " AWAIT_GO "; " AGENT_UP "; " SLEEP);
    WAIT_FOR(serve() || host.to_command.fd < 0);
    let_go();
    check_lost("its command takes no input any more");
}

/* Messages come in any pieces. Their end loses nothing. */
static void messages_come_in_pieces(void)
{
    static const int errors[] = {EAGAIN, EINTR};
    char             wanted[4200];

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        unlink("go");
        reach("sh", "printf a >&2; " AWAIT_GO "; printf 'b\\0c\\n' >&2; exec 2>&-; " SLEEP);
        WAIT_FOR(serve() || host.line.size == 1);
        read_error = errors[i];
        host.messages.ready(&host.messages, EPOLLIN);
        CHECK_EQUAL(read_error, 0);
        host.messages.ready(&host.messages, EPOLLIN);
        CHECK(host.messages.fd >= 0 && host.line.size == 1);
        let_go();
        WAIT_FOR(serve() || host.messages.fd < 0);
        CHECK_EQUAL(count_messages("box: abc\n"), 1);
        check_quiet();
        CHECK_EQUAL(truncate("messages", 0), 0);
        end();
    }
    /* A line is cut at 4096 bytes. */
    reach("sh", "printf '%04097d\\n' 0 >&2; exec 2>&-; " SLEEP);
    WAIT_FOR(serve() || host.messages.fd < 0);
    snprintf(wanted, sizeof(wanted), "box: %04096d\nbox: 0\n", 0);
    CHECK_EQUAL(count_messages(wanted), 1);
    end();
    reach("sh", "printf half >&2; " SLEEP);
    WAIT_FOR(serve() || host.line.size == 4);
    read_error = EIO;
    host.messages.ready(&host.messages, EPOLLIN);
    CHECK_EQUAL(host.messages.fd, -1);
    CHECK_EQUAL(count_messages("box: half\n"), 1);
    end();
}

#define HOLD_OUTPUT "exec 3<&0; cat <&3 2>&1 >/dev/null & "

/* Other processes may hold the output of a command that has ended, or write on. */
static void other_processes_keep_no_machine(void)
{
    reach("sh", HOLD_OUTPUT "exit 3");
    check_lost("'sh' ended with status 3");
    reach("sh", HOLD_OUTPUT "echo warning >&2; " AGENT_UP "; exit 3");
    check_link_lost("'sh' ended with status 3");
    CHECK_EQUAL(truncate("messages", 0), 0);
    is_always_ready = true; /* as if they wrote more and more messages */
    reach("sh", "exec 3<&0; cat <&3 >/dev/null & exit 3");
    check_lost("'sh' ended with status 3");
    is_always_ready = false;
}

/* The link says why it was cut, or cannot be opened. */
static void a_cut_link_is_the_reason(void)
{
    reach("sh", AGENT_UP "; exec >&-; cat >/dev/null");
    check_link_lost("the connection was closed");
    link_error = -EDOM;
    reach("sh", AGENT_UP "; " SLEEP);
    check_lost("Numerical argument out of domain");
}

/* Only a command without an agent is told to end. */
static void the_end_of_the_way_ends_the_agent(void)
{
    int before;

    reach("sh", "exec sleep 1000");
    end();
    CHECK_EQUAL(WTERMSIG(last_status), SIGTERM);
    loop_close(&host.messages);
    before = test_count_open();
    reach("sh", AGENT_UP "; cat; exit 5");
    WAIT_FOR(serve() || host.stage == HOST_LINKED);
    end();
    CHECK(WIFEXITED(last_status) && WEXITSTATUS(last_status) == 5);
    loop_close(&host.messages);
    CHECK_EQUAL(test_count_open(), before);
    text_release(&news);
}

/* Bytes that the command does not take at once are sent later, and the loop is idle until then. */
static void the_script_is_sent_in_pieces(void)
{
    static const char script[] =
        "read -r l; " AWAIT_GO "; [ \"$l\" = script ] && printf 'k3thread-agent need vax\\n'; "
        "read -r l; [ \"$l\" = program ] && " AGENT_UP "; cat";
    static const int plans[][4] = {{0}, {EAGAIN}, {1, EAGAIN}, {0, EAGAIN}, {0, 1, EAGAIN}};

    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        unlink("go");
        write_count = 0;
        memcpy(writes, plans[i], sizeof(writes));
        reach("sh", script);
        WAIT_FOR(serve() || byte_queue_size(&host.unsent) == 0);
        check_quiet();
        let_go();
        WAIT_FOR(serve() || host.stage == HOST_LINKED);
        end();
        text_release(&news);
    }
    write_count = 0;
    memcpy(writes, (int[4]){EIO}, sizeof(writes));
    reach("sh", SLEEP);
    check_lost("Input/output error");
    is_script_missing = true;
    reach("sh", SLEEP);
    check_lost("no script");
    CHECK_EQUAL(WTERMSIG(last_status), SIGTERM);
}

/* Lines without the mark, and what is longer than a line, are noise. */
static void noise_is_passed_over(void)
{
    reach("sh", "echo 'k3thread_agent fail no'; echo 'welcome: 123456fail no'; echo; "
                "echo 'k3thread-agent else no'; printf '%05000d\\n' 0; "
                "echo 'k3thread-agent fail yes'; " SLEEP);
    check_lost("yes");
    reach("sh", "printf k; " AWAIT_GO "; echo '3thread-agent fail yes'; " SLEEP);
    WAIT_FOR(serve() || byte_queue_size(&host.received) == 1);
    let_go();
    check_lost("yes");
}

/* An error of a pipe loses the machine. */
static void errors_are_named(void)
{
    static const int harmless[] = {EAGAIN, EINTR};

    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        reach("sh", SLEEP);
        read_error = harmless[i];
        host.from_command.ready(&host.from_command, EPOLLIN);
        CHECK(read_error == 0 && host.stage == HOST_CONNECTING && host.from_command.fd >= 0);
        end();
    }
    reach("sh", SLEEP);
    read_error = EIO;
    host.from_command.ready(&host.from_command, EPOLLIN);
    check_lost("cannot read the output of its command: Input/output error");
    reach("sh", SLEEP);
    failing_allocations = 1;
    host.from_command.ready(&host.from_command, EPOLLIN);
    check_lost("cannot read the output of its command: Cannot allocate memory");
    reach("sh", SLEEP);
    failing_allocations = 2;
    host.from_command.ready(&host.from_command, EPOLLIN);
    check_lost("out of memory");
    for (int i = 1; i <= 3; i++) { /* after the listener */
        int before = test_count_open();

        watches = i;
        reach("sh", SLEEP);
        check_lost("cannot watch 'sh': No space left on device");
        CHECK_EQUAL(test_count_open(), before);
        CHECK_EQUAL(WTERMSIG(last_status), SIGTERM);
    }
}

static void a_socket_that_cannot_listen_opens_nothing(void)
{
    static const struct host_user user = {.tell = tell, .connect = refuse};
    int                           before = test_count_open();

    CHECK_EQUAL(host_open(&host, &user, "box", "none/socket", NULL), -ENOENT);
    CHECK(host.listener.fd == -1 && host.messages.fd == -1);
    host_end(&host);
    CHECK_EQUAL(test_count_open(), before);
}

/* Clients that cannot be accepted now wait, and the loop does not spin. */
static void clients_wait_while_none_can_be_accepted(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    reach("sh", SLEEP);
    CHECK_EQUAL(connect(fd, (struct sockaddr *) &address, sizeof(address)), 0);
    accept_error = EMFILE;
    (void) serve();
    CHECK(host.listener.rests);
    accept_error = 0;
    end();
    reach("sh", SLEEP);
    (void) serve();
    CHECK(!host.listener.rests);
    end();
}

TEST_MAIN({"input", a_closed_input_loses_the_machine}, {"messages", messages_come_in_pieces},
          {"held", other_processes_keep_no_machine}, {"cut", a_cut_link_is_the_reason},
          {"end", the_end_of_the_way_ends_the_agent}, {"pieces", the_script_is_sent_in_pieces},
          {"noise", noise_is_passed_over}, {"errors", errors_are_named},
          {"listen", a_socket_that_cannot_listen_opens_nothing},
          {"clients", clients_wait_while_none_can_be_accepted})
