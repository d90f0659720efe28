/* A link whose other side is the test, with the clock and the loop of the test. */
#ifndef LINK_PLAYED_H
#define LINK_PLAYED_H

#include "tests/lib/test.h"
#include "tests/parts/remote/clock_and_loop.h"
#include "tests/parts/written.h"

#include "cli/base/loop.h"
#include "cli/base/text.h"
#include "cli/remote/channel.h"
#include "cli/remote/frame.h"
#include "cli/remote/link.h"

#include <malloc.h>
#include <sys/socket.h>

/* Checks that SOURCE has an open descriptor: that of a channel that was freed has none. */
static inline void check_source(const struct source *source)
{
    CHECK(fcntl(source->fd, F_GETFD) >= 0);
}

int __real_loop_add(struct source *source, uint32_t wanted);
int __wrap_loop_add(struct source *source, uint32_t wanted);
int __wrap_loop_add(struct source *source, uint32_t wanted)
{
    check_source(source);
    return __real_loop_add(source, wanted);
}

int __real_loop_change(struct source *source, uint32_t wanted);
int __wrap_loop_change(struct source *source, uint32_t wanted);
int __wrap_loop_change(struct source *source, uint32_t wanted)
{
    check_source(source);
    return __real_loop_change(source, wanted);
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
static inline int make_pair(int *ret)
{
    int ends[2];

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    *ret = ends[1];
    return ends[0];
}

static inline int connect_side(struct link *link)
{
    CHECK(link == &side.link);
    return side.refusal != 0 ? side.refusal : make_pair(&side.connections[side.connected++]);
}

static inline void note_cut(struct link *link, const char *why)
{
    CHECK(link == &side.link && link_is_open(link));
    CHECK(side.cut == NULL);
    side.cut = strdup(why);
}

static inline double end_round(void)
{
    links_flush();
    is_round_over = true;
    return 0;
}

/* Serves all that is ready, in several rounds of the loop: what the first has done may make the next ones ready. */
static inline void serve(void)
{
    for (int i = 0; i < 8; i++) {
        is_round_over = false;
        CHECK_EQUAL(loop_run(&is_round_over, end_round, NULL), 0);
    }
    links_flush();
}

/* Checks that the loop has nothing to do: a descriptor that is ready again and again would keep it busy. */
static inline void check_quiet(void)
{
    int before;

    serve();
    before = events;
    serve();
    CHECK_EQUAL(events, before);
}

static inline void begin(bool is_agent, const char *received, size_t size)
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
static inline void put(int fd, const void *bytes, size_t size)
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

static inline void send_frame(uint32_t id, enum frame_kind kind, const void *data, size_t size)
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

static inline void send_credit(uint32_t id, uint32_t more)
{
    unsigned char data[4];

    frame_put(data, more, 4);
    send_frame(id, FRAME_CREDIT, data, sizeof(data));
}

/* Sends SIZE bytes of data in as many frames as needed. */
static inline void send_data(uint32_t id, size_t size)
{
    static const char zeros[FRAME_MAX];

    for (; size > 0 && side.cut == NULL; size -= size < FRAME_MAX ? size : FRAME_MAX)
        send_frame(id, FRAME_DATA, zeros, size < FRAME_MAX ? size : FRAME_MAX);
}

/* Adds the frame to TEXT in words. Returns false for a frame that only ends a line, which is left out. */
static inline bool add_frame(struct text *text, uint32_t id, unsigned kind, const char *data,
                             size_t size)
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
static inline void receive(void)
{
    ssize_t n;

    serve();
    while ((n = read(side.from, side.bytes + side.size, sizeof(side.bytes) - side.size)) > 0) {
        side.size += (size_t) n;
        serve();
    }
}

/* Checks the frames that came from the link since the last call. */
static inline void check_frames(const char *wanted)
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
static inline size_t count_data(uint32_t id)
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
static inline void check_bytes(int fd, const char *wanted, bool is_end)
{
    char    bytes[64];
    ssize_t n = read(fd, bytes, sizeof(bytes));

    CHECK_EQUAL(n < 0 ? 0 : n, strlen(wanted));
    CHECK(n <= 0 || memcmp(bytes, wanted, (size_t) n) == 0);
    n = read(fd, bytes, sizeof(bytes));
    CHECK(is_end ? n == 0 : n < 0 && errno == EAGAIN);
}

static inline size_t drain(int fd)
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

static inline void check_cut(const char *why)
{
    serve();
    CHECK(side.cut != NULL);
    CHECK_TEXT(side.cut, why);
    CHECK(!link_is_open(&side.link));
    CHECK_EQUAL(side.link.count, 0);
    CHECK(!side.link.is_listed);
    CHECK(side.link.received.bytes.data == NULL && side.link.unsent.bytes.data == NULL);
    CHECK_EQUAL(link_do_due(&side.link) * 10, LINK_BEAT * 10);
    links_flush();
}

#define BROKEN                                                                                     \
    "it broke the rules of the connection; --via must pass bytes on unchanged, without a terminal"

#endif
