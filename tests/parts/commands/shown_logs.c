/* Tests `logs` of threads whose logs are files, up to now. */
#include "tests/parts/commands/played_logs.h"

static void plays_of_logs(void)
{
    static const struct play plays[] = {
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .out = "one\n"
                "--- run 2, after exit 3 ---\n"
                "two\n"
                "three"},
        {.words = "logs 1 -n 1",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1),
         .requests = REQUEST(1, "list", "'threads':[1]") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .out = "three"},
        {.words = "logs --lines=0 web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0")},
        {.words = "logs --since=0 web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 8, 1),
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'lines':0,'since':0.0"),
         .out = "three"},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") RESULT(2, "{'name':'web'}"),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: the log: Invalid argument\n",
         .status = 1},
        {.words = "logs --since=2m web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 8, 1),
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'lines':0,'since':120.0"),
         .out = "three"},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]")
             RESULT(2, "{'id':1,'name':'web','log':'d/1.log','run_marks':'d/"
                       "1.runs','offset':4,'limit':5,'begun':true}"),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .out = "--- run 2, after exit 3 ---\n"
                "two\n"
                "three"},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 3),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: FileNotFoundError: the log d/3.log is gone\n",
         .status = 1},
        /* A thread that has not begun has no log yet. */
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]")
             RESULT(2, "{'id':3,'name':'web','log':'d/3.log','run_marks':'d/"
                       "3.runs','offset':0,'begun':false}"),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0")},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]")
             RESULT(2, "{'name':'web','log':'d','offset':0,'begun':true}"),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: d is no regular file\n",
         .status = 1},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]")
             RESULT(2, "{'name':'web','log':'d/2.log/x','offset':0,'begun':true}"),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: d/2.log/x: Not a directory\n",
         .status = 1},
        /* An older supervisor has no marks of runs. */
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]")
             RESULT(2, "{'name':'web','log':'d/2.log','offset':0,'begun':true}"),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .out = "other\n"},
        {.words = "logs --timestamps web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: the times of the lines are not known: only run keeps them, for "
                "the output that it prints\n",
         .status = 1},
        {.words = "logs web",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "list", "'threads':['web']"),
         .err = "k3thread: logs: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") NO_THREAD(2),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: InvalidThreadIdError: no live thread\n",
         .status = 3},
        /* It is shown up to now. */
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 0, 1),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .out = "one\n"
                "--- run 2, after exit 3 ---\n"
                "two\n"
                "three"},
        {.words = "logs",
         .err = "k3thread: logs: no thread\n"
                "Try 'k3thread logs --help' for more.\n",
         .status = 64},
        {.words = "logs a b",
         .err = "k3thread: logs: unexpected argument 'b'\n"
                "Try 'k3thread logs --help' for more.\n",
         .status = 64},
        {.words = "logs web/worker",
         .err = "k3thread: logs: ValueError: 'web/worker' means threads inside a process; only "
                "list and raise take them\n",
         .status = 64},
        {.words = "logs -n x web",
         .err = "k3thread: logs: ValueError: --lines: 'x' is not a number of lines\n",
         .status = 64},
        {.words = "logs -n 18446744073709551616 web",
         .err = "k3thread: logs: ValueError: --lines: '18446744073709551616' is not a number of "
                "lines\n",
         .status = 64},
        {.words = "logs -n '' web",
         .err = "k3thread: logs: ValueError: --lines: '' is not a number of lines\n",
         .status = 64},
        {.words = "logs --since=x web",
         .err = "k3thread: logs: ValueError: --since: 'x' is no time; seconds, or 200ms, 1.5s, 2m, "
                "1h\n",
         .status = 64},
    };

    make_logs();
    PLAY_ALL(plays);
}

static void plays_of_logs_of_all(void)
{
    static const struct play plays[] = {
        {.words = "logs w*",
         .replies = RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 0, 1) RESULT(
             3,
             "{'id':2,'name':'db','log':'d/2.log','run_marks':'d/2.runs','offset':0,'begun':true}"),
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0") REQUEST(3, "logs", "'thread':2,'lines':0"),
         .out = "web | one\n"
                "web | --- run 2, after exit 3 ---\n"
                "web | two\n"
                "web | three\n"
                "db | other\n"},
        {.words = "logs w* -n 1 --since=3",
         .replies = RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 0, 1) RESULT(
             3,
             "{'id':2,'name':'db','log':'d/2.log','run_marks':'d/2.runs','offset':0,'begun':true}"),
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0,'since':3.0")
                 REQUEST(3, "logs", "'thread':2,'lines':0,'since':3.0"),
         .out = "web | three\n"
                "db | other\n"},
        {.words = "logs w*",
         .replies = RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 8, 1)
             RESULT(3, "{'id':3,'name':'gone','log':'d/3.log','run_marks':'d/"
                       "3.runs','offset':0,'begun':true}"),
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0") REQUEST(3, "logs", "'thread':2,'lines':0"),
         .out = "web | three\n"},
        {.words = "logs w*",
         .replies = RESULT(1, "[]"),
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']"),
         .err = "k3thread: logs: InvalidThreadIdError: no thread fits 'w*'\n",
         .status = 3},
        {.words = "logs w*",
         .replies = NO_THREAD(1),
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']"),
         .err = "k3thread: logs: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "logs w*",
         .replies = RESULT(1, "[{'id':1},{'id':2}]") NO_THREAD(2),
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "logs w* --timestamps",
         .replies = RESULT(1, "[{'id':1}]") LOG(2, 0, 1),
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: the times of the lines are not known: only run keeps them, for "
                "the output that it prints\n",
         .status = 1},
    };

    make_logs();
    PLAY_ALL(plays);
}

static void plays_of_outputs(void)
{
    static const struct play plays[] = {
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1),
         .output = UNREAD,
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .status = 1},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1),
         .output = FULL,
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: cannot copy the log: No space left on device\n",
         .status = 1},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1),
         .output = OWN_LOG,
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: standard output is the log itself\n",
         .status = 1},
        /* Nobody reads, so the end of the thread is not waited for. */
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 0, 1),
         .output = UNREAD,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .status = 1},
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 0, 1),
         .output = FULL,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .err = "k3thread: logs: cannot copy the log: No space left on device\n",
         .status = 1},
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 0, 1),
         .output = OWN_LOG,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .err = "k3thread: logs: standard output is the log itself\n",
         .status = 1},
        /* It is noticed although there is nothing to print. */
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 13, 1),
         .output = UNREAD,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .status = 1},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'a'}"),
         .output = UNREAD,
         .far = true,
         .requests = REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs",
                                                                     "'thread':1,'lines':0")
             REQUEST(3, "read", "'reader':1,'open':true,'follow':false,'times':false,'thread':1")
                 REQUEST(4, "read", "'reader':1") REQUEST(5, "read", "'reader':1,'close':true"),
         .status = 1},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'a'}"),
         .output = FULL,
         .far = true,
         .requests = REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs",
                                                                     "'thread':1,'lines':0")
             REQUEST(3, "read", "'reader':2,'open':true,'follow':false,'times':false,'thread':1")
                 REQUEST(4, "read", "'reader':2") REQUEST(5, "read", "'reader':2,'close':true"),
         .err = "k3thread: logs: cannot copy the log: No space left on device\n",
         .status = 1},
        {.words = "logs w*",
         .replies = RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 0, 1),
         .output = UNREAD,
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0"),
         .status = 1},
        {.words = "logs w*",
         .replies = RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 0, 1),
         .output = FULL,
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0"),
         .err = "k3thread: logs: cannot print the logs: No space left on device\n",
         .status = 1},
        {.words = "logs -f w*",
         .replies =
             RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web'}]") LOG(3, 0, 4) RESULT(5, "{}"),
         .output = UNREAD,
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true") REQUEST(
                     4, "join", "'thread':1,'members':['id']") REQUEST(5, "watch", "'events':[]"),
         .status = 1},
        {.words = "logs -f w*",
         .replies =
             RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web'}]") LOG(3, 0, 4) RESULT(5, "{}"),
         .output = FULL,
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true") REQUEST(
                     4, "join", "'thread':1,'members':['id']") REQUEST(5, "watch", "'events':[]"),
         .err = "k3thread: logs: cannot print the logs: No space left on device\n",
         .status = 1},
        {.words = "logs -f w*",
         .replies =
             RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web'}]") LOG(3, 0, 1) RESULT(5, "{}"),
         .output = OWN_LOG,
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true") REQUEST(
                     4, "join", "'thread':1,'members':['id']") REQUEST(5, "watch", "'events':[]"),
         .err = "k3thread: logs: standard output is the log of 'web'\n",
         .status = 1},
        /* Without a reader the thread is ended, as a command of a pipeline is. */
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) RESULT(4, "[]") ENDED(3, 141),
         .output = UNREAD,
         .dialogue = true,
         .requests =
             REQUEST(1, "start",
                     "'command':['true'],'environment':true,'directory':'/"
                     "','umask':18,'members':['id'],'keep':true") REQUEST(2, "logs", "'begun':true")
                 REQUEST(3, "join", ) REQUEST(4, "raise", "'thread':1,'exception':'SystemExit'"),
         .status = 141},
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) ENDED(3, 7),
         .output = FULL,
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .err = "k3thread: start: cannot write to standard output, the thread goes on without it: "
                "No space left on device\n",
         .status = 7},
        {.words = "start -w -C / true",
         .replies = RESULT(1, "{'id':1}") LOG(2, 0, 1) ENDED(3, 7),
         .output = OWN_LOG,
         .requests = REQUEST(1, "start",
                             "'command':['true'],'environment':true,'directory':'/"
                             "','umask':18,'members':['id'],'keep':true")
             REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
         .status = 7},
        {.words = "list",
         .replies = RESULT(1, "{'table':'a\\n'}"),
         .output = FULL,
         .requests = REQUEST(1, "list", "'table':true"),
         .err = "k3thread: list: cannot write to standard output: No space left on device\n",
         .status = 1},
        {.words = "watch",
         .replies =
             RESULT(1, "{}") EVENT("'event':'created','time':3,'thread':{'id':1,'name':'web'}"),
         .output = FULL,
         .requests = REQUEST(1, "watch", ),
         .err = "k3thread: watch: cannot write to standard output: No space left on device\n",
         .status = 1},
        {.words = "watch",
         .replies = RESULT(1, "{}"),
         .output = UNREAD,
         .requests = REQUEST(1, "watch", ),
         .status = 1},
        {.words = "join --any web",
         .replies = ENDED(1, 4),
         .output = FULL,
         .requests = REQUEST(1, "join", "'any':['web']," JOIN_MEMBERS),
         .err = "k3thread: join: cannot write to standard output: No space left on device\n",
         .status = 125},
    };

    make_logs();
    open_outputs();
    PLAY_ALL(plays);
    check_file("d/1.log", "one\ntwo\nthree");
}

TEST_MAIN({"logs", plays_of_logs}, {"logs-of-all", plays_of_logs_of_all},
          {"outputs", plays_of_outputs})
