/* Tests the channels of a link (cli/remote/channel.h): their bytes, ends and credit. */
#include "tests/parts/remote/link_played.h"

static void bytes_go_both_ways(void)
{
    begin(true, "\1\0\0\0\1\0\0\0\1\0\0\0\2\2\0\0h",
          17); /* an open channel, and the half of its data */
    put(side.to, "i", 1);
    CHECK_EQUAL(side.connected, 1);
    check_bytes(side.connections[0], "hi", false);
    put(side.to, "\1\0\0\0\2\2\0\0h", 9);
    check_bytes(side.connections[0], "", false);
    put(side.to, "o", 1);
    check_bytes(side.connections[0], "ho", false);
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
    put(side.to, "\1\0\0\0\2\1\0\0", 8);
    side.link.in.ready(&side.link.in, EPOLLIN);
    put(side.to, "x", 1);
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
    int               before;

    begin(true, NULL, 0);
    send_frame(1, FRAME_OPEN, NULL, 0);
    for (int i = 0; i < 4; i++) {
        put(side.connections[0], bytes, sizeof(bytes));
        CHECK_EQUAL(count_data(1), sizeof(bytes));
    }
    before = events;
    put(side.connections[0], "0123456789", 10);
    CHECK_EQUAL(events, before); /* the loop does not look at it any more */
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

/* The largest frame is taken when all of it has come. */
static void the_largest_frame_is_whole(void)
{
    static char frame[FRAME_HEAD + FRAME_MAX];

    begin(true, NULL, 0);
    send_frame(1, FRAME_OPEN, NULL, 0);
    frame_put((unsigned char *) frame, 1, 4);
    frame[4] = FRAME_DATA;
    frame_put((unsigned char *) frame + 5, FRAME_MAX, 3);
    memset(frame + FRAME_HEAD, 'x', FRAME_MAX);
    put(side.to, frame, sizeof(frame) - 1);
    CHECK_EQUAL(drain(side.connections[0]), 0);
    put(side.to, "x", 1);
    CHECK_EQUAL(drain(side.connections[0]), FRAME_MAX);
    check_frames("");
}

/* Fills the buffer of SOCKET. Returns the number of bytes that it has taken. */
static size_t fill_up(int socket)
{
    static const char bytes[65536];
    size_t            count = 0;
    ssize_t           n;

    for (size_t size = sizeof(bytes); size > 0; size /= 2)
        while ((n = write(socket, bytes, size)) > 0)
            count += (size_t) n;
    return count;
}

/* A channel that only waits until its connection has taken everything is then gone. */
static void a_full_connection_ends_last(void)
{
    int    client, socket = make_pair(&client);
    size_t before;

    begin(false, NULL, 0);
    link_add_client(&side.link, socket);
    CHECK_EQUAL(shutdown(client, SHUT_WR), 0);
    check_frames("open 1, end 1");
    before = fill_up(socket);
    send_frame(1, FRAME_DATA, "x", 1);
    send_frame(1, FRAME_END, NULL, 0);
    CHECK_EQUAL(side.link.count, 1);
    CHECK_EQUAL(drain(client), before + 1);
    CHECK_EQUAL(side.link.count, 0);
    check_bytes(client, "", true);
    check_frames("");
}

/* Bytes that a channel has not written yet are freed with it. */
static void a_closed_channel_has_no_memory(void)
{
    size_t before = 0;

    begin(true, NULL, 0);
    for (uint32_t id = 1; id <= 3; id++) {
        struct mallinfo2 info;

        send_frame(id, FRAME_OPEN, NULL, 0);
        send_data(id, CHANNEL_WINDOW);
        send_frame(id, FRAME_CLOSE, NULL, 0);
        info = mallinfo2();
        CHECK(id == 1 || info.uordblks + info.hblkhd < before + CHANNEL_WINDOW / 4);
        before = info.uordblks + info.hblkhd;
    }
    CHECK_EQUAL(side.link.count, 0);
}

/* A single byte that the connection does not take at once waits too. */
static void a_byte_waits_for_a_full_connection(void)
{
    int     client, socket = make_pair(&client);
    size_t  before, count = 0;
    ssize_t n;

    begin(false, NULL, 0);
    link_add_client(&side.link, socket);
    check_frames("open 1");
    before = fill_up(socket);
    send_frame(1, FRAME_DATA, "x", 1);
    check_quiet();
    while ((n = read(client, side.bytes, 65536)) > 0) {
        count += (size_t) n;
        serve();
    }
    CHECK_EQUAL(count, before + 1);
    check_frames("");
    close(client);
    check_frames("end 1, close 1");
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

TEST_MAIN({"both-ways", bytes_go_both_ways}, {"half", an_end_leaves_the_other_way_open},
          {"no-reason", nothing_comes_without_a_reason}, {"channels", each_channel_is_its_own},
          {"numbers", the_run_numbers_from_one}, {"refused", a_refused_channel_is_closed},
          {"credit", no_more_is_sent_than_the_credit},
          {"unused-credit", a_credit_that_nobody_used_breaks_the_rules},
          {"giving-credit", credit_is_given_for_what_was_taken},
          {"largest", the_largest_frame_is_whole}, {"last", a_full_connection_ends_last},
          {"memory", a_closed_channel_has_no_memory}, {"byte", a_byte_waits_for_a_full_connection},
          {"window", more_than_the_window_breaks_the_rules})
