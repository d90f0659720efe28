/* Tests alone the method "raise": which threads it means, and its reply. The ways into the threads are the test's. */
#include "tests/parts/server/no_memory.h"

#include "cli/server/arrive.h"
#include "cli/server/inner.h"

/* A process with two threads inside, which has published an exception. */
static struct process {
    struct inner_list       threads;
    const k3thread_exctype *type;
} processes[2];

static const k3thread_exctype job_error = {"BatchOverflow", &k3thread_Exception};

/* The raises that have no result yet. */
static struct raise {
    struct record *record;
    void (*done)(void *context, struct record *record, const struct arrival *arrival);
    void *context;
} raises[8];
static int raise_count;

const struct inner_list *attachment_threads(const struct attachment *attachment)
{
    return &((const struct process *) attachment)->threads;
}

const k3thread_exctype *attachment_type_at(const struct attachment *attachment, size_t index)
{
    return attachment != NULL && index == 0 ? ((const struct process *) attachment)->type : NULL;
}

const k3thread_exctype *attachment_find_type(const struct attachment *attachment, const char *name)
{
    const k3thread_exctype *type = attachment_type_at(attachment, 0);

    return type != NULL && strcmp(type->name, name) == 0 ? type : NULL;
}

void arrive_raise(struct record *record, const char *inner, const k3thread_exctype *type,
                  const char *message,
                  void (*done)(void *context, struct record *record, const struct arrival *arrival),
                  void *context)
{
    note("%s/%s %s %s", record->job.name, inner != NULL ? inner : "-", type->name,
         message != NULL ? message : "-");
    raises[raise_count++] = (struct raise){record, done, context};
}

static struct call *begin_raise(const char *params)
{
    raise_count = 0;
    return ask(&method_raise, params);
}

/* Ends the raises that are under way, in which INNER, if it is not 0, has the exception. */
static void end_raises(uint64_t inner)
{
    const struct arrival arrival = {.how = ARRIVAL_DONE, .inner = inner, .name = "w"};

    for (int i = 0; i < raise_count; i++)
        raises[i].done(raises[i].context, raises[i].record, &arrival);
}

/* Ends the raise I as refused. */
static void refuse(int i, enum protocol_error code, const char *why)
{
    const struct arrival arrival = {.how = ARRIVAL_REFUSED, .code = code, .why = why};

    raises[i].done(raises[i].context, raises[i].record, &arrival);
}

/* Attaches a process to a, with the threads w1 and w2 inside, and one to web-1, with one that has published. */
static void attach_processes(void)
{
    bool is_new;

    add_threads();
    for (uint64_t id = 7; id < 9; id++)
        CHECK(inner_add(&processes[0].threads, &(struct inner){.id = id}, id == 7 ? "w1" : "w2",
                        &is_new) != NULL);
    CHECK(inner_add(&processes[1].threads, &(struct inner){.id = 5}, "w5", &is_new) != NULL);
    processes[1].type = &job_error;
    threads[0].attachment = (struct attachment *) &processes[0];
    threads[2].attachment = (struct attachment *) &processes[1];
}

/* Asks for a raise that begins, ends it, and checks what is seen. */
#define CHECK_RAISE(params, inner, wanted)                                                         \
    do {                                                                                           \
        (void) begin_raise(params);                                                                \
        end_raises(inner);                                                                         \
        CHECK(LIST_EMPTY(&peer.calls));                                                            \
        CHECK_SEEN(wanted);                                                                        \
    } while (0)

static void the_threads_that_are_meant(void)
{
    attach_processes();
    CHECK_RAISE("{'thread':'a'}", 0, "a/- SystemExit -\n[{'id':1}]\n");
    CHECK_RAISE("{'thread':3,'exception':'hup','members':['pid']}", 0,
                "web-1/- SIGHUP -\n[{'id':3,'members':2}]\n");
    CHECK_RAISE("{'all':true,'message':'m'}", 0,
                "a/- SystemExit m\nweb-1/- SystemExit m\n[{'id':1},{'id':3}]\n");
    CHECK_RAISE("{'thread':'web*'}", 0, "web-1/- SystemExit -\n[{'id':3}]\n");
    CHECK_RAISE("{'thread':'*'}", 0,
                "a/- SystemExit -\nweb-1/- SystemExit -\n[{'id':1},{'id':3}]\n");
    CHECK_RAISE("{'thread':'a/w1'}", 7, "a/w1 SystemExit -\n[{'id':'1/7','name':'a/w'}]\n");
    CHECK_RAISE("{'thread':'a/w1'}", 0, "a/w1 SystemExit -\n[{'id':1}]\n");
    CHECK_RAISE("{'thread':'a'}", 7, "a/- SystemExit -\n[{'id':1}]\n");
    CHECK_RAISE("{'thread':'a/'}", 7,
                "a/7 SystemExit -\na/8 SystemExit -\n"
                "[{'id':'1/7','name':'a/w'},{'id':'1/7','name':'a/w'}]\n");
    CHECK_RAISE("{'thread':'1/*2'}", 8, "a/8 SystemExit -\n[{'id':'1/8','name':'a/w'}]\n");
    CHECK_RAISE("{'thread':'*/7'}", 7,
                "a/7 SystemExit -\nweb-1/7 SystemExit -\n"
                "[{'id':'1/7','name':'a/w'},{'id':'3/7','name':'web-1/w'}]\n");
    CHECK_RAISE("{'thread':'web-1','exception':'BatchOverflow'}", 0,
                "web-1/- BatchOverflow -\n[{'id':3}]\n");
    CHECK_RAISE("{'all':true,'exception':'BatchOverflow'}", 0,
                "web-1/- BatchOverflow -\n-32002 no exception 'BatchOverflow'; "
                "'k3thread exceptions' lists them, and an attached process may publish others\n");
    threads[0].attachment = NULL;
    CHECK_RAISE("{'thread':'*/w?'}", 5, "web-1/5 SystemExit -\n[{'id':'3/5','name':'web-1/w'}]\n");
}

static void a_raise_that_cannot_begin_says_why(void)
{
    static const struct request table[] = {
        {"{}", "-32001 give either 'thread' or 'all'\n"},
        {"{'thread':'a','all':true}", "-32001 give either 'thread' or 'all'\n"},
        {"{'all':1}", "-32001 raise: 'all' must be true or false\n"},
        {"{'thread':'a','exception':1}", "-32001 raise: 'exception' must be a string\n"},
        {"{'thread':'a','message':1}", "-32001 'message' must be a string\n"},
        {"{'thread':'a','members':[]}", "-32002 'members' must be a list of a thread's members\n"},
        {"{'thread':[]}", "-32001 a thread is named by an id, a name or a pattern\n"},
        {"{'thread':'b'}", "-32003 no live thread 'b'\n"},
        {"{'thread':'c'}", "-32003 no live thread 'c'\n"},
        {"{'thread':2}", "-32003 no live thread 2\n"},
        {"{'thread':'b*'}", "-32003 no live thread fits 'b*'\n"},
        {"{'thread':'c/x'}", "-32003 no live thread 'c'\n"},
        {"{'thread':'b/x*'}", "-32003 no live thread 'b'\n"},
        {"{'thread':'a/x*'}", "-32003 no live thread fits 'a/x*'\n"},
        {"{'thread':'1/x*'}", "-32003 no live thread fits 'a/x*'\n"},
        {"{'thread':'*/x*'}", "-32003 no live thread fits '*/x*'\n"},
        {"{'thread':'a','exception':'SystemExti'}",
         "-32002 no exception 'SystemExti'; did you mean 'SystemExit'?\n"},
        {"{'thread':'a','exception':'BaseExcepton'}",
         "-32002 no exception 'BaseExcepton'; did you mean 'BaseException'?\n"},
        {"{'thread':'web-1','exception':'BatchOverflwo'}",
         "-32002 no exception 'BatchOverflwo'; did you mean 'BatchOverflow'?\n"},
        {"{'thread':'a/w1','exception':'SIGHUP'}",
         "-32002 SIGHUP is a signal: it is for thread 'a', not for a thread inside its process\n"},
        {"{'thread':'a/w*','exception':'SIGHUP'}",
         "-32002 SIGHUP is a signal: it is for thread 'a', not for a thread inside its process\n"},
    };
    static const struct request without_process[] = {
        {"{'thread':'a/x'}", "-32003 no live thread 'a/x': no process of 'a' is attached\n"},
        {"{'thread':'a/x*'}", "-32003 no live thread 'a/x*': no process of 'a' is attached\n"},
        {"{'thread':'a*/x'}", "-32003 no live thread fits 'a*/x'\n"},
    };

    attach_processes();
    CHECK_REQUESTS(method_raise, table);
    threads[0].attachment = NULL;
    CHECK_REQUESTS(method_raise, without_process);
    check_no_memory(&method_raise, "{'thread':'a'}");
    CHECK_EQUAL(raise_count, 0);
}

static void a_thread_that_has_gone_is_left_out_of_several(void)
{
    static const struct {
        const char *thread, *wanted;
    } table[] = {
        {"'a'", "-32003 the main thread of thread 'a' has ended\n"},
        {"'a/w1'", "-32003 no live thread 'a/w1'\n"},
        {"'a/w'", "-32003 no live thread 'a/w'\n"},
        {"'a/*1'", "-32003 no live thread fits 'a/*1'\n"},
        {"'a*'", "-32003 no live thread fits 'a*'\n"},
        {"'a*/w1'", "-32003 no live thread fits 'a*/w1'\n"},
    };
    char params[64];

    attach_processes();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        (void) snprintf(params, sizeof(params), "{'thread':%s}", table[i].thread);
        (void) begin_raise(params);
        CHECK_EQUAL(raise_count, 1);
        seen[0] = '\0';
        refuse(0, PROTOCOL_INVALID_THREAD_ID_ERROR, "gone");
        CHECK_SEEN(table[i].wanted);
    }
    threads[0].attachment = NULL;
    CHECK_RAISE("{'thread':'a'}", 0, "a/- SystemExit -\n[{'id':1}]\n");
    (void) begin_raise("{'thread':'a'}"); /* its command has ended meanwhile */
    refuse(0, PROTOCOL_INVALID_THREAD_ID_ERROR, "gone");
    CHECK_SEEN("a/- SystemExit -\n-32003 no live thread 'a'\n");
    /* The others have the exception. */
    (void) begin_raise("{'all':true}");
    refuse(0, PROTOCOL_INVALID_THREAD_ID_ERROR, "gone");
    raises[0] = raises[1];
    raise_count = 1;
    end_raises(0);
    CHECK_SEEN("a/- SystemExit -\nweb-1/- SystemExit -\n[{'id':3}]\n");
    (void) begin_raise("{'all':true}");
    refuse(0, PROTOCOL_INVALID_THREAD_ID_ERROR, "gone");
    refuse(1, PROTOCOL_INVALID_THREAD_ID_ERROR, "gone");
    CHECK_SEEN("a/- SystemExit -\nweb-1/- SystemExit -\n[]\n");
}

static void the_last_reason_of_a_refusal_is_the_reply(void)
{
    attach_processes();
    (void) begin_raise("{'all':true}");
    refuse(0, PROTOCOL_SEND_RAISE_ERROR, "first");
    CHECK_SEEN("a/- SystemExit -\nweb-1/- SystemExit -\n");
    refuse(1, PROTOCOL_OS_ERROR, "second");
    CHECK_SEEN("-32006 second\n");
    (void) begin_raise("{'all':true}");
    refuse(0, PROTOCOL_SEND_RAISE_ERROR, "first");
    raises[0] = raises[1];
    raise_count = 1;
    end_raises(0);
    CHECK_SEEN("a/- SystemExit -\nweb-1/- SystemExit -\n-32004 first\n");
}

static void a_client_that_goes_gets_no_reply(void)
{
    attach_processes();
    for (int i = 0; i < 2; i++) {
        struct call *call = begin_raise(i == 0 ? "{'all':true}" : "{'thread':'1/'}");

        CHECK_EQUAL(raise_count, 2);
        call_free(call);
        CHECK(LIST_EMPTY(&peer.calls));
        seen[0] = '\0';
        end_raises(7);
        CHECK_SEEN("");
    }
}

TEST_MAIN({"threads", the_threads_that_are_meant}, {"refused", a_raise_that_cannot_begin_says_why},
          {"gone", a_thread_that_has_gone_is_left_out_of_several},
          {"reasons", the_last_reason_of_a_refusal_is_the_reply},
          {"client", a_client_that_goes_gets_no_reply})
