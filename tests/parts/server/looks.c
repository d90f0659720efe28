/*
 * Tests alone the answers to "look": of threads here, and of threads on machines, which the test is. See
 * tests/cli/look.bats and tests/hosts/top.bats for real processes.
 */
#include "tests/lib/test.h"

#include "cli/process/live_usage.h"
#include "cli/rpc/write.h"
#include "cli/server/call.h"
#include "cli/server/far.h"
#include "cli/server/look.h"
#include "cli/server/store.h"
#include "cli/worker/seat.h"

#include <sys/stat.h>

#define THREADS 4

static char          sent[9000];
static struct record records[THREADS];
static struct seat   seats[2] = {{.name = (char *) "one"}, {.name = (char *) "two"}};
static struct peer   peer;

/* The connections to machines. */
static struct far_connection {
    struct far        *far;
    const struct seat *seat;
    char               asked[200];
    bool               is_left, is_closed;
} fars[4];
static int far_count, opening; /* the result of far_open() */

static struct live_usage usage = {.cpu = 1.5, .memory = 4096, .processes = 3};
static unsigned          limit; /* of the processes of the last thread */

static bool lacks_memory;

/* The functions that the part calls. */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return lacks_memory ? NULL : __real_calloc(count, size);
}

double clock_monotonic(void)
{
    return 0;
}

void connection_send(struct connection *connection, const struct text *line)
{
    (void) connection;
    (void) snprintf(sent, sizeof(sent), "%.*s", (int) line->size, line->data);
}

void connection_settle(struct connection *connection)
{
    (void) connection;
}

void record_write(struct text *text, const struct record *record, uint64_t members)
{
    (void) text, (void) record, (void) members;
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

struct record *store_find_id(uint64_t id)
{
    return id > 0 && id <= THREADS ? &records[id - 1] : NULL;
}

struct live_usage live_usage_read(pid_t pid, unsigned most)
{
    CHECK(pid > 0);
    limit = most;
    return usage;
}

static struct far_connection *connection_of(const struct far *far)
{
    for (int i = 0; i < far_count; i++)
        if (fars[i].far == far)
            return &fars[i];
    abort();
}

int far_open(struct far *far, const struct seat *seat, const struct far_user *user)
{
    if (opening != 0)
        return opening;
    far->user = user;
    fars[far_count++] = (struct far_connection){.far = far, .seat = seat};
    return 0;
}

int64_t far_request(struct far *far, const char *method, struct text *params)
{
    CHECK_TEXT(method, "look");
    (void) snprintf(connection_of(far)->asked, sizeof(fars[0].asked), "%.*s", (int) params->size,
                    params->data);
    text_release(params);
    return 1;
}

void far_leave(struct far *far, const struct seat *seat)
{
    CHECK(connection_of(far)->seat == seat);
    connection_of(far)->is_left = true;
}

void far_close(struct far *far)
{
    connection_of(far)->is_closed = true;
}

/* The steps of the cases. */

static void place(int i, const struct seat *seat, uint64_t far_id)
{
    records[i].assignment.seat = seat;
    records[i].now.far_id = far_id;
}

static void look(const char *threads, bool output)
{
    json_t *json = json_loads(threads, 0, NULL);

    CHECK(json != NULL && look_is_list(json));
    look_begin(call_new(&peer, json_integer(1)), json, output);
    json_decref(json);
}

static void replied(const char *result)
{
    char wanted[9000];

    (void) snprintf(wanted, sizeof(wanted), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%s}", result);
    if (strcmp(sent, wanted) != 0)
        fprintf(stderr, "sent: %s\n", sent);
    CHECK_TEXT(sent, wanted);
    CHECK(LIST_EMPTY(&peer.calls));
    sent[0] = '\0';
}

/* The machine I says this. */
static void says(int i, const char *message)
{
    json_t *json = json_loads(message, 0, NULL);

    CHECK(json != NULL);
    fars[i].far->user->take(fars[i].far, json);
    json_decref(json);
}

static void begin_records(void)
{
    for (int i = 0; i < THREADS; i++) {
        records[i].id = (uint64_t) i + 1;
        records[i].now.pid = 10 + i;
        records[i].now.state = STATE_RUNNING;
        records[i].job.output = (char *) "/nosuch";
    }
}

static void lists(void)
{
    static const struct {
        const char *json;
        bool        is_list;
    } rows[] = {
        {"[]", true}, {"[1, 2]", true}, {"[1, \"a\"]", false}, {"[1.5]", false}, {"{}", false}};
    json_t *many = json_array();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *json = json_loads(rows[i].json, 0, NULL);

        CHECK(look_is_list(json) == rows[i].is_list);
        json_decref(json);
    }
    CHECK(!look_is_list(NULL));
    for (int i = 0; i < 64; i++)
        (void) json_array_append_new(many, json_integer(i));
    CHECK(look_is_list(many));
    (void) json_array_append_new(many, json_integer(0));
    CHECK(!look_is_list(many));
    json_decref(many);
}

/* Threads here: all their processes together have a limit. */
static void here(void)
{
    begin_records();
    records[1].now.pid = 0;
    look("[1, 99, 2, 3]", false);
    replied("[{\"id\":1,\"cpu\":1.5,\"memory\":4096},{\"id\":2,\"cpu\":0.0,\"memory\":0},{\"id\":3,"
            "\"cpu\":1.5,\"memory\":4096}]");
    CHECK_EQUAL(limit, 1024 - 3);
    look("[]", true);
    replied("[]");
    usage.processes = 1023;
    look("[1, 3]", false);
    CHECK_EQUAL(limit, 1);
    usage.processes = 1024;
    look("[1, 3]", false);
    replied("[{\"id\":1,\"cpu\":1.5,\"memory\":4096},{\"id\":3,\"cpu\":0.0,\"memory\":0}]");
    CHECK_EQUAL(limit, 1024);
}

static void write_file(const char *path, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0);
    for (size_t i = 0; i < size; i++)
        CHECK_EQUAL(write(fd, i == size - 1 ? "z" : i == size - 1024 ? "a" : "m", 1), 1);
    close(fd);
}

/* The end of the log is its last 1,024 bytes. What is no file has none. */
static void outputs(void)
{
    char path[] = "/tmp/k3t-look.XXXXXX";
    int  fd = mkstemp(path), before;

    CHECK(fd >= 0);
    begin_records();
    records[0].job.output = path;
    records[0].is_output_told = records[1].is_output_told = true;
    records[2].job.output = (char *) "/dev/zero";
    before = test_count_open();
    write_file(path, 3);
    look("[1]", true);
    replied("[{\"id\":1,\"cpu\":1.5,\"memory\":4096,\"output\":\"mmz\"}]");
    CHECK(!records[0].is_output_told && records[1].is_output_told);
    write_file(path, 1);
    look("[1]", true);
    replied("[{\"id\":1,\"cpu\":1.5,\"memory\":4096,\"output\":\"z\"}]");
    for (size_t size = 1023; size <= 1030; size++) {
        write_file(path, size);
        look("[1]", true);
        CHECK(strstr(sent, size == 1023 ? "\"output\":\"mm" : "\"output\":\"am") != NULL &&
              strstr(sent, "mz\"}]}") != NULL);
        CHECK(strlen(strstr(sent, "\"output\":\"")) ==
              strlen("\"output\":\"\"}]}") + (size < 1024 ? size : 1024));
    }
    look("[2, 3]", true);
    replied("[{\"id\":2,\"cpu\":1.5,\"memory\":4096,\"output\":\"\"},{\"id\":3,\"cpu\":1.5,"
            "\"memory\":4096,\"output\":\"\"}]");
    look("[2]", false);
    CHECK(!records[1].is_output_told);
    CHECK_EQUAL(test_count_open(), before);
    unlink(path);
    CHECK_EQUAL(mkfifo(path, 0600), 0); /* to which nobody writes: it is not waited for */
    look("[1]", true);
    replied("[{\"id\":1,\"cpu\":1.5,\"memory\":4096,\"output\":\"\"}]");
    unlink(path);
}

/* Each machine is asked once for all its threads, and the reply has those of all. */
static void machines(void)
{
    begin_records();
    place(0, &seats[0], 100);
    place(1, &seats[1], 200);
    place(2, &seats[0], 101);
    look("[1, 2, 3, 4]", false);
    CHECK_EQUAL(far_count, 2);
    CHECK(call_expire() < 0); /* no time is set */
    CHECK_TEXT(fars[0].asked, "{\"threads\":[100,101]}");
    CHECK_TEXT(fars[1].asked, "{\"threads\":[200]}");
    CHECK_TEXT(sent, "");
    says(0, "{\"method\":\"output\"}");
    CHECK(!fars[0].is_left);
    says(0, "{\"result\":[{\"id\":101,\"cpu\":2.5,\"memory\":7},{\"id\":200,\"cpu\":9,\"memory\":9}"
            ",{\"id\":100,\"cpu\":-1,\"memory\":-1}]}");
    CHECK(fars[0].is_left && !fars[0].is_closed);
    CHECK_TEXT(sent, "");
    says(1, "{\"result\":[{\"id\":200,\"cpu\":1,\"memory\":1}]}");
    replied("[{\"id\":1,\"cpu\":0.0,\"memory\":0},{\"id\":2,\"cpu\":1.0,\"memory\":1},{\"id\":3,"
            "\"cpu\":2.5,\"memory\":7},"
            "{\"id\":4,\"cpu\":1.5,\"memory\":4096}]");
    CHECK(!fars[0].is_closed && !fars[1].is_closed);
}

/* A value that a machine cannot say is left out. */
static void lost_machines(void)
{
    begin_records();
    place(0, &seats[0], 100);
    place(1, &seats[0], 0);   /* its command has not begun there */
    place(2, &seats[0], 101); /* it has ended */
    records[2].now.state = STATE_ENDED;
    records[2].now.pid = 0;
    look("[1, 2, 3]", false);
    CHECK_EQUAL(far_count, 1);
    CHECK_TEXT(fars[0].asked, "{\"threads\":[100]}");
    fars[0].far->user->lost(fars[0].far);
    CHECK(fars[0].is_closed && !fars[0].is_left);
    replied("[{\"id\":1},{\"id\":2},{\"id\":3,\"cpu\":0.0,\"memory\":0}]");
    opening = -ECONNREFUSED;
    look("[1]", false);
    replied("[{\"id\":1}]");
    opening = 0;
    place(1, &seats[1], 200);
    look("[1, 2]", false);
    says(2, "{\"result\":[]}");
    call_free(LIST_FIRST(&peer.calls)); /* the client goes while the other machine is asked */
    CHECK(fars[1].is_closed && !fars[2].is_closed);
    CHECK_TEXT(sent, "");
}

static void without_memory(void)
{
    json_t      *threads = json_array();
    struct call *call = call_new(&peer, json_integer(1));

    lacks_memory = true;
    look_begin(call, threads, false);
    lacks_memory = false;
    json_decref(threads);
    CHECK(strstr(sent, "-32603") != NULL && strstr(sent, "out of memory") != NULL);
    CHECK(LIST_EMPTY(&peer.calls));
}

TEST_MAIN({"lists", lists}, {"here", here}, {"outputs", outputs}, {"machines", machines},
          {"lost", lost_machines}, {"memory", without_memory})
