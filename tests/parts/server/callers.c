/* Tests how the server accepts its clients, also when it has no descriptor left for them. */
#include "tests/parts/server/doors.h"

static void check_not_answered(int fd)
{
    char byte;

    CHECK(recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

static void only_this_user_and_root_are_served(void)
{
    int fd;

    open_door();
    check_served();
    client_user = 0;
    check_served();
    client_user = 1;
    fd = join_queue("s");
    turn();
    check_answer(fd, "");
    CHECK_CALLS("refused a client of user 1\n");
    client_user = USER;
    no_peer = 1;
    fd = join_queue("s");
    turn();
    check_answer(fd, "");
    CHECK_CALLS("");
    no_peer = 0;
    peer_error = -ENOMEM;
    fd = join_queue("s");
    turn();
    check_answer(fd, "");
    CHECK_CALLS("client\ncannot serve a client: Cannot allocate memory\n");
}

/* Returns the answer to a client for which there is no descriptor, as LIMIT are open already; 0: for another reason. */
static const char *refusal(int limit)
{
    static char line[1024];
    char        more[256] = "";

    if (limit > 0)
        (void) snprintf(more, sizeof(more),
                        "; the supervisor's own limit is %d open files: shut it down and start it "
                        "again under a higher 'ulimit -n'",
                        limit);
    (void) snprintf(line, sizeof(line),
                    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32006,\"message\":\"the "
                    "supervisor has no file descriptor left; try again%s\",\"data\":{\"type\":"
                    "\"OSError\"}}}\n",
                    more);
    return line;
}

static void a_client_without_a_descriptor_is_answered(void)
{
    struct rlimit before;
    struct stat   input, input_now;
    int           clients[3], limit;

    CHECK(fstat(STDIN_FILENO, &input) == 0);
    open_door();
    for (size_t i = 0; i < 3; i++)
        clients[i] = join_queue("s");
    limit = take_descriptors(&before);
    turn();
    for (size_t i = 0; i < 3; i++)
        check_answer(clients[i], refusal(limit));
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK_CALLS("");
    check_served();
    accept_errors[0] = ENFILE;
    clients[0] = join_queue("s");
    turn();
    CHECK_CALLS("cannot accept\n");
    check_answer(clients[0], refusal(0));
    check_served();
    CHECK(fstat(STDIN_FILENO, &input_now) == 0 && input_now.st_ino == input.st_ino);
}

static void the_spare_descriptor_comes_back(void)
{
    struct rlimit before;
    int           fd, other, limit;

    open_door();
    fd = join_queue("s");
    (void) take_descriptors(&before);
    accept_errors[0] = EMFILE;
    accept_errors[1] = EMFILE;
    takes_descriptor = true;
    turn();
    takes_descriptor = false;
    CHECK_CALLS("cannot accept\ncannot accept\n");
    check_not_answered(fd);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    now += 60;
    turn(); /* there is room again, for the spare descriptor, too */
    CHECK_CALLS("client\n");
    check_answer(fd, "served");
    other = join_queue("s");
    limit = take_descriptors(&before);
    turn();
    CHECK_CALLS("");
    check_answer(other, refusal(limit));
}

static void a_client_that_went_without_an_answer_is_noted(void)
{
    int before;

    open_door();
    before = test_count_open();
    accept_errors[0] = EMFILE;
    close(join_queue("s"));
    turn();
    CHECK_EQUAL(test_count_open(), before);
    check_written(&calls, "cannot accept\ncannot tell a client that no file descriptor is left\n");
}

static void a_listener_that_can_accept_nobody_rests(void)
{
    int fd;

    open_door();
    accept_errors[0] = EMFILE;
    accept_errors[1] = ENFILE; /* somebody has taken the spare descriptor */
    fd = join_queue("s");
    turn();
    CHECK_CALLS("cannot accept\ncannot accept\n");
    check_not_answered(fd);
    turn();
    check_not_answered(fd);
    now += 60;
    turn();
    CHECK_CALLS("client\n");
    check_answer(fd, "served");
    accept_errors[0] = ENOMEM;
    fd = join_queue("s");
    turn();
    CHECK_CALLS("cannot accept\n");
    now += 60;
    turn();
    CHECK_CALLS("client\n");
    check_answer(fd, "served");
    accept_errors[0] = ENOMEM;
    fd = join_queue("s");
    turn();
    CHECK(unlink("s") == 0);
    ring(); /* this ends the rest, as another socket is there */
    CHECK_CALLS("cannot accept\njournal\ns was removed; put it back\nclient\n");
    check_answer(fd, "served");
    now += 60;
    check_served();
}

static void a_bell_that_cannot_be_answered_rests(void)
{
    int fd;

    open_door();
    accept_errors[0] = EMFILE;
    fd = join_queue("b");
    turn();
    CHECK_CALLS("journal\ncannot accept\n");
    check_not_answered(fd);
    now += 60;
    turn();
    CHECK_CALLS("journal\n");
    check_answer(fd, "");
}

static void a_socket_that_cannot_be_watched_is_told(void)
{
    open_door();
    CHECK(unlink("s") == 0);
    watch_error = ENOSPC;
    ring();
    CHECK_CALLS("journal\ns was removed; put it back\nno client can connect any more: No space "
                "left on device\n");
}

static void a_server_that_cannot_listen_does_not_begin(void)
{
    int ends[2];

    CHECK_EQUAL(loop_open(), 0);
    CHECK_EQUAL(listener_open(-1, &some_handler), -EBADF);
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    CHECK_EQUAL(listener_open(ends[0], &some_handler), -ENOTSOCK);
    (void) unlink("doors.socket");
    listener = socket_listen("doors.socket");
    watch_error = ENOSPC;
    CHECK_EQUAL(listener_open(listener, &some_handler), -ENOSPC);
    door_open(&place, listener, GUARDIAN);
    door_shut();
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* there was no bell to close */
    CHECK(unlink("doors.socket") == 0);
}

/* Sends FD over SOCKET, or without FD only a byte. */
static void send_descriptor(int socket, int fd)
{
    char            space[CMSG_SPACE(sizeof(fd))] = {0};
    struct iovec    part = {(char *) "x", 1};
    struct msghdr   message = {.msg_iov = &part, .msg_iovlen = 1};
    struct cmsghdr *head;

    if (fd >= 0) {
        message.msg_control = space;
        message.msg_controllen = sizeof(space);
        head = CMSG_FIRSTHDR(&message);
        *head = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(fd))};
        memcpy(CMSG_DATA(head), &fd, sizeof(fd));
    }
    CHECK_EQUAL(sendmsg(socket, &message, 0), 1);
}

static void a_sent_client_is_served(void)
{
    int ends[2], client[2], on = 1, before;

    open_door();
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client) == 0);
    CHECK(listener_take_sent(ends[0])); /* nothing has come */
    CHECK_CALLS("");
    send_descriptor(ends[1], client[1]);
    close(client[1]);
    before = test_count_open();
    CHECK(listener_take_sent(ends[0]));
    CHECK_CALLS("client\n");
    check_answer(client[0], "served");
    CHECK_EQUAL(test_count_open(), before - 1);
    send_descriptor(ends[1], -1);
    CHECK(listener_take_sent(ends[0]));
    CHECK(setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
    send_descriptor(ends[1], -1);
    CHECK(listener_take_sent(ends[0]));
    CHECK(listener_take_sent(ends[0]));
    errno = EAGAIN;
    close(ends[1]);
    CHECK(!listener_take_sent(ends[0]));
    CHECK(!listener_take_sent(lock)); /* that is no socket */
    CHECK_CALLS("");
}

static void those_in_the_queue_are_served_at_the_end(void)
{
    int  fd, caller, held;
    char byte;

    open_door();
    fd = join_queue("s");
    caller = join_queue("b");
    held = dup(bell); /* as in a child before its exec */
    CHECK(held >= 0 && link("s", "other") == 0);
    listener_shut();
    CHECK_CALLS("client\n");
    check_answer(fd, "served");
    CHECK_EQUAL(socket_connect("s"), -ENOENT);
    CHECK_EQUAL(socket_connect("other"), -ECONNREFUSED);
    turn();
    CHECK_CALLS("");
    close(held);
    turn();
    CHECK(recv(caller, &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET);
    CHECK_CALLS("");
    door_shut();
}

TEST_MAIN({"users", only_this_user_and_root_are_served},
          {"no-room", a_client_without_a_descriptor_is_answered},
          {"spare", the_spare_descriptor_comes_back},
          {"gone", a_client_that_went_without_an_answer_is_noted},
          {"rests", a_listener_that_can_accept_nobody_rests},
          {"bell-rests", a_bell_that_cannot_be_answered_rests},
          {"unwatched", a_socket_that_cannot_be_watched_is_told},
          {"unopened", a_server_that_cannot_listen_does_not_begin},
          {"sent", a_sent_client_is_served}, {"queue", those_in_the_queue_are_served_at_the_end})
