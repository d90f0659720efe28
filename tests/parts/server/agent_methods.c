/*
 * Tests alone the methods by which the supervisor of a run and that of an agent speak with each other, and those of an
 * attached process. The other parts of the server are the test's.
 */
#include "tests/parts/server/no_memory.h"

#include "cli/process/mark.h"
#include "cli/server/agent.h"
#include "cli/server/arrive.h"
#include "cli/server/client_process.h"
#include "cli/server/execution.h"
#include "cli/server/following.h"
#include "cli/server/hosts.h"
#include "cli/server/news.h"
#include "cli/server/shutdown.h"
#include "cli/server/slot_lines.h"
#include "cli/server/threads.h"
#include "cli/server/threads_raise.h"
#include "cli/worker/origin.h"

static char attached_process, seat_of_m1; /* their addresses alone count */
#define ATTACHED ((struct attachment *) &attached_process)
#define SEAT     ((const struct seat *) &seat_of_m1)

static const k3thread_exctype job_error = {"BatchOverflow", &k3thread_Exception};
static const k3thread_exctype signal_like = {"SIGLIKE", &k3thread_Exception};

static bool is_agent, is_run, is_ending; /* the answers of others */
static int  result;                      /* of the function that is asked to do something */

bool agent_is(void)
{
    return is_agent;
}

bool agent_has_connected(int fd)
{
    CHECK_EQUAL(fd, 70);
    return is_run;
}

bool shutdown_has_begun(void)
{
    return is_ending;
}

/* Attachments */

static void (*arrival_done)(void *context, const struct arrival *arrival);
static void *arrival_context;

struct attachment *following_find(json_int_t id)
{
    return id == 1 ? ATTACHED : NULL;
}

void following_begin(struct attachment *attachment, struct call *call)
{
    CHECK(attachment == ATTACHED);
    note("follows");
    call_free(call);
}

void following_await(struct attachment *attachment, struct call *call)
{
    CHECK(attachment == ATTACHED);
    note("awaits a follower");
    call_free(call);
}

void following_tell(const struct attachment *attachment, const json_t *news)
{
    CHECK(attachment == ATTACHED);
    note("tells %d", (int) json_object_size(news));
}

struct record *attachment_record(const struct attachment *attachment)
{
    CHECK(attachment == ATTACHED);
    return &threads[0];
}

pid_t attachment_pid(const struct attachment *attachment)
{
    CHECK(attachment == ATTACHED);
    return 77;
}

const k3thread_exctype *attachment_find_type(const struct attachment *attachment, const char *name)
{
    return attachment == ATTACHED && strcmp(name, job_error.name) == 0     ? &job_error
           : attachment == ATTACHED && strcmp(name, signal_like.name) == 0 ? &signal_like
                                                                           : NULL;
}

bool arrive_begins_grace(const k3thread_exctype *type)
{
    return type != &signal_like;
}

void attachment_begin_end(struct attachment *attachment)
{
    CHECK(attachment == ATTACHED);
    note("grace");
}

void attachment_raise(struct attachment *attachment, const char *inner, const char *exception,
                      const char *message,
                      void (*done)(void *context, const struct arrival *arrival), void *context)
{
    CHECK(attachment == ATTACHED);
    note("%s %s %s", inner != NULL ? inner : "-", exception, message != NULL ? message : "-");
    arrival_done = done;
    arrival_context = context;
}

bool news_take(struct attachment *attachment, const struct news *news, const char **ret_why)
{
    CHECK(attachment == ATTACHED);
    note("news %d%d%d %s %d", news->started != NULL, news->ended != NULL, news->published != NULL,
         news->exception != NULL ? news->exception : "-", news->message != NULL);
    if (news->started == NULL)
        *ret_why = "bad news";
    return news->started != NULL;
}

/* The process at the other end. */
static struct client_process client = {.pid = 78, .id = 1};

int client_process_open(int fd, struct client_process *ret)
{
    CHECK_EQUAL(fd, 70);
    client.fd = result == 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    *ret = client;
    return result;
}

static int resource = 1;

int mark_resource(void)
{
    return resource;
}

static pid_t session;

pid_t __wrap_getsid(pid_t pid);
pid_t __wrap_getsid(pid_t pid)
{
    CHECK_EQUAL(pid, client.pid);
    return session;
}

struct attachment *attachment_open(struct record *record, struct connection *connection,
                                   struct attachment **holder, const struct client_process *process,
                                   int *ret_error)
{
    CHECK(connection == &peer.connection && holder == &peer.attachment &&
          process->pid == client.pid);
    note("attaches to %s", record->job.name);
    close(process->fd);
    *holder = ATTACHED;
    *ret_error = record->id == 3            ? -EBUSY
                 : record->now.unended != 0 ? -(int) record->now.unended
                                            : 0;
    return *ret_error == 0 ? ATTACHED : NULL;
}

/* Threads */

int threads_arrived(struct record *record, const k3thread_exctype *type, const char *message,
                    pid_t pid)
{
    note("%s has %s %s in %d", record->job.name, type->name, message != NULL ? message : "-",
         (int) pid);
    return 0;
}

int threads_raise(struct record *record, const k3thread_exctype *type, const char *message)
{
    note("raise %s %s %s", record->job.name, type->name, message != NULL ? message : "-");
    return result;
}

int threads_end(struct record *record, const k3thread_exctype *type, const char *message,
                pid_t spared)
{
    note("end %s %s %s %d", record->job.name, type->name, message != NULL ? message : "-",
         (int) spared);
    return result;
}

void console_resize(struct record *record, const struct pty_size *size)
{
    note("%s %ux%u", record->job.name, size->rows, size->columns);
}

bool start_params_read(struct call *call, const json_t *params, struct start_params *ret)
{
    ret->job.name = strdup("read");
    return json_object_size(params) == 1 || call_fail(call, PROTOCOL_VALUE_ERROR, "start");
}

void start_params_release(struct start_params *params)
{
    free(params->job.name);
    origin_free(params->job.origin);
}

void execution_begin(struct call *call, struct start_params *start)
{
    const struct origin *origin = start->job.origin;

    note("execute %d %s %s %d", (int) origin->id, origin->name, origin->host, origin->slot);
    call_free(call);
}

/* Machines */

static size_t live;

size_t store_live(void)
{
    return live;
}

const struct seat *hosts_find(const char *name, struct text *why)
{
    if (strcmp(name, "m1") == 0)
        return SEAT;
    text_printf(why, "no machine '%s'", name);
    return NULL;
}

void hosts_note_up(const struct seat *seat, unsigned processors)
{
    CHECK(seat == SEAT);
    note("up %u", processors);
}

void hosts_note_lost(const struct seat *seat, const char *why)
{
    CHECK(seat == SEAT);
    note("lost %s", why);
}

void hosts_note_vacant(const struct seat *seat, double seconds)
{
    CHECK(seat == SEAT);
    note("vacant %g", seconds);
}

int hosts_set(const json_t *list, bool reschedule, struct text *why)
{
    note("hosts %d %d", (int) json_array_size(list), reschedule);
    if (result == -EINVAL)
        text_add(why, "no list");
    return result;
}

int slot_lines_use_hosts(size_t count)
{
    note("lines %d", (int) count);
    return is_ending ? -ENOMEM : 0;
}

void threads_use_hosts(void)
{
    note("used");
}

static void begin(void)
{
    add_threads();
    peer.connection.source.fd = 70;
    peer.started = 1;
    is_agent = is_run = true;
}

static void only_an_agent_obeys_and_only_its_run(void)
{
    static const struct method *const methods[] = {&method_arrive, &method_follow, &method_end,
                                                   &method_execute, &method_resize};

    begin();
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        is_agent = false;
        (void) ask(methods[i], "{}");
        CHECK_SEEN("-32009 only the supervisor of an agent does that\n");
        is_agent = true;
        is_run = false;
        (void) ask(methods[i], "{}");
        CHECK_SEEN("-32008 only the supervisor of the run may ask for that\n");
        is_run = true;
        (void) ask(methods[i], "{'no':1}");
        CHECK(strstr(seen, ": unknown parameter 'no'") != NULL);
        seen[0] = '\0';
        CHECK(LIST_EMPTY(&peer.calls));
    }
}

/* Checks an exception that is sent to the process, and what is seen when it has this fate. */
static void check_passing(const char *params, const char *wanted, struct arrival fate,
                          const char *then)
{
    (void) ask(&method_arrive, params);
    CHECK_SEEN(wanted);
    arrival_done(arrival_context, &fate);
    CHECK(LIST_EMPTY(&peer.calls));
    CHECK_SEEN(then);
}

static void an_exception_is_passed_to_the_process(void)
{
    static const struct request table[] = {
        {"{'exception':'X'}", "-32602 arrive: missing parameter 'thread'\n"},
        {"{'thread':1}", "-32602 arrive: missing parameter 'exception'\n"},
        {"{'thread':1,'exception':'X','inner':1}",
         "-32001 'inner' and 'message' must be strings\n"},
        {"{'thread':1,'exception':'X','message':1}",
         "-32001 'inner' and 'message' must be strings\n"},
        {"{'thread':2,'exception':'SystemExit'}",
         "{'not_taken':'the process has ended its attachment'}\n"},
    };
    const struct arrival done = {.how = ARRIVAL_DONE, .inner = 7, .name = "w"};
    const struct arrival refused = {
        .how = ARRIVAL_REFUSED, .code = PROTOCOL_VALUE_ERROR, .why = "no"};
    const struct arrival not_taken = {.how = ARRIVAL_NOT_TAKEN, .why = "late"};
    struct call         *call;

    begin();
    CHECK_REQUESTS(method_arrive, table);
    check_passing("{'thread':1,'exception':'SystemExit'}", "grace\n- SystemExit -\n", done,
                  "a has SystemExit - in 77\n{'id':7,'name':'w'}\n");
    check_passing("{'thread':1,'exception':'BatchOverflow','message':'m'}",
                  "grace\n- BatchOverflow m\n", done,
                  "a has BatchOverflow m in 77\n{'id':7,'name':'w'}\n");
    check_passing("{'thread':1,'exception':'SIGLIKE'}", "- SIGLIKE -\n", done,
                  "{'id':7,'name':'w'}\n");
    check_passing("{'thread':1,'exception':'Unknown'}", "- Unknown -\n", done,
                  "{'id':7,'name':'w'}\n");
    check_passing("{'thread':1,'exception':'SystemExit','inner':'x'}", "x SystemExit -\n", done,
                  "{'id':7,'name':'w'}\n");
    check_passing("{'thread':1,'exception':'SystemExit'}", "grace\n- SystemExit -\n", refused,
                  "-32002 no\n");
    check_passing("{'thread':1,'exception':'SystemExit'}", "grace\n- SystemExit -\n", not_taken,
                  "{'not_taken':'late'}\n");
    check_no_memory(&method_arrive, "{'thread':1,'exception':'SystemExit'}");
    /* The exception arrives, although nobody waits for the reply any more. */
    call = ask(&method_arrive, "{'thread':1,'exception':'SystemExit'}");
    call_free(call);
    seen[0] = '\0';
    arrival_done(arrival_context, &done);
    CHECK_SEEN("a has SystemExit - in 77\n");
}

static void the_run_follows_an_attached_process(void)
{
    static const struct request table[] = {
        {"{'thread':1}", "follows\n"},
        {"{'thread':2}", "-32003 no process of this thread is attached\n"},
        {"{}", "-32602 follow: missing parameter 'thread'\n"},
    };

    begin();
    CHECK_REQUESTS(method_follow, table);
}

static void the_run_ends_its_command(void)
{
    static const struct request table[] = {
        {"{}", "-32602 end: missing parameter 'exception'\n"},
        {"{'exception':'SIGHUP'}", "raise a SIGHUP -\n{'done':true}\n"},
        {"{'exception':'SystemExit','message':'m','automatic':true}",
         "end a SystemExit m 0\n{'done':true}\n"},
        {"{'exception':'Unknown','automatic':false}", "raise a Exception -\n{'done':true}\n"},
        {"{'exception':'BatchOverflow'}", "raise a BatchOverflow -\n{'done':true}\n"},
    };

    begin();
    threads[0].attachment = ATTACHED;
    CHECK_REQUESTS(method_end, table);
    result = -EPERM;
    (void) ask(&method_end, "{'exception':'SIGHUP'}");
    CHECK_SEEN("raise a SIGHUP -\n{'done':false}\n");
    result = 0;
    for (uint64_t started = 2; started < 8;
         started += 5) { /* one that has ended, one that is forgotten */
        peer.started = started;
        (void) ask(&method_end, "{'exception':'Unknown'}");
        CHECK_SEEN("{'done':false}\n");
    }
}

static void the_run_executes_a_command(void)
{
    static const struct request table[] = {
        {"{'id':5,'name':'n','host':'h','start':{'x':1}}", "execute 5 n h -1\n"},
        {"{'id':5,'name':'n','host':'h','slot':0,'start':{'x':1}}", "execute 5 n h 0\n"},
        {"{'id':5,'name':'n','host':'h','start':{}}", "-32002 start\n"},
        {"{'id':5,'name':'n','host':'h','start':[]}", "-32001 'start' must be an object\n"},
        {"{'id':5,'name':1,'host':'h','start':{'x':1}}",
         "-32001 'name' and 'host' must be strings\n"},
        {"{'id':5,'name':'n','host':1,'start':{'x':1}}",
         "-32001 'name' and 'host' must be strings\n"},
        {"{'name':'n','host':'h','start':{}}", "-32602 execute: missing parameter 'id'\n"},
        {"{'id':5,'host':'h','start':{}}", "-32602 execute: missing parameter 'name'\n"},
        {"{'id':5,'name':'n','start':{}}", "-32602 execute: missing parameter 'host'\n"},
        {"{'id':5,'name':'n','host':'h'}", "-32602 execute: missing parameter 'start'\n"},
    };

    begin();
    CHECK_REQUESTS(method_execute, table);
    check_no_memory(&method_execute, table[0].params);
    is_ending = true;
    (void) ask(&method_execute, table[0].params);
    CHECK_SEEN("-32009 the agent is shutting down\n");
}

static void the_run_sets_the_size_of_a_terminal(void)
{
    static const struct request table[] = {
        {"{'rows':5,'columns':6}", "a 5x6\n{}\n"},
        {"{'rows':4096,'columns':1}", "a 4096x1\n{}\n"},
        {"{'rows':0,'columns':0}", "a 24x80\n{}\n"},
        {"{'rows':4097,'columns':6}", "-32002 rows must be a number from 1 to 4096, not 4097\n"},
        {"{'rows':5}", "-32602 resize: missing parameter 'columns'\n"},
        {"{'columns':5}", "-32602 resize: missing parameter 'rows'\n"},
    };

    begin();
    CHECK_REQUESTS(method_resize, table);
    peer.started = 0;
    (void) ask(&method_resize, "{'rows':5,'columns':6}");
    CHECK_SEEN("{}\n");
}

static void machines_come_and_go(void)
{
    static const struct request table[] = {
        {"{'name':'m1','processors':4}", "up 4\n{}\n"},
        {"{'name':'m1','processors':1}", "up 1\n{}\n"},
        {"{'name':'m1','processors':1000000}", "up 1000000\n{}\n"},
        {"{'name':'m1','processors':1000001}", "up 1\n{}\n"},
        {"{'name':'m1','processors':-4}", "up 1\n{}\n"},
        {"{'name':'m1'}", "up 1\n{}\n"},
        {"{'name':'m1','lost':'why'}", "vacant 0\nlost why\n{}\n"},
        {"{'name':'m1','lost':'why','vacant':2.5}", "vacant 2.5\nlost why\n{}\n"},
        {"{'name':'m2'}", "-32002 no machine 'm2'\n"},
        {"{}", "-32602 host: missing parameter 'name'\n"},
    };

    begin();
    CHECK_REQUESTS(method_host, table);
}

static void a_run_says_once_which_machines_it_has(void)
{
    begin();
    (void) ask(&method_hosts, "{'hosts':[1,2]}");
    CHECK_SEEN("hosts 2 0\nlines 2\nused\n{}\n");
    (void) ask(&method_hosts, "{'hosts':[1],'reschedule':true}");
    CHECK_SEEN("hosts 1 1\nlines 1\nused\n{}\n");
    (void) ask(&method_hosts, "{}");
    CHECK_SEEN("-32602 hosts: missing parameter 'hosts'\n");
    is_ending = true;
    (void) ask(&method_hosts, "{'hosts':[1]}");
    CHECK_SEEN("hosts 1 0\nlines 1\n-32603 out of memory\n");
    result = -ENOMEM;
    (void) ask(&method_hosts, "{'hosts':[1]}");
    CHECK_SEEN("hosts 1 0\n-32603 out of memory\n");
    result = -EINVAL;
    (void) ask(&method_hosts, "{'hosts':1}");
    CHECK_SEEN("hosts 0 0\n-32002 no list\n");
    live = 1;
    (void) ask(&method_hosts, "{'hosts':[1]}");
    CHECK_SEEN("-32009 a supervisor gets its hosts before its first thread\n");
}

static void only_an_attached_process_has_news(void)
{
    static const struct request table[] = {
        {"{'started':[]}", "news 100 - 0\ntells 1\n{}\n"},
        {"{'started':[],'ended':[],'published':[],'exception':'X','message':'m'}",
         "news 111 X 1\ntells 5\n{}\n"},
        {"{}", "news 000 - 0\n-32002 tell: bad news\n"},
        {"{'exception':1}", "-32001 tell: 'exception' must be a string\n"},
    };

    begin();
    (void) ask(&method_tell, "{'started':[]}");
    CHECK_SEEN("-32009 only an attached process has something to tell\n");
    peer.attachment = ATTACHED;
    CHECK_REQUESTS(method_tell, table);
}

/* Checks an attach, which leaves no descriptor open. */
#define CHECK_ATTACH(params, wanted)                                                               \
    do {                                                                                           \
        int before = test_count_open();                                                            \
                                                                                                   \
        (void) ask(&method_attach, params);                                                        \
        CHECK_SEEN(wanted);                                                                        \
        CHECK(LIST_EMPTY(&peer.calls));                                                            \
        CHECK_EQUAL(test_count_open(), before);                                                    \
    } while (0)

static void a_process_attaches_to_its_own_thread(void)
{
    begin();
    is_agent = false;
    CHECK_ATTACH("{}", "-32602 attach: missing parameter 'thread'\n");
    CHECK_ATTACH("{'thread':'a'}", "attaches to a\n{'attached':true}\n");
    CHECK_ATTACH("{'thread':'b'}", "-32003 no live thread 'b'\n");
    CHECK_ATTACH("{'thread':'c'}", "-32003 no thread 'c'\n");
    CHECK_ATTACH("{'thread':3}", "-32008 process 78 does not belong to thread 'web-1'\n");
    client.id = 3;
    threads[2].attachment = ATTACHED;
    CHECK_ATTACH("{'thread':3}",
                 "attaches to web-1\n-32011 process 77 of thread 'web-1' is attached\n");
    client.id = 1;
    threads[0].now.unended = EAGAIN;
    CHECK_ATTACH(
        "{'thread':1}",
        "attaches to a\n-32006 cannot attach: other replies are under way on this connection\n");
    threads[0].now.unended = EMFILE;
    CHECK_ATTACH("{'thread':1}", "attaches to a\n-32006 cannot attach: Too many open files\n");
    threads[0].now.unended = 0;
    threads[0].assignment.seat = SEAT; /* the processes of the thread are on another machine */
    CHECK_ATTACH("{'thread':1}", "-32008 process 78 does not belong to thread 'a'\n");
    threads[0].assignment.seat = NULL;
    result = -ESRCH;
    CHECK_ATTACH("{'thread':1}", "-32006 cannot attach: No such process\n");
    result = 0;
}

static void the_session_says_to_which_thread_a_process_belongs(void)
{
    begin();
    is_agent = false;
    resource = -1;
    client.id = 2;
    threads[0].now.pid = session = 40;
    CHECK_ATTACH("{'thread':1}", "attaches to a\n{'attached':true}\n");
    session = 41;
    CHECK_ATTACH("{'thread':1}", "-32008 process 78 does not belong to thread 'a'\n");
    /* No command runs, and the session is that of another namespace. */
    threads[0].now.pid = session = 0;
    CHECK_ATTACH("{'thread':1}", "-32008 process 78 does not belong to thread 'a'\n");
    threads[0].now.pid = session = -1;
    CHECK_ATTACH("{'thread':1}", "-32008 process 78 does not belong to thread 'a'\n");
}

static void a_process_at_an_agent_means_the_thread_of_the_run(void)
{
    struct origin origin = {.id = 9, .name = (char *) "far"};
    struct origin other = {.id = 10, .name = (char *) "else"};

    begin();
    threads[0].job.origin = &origin;
    threads[1].job.origin = &origin; /* has ended */
    threads[2].job.origin = &other;
    CHECK_ATTACH("{'thread':9}", "attaches to a\nawaits a follower\n");
    CHECK_ATTACH("{'thread':'far'}", "attaches to a\nawaits a follower\n");
    client.id = 7;
    CHECK_ATTACH("{'thread':10}", "-32008 process 78 does not belong to thread 'else'\n");
    CHECK_ATTACH("{'thread':1}",
                 "-32003 this machine runs no command for the thread of the process\n");
    CHECK_ATTACH("{'thread':'a'}",
                 "-32003 this machine runs no command for the thread of the process\n");
    CHECK_ATTACH("{'thread':[]}",
                 "-32003 this machine runs no command for the thread of the process\n");
}

TEST_MAIN({"agent", only_an_agent_obeys_and_only_its_run},
          {"arrive", an_exception_is_passed_to_the_process},
          {"follow", the_run_follows_an_attached_process}, {"end", the_run_ends_its_command},
          {"execute", the_run_executes_a_command}, {"resize", the_run_sets_the_size_of_a_terminal},
          {"host", machines_come_and_go}, {"hosts", a_run_says_once_which_machines_it_has},
          {"tell", only_an_attached_process_has_news},
          {"attach", a_process_attaches_to_its_own_thread},
          {"session", the_session_says_to_which_thread_a_process_belongs},
          {"far", a_process_at_an_agent_means_the_thread_of_the_run})
