/* Tests the commands that ask the supervisor and print its reply: what they send, what they say, their statuses. */
#include "tests/parts/commands/played.h"

#include <poll.h>

static void plays_of_list(void)
{
    static const struct play plays[] = {
        {.words = "list",
         .replies = RESULT(1, "{'table':'ID  NAME\\n1  web\\n'}"),
         .requests = REQUEST(1, "list", "'table':true"),
         .out = "ID  NAME\n"
                "1  web\n"},
        /* A long table comes in parts. */
        {.words = "list",
         .replies = "{'jsonrpc':'2.0','method':'table','params':{'table':'ID  NAME\\n1  "
                    "web\\n'}}\n" RESULT(1, "{'table':'2  db\\n'}"),
         .requests = REQUEST(1, "list", "'table':true"),
         .out = "ID  NAME\n"
                "1  web\n"
                "2  db\n"},
        {.words = "ls --long --live web 7",
         .replies = RESULT(1, "{'table':''}"),
         .requests =
             REQUEST(1, "list", "'threads':['web',7],'live':true,'table':true,'wide':true")},
        {.words = "list --json --failed web",
         .replies = RESULT(1, "[{'id':1}]"),
         .requests = REQUEST(1, "list", "'threads':['web'],'failed':true"),
         .out = "[\n"
                "  {\n"
                "    \"id\": 1\n"
                "  }\n"
                "]\n"},
        {.words = "list -q web/",
         .replies = RESULT(1, "[{'id':4},{'id':'7/3'}]"),
         .requests = REQUEST(1, "list", "'threads':['web/'],'members':['id']"),
         .out = "4\n"
                "7/3\n"},
        {.words = "list --quiet --live",
         .replies = RESULT(1, "[]"),
         .requests = REQUEST(1, "list", "'live':true,'members':['id']")},
        {.words = "list --json -q",
         .err = "k3thread: list: --json and --quiet exclude each other\n"
                "Try 'k3thread list --help' for more.\n",
         .status = 64},
        {.words = "list --live --failed",
         .err = "k3thread: list: --live and --failed exclude each other\n"
                "Try 'k3thread list --help' for more.\n",
         .status = 64},
        {.words = "list --failed web web/worker",
         .err = "k3thread: list: ValueError: --failed shows threads of the supervisor, not "
                "'web/worker' inside a process\n",
         .status = 64},
        {.words = "list --live web/worker",
         .replies = RESULT(1, "{'table':''}"),
         .requests = REQUEST(1, "list", "'threads':['web/worker'],'live':true,'table':true")},
        {.words = "list web",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "list", "'threads':['web'],'table':true"),
         .err = "k3thread: list: InvalidThreadIdError: no live thread\n",
         .status = 3},
    };

    PLAY_ALL(plays);
}

static void plays_of_raise(void)
{
    static const struct play plays[] = {
        {.words = "raise web",
         .replies = RESULT(1, "[{'id':1}]"),
         .requests =
             REQUEST(1, "raise", "'exception':'SystemExit','thread':'web','members':['id']")},
        {.words = "raise -m bad web ValueError",
         .replies = RESULT(1, "[{'id':1}]"),
         .requests =
             REQUEST(1, "raise",
                     "'exception':'ValueError','thread':'web','message':'bad','members':['id']")},
        {.words = "raise 7 hup",
         .replies = RESULT(1, "[{'id':7}]"),
         .requests = REQUEST(1, "raise", "'exception':'hup','thread':7,'members':['id']")},
        {.words = "raise web/worker MyError",
         .replies = RESULT(1, "[]"),
         .requests =
             REQUEST(1, "raise", "'exception':'MyError','thread':'web/worker','members':['id']")},
        {.words = "raise --all",
         .replies = RESULT(1, "[]"),
         .requests = REQUEST(1, "raise", "'exception':'SystemExit','all':true,'members':['id']")},
        {.words = "raise --all KeyboardInterrupt",
         .replies = RESULT(1, "[{'id':1}]"),
         .requests =
             REQUEST(1, "raise", "'exception':'KeyboardInterrupt','all':true,'members':['id']")},
        {.words = "raise --all KeyboardInterrupt web",
         .err = "k3thread: raise: unexpected argument 'web'\n"
                "Try 'k3thread raise --help' for more.\n",
         .status = 64},
        {.words = "raise web ValueError 2",
         .err = "k3thread: raise: unexpected argument '2'\n"
                "Try 'k3thread raise --help' for more.\n",
         .status = 64},
        {.words = "raise web -bad",
         .err = "k3thread: raise: invalid option -- 'b'\n"
                "Try 'k3thread raise --help' for more.\n",
         .status = 64},
        {.words = "raise web 9x",
         .err =
             "k3thread: raise: ValueError: no exception '9x'; \"k3thread exceptions\" lists them\n",
         .status = 64},
        {.words = "raise",
         .err = "k3thread: raise: no thread; --all raises in every live thread\n"
                "Try 'k3thread raise --help' for more.\n",
         .status = 64},
        {.words = "raise web",
         .replies = NO_THREAD(1),
         .requests =
             REQUEST(1, "raise", "'exception':'SystemExit','thread':'web','members':['id']"),
         .err = "k3thread: raise: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "raise -w web/worker",
         .err = "k3thread: raise: --wait waits for threads of the supervisor, not for 'web/worker' "
                "inside a process\n"
                "Try 'k3thread raise --help' for more.\n",
         .status = 64},
        {.words = "raise --wait web",
         .replies = RESULT(1, "[{'id':1,'name':'web'}]")
             RESULT(2, "{'id':1,'name':'web','runs':1,'exit_code':3,'signal':null,'exception':null,"
                       "'message':null}"),
         .requests = REQUEST(1, "raise", "'exception':'SystemExit','thread':'web','members':['id']")
             REQUEST(2, "join", "'thread':1," JOIN_MEMBERS)},
        /* The statuses of the commands do not matter. */
        {.words = "raise --wait=2s --all",
         .replies = RESULT(1, "[{'id':1},{'id':2}]")
             RESULT(3, "{'id':2,'name':'b','runs':1,'exit_code':0,'signal':null,'exception':null,'"
                       "message':null}") RESULT(2, "{'id':1,'name':'a','runs':1,'exit_code':0,'"
                                                   "signal':null,'exception':null,'message':null}"),
         .requests = REQUEST(1, "raise", "'exception':'SystemExit','all':true,'members':['id']")
             REQUEST(2, "join", "'thread':1," JOIN_MEMBERS ",'timeout':2.0")
                 REQUEST(3, "join", "'thread':2," JOIN_MEMBERS ",'timeout':2.0")},
        {.words = "raise -w1 --all",
         .replies = RESULT(1, "[{'id':1,'name':'a'},{'id':2,'name':'b'}]")
             ERROR(2, -32005, "TimeoutError", "not ended in time")
                 RESULT(3, "{'id':2,'name':'b','runs':1,'exit_code':0,'signal':null,'exception':"
                           "null,'message':null}"),
         .requests = REQUEST(1, "raise", "'exception':'SystemExit','all':true,'members':['id']")
             REQUEST(2, "join", "'thread':1," JOIN_MEMBERS ",'timeout':1.0")
                 REQUEST(3, "join", "'thread':2," JOIN_MEMBERS ",'timeout':1.0"),
         .err = "k3thread: raise: TimeoutError: not ended in time\n",
         .status = 1},
        {.words = "raise -w1 --all",
         .replies = RESULT(1, "[{'id':1,'name':'a'},{'id':2,'name':'b'}]")
             RESULT(3, "{'id':2,'name':'b','unended':77,'runs':1}")
                 RESULT(2, "{'id':1,'name':'a','runs':1,'exit_code':0,'signal':null,'exception':"
                           "null,'message':null}"),
         .requests = REQUEST(1, "raise", "'exception':'SystemExit','all':true,'members':['id']")
             REQUEST(2, "join", "'thread':1," JOIN_MEMBERS ",'timeout':1.0")
                 REQUEST(3, "join", "'thread':2," JOIN_MEMBERS ",'timeout':1.0"),
         .err = "k3thread: raise: thread 'b' (id 2): process 77 could not be ended\n",
         .status = 1},
        {.words = "raise -wx web",
         .err = "k3thread: raise: ValueError: --wait: 'x' is no time; seconds, or 200ms, 1.5s, 2m, "
                "1h\n",
         .status = 64},
        {.words = "raise -w web",
         .replies = RESULT(1, "[{'id':1}]"),
         .goes_away = true,
         .requests = REQUEST(1, "raise", "'exception':'SystemExit','thread':'web','members':['id']")
             REQUEST(2, "join", "'thread':1," JOIN_MEMBERS),
         .err = "k3thread: raise: the supervisor went away without a reply; see /dev/null\n",
         .status = 1},
    };

    PLAY_ALL(plays);
}

static void plays_of_restart(void)
{
    static const struct play plays[] = {
        {.words = "restart web",
         .replies = RESULT(1, "{'id':1}"),
         .requests = REQUEST(1, "restart", "'thread':'web','members':['id']")},
        {.words = "restart 3 web",
         .replies = RESULT(1, "[]") RESULT(3, "{'id':4}") RESULT(2, "{'id':3}"),
         .requests = REQUEST(1, "list", "'threads':[3,'web'],'members':['id']")
             REQUEST(2, "restart", "'thread':3,'members':['id']")
                 REQUEST(3, "restart", "'thread':'web','members':['id']")},
        {.words = "restart web-* db",
         .replies = RESULT(1, "[]") RESULT(2, "[{'id':1,'name':'web-1'},{'id':5,'name':'web-2'}]")
             RESULT(3, "{'id':1}") RESULT(5, "{'id':2}") RESULT(4, "{'id':5}"),
         .requests = REQUEST(1, "list", "'threads':['db'],'members':['id']") REQUEST(
             2, "list", "'threads':['web-*']") REQUEST(3, "restart", "'thread':1,'members':['id']")
             REQUEST(4, "restart", "'thread':5,'members':['id']")
                 REQUEST(5, "restart", "'thread':'db','members':['id']")},
        {.words = "restart web-*",
         .replies = RESULT(1, "[]"),
         .requests = REQUEST(1, "list", "'threads':['web-*']"),
         .err = "k3thread: restart: InvalidThreadIdError: no thread fits 'web-*'\n",
         .status = 3},
        {.words = "restart",
         .err = "k3thread: restart: no thread\n"
                "Try 'k3thread restart --help' for more.\n",
         .status = 64},
        {.words = "restart web web/worker",
         .err = "k3thread: restart: ValueError: 'web/worker' means threads inside a process; only "
                "list and raise take them\n",
         .status = 64},
        {.words = "restart web",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "restart", "'thread':'web','members':['id']"),
         .err = "k3thread: restart: InvalidThreadIdError: no live thread\n",
         .status = 3},
        /* The first failure gives the status, and each is told. */
        {.words = "restart a b c",
         .replies = RESULT(1, "[]") ERROR(3, -32004, "SendRaiseError", "second")
             RESULT(2, "{'id':1}") ERROR(4, -32003, "InvalidThreadIdError", "third"),
         .requests = REQUEST(1, "list", "'threads':['a','b','c'],'members':['id']")
             REQUEST(2, "restart", "'thread':'a','members':['id']")
                 REQUEST(3, "restart", "'thread':'b','members':['id']")
                     REQUEST(4, "restart", "'thread':'c','members':['id']"),
         .err = "k3thread: restart: SendRaiseError: second\n"
                "k3thread: restart: InvalidThreadIdError: third\n",
         .status = 1},
        /* The thread that runs again is waited for. */
        {.words = "restart -w a b",
         .replies = RESULT(1, "[]") RESULT(2, "{'id':1}") NO_THREAD(3) RESULT(4, "{'id':1}"),
         .requests = REQUEST(1, "list", "'threads':['a','b'],'members':['id']")
             REQUEST(2, "restart", "'thread':'a','members':['id']")
                 REQUEST(3, "restart", "'thread':'b','members':['id']")
                     REQUEST(4, "join", "'thread':1," JOIN_MEMBERS ",'ready':true"),
         .err = "k3thread: restart: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "restart --wait a b",
         .replies = RESULT(1, "[]") RESULT(2, "{'id':1}") RESULT(3, "{'id':2}")
             RESULT(4, "{'id':1}") ERROR(5, -32010, "NotReadyError", "ended before it was ready"),
         .requests = REQUEST(1, "list", "'threads':['a','b'],'members':['id']")
             REQUEST(2, "restart", "'thread':'a','members':['id']")
                 REQUEST(3, "restart", "'thread':'b','members':['id']")
                     REQUEST(4, "join", "'thread':1," JOIN_MEMBERS ",'ready':true")
                         REQUEST(5, "join", "'thread':2," JOIN_MEMBERS ",'ready':true"),
         .err = "k3thread: restart: NotReadyError: ended before it was ready\n",
         .status = 1},
        {.words = "restart --wait a b",
         .replies = RESULT(1, "[]") RESULT(2, "{'id':1}") RESULT(3, "{'id':2}")
             ERROR(4, -32010, "NotReadyError", "ended before it was ready") RESULT(5, "{'id':2}"),
         .requests = REQUEST(1, "list", "'threads':['a','b'],'members':['id']")
             REQUEST(2, "restart", "'thread':'a','members':['id']")
                 REQUEST(3, "restart", "'thread':'b','members':['id']")
                     REQUEST(4, "join", "'thread':1," JOIN_MEMBERS ",'ready':true")
                         REQUEST(5, "join", "'thread':2," JOIN_MEMBERS ",'ready':true"),
         .err = "k3thread: restart: NotReadyError: ended before it was ready\n",
         .status = 1},
        {.words = "restart --wait a",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "restart", "'thread':'a','members':['id']"),
         .err = "k3thread: restart: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "restart a b",
         .replies = RESULT(1, "[]") RESULT(2, "{'id':1}"),
         .goes_away = true,
         .requests = REQUEST(1, "list", "'threads':['a','b'],'members':['id']")
             REQUEST(2, "restart", "'thread':'a','members':['id']")
                 REQUEST(3, "restart", "'thread':'b','members':['id']"),
         .err = "k3thread: restart: the supervisor went away without a reply; see /dev/null\n",
         .status = 1},
        {.words = "restart a b",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "list", "'threads':['a','b'],'members':['id']"),
         .err = "k3thread: restart: InvalidThreadIdError: no live thread\n",
         .status = 3},
    };

    PLAY_ALL(plays);
}

static void plays_of_slots(void)
{
    static const struct play plays[] = {
        {.words = "slots",
         .replies = RESULT(1, "{'slots':4,'running':2,'queued':1}"),
         .requests = REQUEST(1, "slots", ),
         .out = "4\n"},
        {.words = "slots",
         .replies = RESULT(1, "{'slots':null,'running':2,'queued':0}"),
         .requests = REQUEST(1, "slots", ),
         .out = "none\n"},
        {.words = "slots --json",
         .replies = RESULT(1, "{'slots':4,'running':2,'queued':1}"),
         .requests = REQUEST(1, "slots", ),
         .out = "{\n"
                "  \"slots\": 4,\n"
                "  \"running\": 2,\n"
                "  \"queued\": 1\n"
                "}\n"},
        {.words = "slots -l",
         .replies = RESULT(1, "{'slots':4,'running':2,'queued':1}"),
         .requests = REQUEST(1, "slots", ),
         .out = "SLOTS  RUNNING  QUEUED\n"
                "4      2        1\n"},
        {.words = "slots 0",
         .replies = RESULT(1, "{'slots':0}"),
         .requests = REQUEST(1, "slots", "'slots':0")},
        {.words = "slots 1000000",
         .replies = RESULT(1, "{'slots':1000000}"),
         .requests = REQUEST(1, "slots", "'slots':1000000")},
        {.words = "slots none",
         .replies = RESULT(1, "{'slots':null}"),
         .requests = REQUEST(1, "slots", "'slots':'none'")},
        {.words = "slots --long 3",
         .replies = RESULT(1, "{'slots':3,'running':0,'queued':0}"),
         .requests = REQUEST(1, "slots", "'slots':3"),
         .out = "SLOTS  RUNNING  QUEUED\n"
                "3      0        0\n"},
        {.words = "slots 1000001",
         .err = "k3thread: slots: ValueError: slots takes a number from 0 to 1000000, or 'none', "
                "not '1000001'\n",
         .status = 64},
        {.words = "slots -- -1",
         .err = "k3thread: slots: ValueError: slots takes a number from 0 to 1000000, or 'none', "
                "not '-1'\n",
         .status = 64},
        {.words = "slots 1 2",
         .err = "k3thread: slots: give one number at most\n"
                "Try 'k3thread slots --help' for more.\n",
         .status = 64},
        {.words = "slots --json --long",
         .err = "k3thread: slots: --json and --long exclude each other\n"
                "Try 'k3thread slots --help' for more.\n",
         .status = 64},
        {.words = "slots",
         .replies = ERROR(1, -32603, "", "broken"),
         .requests = REQUEST(1, "slots", ),
         .err = "k3thread: slots: broken\n",
         .status = 1},
    };

    PLAY_ALL(plays);
}

static void plays_of_clear(void)
{
    static const struct play plays[] = {
        {.words = "clear", .replies = RESULT(1, "[]"), .requests = REQUEST(1, "clear", )},
        {.words = "clear web 7",
         .replies = RESULT(1, "[]"),
         .requests = REQUEST(1, "clear", "'threads':['web',7]")},
        {.words = "clear web",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "clear", "'threads':['web']"),
         .err = "k3thread: clear: InvalidThreadIdError: no live thread\n",
         .status = 3},
    };

    PLAY_ALL(plays);
}

static int poll_errors[2]; /* of the next waits; 0: none */

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);

/* The linker puts this in front of the function: see the Makefile. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    if (count != 2) /* that of a reply */
        return __real_poll(fds, count, timeout);
    errno = poll_errors[0];
    poll_errors[0] = poll_errors[1];
    poll_errors[1] = 0;
    return errno != 0 ? -1 : __real_poll(fds, count, timeout);
}

/* Events are shown as they come, up to a failure. */
static void plays_of_waiting_watch(void)
{
    struct play live = {
        .words = "watch",
        .replies = RESULT(1, "{}") "!sleeps\n" EVENT(
            "'event':'created','time':3723.5,'thread':{'id':1,'name':'web'}") "!await created\n",
        .dialogue = true,
        .goes_away = true,
        .requests = REQUEST(1, "watch", ),
        .out = "01:02:03 web (1) created\n"};
    struct play failing = {.words = "watch",
                           .replies = RESULT(1, "{}"),
                           .dialogue = true,
                           .requests = REQUEST(1, "watch", ),
                           .status = 1};
    int         ends[2];

    CHECK(setenv("TZ", "UTC", 1) == 0);
    play(&live);
    poll_errors[0] = EINTR;
    play(&live);
    poll_errors[0] = EINTR;
    poll_errors[1] = ENOMEM;
    failing.err = "k3thread: watch: poll: Cannot allocate memory\n";
    play(&failing);
    CHECK(pipe2(ends, O_CLOEXEC) == 0 && close(ends[0]) == 0);
    failing.output = ends[1]; /* nobody reads it any more */
    failing.err = NULL;
    play(&failing);
    close(ends[1]);
    failing.output = open("/dev/full", O_WRONLY | O_CLOEXEC);
    failing.replies = RESULT(1, "{}") EVENT("'event':'missed','time':1,'missed':1")
        EVENT("'event':'missed','time':1,'missed':2"); /* the failure is told once */
    failing.err = "k3thread: watch: cannot write to standard output: No space left on device\n";
    play(&failing);
    close(failing.output);
}

static void plays_of_watch(void)
{
    static const struct play plays[] = {
        {.words = "watch",
         .replies = EVENT("'event':'created','time':3723.5,'thread':{'id':1,'name':'web'}") RESULT(
             1, "{}") EVENT("'event':'raised','time':3724,'thread':{'id':1,'name':'web'},'"
                            "exception':'SystemExit','message':'enough'")
             EVENT("'event':'raised','time':3724,'thread':{'id':1,'name':'web'},'exception':'"
                   "SystemExit','message':null")
                 EVENT(
                     "'event':'raised','time':3724,'thread':{'id':1,'name':'web'},'inner':{'id':'1/"
                     "3','name':'web/worker'},'exception':'MyError','message':null")
                     EVENT("'event':'left','time':3725,'thread':{'id':1,'name':'web','left':[{'pid'"
                           ":9,'"
                           "command':['nap'],'seconds':2,'listens':[]}]}")
                         EVENT("'event':'restarted','time':3725,'asked':true,'thread':{'id':1,'"
                               "name':'web','"
                               "runs':2,'exit_code':3}")
                             EVENT("'event':'restarted','time':3725,'asked':false,'thread':{'id':1,"
                                   "'name':'"
                                   "web','runs':3,'exit_code':3}")
                                 EVENT("'event':'ended','time':3726,'thread':{'id':1,'name':'web','"
                                       "exit_code':0}")
                                     EVENT("'event':'missed','time':3727,'missed':12"),
         .goes_away = true,
         .requests = REQUEST(1, "watch", ),
         .out = "01:02:03 web (1) created\n"
                "01:02:04 web (1) raised SystemExit: enough\n"
                "01:02:04 web (1) raised SystemExit\n"
                "01:02:04 web/worker (1/3) raised MyError\n"
                "01:02:05 web (1) left process 9 (nap)\n"
                "01:02:05 web (1) restarted: exit 3; run 2 begins as asked\n"
                "01:02:05 web (1) restarted: exit 3; run 3 begins\n"
                "01:02:06 web (1) ended: exit 0\n"
                "01:02:07 missed 12 events\n"},
        {.words = "watch --json",
         .replies = RESULT(1, "{}")
             EVENT("'event':'created','time':1700000000.1,'thread':{'id':1,'name':'w'}"),
         .goes_away = true,
         .requests = REQUEST(1, "watch", ),
         .out = "{\"event\":\"created\",\"time\":1700000000.1,\"thread\":{\"id\":1,\"name\":"
                "\"w\"}}\n"},
        {.words = "watch",
         .replies = ERROR(1, -32603, "", "broken"),
         .requests = REQUEST(1, "watch", ),
         .err = "k3thread: watch: broken\n",
         .status = 1},
    };

    CHECK(setenv("TZ", "UTC", 1) == 0);
    PLAY_ALL(plays);
}

TEST_MAIN({"list", plays_of_list}, {"raise", plays_of_raise}, {"restart", plays_of_restart},
          {"slots", plays_of_slots}, {"clear", plays_of_clear}, {"watch", plays_of_watch},
          {"watch-waits", plays_of_waiting_watch})
