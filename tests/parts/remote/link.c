/*
 * Tests the life of a link (cli/remote/link.h): signs of life, the rules of frames, and sides that are slow or gone.
 */
#include "tests/parts/remote/link_played.h"

static bool is_memory_short;

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    return is_memory_short ? NULL : __real_realloc(memory, size);
}

static int error_of_read; /* which every read() fails with; 0: none */

ssize_t __real_read(int fd, void *ret, size_t size);
ssize_t __wrap_read(int fd, void *ret, size_t size);
ssize_t __wrap_read(int fd, void *ret, size_t size)
{
    errno = error_of_read != 0 ? error_of_read : EAGAIN; /* after a success it says nothing */
    return error_of_read != 0 ? -1 : __real_read(fd, ret, size);
}

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

static void an_error_of_a_pipe_cuts_the_link(void)
{
    begin(true, NULL, 0);
    put(side.to, "\1\0\0\0", 4);
    error_of_read = EIO;
    CHECK_EQUAL(write(side.to, "x", 1), 1);
    serve();
    error_of_read = 0;
    check_cut("Input/output error");
}

static void without_memory_the_link_is_cut(void)
{
    begin(true, NULL, 0);
    serve();
    is_memory_short = true;
    put(side.to, "x", 1);
    is_memory_short = false;
    check_cut("out of memory");
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
    static const uint32_t ids[COUNT] = {1, LINK_BUCKETS - 1, LINK_BUCKETS, LINK_BUCKETS + 3};
    static const char     bytes[CHANNEL_WINDOW / 8];
    size_t                written[COUNT] = {0}, total = 0;

    begin(true, NULL, 0);
    for (uint32_t i = 0; i < COUNT; i++)
        send_frame(ids[i], FRAME_OPEN, NULL, 0);
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

        CHECK_EQUAL(count_data(ids[i]), written[i]);
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
          {"files", what_cannot_be_watched_is_refused}, {"rules", the_rules_of_frames},
          {"lines", bytes_end_with_a_newline}, {"pipes", the_end_of_a_pipe_cuts_the_link},
          {"error", an_error_of_a_pipe_cuts_the_link}, {"memory", without_memory_the_link_is_cut},
          {"full", a_full_link_reads_no_connection},
          {"broken", a_broken_connection_is_closed_there})
