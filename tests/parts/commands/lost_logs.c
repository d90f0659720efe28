/* Tests `logs --follow` of a pattern where logs come from another machine, and where a step fails. */
#include "tests/parts/commands/played_logs.h"

#include "cli/client/client_failure.h"
#include "cli/client/log_feed.h"
#include "cli/view/printer.h"

#include <poll.h>
#include <sys/inotify.h>

static int  open_error, take_error, ask_error, reopen_error;
static bool is_unwatched, no_source;
static int  longest; /* the milliseconds of the longest wait for news; -1: one without limit */

/* The supervisor has gone: a failure that has a status of its own. */
static int fail(struct client *client, int error, const char *what)
{
    return client_fail(client, error, STATUS_NO_SUPERVISOR, NULL, "%s", what);
}

int __real_log_feed_open(struct log_feed *feed, struct client *client,
                         const struct log_feed_wish *wish);
int __wrap_log_feed_open(struct log_feed *feed, struct client *client,
                         const struct log_feed_wish *wish);
int __wrap_log_feed_open(struct log_feed *feed, struct client *client,
                         const struct log_feed_wish *wish)
{
    return open_error == 0 ? __real_log_feed_open(feed, client, wish)
                           : fail(client, open_error, "not opened");
}

int __real_log_feed_take(struct log_feed *feed, const struct reply *reply);
int __wrap_log_feed_take(struct log_feed *feed, const struct reply *reply);
int __wrap_log_feed_take(struct log_feed *feed, const struct reply *reply)
{
    int taken = __real_log_feed_take(feed, reply);

    return taken > 0 && take_error != 0 ? take_error : taken;
}

int __real_log_feed_ask(struct log_feed *feed);
int __wrap_log_feed_ask(struct log_feed *feed);
int __wrap_log_feed_ask(struct log_feed *feed)
{
    return ask_error == 0 || feed->client == NULL ? __real_log_feed_ask(feed)
                                                  : fail(feed->client, ask_error, "not asked");
}

int __real_log_feed_reopen(struct log_feed *feed, json_int_t thread, bool times);
int __wrap_log_feed_reopen(struct log_feed *feed, json_int_t thread, bool times);
int __wrap_log_feed_reopen(struct log_feed *feed, json_int_t thread, bool times)
{
    return reopen_error == 0 ? __real_log_feed_reopen(feed, thread, times)
                             : fail(feed->client, reopen_error, "not opened again");
}

struct printer_source *__real_printer_add(struct printer *printer, const char *name,
                                          const char *path, off_t begin);
struct printer_source *__wrap_printer_add(struct printer *printer, const char *name,
                                          const char *path, off_t begin);
struct printer_source *__wrap_printer_add(struct printer *printer, const char *name,
                                          const char *path, off_t begin)
{
    return no_source ? NULL : __real_printer_add(printer, name, path, begin);
}

int __real_inotify_init1(int flags);
int __wrap_inotify_init1(int flags);
int __wrap_inotify_init1(int flags)
{
    errno = EMFILE;
    return is_unwatched ? -1 : __real_inotify_init1(flags);
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    if (count == 3 && longest >= 0 && (timeout < 0 || timeout > longest))
        longest = timeout;
    return __real_poll(fds, count, timeout);
}

#define BEGIN                                                                                      \
    RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]") LOG(3, 0, 1)
#define WATCHED                                                                                    \
    REQUEST(1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']") \
    REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")                  \
    REQUEST(3, "logs", "'thread':1,'begun':true")
#define READ(id, reader, rest)                                                                     \
    REQUEST(id, "read",                                                                            \
            "'reader':" #reader ",'open':true,'follow':true,'times':false,'thread':1" rest)
#define FOLLOWED                                                                                   \
    REQUEST(1, "list", "'threads':['web']")                                                        \
    REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1")
#define W2 "{'id':2,'name':'w2','log':'d/2.log','run_marks':'d/2.runs','offset':0,'begun':true}"
#define BOTH                                                                                       \
    RESULT(1, "{}")                                                                                \
    RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null},"                                      \
              "{'id':2,'name':'w2','runs':1,'ended':null}]")                                       \
    LOG(3, 0, 1)
#define SECOND(reader)                                                                             \
    REQUEST(6, "logs", "'thread':2,'begun':true")                                                  \
    REQUEST(7, "read", "'reader':" #reader ",'open':true,'follow':true,'times':false,'thread':2")  \
    REQUEST(8, "join", "'thread':2,'members':['id']")
#define CLOSE(id, reader) REQUEST(id, "read", "'reader':" #reader ",'close':true")
#define JOIN(id)          REQUEST(id, "join", "'thread':1,'members':['id']")
#define END(id)           REQUEST(id, "watch", "'events':[]")

static void logs_of_new_runs_are_read_again(void)
{
    static const struct play plays[] = {
        /* The log of a run has ended before the end of the thread is known: another run may follow. */
        {.words = "logs -f w*",
         .far = true,
         .dialogue = true,
         .replies = BEGIN RESULT(4, "{'offset':0,'data':'a\\n','end':true}") ENDED(5, 0)
             RESULT(6, "{'offset':2,'data':'b\\n','end':true,'disk_full':true,'runs':[{'offset':2,'"
                       "run':2,'how':'exit 1','time':1700000000000000000}]}") RESULT(7, "{}"),
         .requests = WATCHED READ(4, 1, ) JOIN(5) READ(6, 2, ",'offset':2") END(7),
         .out = "web | a\n"
                "web | --- run 2, after exit 1 ---\n"
                "web | b\n",
         .err =
             "k3thread: logs: the file system of the logs is full: d/1.log: output may be lost\n"},
        /* Output is shown when it comes, and a last line without its end when the thread has ended. */
        {.words = "logs -f w*",
         .far = true,
         .dialogue = true,
         .replies = BEGIN RESULT(4, "{'offset':0,'data':'first\\n'}") "!await first\n" ENDED(5, 0)
             RESULT(6, "{'offset':6,'data':'last','end':true}") RESULT(7, "{}"),
         .requests = WATCHED READ(4, 3, ) JOIN(5) REQUEST(6, "read", "'reader':3") END(7),
         .out = "web | first\n"
                "web | last\n"},
        /* Pieces may come before it is known where the log is. */
        {.words = "logs -f w*",
         .far = true,
         .dialogue = true,
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             RESULT(4, "{'offset':0,'data':'a\\n'}") LOG(3, 0, 1) "!await a\n" ENDED(5, 0)
                 RESULT(6, "{'offset':2,'data':'b','end':true}") RESULT(7, "{}"),
         .requests = WATCHED READ(4, 4, ) JOIN(5) REQUEST(6, "read", "'reader':4") END(7),
         .out = "web | a\n"
                "web | b\n"},
        {.words = "logs -f w*",
         .far = true,
         .dialogue = true,
         .replies =
             RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]") ENDED(5, 0)
                 RESULT(4, "{'offset':0,'data':'a','end':true}") LOG(3, 0, 1) RESULT(6, "{}"),
         .requests = WATCHED READ(4, 5, ) JOIN(5) END(6),
         .out = "web | a\n"},
        {.words = "logs -f -n 1 w*",
         .far = true,
         .dialogue = true,
         .replies =
             BEGIN ENDED(5, 0) RESULT(4, "{'offset':9,'data':'b\\n','end':true}") RESULT(6, "{}"),
         .requests = WATCHED READ(4, 6, ",'lines':1") JOIN(5) END(6),
         .out = "web | b\n"},
    };

    make_logs();
    PLAY_ALL(plays);
}

static void failures_of_a_feed_are_told(void)
{
    static const struct play take = {.words = "logs -f w*",
                                     .far = true,
                                     .dialogue = true,
                                     .replies = BEGIN RESULT(4, "{'offset':0,'data':'a\\n'}")
                                         ENDED(5, 0) RESULT(7, "{}"),
                                     .requests = WATCHED READ(4, 2, ) JOIN(5) CLOSE(6, 2) END(7),
                                     .err = "k3thread: logs: MemoryError: out of memory\n",
                                     .status = 1};
    static const struct play ask = {.words = "logs -f w*",
                                    .far = true,
                                    .dialogue = true,
                                    .replies = BEGIN RESULT(4, "{'offset':0,'data':'a\\n'}")
                                        RESULT(7, "{}"),
                                    .requests = WATCHED READ(4, 4, ) JOIN(5) CLOSE(6, 4) END(7),
                                    .err = "k3thread: logs: not asked\n",
                                    .status = 69};
    static const struct play again = {
        .words = "logs -f w*",
        .far = true,
        .dialogue = true,
        .replies = BEGIN    RESULT(4, "{'offset':0,'data':'a\\n','end':true}") RESULT(6, "{}"),
        .requests = WATCHED READ(4, 5, ) JOIN(5) END(6),
        .err = "k3thread: logs: not opened again\n",
        .status = 69};
    /* The thread runs again after its end, while another one goes on. */
    static const struct play event = {
        .words = "logs -f w*",
        .far = true,
        .dialogue = true,
        .replies = BOTH RESULT(6, W2) ENDED(5, 0)
            RESULT(4, "{'offset':0,'data':'a\\n','end':true}") "!await a\n" EVENT(
                "'event':'restarted','thread':{'id':1,'name':'web','runs':2}") RESULT(10, "{}"),
        .any_requests = true,
        .out = "web | a\n",
        .err = "k3thread: logs: not opened again\n",
        .status = 69};
    static const struct play first = {.words = "logs -f w*",
                                      .far = true,
                                      .dialogue = true,
                                      .replies = RESULT(1, "{}")
                                          RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
                                              RESULT(4, "{}"),
                                      .requests = WATCHED END(4),
                                      .err = "k3thread: logs: not opened\n",
                                      .status = 69};

    static const struct play one = {.words = "logs web",
                                    .far = true,
                                    .dialogue = true,
                                    .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]")
                                        LOG(2, 0, 1) RESULT(3, "{'offset':0,'data':'a\\n'}"),
                                    .any_requests = true,
                                    .err = "k3thread: logs: MemoryError: out of memory\n",
                                    .status = 1};

    static const struct play several = {
        .words = "logs w*",
        .far = true,
        .dialogue = true,
        .replies =
            RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 0, 1) RESULT(3, "{'offset':0,'data':'a\\n'}"),
        .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
            REQUEST(2, "logs", "'thread':1,'lines':0")
                REQUEST(3, "read", "'reader':1,'open':true,'follow':false,'times':false,'thread':1")
                    CLOSE(4, 1),
        .err = "k3thread: logs: MemoryError: out of memory\n",
        .status = 1};
    static const struct play unopened = {.words = "logs w*",
                                         .far = true,
                                         .dialogue = true,
                                         .replies = RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 0, 1),
                                         .any_requests = true,
                                         .err = "k3thread: logs: not opened\n",
                                         .status = 69};

    make_logs();
    take_error = -ENOMEM;
    play(&several);
    play(&take);
    play(&one);
    take_error = 0;
    ask_error = -ENOENT;
    play(&ask);
    ask_error = 0;
    reopen_error = -ENOENT;
    play(&again);
    play(&event);
    open_error = -ENOENT;
    play(&first);
    play(&unopened);
}

static void logs_of_this_machine_may_fail(void)
{
    static const struct play no_room = {.words = "logs -f w*",
                                        .replies = BEGIN RESULT(5, "{}"),
                                        .dialogue = true,
                                        .requests = WATCHED JOIN(4) END(5),
                                        .err = "k3thread: logs: the log: Cannot allocate memory\n",
                                        .status = 1};
    static const struct play malformed = {
        .words = "logs -f w*",
        .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
            RESULT(3, "{'name':'web','log':7}") RESULT(5, "{}"),
        .dialogue = true,
        .requests = WATCHED JOIN(4) END(5),
        .err = "k3thread: logs: the log: Invalid argument\n",
        .status = 1};
    static const struct play unnamed = {
        .words = "logs -f w*",
        .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
            RESULT(3, "{'name':7,'log':'d/1.log'}") RESULT(5, "{}"),
        .dialogue = true,
        .requests = WATCHED JOIN(4) END(5),
        .err = "k3thread: logs: the log: Invalid argument\n",
        .status = 1};

    static const struct play one = {.words = "logs -f web",
                                    .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]")
                                        LOG(2, 0, 1),
                                    .requests = FOLLOWED,
                                    .err = "k3thread: logs: the log: Cannot allocate memory\n",
                                    .status = 1};
    static const struct play wrong = {.words = "logs -f web",
                                      .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]")
                                          RESULT(2, "{'name':'web','log':7}"),
                                      .requests = FOLLOWED,
                                      .err = "k3thread: logs: the log: Invalid argument\n",
                                      .status = 1};
    static const struct play wrong_of_several = {
        .words = "logs w*",
        .replies = RESULT(1, "[{'id':1}]") RESULT(2, "{'name':'web','log':7}"),
        .any_requests = true,
        .err = "k3thread: logs: the log: Invalid argument\n",
        .status = 1};
    /* An older supervisor does not tell of runs. */
    static const struct play old = {
        .words = "logs -f web",
        .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]")
            RESULT(2, "{'name':'web','log':'d/1.log','offset':0,'begun':true}") ENDED(3, 0),
        .requests = FOLLOWED,
        .out = "one\n"
               "two\n"
               "three"};

    make_logs();
    no_source = true;
    play(&no_room);
    play(&one);
    no_source = false;
    play(&wrong);
    play(&wrong_of_several);
    play(&old);
    play(&malformed);
    play(&unnamed);
}

/* The logs of two threads: that of web cannot be read. */
static void logs_that_cannot_be_read_are_named(void)
{
    static const struct play plays[] = {
        {.words = "logs -f w*",
         .far = true,
         .dialogue = true,
         .replies = BOTH RESULT(6, W2) ERROR(4, -32009, "RuntimeError", "no log") ENDED(5, 0)
             RESULT(7, "{'offset':0,'data':'a\\n'}") "!await a\n" ENDED(8, 0)
                 RESULT(9, "{'offset':2,'data':'b\\n','end':true}") RESULT(10, "{}"),
         .requests =
             WATCHED READ(4, 1, ) JOIN(5) SECOND(2) REQUEST(9, "read", "'reader':2") END(10),
         .out = "w2 | a\n"
                "w2 | b\n",
         .err = "k3thread: logs: RuntimeError: the log of 'web': no log\n",
         .status = 1},
        /* The supervisor may refuse to read before it knows where the log is. A failure of a second run is no news. */
        {.words = "logs -f w*",
         .far = true,
         .dialogue = true,
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             ERROR(4, -32009, "RuntimeError", "no log") LOG(3, 0, 1) ENDED(5, 0) RESULT(6, "{}"),
         .requests = WATCHED READ(4, 3, ) JOIN(5) END(6),
         .err = "k3thread: logs: RuntimeError: the log of 'web': no log\n",
         .status = 1},
        {.words = "logs -f w*",
         .far = true,
         .dialogue = true,
         .replies = BOTH RESULT(6, W2) ERROR(4, -32009, "RuntimeError", "no log") ENDED(5, 0)
             EVENT("'event':'restarted','thread':{'id':1,'name':'web','runs':2}")
                 ERROR(9, -32009, "RuntimeError", "no log again") ENDED(10, 0) ENDED(8, 0)
                     RESULT(7, "{'offset':0,'data':'a\\n','end':true}") RESULT(11, "{}"),
         .requests =
             WATCHED READ(4, 4, ) JOIN(5) SECOND(5) READ(9, 6, ",'offset':0") JOIN(10) END(11),
         .out = "w2 | a\n",
         .err = "k3thread: logs: RuntimeError: the log of 'web': no log\n",
         .status = 1},
        /* A thread that was cleared has no log. */
        {.words = "logs -f w*",
         .far = true,
         .dialogue = true,
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             NO_THREAD(3) NO_THREAD(4) ENDED(5, 0) RESULT(6, "{}"),
         .requests = WATCHED READ(4, 7, ) JOIN(5) END(6)},
    };

    make_logs();
    PLAY_ALL(plays);
}

/* Without inotify, the logs are looked at five times a second. */
static void logs_may_be_unwatched(void)
{
    static const struct play grows = {.words = "logs -f w*",
                                      .replies = BEGIN "!await three\n"
                                                       "!append d/1.log more\n"
                                                       "!await more\n" ENDED(4, 0) RESULT(5, "{}"),
                                      .dialogue = true,
                                      .requests = WATCHED JOIN(4) END(5),
                                      .out = "web | one\n"
                                             "web | --- run 2, after exit 3 ---\n"
                                             "web | two\n"
                                             "web | threemore\n"};

    make_logs();
    is_unwatched = true;
    play(&grows);
    CHECK_EQUAL(longest, 200);
}

/* Logs that are made later, and logs that take the place of others. */
static void logs_of_several_threads_are_replaced(void)
{
    static const struct play replaced = {
        .words = "logs -f w*",
        .replies = RESULT(1, "{}")
            RESULT(2, "[{'id':5,'name':'w5','runs':1,'ended':null},{'id':6,'name':'w6','runs':1,"
                      "'ended':null}]")
                RESULT(3, "{'id':5,'name':'w5','log':'d/5.log','offset':0,'run_marks':'d/5.runs'}")
                    RESULT(5, "{'id':6,'name':'w6','log':'d/6.log','offset':0,'run_marks':'d/"
                              "6.runs'}") "!append d/5.log five\n"
                                          "!await five\n"
                                          "!append d/6.log six\n"
                                          "!await six\n"
                                          "!rename d/6.log d/6.old\n"
                                          "!append d/6.log seven\n"
                                          "!await seven\n"
                                          "!rename d/5.log d/5.old\n"
                                          "!append d/5.log eight\n"
                                          "!await eight\n" ENDED(4, 0) ENDED(6, 0) RESULT(7, "{}"),
        .dialogue = true,
        .requests = REQUEST(1, "watch",
                            "'events':['created','restarted'],'members':['id','name','ended',"
                            "'runs']")
            REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                REQUEST(3, "logs", "'thread':5,'begun':true")
                    REQUEST(4, "join", "'thread':5,'members':['id']")
                        REQUEST(5, "logs", "'thread':6,'begun':true")
                            REQUEST(6, "join", "'thread':6,'members':['id']") END(7),
        .out = "w5 | five\n"
               "w6 | six\n"
               "w6 | seven\n"
               "w5 | eight\n"};

    make_logs();
    play(&replaced);
}

TEST_MAIN({"replaced", logs_of_several_threads_are_replaced},
          {"again", logs_of_new_runs_are_read_again}, {"feeds", failures_of_a_feed_are_told},
          {"unread", logs_that_cannot_be_read_are_named},
          {"sources", logs_of_this_machine_may_fail}, {"unwatched", logs_may_be_unwatched})
