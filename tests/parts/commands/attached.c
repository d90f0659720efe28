/* Tests attach, and start --wait --tty: what a terminal shows, and what the
 * supervisor gets. */
#include "tests/parts/commands/played.h"

#include <sys/stat.h>

/* The reply to the request that attaches, and output of the terminal. */
#define ATTACHED    RESULT(1, "{'id':7,'name':'web'}")
#define SHOWS(data) EVENT("'data':'" data "'")
#define THREAD_ENDS EVENT("'thread':{'id':7}")

/* The request of an attach to the thread web, at a terminal of the usual size. */
#define ATTACH                                                                                     \
    REQUEST(1, "terminal",                                                                         \
            "'thread':'web','rows':24,'columns':80,'read_only':false,'members':['id','name']")

static void plays_of_attach(void)
{
    static const struct play plays[] = {
        {.words = "attach web",
         .replies = ATTACHED SHOWS("hello") "!await hello\n"
                                            "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "hello\r\n",
         .err = "[detached from thread 'web']\n"},
        /* A line that has ended is not ended again. */
        {.words = "attach 7",
         .replies = ATTACHED SHOWS("hello\\r\\n") "!await hello\n"
                                                  "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = REQUEST(1, "terminal",
                             "'thread':7,'rows':24,'columns':80,'read_"
                             "only':false,'members':['id','name']"),
         .out = "hello\r\n",
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") THREAD_ENDS,
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "x\r\n",
         .err = "[thread 'web' has ended]\n"},
        /* Keys go to the program up to those that detach. */
        {.words = "attach web",
         .replies =
             ATTACHED SHOWS("x") "!await x\n"
                                 "!type abc\n" RESULT(2, "{'taken':3}") "!type \034\034\n" RESULT(
                                     3, "{'taken':"
                                        "1}") "!type"
                                              " "
                                              "q\034"
                                              "dz"
                                              "\n" RESULT(4, "{"
                                                             "'"
                                                             "t"
                                                             "a"
                                                             "k"
                                                             "e"
                                                             "n"
                                                             "'"
                                                             ":"
                                                             "1"
                                                             "}"),
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH REQUEST(2, "send", "'thread':7,'text':'abc'") REQUEST(
             3, "send", "'thread':7,'text':'\\u001C'") REQUEST(4, "send", "'thread':7,'text':'q'"),
         .out = "x\r\n",
         .err = "[detached from thread 'web']\n"},
        /* Ctrl-C leaves where no key goes to the program. */
        {.words = "attach --read-only web",
         .replies = ATTACHED SHOWS("x") "!await x\n"
                                        "!type abc\n" SHOWS("y") "!await y\n"
                                                                 "!type \003\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = REQUEST(1, "terminal",
                             "'thread':'web','rows':24,'columns':80,'"
                             "read_only':true,'members':['id','name']"),
         .out = "xy\r\n",
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n"
                                        "!type \003\n" RESULT(2, "{'taken':1}") "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH REQUEST(2, "send", "'thread':7,'text':'\\u0003'"),
         .out = "x\r\n",
         .err = "[detached from thread 'web']\n"},
        /* A screen that was drawn is left at its end. */
        {.words = "attach web",
         .replies = ATTACHED SHOWS("a\\u001b[5;5Hb") "!await Hb\n"
                                                     "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "a\033[5;5Hb\033[999;1H\r\n",
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("\\u001b[?1049h\\u001b[5;5Hb") "!await Hb\n"
                                                                  "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "\033[?1049h\033[5;5Hb\033[?1049l",
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("\\u001b[?1049h\\u001b[5;5Hb\\u001b[?"
                                   "1049lc") "!await lc\n"
                                             "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "\033[?1049h\033[5;5Hb\033[?1049lc\r\n",
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("\\u001b[?25l\\u001b[?1000h!\\n") "!await !\n"
                                                                     "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "\033[?25l\033[?1000h!\n"
                "\033[?25h\033[?1000l",
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n"
                                        "!kill 15\n",
         .ended_by = 15,
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "x\r\n",
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n"
                                        "!kill 1\n",
         .ended_by = 1,
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "x\r\n",
         .err = "[detached from thread 'web']\n"},
        /* The terminal of the thread gets the new size. Who goes on after
         a stop sets this terminal anew. */
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n"
                                        "!size 30\n"
                                        "!kill 28\n" RESULT(2, "{}") SHOWS(
                                            "y") "!await y\n"
                                                 "!cook\n"
                                                 "!kill 18\n" RESULT(3, "{}") "!type k\n" RESULT(
                                                     4, "{'taken':1}") SHOWS("z") "!await z\n"
                                                                                  "!kill 2\n",
         .ended_by = 2,
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH REQUEST(2, "terminal",
                                    "'thread':7,'rows':30,'columns':100,'read_only':"
                                    "false,'members':['id','name']")
             REQUEST(3, "terminal",
                     "'thread':7,'rows':30,'columns':100,'read_only':"
                     "false,'members':['id','name']") REQUEST(4, "send", "'thread':7,'text':'k'"),
         .out = "xyz\r\n",
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .replies = NO_THREAD(1),
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .err = "k3thread: attach: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "attach web",
         .replies = ATTACHED,
         .terminal = TERMINAL,
         .dialogue = true,
         .goes_away = true,
         .requests = ATTACH,
         .err = "k3thread: attach: the supervisor went away without a "
                "reply; see /dev/null\n",
         .status = 1},
        /* Keys that are refused are lost, and nothing else. */
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n"
                                        "!type a\n" ERROR(2, -32011, "OSError", "another types")
                                            SHOWS("y") THREAD_ENDS,
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH REQUEST(2, "send", "'thread':7,'text':'a'"),
         .out = "xy\r\n",
         .err = "[thread 'web' has ended]\n"},
        {.words = "attach web",
         .replies = RESULT(1, "{'id':7,'name':{'base64':'d2Vi/w=='}}") "{'jsonrpc':'2.0','"
                                                                       "method':'output','"
                                                                       "params':{'data':{'"
                                                                       "base64':'/"
                                                                       "2E='}}}"
                                                                       "\n" THREAD_ENDS,
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "\377a\r\n",
         .err = "[thread 'web\\xff' has ended]\n"},
        /* Keys that were taken, or refused, do not count. */
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n"
                                        "!paste 40000\n"
                                        "!drain 39000\n"
                                        "{'result':{'taken':40000},'id':2}\n" SHOWS(
                                            "y") "!await y\n"
                                                 "!paste 40000\n"
                                                 "!drain 40000\n"
                                                 "{'error':{},'id':2}\n" SHOWS("z") "!await z\n"
                                                                                    "!paste 40000\n"
                                                                                    "!drain 39000\n"
                                                                                    "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .any_requests = true,
         .out = "xyz\r\n",
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") THREAD_ENDS SHOWS("late"),
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "x\r\n",
         .err = "[thread 'web' has ended]\n"},
        /* A program that reads no keys loses those after 64 KiB. A
         request that the socket does not take is sent later. */
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n"
                                        "!paste 70000\n"
                                        "!await \a\n"
                                        "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .any_out = true,
         .any_requests = true,
         .err = "[detached from thread 'web']\n"},
        /* A terminal that shows slowly loses nothing. */
        {.words = "attach web",
         .replies = ATTACHED "!flood 30000\n" SHOWS("end") "!await end\n"
                                                           "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .any_out = true,
         .any_requests = true,
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .err = "k3thread: attach: standard input and output must be a "
                "terminal; \"k3thread logs -f\" shows the output "
                "elsewhere\n",
         .status = 64},
        {.words = "attach",
         .err = "k3thread: attach: no thread\n"
                "Try 'k3thread attach --help' for more.\n",
         .status = 64},
        {.words = "attach a b",
         .err = "k3thread: attach: unexpected argument 'b'\n"
                "Try 'k3thread attach --help' for more.\n",
         .status = 64},
        {.words = "attach w*",
         .err = "k3thread: attach: ValueError: 'w*' is a pattern; give "
                "one name or id\n",
         .status = 64},
        {.words = "attach web/worker",
         .err = "k3thread: attach: ValueError: 'web/worker' means threads "
                "inside a process; only list and raise take them\n",
         .status = 64},
    };

    PLAY_ALL(plays);
}

/* The errors of the next reads of keys; 0: there is none. ENDS: the terminal is gone. */
enum { ENDS = -1 };
static int read_errors[3];

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);

/* The linker puts this in front of the function: see the Makefile. */
ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    int error = fd == STDIN_FILENO ? read_errors[0] : 0;

    if (error == 0)
        return __real_read(fd, bytes, size);
    memmove(read_errors, read_errors + 1, sizeof(read_errors) - sizeof(read_errors[0]));
    errno = error != ENDS ? error : EAGAIN; /* of another call, at the end */
    return error == ENDS ? 0 : -1;
}

/* How many descriptors of signals can still be made, and whether the terminal can be opened anew. */
static int  signalfds = 100;
static bool reopens = true;

int __real_signalfd(int fd, const sigset_t *set, int flags);
int __wrap_signalfd(int fd, const sigset_t *set, int flags);
int __wrap_signalfd(int fd, const sigset_t *set, int flags)
{
    if (signalfds-- > 0)
        return __real_signalfd(fd, set, flags);
    errno = EMFILE;
    return -1;
}

int __real_descriptors_reopen(int fd, int flags);
int __wrap_descriptors_reopen(int fd, int flags);
int __wrap_descriptors_reopen(int fd, int flags)
{
    return reopens ? __real_descriptors_reopen(fd, flags) : -ENXIO;
}

static const struct play usual = {.words = "attach web",
                                  .replies = ATTACHED SHOWS("x") "!await x\n!type \034d\n",
                                  .terminal = TERMINAL,
                                  .dialogue = true,
                                  .leaves = true,
                                  .requests = ATTACH,
                                  .out = "x\r\n",
                                  .err = "[detached from thread 'web']\n"};

static void plays_of_terminals(void)
{
    static const struct play plays[] = {
        /* A terminal that was stopped shows the rest when it goes on. */
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n!stop\n" SHOWS(
             "yz") "!sleeps\n!go\n!await xyz\n!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "xyz\r\n",
         .err = "[detached from thread 'web']\n"},
        /* A signal is not kept waiting by such a terminal, whatever has to be shown. */
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n!stop\n" SHOWS("yz") "!sleeps\n!kill 15\n",
         .ended_by = 15,
         .terminal = ALL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "x"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n!stop\n!sleeps\n!kill 1\n",
         .ended_by = 1,
         .terminal = ALL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "x"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x\\r\\n") "!await x\n!stop\n!sleeps\n!kill 1\n",
         .ended_by = 1,
         .terminal = ALL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "x\r\n"},
        {.words = "attach web",
         .replies = ATTACHED SHOWS("x") "!await x\n!kill 15\n",
         .ended_by = 15,
         .terminal = ALL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "x\r\n[detached from thread 'web']\r\n"},
        /* A main screen that was drawn before the alternate one is left at its end. */
        {.words = "attach web",
         .replies = ATTACHED SHOWS(
             "a\\u001b[5;5Hb\\u001b[?1049h\\u001b[?1049lc") "!await lc\n!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH,
         .out = "a\033[5;5Hb\033[?1049h\033[?1049lc\033[999;1H\r\n",
         .err = "[detached from thread 'web']\n"},
        /* An Escape, with which other keys begin, is a key after a pause. */
        {.words = "attach web",
         .replies =
             ATTACHED SHOWS("x") "!await x\n!type \033\n" RESULT(2, "{'taken':1}") "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ATTACH REQUEST(2, "send", "'thread':7,'text':'\\u001B'"),
         .out = "x\r\n",
         .err = "[detached from thread 'web']\n"},
        /* 64 KiB of keys may wait to be read, and no more. Keys that were refused do not wait, nor more than came. */
        {.words = "attach web",
         .replies = ATTACHED
             SHOWS("x") "!await x\n!type a\n" RESULT(2, "{'taken':100}") "!sleeps\n!type b\n" ERROR(
                 3, -32011, "OSError", "another types") "!sleeps\n!paste 65536\n!drain "
                                                        "65536\n!type a\n!await \a\n!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .any_requests = true,
         .out = "x\a\r\n",
         .err = "[detached from thread 'web']\n"},
        {.words = "attach web",
         .terminal = KEYS,
         .err = "k3thread: attach: standard input and output must be a terminal; \"k3thread logs "
                "-f\" shows the output elsewhere\n",
         .status = 64},
    };

    PLAY_ALL(plays);
}

static void plays_of_terminals_that_fail(void)
{
    static const char told[] = "k3thread: attach: cannot take signals: Too many open files\n";
    struct play       other = usual;

    read_errors[0] = EAGAIN;
    read_errors[1] = EINTR;
    play(&usual);
    CHECK_EQUAL(read_errors[0], 0);
    other.replies = ATTACHED SHOWS("x") "!await x\n!type a\n";
    read_errors[0] = ENDS;
    play(&other);
    read_errors[0] = EIO;
    play(&other);
    reopens = false; /* the descriptors that there are do it, too */
    play(&usual);
    other.replies = ATTACHED SHOWS("x") "!await x\n!kill 15\n";
    other.ended_by = 15;
    play(&other);
    reopens = true;
    other = (struct play){.words = "attach web", .terminal = TERMINAL, .status = 1, .err = told};
    for (int i = 0; i < 2; i++) {
        signalfds = i;
        play(&other);
    }
    signalfds = 100;
}

static void plays_of_attach_self(void)
{
    static const struct play plays[] = {
        {.words = "attach web",
         .replies = ATTACHED,
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = REQUEST(1, "terminal",
                             "'thread':'web','rows':24,'columns':80,'read_only':"
                             "false,'members':['id','name']"),
         .err = "k3thread: attach: ValueError: this is the terminal of that "
                "thread\n",
         .status = 64},
        {.words = "attach 8",
         .replies = RESULT(1, "{'id':8,'name':'b'}") THREAD_ENDS,
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = REQUEST(1, "terminal",
                             "'thread':8,'rows':24,'columns':80,'read_only':"
                             "false,'members':['id','name']"),
         .err = "[thread 'b' has ended]\n"},
        /* It is the thread of another machine. */
        {.words = "attach web",
         .replies = ATTACHED THREAD_ENDS,
         .terminal = TERMINAL,
         .dialogue = true,
         .far = true,
         .requests = REQUEST(1, "terminal",
                             "'thread':'web','rows':24,'columns':80,'read_only':"
                             "false,'members':['id','name']"),
         .err = "[thread 'web' has ended]\n"},
    };
    struct play own;

    CHECK(setenv("K3THREAD_ID", "7", 1) == 0 &&
          setenv("K3THREAD_SOCKET", "/nowhere/socket", 1) == 0);
    PLAY_ALL(plays);
    CHECK(unsetenv("K3THREAD_ID") == 0);
    play(&usual);
    CHECK(setenv("K3THREAD_ID", "7", 1) == 0 && setenv("K3THREAD_SOCKET", "/other", 1) == 0);
    play(&usual);
    CHECK(unsetenv("K3THREAD_SOCKET") == 0);
    play(&usual);
    own = plays[0]; /* the id is decimal */
    own.replies = RESULT(1, "{'id':10,'name':'web'}");
    CHECK(setenv("K3THREAD_ID", "10", 1) == 0 &&
          setenv("K3THREAD_SOCKET", "/nowhere/socket", 1) == 0);
    play(&own);
}

#define ASKED                                                                                      \
    REQUEST(1, "start",                                                                            \
            "'command':['vi'],'environment':true,'directory':'/','umask':18,'tty':true,'rows':24," \
            "'columns':80,'attach':true,'members':['id','name'],'keep':true")                      \
    REQUEST(2, "join", )
#define STARTED RESULT(1, "{'id':7,'name':'web'}")

static void plays_of_start_attach(void)
{
    static const struct play plays[] = {
        /* The user has left, and the thread goes on. */
        {.words = "start --wait --tty -C / vi",
         .replies = STARTED SHOWS("x") "!await x\n"
                                       "!type \034d\n",
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ASKED,
         .out = "x\r\n",
         .err = "[detached from thread 'web']\n"},
        /* The output, and the end, come before the reply to the start. */
        {.words = "start --wait --tty -C / vi",
         .replies = SHOWS("a") RESULT(2, "{'runs':1,'exit_code':4}") SHOWS("b\\r\\n")
             STARTED EVENT("'thread':7"),
         .terminal = TERMINAL,
         .requests = ASKED,
         .out = "ab\r\n",
         .err = "[thread 'web' has ended]\n",
         .status = 4},
        /* The reply to the join comes last. */
        {.words = "start --wait --tty -C / vi",
         .replies = STARTED SHOWS("a\\r\\n") EVENT("'thread':7")
             RESULT(2, "{'runs':0,'exit_code':126,'message':'not vi'}"),
         .terminal = TERMINAL,
         .requests = ASKED,
         .out = "a\r\n",
         .err = "[thread 'web' has ended]\nk3thread: start: not vi\n",
         .status = 126},
        {.words = "start --wait --tty -C / vi",
         .replies = ERROR(1, -32007, "FileNotFoundError", "no vi"),
         .terminal = TERMINAL,
         .dialogue = true,
         .requests = ASKED,
         .err = "k3thread: start: FileNotFoundError: no vi\n",
         .status = 125},
    };

    (void) umask(022);
    PLAY_ALL(plays);
}

TEST_MAIN({"attach", plays_of_attach}, {"attach-self", plays_of_attach_self},
          {"terminals", plays_of_terminals}, {"terminals-fail", plays_of_terminals_that_fail},
          {"start-attach", plays_of_start_attach})
