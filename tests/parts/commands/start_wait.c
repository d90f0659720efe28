/* Tests `start --wait`. */
#include "tests/parts/commands/played_logs.h"

#include <poll.h>

double __real_clock_monotonic(void);
double __wrap_clock_monotonic(void);

double __wrap_clock_monotonic(void)
{
    return __real_clock_monotonic() + (play_ahead != NULL ? *play_ahead : 0);
}

static int poll_error;

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    if (poll_error == 0 || count == 1)
        return __real_poll(fds, count, timeout);
    errno = poll_error;
    return -1;
}

/* The thread has ended, but this process cannot wait for its log. */
static void a_failure_of_the_wait_is_told(void)
{
    static const struct play failed = {
        .words = "start -w -C / true",
        .replies = RESULT(1, "{'id':1}") ENDED(3, 0),
        .requests = REQUEST(1, "start",
                            "'command':['true'],'environment':true,'directory':'/"
                            "','umask':18,'members':['id'],'keep':true")
            REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
        .err = "k3thread: start: poll: Cannot allocate memory\n",
        .status = 125};

    (void) umask(022);
    poll_error = ENOMEM;
    play(&failed);
}

static void plays_of_start_wait(void)
{
    static const struct play plays[] = {
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) ENDED(3, 3),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .out = "one\n"
                "two\n"
                "three",
         .status = 3},
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1)
             RESULT(3, "{'id':1,'name':'web','runs':0,'exit_code':127,'message':'not found'}"),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .out = "one\n"
                "two\n"
                "three",
         .err = "k3thread: start: not found\n",
         .status = 127},
        {.words = "start -w -C / true",
         .replies = ERROR(1, -32003, "InvalidThreadIdError", "no thread") NO_THREAD(2) NO_THREAD(3),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .err = "k3thread: start: InvalidThreadIdError: no thread\n",
         .status = 3},
        {.words = "start -w -C / true",
         .replies = ERROR(1, -32009, "RuntimeError", "ends") NO_THREAD(2) NO_THREAD(3),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .err = "k3thread: start: RuntimeError: ends\n",
         .status = 125},
        /* A log that cannot be shown is no failure. */
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 3) ENDED(3, 3),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .status = 3},
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}")
             RESULT(2, "{'name':'web','log':'/dev/null','offset':0,'begun':true}") ENDED(3, 0),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", )},
        /* The replies come in any order. */
        {.words = "start -w -C / true",
         .replies = LOG(2, 0, 1) RESULT(1, "{'id':1}") ENDED(3, 3),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .out = "one\n"
                "two\n"
                "three",
         .status = 3},
        {.words = "start -w -C / true",
         .replies = ENDED(3, 3) LOG(2, 0, 1) RESULT(1, "{'id':1}"),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .out = "one\n"
                "two\n"
                "three",
         .status = 3},
        /* In a script, the run shows the output. */
        {.words = "start -w -C / true",
         .scripted = true,
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) ENDED(3, 3),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .status = 3},
        /* A thread goes on without an output that takes nothing, or that is its log; one without a reader ends it. */
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) ENDED(3, 0),
         .output = FULL,
         .any_out = true,
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .err = "k3thread: start: cannot write to standard output, the thread goes on without it: "
                "No space left on device\n"},
        {
            .words = "start -w -C / true",
            .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) "!sleeps\n" ENDED(3, 0),
            .output = OWN_LOG,
            .any_out = true,
            .dialogue = true,
            .requests = REQUEST(1, "start",
                                "'command':['true'],'environment':true,'directory':'/"
                                "','umask':18,'members':['id'],'keep':true")
                REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
        },
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) RESULT(4, "[]") ENDED(3, 143),
         .output = UNREAD,
         .any_out = true,
         .dialogue = true,
         .requests =
             REQUEST(1, "start",
                     "'command':['true'],'environment':true,'directory':'/"
                     "','umask':18,'members':['id'],'keep':true") REQUEST(2, "logs", "'begun':true")
                 REQUEST(3, "join", ) REQUEST(4, "raise", "'thread':1,'exception':'SystemExit'"),
         .status = 141},
        /* The connection ends before the start is answered. */
        {.words = "start -w -C / true",
         .replies = LOG(2, 0, 1),
         .goes_away = true,
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .err = "k3thread: start: the supervisor went away without a reply; see /dev/null\n",
         .status = 125},
        /* The thread was cleared. */
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) NO_THREAD(3),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .out = "one\n"
                "two\n"
                "three",
         .status = 125},
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1),
         .goes_away = true,
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .err = "k3thread: start: the supervisor went away without a reply; see /dev/null\n",
         .status = 125},
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") NO_THREAD(2) ENDED(3, 4),
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .status = 4},
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) "!kill 15\n" RESULT(4, "[]") ENDED(3, 143),
         .ended_by = 15,
         .dialogue = true,
         .requests =
             REQUEST(1, "start",
                     "'command':['true'],'environment':true,'directory':'/"
                     "','umask':18,'members':['id'],'keep':true") REQUEST(2, "logs", "'begun':true")
                 REQUEST(3, "join", ) REQUEST(4, "raise", "'thread':1,'exception':'SystemExit'"),
         .out = "one\n"
                "two\n"
                "three",
         .status = 143},
        /* A copy of the signal does nothing, and a later signal kills. */
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}")
             LOG(2, 0, 1) "!kill 2\n" RESULT(4, "[]") "!kill 2\n"
                                                      "!append d/1.log more\n"
                                                      "!await more\n"
                                                      "!later 1.5\n"
                                                      "!kill 1\n" RESULT(5, "[]") ENDED(3, 137),
         .ended_by = 2,
         .dialogue = true,
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", )
                 REQUEST(4, "raise", "'thread':1,'exception':'KeyboardInterrupt'")
                     REQUEST(5, "raise", "'thread':1,'exception':'SIGKILL'"),
         .out = "one\n"
                "two\n"
                "threemore\n",
         .status = 137},
        {.words = "start -w -i -C / cat",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) RESULT(4, "{'taken':4}")
             RESULT(5, "{'taken':0}") ENDED(3, 0),
         .input = "abc\n",
         .dialogue = true,
         .requests = REQUEST(1, "start",
                             "'command':['cat'],'environment':true,'directory':'/"
                             "','umask':18,'input':true,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", )
                 REQUEST(4, "send", "'thread':1,'text':'abc\\n','eof':false")
                     REQUEST(5, "send", "'thread':1,'text':'','eof':true"),
         .out = "one\n"
                "two\n"
                "threemore\n"},
        /* A command that takes no input goes on. */
        {.words = "start -w -i -C / cat",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) ERROR(4, -32004, "SendRaiseError", "closed")
             ENDED(3, 0),
         .input = "abc\n",
         .dialogue = true,
         .requests = REQUEST(1, "start",
                             "'command':['cat'],'environment':true,'directory':'/"
                             "','umask':18,'input':true,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", )
                 REQUEST(4, "send", "'thread':1,'text':'abc\\n','eof':false"),
         .out = "one\n"
                "two\n"
                "threemore\n"},
        {.words = "start -w -i -C / cat",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) RESULT(4, "{'taken':0}") ENDED(3, 0),
         .input = "",
         .dialogue = true,
         .requests = REQUEST(1, "start",
                             "'command':['cat'],'environment':true,'directory':'/"
                             "','umask':18,'input':true,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", )
                 REQUEST(4, "send", "'thread':1,'text':'','eof':true"),
         .out = "one\n"
                "two\n"
                "threemore\n"},
        {.words = "start -w -i -C / cat",
         .replies = RESULT(1, "{'id':1}") LOG(2, 13, 1) RESULT(4, "{'taken':60000}")
             RESULT(5, "{'taken':0}") ENDED(3, 0),
         .ones = 60000,
         .dialogue = true,
         .any_requests = true,
         .out = "more\n"},
        /* The output that failed is not written to again. */
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}")
             LOG(2, 0, 4) "!sleeps\n!append d/4.log more\n!sleeps\n" ENDED(3, 0),
         .output = FULL,
         .any_out = true,
         .dialogue = true,
         .any_requests = true,
         .err = "k3thread: start: cannot write to standard output, the thread goes on without it: "
                "No space left on device\n"},
        {.words = "start -w -C /no/such true",
         .err = "k3thread: start: ValueError: --directory: /no/such: No such file or directory\n",
         .status = 64},
        {.words = "start -w true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'far\\n','end':true}") ENDED(4, 2),
         .far = true,
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true")
                 REQUEST(3, "read", "'reader':1,'open':true,'follow':true,'times':false")
                     REQUEST(4, "join", ),
         .out = "far\n",
         .status = 2},
        {.words = "start -w true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) ERROR(3, -32009, "RuntimeError", "no log")
             ENDED(4, 2),
         .far = true,
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true")
                 REQUEST(3, "read", "'reader':2,'open':true,'follow':true,'times':false")
                     REQUEST(4, "join", ),
         .status = 2},
    };

    make_logs();
    open_outputs();
    PLAY_ALL(plays);
}

TEST_MAIN({"start-wait", plays_of_start_wait}, {"poll", a_failure_of_the_wait_is_told})
