/*
 * Tests the way of a run to one machine, up to the link: a command of sh stands for ssh and for the machine. The clock
 * is what the program says; what a user would see on standard error is in the file "messages".
 */
#include "tests/parts/remote/host_reached.h"

#include <sys/un.h>
#include <sys/utsname.h>

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
