/* Tests a client's requests and replies (cli/client/client.h), and the socket below (cli/client/wire.h). */
#include "tests/parts/pair.h"

#include "cli/base/status.h"
#include "cli/client/client_failure.h"
#include "cli/rpc/protocol.h"

/* Checks the failure of the client, and its message. */
static void check_failure(const struct pair *pair, int status, const char *type,
                          const char *message)
{
    const struct failure *failure = &pair->client.failure;
    struct text           text = {0};

    CHECK_EQUAL(failure->status, status);
    CHECK_TEXT(failure->type, type);
    text_append(&text, failure->message.data, failure->message.size);
    check_written(&text, message);
}

static void requests_are_numbered(void)
{
    struct pair   *pair = open_pair();
    struct client *client = &pair->client;
    json_int_t     id = 0;

    CHECK_EQUAL(client_next_id(client), 1);
    CHECK_EQUAL(client_send(client, "list", no_params(), &id), 0);
    CHECK_EQUAL(id, 1);
    check_requests(pair, "{'jsonrpc':'2.0','id':1,'method':'list','params':{}}\n");
    /* A request that is queued goes with the next one. */
    CHECK_EQUAL(client_queue(client, "join", json_pack("{s:i}", "thread", 7), &id), 0);
    CHECK_EQUAL(id, 2);
    check_requests(pair, "");
    CHECK_EQUAL(client_next_id(client), 3);
    CHECK_EQUAL(client_send(client, "list", no_params(), NULL), 0);
    check_requests(pair, "{'jsonrpc':'2.0','id':2,'method':'join','params':{'thread':7}}\n"
                         "{'jsonrpc':'2.0','id':3,'method':'list','params':{}}\n");
    /* Without memory for its parameters, nothing is sent. */
    CHECK_EQUAL(client_send(client, "list", NULL, NULL), -ENOMEM);
    check_failure(pair, STATUS_FAILED, "MemoryError", "out of memory");
    check_requests(pair, "");
    CHECK(client->open);
    close_pair(pair);
}

static void replies_find_their_requests(void)
{
    struct pair   *pair = open_pair();
    struct client *client = &pair->client;
    struct reply   reply;

    client->is_new = true;
    CHECK_EQUAL(client_try_receive(client, &reply), 0);
    CHECK_EQUAL(client_send(client, "join", no_params(), NULL), 0);
    /* The reply to an earlier request is dropped, and notifications are told in their order. */
    answer(pair, "{'jsonrpc':'2.0','method':'event','params':'one'}\n"
                 "{'jsonrpc':'2.0','id':1,'result':'early'}\n"
                 "{'jsonrpc':'2.0','method':'event','params':'two'}\n"
                 "{'jsonrpc':'2.0','id':2,'result':'due'}\n{'jsonrpc':'2.0','id':3,'result':'la");
    CHECK_EQUAL(client_call(client, "list", no_params(), &reply), 0);
    CHECK_EQUAL(reply.id, 2);
    CHECK_TEXT(json_string_value(reply.result), "due");
    reply_release(&reply);
    CHECK(reply.message == NULL && reply.id == 0);
    CHECK(client->heard && !client->is_new);
    check_written(&pair->told, "one two ");
    /* A reply in pieces */
    CHECK_EQUAL(client_try_receive(client, &reply), 0);
    answer(pair, "te'}\n{'jsonrpc':'2.0','id':4,'error':{'code':1,'message':'m'}}\n");
    CHECK_EQUAL(client_receive(client, &reply), 0);
    CHECK_EQUAL(reply.id, 3);
    CHECK_TEXT(json_string_value(reply.result), "late");
    CHECK_EQUAL(client_check(client, &reply), 0);
    reply_release(&reply);
    CHECK_EQUAL(client_try_receive(client, &reply), 1);
    CHECK(reply.id == 4 && reply.result == NULL);
    CHECK_EQUAL(client_take(client, &reply), -EREMOTEIO);
    CHECK(reply.message == NULL);
    /* A reply without an id is the one to the last request. Notifications need no listener. */
    client->notify = NULL;
    answer(pair, "{'jsonrpc':'2.0','method':'event','params':'x'}\n{'id':null,'result':7}\n");
    CHECK_EQUAL(client_receive(client, &reply), 0);
    CHECK_EQUAL(reply.id, 2);
    reply_release(&reply);
    CHECK(!client->refused);
    close_pair(pair);
}

static void a_refusal_is_for_all_requests(void)
{
    struct pair *pair = open_pair();
    struct reply reply;

    CHECK_EQUAL(client_queue(&pair->client, "start", no_params(), NULL), 0);
    CHECK_EQUAL(client_send(&pair->client, "join", no_params(), NULL), 0);
    answer(pair,
           "{'id':null,'error':{'code':-32006,'message':'full','data':{'type':'OSError'}}}\n");
    close(pair->supervisor); /* and leaves the requests unread */
    pair->supervisor = -1;
    CHECK_EQUAL(client_receive(&pair->client, &reply), 0);
    CHECK(reply.id == 2 && reply.result == NULL);
    reply_release(&reply);
    CHECK_EQUAL(client_receive(&pair->client, &reply), -EREMOTEIO);
    check_failure(pair, STATUS_FAILED, "OSError", "full");
    CHECK(!pair->client.open && !pair->client.refused);
    close_pair(pair);
}

static void errors_have_a_status(void)
{
    static const struct {
        const char *error;
        int         status;
        const char *type, *message;
    } examples[] = {
        {"{'code':-32602,'message':'bad','data':{'type':'ValueError'}}", STATUS_USAGE, "ValueError",
         "bad"},
        {"{'code':-32601}", STATUS_FAILED, "", "the supervisor gives no reason"},
    };
    static const struct {
        int code, status;
    } codes[] = {
        {PROTOCOL_INVALID_THREAD_ID_ERROR, STATUS_NO_THREAD},
        {PROTOCOL_TYPE_ERROR, STATUS_USAGE},
        {PROTOCOL_VALUE_ERROR, STATUS_USAGE},
        {PROTOCOL_TIMEOUT_ERROR, STATUS_TIMEOUT},
        {PROTOCOL_NO_SUPERVISOR_ERROR, STATUS_NO_SUPERVISOR},
        {PROTOCOL_OS_ERROR, 127},
        {PROTOCOL_FILE_NOT_FOUND_ERROR, 127},
        {PROTOCOL_PERMISSION_ERROR, 127},
    };
    struct pair   *pair = open_pair();
    struct client *client = &pair->client;
    struct reply   reply;
    char           text[512];

    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        (void) snprintf(text, sizeof(text), "{'id':%d,'error':%s}\n", (int) i + 1,
                        examples[i].error);
        answer(pair, text);
        CHECK_EQUAL(client_call(client, "list", no_params(), &reply), -EREMOTEIO);
        check_failure(pair, examples[i].status, examples[i].type, examples[i].message);
    }
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        json_t *error = json_pack("{s:i, s:{s:{s:i}}}", "code", codes[i].code, "data", "thread",
                                  "exit_code", 127);

        CHECK_EQUAL(client_status_of_error(error), codes[i].status);
        json_decref(error);
    }
    for (int status = 125; status <= 128; status++) {
        json_t *error = json_pack("{s:i, s:{s:{s:i}}}", "code", PROTOCOL_OS_ERROR, "data", "thread",
                                  "exit_code", status);

        CHECK_EQUAL(client_status_of_error(error),
                    status == 126 || status == 127 ? status : STATUS_FAILED);
        json_decref(error);
    }
    close_pair(pair);
}

static void garbage_ends_the_connection(void)
{
    static const char *const lines[] = {"\n",
                                        "x\n",
                                        "[]\n",
                                        "7\n",
                                        "{'id':'1','result':1}\n",
                                        "{'id':1}\n",
                                        "{'id':1,'error':'bad'}\n",
                                        "{'id':1.0,'result':1}\n"};

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct pair *pair = open_pair();
        struct reply reply;

        answer(pair, lines[i]);
        CHECK_EQUAL(client_call(&pair->client, "list", no_params(), &reply), -EPROTO);
        check_failure(pair, STATUS_FAILED, "",
                      "the process that answers at the socket does not speak k3thread's protocol");
        CHECK(!pair->client.open);
        close_pair(pair);
    }
}

/* The text of the journal; NULL: there is none. */
static const char *journal, *reason;

char *__wrap_place_find_journal(const struct place *place);
char *__wrap_place_find_journal(const struct place *place)
{
    CHECK_TEXT(place->socket, "/nowhere/socket");
    return journal != NULL ? strdup(journal) : NULL;
}

void __wrap_reason_add(const struct place *place, struct text *text);
void __wrap_reason_add(const struct place *place, struct text *text)
{
    CHECK_TEXT(place->socket, "/nowhere/socket");
    text_add(text, reason != NULL ? reason : "");
}

static void lost_connections_are_told_apart(void)
{
    struct pair *pair = open_pair();
    struct reply reply;

    /* The supervisor had read the request. */
    CHECK_EQUAL(client_send(&pair->client, "list", no_params(), NULL), 0);
    check_requests(pair, "{'jsonrpc':'2.0','id':1,'method':'list','params':{}}\n");
    answer(pair, "{'id':1,'result':1");
    CHECK(shutdown(pair->supervisor, SHUT_RDWR) == 0);
    CHECK_EQUAL(client_receive(&pair->client, &reply), -ECONNRESET);
    check_failure(pair, STATUS_FAILED, "",
                  "the supervisor went away without a reply; see /dev/null");
    CHECK(!pair->client.open);
    close_pair(pair);

    pair = open_pair();
    journal = "/state/journal.log";
    reason = ".";
    CHECK(shutdown(pair->supervisor, SHUT_WR) == 0);
    CHECK_EQUAL(client_call(&pair->client, "list", no_params(), &reply), -ECONNRESET);
    check_failure(pair, STATUS_FAILED, "",
                  "the supervisor went away without a reply.; see /state/journal.log");
    close_pair(pair);

    /* It had not, so it is as if there was none. */
    pair = open_pair();
    close(pair->supervisor);
    CHECK_EQUAL(client_call(&pair->client, "list", no_params(), &reply), -ENOENT);
    check_failure(pair, STATUS_NO_SUPERVISOR, "",
                  "no supervisor at /nowhere/socket; the command \"start\" starts one");
    client_close(&pair->client);
    pair = open_pair();
    CHECK_EQUAL(client_send(&pair->client, "list", no_params(), NULL), 0);
    close(pair->supervisor);
    CHECK_EQUAL(client_try_receive(&pair->client, &reply), -ENOENT);
    client_close(&pair->client);

    /* But a supervisor that was just started, or belongs to another user, was there. */
    for (int i = 0; i < 2; i++) {
        pair = open_pair();
        pair->client.is_new = i == 0;
        pair->client.foreign = i == 1;
        close(pair->supervisor);
        CHECK_EQUAL(client_call(&pair->client, "list", no_params(), &reply), -ECONNRESET);
        client_close(&pair->client);
    }
}

static void a_late_reply_is_given_up(void)
{
    struct pair *pair = open_pair();
    struct reply reply;

    answer(pair, "{'id':1,'result':1}\n");
    CHECK_EQUAL(client_call_within(&pair->client, "list", no_params(), 60, &reply), 0);
    reply_release(&reply);
    CHECK_EQUAL(client_call_within(&pair->client, "list", no_params(), 0.01, &reply), -ETIMEDOUT);
    check_failure(pair, STATUS_FAILED, "TimeoutError", "the supervisor does not reply");
    CHECK(!pair->client.open);
    close_pair(pair);
}

/* A connection that the quick way has made: its request is sent, and a part of the reply has come. */
static void an_adopted_connection_sends_nothing_twice(void)
{
    struct pair  *pair = open_pair();
    struct client client = {0};
    struct reply  reply;

    client_adopt(&client, pair->client.wire.fd, "{\"id\":1,\"res", strlen("{\"id\":1,\"res"));
    CHECK(client.open);
    CHECK_EQUAL(client_open(&client, &pair->place, 0), 0);
    answer(pair, "ult':'first'}\n{'id':2,'result':'second'}\n");
    CHECK_EQUAL(client_call(&client, "list", no_params(), &reply), 0);
    CHECK_TEXT(json_string_value(reply.result), "first");
    reply_release(&reply);
    check_requests(pair, "");
    CHECK_EQUAL(client_call(&client, "list", no_params(), &reply), 0);
    CHECK_TEXT(json_string_value(reply.result), "second");
    reply_release(&reply);
    check_requests(pair, "{'jsonrpc':'2.0','id':2,'method':'list','params':{}}\n");
    CHECK(!client.foreign);
    client_close(&client);
    close(pair->supervisor);
}

/* A connection to another machine: the client asks for a sign of life once, behind its first request. */
static void a_host_is_greeted_once(void)
{
    struct pair   *pair = open_pair();
    struct client *client = &pair->client;
    struct reply   reply;

    client->host = "far";
    CHECK_EQUAL(client_send(client, "list", no_params(), NULL), 0);
    check_requests(pair, "{'jsonrpc':'2.0','id':1,'method':'list','params':{}}\n"
                         "{'jsonrpc':'2.0','id':0,'method':'version','params':{}}\n");
    CHECK_EQUAL(client_send(client, "list", no_params(), NULL), 0);
    check_requests(pair, "{'jsonrpc':'2.0','id':2,'method':'list','params':{}}\n");
    CHECK(!client->heard);
    answer(pair, "{'id':0,'result':{}}\n");
    CHECK_EQUAL(client_try_receive(client, &reply), 0);
    CHECK(client->heard);
    answer(pair, "{'id':1,'result':7}\n");
    CHECK_EQUAL(client_receive(client, &reply), 0);
    CHECK(reply.id == 1 && json_integer_value(reply.result) == 7);
    reply_release(&reply);
    answer(pair, "Welcome!\n");
    CHECK_EQUAL(client_receive(client, &reply), -EPROTO);
    check_failure(pair, STATUS_FAILED, "",
                  "the process that answers on 'far' does not speak k3thread's protocol; does a "
                  "start-up file of the "
                  "shell there print something?");
    close_pair(pair);
}

/* The wire */

/*
 * The results of the next calls of send() and recv(): an errno each, up to 0. A received "end" is 0 bytes with that
 * errno.
 */
static int send_errors[4], receive_errors[4], stale_errno;

ssize_t __real_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags);
ssize_t __real_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);

/* Takes the first of ERRORS. Returns it, or 0. */
static int take_error(int *errors)
{
    int error = errors[0];

    memmove(errors, errors + 1, 3 * sizeof(*errors));
    return error;
}

ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    int error = take_error(send_errors);

    errno = error;
    return error != 0 ? -1 : __real_send(fd, data, size, flags);
}

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    int     error = take_error(receive_errors);
    ssize_t got;

    if (error == 0) {
        got = __real_recv(fd, data, size, flags);
        if (got == 0)
            errno = stale_errno;
        return got;
    }
    errno = error;
    return -1;
}

static void errors_of_the_socket_are_told_apart(void)
{
    static const int later[] = {EAGAIN, ENOBUFS, ENOMEM};
    struct pair     *pair = open_pair();
    struct client   *client = &pair->client;
    struct reply     reply;

    /* A request that the kernel does not take now is sent later. */
    for (int i = 0; i < 3; i++) {
        send_errors[0] = later[i];
        CHECK_EQUAL(client_send(client, "a", no_params(), NULL), 0);
        check_requests(pair, "");
        CHECK(!client->wire.cut);
        CHECK_EQUAL(client_try_receive(client, &reply), 0);
        CHECK_EQUAL(client->wire.unsent.size, 0);
        CHECK(recv(pair->supervisor, (char[256]){0}, 256, MSG_DONTWAIT) > 0);
    }
    /* A signal does not matter. */
    send_errors[0] = send_errors[1] = EINTR;
    CHECK_EQUAL(client_send(client, "a", no_params(), NULL), 0);
    check_requests(pair, "{'jsonrpc':'2.0','id':4,'method':'a','params':{}}\n");
    answer(pair, "{'id':4,'result':1}\n");
    receive_errors[0] = receive_errors[1] = EINTR;
    CHECK_EQUAL(client_try_receive(client, &reply), 1);
    reply_release(&reply);
    receive_errors[0] = EAGAIN;
    CHECK_EQUAL(client_try_receive(client, &reply), 0);
    /* At the end, an earlier error does not matter. */
    CHECK(shutdown(pair->supervisor, SHUT_WR) == 0);
    stale_errno = EAGAIN;
    CHECK_EQUAL(client_try_receive(client, &reply), -ECONNRESET);
    close_pair(pair);
    pair = open_pair();
    CHECK(shutdown(pair->supervisor, SHUT_WR) == 0);
    stale_errno = EINTR;
    receive_errors[0] = EINTR;
    CHECK_EQUAL(client_try_receive(&pair->client, &reply), -ECONNRESET);
    close_pair(pair);
    /* Another error ends the connection. */
    pair = open_pair();
    send_errors[0] = EIO;
    CHECK_EQUAL(client_send(&pair->client, "a", no_params(), NULL), -ECONNRESET);
    CHECK(!pair->client.open);
    close_pair(pair);
    pair = open_pair();
    send_errors[0] = ECONNRESET; /* the supervisor may have replied before that */
    answer(pair, "{'id':1,'result':1}\n");
    CHECK_EQUAL(client_call(&pair->client, "a", no_params(), &reply), 0);
    reply_release(&reply);
    CHECK_EQUAL(pair->client.wire.unsent.size, 0);
    close_pair(pair);
}

/* Returns a JSON string of SIZE bytes, with digits that say where in it they are. */
static void make_params(struct text *params, size_t size)
{
    text_byte(params, '"', 1);
    for (size_t i = 0; i < size - 2; i++)
        text_byte(params, (char) ('0' + i / 1000 % 10), 1);
    text_byte(params, '"', 1);
    CHECK(!params->failed);
}

static void long_requests_are_sent_in_pieces(void)
{
    enum { SIZE = 1000000 };
    struct pair   *pair = open_pair();
    struct client *client = &pair->client;
    static char    head[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"list\",\"params\":";
    struct text    params = {0}, got = {0};
    struct reply   reply;

    make_params(&params, SIZE);
    CHECK_EQUAL(client_send_written(client, "list", &params, NULL), 0);
    CHECK(client->wire.unsent.size > 0); /* the socket has not taken all */
    CHECK(text_reserve(&got, SIZE + 1000));
    while (client->wire.unsent.size > 0) {
        ssize_t n = recv(pair->supervisor, got.data + got.size, 10000, MSG_DONTWAIT);

        CHECK(n > 0);
        got.size += (size_t) n;
        CHECK_EQUAL(client_try_receive(client, &reply), 0);
    }
    for (ssize_t n; (n = recv(pair->supervisor, got.data + got.size, 10000, MSG_DONTWAIT)) > 0;)
        got.size += (size_t) n;
    CHECK_EQUAL(got.size, strlen(head) + SIZE + 2);
    CHECK(memcmp(got.data, head, strlen(head)) == 0);
    make_params(&params, SIZE);
    CHECK(memcmp(got.data + strlen(head), params.data, SIZE) == 0);
    CHECK(memcmp(got.data + strlen(head) + SIZE, "}\n", 2) == 0);
    text_release(&params);
    text_release(&got);
    close_pair(pair);
}

static void too_long_requests_are_refused(void)
{
    /* A line holds 8 MiB: the request is one byte too long, and then fits. */
    const size_t around =
        strlen("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"list\",\"params\":}\n");
    struct pair   *pair = open_pair();
    struct client *client = &pair->client;
    struct text    params = {0};

    CHECK_EQUAL(client_queue(client, "a", no_params(), NULL), 0);
    make_params(&params, PROTOCOL_LINE_MAX - around + 1);
    CHECK_EQUAL(client_queue_written(client, "list", &params, NULL), -E2BIG);
    check_failure(pair, STATUS_USAGE, "ValueError", "arguments and environment are too large");
    CHECK(params.data == NULL);
    CHECK(client->open);
    make_params(&params, PROTOCOL_LINE_MAX - around);
    CHECK_EQUAL(client_queue_written(client, "list", &params, NULL), 0);
    CHECK_EQUAL(client->wire.unsent.size,
                strlen("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":{}}\n") +
                    PROTOCOL_LINE_MAX);
    close_pair(pair);
}

static void both_sides_may_send_much(void)
{
    /* The client waits for a reply, and sends the rest of its request meanwhile. */
    enum { SIZE = 1000000 };
    struct pair *pair = open_pair();
    struct text  params = {0};
    struct reply reply;
    static char  bytes[SIZE + 1000];
    pid_t        pid;

    make_params(&params, SIZE);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        size_t size = 0;

        close(pair->client.wire.fd);
        while (size == 0 || bytes[size - 1] != '\n') {
            ssize_t n = read(pair->supervisor, bytes + size, sizeof(bytes) - size);

            CHECK(n > 0);
            size += (size_t) n;
        }
        memset(bytes, ' ', SIZE);
        (void) memcpy(bytes, "{\"id\":1,\"result\":", 17);
        (void) memcpy(bytes + SIZE, "7}\n", 3);
        for (size_t done = 0; done < SIZE + 3;) {
            ssize_t n = write(pair->supervisor, bytes + done, SIZE + 3 - done);

            CHECK(n > 0);
            done += (size_t) n;
        }
        _exit(0);
    }
    close(pair->supervisor);
    CHECK_EQUAL(client_call_written(&pair->client, "list", &params, &reply), 0);
    CHECK_EQUAL(json_integer_value(reply.result), 7);
    reply_release(&reply);
    CHECK(waitpid(pid, NULL, 0) == pid);
    client_close(&pair->client);
}

TEST_MAIN({"numbers", requests_are_numbered}, {"replies", replies_find_their_requests},
          {"refused", a_refusal_is_for_all_requests}, {"errors", errors_have_a_status},
          {"garbage", garbage_ends_the_connection}, {"lost", lost_connections_are_told_apart},
          {"late", a_late_reply_is_given_up}, {"host", a_host_is_greeted_once},
          {"adopted", an_adopted_connection_sends_nothing_twice},
          {"long", long_requests_are_sent_in_pieces}, {"too-long", too_long_requests_are_refused},
          {"both", both_sides_may_send_much}, {"socket", errors_of_the_socket_are_told_apart})
