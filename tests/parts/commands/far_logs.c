/* Tests `logs` of threads on another machine. */
#include "tests/parts/commands/played_logs.h"

static void plays_of_far_logs(void)
{
    static const struct play plays[] = {
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'one\\ntwo','end':true}"),
         .far = true,
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .out = "one\n"
                "two"},
        {.words = "logs -n 3 --since=5 web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'one\\n'}")
                 RESULT(4, "{'offset':4,'data':'two\\n','runs':[{'offset':4,'run':2,'how':'exit "
                           "1','time':1700000000000000000}]}")
                     RESULT(5, "{'offset':8,'data':'','end':true,'disk_full':true}"),
         .dialogue = true,
         .far = true,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'lines':0,'since':5.0") REQUEST(
                 3, "read",
                 "'reader':2,'open':true,'follow':false,'times':false,'thread':1,'lines':3,'since':"
                 "5.0") REQUEST(4, "read", "'reader':2") REQUEST(5, "read", "'reader':2"),
         .out = "one\n"
                "--- run 2, after exit 1 ---\n"
                "two\n",
         .err =
             "k3thread: logs: the file system of the logs is full: d/1.log: output may be lost\n"},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'one\\n'}") ERROR(4, -32009, "RuntimeError", "broken"),
         .dialogue = true,
         .far = true,
         .requests = REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs",
                                                                     "'thread':1,'lines':0")
             REQUEST(3, "read", "'reader':3,'open':true,'follow':false,'times':false,'thread':1")
                 REQUEST(4, "read", "'reader':3"),
         .out = "one\n",
         .err = "k3thread: logs: RuntimeError: broken\n",
         .status = 1},
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'one\\n'}"),
         .dialogue = true,
         .far = true,
         .goes_away = true,
         .requests = REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs",
                                                                     "'thread':1,'lines':0")
             REQUEST(3, "read", "'reader':4,'open':true,'follow':false,'times':false,'thread':1")
                 REQUEST(4, "read", "'reader':4"),
         .out = "one\n",
         .err = "k3thread: logs: the supervisor went away without a reply; see /dev/null\n",
         .status = 1},
        /* The last line of a log of a limited size has no end. A reply to something else is none. */
        {.words = "logs web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]")
             RESULT(2, "{'id':1,'name':'web','log':'d/1.log','offset':0,'limit':9,'begun':true}")
                 RESULT(0, "{}") RESULT(3, "{'offset':0,'data':'one\\ntwo','end':true}"),
         .dialogue = true,
         .far = true,
         .requests = REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs",
                                                                     "'thread':1,'lines':0")
             REQUEST(3, "read", "'reader':5,'open':true,'follow':false,'times':false,'thread':1"),
         .out = "one\n"
                "two"},
        {.words = "logs --timestamps web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'one\\n','end':true}"),
         .far = true,
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0")
                 REQUEST(3, "read", "'reader':6,'open':true,'follow':false,'times':true,'thread':1")
                     REQUEST(4, "read", "'reader':6,'close':true"),
         .err = "k3thread: logs: the times of the lines are not known: only run keeps them, for "
                "the output that it prints\n",
         .status = 1},
        {.words = "logs --timestamps web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]")
             RESULT(2, "{'id':1,'name':'web','log':'d/1.log','run_marks':'d/"
                       "1.runs','offset':0,'begun':true,'times':true}")
                 RESULT(3, "{'offset':0,'data':'one\\ntwo\\n','end':true,'times':[[4,"
                           "1700000000125000000],[8,1700000001000000000]]}"),
         .far = true,
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .out = "22:13:20.125 one\n"
                "22:13:21.000 two\n"},
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'one\\n'}")
                 RESULT(5, "{'offset':4,'data':'two\\n','end':true}") ENDED(4, 0),
         .dialogue = true,
         .far = true,
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'begun':true")
                 REQUEST(3, "read", "'reader':8,'open':true,'follow':true,'times':false,'thread':1")
                     REQUEST(4, "join", "'thread':1") REQUEST(5, "read", "'reader':8"),
         .out = "one\n"
                "two\n"},
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 0, 1) ENDED(4, 0)
             RESULT(3, "{'offset':0,'data':'one\\n','end':true}"),
         .far = true,
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'begun':true")
                 REQUEST(3, "read", "'reader':9,'open':true,'follow':true,'times':false,'thread':1")
                     REQUEST(4, "join", "'thread':1"),
         .out = "one\n"},
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'one\\n'}") ENDED(4, 0)
                 ERROR(5, -32009, "RuntimeError", "broken"),
         .dialogue = true,
         .far = true,
         .requests = REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs",
                                                                     "'thread':1,'begun':true")
             REQUEST(3, "read", "'reader':10,'open':true,'follow':true,'times':false,'thread':1")
                 REQUEST(4, "join", "'thread':1") REQUEST(5, "read", "'reader':10"),
         .out = "one\n",
         .err = "k3thread: logs: RuntimeError: broken\n",
         .status = 1},
        /* A reply to something else is none. */
        {.words = "logs w*",
         .replies = RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'a\\nb','end':true}")
                 RESULT(4, "{'id':2,'name':'db','log':'d/2.log','run_marks':'d/"
                           "2.runs','offset':0,'begun':true}") RESULT(0, "{}")
                     RESULT(5, "{'offset':0,'data':'c\\n'}") RESULT(
                         6, "{'offset':2,'data':'d\\n','runs':[{'offset':2,'run':2,'how':'exit "
                            "1','time':1700000000000000000}],'end':true}"),
         .dialogue = true,
         .far = true,
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0") REQUEST(
                 3, "read", "'reader':11,'open':true,'follow':false,'times':false,'thread':1")
                 REQUEST(4, "logs", "'thread':2,'lines':0") REQUEST(
                     5, "read", "'reader':12,'open':true,'follow':false,'times':false,'thread':2")
                     REQUEST(6, "read", "'reader':12"),
         .out = "web | a\n"
                "web | b\n"
                "db | c\n"
                "db | --- run 2, after exit 1 ---\n"
                "db | d\n"},
        {.words = "logs w* -n 2",
         .replies = RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 0, 1)
             RESULT(3, "{'offset':0,'data':'a\\n','end':true,'disk_full':true}")
                 RESULT(4, "{'id':2,'name':'db','log':'d/2.log','run_marks':'d/"
                           "2.runs','offset':0,'begun':true}")
                     RESULT(5, "{'offset':0,'data':'d\\n','end':true,'disk_full':true}"),
         .dialogue = true,
         .far = true,
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0") REQUEST(
                 3, "read",
                 "'reader':13,'open':true,'follow':false,'times':false,'thread':1,'lines':2")
                 REQUEST(4, "logs", "'thread':2,'lines':0") REQUEST(
                     5, "read",
                     "'reader':14,'open':true,'follow':false,'times':false,'thread':2,'lines':2"),
         .out = "web | a\n"
                "db | d\n",
         .err =
             "k3thread: logs: the file system of the logs is full: d/1.log: output may be lost\n"},
        /* A log that cannot be read is named, and the others are shown. */
        {.words = "logs w*",
         .replies = RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 0, 1)
             ERROR(3, -32009, "RuntimeError", "broken")
                 RESULT(4, "{'id':2,'name':'db','log':'d/2.log','run_marks':'d/"
                           "2.runs','offset':0,'begun':true}")
                     RESULT(5, "{'offset':0,'data':'d\\n','end':true}"),
         .dialogue = true,
         .far = true,
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0") REQUEST(
                 3, "read", "'reader':15,'open':true,'follow':false,'times':false,'thread':1")
                 REQUEST(4, "logs", "'thread':2,'lines':0") REQUEST(
                     5, "read", "'reader':16,'open':true,'follow':false,'times':false,'thread':2"),
         .out = "db | d\n",
         .err = "k3thread: logs: RuntimeError: the log of 'web': broken\n",
         .status = 1},
        {.words = "logs w*",
         .replies =
             RESULT(1, "[{'id':1},{'id':2}]") LOG(2, 0, 1) RESULT(3, "{'offset':0,'data':'a\\n'}"),
         .dialogue = true,
         .far = true,
         .goes_away = true,
         .requests = REQUEST(1, "list", "'threads':['w*'],'members':['id']")
             REQUEST(2, "logs", "'thread':1,'lines':0") REQUEST(
                 3, "read", "'reader':17,'open':true,'follow':false,'times':false,'thread':1")
                 REQUEST(4, "read", "'reader':17"),
         .out = "web | a\n",
         .err = "k3thread: logs: the supervisor went away without a reply; see /dev/null\n",
         .status = 1},
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             LOG(3, 0, 1) RESULT(4, "{'offset':0,'data':'a\\n'}") ENDED(5, 0)
                 RESULT(6, "{'offset':2,'data':'b','end':true}") RESULT(7, "{}"),
         .dialogue = true,
         .far = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true") REQUEST(
                     4, "read", "'reader':18,'open':true,'follow':true,'times':false,'thread':1")
                     REQUEST(5, "join", "'thread':1,'members':['id']")
                         REQUEST(6, "read", "'reader':18") REQUEST(7, "watch", "'events':[]"),
         .out = "web | a\n"
                "web | b\n"},
        {.words = "logs --timestamps w*",
         .replies = RESULT(1, "[{'id':1}]")
             RESULT(2, "{'id':1,'name':'web','log':'d/1.log','run_marks':'d/"
                       "1.runs','offset':0,'begun':true,'times':true}")
                 RESULT(3, "{'offset':0,'data':'one\\ntwo\\n','end':true,'times':[[4,"
                           "1700000000125000000],[8,1700000001000000000]]}"),
         .dialogue = true,
         .far = true,
         .any_requests = true,
         .out = "22:13:20.125 web | one\n"
                "22:13:21.000 web | two\n"},
    };

    make_logs();
    PLAY_ALL(plays);
}

TEST_MAIN({"far-logs", plays_of_far_logs})
