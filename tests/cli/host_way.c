/*
 * Tests the way of a run to one machine, up to the link: a command of sh stands for ssh and for the machine. The clock
 * is what the program says; what a user would see on standard error is in the file "messages".
 */
#include "tests/cli/written.h"
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/base/loop.h"
#include "cli/base/text.h"
#include "cli/remote/host.h"
#include "cli/remote/host_script.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>

static double now = 1000;

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return now;
}

static struct host host;
static struct text news; /* what the supervisor was told since the last check */
static bool        is_round_over;

static void tell(const struct host *of)
{
    CHECK(of == &host);
    host_write_news(&news, of, 7);
}

static int refuse(void)
{
    return -ECONNREFUSED;
}

static double end_round(void)
{
    links_flush();
    is_round_over = true;
    return 0;
}

/* Serves what is ready, and takes the end of the command. Returns true if that has come. */
static bool serve(void)
{
    int  status;
    bool has_ended = host.pid != 0 && waitpid(host.pid, &status, WNOHANG) == host.pid;

    if (has_ended)
        host_take_exit(&host, status);
    is_round_over = false;
    CHECK_EQUAL(loop_run(&is_round_over, end_round, NULL), 0);
    return has_ended;
}

/* Reaches the machine by the command WORD SCRIPT. */
static void reach(const char *word, const char *script)
{
    static const struct host_user user = {.tell = tell, .connect = refuse};
    static const char            *command[4];
    static bool                   is_open;

    if (!is_open) {
        int messages = open("messages", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

        CHECK(messages >= 0 && dup2(messages, STDERR_FILENO) == STDERR_FILENO);
        (void) signal(SIGPIPE, SIG_IGN);
        CHECK_EQUAL(loop_open(), 0);
        is_open = true;
    }
    unlink("socket");
    command[0] = word;
    command[1] = "-c";
    command[2] = script;
    CHECK_EQUAL(host_open(&host, &user, "box", "socket", (char **) command), 0);
    host_reach(&host);
}

/* Ends the machine, and waits for the end of its command. */
static void end(void)
{
    host_end(&host);
    WAIT_FOR(host.pid == 0 || serve());
    host_script_forget();
    CHECK_EQUAL(hosts_awaited(), 0);
}

static void check_news(const char *params)
{
    char wanted[1024];

    snprintf(
        wanted, sizeof(wanted),
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"host\",\"params\":{\"name\":\"box\",%s}}\n",
        params);
    check_written(&news, wanted);
}

/* Returns how often TEXT stands in the messages. */
static int count_messages(const char *text)
{
    static char bytes[65536];
    int         count = 0, fd = open("messages", O_RDONLY | O_CLOEXEC);
    ssize_t     n = read(fd, bytes, sizeof(bytes) - 1);

    CHECK(n >= 0);
    close(fd);
    bytes[n] = '\0';
    for (const char *at = bytes; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

/* Checks that the machine is lost because of WHY, and that the supervisor and the user know. */
static void check_lost(const char *why)
{
    char words[1024];

    WAIT_FOR(host.stage == HOST_CLOSED || (serve() && false));
    CHECK_TEXT(host.why, why);
    snprintf(words, sizeof(words), "\"lost\":\"%s\",\"vacant\":0.0", why);
    check_news(words);
    snprintf(words, sizeof(words), "k3thread: run: host 'box' is lost: %s\n", why);
    CHECK_EQUAL(count_messages(words), 1);
    CHECK_EQUAL(truncate("messages", 0), 0);
    end();
}

/* Each script, and the reason for which its machine is lost. */
static void each_loss_has_its_reason(void)
{
    static const char *const table[][2] = {
        {"exit 3", "'sh' ended with status 3"},
        {"kill -9 $$", "'sh' was ended by signal 9"},
        {"echo oops >&2; exit 3", "oops"},
        {"echo oops >&2; kill -9 $$", "'sh' was ended by signal 9"}, /* it cannot say why */
        {"printf 'a\\r\\n\\nb\\r\\r\\n\\r\\n' >&2; exit 1", "b"},
        {"printf half >&2; exit 1", "half"},
        {"echo k3thread-agent fail no room; exec cat", "no room"},
        {"printf 'k3thread-agent fail no room\\r\\n'; exec cat", "no room"},
        {"echo 'a k3thread-agent fail no'; exit 4", "'sh' ended with status 4"},
        {"echo k3thread-agent up 2 4; exec cat",
         "its agent speaks another version of the protocol"},
        {"echo k3thread-agent up 1; exec cat", "its agent speaks another version of the protocol"},
        {"echo k3thread-agent up x 1; exec cat",
         "its agent speaks another version of the protocol"},
        {"echo k3thread-agent need $(uname -m); exec cat >/dev/null",
         "k3thread is missing there, and this program needs libraries; install it there"},
        {"head -c 262144 /dev/zero; exec cat >/dev/null", "its output has no reply of an agent"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        reach("sh", table[i][0]);
        check_lost(table[i][1]);
    }
    reach("nothing-of-that-name", "");
    check_lost("cannot run 'nothing-of-that-name': No such file or directory");
}

static void another_processor_is_named(void)
{
    struct utsname system;
    char           why[256];

    CHECK_EQUAL(uname(&system), 0);
    snprintf(why, sizeof(why),
             "its processor is vax, and this program is for %s; install k3thread %s there",
             system.machine, K3THREAD_VERSION);
    reach("sh", "echo k3thread-agent need vax; exec cat");
    check_lost(why);
}

/* A line explains the end if it came at most five seconds before. */
static void old_lines_explain_nothing(void)
{
    static const char script[] = "echo old >&2; until [ -e go ]; do sleep 0.01; done; exit 3";

    for (int i = 0; i < 2; i++) {
        unlink("go");
        reach("sh", script);
        WAIT_FOR(serve() || host.last[0] != '\0');
        CHECK_EQUAL(count_messages("box: old\n"), 1);
        now += i == 0 ? 5 : 5.25;
        close(open("go", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        check_lost(i == 0 ? "old" : "'sh' ended with status 3");
    }
}

/* A machine without an answer is named after ten seconds, once, and does not count as awaited any more. */
static void silence_is_noticed(void)
{
    static const char words[] = "k3thread: run: host 'box' has not answered for 10 seconds\n";

    reach("sh", "exec sleep 1000");
    CHECK_EQUAL(hosts_awaited(), 1);
    now += 9.75;
    CHECK_EQUAL(host_do_due(&host), 1);
    CHECK(hosts_awaited() == 1 && count_messages(words) == 0);
    now += 0.25;
    CHECK_EQUAL(host_do_due(&host), 1);
    CHECK(hosts_awaited() == 0 && count_messages(words) == 1);
    now += 10;
    CHECK_EQUAL(host_do_due(&host), 1);
    CHECK(hosts_awaited() == 0 && count_messages(words) == 1);
    end();
    CHECK_EQUAL(news.size, 0); /* it was not lost */
}

/* A command that has closed its output has a second to end. */
static void a_closed_output_loses_the_machine(void)
{
    reach("sh", "exec >&-; exec sleep 1000");
    WAIT_FOR(serve() || host.from_command.fd < 0);
    now += 0.75;
    CHECK_EQUAL(host_do_due(&host), 1);
    CHECK_EQUAL(host.stage, HOST_CONNECTING);
    now += 0.25;
    (void) host_do_due(&host);
    check_lost("its command has closed the connection");
}

#define UP                                                                                         \
    "echo welcome; echo warning >&2; printf 'k3thread-agent up 1 8\\r\\n'; while read -r line; "   \
    "do :; done"

static void reach_agent(void)
{
    reach("sh", UP);
    WAIT_FOR(serve() || host.stage == HOST_LINKED);
    check_news("\"processors\":8");
    CHECK_EQUAL(hosts_awaited(), 0);
    CHECK(link_is_open(&host.link));
}

/* The agent of a lost machine ends everything in a second, or by its lease if it was silent. */
static void a_lost_machine_is_vacant_later(void)
{
    static const struct {
        double      silence;
        const char *vacant;
    } table[] = {{0, "\"vacant\":1.0"}, {3.25, "\"vacant\":1.0"}, {3.5, "\"vacant\":11.0"}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        reach_agent();
        now += table[i].silence;
        CHECK_EQUAL(kill(host.pid, SIGKILL), 0);
        WAIT_FOR(host.stage == HOST_CLOSED || (serve() && false));
        text_byte(&news, '\0', 1);
        CHECK(strstr(news.data, table[i].vacant) != NULL);
        CHECK(strstr(news.data, "warning") == NULL); /* that was before the agent was up */
        text_release(&news);
        CHECK(!link_is_open(&host.link));
        end();
    }
    reach_agent();
    end();
    CHECK_EQUAL(news.size, 0);
}

static int connect_client(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0 && connect(fd, (struct sockaddr *) &address, sizeof(address)) == 0);
    return fd;
}

/* Clients are served while the agent is up. Before that, their connections are closed. */
static void clients_need_the_agent(void)
{
    char byte;
    int  fd;

    reach("sh", "exec sleep 1000");
    fd = connect_client();
    (void) serve();
    CHECK_EQUAL(read(fd, &byte, 1), 0);
    close(fd);
    end();
    reach_agent();
    fd = connect_client();
    (void) serve();
    CHECK_EQUAL(host.link.count, 1);
    close(fd);
    end();
    CHECK_EQUAL(host.listener.fd, -1);
}

TEST_MAIN({"reasons", each_loss_has_its_reason}, {"processor", another_processor_is_named},
          {"old", old_lines_explain_nothing}, {"silence", silence_is_noticed},
          {"closed", a_closed_output_loses_the_machine}, {"vacant", a_lost_machine_is_vacant_later},
          {"clients", clients_need_the_agent})
