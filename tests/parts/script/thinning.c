/* Tests how a long run is thinned (cli/script/thinning.h), and how slow starts are noticed (not_ready.h). */
#include "tests/parts/script/front_fixture.h"

#include "cli/base/clock.h"
#include "cli/script/thinning.h"

/* Lets COUNT threads succeed, beginning with the id FIRST. */
static void succeed(struct front *front, int first, int count)
{
    char text[80];

    for (int id = first; id < first + count; id++) {
        (void) snprintf(text, sizeof(text), "{'id':%d,'name':'t','runs':1,'ended':1,'exit_code':0}",
                        id);
        update(front, text);
    }
}

/* Checks the next request, and that it is one for METHOD with the COUNT ids from FIRST on. */
static void check_forgotten(const struct fixture *fixture, int request, int first, int count)
{
    struct text text = {0};

    text_printf(&text, "{'jsonrpc':'2.0','id':%d,'method':'clear','params':{'threads':[", request);
    for (int id = first; id < first + count; id++)
        text_printf(&text, "%s%d", id > first ? "," : "", id);
    text_add(&text, "]}}\n");
    text_byte(&text, '\0', 1);
    check_requests(fixture->pair, text.data);
    text_release(&text);
}

/* Returns true if the script was told that it may go on. */
static bool goes_on(const struct fixture *fixture)
{
    char    bytes[4];
    ssize_t size = recv(fixture->script, bytes, sizeof(bytes), MSG_DONTWAIT);

    return size == 1 && bytes[0] == 0;
}

/* Gives the front the supervisor's reply to REQUEST. */
static void reply(struct front *front, json_int_t request, const char *result)
{
    struct reply reply = {.id = request, .result = thread_of(result)};

    thinning_take(front, &reply);
    json_decref((json_t *) reply.result);
}

static void threads_that_have_succeeded_are_forgotten(void)
{
    struct fixture *fixture = begin();
    struct front   *front = &fixture->front;

    succeed(front, 1, 1064);
    thinning_step(front); /* the script may still mean any of them */
    check_requests(fixture->pair, "");
    front->thinning.has_begun = true;
    thinning_step(front);
    check_forgotten(fixture, 1, 1, 64);
    CHECK_EQUAL(front->output.threads.past_count, 1000);
    succeed(front, 1065, 63);
    thinning_step(front);
    check_requests(fixture->pair, "");
    reply(front, 7, "{'cleared':64}"); /* to another request */
    CHECK(run_threads_find(&front->output.threads, 1) != NULL);
    reply(front, 1, "{'cleared':64}");
    CHECK(run_threads_find(&front->output.threads, 1) == NULL);
    CHECK(run_threads_find(&front->output.threads, 64) == NULL);
    CHECK(run_threads_find(&front->output.threads, 65) != NULL);
    CHECK_EQUAL(front->output.threads.let_go, 64);
    thinning_step(front); /* too few more have ended */
    check_requests(fixture->pair, "");
    succeed(front, 1128, 200);
    thinning_step(front);
    check_forgotten(fixture, 2, 65, 64);
    thinning_step(front); /* one request is under way */
    check_requests(fixture->pair, "");
    /* Another client has restarted one of them, or it was cleared before: all are kept. */
    reply(front, 2, "{'cleared':63}");
    CHECK_EQUAL(front->output.threads.let_go, 64);
    CHECK(run_threads_find(&front->output.threads, 65) != NULL);
    thinning_step(front);
    check_forgotten(fixture, 3, 129, 64);
    reply(front, 3, "{'cleared':64}");
    CHECK_EQUAL(front->output.threads.let_go, 128);
    thinning_step(front);
    check_forgotten(fixture, 4, 193, 64);
    client_close(&front->client);
    json_decref(front->thinning.ids);
    front->thinning.ids = NULL;
    succeed(front, 2000, 100);
    thinning_step(front); /* there is no supervisor any more */
    CHECK(front->thinning.ids == NULL);
}

static void a_thread_whose_output_is_not_over_is_kept(void)
{
    struct fixture    *fixture = begin();
    struct front      *front = &fixture->front;
    struct run_thread *element;

    front->thinning.has_begun = true;
    succeed(front, 1, 1064);
    element = run_threads_find(&front->output.threads, 2);
    printer_touch(element->source); /* it may have more */
    thinning_step(front);
    check_forgotten(fixture, 1, 1, 1); /* the one before it */
    reply(front, 1, "{'cleared':1}");
    succeed(front, 2000, 20);
    thinning_step(front);
    check_requests(fixture->pair, "");
    CHECK(front->thinning.ids == NULL);
    printer_discard(&front->output.printer);
    thinning_step(front);
    check_forgotten(fixture, 2, 2, 64);
}

static void a_script_waits_while_too_many_threads_wait(void)
{
    struct fixture *fixture = begin();
    struct front   *front = &fixture->front;

    CHECK(thinning_next(front) == INFINITY);
    front->thinning.looked = clock_monotonic() + 1000; /* for an earlier question */
    thinning_ask(front, 40);
    CHECK_EQUAL(front->progress.rest, 40);
    CHECK(thinning_next(front) <= clock_monotonic());
    thinning_step(front);
    check_requests(fixture->pair, REQUEST(1, "slots", ""));
    CHECK(thinning_next(front) == INFINITY); /* the reply comes first */
    thinning_step(front);
    check_requests(fixture->pair, "");
    reply(front, 2, "{'queued':0}");
    CHECK(!goes_on(fixture));
    reply(front, 1, "{'queued':1000}");
    CHECK(!goes_on(fixture));
    CHECK(thinning_next(front) > clock_monotonic() &&
          thinning_next(front) <= clock_monotonic() + 1);
    front->thinning.looked = clock_monotonic() + 1000; /* that is not yet over */
    succeed(front, 1, 63);
    thinning_step(front);
    check_requests(fixture->pair, "");
    succeed(front, 64, 1);
    thinning_step(front); /* after so many ends it is worth a look */
    check_requests(fixture->pair, REQUEST(2, "slots", ""));
    CHECK(front->thinning.looked <= clock_monotonic());
    reply(front, 2, "{'queued':999}");
    CHECK(goes_on(fixture));
    CHECK(!goes_on(fixture));
    CHECK(thinning_next(front) == INFINITY);
    front->thinning.looked = 0;
    thinning_step(front); /* nothing waits */
    check_requests(fixture->pair, "");
    reply(front, 2, "{'queued':0}");
    CHECK(!goes_on(fixture));

    thinning_ask(front, 40); /* threads that cannot be let go yet fill the memory */
    succeed(front, 100, 2000 - 64);
    CHECK_EQUAL(front->output.threads.past_count, 2000);
    front->thinning.ids = json_array();
    thinning_step(front);
    check_requests(fixture->pair, "");
    run_threads_leave_past(&front->output.threads, run_threads_find(&front->output.threads, 1));
    thinning_step(front);
    check_requests(fixture->pair, REQUEST(3, "slots", ""));
    close(front->sync);
    front->sync = -1;
    reply(front, 3, "{'queued':0}");
    CHECK(!front->thinning.script_waits);

    fixture = begin(); /* a second passes without an end */
    thinning_ask(front, 0);
    front->thinning.looked = clock_monotonic() - 0.5 - 1000;
    front->thinning.over = 1;
    thinning_step(front);
    check_requests(fixture->pair, REQUEST(1, "slots", ""));
    CHECK_EQUAL(front->thinning.over, 0);

    fixture = begin(); /* failed threads are over, too */
    thinning_ask(front, 0);
    front->thinning.looked = clock_monotonic() + 1000;
    succeed(front, 1, 63);
    update(front, "{'id':64,'name':'t','runs':1,'ended':1,'exit_code':1}");
    thinning_step(front);
    check_requests(fixture->pair, REQUEST(1, "slots", ""));
}

/* Adds the thread that TEXT describes. */
static void add(struct not_ready *list, const char *text)
{
    json_t *thread = thread_of(text);

    not_ready_add(list, thread);
    json_decref(thread);
}

static void threads_that_are_not_ready_are_asked_for(void)
{
    static const char waits[] = "{'id':3,'waits_for':'line:x'}";
    struct not_ready  list;
    json_t           *params, *wanted;
    double            before, next;

    not_ready_open(&list);
    CHECK(list.is_seen == isatty(STDERR_FILENO) && list.next == INFINITY && list.ids == NULL);
    list.is_seen = false;
    add(&list, waits);
    CHECK(list.next == INFINITY && list.ids == NULL);
    list.is_seen = true;
    not_ready_add(&list, NULL); /* an event without a thread */
    add(&list, "{'id':2}");
    CHECK(list.next == INFINITY && list.ids == NULL);
    before = clock_monotonic();
    add(&list, waits);
    next = list.next;
    CHECK(next >= before + 2 && next <= clock_monotonic() + 2);
    add(&list, "{'id':5,'waits_for':'line:x'}");
    CHECK(list.next == next); /* the first one decides */
    params = not_ready_ask(&list);
    wanted = thread_of("{'threads':[3,5],'members':['id','name','state','waits_for']}");
    CHECK(json_equal(params, wanted));
    CHECK(list.next == INFINITY && list.ids == NULL);
    json_decref(params);
    json_decref(wanted);
    add(&list, waits);
    CHECK_EQUAL(json_array_size(list.ids), 1);
    not_ready_close(&list);
    CHECK(list.ids == NULL);
}

TEST_MAIN({"forgotten", threads_that_have_succeeded_are_forgotten},
          {"output", a_thread_whose_output_is_not_over_is_kept},
          {"room", a_script_waits_while_too_many_threads_wait},
          {"not-ready", threads_that_are_not_ready_are_asked_for})
