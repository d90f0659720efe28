/*
 * Tests the connection between a run and an agent, from the agent's side or the run's: the other side is this program,
 * which writes and reads the frames. The time is what the program says (clock_monotonic() is replaced).
 */
#include "tests/cli/written.h"
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/base/loop.h"
#include "cli/base/text.h"
#include "cli/remote/channel.h"
#include "cli/remote/frame.h"
#include "cli/remote/link.h"

#include <malloc.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static double now = 1000;

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return now;
}

/* How many events the loop has got. */
static int events;

int __real_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout)
{
    int count = __real_epoll_wait(fd, ret, most, timeout);

    events += count > 0 ? count : 0;
    return count;
}

/* A link, the ends of its pipes that the other side has, and what was said of it. */
static struct {
    struct link link;
    int         to, from;
    char        bytes[4 * 1024 * 1024]; /* that came and do not make a frame yet */
    size_t      size;
    const char *cut;
    int connections[4]; /* the supervisor's ends of the connections that the link has made */
    int connected;
    int refusal; /* what a connection fails with, or 0 */
} side;

static bool is_round_over;

/* Makes a connection. Returns the link's end, and stores the other in RET. */
static int make_pair(int *ret)
{
    int ends[2];

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    *ret = ends[1];
    return ends[0];
}

static int connect_side(struct link *link)
{
    CHECK(link == &side.link);
    return side.refusal != 0 ? side.refusal : make_pair(&side.connections[side.connected++]);
}

static void note_cut(struct link *link, const char *why)
{
    CHECK(link == &side.link && link_is_open(link));
    CHECK(side.cut == NULL);
    side.cut = strdup(why);
}

static double end_round(void)
{
    links_flush();
    is_round_over = true;
    return 0;
}

/* Serves all that is ready, in several rounds of the loop: what the first has done may make the next ones ready. */
static void serve(void)
{
    for (int i = 0; i < 8; i++) {
        is_round_over = false;
        CHECK_EQUAL(loop_run(&is_round_over, end_round, NULL), 0);
    }
    links_flush();
}

/* Checks that the loop has nothing to do: a descriptor that is ready again and again would keep it busy. */
static void check_quiet(void)
{
    int before;

    serve();
    before = events;
    serve();
    CHECK_EQUAL(events, before);
}

static void begin(bool is_agent, const char *received, size_t size)
{
    int to[2], from[2];

    (void) signal(SIGPIPE, SIG_IGN);
    (void) mallopt(M_PERTURB, 0xaa); /* memory that was freed does not keep its contents */
    CHECK_EQUAL(loop_open(), 0);
    CHECK_EQUAL(pipe2(to, O_CLOEXEC | O_NONBLOCK), 0);
    CHECK_EQUAL(pipe2(from, O_CLOEXEC | O_NONBLOCK), 0);
    side.link = (struct link){.is_agent = is_agent, .connect = connect_side, .cut = note_cut};
    CHECK_EQUAL(link_open(&side.link, to[0], from[1], received, size), 0);
    side.to = to[1];
    side.from = from[0];
}

/* Writes all bytes to FD; the loop runs until they are taken. */
static void put(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t n = write(fd, at, size);

        CHECK(n > 0 || errno == EAGAIN);
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t) n : 0;
        serve();
    }
}

static void send_frame(uint32_t id, enum frame_kind kind, const void *data, size_t size)
{
    unsigned char frame[FRAME_HEAD + FRAME_MAX] = {0};

    CHECK(size <= FRAME_MAX);
    frame_put(frame, id, 4);
    frame[4] = (unsigned char) kind;
    frame_put(frame + 5, (uint32_t) size, 3);
    if (size > 0)
        memcpy(frame + FRAME_HEAD, data, size);
    put(side.to, frame, FRAME_HEAD + size);
    serve();
}

static void send_credit(uint32_t id, uint32_t more)
{
    unsigned char data[4];

    frame_put(data, more, 4);
    send_frame(id, FRAME_CREDIT, data, sizeof(data));
}

/* Sends SIZE bytes of data in as many frames as needed. */
static void send_data(uint32_t id, size_t size)
{
    static const char zeros[FRAME_MAX];

    for (; size > 0 && side.cut == NULL; size -= size < FRAME_MAX ? size : FRAME_MAX)
        send_frame(id, FRAME_DATA, zeros, size < FRAME_MAX ? size : FRAME_MAX);
}

/* Adds the frame to TEXT in words. Returns false for a frame that only ends a line, which is left out. */
static bool add_frame(struct text *text, uint32_t id, unsigned kind, const char *data, size_t size)
{
    static const char *const names[] = {"?", "open", "data", "end", "close", "credit", "beat"};

    if (kind == FRAME_BEAT && size == 1 && data[0] == '\n' && id == 0)
        return false;
    CHECK(kind >= FRAME_OPEN && kind <= FRAME_BEAT);
    CHECK(size == 4 || kind != FRAME_CREDIT);
    text_printf(text, "%s%s %x", text->size > 0 ? ", " : "", names[kind], id);
    if (kind == FRAME_CREDIT)
        text_printf(text, ":%u", frame_get((const unsigned char *) data, 4));
    else if (kind == FRAME_DATA && size <= 16)
        text_printf(text, ":%.*s", (int) size, data);
    else if (size > 0)
        text_printf(text, ":%zu bytes", size);
    return true;
}

/* Reads what has come from the link. */
static void receive(void)
{
    ssize_t n;

    serve();
    while ((n = read(side.from, side.bytes + side.size, sizeof(side.bytes) - side.size)) > 0) {
        side.size += (size_t) n;
        serve();
    }
}

/* Checks the frames that came from the link since the last call. */
static void check_frames(const char *wanted)
{
    struct text text = {0};
    size_t      at = 0;
    bool        ends_line = true;

    check_quiet();
    receive();
    while (at < side.size) {
        const unsigned char *head = (const unsigned char *) side.bytes + at;
        size_t               size = frame_get(head + 5, 3);

        CHECK(at + FRAME_HEAD + size <= side.size);
        CHECK(add_frame(&text, frame_get(head, 4), head[4], side.bytes + at + FRAME_HEAD, size) ||
              !ends_line);
        ends_line = side.bytes[at + FRAME_HEAD + size - 1] == '\n';
        at += FRAME_HEAD + size;
    }
    CHECK(at == 0 || side.bytes[at - 1] == '\n');
    side.size = 0;
    check_written(&text, wanted);
}

/* Returns the number of bytes of data of channel ID that came from the link since the last call, in any frames. */
static size_t count_data(uint32_t id)
{
    size_t at = 0, count = 0;

    receive();
    while (at < side.size) {
        const unsigned char *head = (const unsigned char *) side.bytes + at;
        size_t               size = frame_get(head + 5, 3);

        if (frame_get(head, 4) == id) {
            CHECK_EQUAL(head[4], FRAME_DATA);
            CHECK(size <= FRAME_MAX);
            count += size;
        }
        at += FRAME_HEAD + size;
    }
    CHECK_EQUAL(at, side.size);
    side.size = 0;
    return count;
}

/* Checks that WANTED has come at FD, and nothing else; then the end, if IS_END. */
static void check_bytes(int fd, const char *wanted, bool is_end)
{
    char    bytes[64];
    ssize_t n = read(fd, bytes, sizeof(bytes));

    CHECK_EQUAL(n < 0 ? 0 : n, strlen(wanted));
    CHECK(n <= 0 || memcmp(bytes, wanted, (size_t) n) == 0);
    n = read(fd, bytes, sizeof(bytes));
    CHECK(is_end ? n == 0 : n < 0 && errno == EAGAIN);
}

static size_t drain(int fd)
{
    static char bytes[65536];
    size_t      count = 0;
    ssize_t     n;

    while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
        count += (size_t) n;
        serve();
    }
    return count;
}

static void check_cut(const char *why)
{
    serve();
    CHECK(side.cut != NULL);
    CHECK_TEXT(side.cut, why);
    CHECK(!link_is_open(&side.link));
    CHECK_EQUAL(side.link.count, 0);
    CHECK(!side.link.is_listed);
    CHECK_EQUAL(link_do_due(&side.link) * 10, LINK_BEAT * 10);
    links_flush();
}

#define BROKEN                                                                                     \
    "it broke the rules of the connection; --via must pass bytes on unchanged, without a terminal"

static void each_side_shows_that_it_lives(void)
{
    begin(false, NULL, 0);
    CHECK_EQUAL(link_do_due(&side.link) * 1000, 2500);
    now += 2.25;
    CHECK_EQUAL(link_do_due(&side.link) * 1000, 250);
    check_frames("");
    now += 0.25;
    CHECK_EQUAL(link_do_due(&side.link) * 1000, 2500);
    check_frames("beat 0");
    /* A frame is a sign of life too. */
    now += 1;
    frame_send(&side.link, 7, FRAME_CLOSE, NULL, 0);
    check_frames("close 7");
    CHECK_EQUAL(link_do_due(&side.link) * 1000, 2500);
    check_frames("");
    /* No beat is added to bytes that wait. */
    send_frame(0, FRAME_BEAT, NULL, 0);
    frame_send(&side.link, 7, FRAME_CLOSE, NULL, 0);
    now += 2.5;
    CHECK_EQUAL(link_do_due(&side.link) * 1000, 2500);
    check_frames("close 7");
    link_close(&side.link);
    CHECK(side.cut == NULL);
}

static void a_silent_side_is_cut_off(void)
{
    begin(false, NULL, 0);
    now += 9;
    CHECK_EQUAL(link_do_due(&side.link) * 1000, 1000);
    now += 0.75;
    CHECK_EQUAL(link_do_due(&side.link) * 1000, 250);
    send_frame(0, FRAME_BEAT, NULL, 0);
    now += 9.75;
    CHECK_EQUAL(link_do_due(&side.link) * 1000, 250);
    CHECK(link_is_open(&side.link));
    now += 0.25;
    CHECK_EQUAL(link_do_due(&side.link) * 10, LINK_BEAT * 10);
    check_cut("no sign of life came for 10 seconds");
}

static void bytes_go_both_ways(void)
{
    begin(true, "\1\0\0\0\1\0\0\0\1\0\0\0\2\2\0\0h",
          17); /* an open channel, and the half of its data */
    put(side.to, "i", 1);
    CHECK_EQUAL(side.connected, 1);
    check_bytes(side.connections[0], "hi", false);
    put(side.connections[0], "well", 4);
    check_frames("data 1:well");
    send_frame(1, FRAME_END, NULL, 0);
    check_bytes(side.connections[0], "", true);
    put(side.connections[0], "late", 4);
    CHECK_EQUAL(shutdown(side.connections[0], SHUT_WR), 0);
    check_frames("data 1:late, end 1"); /* both sides know that the channel is gone */
    CHECK_EQUAL(side.link.count, 0);
    send_frame(1, FRAME_DATA, "x", 1);
    send_frame(1, FRAME_END, NULL, 0);
    send_frame(1, FRAME_OPEN, NULL, 0);
    send_frame(1, FRAME_DATA, "again", 5);
    check_bytes(side.connections[1], "again", false);
    check_frames("");
    send_frame(1, FRAME_CLOSE, NULL, 0);
    check_bytes(side.connections[1], "", true);
    CHECK_EQUAL(side.link.count, 0);
    check_frames("");
    CHECK(side.cut == NULL);
}

/* A side that has sent its end still receives, and learns that the connection is closed. */
static void an_end_leaves_the_other_way_open(void)
{
    begin(true, NULL, 0);
    for (uint32_t id = 1; id <= 2; id++) {
        send_frame(id, FRAME_OPEN, NULL, 0);
        CHECK_EQUAL(shutdown(side.connections[id - 1], SHUT_WR), 0);
    }
    check_frames("end 1, end 2");
    send_frame(1, FRAME_DATA, "reply", 5);
    send_frame(1, FRAME_END, NULL, 0);
    check_bytes(side.connections[0], "reply", true);
    CHECK_EQUAL(side.link.count, 1);
    check_frames("");
    close(side.connections[1]);
    check_frames("close 2");
    CHECK_EQUAL(side.link.count, 0);
    CHECK(side.cut == NULL);
}

/* A wake-up without a reason, such as one whose bytes are gone, changes nothing. */
static void nothing_comes_without_a_reason(void)
{
    begin(true, NULL, 0);
    send_frame(1, FRAME_OPEN, NULL, 0);
    LIST_FIRST(&side.link.channels[1])
        ->source.ready(&LIST_FIRST(&side.link.channels[1])->source, EPOLLIN);
    side.link.in.ready(&side.link.in, EPOLLIN);
    CHECK_EQUAL(side.link.count, 1);
    check_frames("");
    send_frame(1, FRAME_DATA, "x", 1);
    check_bytes(side.connections[0], "x", false);
    CHECK(side.cut == NULL);
}

static void each_channel_is_its_own(void)
{
    int clients[2];

    begin(true, NULL, 0);
    send_frame(64, FRAME_OPEN, NULL, 0);
    send_frame(64 + LINK_BUCKETS, FRAME_OPEN, NULL, 0);
    send_frame(64, FRAME_DATA, "first", 5);
    send_frame(64 + LINK_BUCKETS, FRAME_DATA, "second", 6);
    check_bytes(side.connections[0], "first", false);
    check_bytes(side.connections[1], "second", false);
    for (int i = 0; i < 2; i++)
        link_add_client(&side.link, make_pair(&clients[i]));
    check_frames("open 80000001, open 80000002");
    CHECK_EQUAL(side.link.count, 4);
    put(clients[1], "two", 3);
    put(clients[0], "one", 3);
    put(side.connections[1], "b", 1);
    check_frames("data 80000002:two, data 80000001:one, data 80:b");
    send_frame(FRAME_AGENT | 1, FRAME_DATA, "to one", 6);
    send_frame(FRAME_AGENT | 2, FRAME_CLOSE, NULL, 0);
    check_bytes(clients[0], "to one", false);
    check_bytes(clients[1], "", true);
    /* The other end of a connection is gone. */
    close(clients[0]);
    close(side.connections[0]);
    serve();
    CHECK_EQUAL(side.link.count, 1);
    check_frames("end 80000001, close 80000001, end 40, close 40");
    link_close(&side.link);
    check_bytes(side.connections[1], "", true);
    CHECK_EQUAL(side.link.count, 0);
    CHECK(side.cut == NULL);
}

static void the_run_numbers_from_one(void)
{
    int client;

    begin(false, NULL, 0);
    link_add_client(&side.link, make_pair(&client));
    link_add_client(&side.link, make_pair(&client));
    check_frames("open 1, open 2");
    send_frame(FRAME_AGENT | 1, FRAME_OPEN, NULL, 0);
    CHECK_EQUAL(side.connected, 1);
    send_frame(1, FRAME_OPEN, NULL, 0); /* only the run opens channels with such numbers */
    check_cut(BROKEN);
}

static void a_refused_channel_is_closed(void)
{
    begin(true, NULL, 0);
    side.refusal = -ECONNREFUSED;
    send_frame(1, FRAME_OPEN, NULL, 0);
    check_frames("close 1");
    side.refusal = 0;
    side.link.count = 65535;
    send_frame(2, FRAME_OPEN, NULL, 0);
    check_frames("");
    CHECK_EQUAL(side.link.count, 65536);
    send_frame(3, FRAME_OPEN, NULL, 0);
    check_frames("close 3");
    CHECK_EQUAL(side.connected, 1);
    CHECK(side.cut == NULL);
}

/* The link reads no more from a connection than it has credit for. */
static void no_more_is_sent_than_the_credit(void)
{
    static const char bytes[CHANNEL_WINDOW / 4];

    begin(true, NULL, 0);
    send_frame(1, FRAME_OPEN, NULL, 0);
    for (int i = 0; i < 4; i++) {
        put(side.connections[0], bytes, sizeof(bytes));
        CHECK_EQUAL(count_data(1), sizeof(bytes));
    }
    put(side.connections[0], "0123456789", 10);
    CHECK_EQUAL(count_data(1), 0);
    /* The number has four bytes, whatever follows them. */
    put(side.to, "\1\0\0\0\5\4\0\0\4\0\0\0\3\0\0\0\6\0\0\0", 20);
    check_frames("data 1:0123");
    send_credit(1, 1);
    check_frames("data 1:4");
    /* The rest is read when the other end has closed the connection, and the loop does not spin until then. */
    close(side.connections[0]);
    serve();
    check_frames("");
    for (int i = 0; i < 2; i++) {
        send_credit(1, 1);
        check_frames(i == 0 ? "data 1:5" : "data 1:6");
    }
    send_credit(1, CHANNEL_WINDOW);
    check_frames("data 1:789, end 1, close 1");
    CHECK_EQUAL(side.link.count, 0);
    CHECK(side.cut == NULL);
}

static void a_credit_that_nobody_used_breaks_the_rules(void)
{
    begin(true, NULL, 0);
    send_frame(1, FRAME_OPEN, NULL, 0);
    put(side.connections[0], "ten bytes!", 10);
    send_credit(1, 10);
    CHECK(side.cut == NULL);
    send_credit(1, 1);
    check_cut(BROKEN);
}

/* The link gives credit for what the connection has taken, in halves of the window. */
static void credit_is_given_for_what_was_taken(void)
{
    begin(true, NULL, 0);
    send_frame(1, FRAME_OPEN, NULL, 0);
    for (size_t sent = 0; sent < CHANNEL_WINDOW / 2; sent += FRAME_MAX / 2) {
        check_frames("");
        send_data(1, FRAME_MAX / 2 - (sent == 0));
        CHECK_EQUAL(drain(side.connections[0]), FRAME_MAX / 2 - (sent == 0));
    }
    check_frames("");
    send_data(1, 1);
    check_frames("credit 1:262144");
    send_data(1, 1);
    check_frames("");
    /* Behind the end, nobody needs credit. */
    send_data(1, CHANNEL_WINDOW / 2 - 2);
    serve();
    drain(side.connections[0]);
    send_frame(1, FRAME_DATA, "x", 1);
    check_frames("credit 1:262144");
    send_data(1, CHANNEL_WINDOW);
    send_frame(1, FRAME_END, NULL, 0);
    serve();
    CHECK_EQUAL(drain(side.connections[0]), CHANNEL_WINDOW + 1);
    check_bytes(side.connections[0], "", true);
    check_frames("");
    CHECK(side.cut == NULL);
}

static void more_than_the_window_breaks_the_rules(void)
{
    begin(true, NULL, 0);
    send_frame(1, FRAME_OPEN, NULL, 0);
    send_data(1, CHANNEL_WINDOW); /* which nobody reads from the connection */
    CHECK(side.cut == NULL);
    send_data(1, 1);
    check_cut(BROKEN);
}

static void other_frames_break_the_rules(const char *frame, size_t size)
{
    begin(true, NULL, 0);
    send_frame(1, FRAME_OPEN, NULL, 0);
    side.refusal = -EMFILE; /* which leaves a frame to be sent */
    put(side.to, "\3\0\0\0\1\0\0\0", 8);
    put(side.to, frame, size);
    check_cut(BROKEN);
    free((char *) side.cut);
    memset(&side, 0, sizeof(side));
}

static void the_rules_of_frames(void)
{
    other_frames_break_the_rules("\11\0\0\0\0\0\0\0", 8); /* kinds that nobody knows */
    other_frames_break_the_rules("\11\0\0\0\7\0\0\0", 8);
    other_frames_break_the_rules("\1\0\0\0\1\0\0\0", 8);   /* it is open */
    other_frames_break_the_rules("\2\0\0\200\1\0\0\0", 8); /* only the agent opens such channels */
    other_frames_break_the_rules("\1\0\0\0\2\1\200\0", 8); /* too long */
    other_frames_break_the_rules("\1\0\0\0\5\3\0\0\0\0\0", 11);           /* half a credit */
    other_frames_break_the_rules("\1\0\0\0\3\0\0\0\1\0\0\0\2\0\0\0", 16); /* data behind the end */
}

static void the_end_of_a_pipe_cuts_the_link(void)
{
    begin(true, NULL, 0);
    close(side.to);
    errno = EAGAIN;
    check_cut("the connection was closed");
    memset(&side, 0, sizeof(side));
    begin(true, NULL, 0);
    close(side.from);
    check_cut("the connection was closed");
    memset(&side, 0, sizeof(side));
    begin(true, NULL, 0);
    frame_send(&side.link, 0, FRAME_BEAT, NULL, 0);
    close(side.from);
    links_flush();
    CHECK(side.cut != NULL);
    check_cut("the connection was closed");
}

/* Programs that carry the bytes may pass on whole lines only. */
static void bytes_end_with_a_newline(void)
{
    begin(true, NULL, 0);
    frame_send(&side.link, 1, FRAME_DATA, "a\n", 2);
    links_flush();
    receive();
    CHECK_EQUAL(side.size, FRAME_HEAD + 2);
    frame_send(&side.link, 1, FRAME_DATA, "a", 1);
    links_flush();
    receive();
    CHECK_EQUAL(side.size, FRAME_HEAD + 2 + 2 * (FRAME_HEAD + 1));
    CHECK_EQUAL(side.bytes[side.size - 1], '\n');
}

/* Files cannot be watched. */
static void what_cannot_be_watched_is_refused(void)
{
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), ends[2];
    int other = fcntl(file, F_DUPFD_CLOEXEC, 0);

    begin(true, NULL, 0);
    link_add_client(&side.link, file);
    check_frames("open 80000001, close 80000001");
    CHECK_EQUAL(side.link.count, 0);
    CHECK(fcntl(file, F_GETFD) < 0);
    link_close(&side.link);
    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    CHECK_EQUAL(link_open(&side.link, fcntl(other, F_DUPFD_CLOEXEC, 0), ends[1], NULL, 0), -EPERM);
    link_close(&side.link);
    CHECK_EQUAL(link_open(&side.link, ends[0], other, NULL, 0), -EPERM);
}

/* While the other side reads nothing, a limited number of bytes waits here. Nothing is lost. */
static void a_full_link_reads_no_connection(void)
{
    enum { COUNT = 4 };
    static const char bytes[CHANNEL_WINDOW / 8];
    size_t            written[COUNT] = {0}, total = 0;

    begin(true, NULL, 0);
    for (uint32_t i = 0; i < COUNT; i++)
        send_frame(i + 1, FRAME_OPEN, NULL, 0);
    for (bool more = true; more; serve()) {
        more = false;
        for (int i = 0; i < COUNT; i++) {
            ssize_t n =
                written[i] < CHANNEL_WINDOW ? write(side.connections[i], bytes, sizeof(bytes)) : -1;

            written[i] += n > 0 ? (size_t) n : 0;
            more = more || n > 0;
        }
    }
    for (int i = 0; i < COUNT; i++)
        total += written[i];
    CHECK(side.link.is_full);
    CHECK(byte_queue_size(&side.link.unsent) > LINK_UNSENT_MAX);
    CHECK(byte_queue_size(&side.link.unsent) < LINK_UNSENT_MAX + 2 * FRAME_MAX);
    while (side.link.is_full) {
        size_t  unsent = byte_queue_size(&side.link.unsent);
        ssize_t n = read(side.from, side.bytes + side.size, 4096);

        CHECK(n > 0);
        side.size += (size_t) n;
        serve();
        CHECK(byte_queue_size(&side.link.unsent) <= unsent ||
              unsent <= (size_t) 256 * 1024 + 65536);
    }
    CHECK(side.size > LINK_UNSENT_MAX - (size_t) 256 * 1024);
    receive();
    for (uint32_t i = 0; i < COUNT; i++) {
        size_t all = side.size;

        CHECK_EQUAL(count_data(i + 1), written[i]);
        side.size = all;
        total -= written[i];
    }
    CHECK_EQUAL(total, 0);
    CHECK(side.cut == NULL);
}

/* A connection that does not take what comes for it is closed on the other side too. */
static void a_broken_connection_is_closed_there(void)
{
    begin(true, NULL, 0);
    send_frame(1, FRAME_OPEN, NULL, 0);
    CHECK_EQUAL(shutdown(side.connections[0], SHUT_RD), 0);
    send_frame(1, FRAME_DATA, "x", 1);
    check_frames("close 1");
    send_frame(2, FRAME_OPEN, NULL, 0);
    send_data(2, CHANNEL_WINDOW);
    CHECK_EQUAL(shutdown(side.connections[1], SHUT_RD), 0);
    drain(side.connections[1]); /* the link writes more now */
    check_frames("close 2");
    /* The other end is closed before it has read everything, which is an error here. */
    send_frame(3, FRAME_OPEN, NULL, 0);
    send_frame(3, FRAME_DATA, "x", 1);
    close(side.connections[2]);
    check_frames("close 3");
    CHECK_EQUAL(side.link.count, 0);
    CHECK(side.cut == NULL);
}

TEST_MAIN({"lives", each_side_shows_that_it_lives}, {"silent", a_silent_side_is_cut_off},
          {"both-ways", bytes_go_both_ways}, {"half", an_end_leaves_the_other_way_open},
          {"no-reason", nothing_comes_without_a_reason},
          {"files", what_cannot_be_watched_is_refused}, {"channels", each_channel_is_its_own},
          {"numbers", the_run_numbers_from_one}, {"refused", a_refused_channel_is_closed},
          {"credit", no_more_is_sent_than_the_credit},
          {"unused-credit", a_credit_that_nobody_used_breaks_the_rules},
          {"giving-credit", credit_is_given_for_what_was_taken},
          {"window", more_than_the_window_breaks_the_rules}, {"rules", the_rules_of_frames},
          {"lines", bytes_end_with_a_newline}, {"pipes", the_end_of_a_pipe_cuts_the_link},
          {"full", a_full_link_reads_no_connection},
          {"broken", a_broken_connection_is_closed_there})
