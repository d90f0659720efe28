/* Tests the connections of a run's supervisor to its agents (far.h), and the processes there that it follows. */
#include "tests/parts/server/inside.h"

#include "cli/server/far.h"
#include "cli/server/far_process.h"
#include "cli/worker/seat.h"

#include <sys/socket.h>

static struct seat seat = {.name = (char *) "m0"};
static int         open_error, move_error, moves;
static int         ends[2] = {-1, -1}; /* the agent's end, and this side's */
static const char *incoming[6];        /* the messages that have come; "bad" is none */
static size_t      incoming_at;
static bool        is_unsent; /* a request could not be sent at once */
static int64_t     last_id;

/* --- a connection, as cli/worker has it --- */

int remote_open(struct remote *remote, const struct seat *to)
{
    CHECK(to == &seat);
    note("connect");
    if (open_error != 0)
        return open_error;
    if (ends[0] < 0)
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    *remote = (struct remote){.fd = ends[1]};
    return 0;
}

void remote_close(struct remote *remote)
{
    note("hang-up");
    if (remote->fd >= 0)
        close(remote->fd);
    byte_queue_release(&remote->unsent);
    remote->fd = ends[0] = -1;
}

void remote_leave(struct remote *remote, const struct seat *to)
{
    CHECK(to == &seat);
    note("leave");
    remote->fd = -1;
}

int64_t remote_request(struct remote *remote, const char *method, struct text *params)
{
    CHECK(!params->failed);
    note("%s:%.*s", method, (int) params->size, params->data);
    text_release(params);
    if (is_unsent)
        byte_queue_add(&remote->unsent, "x", 1);
    return ++last_id;
}

int remote_move(struct remote *remote)
{
    char bytes[16];

    moves++;
    while (recv(remote->fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        ;
    return move_error;
}

json_t *remote_next(struct remote *remote, bool *ret_bad)
{
    const char *text = incoming_at < 6 ? incoming[incoming_at] : NULL;

    CHECK(remote->fd >= 0 && !*ret_bad);
    if (text == NULL)
        return NULL;
    incoming[incoming_at++] = NULL;
    *ret_bad = strcmp(text, "bad") == 0;
    return *ret_bad ? NULL : json(text);
}

void mailbox_wake(void)
{
    note("wake");
}

/* Lets the messages COME, up to six, and serves them. */
static void receive(const char *first, const char *second, const char *third)
{
    incoming_at = 0;
    incoming[0] = first;
    incoming[1] = second;
    incoming[2] = third;
    CHECK_EQUAL(send(ends[0], "x", 1, MSG_NOSIGNAL), 1);
    turn();
}

/* --- connections --- */

static bool       closes, leaves;
static struct far other;

static void take_here(struct far *far, const json_t *message)
{
    note("take:%s", json_string_value(json_object_get(message, "m")));
    if (closes)
        far_close(far);
    if (leaves)
        far_leave(far, &seat);
}

static void close_other(struct far *far, const json_t *message)
{
    CHECK(far != &other && message != NULL);
    note("take");
    far_close(&other);
}

static void lost_here(struct far *far)
{
    note("lost");
    far_close(far);
}

static const struct far_user user = {.take = take_here, .lost = lost_here};

static void messages_are_taken_until_the_connection_is_closed(void)
{
    struct far  far = {0};
    struct text none = {0};
    const char *m[] = {"{'m':'a'}", "{'m':'b'}", "{'m':'c'}"};

    add_threads();
    CHECK_EQUAL(far_open(&far, &seat, &user), 0);
    receive(m[0], m[1], m[2]);
    CHECK_CALLS("connect take:a take:b take:c");
    moves = 0;
    CHECK_EQUAL(far_request(&far, "go", &none), 1);
    turn();
    turn();
    CHECK_EQUAL(moves, 1); /* all was sent */
    is_unsent = true;
    CHECK_EQUAL(far_request(&far, "go", &none), 2);
    turn();
    turn();
    CHECK_EQUAL(moves, 5); /* it is not sent yet, and there is room */
    byte_queue_release(&far.remote.unsent);
    turn();
    CHECK_CALLS("go: go:");
    receive(m[0], "bad", m[1]);
    CHECK_CALLS("take:a lost hang-up");
    far_close(&far);
    CHECK_CALLS("");
    CHECK_EQUAL(far_open(&far, &seat, &user), 0);
    closes = true;
    receive(m[0], m[1], NULL);
    CHECK_CALLS("connect take:a hang-up");
    CHECK_EQUAL(far_open(&far, &seat, &user), 0);
    move_error = -ECONNRESET;
    receive(m[0], NULL, NULL);
    CHECK_CALLS("connect take:a hang-up"); /* its user has closed it before it was lost */
    move_error = 0;
    closes = false;
    CHECK_EQUAL(far_open(&far, &seat, &user), 0);
    leaves = true;
    receive(m[0], "bad", NULL);
    CHECK_CALLS("connect take:a leave");
    receive(m[1], NULL, NULL); /* for the next user of the connection */
    CHECK_CALLS("");
    leaves = false;
    CHECK_EQUAL(far_open(&far, &seat, &user), 0);
    move_error = -ECONNRESET;
    receive(m[0], NULL, NULL);
    CHECK_CALLS("connect take:a lost hang-up"); /* what came before the end counts */
}

static void a_connection_may_close_another(void)
{
    const struct far_user closing = {.take = close_other, .lost = lost_here};
    struct far            far = {0};
    int                   end;

    add_threads();
    CHECK_EQUAL(far_open(&far, &seat, &closing), 0);
    end = ends[0];
    ends[0] = -1;
    CHECK_EQUAL(far_open(&other, &seat, &user), 0);
    CHECK_EQUAL(send(end, "x", 1, MSG_NOSIGNAL), 1);
    receive("{}", NULL, NULL); /* both are ready in the same round */
    CHECK_CALLS("connect connect take hang-up");
}

static void an_agent_that_cannot_be_reached_is_no_connection(void)
{
    struct far far = {0};

    add_threads();
    open_error = -ECONNREFUSED;
    CHECK_EQUAL(far_open(&far, &seat, &user), -ECONNREFUSED);
    CHECK_CALLS("connect hang-up");
    far_close(&far);
    CHECK_CALLS("");
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    open_error = 0;
    ends[0] = 0;
    ends[1] = open("/dev/null", O_RDONLY | O_CLOEXEC); /* cannot be watched */
    CHECK_EQUAL(far_open(&far, &seat, &user), -EPERM);
    CHECK_CALLS("connect hang-up");
}

/* --- processes --- */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool lacks_memory;

/* The linker puts this in front of the function: see the Makefile. */
void *__wrap_malloc(size_t size)
{
    return lacks_memory ? NULL : __real_malloc(size);
}

static void note_arrival(void *context, const struct arrival *arrival)
{
    CHECK(context == &threads[0]);
    if (arrival->how == ARRIVAL_DONE)
        note("arrived:%d:%s", (int) arrival->inner, arrival->name);
    else if (arrival->how == ARRIVAL_REFUSED)
        note("refused:%d:%s", (int) arrival->code, arrival->why);
    else
        note("late:%s", arrival->why);
}

static void follow(uint64_t far_id)
{
    threads[0].assignment.seat = &seat;
    threads[0].now.far_id = far_id;
    threads[0].now.attached = 70;
    far_process_look(&threads[0]);
    CHECK(threads[0].far_process != NULL);
}

#define FOLLOWING "{'method':'following','params':{'pid':71}}"

static void a_process_on_another_machine_is_followed(void)
{
    add_threads();
    far_process_end(&threads[0]);
    far_process_look(&threads[0]); /* no process is attached there */
    CHECK_CALLS("");
    follow(9);
    CHECK_CALLS("connect follow:{\"thread\":9}");
    far_process_look(&threads[0]);
    CHECK_CALLS(""); /* it is being followed */
    receive("{'method':'following','params':{'pid':0}}",
            "{'method':'following','params':{'pid':2147483648}}",
            "{'method':'tell','params':{'started':[{'id':2,'name':'w'}]}}");
    CHECK_CALLS("");
    CHECK(threads[0].attachment == NULL);
    receive(
        FOLLOWING, FOLLOWING,
        "{'method':'tell','params':{'started':[{'id':2,'name':'w'}],'exception':'ValueError'}}");
    CHECK_CALLS("attached:1 started:1/2=w");
    CHECK_EQUAL(attachment_pid(threads[0].attachment), 71);
    receive("{'method':'tell','params':{'ended':[2],'published':[{'name':'app.E','base':'"
            "ValueError'}]}}",
            "{'method':'other','params':{}}", NULL);
    CHECK_CALLS("ended:1/2=w");
    CHECK(attachment_find_type(threads[0].attachment, "app.E") != NULL);
    follow(10); /* the process of the next run */
    CHECK_CALLS("detached:1 hang-up connect follow:{\"thread\":10}");
    CHECK(threads[0].attachment == NULL);
    far_process_end(&threads[0]);
    CHECK_CALLS("hang-up");
    CHECK(threads[0].far_process == NULL);
}

static void exceptions_go_to_the_other_machine(void)
{
    add_threads();
    follow(9);
    receive(FOLLOWING, NULL, NULL);
    text_release(&calls);
    CHECK(attachment_read_last(threads[0].attachment));
    attachment_raise(threads[0].attachment, "w", "ValueError", "m", note_arrival, &threads[0]);
    attachment_raise(threads[0].attachment, NULL, "SystemExit", NULL, note_arrival, &threads[0]);
    attachment_raise(threads[0].attachment, NULL, "TypeError", NULL, note_arrival, &threads[0]);
    CHECK_CALLS(
        "arrive:{\"thread\":9,\"inner\":\"w\",\"exception\":\"ValueError\",\"message\":\"m\"} "
        "arrive:{\"thread\":9,\"exception\":\"SystemExit\"} "
        "arrive:{\"thread\":9,\"exception\":\"TypeError\"}");
    CHECK(!attachment_read_last(threads[0].attachment));
    receive("{'id':3,'error':{'code':-32001}}", "{'id':2,'result':{'id':5,'name':'w'}}", NULL);
    CHECK_CALLS("refused:-32001:the agent gives no reason arrived:5:w");
    CHECK(!attachment_read_last(threads[0].attachment));
    receive("{'id':4,'result':{'not_taken':'it sleeps'}}", NULL, NULL);
    CHECK_CALLS("late:it sleeps wake");
    CHECK(attachment_read_last(threads[0].attachment));
    for (int i = 0; i < 2; i++) /* no thread has such a name */
        attachment_raise(threads[0].attachment, NULL, "TypeError", NULL, note_arrival, &threads[0]);
    text_release(&calls);
    receive("{'id':5,'result':{'id':6,'name':'a/b'}}", "{'id':6,'result':{'id':7}}", NULL);
    CHECK_CALLS("arrived:6:? arrived:7:? wake");
}

static void the_end_of_a_connection_ends_the_attachment(void)
{
    add_threads();
    follow(9);
    receive(FOLLOWING, NULL, NULL);
    attachment_raise(threads[0].attachment, NULL, "SystemExit", NULL, note_arrival, &threads[0]);
    attachment_raise(threads[0].attachment, NULL, "SystemExit", NULL, note_arrival, &threads[0]);
    text_release(&calls);
    receive("{'id':1,'result':{}}", FOLLOWING, NULL); /* the reply to "follow" */
    CHECK_CALLS("detached:1 hang-up late:its process has ended its attachment late:its process has "
                "ended its attachment "
                "wake");
    CHECK(threads[0].attachment == NULL && threads[0].far_process == NULL);
    follow(9);
    text_release(&calls);
    move_error = -ECONNRESET;
    receive(NULL, NULL, NULL); /* before the process is followed */
    CHECK_CALLS("hang-up");
    CHECK(threads[0].far_process == NULL);
    move_error = 0;
    open_error = -ECONNREFUSED;
    far_process_look(&threads[0]);
    CHECK_CALLS("connect hang-up");
    CHECK(threads[0].far_process == NULL);
}

static void without_memory_an_exception_does_not_arrive(void)
{
    add_threads();
    threads[0].now.attached = 70;
    lacks_memory = true;
    far_process_look(&threads[0]);
    lacks_memory = false;
    CHECK(threads[0].far_process == NULL);
    CHECK_CALLS("");
    follow(9);
    receive("{'method':'following','params':{'pid':2147483647}}", NULL, NULL);
    CHECK_EQUAL(attachment_pid(threads[0].attachment), INT32_MAX);
    text_release(&calls);
    lacks_memory = true;
    attachment_raise(threads[0].attachment, NULL, "SystemExit", NULL, note_arrival, &threads[0]);
    lacks_memory = false;
    CHECK_CALLS("late:out of memory");
    follow(10);
    receive("{'method':'following','params':{'pid':1}}", NULL, NULL); /* in a container */
    CHECK_EQUAL(attachment_pid(threads[0].attachment), 1);
}

TEST_MAIN({"messages", messages_are_taken_until_the_connection_is_closed},
          {"other", a_connection_may_close_another},
          {"unreached", an_agent_that_cannot_be_reached_is_no_connection},
          {"follow", a_process_on_another_machine_is_followed},
          {"raise", exceptions_go_to_the_other_machine},
          {"memory", without_memory_an_exception_does_not_arrive},
          {"end", the_end_of_a_connection_ends_the_attachment})
