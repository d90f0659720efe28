/* One machine that is reached by a command of sh. The clock is what the program says. */
#ifndef HOST_REACHED_H
#define HOST_REACHED_H

#include "tests/lib/test.h"
#include "tests/parts/remote/clock_and_loop.h"
#include "tests/parts/written.h"

#include "cli/base/loop.h"
#include "cli/base/text.h"
#include "cli/remote/host.h"
#include "cli/remote/host_script.h"

#include <stdbool.h>
#include <sys/socket.h>

static struct host host;
static int         last_status; /* of its command, which has ended */
static struct text news;        /* what the supervisor was told since the last check */
static bool        is_round_over;

static inline void tell(const struct host *of)
{
    CHECK(of == &host);
    host_write_news(&news, of, 7);
}

static inline int refuse(void)
{
    return -ECONNREFUSED;
}

static inline double end_round(void)
{
    links_flush();
    is_round_over = true;
    return 0;
}

/* Serves what is ready, and takes the end of the command. Returns true if that has come. */
static inline bool serve(void)
{
    bool has_ended = host.pid != 0 && waitpid(host.pid, &last_status, WNOHANG) == host.pid;

    if (has_ended)
        host_take_exit(&host, last_status);
    is_round_over = false;
    CHECK_EQUAL(loop_run(&is_round_over, end_round, NULL), 0);
    return has_ended;
}

/* Checks that the loop has nothing to do: a descriptor that is ready again and again would keep it busy. */
static inline void check_quiet(void)
{
    int before;

    (void) serve();
    before = events;
    (void) serve();
    CHECK_EQUAL(events, before);
}

/* Reaches the machine by the command WORD SCRIPT. */
static inline void reach(const char *word, const char *script)
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

/* Checks that the way to the machine is closed: nothing of it is open, or in memory. */
static inline void check_closed(void)
{
    CHECK_EQUAL(host.stage, HOST_CLOSED);
    CHECK(!link_is_open(&host.link) && host.link.count == 0);
    CHECK(host.listener.fd == -1 && host.to_command.fd == -1 && host.from_command.fd == -1);
    CHECK(host.unsent.bytes.data == NULL && host.received.bytes.data == NULL);
}

/* Ends the machine, and waits for the end of its command. */
static inline void end(void)
{
    host_end(&host);
    check_closed();
    WAIT_FOR(host.pid == 0 || serve());
    host_script_forget();
    CHECK_EQUAL(hosts_awaited(), 0);
}

static inline void check_news(const char *params)
{
    char wanted[2048];

    snprintf(
        wanted, sizeof(wanted),
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"host\",\"params\":{\"name\":\"box\",%s}}\n",
        params);
    check_written(&news, wanted);
}

/* Returns how often TEXT stands in the messages. */
static inline int count_messages(const char *text)
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
static inline void check_lost(const char *why)
{
    char words[1024];

    WAIT_FOR(host.stage == HOST_CLOSED || (serve() && false));
    CHECK_TEXT(host.why, why);
    check_closed();
    snprintf(words, sizeof(words), "\"lost\":\"%s\",\"vacant\":0.0", why);
    check_news(words);
    snprintf(words, sizeof(words), "k3thread: run: host 'box' is lost: %s\n", why);
    CHECK_EQUAL(count_messages(words), 1);
    CHECK_EQUAL(truncate("messages", 0), 0);
    end();
}

#define UP                                                                                         \
    "echo welcome; echo warning >&2; printf 'k3thread-agent up 1 8\\r\\n'; while read -r line; "   \
    "do :; done"

static inline void reach_agent(void)
{
    reach("sh", UP);
    WAIT_FOR(serve() || host.stage == HOST_LINKED);
    check_news("\"processors\":8");
    CHECK_EQUAL(hosts_awaited(), 0);
    CHECK(link_is_open(&host.link));
    CHECK(host.to_command.fd == -1 && host.from_command.fd == -1); /* the link has them */
    CHECK(host.received.bytes.data == NULL);
}

#endif
