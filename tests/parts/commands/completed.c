/* Tests what completion offers at the cursor, and what it asks the supervisor for. */
#include "tests/parts/commands/played.h"

/* The names of signals, as completions. */
#define PROGRAM_OPTIONS                                                                            \
    "-L\tUse the supervisor of this name, instead of 'default'\n"                                  \
    "-S\tUse the supervisor at this socket\n"                                                      \
    "-H\tUse the supervisor of this machine, by way of ssh\n"                                      \
    "--help\tShow this help\n"                                                                     \
    "--usage\tShow a short usage\n"                                                                \
    "--version\tShow the version\n"

#define SIGNALS                                                                                    \
    "SIGHUP\t\nSIGINT\t\nSIGQUIT\t\nSIGILL\t\nSIGTRAP\t\nSIGABRT\t\nSIGBUS\t\nSIGFPE\t\n"          \
    "SIGKILL\t\nSIGUSR1\t\nSIGSEGV\t\nSIGUSR2\t\nSIGPIPE\t\nSIGALRM\t\nSIGTERM\t\n"                \
    "SIGSTKFLT\t\nSIGCHLD\t\nSIGCONT\t\nSIGSTOP\t\nSIGTSTP\t\nSIGTTIN\t\nSIGTTOU\t\n"              \
    "SIGURG\t\nSIGXCPU\t\nSIGXFSZ\t\nSIGVTALRM\t\nSIGPROF\t\nSIGWINCH\t\nSIGIO\t\n"                \
    "SIGPWR\t\nSIGSYS\t\n"

/* The commands, with what they do. */
#define COMMANDS                                                                                   \
    "start\tStart a command as a thread\n"                                                         \
    "daemon\tStart a command as a daemon thread\n"                                                 \
    "run\tRun a script of these commands\n"                                                        \
    "shell\tRead these commands at a prompt\n"                                                     \
    "list\tShow the threads\n"                                                                     \
    "logs\tShow what a thread's command printed\n"                                                 \
    "join\tWait for threads, and exit as the command did\n"                                        \
    "raise\tRaise an exception in a thread\n"                                                      \
    "send\tWrite to the input of a thread\n"                                                       \
    "attach\tAttach to the terminal of a thread\n"                                                 \
    "restart\tEnd the command of a thread and run it again\n"                                      \
    "top\tShow the threads live, full screen\n"                                                    \
    "watch\tShow what happens to the threads, as it happens\n"                                     \
    "clear\tForget the threads that have ended, and their logs\n"                                  \
    "supervise\tBe a supervisor in the foreground, for an init system\n"                           \
    "proxy\tJoin standard input and output to the supervisor's socket\n"                           \
    "agent\tBe the agent of a run on another machine\n"                                            \
    "slots\tShow or set how many commands may run at a time\n"                                     \
    "shutdown\tEnd the supervisor when its threads have ended\n"                                   \
    "exceptions\tShow the tree of exceptions that raise knows\n"                                   \
    "completion\tPrint a script that makes a shell complete these words\n"                         \
    "version\tShow the versions of program and supervisor, and the socket\n"                       \
    "help\tShow this overview, the help of a command, or a manual page\n"

static void plays_of_words(void)
{
    static const struct play plays[] = {
        {.words = "completion --at -- ''", .out = "words\n" COMMANDS},
        {.words = "completion --at -- help ''",
         .out = "words\n" COMMANDS "manual\tAll commands and options\n"
                "concepts\tWhat threads are, what can be relied on, and services in bats\n"
                "script\tScripts and Procfiles\n"
                "protocol\tThe supervisor's socket\n"
                "library\tThreads and exceptions in C\n"
                "hosts\tThe commands of one run on several machines\n"
                "python\tThreads and exceptions in Python\n"},
        {.words = "completion --at -- start -",
         .out =
             "words\n"
             "--name\tThe thread's name (default: Thread-N)\n"
             "--call\tCall the function of the library, with the arguments, instead of a command\n"
             "--if-absent\tIf a live thread has that name, start nothing and print its id\n"
             "--after\tWait before the command is run\n"
             "--daemon\tMake it a daemon thread: a shutdown does not wait for it\n"
             "--timeout\tRaise TimeoutError when the command has run for SECONDS\n"
             "--grace\tKill what is left SECONDS after a raise (10)\n"
             "--stop-signal\tThe signal by which SystemExit asks it to end (SIGTERM)\n"
             "--directory\tRun the command in DIR\n"
             "--env\tSet a variable of its environment (repeatable)\n"
             "--env-file\tSet the variables in FILE, lines of K=V (repeatable)\n"
             "--input\tTake its input from FILE; without FILE the input stays open, or, with "
             "--wait, is that of k3thread itself\n"
             "--tty\tGive it a terminal, which attach joins\n"
             "--output\tAppend its output to FILE instead of a log\n"
             "--restart\tRun it again: never, on-failure or always; :N at most N times\n"
             "--wait\tStay until it ends, show its output and exit as it did\n"
             "--ready\tIt is ready when: FD, tcp:HOST:PORT, unix:PATH, http://HOST:PORT/PATH, "
             "line:REGEX, cmd:COMMAND, notify\n"
             "--ready-timeout\tRaise TimeoutError when the command has run for SECONDS and is not "
             "ready\n"
             "--needs\tRun it when NEED holds: THREAD (is ready), THREAD:ended or THREAD:succeeded "
             "(repeatable)\n"
             "--host\tRun it on that machine of run --hosts\n"
             "--leash\tRaise SystemExit when the process PID has ended\n"
             "--log-limit\tKeep about the newest SIZE bytes of its log\n"
             "--help\tShow this help\n"
             "--usage\tShow a short usage\n"
             "--version\tShow the version\n"},
        {.words = "completion --at -- list --",
         .out = "words\n"
                "--json\tPrint a JSON array of objects\n"
                "--quiet\tPrint only ids\n"
                "--long\tShow more columns: RUNS, CPU and MEMORY\n"
                "--live\tLeave out threads that have ended\n"
                "--failed\tShow only threads that have ended and failed\n"
                "--help\tShow this help\n"
                "--usage\tShow a short usage\n"
                "--version\tShow the version\n"},
        {.words = "completion --at -- raise -",
         .out = "words\n"
                "--message\tWhat the exception says\n"
                "--wait\tReturn when the threads have ended\n"
                "--all\tRaise it in every live thread\n"
                "--help\tShow this help\n"
                "--usage\tShow a short usage\n"
                "--version\tShow the version\n"},
        {.words = "completion --at -- slots ''",
         .out = "words\n"
                "none\t\n"},
        {.words = "completion --at -- completion ''",
         .out = "words\n"
                "bash\t\n"
                "zsh\t\n"
                "fish\t\n"},
        {.words = "completion --at -- restart --",
         .out = "words\n"
                "--wait\tReturn when the threads are ready again\n"
                "--help\tShow this help\n"
                "--usage\tShow a short usage\n"
                "--version\tShow the version\n"},
        {.words = "completion --at -- start --restart ''",
         .out = "words\n"
                "never\t\n"
                "on-failure\t\n"
                "always\t\n"},
        {.words = "completion --at -- start --restart=''",
         .out = "words\n"
                "--restart=never\t\n"
                "--restart=on-failure\t\n"
                "--restart=always\t\n"},
        {.words = "completion --at -- start -r ''",
         .out = "words\n"
                "never\t\n"
                "on-failure\t\n"
                "always\t\n"},
        {.words = "completion --at -- start --ready ''",
         .out = "words\n"
                "tcp:\t\n"
                "unix:\t\n"
                "http://\t\n"
                "line:\t\n"
                "cmd:\t\n"
                "notify\t\n"},
        {.words = "completion --at -- start --ready=tcp:",
         .out = "words\n"
                "--ready=tcp:\t\n"
                "--ready=unix:\t\n"
                "--ready=http://\t\n"
                "--ready=line:\t\n"
                "--ready=cmd:\t\n"
                "--ready=notify\t\n"},
        {.words = "completion --at -- join --until=''",
         .out = "words\n"
                "--until=tcp:\t\n"
                "--until=unix:\t\n"
                "--until=http://\t\n"
                "--until=line:\t\n"
                "--until=cmd:\t\n"},
        {.words = "completion --at -- start --stop-signal ''", .out = "words\n" SIGNALS},
        {.words = "completion --at -- start -C ''", .out = "directories\n"},
        {.words = "completion --at -- start --directory=/u", .out = "directories\n"},
        {.words = "completion --at -- start -o ''", .out = "files\n"},
        {.words = "completion --at -- start --output=x", .out = "files\n"},
        {.words = "completion --at -- start ''", .out = "programs\n"},
        {.words = "completion --at -- start -- ''", .out = "programs\n"},
        {.words = "completion --at -- start -w -- -", .out = "programs\n"},
        {.words = "completion --at -- start true ''", .out = "files\n"},
        {.words = "completion --at -- start true -", .out = "files\n"},
        {.words = "completion --at -- start -n ''", .out = "nothing\n"},
        {.words = "completion --at -- start -wn ''", .out = "nothing\n"},
        {.words = "completion --at -- start -na ''", .out = "programs\n"},
        {.words = "completion --at -- start --name=a ''", .out = "programs\n"},
        {.words = "completion --at -- start --env-file ''", .out = "files\n"},
        {.words = "completion --at -- start --bad=''", .out = "nothing\n"},
        {.words = "completion --at -- start --bad ''", .out = "programs\n"},
        {.words = "completion --at -- start --call=x ''", .out = "files\n"},
        {.words = "completion --at -- start -i ''", .out = "programs\n"},
        {.words = "completion --at -- start --input=''", .out = "files\n"},
        {.words = "completion --at -- run ''", .out = "files\n"},
        {.words = "completion --at -- run --leaks ''",
         .out = "words\n"
                "warn\t\n"
                "fail\t\n"},
        {.words = "completion --at -- run --each ''", .out = "programs\n"},
        {.words = "completion --at -- run --procfile ''", .out = "files\n"},
        {.words = "completion --at -- run x ''", .out = "files\n"},
        {.words = "completion --at -- nothing ''", .out = "nothing\n"},
        {.words = "completion --at -- nothing -", .out = "nothing\n"},
        {.words = "completion --at -- join -t ''", .out = "nothing\n"},
        {.words = "completion --at -- shutdown ''", .out = "nothing\n"},
        {.words = "completion --at -- version ''", .out = "nothing\n"},
        {.words = "completion --at -- -L a list --",
         .out = "words\n"
                "--json\tPrint a JSON array of objects\n"
                "--quiet\tPrint only ids\n"
                "--long\tShow more columns: RUNS, CPU and MEMORY\n"
                "--live\tLeave out threads that have ended\n"
                "--failed\tShow only threads that have ended and failed\n"
                "--help\tShow this help\n"
                "--usage\tShow a short usage\n"
                "--version\tShow the version\n"},
        {.words = "completion --at -- -La list --",
         .out = "words\n"
                "--json\tPrint a JSON array of objects\n"
                "--quiet\tPrint only ids\n"
                "--long\tShow more columns: RUNS, CPU and MEMORY\n"
                "--live\tLeave out threads that have ended\n"
                "--failed\tShow only threads that have ended and failed\n"
                "--help\tShow this help\n"
                "--usage\tShow a short usage\n"
                "--version\tShow the version\n"},
        {.words = "completion --at -- -S /s -H h list --",
         .out = "words\n"
                "--json\tPrint a JSON array of objects\n"
                "--quiet\tPrint only ids\n"
                "--long\tShow more columns: RUNS, CPU and MEMORY\n"
                "--live\tLeave out threads that have ended\n"
                "--failed\tShow only threads that have ended and failed\n"
                "--help\tShow this help\n"
                "--usage\tShow a short usage\n"
                "--version\tShow the version\n"},
        {.words = "completion --at -- -S ''", .out = "files\n"},
        {.words = "completion --at -- -L a -S /s -H h start ''",
         .out = "programs\n",
         .place = "a /s h"},
        {.words = "completion --at -- -Lb start ''", .out = "programs\n", .place = "b - -"},
        {.words = "completion --at -- -S/t -Hi start ''", .out = "programs\n", .place = "- /t i"},
        {.words = "completion --at -- start --=x", .out = "nothing\n", .place = "- - -"},
        {.words = "completion --at -- start true --x=y", .out = "files\n"},
        {.words = "completion --at -- -", .out = "words\n" PROGRAM_OPTIONS},
        {.words = "completion --at -- -L a -", .out = "words\n" PROGRAM_OPTIONS},
        {.words = "completion bash", .any_out = true},
        {.words = "completion zsh", .any_out = true},
        {.words = "completion fish", .any_out = true},
        {.words = "completion --at -- list",
         .any_out = true}, /* it may be the beginning of another command */
        {.words = "completion --at -- -x list --j",
         .out = "words\n"
                "--json\tPrint a JSON array of objects\n"
                "--quiet\tPrint only ids\n"
                "--long\tShow more columns: RUNS, CPU and MEMORY\n"
                "--live\tLeave out threads that have ended\n"
                "--failed\tShow only threads that have ended and failed\n"
                "--help\tShow this help\n"
                "--usage\tShow a short usage\n"
                "--version\tShow the version\n"},
        {.words = "completion --at -- supervise --",
         .out =
             "words\n"
             "--slots\tRun at most N commands at a time, not counting daemons; further ones queue\n"
             "--jobserver\tShare the slots with the jobs of each make that a command runs\n"
             "--help\tShow this help\n"
             "--usage\tShow a short usage\n"
             "--version\tShow the version\n"},
        {.words = "completion --at -- proxy -",
         .out = "words\n"
                "--help\tShow this help\n"
                "--usage\tShow a short usage\n"
                "--version\tShow the version\n"},
        {.words = "completion --at",
         .err = "k3thread: completion: --at needs the words of a command line\n"
                "Try 'k3thread completion --help' for more.\n",
         .status = 64},
        {.words = "completion",
         .err = "k3thread: completion: give one shell: bash, zsh or fish\n"
                "Try 'k3thread completion --help' for more.\n",
         .status = 64},
        {.words = "completion tcsh",
         .err = "k3thread: completion: ValueError: no completion for 'tcsh'; bash, zsh and fish "
                "have one\n",
         .status = 64},
        {.words = "completion bash zsh",
         .err = "k3thread: completion: give one shell: bash, zsh or fish\n"
                "Try 'k3thread completion --help' for more.\n",
         .status = 64},
    };

    CHECK(setenv("HOME", "/nowhere", 1) == 0 && unsetenv("K3THREAD_HOST") == 0);
    PLAY_ALL(plays);
}

static void plays_of_threads(void)
{
    static const struct play plays[] = {
        {.words = "completion --at -- join ''",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"
                "web\t\n"
                "db\t\n"
                "in\t\n"
                "\377a\t\n"},
        {.words = "completion --at -- raise ''",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':true"),
         .out = "words\n"
                "web\t\n"
                "web/\t\n"
                "db\t\n"
                "in\t\n"
                "\377a\t\n"},
        {.words = "completion --at -- attach ''",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':true"),
         .out = "words\n"
                "web\t\n"},
        {.words = "completion --at -- send ''",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':true"),
         .out = "words\n"
                "db\t\n"
                "in\t\n"},
        {.words = "completion --at -- clear ''",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"
                "db\t\n"},
        {.words = "completion --at -- clear web ''",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"
                "db\t\n"},
        {.words = "completion --at -- raise web/",
         .replies = RESULT(1, "[{'id':'1/3','name':'web/worker'}]"),
         .requests = REQUEST(1, "list", "'threads':['web/']"),
         .out = "words\n"
                "web/worker\t\n"},
        {.words = "completion --at -- join web/",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"
                "web\t\n"
                "db\t\n"
                "in\t\n"
                "\377a\t\n"},
        {.words = "completion --at -- start --needs ''",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"
                "web\t\n"
                "db\t\n"
                "in\t\n"
                "\377a\t\n"},
        {.words = "completion --at -- start --needs=web:",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"
                "--needs=web\t\n"
                "--needs=web:ready\t\n"
                "--needs=web:ended\t\n"
                "--needs=web:succeeded\t\n"
                "--needs=db\t\n"
                "--needs=db:ready\t\n"
                "--needs=db:ended\t\n"
                "--needs=db:succeeded\t\n"
                "--needs=in\t\n"
                "--needs=in:ready\t\n"
                "--needs=in:ended\t\n"
                "--needs=in:succeeded\t\n"
                "--needs=\377a\t\n"
                "--needs=\377a:ready\t\n"
                "--needs=\377a:ended\t\n"
                "--needs=\377a:succeeded\t\n"},
        {.words = "completion --at -- start --needs web:r",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"
                "web\t\n"
                "web:ready\t\n"
                "web:ended\t\n"
                "web:succeeded\t\n"
                "db\t\n"
                "db:ready\t\n"
                "db:ended\t\n"
                "db:succeeded\t\n"
                "in\t\n"
                "in:ready\t\n"
                "in:ended\t\n"
                "in:succeeded\t\n"
                "\377a\t\n"
                "\377a:ready\t\n"
                "\377a:ended\t\n"
                "\377a:succeeded\t\n"},
        {.words = "completion --at -- raise web ''",
         .replies = RESULT(1, "[{'name':'MyError'},{'name':'ValueError'},{}]"),
         .requests = REQUEST(1, "exceptions", "'thread':'web'"),
         .out = "words\n"
                "BaseException\t\n"
                "SystemExit\t\n"
                "KeyboardInterrupt\t\n"
                "GeneratorExit\t\n"
                "Exception\t\n"
                "StopIteration\t\n"
                "StopAsyncIteration\t\n"
                "ArithmeticError\t\n"
                "FloatingPointError\t\n"
                "OverflowError\t\n"
                "ZeroDivisionError\t\n"
                "AssertionError\t\n"
                "AttributeError\t\n"
                "BufferError\t\n"
                "EOFError\t\n"
                "ImportError\t\n"
                "ModuleNotFoundError\t\n"
                "LookupError\t\n"
                "IndexError\t\n"
                "KeyError\t\n"
                "MemoryError\t\n"
                "NameError\t\n"
                "UnboundLocalError\t\n"
                "OSError\t\n"
                "BlockingIOError\t\n"
                "ChildProcessError\t\n"
                "ConnectionError\t\n"
                "BrokenPipeError\t\n"
                "ConnectionAbortedError\t\n"
                "ConnectionRefusedError\t\n"
                "ConnectionResetError\t\n"
                "FileExistsError\t\n"
                "FileNotFoundError\t\n"
                "InterruptedError\t\n"
                "IsADirectoryError\t\n"
                "NotADirectoryError\t\n"
                "PermissionError\t\n"
                "ProcessLookupError\t\n"
                "TimeoutError\t\n"
                "ReferenceError\t\n"
                "RuntimeError\t\n"
                "NotImplementedError\t\n"
                "RecursionError\t\n"
                "SyntaxError\t\n"
                "SystemError\t\n"
                "TypeError\t\n"
                "ValueError\t\n"
                "UnicodeError\t\n"
                "Warning\t\n"
                "UserWarning\t\n"
                "RuntimeWarning\t\n"
                "ResourceWarning\t\n"
                "Signal\t\n" SIGNALS "MyError\t\n"
                "HUP\t\n"
                "INT\t\n"
                "QUIT\t\n"
                "ILL\t\n"
                "TRAP\t\n"
                "ABRT\t\n"
                "BUS\t\n"
                "FPE\t\n"
                "KILL\t\n"
                "USR1\t\n"
                "SEGV\t\n"
                "USR2\t\n"
                "PIPE\t\n"
                "ALRM\t\n"
                "TERM\t\n"
                "STKFLT\t\n"
                "CHLD\t\n"
                "CONT\t\n"
                "STOP\t\n"
                "TSTP\t\n"
                "TTIN\t\n"
                "TTOU\t\n"
                "URG\t\n"
                "XCPU\t\n"
                "XFSZ\t\n"
                "VTALRM\t\n"
                "PROF\t\n"
                "WINCH\t\n"
                "IO\t\n"
                "PWR\t\n"
                "SYS\t\n"},
        {.words = "completion --at -- raise web/worker ''",
         .replies = RESULT(1, "[]"),
         .any_out = true,
         .requests = REQUEST(1, "exceptions", "'thread':'web'")},
        {.words = "completion --at -- raise w* ''", .any_out = true},
        {.words = "completion --at -- raise w*/x ''", .any_out = true},
        {.words = "completion --at -- raise web/w* ''",
         .replies = RESULT(1, "[]"),
         .any_out = true,
         .requests = REQUEST(1, "exceptions", "'thread':'web'")},
        {.words = "completion --at -- raise --all ''", .any_out = true},
        {.words = "completion --at -- raise web ValueError ''", .out = "nothing\n"},
        {.words = "completion --at -- logs web ''", .out = "nothing\n"},
        {.words = "completion --at -- send web ''", .out = "nothing\n"},
        {.words = "completion --at -- join ''",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"},
        {.words = "completion --at -- join ''",
         .goes_away = true,
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"},
        {.words = "completion --at -- join -t 1 --ready ''",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"
                "web\t\n"
                "db\t\n"
                "in\t\n"
                "\377a\t\n"},
        {.words = "completion --at -- join -- -",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"
                "web\t\n"
                "db\t\n"
                "in\t\n"
                "\377a\t\n"},
        {.words = "completion --at -- list -l web ''",
         .replies = RESULT(
             1, "[{'id':1,'name':'web','ended':null,'tty':true,'attached':true},{'id':2,'name':'db'"
                ",'ended':5,'input':true},{'id':3,'name':'web','ended':6},{'id':4,'name':'in','"
                "ended':null,'input':true},{'id':5,'name':{'base64':'/2E='},'ended':null}]"),
         .requests = REQUEST(1, "list", "'live':false"),
         .out = "words\n"
                "web\t\n"
                "web/\t\n"
                "db\t\n"
                "in\t\n"
                "\377a\t\n"},
        {.words = "completion --at -- raise -m ''", .out = "nothing\n"},
        {.words = "completion --at -- raise -m x ''",
         .replies = RESULT(1, "[]"),
         .requests = REQUEST(1, "list", "'live':true"),
         .out = "words\n"},
    };

    PLAY_ALL(plays);
}

/* A shell asks by a session of its own at each Tab. */
static void sessions_are_released(void)
{
    struct pair   *pair = open_pair();
    struct session session = {.client = pair->client};
    int            fd = session.client.wire.fd;

    session_release(&session);
    CHECK(fcntl(fd, F_GETFD) < 0);
    CHECK(!session.client.open && session.place.socket == NULL);
    session_release(&session);
    close(pair->supervisor);
}

TEST_MAIN({"words", plays_of_words}, {"threads", plays_of_threads},
          {"released", sessions_are_released})
