/* Tests join and send: what they send, what they say, their statuses. */
#include "tests/parts/commands/played.h"

/* Takes the place of the look at the disk: the disk of the logs at "full" is full. */
bool __wrap_disk_is_full(const char *path);

bool __wrap_disk_is_full(const char *path)
{
    return path != NULL && strcmp(path, "full") == 0;
}

static void plays_of_join(void)
{
    static const struct play plays[] = {
        {.words = "join web",
         .replies = RESULT(1, "{'id':1,'name':'web','runs':1,'exit_code':1,'signal':null,'"
                              "exception':null,'message':null}"),
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS),
         .status = 1},
        {.words = "join web",
         .replies = RESULT(1, "{'id':1,'name':'web','runs':1,'exit_code':3,'signal':null,'"
                              "exception':null,'message':null}"),
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS),
         .status = 3},
        {.words = "join -t 1.5 7",
         .replies = RESULT(1, "{'id':7,'name':'web','runs':1,'exit_code':0,'signal':null,'"
                              "exception':null,'message':null}"),
         .requests = REQUEST(1, "join", "'thread':7," JOIN_MEMBERS ",'timeout':1.5")},
        {.words = "join --timeout=1 7",
         .replies = ERROR(1, -32005, "TimeoutError", "not ended in time"),
         .requests = REQUEST(1, "join", "'thread':7," JOIN_MEMBERS ",'timeout':1.0"),
         .err = "k3thread: join: TimeoutError: not ended in time\n",
         .status = 124},
        /* The first status in the given order counts. */
        {.words = "join a b c",
         .replies = RESULT(1, "[]") RESULT(4, "{'id':3,'name':'c','runs':1,'exit_code':5,'signal':"
                                              "null,'exception':null,'message':null}")
             RESULT(2, "{'id':1,'name':'a','runs':1,'exit_code':0,'signal':null,'exception':null,'"
                       "message':null}") RESULT(3, "{'id':2,'name':'b','runs':1,'exit_code':4,'"
                                                   "signal':null,'exception':null,'message':null}"),
         .requests = REQUEST(1, "list", "'threads':['a','b','c'],'members':['id']")
             REQUEST(2, "join", "'thread':'a'," JOIN_MEMBERS)
                 REQUEST(3, "join", "'thread':'b'," JOIN_MEMBERS)
                     REQUEST(4, "join", "'thread':'c'," JOIN_MEMBERS),
         .status = 4},
        /* A command that could not be run says why. */
        {.words = "join --all",
         .replies = RESULT(1, "[{'id':1,'name':'a'},{'id':2,'name':'b'}]")
             RESULT(2, "{'id':1,'name':'a','runs':1,'exit_code':0,'signal':null,'exception':null,'"
                       "message':null}")
                 RESULT(3, "{'id':2,'name':'b','runs':0,'exit_code':127,'message':'not found'}"),
         .requests = REQUEST(1, "list", "'live':true") REQUEST(
             2, "join", "'thread':1," JOIN_MEMBERS) REQUEST(3, "join", "'thread':2," JOIN_MEMBERS),
         .err = "k3thread: join: thread 'b' (id 2): not found\n",
         .status = 127},
        {.words = "join --all",
         .replies = RESULT(1, "[]"),
         .requests = REQUEST(1, "list", "'live':true")},
        {.words = "join --all",
         .replies = ERROR(1, -32009, "RuntimeError", "no list"),
         .requests = REQUEST(1, "list", "'live':true"),
         .err = "k3thread: join: RuntimeError: no list\n",
         .status = 125},
        /* A thread that was cleared ended as the list shows. */
        {.words = "join w*",
         .replies = RESULT(1, "[{'id':1,'name':'w1','ended':null},{'id':2,'name':'w2','ended':5,'"
                              "exit_code':4},{'id':3,'name':'w2','ended':5,'exit_code':6}]")
             RESULT(2, "{'id':1,'name':'w1','runs':1,'exit_code':0,'signal':null,'exception':null,'"
                       "message':null}") ERROR(3, -32003, "InvalidThreadIdError", "no thread 3"),
         .requests = REQUEST(1, "list", "'threads':['w*']") REQUEST(
             2, "join", "'thread':1," JOIN_MEMBERS) REQUEST(3, "join", "'thread':3," JOIN_MEMBERS),
         .status = 6},
        /* It was live in the list. */
        {.words = "join w*",
         .replies = RESULT(1, "[{'id':1,'name':'w1','ended':null}]") NO_THREAD(2),
         .requests =
             REQUEST(1, "list", "'threads':['w*']") REQUEST(2, "join", "'thread':1," JOIN_MEMBERS)},
        {.words = "join --ready w*",
         .replies = RESULT(1, "[{'id':1,'name':'w1','ended':5,'exit_code':4}]") NO_THREAD(2),
         .requests = REQUEST(1, "list", "'threads':['w*']")
             REQUEST(2, "join", "'thread':1," JOIN_MEMBERS ",'ready':true"),
         .err = "k3thread: join: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "join w*",
         .replies = RESULT(1, "[{'id':1,'name':'w1','ended':5,'exit_code':4}]")
             ERROR(2, -32009, "RuntimeError", "other"),
         .requests =
             REQUEST(1, "list", "'threads':['w*']") REQUEST(2, "join", "'thread':1," JOIN_MEMBERS),
         .err = "k3thread: join: RuntimeError: other\n",
         .status = 125},
        {.words = "join --ready web",
         .replies = RESULT(1, "{'id':1}"),
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS ",'ready':true")},
        /* The thread is ready; its status does not matter. */
        {.words = "join --ready web",
         .replies = RESULT(1, "{'id':1,'name':'web','runs':1,'exit_code':3,'signal':null,'"
                              "exception':null,'message':null}"),
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS ",'ready':true")},
        /* The last lines of a thread that is not ready are shown. */
        {.words = "join --ready a b",
         .replies = RESULT(1, "[]")
             RESULT(2, "{'id':1}") "{'id':3,'error':{'code':-32010,'message':'gone','data':{'type':"
                                   "'NotReadyError','tail':'last words\\n'}}}\n",
         .requests = REQUEST(1, "list", "'threads':['a','b'],'members':['id']")
             REQUEST(2, "join", "'thread':'a'," JOIN_MEMBERS ",'ready':true")
                 REQUEST(3, "join", "'thread':'b'," JOIN_MEMBERS ",'ready':true"),
         .err = "k3thread: join: NotReadyError: gone\n"
                "last words\n",
         .status = 125},
        {.words = "join --until=tcp::80 web",
         .replies = RESULT(1, "{'id':1}"),
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS ",'until':'tcp::80'")},
        {.words = "join --any a 2",
         .replies = RESULT(1, "{'id':2,'name':'b','runs':1,'exit_code':3,'signal':null,'exception':"
                              "null,'message':null}"),
         .requests = REQUEST(1, "join", "'any':['a',2]," JOIN_MEMBERS),
         .out = "b\n",
         .status = 3},
        {.words = "join --any --all -t 9",
         .replies = RESULT(
             1, "{'id':2,'name':'b\\u0007','runs':0,'exit_code':126,'message':'not executable'}"),
         .requests = REQUEST(1, "join", "'any':[]," JOIN_MEMBERS ",'timeout':9.0"),
         .out = "b\a\n",
         .err = "k3thread: join: thread 'b\\x07' (id 2): not executable\n",
         .status = 126},
        {.words = "join --any web",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "join", "'any':['web']," JOIN_MEMBERS),
         .err = "k3thread: join: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "join --any web",
         .replies = ERROR(1, -32009, "RuntimeError", "other"),
         .requests = REQUEST(1, "join", "'any':['web']," JOIN_MEMBERS),
         .err = "k3thread: join: RuntimeError: other\n",
         .status = 125},
        {.words = "join",
         .err = "k3thread: join: no thread; --all joins every live thread\n"
                "Try 'k3thread join --help' for more.\n",
         .status = 64},
        {.words = "join --all web",
         .err = "k3thread: join: --all takes no thread\n"
                "Try 'k3thread join --help' for more.\n",
         .status = 64},
        {.words = "join --any --ready web",
         .err = "k3thread: join: --any waits for an end; --ready and --until do not\n"
                "Try 'k3thread join --help' for more.\n",
         .status = 64},
        {.words = "join --any --until=line:x web",
         .err = "k3thread: join: --any waits for an end; --ready and --until do not\n"
                "Try 'k3thread join --help' for more.\n",
         .status = 64},
        {.words = "join --ready --until=line:x web",
         .err = "k3thread: join: --ready and --until do not go together\n"
                "Try 'k3thread join --help' for more.\n",
         .status = 64},
        {.words = "join web/worker",
         .err = "k3thread: join: ValueError: 'web/worker' means threads inside a process; only "
                "list and raise take them\n",
         .status = 64},
        {.words = "join -t x web",
         .err = "k3thread: join: ValueError: --timeout: 'x' is no time; seconds, or 200ms, 1.5s, "
                "2m, 1h\n",
         .status = 64},
        {.words = "join a b",
         .replies = RESULT(1, "[]") RESULT(2, "{'id':1,'name':'a','runs':1,'exit_code':0,'signal':"
                                              "null,'exception':null,'message':null}"),
         .goes_away = true,
         .requests = REQUEST(1, "list", "'threads':['a','b'],'members':['id']")
             REQUEST(2, "join", "'thread':'a'," JOIN_MEMBERS)
                 REQUEST(3, "join", "'thread':'b'," JOIN_MEMBERS),
         .err = "k3thread: join: the supervisor went away without a reply; see /dev/null\n",
         .status = 125},
        {.words = "join a b",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "list", "'threads':['a','b'],'members':['id']"),
         .err = "k3thread: join: InvalidThreadIdError: no live thread\n",
         .status = 3},
        /* A terminal shows what is waited for. */
        {.words = "join a b c",
         .replies = RESULT(1, "[]") RESULT(4, "{'id':3,'name':'c','runs':1,'exit_code':5,'signal':"
                                              "null,'exception':null,'message':null}")
             RESULT(2, "{'id':1,'name':'a','runs':1,'exit_code':0,'signal':null,'exception':null,'"
                       "message':null}") RESULT(3, "{'id':2,'name':'b','runs':1,'exit_code':4,'"
                                                   "signal':null,'exception':null,'message':null}"),
         .terminal = SCREEN,
         .requests = REQUEST(1, "list", "'threads':['a','b','c'],'members':['id']")
             REQUEST(2, "join", "'thread':'a'," JOIN_MEMBERS)
                 REQUEST(3, "join", "'thread':'b'," JOIN_MEMBERS)
                     REQUEST(4, "join", "'thread':'c'," JOIN_MEMBERS),
         .out = "\r"
                "\033[K0 of 3 have ended, waiting for a and 2 more\r"
                "\033[K1 of 3 have ended, waiting for a and 1 more\r"
                "\033[K2 of 3 have ended, waiting for b\r"
                "\033[K",
         .status = 4},
        {.words = "join a b",
         .replies = RESULT(1, "[]") RESULT(2, "{'id':1,'name':'a','runs':1,'exit_code':0,'signal':"
                                              "null,'exception':null,'message':null}")
             RESULT(3, "{'id':2,'name':'b','runs':1,'exit_code':0,'signal':null,'exception':null,'"
                       "message':null}"),
         .terminal = SCREEN,
         .requests = REQUEST(1, "list", "'threads':['a','b'],'members':['id']")
             REQUEST(2, "join", "'thread':'a'," JOIN_MEMBERS)
                 REQUEST(3, "join", "'thread':'b'," JOIN_MEMBERS),
         .out = "\r"
                "\033[K0 of 2 have ended, waiting for a and 1 more\r"
                "\033[K1 of 2 have ended, waiting for b\r"
                "\033[K"},
        {.words = "join web",
         .replies = RESULT(1, "{'id':1,'name':'web','runs':1,'exit_code':0,'signal':null,'"
                              "exception':null,'message':null}"),
         .terminal = SCREEN,
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS)},
        {.words = "join --until=line:up web",
         .replies = RESULT(1, "{'id':1}"),
         .terminal = SCREEN,
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS ",'until':'line:up'"),
         .out = "\r"
                "\033[Kwaiting for web, until this holds: line:up\r"
                "\033[K"},
        {.words = "join --until=line:up --all",
         .replies = RESULT(1, "[{'id':1,'name':'a'},{'id':2,'name':'b'}]") RESULT(2, "{'id':1}")
             RESULT(3, "{'id':1}"),
         .terminal = SCREEN,
         .requests = REQUEST(1, "list", "'live':true")
             REQUEST(2, "join", "'thread':1," JOIN_MEMBERS ",'until':'line:up'")
                 REQUEST(3, "join", "'thread':2," JOIN_MEMBERS ",'until':'line:up'"),
         .out = "\r"
                "\033[K0 of 2 have shown it, waiting for a and 1 more, until this holds: line:up\r"
                "\033[K1 of 2 have shown it, waiting for b, until this holds: line:up\r"
                "\033[K"},
        {.words = "join --ready web",
         .replies =
             RESULT(1, "[{'id':1,'name':'web','waits_for':'tcp::80'}]") RESULT(2, "{'id':1}"),
         .terminal = SCREEN,
         .requests = REQUEST(1, "list", "'threads':['web'],'members':['id','name','waits_for']")
             REQUEST(2, "join", "'thread':'web'," JOIN_MEMBERS ",'ready':true"),
         .out = "\r"
                "\033[Kwaiting for web, which waits for tcp::80\r"
                "\033[K"},
        {.words = "join --ready a 2",
         .replies = RESULT(1, "[]")
             RESULT(2, "[{'id':2,'name':'b','waits_for':'tcp::80'},{'id':1,'name':'a'}]")
                 RESULT(3, "{'id':1}") RESULT(4, "{'id':2}"),
         .terminal = SCREEN,
         .requests = REQUEST(1, "list", "'threads':['a',2],'members':['id']")
             REQUEST(2, "list", "'threads':['a',2],'members':['id','name','waits_for']")
                 REQUEST(3, "join", "'thread':'a'," JOIN_MEMBERS ",'ready':true")
                     REQUEST(4, "join", "'thread':2," JOIN_MEMBERS ",'ready':true"),
         .out = "\r"
                "\033[K0 of 2 are ready, waiting for a and 1 more\r"
                "\033[K1 of 2 are ready, waiting for 2, which waits for tcp::80\r"
                "\033[K"},
        {.words = "join --ready a",
         .replies = NO_THREAD(1) RESULT(2, "{'id':1}"),
         .terminal = SCREEN,
         .requests = REQUEST(1, "list", "'threads':['a'],'members':['id','name','waits_for']")
             REQUEST(2, "join", "'thread':'a'," JOIN_MEMBERS ",'ready':true"),
         .out = "\r"
                "\033[Kwaiting for a\r"
                "\033[K"},
        /* A name that is no text has one thread, the newest. */
        {.words = "join w*",
         .replies = RESULT(1, "[{'id':1,'name':{'base64':'/2E='}},{'id':2,'name':{'base64':'/"
                              "2E='}},{'id':3,'name':{'base64':'/2I='}}]")
             RESULT(2, "{'id':2,'name':'x','runs':1,'exit_code':0,'signal':null,'exception':null,'"
                       "message':null}") RESULT(3, "{'id':3,'name':'x','runs':1,'exit_code':9,'"
                                                   "signal':null,'exception':null,'message':null}"),
         .requests = REQUEST(1, "list", "'threads':['w*']") REQUEST(
             2, "join", "'thread':2," JOIN_MEMBERS) REQUEST(3, "join", "'thread':3," JOIN_MEMBERS),
         .status = 9},
        /* A probe may wait for a line that could not be written. */
        {.words = "join --ready web",
         .replies = RESULT(1, "{'id':1}"),
         .logs = "full",
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS ",'ready':true"),
         .err = "k3thread: join: the file system of the logs is full: full: output may be lost\n"},
        {.words = "join --until=line:x web",
         .replies = NO_THREAD(1),
         .logs = "full",
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS ",'until':'line:x'"),
         .err = "k3thread: join: the file system of the logs is full: full: output may be lost\n"
                "k3thread: join: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "join web",
         .replies = NO_THREAD(1),
         .logs = "full",
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS),
         .err = "k3thread: join: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "join --ready web",
         .replies = NO_THREAD(1),
         .logs = "full",
         .far = true,
         .requests = REQUEST(1, "join", "'thread':'web'," JOIN_MEMBERS ",'ready':true"),
         .err = "k3thread: join: InvalidThreadIdError: no live thread\n",
         .status = 3},
    };

    PLAY_ALL(plays);
}

static void plays_of_send(void)
{
    static const struct play plays[] = {
        {.words = "send web hello world",
         .replies = RESULT(1, "{'taken':12}"),
         .requests = REQUEST(1, "send", "'thread':'web','text':'hello world\\n','eof':false")},
        {.words = "send 7 a",
         .replies = RESULT(1, "{'taken':2}"),
         .requests = REQUEST(1, "send", "'thread':7,'text':'a\\n','eof':false")},
        {.words = "send --eof web",
         .replies = RESULT(1, "{'taken':0}"),
         .requests = REQUEST(1, "send", "'thread':'web','text':'','eof':true")},
        {.words = "send --eof -t 2 web bye",
         .replies = RESULT(1, "{'taken':4}"),
         .requests = REQUEST(1, "send", "'thread':'web','text':'bye\\n','eof':true,'timeout':2.0")},
        /* Standard input is copied line by line, and its rest at the end. */
        {.words = "send web",
         .replies = RESULT(1, "{'taken':0}") RESULT(2, "{'taken':8}") RESULT(3, "{'taken':3}"),
         .input = "one\ntwo\nend",
         .dialogue = true,
         .requests = REQUEST(1, "send", "'thread':'web','text':''")
             REQUEST(2, "send", "'thread':'web','text':'one\\ntwo\\n','eof':false")
                 REQUEST(3, "send", "'thread':'web','text':'end','eof':false")},
        /* A request that the socket does not take at once is sent as it takes it. */
        {.words = "send web",
         .replies = RESULT(1, "{'taken':0}") RESULT(2, "{'taken':60000}"),
         .ones = 60000,
         .dialogue = true,
         .any_requests = true},
        {.words = "send web",
         .replies = RESULT(1, "{'taken':0}"),
         .input = "",
         .dialogue = true,
         .requests = REQUEST(1, "send", "'thread':'web','text':''")},
        {.words = "send web",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "send", "'thread':'web','text':''"),
         .err = "k3thread: send: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "send web a b",
         .replies = "{'id':1,'error':{'code':-32005,'message':'full','data':{'type':'TimeoutError',"
                    "'taken':1}}}\n",
         .requests = REQUEST(1, "send", "'thread':'web','text':'a b\\n','eof':false"),
         .err = "k3thread: send: TimeoutError: full; 1 bytes were taken, 3 bytes were not\n",
         .status = 124},
        {.words = "send web",
         .replies = RESULT(1, "{'taken':0}") "{'id':2,'error':{'code':-32005,'message':'full','"
                                             "data':{'type':'TimeoutError','taken':3}}}\n",
         .input = "12345\n678",
         .dialogue = true,
         .requests = REQUEST(1, "send", "'thread':'web','text':''")
             REQUEST(2, "send", "'thread':'web','text':'12345\\n','eof':false"),
         .err = "k3thread: send: TimeoutError: full; 3 bytes were taken, 6 bytes were not\n",
         .status = 124},
        {.words = "send web a",
         .replies = ERROR(1, -32004, "SendRaiseError", "no input"),
         .requests = REQUEST(1, "send", "'thread':'web','text':'a\\n','eof':false"),
         .err = "k3thread: send: SendRaiseError: no input\n",
         .status = 1},
        {.words = "send web a",
         .goes_away = true,
         .requests = REQUEST(1, "send", "'thread':'web','text':'a\\n','eof':false"),
         .err = "k3thread: send: the supervisor went away without a reply; see /dev/null\n",
         .status = 1},
        {.words = "send web",
         .replies = RESULT(1, "{}"),
         .input = "x\n",
         .dialogue = true,
         .goes_away = true,
         .requests = REQUEST(1, "send", "'thread':'web','text':''")
             REQUEST(2, "send", "'thread':'web','text':'x\\n','eof':false"),
         .err = "k3thread: send: the supervisor went away without a reply; see /dev/null\n",
         .status = 1},
        {.words = "send",
         .err = "k3thread: send: no thread\n"
                "Try 'k3thread send --help' for more.\n",
         .status = 64},
        {.words = "send web/worker a",
         .err = "k3thread: send: ValueError: 'web/worker' means threads inside a process; only "
                "list and raise take them\n",
         .status = 64},
        {.words = "send web-* a",
         .err = "k3thread: send: ValueError: 'web-*' is a pattern; give one name or id\n",
         .status = 64},
        {.words = "send -t x web a",
         .err = "k3thread: send: ValueError: --timeout: 'x' is no time; seconds, or 200ms, 1.5s, "
                "2m, 1h\n",
         .status = 64},
    };

    PLAY_ALL(plays);
}

/* The errors of the next reads of standard input; 0: there is none. */
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
    errno = error;
    return -1;
}

#define TRIED  REQUEST(1, "send", "'thread':'web','text':''")
#define TAKES0 RESULT(1, "{'taken':0}")

static void plays_of_input(void)
{
    static const struct play plays[] = {
        /* The command sleeps while no key comes, and while its request is not read. */
        {.words = "send web",
         .replies = TAKES0 "!sleeps\n" RESULT(2, "{'taken':60000}"),
         .ones = 60000,
         .dialogue = true,
         .any_requests = true},
        /* A reply to something else is none. */
        {.words = "send -t 0 web a",
         .replies = RESULT(7, "{'taken':9}") RESULT(1, "{'taken':2}"),
         .requests = REQUEST(1, "send", "'thread':'web','text':'a\\n','eof':false,'timeout':0.0")},
        /* The beginning of a line is sent when nothing follows it for a while. */
        {.words = "send web",
         .replies =
             TAKES0 "!sleeps\n!type ab\004\n" RESULT(2, "{'taken':2}") "!type c\rd\004\n" RESULT(
                 3, "{'taken':2}") RESULT(4, "{'taken':1}") "!type \004\n",
         .terminal = KEYS,
         .dialogue = true,
         .requests = TRIED REQUEST(2, "send", "'thread':'web','text':'ab','eof':false")
             REQUEST(3, "send", "'thread':'web','text':'c\\n','eof':false")
                 REQUEST(4, "send", "'thread':'web','text':'d','eof':false")},
        /* What was taken, and what was not, is counted, as far as it is known. */
        {.words = "send web",
         .replies = TAKES0 "{'id':2,'error':{'code':-32005,'message':'full','data':{'type':'"
                           "TimeoutError','taken':3}}}\n",
         .ones = 100000,
         .dialogue = true,
         .any_requests = true,
         .err = "k3thread: send: TimeoutError: full; 3 bytes were taken, 99997 bytes were not\n",
         .status = 124},
        {.words = "send web",
         .replies =
             TAKES0 RESULT(2, "{'taken':65536}") "{'id':3,'error':{'code':-32005,'message':'full',"
                                                 "'data':{'type':'TimeoutError','taken':100}}}\n",
         .ones = 65546,
         .dialogue = true,
         .any_requests = true,
         .err = "k3thread: send: TimeoutError: full; 65536 bytes were taken, 10 bytes were not\n",
         .status = 124},
        {.words = "send web",
         .replies = TAKES0 "!type ab\r\n"
                           "{'id':2,'error':{'code':-32005,'message':'full','data':{'type':'"
                           "TimeoutError','taken':3}}}\n",
         .terminal = KEYS,
         .dialogue = true,
         .requests = TRIED REQUEST(2, "send", "'thread':'web','text':'ab\\n','eof':false"),
         .err = "k3thread: send: TimeoutError: full; 3 bytes were taken, 0 bytes were not\n",
         .status = 124},
    };
    struct play input = {.words = "send web",
                         .replies = TAKES0 RESULT(2, "{'taken':3}"),
                         .input = "ab\n",
                         .dialogue = true,
                         .requests =
                             TRIED REQUEST(2, "send", "'thread':'web','text':'ab\\n','eof':false")};

    PLAY_ALL(plays);
    read_errors[0] = EAGAIN;
    read_errors[1] = EINTR;
    play(&input);
    CHECK_EQUAL(read_errors[0], 0);
    read_errors[0] = EIO;
    input.requests = TRIED;
    input.err = "k3thread: send: cannot read standard input: Input/output error\n";
    input.status = 1;
    play(&input);
}

TEST_MAIN({"join", plays_of_join}, {"send", plays_of_send}, {"input", plays_of_input})
