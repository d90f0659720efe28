/* Tests alone the methods that ask another part of the server for something: the parts are the test's. */
#include "tests/parts/server/asked.h"

#include "cli/base/exceptions.h"
#include "cli/server/attachment.h"
#include "cli/server/inner_listing.h"
#include "cli/server/input.h"
#include "cli/server/jobserver.h"
#include "cli/server/listing.h"
#include "cli/server/log_reader.h"
#include "cli/server/look.h"
#include "cli/server/selection.h"
#include "cli/server/shutdown.h"
#include "cli/server/slots.h"
#include "cli/server/surroundings.h"
#include "cli/server/threads.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"

/* The functions that the methods call. */

bool record_has_failed(const struct record *record)
{
    return !record_is_live(record) && record->now.exit_code != 0;
}

/* Notes what SELECTION means, and releases it. */
static void note_selection(const char *what, struct selection *selection, bool wide)
{
    char   ids[32] = "";
    size_t used = 0;

    for (size_t i = 0; i < THREADS; i++)
        if (selection_fits(selection, &threads[i]))
            used += (size_t) snprintf(ids + used, sizeof(ids) - used, " %d", (int) i + 1);
    note("%s%s%s", what, wide ? " wide" : "", ids);
    selection_release(selection);
}

void listing_reply_objects(struct call *call, struct selection *selection)
{
    note("members %d", (int) call->members);
    note_selection("objects", selection, false);
    call_free(call);
}

void listing_begin_table(struct call *call, struct selection *selection, bool wide)
{
    note_selection("table", selection, wide);
    call_free(call);
}

bool inner_listing_is_wanted(const json_t *words)
{
    return json_is_array(words) && json_array_size(words) == 2;
}

void inner_listing_reply(struct call *call, const json_t *words, bool table)
{
    note("inner %d %d", (int) json_array_size(words), table);
    call_free(call);
}

void events_post_forgotten(const struct record *record)
{
    note("forgotten %s", record->job.name);
}

void store_forget(struct record *record)
{
    note("forget %s", record->job.name);
    TAILQ_REMOVE(&all, record, order);
}

static const k3thread_exctype job_error = {"BatchOverflow", &k3thread_Exception};

const k3thread_exctype *attachment_type_at(const struct attachment *attachment, size_t index)
{
    return attachment != NULL && index == 0 ? &job_error : NULL;
}

bool look_is_list(const json_t *list)
{
    return json_is_array(list);
}

void look_begin(struct call *call, const json_t *list, bool output)
{
    note("look %d %d", (int) json_array_size(list), output);
    call_free(call);
}

void input_send(struct call *call, struct record *record, struct input_bytes *bytes, double seconds)
{
    note("send %s '%.*s' %d %g", record->job.name, (int) bytes->size,
         bytes->data != NULL ? bytes->data : "", bytes->eof, seconds);
    free(bytes->data);
    call_free(call);
}

static uint64_t viewed; /* the id of the thread whose terminal the client sees */
static bool     types;

bool viewer_is_to(const struct viewer *viewer, const struct record *record)
{
    CHECK(viewer == &peer.viewer);
    return record->id == viewed;
}

bool viewer_types(const struct viewer *viewer)
{
    CHECK(viewer == &peer.viewer);
    return types;
}

void viewer_end(struct viewer *viewer)
{
    CHECK(viewer == &peer.viewer);
    note("ends %d", viewer->read_only);
}

void viewer_begin(struct viewer *viewer, struct record *record, bool draws)
{
    CHECK(draws && viewer == &peer.viewer && viewer->connection == &peer.connection);
    note("begins %s %ux%u %d", record->job.name, viewer->size.rows, viewer->size.columns,
         viewer->read_only);
}

void shutdown_begin(struct call *call, const k3thread_exctype *end_by)
{
    note("shutdown %s", end_by != NULL ? end_by->name : "-");
    call_free(call);
}

static unsigned slots = 3;
static bool     has_jobserver;

bool jobserver_is_open(void)
{
    return has_jobserver;
}

unsigned slots_number(void)
{
    return slots;
}

unsigned slots_taken(void)
{
    return 2;
}

size_t threads_queued(void)
{
    return 5;
}

void threads_set_slots(unsigned number)
{
    note("set %u", number);
    slots = number;
}

bool surroundings_take(struct call *call, const struct raw_environment *raw)
{
    note("takes %d%d%d", raw->environment != NULL, raw->limits != NULL, raw->nice != NULL);
    return json_is_array(raw->environment) || call_fail(call, PROTOCOL_TYPE_ERROR, "environment");
}

bool surroundings_path(struct call *call, const json_t *path, const char *what, char **ret)
{
    if (!json_is_string(path))
        return call_fail(call, PROTOCOL_TYPE_ERROR, "%s", what);
    *ret = strdup(json_string_value(path));
    return true;
}

uint64_t events_bit(const char *name)
{
    static const char *const names[] = {"created", "restarted", "ended", "ready", "output"};

    for (unsigned i = 0; name != NULL && i < 5; i++)
        if (strcmp(names[i], name) == 0)
            return 1U << i;
    return 0;
}

void events_watch(struct watcher *watcher, struct connection *connection, uint64_t events,
                  uint64_t members)
{
    CHECK(watcher == &peer.watcher && connection == &peer.connection);
    note("watch %s%d %s%d", events == EVENTS_DEFAULT ? "default " : "", (int) (events & 31),
         members == RECORD_ALL_MEMBERS ? "all " : "", (int) (members & 3));
}

void events_catch_up(struct watcher *watcher)
{
    CHECK(watcher == &peer.watcher);
    note("caught up");
}

void events_unwatch(struct watcher *watcher)
{
    CHECK(watcher == &peer.watcher);
    note("unwatch");
}

void mailbox_notify_all(void)
{
    note("all reports");
}

const char *logs_directory(void)
{
    return "/logs";
}

/* The readers 1 and 2 are open; reader 9 cannot be opened. */
static char readers[10];

static struct log_reader *reader_of(json_int_t number)
{
    return (struct log_reader *) &readers[number];
}

static int number_of(const struct log_reader *reader)
{
    return (int) ((const char *) reader - readers);
}

struct log_reader *log_reader_find(const struct peer *of, json_int_t number)
{
    CHECK(of == &peer);
    return number == 1 || number == 2 ? reader_of(number) : NULL;
}

struct log_reader *log_reader_open(struct peer *of, json_int_t number, struct record *record,
                                   const struct log_reader_wish *wish)
{
    CHECK(of == &peer);
    note("open %d %s follow %d times %d offset %d since %g lines %d", (int) number,
         record->job.name, wish->follow, wish->times, (int) wish->offset, wish->since,
         (int) wish->lines);
    return number != 9 ? reader_of(number) : NULL;
}

void log_reader_read(struct log_reader *reader, struct call *call, size_t size)
{
    note("read %d %zu", number_of(reader), size);
    call_free(call);
}

void log_reader_reply_end(struct call *call, json_int_t number)
{
    note("end %d", (int) number);
    call_free(call);
}

void log_reader_close(struct log_reader *reader)
{
    note("close %d", number_of(reader));
}

/* The cases. */

static void list_shows_the_threads_that_are_meant(void)
{
    static const struct request table[] = {
        {NULL, "caught up\nmembers -1\nobjects 1 2 3 4\n"},
        {"{'live':true}", "caught up\nmembers -1\nobjects 1 3\n"},
        {"{'failed':true,'members':['pid']}", "caught up\nmembers 2\nobjects 4\n"},
        {"{'table':true}", "table 1 2 3 4\n"},
        {"{'table':true,'wide':true,'threads':['web-*']}", "table wide 3 4\n"},
        {"{'threads':['a','b'],'table':true}", "inner 2 1\n"},
        {"{'threads':['a','b']}", "inner 2 0\n"},
        {"{'threads':['c']}", "-32003 no thread 'c'\n"},
        {"{'threads':['b'],'live':true}", "-32003 no live thread 'b'\n"},
        {"{'threads':['b'],'failed':true}", "-32003 no failed thread 'b'\n"},
        {"{'threads':['a'],'failed':true,'live':true}", "-32003 no failed thread 'a'\n"},
        {"{'threads':'a'}", "-32001 'threads' must be a list of threads\n"},
        {"{'members':[]}", "-32002 'members' must be a list of a thread's members\n"},
        {"{'no':1}", "-32602 list: unknown parameter 'no'\n"},
    };

    add_threads();
    threads[3].now.exit_code = 1;
    CHECK_REQUESTS(method_list, table);
}

static void clear_forgets_threads_that_have_ended(void)
{
    static const struct request table[] = {
        {"{'threads':['a']}", "-32003 no ended thread 'a'\n"},
        {"{'threads':['c']}", "-32003 no ended thread 'c'\n"},
        {"{'threads':'b'}", "-32001 'threads' must be a list of threads\n"},
        {"{'no':1}", "-32602 clear: unknown parameter 'no'\n"},
        {"{'threads':['a*']}", "{'cleared':0}\n"},
        {"{'threads':['b',4]}",
         "forgotten b\nforget b\nforgotten web-2\nforget web-2\n{'cleared':2}\n"},
    };
    struct kept_list keeper;

    add_threads();
    CHECK_REQUESTS(method_clear, table);
    TAILQ_INIT(&all);
    add_threads();
    threads[1].keeper = &keeper;
    (void) ask(&method_clear, "{'threads':['b']}");
    CHECK_SEEN("{'cleared':0}\n");
    (void) ask(&method_clear, NULL);
    CHECK_SEEN("forgotten web-2\nforget web-2\n{'cleared':1}\n");
    threads[1].keeper = NULL;
    (void) ask(&method_clear, NULL);
    CHECK_SEEN("forgotten b\nforget b\n{'cleared':1}\n");
}

/* Checks the list of the exceptions that can be raised: each type has a base before it, and LAST is the last. */
static void check_exceptions(const char *params, const char *last)
{
    char        all_names[sizeof(seen)];
    const char *first = "[{'name':'BaseException','base':null,'signal':null},"
                        "{'name':'SystemExit','base':'BaseException','signal':null},";

    (void) ask(&method_exceptions, params);
    (void) snprintf(all_names, sizeof(all_names), "%s", seen);
    seen[0] = '\0';
    CHECK(strncmp(all_names, first, strlen(first)) == 0);
    CHECK(strlen(all_names) > strlen(last));
    CHECK_TEXT(all_names + strlen(all_names) - strlen(last), last);
    CHECK(strstr(all_names, "{'name':'SIGHUP','base':'Signal','signal':1},") != NULL);
}

static void exceptions_are_listed_also_those_of_a_process(void)
{
    static const struct request table[] = {
        {"{'thread':'c'}", "-32003 no thread 'c'\n"},
        {"{'no':1}", "-32602 exceptions: unknown parameter 'no'\n"},
    };
    const char *published = "},{'name':'BatchOverflow','base':'Exception','signal':null}]\n";
    char        last[200];

    add_threads();
    CHECK_REQUESTS(method_exceptions, table);
    threads[0].attachment = (struct attachment *) &threads[0];
    check_exceptions("{'thread':'a'}", published);
    (void) ask(&method_exceptions, NULL);
    CHECK(strstr(seen, published) == NULL);
    (void) snprintf(last, sizeof(last), "%s", strrchr(seen, '{'));
    seen[0] = '\0';
    check_exceptions(NULL, last);
    check_exceptions("{'thread':'b'}", last);
}

static void look_takes_a_list(void)
{
    static const struct request table[] = {
        {"{'threads':[1,2]}", "look 2 0\n"},
        {"{'threads':[1],'output':true}", "look 1 1\n"},
        {"{'threads':1}", "-32001 'threads' must be a list of at most 64 ids of threads\n"},
        {"{}", "-32602 look: missing parameter 'threads'\n"},
    };

    add_threads();
    CHECK_REQUESTS(method_look, table);
}

static void send_writes_to_an_open_input(void)
{
    static const struct request table[] = {
        {"{'thread':'a','text':'hello'}", "send a 'hello' 0 -1\n"},
        {"{'thread':'a','text':{'base64':'aGk='},'eof':true,'timeout':0}", "send a 'hi' 1 0\n"},
        {"{'thread':'a','timeout':2.5}", "send a '' 0 2.5\n"},
        {"{'thread':'a','timeout':-1}", "-32002 timeout must be 0 seconds or more, not -1\n"},
        {"{'thread':'a','text':1}", "-32001 'text' must be a string\n"},
        {"{'thread':'b','text':''}", "-32003 thread 'b' (id 2) has ended\n"},
        {"{'thread':'web-1','text':''}",
         "-32002 thread 'web-1' (id 3) has no open input; start it with --input\n"},
        {"{'text':''}", "-32602 send: missing parameter 'thread'\n"},
    };

    add_threads();
    threads[0].input = (struct input *) &threads[0];
    CHECK_REQUESTS(method_send, table);
    viewed = 1;
    (void) ask(&method_send, "{'thread':'a','text':''}");
    CHECK_SEEN("-32009 another client types in thread 'a'\n");
    types = true;
    (void) ask(&method_send, "{'thread':'a','text':'x'}");
    CHECK_SEEN("send a 'x' 0 -1\n");
    viewed = 3;
    types = false;
    (void) ask(&method_send, "{'thread':'a','text':'x'}");
    CHECK_SEEN("send a 'x' 0 -1\n");
}

static void terminal_attaches_the_client(void)
{
    static const struct request table[] = {
        {"{'thread':'a','rows':5,'columns':6}", "ends 0\nbegins a 5x6 0\n{'id':1}\n"},
        {"{'thread':'a','read_only':true,'members':['id']}",
         "ends 0\nbegins a 24x80 1\n{'id':1,'members':1}\n"},
        {"{'thread':'b'}", "-32003 thread 'b' (id 2) has ended\n"},
        {"{'thread':'web-1'}",
         "-32002 thread 'web-1' (id 3) has no terminal; start it with --tty\n"},
        {"{'thread':'a','columns':4097}",
         "-32002 columns must be a number from 1 to 4096, not 4097\n"},
        {"{'thread':'a','members':1}", "-32001 'members' must be a list of a thread's members\n"},
        {"{}", "-32602 terminal: missing parameter 'thread'\n"},
    };

    add_threads();
    threads[0].console = (struct console *) &threads[0];
    CHECK_REQUESTS(method_terminal, table);
    viewed = 1;
    (void) ask(&method_terminal, "{'thread':'a'}");
    CHECK_SEEN("begins a 24x80 0\n{'id':1}\n");
}

static void shutdown_ends_threads_now_or_later(void)
{
    static const struct request table[] = {
        {NULL, "shutdown -\n"},
        {"{'now':true}", "shutdown SystemExit\n"},
        {"{'now':true,'exception':'KeyboardInterrupt'}", "shutdown KeyboardInterrupt\n"},
        {"{'now':false,'exception':'KeyboardInterrupt'}", "shutdown -\n"},
        {"{'exception':'HUP'}", "-32002 no exception that ends a thread is named 'HUP'\n"},
        {"{'exception':'X'}", "-32002 no exception that ends a thread is named 'X'\n"},
        {"{'now':1}", "-32001 shutdown: 'now' must be true or false\n"},
    };

    CHECK_REQUESTS(method_shutdown, table);
}

static void slots_are_shown_and_set(void)
{
    static const struct request table[] = {
        {NULL, "{'slots':3,'running':2,'queued':5}\n"},
        {"{'slots':0}", "set 0\n{'slots':0,'running':2,'queued':5}\n"},
        {"{'slots':1000000}", "set 1000000\n{'slots':1000000,'running':2,'queued':5}\n"},
        {"{'slots':1000001}", "-32002 'slots' must be a number from 0 to 1000000\n"},
        {"{'slots':-1}", "-32002 'slots' must be a number from 0 to 1000000\n"},
        {"{'slots':'nine'}", "-32001 'slots' must be a whole number or 'none'\n"},
        {"{'slots':1.5}", "-32001 'slots' must be a whole number or 'none'\n"},
        {"{'no':1}", "-32602 slots: unknown parameter 'no'\n"},
    };

    CHECK_REQUESTS(method_slots, table);
    has_jobserver = true;
    (void) ask(&method_slots, "{'slots':'none'}");
    CHECK_SEEN("-32002 with a jobserver the slots need a number, not 'none'\n");
    (void) ask(&method_slots, "{'slots':4}");
    CHECK_SEEN("set 4\n{'slots':4,'running':2,'queued':5}\n");
    has_jobserver = false;
    (void) ask(&method_slots, "{'slots':'none'}");
    CHECK(strncmp(seen, "set ", 4) == 0);
    memmove(seen, strchr(seen, '\n') + 1, strlen(strchr(seen, '\n')));
    CHECK_SEEN("{'slots':null,'running':2,'queued':5}\n");
    CHECK_EQUAL(slots, SLOTS_UNLIMITED);
    has_jobserver = true; /* the number is shown, whatever it is */
    (void) ask(&method_slots, NULL);
    CHECK_SEEN("{'slots':null,'running':2,'queued':5}\n");
}

static void surroundings_are_kept_for_the_client(void)
{
    static const struct request table[] = {
        {"{'environment':[],'directory':'/d'}", "takes 100\n{}\n"},
        {"{'environment':[],'directory':'/e','limits':{},'nice':1,'umask':511}", "takes 111\n{}\n"},
        {"{'environment':1,'directory':'/f'}", "takes 100\n-32001 environment\n"},
        {"{'environment':[],'directory':'/f','umask':512}",
         "-32002 umask must be a number from 0 to 511 (0777)\n"},
        {"{'environment':[],'directory':1}", "-32001 'directory' must be a string\n"},
        {"{'environment':[]}", "-32602 surroundings: missing parameter 'directory'\n"},
        {"{'directory':'/f'}", "-32602 surroundings: missing parameter 'environment'\n"},
    };

    check_requests(&method_surroundings, table, 1);
    CHECK_TEXT(peer.directory, "/d");
    CHECK_EQUAL(peer.umask, 022);
    CHECK_REQUESTS(method_surroundings, table);
    CHECK_TEXT(peer.directory, "/e");
    CHECK_EQUAL(peer.umask, 0777);
}

static void watch_sends_events(void)
{
    static const struct request table[] = {
        {NULL, "{'watching':true,'logs':'/logs'}\nall reports\nwatch default 31 all 3\n"},
        {"{'events':['created','ended','restarted'],'members':['pid']}",
         "{'watching':true,'logs':'/logs'}\nwatch 7 2\n"},
        {"{'events':['ready','created']}",
         "{'watching':true,'logs':'/logs'}\nall reports\nwatch 9 all 3\n"},
        {"{'events':[]}", "unwatch\n{'watching':false}\n"},
        {"{'events':['nosuch']}", "-32002 'events' must be a list of events' names\n"},
        {"{'events':1}", "-32001 'events' must be a list of events' names\n"},
        {"{'members':1}", "-32001 'members' must be a list of a thread's members\n"},
        {"{'no':1}", "-32602 watch: unknown parameter 'no'\n"},
    };

    CHECK_REQUESTS(method_watch, table);
}

static void read_gives_pieces_of_a_log(void)
{
    static const struct request table[] = {
        {"{'reader':3,'open':true,'thread':'a'}",
         "open 3 a follow 0 times 0 offset -1 since -1 lines -1\nread 3 65536\n"},
        {"{'reader':3,'open':true,'thread':'b','follow':true,'times':true,'offset':7,'lines':8,"
         "'since':9,'size':1}",
         "open 3 b follow 1 times 1 offset 7 since 9 lines 8\nread 3 1\n"},
        {"{'reader':3,'open':true,'thread':'a','close':true,'since':0}",
         "open 3 a follow 0 times 0 offset -1 since 0 lines -1\nclose 3\nend 3\n"},
        {"{'reader':9,'open':true,'thread':'a'}",
         "open 9 a follow 0 times 0 offset -1 since -1 lines -1\n-32603 out of memory\n"},
        {"{'reader':1}", "read 1 65536\n"},
        {"{'reader':1,'size':262144}", "read 1 262144\n"},
        {"{'reader':2,'close':true}", "close 2\nend 2\n"},
        {"{'reader':3}", "end 3\n"},
        {"{'reader':3,'close':true}", "end 3\n"},
        {"{'reader':1,'open':true,'thread':'a'}", "-32002 the reader 1 is open already\n"},
        {"{'reader':3,'open':true,'thread':'c'}", "-32003 no thread 'c'\n"},
        {"{'reader':1,'since':-1}", "-32002 since must be 0 seconds or more, not -1\n"},
        {"{'reader':1,'lines':-1}", "-32002 lines must be 0 or more, not -1\n"},
        {"{'reader':1,'offset':-1}", "-32002 offset must be 0 or more, not -1\n"},
        {"{'reader':1,'size':0}", "-32002 'size' must be a number from 1 to 262144\n"},
        {"{'reader':1,'size':262145}", "-32002 'size' must be a number from 1 to 262144\n"},
        {"{}", "-32602 read: missing parameter 'reader'\n"},
    };

    add_threads();
    CHECK_REQUESTS(method_read, table);
    peer.reader_count = 4096;
    (void) ask(&method_read, "{'reader':3,'open':true,'thread':'a'}");
    CHECK_SEEN("-32009 too many readers are open on this connection\n");
    peer.reader_count = 4095;
    (void) ask(&method_read, "{'reader':3,'open':true,'thread':'a'}");
    CHECK_SEEN("open 3 a follow 0 times 0 offset -1 since -1 lines -1\nread 3 65536\n");
}

TEST_MAIN({"list", list_shows_the_threads_that_are_meant},
          {"clear", clear_forgets_threads_that_have_ended},
          {"exceptions", exceptions_are_listed_also_those_of_a_process},
          {"look", look_takes_a_list}, {"send", send_writes_to_an_open_input},
          {"terminal", terminal_attaches_the_client},
          {"shutdown", shutdown_ends_threads_now_or_later}, {"slots", slots_are_shown_and_set},
          {"surroundings", surroundings_are_kept_for_the_client}, {"watch", watch_sends_events},
          {"read", read_gives_pieces_of_a_log})
