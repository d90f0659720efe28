/* Tests how `start` asks for a thread: alone, in a chain, and with a terminal that is attached. */
#include "tests/parts/commands/played_logs.h"
#include "tests/parts/commands/played_starts.h"

#include "cli/client/client_failure.h"
#include "cli/commands/attach_terminal.h"
#include "cli/commands/follow.h"

/* The parts of the program around `start` */

static int               gone;     /* how many supervisors end before they get the request */
static int               reopened; /* how often the client has connected again */
static int               reopen_error, signals_error, input_error;
static bool              is_possible; /* a terminal can be attached */
static int               attached, attach_status;
static bool              knows_end; /* the reply to the join comes before the attachment ends */
static struct attach_end attach_end;
static int               signals_taken;

int __real_client_call_written(struct client *client, const char *method, struct text *params,
                               struct reply *ret);
int __wrap_client_call_written(struct client *client, const char *method, struct text *params,
                               struct reply *ret);
int __wrap_client_call_written(struct client *client, const char *method, struct text *params,
                               struct reply *ret)
{
    if (gone == 0)
        return __real_client_call_written(client, method, params, ret);
    gone--;
    text_release(params);
    return client_fail(client, -ENOENT, STATUS_NO_SUPERVISOR, NULL, "none");
}

int __wrap_client_reopen(struct client *client);
int __wrap_client_reopen(struct client *client)
{
    reopened++;
    return reopen_error == 0 ? 0 : client_fail(client, reopen_error, STATUS_FAILED, NULL, "lost");
}

bool __wrap_attach_is_possible(void);
bool __wrap_attach_is_possible(void)
{
    return is_possible;
}

/* Plays the attachment: takes the reply to the join that was sent behind the start, if knows_end. */
int __wrap_attach_terminal(const struct invocation *invocation, json_t *thread, bool read_only,
                           struct attach_start *start, struct attach_end *ret);
int __wrap_attach_terminal(const struct invocation *invocation, json_t *thread, bool read_only,
                           struct attach_start *start, struct attach_end *ret)
{
    struct reply reply;

    CHECK(invocation->session->client.open && !read_only);
    CHECK_EQUAL(json_integer_value(thread), 7);
    CHECK_EQUAL(json_integer_value(json_object_get(start->thread, "id")), 7);
    json_decref(thread);
    attached++;
    while (knows_end && !start->joined) {
        CHECK_EQUAL(client_receive(start->client, &reply), 0);
        attach_start_take(start, &reply);
        reply_release(&reply);
    }
    *ret = attach_end;
    return attach_status;
}

int __real_signals_take(struct signals *signals);
int __wrap_signals_take(struct signals *signals);
int __wrap_signals_take(struct signals *signals)
{
    signals_taken++;
    return signals_error != 0 ? signals_error : __real_signals_take(signals);
}

int __real_input_copy_open(struct input_copy *copy, struct client *client, json_t *thread);
int __wrap_input_copy_open(struct input_copy *copy, struct client *client, json_t *thread);
int __wrap_input_copy_open(struct input_copy *copy, struct client *client, json_t *thread)
{
    if (input_error == 0)
        return __real_input_copy_open(copy, client, thread);
    json_decref(thread);
    return client_fail(client, input_error, STATUS_FAILED, NULL, "no input");
}

static char *none[] = {NULL};

/* The words of a request of COMMAND, with the environment and directory of this process. */
#define HERE(command, directory) "'command':" command ",'environment':true," DIRECTORY(directory)
#define DIRECTORY(directory)     "'directory':'" directory "','umask':18,"
#define MEMBERS                  "'members':['id']"

/* A start without -C and what stands behind its members. */
#define START(id, command, rest) REQUEST(id, "start", HERE(command, "/") MEMBERS rest)

static void an_id_is_printed(void)
{
    static const struct play plays[] = {
        {.words = "start true",
         .replies = RESULT(1, "{'id':7}"),
         .requests = START(1, "['true']", ),
         .out = "7\n"},
        {.words = "start true",
         .replies = RESULT(1, "{'id':7}"),
         .requests = START(1, "['true']", ),
         .scripted = true},
        {.words = "start true",
         .replies = RESULT(1, "{'id':7}"),
         .requests = START(1, "['true']", ),
         .output = FULL,
         .any_out = true,
         .err = "k3thread: start: cannot write to standard output: No space left on device\n",
         .status = 1},
        {.words = "start true",
         .replies = RESULT(1, "{'id':7,'limited':['nofile','core']}"),
         .requests = START(1, "['true']", ),
         .out = "7\n",
         .err = "k3thread: start: the command did not get your limits: the supervisor, which was "
                "started with less, may not raise nofile, core\n"},
        {.words = "start true",
         .replies = ERROR(1, -32602, "ValueError", "bad"),
         .requests = START(1, "['true']", ),
         .err = "k3thread: start: ValueError: bad\n",
         .status = 64},
        /* The environment is sent again only if the last start had another one. */
        {.words = "start -e A=1 a ; start b ; start c",
         .replies = RESULT(1, "{'id':7}") RESULT(2, "{'id':8}") RESULT(3, "{'id':9}"),
         .requests = REQUEST(
             1, "start", "'command':['a'],'environment':['A=1']," LIMITED DIRECTORY("/") MEMBERS)
             REQUEST(2, "start", "'command':['b'],'environment':[]," LIMITED DIRECTORY("/") MEMBERS)
                 START(3, "['c']", ),
         .out = "7\n8\n9\n"},
        /* After a failure the supervisor may not know it. */
        {.words = "start a ; start b",
         .replies = ERROR(1, -32602, "ValueError", "bad") RESULT(2, "{'id':8}"),
         .requests = START(1, "['a']", ) REQUEST(
             2, "start", "'command':['b'],'environment':[]," LIMITED DIRECTORY("/") MEMBERS),
         .err = "k3thread: start: ValueError: bad\n",
         .out = "8\n"},
    };

    begin(none);
    CHECK(dup3(open("/dev/full", O_WRONLY | O_CLOEXEC), FULL, O_CLOEXEC) == FULL);
    PLAY_ALL(plays);
    CHECK_EQUAL(reopened, 0);
}

static void the_next_supervisor_is_asked(void)
{
    static const struct play found = {.words = "start true",
                                      .replies = RESULT(1, "{'id':7}"),
                                      .requests = START(1, "['true']", ),
                                      .out = "7\n"};
    static const struct play lost = {
        .words = "start true", .err = "k3thread: start: none\n", .status = 69};
    static const struct play broken = {
        .words = "start true", .err = "k3thread: start: lost\n", .status = 1};

    begin(none);
    gone = 4;
    play(&found);
    CHECK_EQUAL(reopened, 4);
    gone = 6;
    play(&lost);
    CHECK_EQUAL(gone, 1);
    CHECK_EQUAL(reopened, 8);
    reopen_error = -EIO;
    play(&broken);
    CHECK_EQUAL(gone, 0);
    CHECK_EQUAL(reopened, 9);
}

/* The quick way has sent the request, which is not written again; a current directory is not needed for that. */
static void a_request_that_was_sent_is_not_repeated(void)
{
    static const struct play nothing;
    struct pair             *pair = open_pair();
    struct session           session = play_session(&nothing, pair);
    char                    *words[] = {"start", "true", NULL}, here[] = "/tmp/k3thread-XXXXXX";
    int                      out = play_replace(STDOUT_FILENO, play_file("")), status;
    int                      err = play_replace(STDERR_FILENO, play_file(""));

    CHECK(mkdtemp(here) != NULL && chdir(here) == 0 && rmdir(here) == 0);
    session.client.adopted = true;
    answer(pair, RESULT(1, "{'id':7}"));
    status = command_execute(&session, 2, words);
    free(play_take(STDOUT_FILENO, out));
    CHECK_EQUAL(status, 0);
    CHECK(session.only_started);
    check_requests(pair, "");
    session.client.adopted = true;
    gone = 1;
    session.only_started = false;
    CHECK_EQUAL(command_execute(&session, 2, words), STATUS_NO_SUPERVISOR);
    CHECK(session.only_started);
    free(play_take(STDERR_FILENO, err));
    CHECK_EQUAL(reopened, 0);
    client_close(&session.client);
    close(pair->supervisor);
}

static void a_directory_is_needed_for_relative_paths(void)
{
#define NO_PATH                                                                                    \
    "k3thread: start: the current directory has no path: No such file or directory; --directory "  \
    "names another one\n"
    static const struct play plays[] = {
        {.words = "start true", .err = NO_PATH, .status = 1},
        {.words = "start -C . true", .err = NO_PATH, .status = 1},
        {.words = "start -C / -o out true", .err = NO_PATH, .status = 1},
        {.words = "start -C / -iin true", .err = NO_PATH, .status = 1},
        {.words = "start true", .chains = true, .err = NO_PATH, .status = 1},
        {.words = "start -w true", .err = NO_PATH, .status = 125},
        {.words = "start -C / -o /out -i/in true",
         .replies = RESULT(1, "{'id':7}"),
         .requests =
             REQUEST(1, "start", HERE("['true']", "/") "'input':'/in','output':'/out'," MEMBERS),
         .out = "7\n"},
        {.words = "start -o out true",
         .replies = RESULT(1, "{'id':7}"),
         .requests =
             REQUEST(1, "start", "'command':['true'],'environment':true,'output':'out'," MEMBERS),
         .far = true,
         .out = "7\n"},
    };
    char here[] = "/tmp/k3thread-XXXXXX";

    begin(none);
    CHECK(mkdtemp(here) != NULL && chdir(here) == 0 && rmdir(here) == 0);
    PLAY_ALL(plays);
}

/* Chains */

#define CHAINED(options, command, middle, rest)                                                    \
    {                                                                                              \
        .words = "start " options " " command, .chains = true, .scripted = true,                   \
        .requests = REQUEST(1, "start",                                                            \
                            HERE("['" command "']", "/") middle MEMBERS ",'chained':true" rest),   \
    }

static void starts_of_a_chain_are_not_waited_for(void)
{
    static const struct play plays[] = {
        /* The next start need not wait for one that will succeed. */
        CHAINED("", "/bin/sh", , ",'hold':false"),
        CHAINED("", "/no/such", , ),
        CHAINED("-C /", "/bin/sh", , ),
        CHAINED("-i/in", "/bin/sh", "'input':'/in',", ),
        CHAINED("-i", "/bin/sh", "'input':true,", ",'hold':false"),
        CHAINED("-o /out", "/bin/sh", "'output':'/out',", ),
        {.words = "start --call=/bin/sh:f",
         .chains = true,
         .requests = REQUEST(1, "start",
                             "'command':['/bin/sh:f'],'call':true,'environment':true," DIRECTORY(
                                 "/") MEMBERS ",'chained':true")},
        {.words = "start -e A=1 /bin/sh ; start /no/such ; start /no/such",
         .chains = true,
         .requests = REQUEST(1, "start",
                             "'command':['/bin/sh'],'environment':['A=1']," LIMITED DIRECTORY("/")
                                 MEMBERS ",'chained':true")
             REQUEST(2, "start",
                     "'command':['/no/such'],'environment':[]," LIMITED DIRECTORY("/") MEMBERS
                     ",'chained':true") START(3, "['/no/such']", ",'chained':true")},
        /* A start that waits reads the replies before, and is not sent after a failure. */
        {.words = "start a ; start -w b",
         .replies = ERROR(1, -32602, "ValueError", "bad"),
         .chains = true,
         .requests = START(1, "['a']", ",'chained':true"),
         .err = "k3thread: start: ValueError: bad\n",
         .status = 64},
        {.words = "start a ; start -w b",
         .replies = RESULT(1, "{'id':7}") RESULT(2, "{'id':8}")
             RESULT(3, "{'name':'web','log':'/dev/null','offset':0,'begun':true}") ENDED(4, 5),
         .chains = true,
         .scripted = true,
         .requests = START(1, "['a']", ",'chained':true") START(2, "['b']", ",'keep':true")
             REQUEST(3, "logs", "'begun':true") REQUEST(4, "join", ),
         .status = 5},
    };

    begin(none);
    PLAY_ALL(plays);
    CHECK_EQUAL(signals_taken, 0);
}

/* Waiting, without a terminal of this process */

static void signals_and_input_are_taken(void)
{
    static const struct play waits = {
        .words = "start -w --tty true",
        .replies = RESULT(1, "{'id':7}")
            RESULT(2, "{'name':'web','log':'/dev/null','offset':0,'begun':true}") ENDED(3, 5),
        .requests = REQUEST(1, "start",
                            HERE("['true']", "/") "'tty':true,'rows':24,'columns':80," MEMBERS
                                                  ",'keep':true") REQUEST(2, "logs", "'begun':true")
            REQUEST(3, "join", ),
        .status = 5};
    static const struct play no_signals = {
        .words = "start -w true",
        .err = "k3thread: start: cannot take signals: Too many open files\n",
        .status = 125};
    static const struct play no_input = {
        .words = "start -w -i true",
        .replies = RESULT(1, "{'id':7}"),
        .requests =
            REQUEST(1, "start", HERE("['true']", "/") "'input':true," MEMBERS ",'keep':true")
                REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
        .err = "k3thread: start: no input\n",
        .status = 125};
    static const struct play file_input = {
        .words = "start -w -i/in true",
        .replies = RESULT(1, "{'id':7}")
            RESULT(2, "{'name':'web','log':'/dev/null','offset':0,'begun':true}") ENDED(3, 5),
        .requests =
            REQUEST(1, "start", HERE("['true']", "/") "'input':'/in'," MEMBERS ",'keep':true")
                REQUEST(2, "logs", "'begun':true") REQUEST(3, "join", ),
        .status = 5};
    static char     *vt[] = {"TERM=vt", NULL};
    struct sigaction action;

    begin(vt);
    play(&waits);
    CHECK_EQUAL(signals_taken, 1);
    CHECK(attached == 0 && reopened == 0);
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
    signals_error = -EMFILE;
    play(&no_signals);
    signals_error = 0;
    input_error = -ENOMEM;
    play(&no_input);
    play(&file_input);
}

/* Attaching */

#define ATTACHED(...)                                                                              \
    {                                                                                              \
        .words = "start -w --tty true",                                                            \
        .requests = REQUEST(1, "start", HERE("['true']", "/") TERMINAL_AND_MEMBERS ",'keep':true") \
            REQUEST(2, "join", ) __VA_ARGS__                                                       \
    }
#define TERMINAL_AND_MEMBERS                                                                       \
    "'tty':true,'rows':24,'columns':80,'attach':true,'members':['id','name']"
#define JOIN(id)  REQUEST(id, "join", "'thread':7")
#define RAISE(id) REQUEST(id, "raise", "'thread':7")

static void a_terminal_is_attached(void)
{
    static const struct play detached = ATTACHED(, .replies = RESULT(1, "{'id':7}"));
    static const struct play ended =
        ATTACHED(, .replies = RESULT(1, "{'id':7}") ENDED(2, 3), .status = 3);
    static const struct play soon =
        ATTACHED(, .replies = ENDED(2, 3) RESULT(1, "{'id':7}"), .status = 3);
    static const struct play told =
        ATTACHED(,
                 .replies = RESULT(1, "{'id':7}") RESULT(
                     2, "{'id':7,'name':'web','runs':0,'exit_code':127,'message':'not found'}"),
                 .err = "k3thread: start: not found\n", .status = 127);
    static const struct play unknown =
        ATTACHED(JOIN(3), .replies = RESULT(1, "{'id':7}") NO_THREAD(2) ENDED(3, 3), .status = 3);
    static const struct play lost = ATTACHED(
        JOIN(3), .replies = RESULT(1, "{'id':7}") NO_THREAD(2), .goes_away = true,
        .err = "k3thread: start: the supervisor went away without a reply; see /dev/null\n",
        .status = 125);
    static const struct play raised =
        ATTACHED(RAISE(3) JOIN(4), .replies = RESULT(1, "{'id':7}") RESULT(3, "[]") ENDED(4, 143),
                 .ended_by = 15, .status = 143);
    static const struct play not_raised = ATTACHED(
        RAISE(3) JOIN(4), .replies = RESULT(1, "{'id':7}") NO_THREAD(3) ENDED(4, 0), .ended_by = 2);
    static const struct play failed =
        ATTACHED(, .replies = RESULT(1, "{'id':7}"), .ended_by = 2, .status = 125);
    static const struct play refused =
        ATTACHED(, .replies = ERROR(1, -32009, "RuntimeError", "ends"),
                 .err = "k3thread: start: RuntimeError: ends\n", .status = 125);
    static const struct play broken = ATTACHED(, .replies = RESULT(1, "{'id':7}"), .ended_by = 15,
                                               .err = "k3thread: start: lost\n", .status = 125);
    static const struct play in_chain = {.words = "start a ; start -w --tty true",
                                         .replies = ERROR(1, -32602, "ValueError", "bad"),
                                         .requests = START(1, "['a']", ",'chained':true"),
                                         .chains = true,
                                         .err = "k3thread: start: ValueError: bad\n",
                                         .status = 64};
    static const struct play scripted = {
        .words = "start -w --tty true",
        .requests = REQUEST(1, "start",
                            HERE("['true']", "/") "'tty':true,'rows':24,'columns':80," MEMBERS
                                                  ",'keep':true") REQUEST(2, "logs", "'begun':true")
            REQUEST(3, "join", ),
        .replies = RESULT(1, "{'id':7}")
            RESULT(2, "{'name':'web','log':'/dev/null','offset':0,'begun':true}") ENDED(3, 5),
        .scripted = true,
        .status = 5};
    static const struct play no_terminal = {
        .words = "start -w true",
        .replies = RESULT(1, "{'id':7}") NO_THREAD(2) ENDED(3, 5),
        .requests = START(1, "['true']", ",'keep':true") REQUEST(2, "logs", "'begun':true")
            REQUEST(3, "join", ),
        .status = 5};
    static const struct play no_wait = {
        .words = "start --tty true",
        .replies = RESULT(1, "{'id':7}"),
        .requests =
            REQUEST(1, "start", HERE("['true']", "/") "'tty':true,'rows':24,'columns':80," MEMBERS),
        .out = "7\n"};
    static char *vt[] = {"TERM=vt", NULL};

    begin(vt);
    is_possible = true;
    play(&scripted);
    play(&no_terminal);
    play(&no_wait);
    CHECK_EQUAL(attached, 0);
    play(&detached);
    CHECK(attached == 1 && reopened == 0);
    play(&refused);
    play(&in_chain);
    CHECK_EQUAL(attached, 1);
    attach_end.has_ended = knows_end = true;
    play(&ended);
    play(&soon);
    play(&told);
    CHECK(attached == 4 && reopened == 0);
    play(&unknown);
    play(&lost);
    CHECK_EQUAL(reopened, 2);
    knows_end = false;
    attach_end = (struct attach_end){.signal = 15};
    play(&raised);
    CHECK_EQUAL(reopened, 3);
    reopen_error = -EIO;
    play(&broken);
    reopen_error = 0;
    attach_end.signal = 2;
    play(&not_raised);
    attach_status = STATUS_FAILED;
    play(&failed);
    CHECK_EQUAL(reopened, 5);
}

TEST_MAIN({"plain", an_id_is_printed}, {"gone", the_next_supervisor_is_asked},
          {"sent", a_request_that_was_sent_is_not_repeated},
          {"directory", a_directory_is_needed_for_relative_paths},
          {"chained", starts_of_a_chain_are_not_waited_for}, {"wait", signals_and_input_are_taken},
          {"attach", a_terminal_is_attached})
