/* Tests `logs --follow`. */
#include "tests/parts/commands/played_logs.h"

#include <poll.h>

int     __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int     __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);

/* The second descriptor that a command waits for is that of the files that it watches. */
static bool is_unwatched; /* there was none */
static int  unread = -1;  /* it is ready, and was not read yet */

ssize_t __wrap_read(int fd, void *data, size_t size)
{
    if (fd == unread)
        unread = -1;
    return __real_read(fd, data, size);
}

/* Fails if the command waits again for what it has left unread: it would not sleep. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    int ready;

    if (count < 3)
        return __real_poll(fds, count, timeout);
    CHECK(unread < 0);
    is_unwatched |= fds[1].fd < 0;
    ready = __real_poll(fds, count, timeout);
    if (ready > 0 && fds[1].revents != 0)
        unread = fds[1].fd;
    return ready;
}

static void plays_of_follow(void)
{
    static const struct play plays[] = {
        /* The thread has ended, so there is nothing to wait for. */
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':5}]") LOG(2, 0, 1),
         .requests =
             REQUEST(1, "list", "'threads':['web']") REQUEST(2, "logs", "'thread':1,'lines':0"),
         .out = "one\n"
                "--- run 2, after exit 3 ---\n"
                "two\n"
                "three"},
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 0, 1) ENDED(3, 0),
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .out = "one\n"
                "--- run 2, after exit 3 ---\n"
                "two\n"
                "three"},
        {.words = "logs -f --since=1 -n 1 web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") ENDED(3, 0) LOG(2, 0, 1),
         .requests = REQUEST(1, "list", "'threads':['web']") REQUEST(
             2, "logs", "'thread':1,'begun':true,'since':1.0") REQUEST(3, "join", "'thread':1"),
         .out = "three"},
        /* New output is shown at once, and the last output before the end. */
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]")
             LOG(2, 0, 1) "!await three\n"
                          "!append d/1.log more\n"
                          "!await more\n"
                          "!append d/1.log last\n" ENDED(3, 0),
         .dialogue = true,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .out = "one\n"
                "--- run 2, after exit 3 ---\n"
                "two\n"
                "threemore\n"
                "last\n"},
        /* The log is made later. */
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]")
             LOG(2, 0, 5) "!append d/5.log late\n"
                          "!await late\n" ENDED(3, 0),
         .dialogue = true,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .out = "late\n"},
        /* Another log takes the place of the first. */
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]")
             RESULT(2, "{'id':6,'name':'web','log':'d/6.log','run_marks':'d/"
                       "6.runs','offset':0,'limit':9,'begun':true}") "!append d/6.log old\n"
                                                                     "!await old\n"
                                                                     "!rename d/6.log d/6.old\n"
                                                                     "!append d/6.log new\n"
                                                                     "!await new\n" ENDED(3, 0),
         .dialogue = true,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .out = "old\n"
                "new\n"},
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") NO_THREAD(2) NO_THREAD(3),
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1")},
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 0, 1),
         .goes_away = true,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .err = "k3thread: logs: the supervisor went away without a reply; see /dev/null\n",
         .status = 1},
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") ENDED(3, 0),
         .goes_away = true,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1")},
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]"),
         .goes_away = true,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .err = "k3thread: logs: the supervisor went away without a reply; see /dev/null\n",
         .status = 1},
        {.words = "logs -f --timestamps web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 0, 1) ENDED(3, 0),
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .err = "k3thread: logs: the times of the lines are not known: only run keeps them, for "
                "the output that it prints\n",
         .status = 1},
        {.words = "logs -f --since=0 web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]") LOG(2, 8, 1) ENDED(3, 0),
         .requests = REQUEST(1, "list", "'threads':['web']") REQUEST(
             2, "logs", "'thread':1,'begun':true,'since':0.0") REQUEST(3, "join", "'thread':1"),
         .out = "threemore\n"
                "last\n"},
        /* A log of a limited size is shown by lines, and a line that has no end after a while. */
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]")
             RESULT(2, "{'id':1,'name':'web','log':'d/1.log','run_marks':'d/"
                       "1.runs','offset':0,'limit':9,'begun':true}") "!await three\n" ENDED(3, 0),
         .dialogue = true,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .out = "one\n"
                "--- run 2, after exit 3 ---\n"
                "two\n"
                "threemore\n"
                "last\n"},
        /* At the end of the thread its last line is whole. */
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]")
             RESULT(2, "{'id':1,'name':'web','log':'d/1.log','run_marks':'d/"
                       "1.runs','offset':0,'limit':9,'begun':true}") ENDED(3, 0),
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .out = "one\n"
                "--- run 2, after exit 3 ---\n"
                "two\n"
                "threemore\n"
                "last\n"},
        /* A new run is shown before it prints anything. */
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]")
             LOG(2, 0, 14) "!append d/14.log first\n"
                           "!await first\n"
                           "!append d/14.runs 6 2 1700000000000000000 exit 3\n"
                           "!await run\n" ENDED(3, 0),
         .dialogue = true,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .out = "first\n"
                "--- run 2, after exit 3 ---\n"},
    };

    make_logs();
    is_unwatched = false;
    PLAY_ALL(plays);
    CHECK(!is_unwatched);
}

static void plays_of_follow_all(void)
{
    static const struct play plays[] = {
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null},{'id':"
                                              "2,'name':'w2','runs':1,'ended':5}]") LOG(3, 0, 4)
             ENDED(4, 0) RESULT(5, "{'id':2,'name':'w2','log':'d/2.log','run_marks':'d/"
                                   "2.runs','offset':0,'begun':true}") ENDED(6, 0) RESULT(7, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true")
                     REQUEST(4, "join", "'thread':1,'members':['id']")
                         REQUEST(5, "logs", "'thread':2,'begun':true")
                             REQUEST(6, "join", "'thread':2,'members':['id']")
                                 REQUEST(7, "watch", "'events':[]"),
         .out = "web | one\n"
                "web | two\n"
                "w2 | other\n"},
        {.words = "logs -f -n 1 --since=2 w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             LOG(3, 4, 4) ENDED(4, 0) RESULT(5, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true,'since':2.0") REQUEST(
                     4, "join", "'thread':1,'members':['id']") REQUEST(5, "watch", "'events':[]"),
         .out = "web | two\n"},
        /* A new thread that fits is followed, too, and its next run. */
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]") LOG(
             3, 0,
             1) "!await three\n" EVENT("'event':'created','thread':{'id':2,'name':'db','runs':0}")
             EVENT("'event':'created','thread':{'id':3,'name':'w3','runs':0}") RESULT(
                 5,
                 "{'id':8,'name':'w3','log':'d/8.log','run_marks':'d/"
                 "8.runs','offset':0,'begun':true}") "!append d/8.log first\n"
                                                     "!await first\n"
                                                     "!append d/8.log second\n"
                                                     "!await second\n" ENDED(6, 0) EVENT(
                                                         "'event':'restarted','thread':{'id':3,'"
                                                         "name':'w3','runs':1}") "!append d/8.log "
                                                                                 "third\n" ENDED(
                                                                                     7, 0) ENDED(4,
                                                                                                 0)
                                                                                     RESULT(8,
                                                                                            "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true")
                     REQUEST(4, "join", "'thread':1,'members':['id']")
                         REQUEST(5, "logs", "'thread':3,'begun':true")
                             REQUEST(6, "join", "'thread':3,'members':['id']")
                                 REQUEST(7, "join", "'thread':3,'members':['id']")
                                     REQUEST(8, "watch", "'events':[]"),
         .out = "web | one\n"
                "web | --- run 2, after exit 3 ---\n"
                "web | two\n"
                "web | three\n"
                "w3 | first\n"
                "w3 | second\n"
                "w3 | third\n"},
        /* A run that is under way is waited for, also if the run before has ended; a run that is known is no new one. */
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]") LOG(
             3, 0, 4) EVENT("'event':'created','thread':{'id':3,'name':'w3','runs':0}")
             EVENT("'event':'restarted','thread':{'id':3,'name':'w3','runs':1}") RESULT(
                 5,
                 "{'id':3,'name':'w3','log':'d/11.log','run_marks':'d/"
                 "11.runs','offset':0,'begun':true}") "!append d/11.log first\n!await "
                                                      "first\n" ENDED(6, 0) EVENT(
                                                          "'event':'restarted','thread':{'id'"
                                                          ":3,'name':'w3','runs':2}")
                                                          ENDED(4,
                                                                0) "!sleeps\n!append d/11.log "
                                                                   "second\n!await second\n" ENDED(
                                                                       7, 0) RESULT(8, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true")
                     REQUEST(4, "join", "'thread':1,'members':['id']")
                         REQUEST(5, "logs", "'thread':3,'begun':true")
                             REQUEST(6, "join", "'thread':3,'members':['id']")
                                 REQUEST(7, "join", "'thread':3,'members':['id']")
                                     REQUEST(8, "watch", "'events':[]"),
         .out = "web | one\n"
                "web | two\n"
                "w3 | first\n"
                "w3 | second\n"},
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null},{'id':3"
                                              ",'name':'w3','runs':1,'ended':null}]") LOG(3, 0, 4)
             RESULT(5, "{'id':3,'name':'w3','log':'d/12.log','run_marks':'d/"
                       "12.runs','offset':0,'begun':true}") "!append d/12.log first\n!await "
                                                            "first\n" ENDED(6, 0) EVENT(
                                                                "'event':'restarted','thread':{'"
                                                                "id':3,'name':'w3','runs':2}")
                                                                ENDED(7, 0) EVENT(
                                                                    "'event':'restarted','thread':"
                                                                    "{'id':3,'name':'w3','runs':"
                                                                    "2}") "!sleeps\n" ENDED(4, 0)
                                                                    RESULT(8, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true")
                     REQUEST(4, "join", "'thread':1,'members':['id']")
                         REQUEST(5, "logs", "'thread':3,'begun':true")
                             REQUEST(6, "join", "'thread':3,'members':['id']")
                                 REQUEST(7, "join", "'thread':3,'members':['id']")
                                     REQUEST(8, "watch", "'events':[]"),
         .out = "web | one\n"
                "web | two\n"
                "w3 | first\n"},
        /* After missed events all threads are looked at. */
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             LOG(3, 0, 4) EVENT("'event':'missed','missed':3")
                 RESULT(5, "[{'id':1,'name':'web','runs':1},{'id':2,'name':'w2','runs':1},{'id':9,'"
                           "name':'db','runs':1}]")
                     RESULT(6, "{'id':2,'name':'w2','log':'d/2.log','run_marks':'d/"
                               "2.runs','offset':0,'begun':true}") ENDED(7, 0) ENDED(4, 0)
                         RESULT(8, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true")
                     REQUEST(4, "join", "'thread':1,'members':['id']") REQUEST(5, "list", )
                         REQUEST(6, "logs", "'thread':2,'begun':true")
                             REQUEST(7, "join", "'thread':2,'members':['id']")
                                 REQUEST(8, "watch", "'events':[]"),
         .out = "web | one\n"
                "web | two\n"
                "w2 | other\n"},
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[]") RESULT(3, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "watch", "'events':[]"),
         .err = "k3thread: logs: InvalidThreadIdError: no thread fits 'w*'\n",
         .status = 3},
        {.words = "logs -f w*",
         .replies = NO_THREAD(1) RESULT(2, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "watch", "'events':[]"),
         .err = "k3thread: logs: InvalidThreadIdError: no live thread\n",
         .status = 3},
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") NO_THREAD(2) RESULT(3, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "watch", "'events':[]"),
         .err = "k3thread: logs: InvalidThreadIdError: no live thread\n",
         .status = 3},
        /* The supervisor ends before the thread. */
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             LOG(3, 0, 4),
         .goes_away = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true")
                     REQUEST(4, "join", "'thread':1,'members':['id']"),
         .out = "web | one\n"
                "web | two\n",
         .err = "k3thread: logs: the supervisor went away without a reply; see /dev/null\n",
         .status = 1},
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             LOG(3, 0, 4) ENDED(4, 0),
         .goes_away = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true")
                     REQUEST(4, "join", "'thread':1,'members':['id']"),
         .out = "web | one\n"
                "web | two\n"},
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             NO_THREAD(3) ENDED(4, 0) RESULT(5, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true") REQUEST(
                     4, "join", "'thread':1,'members':['id']") REQUEST(5, "watch", "'events':[]")},
        {.words = "logs -f --timestamps w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             LOG(3, 0, 4) ENDED(4, 0) RESULT(5, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true") REQUEST(
                     4, "join", "'thread':1,'members':['id']") REQUEST(5, "watch", "'events':[]"),
         .err = "k3thread: logs: the times of the lines are not known: only run keeps them, for "
                "the output that it prints\n",
         .status = 1},
        {.words = "logs -f --since=0 w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             LOG(3, 4, 4) ENDED(4, 0) RESULT(5, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true,'since':0.0") REQUEST(
                     4, "join", "'thread':1,'members':['id']") REQUEST(5, "watch", "'events':[]"),
         .out = "web | two\n"},
    };

    make_logs();
    is_unwatched = false;
    PLAY_ALL(plays);
    CHECK(!is_unwatched);
}

static void plays_of_removed(void)
{
    static const struct play plays[] = {
        {.words = "logs -f web",
         .replies = RESULT(1, "[{'id':1,'name':'web','ended':null}]")
             LOG(2, 0, 7) "!append d/7.log old\n"
                          "!await old\n"
                          "!unlink d/7.log\n"
                          "!append d/7.log new\n"
                          "!await new\n" ENDED(3, 0),
         .dialogue = true,
         .requests = REQUEST(1, "list", "'threads':['web']")
             REQUEST(2, "logs", "'thread':1,'begun':true") REQUEST(3, "join", "'thread':1"),
         .out = "old\n"
                "new\n"},
        {.words = "logs -f w*",
         .replies = RESULT(1, "{}") RESULT(2, "[{'id':1,'name':'web','runs':1,'ended':null}]")
             LOG(3, 0, 9) "!append d/9.log old\n"
                          "!await old\n"
                          "!unlink d/9.log\n"
                          "!append d/9.log new\n"
                          "!await new\n" ENDED(4, 0) RESULT(5, "{}"),
         .dialogue = true,
         .requests = REQUEST(
             1, "watch", "'events':['created','restarted'],'members':['id','name','ended','runs']")
             REQUEST(2, "list", "'threads':['w*'],'members':['id','name','ended','runs']")
                 REQUEST(3, "logs", "'thread':1,'begun':true") REQUEST(
                     4, "join", "'thread':1,'members':['id']") REQUEST(5, "watch", "'events':[]"),
         .out = "web | old\n"
                "web | new\n"},
    };

    make_logs();
    PLAY_ALL(plays);
}

TEST_MAIN({"follow", plays_of_follow}, {"follow-all", plays_of_follow_all},
          {"removed", plays_of_removed})
