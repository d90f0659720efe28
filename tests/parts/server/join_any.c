/* Tests alone the joins that are answered with the first of several threads to end. The threads are the test's. */
#include "tests/parts/server/no_memory.h"

#include "cli/base/clock.h"
#include "cli/server/join_any.h"
#include "cli/server/tail.h"

static double now = 1000;
static double timeout = -1; /* of the next joins */
static int    arrays = -1;  /* how many lists have room before one has none; negative: all */

double clock_monotonic(void)
{
    return now;
}

bool record_has_failed(const struct record *record)
{
    (void) record;
    abort();
}

json_t *tail_of(const struct record *record, json_int_t lines)
{
    (void) record;
    (void) lines;
    abort();
}

void store_let_go(struct record *record, const struct kept_list *keeper)
{
    CHECK(keeper == &peer.kept);
    note("let go %s", record->job.name);
}

void store_joined(struct record *record)
{
    note("joined %s", record->job.name);
}

void *__real_reallocarray(void *list, size_t count, size_t size);
void *__wrap_reallocarray(void *list, size_t count, size_t size);
void *__wrap_reallocarray(void *list, size_t count, size_t size)
{
    return size == sizeof(uint64_t) && arrays-- == 0 ? NULL
                                                     : __real_reallocarray(list, count, size);
}

static void begin(struct call *call, const json_t *words)
{
    join_any_begin(call, words, timeout);
}

static const struct method join_any = {.name = "join", .run = begin};

/* Begins a join of the threads WORDS that waits. */
static struct call *wait_for_any(const char *words)
{
    struct call *call = ask(&join_any, words);

    CHECK_SEEN("");
    CHECK(!LIST_EMPTY(&peer.calls));
    return call;
}

static void end(size_t index)
{
    threads[index].now.state = STATE_ENDED;
    join_any_ended(&threads[index]);
}

#define FIRST(name, id) "let go " name "\n{'id':" id "}\njoined " name "\n"

static void a_thread_that_has_ended_is_the_answer(void)
{
    static const struct request requests[] = {
        {"['b']", FIRST("b", "2")},
        {"['a','b']", FIRST("b", "2")},
        {"[1,'2']", FIRST("b", "2")},
        {"['b','web-2']", FIRST("web-2", "4")},
        {"['web-2','b','a']", FIRST("web-2", "4")},
        {"['?','web-?']", FIRST("web-2", "4")},
        {"['x']", "-32003 no thread 'x'\n"},
        {"['b','x']", "-32003 no thread 'x'\n"},
        {"[9,'b']", "-32003 no thread 9\n"},
        {"['b','x*','y*']", "-32003 no thread fits 'x*'\n"},
        {"true", "-32001 'any' must be a list of threads\n"},
    };

    add_threads();
    threads[1].now.ended = 20;
    threads[3].now.ended = 10;
    CHECK_REQUESTS(join_any, requests);
    threads[3].now.ended = 30;
    (void) ask(&join_any, "['web-2','b','a']");
    CHECK_SEEN(FIRST("b", "2"));
}

static void the_first_end_is_the_answer(void)
{
    struct call *either;

    add_threads();
    (void) wait_for_any("['web-1']");
    join_any_ended(&threads[1]);
    CHECK(call_expire() == -1 && !LIST_EMPTY(&peer.calls)); /* it waits for ever */
    either = wait_for_any("['web-1','a']");
    either->members = 1;
    (void) wait_for_any("[1,1,1,1,1,1,1,1,1]");
    end(0);
    CHECK_SEEN(FIRST("a", "1") "let go a\n{'id':1,'members':1}\njoined a\n");
    end(2);
    CHECK_SEEN(FIRST("web-1", "3"));
    CHECK(LIST_EMPTY(&peer.calls) && peer.connection.pending == 0);
    end(2);
    CHECK_SEEN("");
}

static void no_word_means_all_live_threads(void)
{
    add_threads();
    (void) wait_for_any("[]");
    end(1);
    CHECK_SEEN("");
    end(2);
    CHECK_SEEN(FIRST("web-1", "3"));
    (void) wait_for_any("[]");
    end(0);
    CHECK_SEEN(FIRST("a", "1"));
    (void) ask(&join_any, "[]");
    CHECK_SEEN("-32003 no thread is live\n");
}

static void a_pattern_means_the_newest_thread_of_each_name(void)
{
    add_threads();
    threads[3].job.name = threads[2].job.name; /* the store finds the other one */
    threads[1].job.name = threads[0].job.name;
    (void) wait_for_any("['web*','a*']");
    end(3);
    CHECK_SEEN("");
    end(2);
    CHECK_SEEN(FIRST("web-1", "3"));
}

static void the_time_of_a_join_ends(void)
{
    add_threads();
    timeout = 2;
    (void) wait_for_any("['a','web-1']");
    CHECK(call_expire() == 2);
    now++;
    end(3);
    CHECK(call_expire() == 1);
    now++;
    CHECK(call_expire() == -1);
    CHECK_SEEN("-32005 none of the threads has ended\n");
    timeout = 0;
    (void) wait_for_any("['a']");
    CHECK(call_expire() == -1);
    CHECK_SEEN("-32005 none of the threads has ended\n");
    CHECK(LIST_EMPTY(&peer.calls));
}

static void a_join_is_refused_without_memory(void)
{
    static const struct request requests[] = {
        {"['a']", "-32603 out of memory\n"},
        {"['a*']", "-32603 out of memory\n"},
        {"[]", "-32603 out of memory\n"},
    };

    add_threads();
    for (size_t i = 0; i < 3; i++) {
        arrays = 0;
        check_requests(&join_any, &requests[i], 1);
        arrays = -1;
    }
    arrays = 1;
    (void) ask(&join_any, "['a','b']");
    arrays = -1;
    CHECK_SEEN("-32603 out of memory\n");
    callocs = 2; /* for the call and for the list of words */
    (void) ask(&join_any, "['a']");
    callocs = -1;
    CHECK_SEEN("-32603 out of memory\n");
    CHECK(LIST_EMPTY(&peer.calls) && peer.connection.pending == 0);
}

TEST_MAIN({"ended", a_thread_that_has_ended_is_the_answer}, {"first", the_first_end_is_the_answer},
          {"all", no_word_means_all_live_threads},
          {"newest", a_pattern_means_the_newest_thread_of_each_name},
          {"time", the_time_of_a_join_ends}, {"memory", a_join_is_refused_without_memory})
