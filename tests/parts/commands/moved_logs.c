/* Tests `logs --follow` where logs move with their directory, and how long it sleeps meanwhile. */
#include "tests/parts/commands/played_logs.h"

#include "cli/base/array.h"

#include <poll.h>
#include <sys/inotify.h>

static bool no_inotify, no_room;

/* Of the waits for news: whether one had files to watch, and whether one had none; the longest and the shortest. */
static bool was_watched, was_unwatched;
static int  longest, shortest; /* in milliseconds; -1: none had a limit */
static bool has_endless;

static void forget(void)
{
    was_watched = was_unwatched = has_endless = false;
    longest = shortest = -1;
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    if (count >= 3) {
        was_watched |= fds[1].fd >= 0;
        was_unwatched |= fds[1].fd < 0;
        has_endless |= timeout < 0;
        if (timeout > longest)
            longest = timeout;
        if (timeout >= 0 && (shortest < 0 || timeout < shortest))
            shortest = timeout;
    }
    return __real_poll(fds, count, timeout);
}

int __real_inotify_init1(int flags);
int __wrap_inotify_init1(int flags);
int __wrap_inotify_init1(int flags)
{
    errno = EMFILE;
    return no_inotify ? -1 : __real_inotify_init1(flags);
}

void *__real_array_room(void *list, size_t count, size_t size);
void *__wrap_array_room(void *list, size_t count, size_t size);
void *__wrap_array_room(void *list, size_t count, size_t size)
{
    return no_room ? NULL : __real_array_room(list, count, size);
}

#define LOG_IN(id, path)                                                                           \
    RESULT(id, "{'id':1,'name':'web','log':'" path ".log','run_marks':'" path                      \
               ".runs','offset':0,'begun':true}")
#define ONE(path) RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG_IN(2, path)
#define ALL(path)                                                                                  \
    RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]") LOG_IN(3, path)
#define REQUESTS_ONE                                                                               \
    REQUEST(1, "list", "'threads':['web']")                                                        \
    REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1")
#define REQUESTS_ALL                                                                               \
    REQUEST(1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']") \
    REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")                  \
    REQUEST(3, "logs", "'thread':1,'begun':true")                                                  \
    REQUEST(4, "join", "'thread':1,'members':['id']") REQUEST(5, "watch", "'events':[]")

/* The directory is moved, and another one takes its place, where the next log comes. */
#define MOVED(dir)                                                                                 \
    "!append " dir "/1.log old\n!await old\n!exchange " dir " n" dir "\n!sleeps\n"                 \
    "!append " dir "/1.log new\n!await new\n!sleeps\n!append " dir "/1.log more\n!await more\n"

static void logs_are_found_where_their_directory_was(void)
{
    static const struct play plays[] = {
        {.words = "logs -f web",
         .replies = ONE("e/1") MOVED("e") ENDED(3, 0),
         .dialogue = true,
         .requests = REQUESTS_ONE,
         .out = "old\nnew\nmore\n"},
        {.words = "logs -f w*",
         .replies = ALL("f/1") MOVED("f") ENDED(4, 0) RESULT(5, "{}"),
         .dialogue = true,
         .requests = REQUESTS_ALL,
         .out = "web | old\nweb | new\nweb | more\n"},
    };

    make_logs();
    CHECK(mkdir("e", 0700) == 0 && mkdir("ne", 0700) == 0);
    CHECK(mkdir("f", 0700) == 0 && mkdir("nf", 0700) == 0);
    forget();
    PLAY_ALL(plays);
    CHECK(was_watched && !was_unwatched && longest < 0);
}

/* The directory is removed with its log, which the system reports only when the log is closed. */
#define REMOVED(dir)                                                                               \
    "!append " dir "/1.log old\n!await old\n!unlink " dir "/1.log\n!unlink " dir "\n!mkdir " dir   \
    "\n!sleeps\n!append " dir "/1.log new\n!await new\n"

static void logs_are_found_after_their_directory_was_removed(void)
{
    static const struct play plays[] = {
        {.words = "logs -f web",
         .replies = ONE("e/1") REMOVED("e") ENDED(3, 0),
         .dialogue = true,
         .requests = REQUESTS_ONE,
         .out = "old\nnew\n"},
        {.words = "logs -f w*",
         .replies = ALL("f/1") REMOVED("f") ENDED(4, 0) RESULT(5, "{}"),
         .dialogue = true,
         .requests = REQUESTS_ALL,
         .out = "web | old\nweb | new\n"},
    };

    make_logs();
    CHECK(mkdir("e", 0700) == 0 && mkdir("f", 0700) == 0);
    for (size_t i = 0; i < 2; i++) {
        forget();
        play(&plays[i]);
        CHECK(was_watched && was_unwatched);
        CHECK_EQUAL(longest, 200);
    }
}

/* The removal of another file, or of the log of a thread that has ended, does not end the watch. */
static void other_removals_change_nothing(void)
{
    static const struct play plays[] = {
        {.words = "logs -f web",
         .replies = ONE("d/1") "!await three\n!unlink d/2.log\n!sleeps\n"
                               "!append d/1.log more\n!await more\n" ENDED(3, 0),
         .dialogue = true,
         .requests = REQUESTS_ONE,
         .out = "one\n--- run 2, after exit 3 ---\ntwo\nthreemore\n"},
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null},"
                                              "{'id':2,'name':'w2','runs':1,'ended':null}]")
             LOG_IN(3, "d/1") RESULT(5, "{'name':'w2','log':'d/4.log','run_marks':'d/4.runs'}")
                 ENDED(6, 0) "!await two\n!sleeps\n!unlink d/4.log\n!sleeps\n"
                             "!append d/1.log rest\n!await rest\n" ENDED(4, 0) RESULT(7, "{}"),
         .dialogue = true,
         .any_requests = true,
         .any_out = true},
    };

    make_logs();
    forget();
    PLAY_ALL(plays);
    CHECK(was_watched && !was_unwatched && longest < 0);
}

/* Logs that are watched need no look in between, nor does a log that another machine sends. */
static void waits_have_a_limit_only_if_nothing_reports(void)
{
    static const struct play unwatched = {
        .words = "logs -f web",
        .replies =
            ONE("d/4") "!await two\n!sleeps\n!append d/4.log more\n!await more\n" ENDED(3, 0),
        .dialogue = true,
        .requests = REQUESTS_ONE,
        .out = "one\ntwo\nmore\n"};
    static const struct play far = {
        .words = "logs -f web",
        .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG_IN(2, "d/1")
            RESULT(3, "{'offset':0,'data':'one\\n'}") "!await one\n!sleeps\n" RESULT(
                5, "{'offset':4,'data':'two\\n','end':true}") ENDED(4, 0),
        .dialogue = true,
        .far = true,
        .any_requests = true,
        .out = "one\ntwo\n"};
    static const struct play far_all = {
        .words = "logs -f w*",
        .replies =
            ALL("d/1") RESULT(4, "{'offset':0,'data':'one\\n'}") "!await one\n!sleeps\n" ENDED(5, 0)
                RESULT(6, "{'offset':4,'data':'two\\n','end':true}") RESULT(7, "{}"),
        .dialogue = true,
        .far = true,
        .any_requests = true,
        .out = "web | one\nweb | two\n"};

    /* A line of a limited log waits a while for its end. */
    static const struct play limited = {
        .words = "logs -f web",
        .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") RESULT(
            2, "{'name':'web','log':'d/9.log','offset':0,'limit':1,'begun':true}") "!await "
                                                                                   "three\n" ENDED(
                                                                                       3, 0),
        .dialogue = true,
        .requests = REQUESTS_ONE,
        .out = "three"};
    static const struct play unlimited = {
        .words = "logs -f web",
        .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") RESULT(
            2, "{'name':'web','log':'d/9.log','offset':0,'limit':0,'begun':true}") "!await "
                                                                                   "three\n!"
                                                                                   "sleeps\n" ENDED(
                                                                                       3, 0),
        .dialogue = true,
        .requests = REQUESTS_ONE,
        .out = "three"};

    make_logs();
    write_file("d/9.log", "three");
    forget();
    play(&limited);
    CHECK(longest > 0);
    forget();
    play(&unlimited);
    CHECK(has_endless && longest < 0);
    no_inotify = true;
    forget();
    play(&unwatched);
    CHECK(!was_watched && was_unwatched);
    CHECK_EQUAL(longest, 200);
    forget();
    play(&far);
    CHECK(has_endless && longest < 0);
    forget();
    play(&far_all);
    CHECK(has_endless && longest < 0);
}

/* A thread that goes on may run again, and not print: the line where the run begins is shown at once. */
static void runs_without_output_are_shown(void)
{
    static const struct play runs = {
        .words = "logs -f w*",
        .replies =
            ALL("d/7") "!await first\n!append d/7.runs 6 2 1700000000000000000 exit 3\n" EVENT(
                "'event':'restarted','thread':{'id':1,'name':'web','runs':2}") "!await "
                                                                               "run\n" ENDED(4, 0)
                                                                                   RESULT(5, "{}"),
        .dialogue = true,
        .requests = REQUESTS_ALL,
        .out = "web | first\nweb | --- run 2, after exit 3 ---\n"};

    static const struct play one = {
        .words = "logs -f web",
        .replies =
            ONE("d/8") "!await first\n!sleeps\n"
                       "!append d/8.runs 6 2 1700000000000000000 exit 3\n!await run\n" ENDED(3, 0),
        .dialogue = true,
        .requests = REQUESTS_ONE,
        .out = "first\n--- run 2, after exit 3 ---\n"};

    make_logs();
    write_file("d/7.log", "first\n");
    write_file("d/7.runs", "");
    play(&runs);
    write_file("d/8.log", "first\n");
    write_file("d/8.runs", "");
    play(&one);
}

static void threads_need_memory(void)
{
    static const struct play none = {.words = "logs -f w*",
                                     .replies = RESULT(1, "{}")
                                         RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
                                             RESULT(3, "{}"),
                                     .dialogue = true,
                                     .any_requests = true,
                                     .err = "k3thread: logs: MemoryError: out of memory\n",
                                     .status = 1};

    no_room = true;
    play(&none);
}

TEST_MAIN({"moved", logs_are_found_where_their_directory_was},
          {"gone", logs_are_found_after_their_directory_was_removed},
          {"others", other_removals_change_nothing},
          {"sleep", waits_have_a_limit_only_if_nothing_reports},
          {"runs", runs_without_output_are_shown}, {"memory", threads_need_memory})
