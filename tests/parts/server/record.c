/* Tests how a thread is written: as an object of JSON, and as a line of the table of list. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/base/need_word.h"
#include "cli/server/hosts.h"
#include "cli/server/record.h"
#include "cli/server/table.h"

#include <math.h>

static struct usage usage;
static bool         has_hosts;

double clock_monotonic(void)
{
    return 1000;
}

bool hosts_are_used(void)
{
    return has_hosts;
}

struct usage account_usage(struct account *account)
{
    (void) account;
    return usage;
}

void job_release(struct job *job)
{
    (void) job;
}

void report_release(struct report *report)
{
    (void) report;
}

static char *words[] = {(char *) "sh", (char *) "-c", (char *) "echo \"a\"\t'b'", NULL};

/* Returns a thread whose command runs since the moment 990. */
static struct record *make_running(void)
{
    static struct record record;

    record = (struct record){
        .id = 7,
        .created = 1000000000.5,
        .job = {.name = (char *) "web",
                .argv = words,
                .directory = (char *) "/home",
                .output = (char *) "/logs/7.log"},
        .now = {.state = STATE_RUNNING,
                .tid = 71,
                .pid = 72,
                .exit_code = -1,
                .runs = 1,
                .run_begin = 990,
                .started = 1000000001.25,
                .ready = true},
    };
    return &record;
}

/* Checks the line of RECORD at the moment 1000, behind another one. */
static void check_row(struct record *record, bool wide, const char *wanted)
{
    struct text text = {0};
    char        both[4096];

    text_add(&text, "before");
    table_add_row(&text, record, wide, 1000);
    (void) snprintf(both, sizeof(both), "before%s", wanted);
    check_written(&text, both);
}

#define COMMAND "sh -c $'echo \\\"a\\\"\\\\t\\\\'b\\\\''"

static void lines_have_their_cells(void)
{
    struct record *record = make_running();
    struct text    text = {0};

    table_add_headings(&text, false);
    check_written(&text, "ID\\tNAME\\tTID\\tPID\\tSTATE\\tDAEMON\\tTIME\\tRESULT\\tCOMMAND\\n");
    table_add_headings(&text, true);
    check_written(&text, "ID\\tNAME\\tTID\\tPID\\tSTATE\\tDAEMON\\tTIME\\tRUNS\\tCPU\\tMEMORY\\tRES"
                         "ULT\\tCOMMAND\\n");
    record->id = 1;
    check_row(record, false, "1\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\t-\\t" COMMAND "\\n");
    free(record->row);
    *record = *make_running();
    record->job.argv = (char *[]){(char *) "a", (char *) "b c", NULL};
    check_row(record, false, "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\t-\\ta 'b c'\\n");
    usage = (struct usage){1.5, 0.25, 3 << 20};
    check_row(record, true,
              "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\t1\\t1.8s\\t3.0M\\t-\\ta 'b c'\\n");
    usage.memory = 0;
    check_row(record, true,
              "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\t1\\t1.8s\\t-\\t-\\ta 'b c'\\n");

    /* A thread that has not begun, on another machine or on none yet. */
    free(record->row);
    record->row = NULL;
    has_hosts = true;
    record->job.daemon = true;
    record->now = (struct report){.state = STATE_DELAYED, .exit_code = -1};
    check_row(record, false, "7\\tweb\\t-\\t-\\t-\\tdelayed\\tyes\\t-\\t-\\ta 'b c'\\n");
    record->job.host = (char *) "m\"1\"";
    check_row(record, false, "7\\tweb\\tm\\\"1\\\"\\t-\\t-\\tdelayed\\tyes\\t-\\t-\\ta 'b c'\\n");
    record->assignment.seat = &(struct seat){.name = (char *) "m2"};
    check_row(record, false, "7\\tweb\\tm2\\t-\\t-\\tdelayed\\tyes\\t-\\t-\\ta 'b c'\\n");
    CHECK(record->row == NULL);
}

static void a_kept_line_follows_its_thread(void)
{
    struct record *record = make_running();
    struct report *now = &record->now;

    record->job.argv = (char *[]){(char *) "a", NULL};
    check_row(record, false, "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\t-\\ta\\n");
    CHECK(record->row != NULL);
    record->job.argv =
        (char *[]){(char *) "b", NULL}; /* no command changes: the line is not written anew */
    now->run_begin = 999.5;
    check_row(record, false, "7\\tweb\\t71\\t72\\trunning\\tno\\t0.5s\\t-\\ta\\n");
    now->run_begin = 900;
    check_row(record, false, "7\\tweb\\t71\\t72\\trunning\\tno\\t1m40s\\t-\\ta\\n");
    record->job.argv = (char *[]){(char *) "a", NULL};
    now->tid = 81;
    check_row(record, false, "7\\tweb\\t81\\t72\\trunning\\tno\\t1m40s\\t-\\ta\\n");
    now->pid = 82;
    check_row(record, false, "7\\tweb\\t81\\t82\\trunning\\tno\\t1m40s\\t-\\ta\\n");
    now->state = STATE_STOPPING;
    check_row(record, false, "7\\tweb\\t81\\t82\\tstopping\\tno\\t1m40s\\t-\\ta\\n");
    now->exception = &k3thread_TimeoutError;
    check_row(record, false, "7\\tweb\\t81\\t82\\tstopping\\tno\\t1m40s\\tTimeoutError\\ta\\n");
    now->run_end = 910;
    now->state = STATE_ENDED;
    now->tid = now->pid = 0;
    check_row(record, false, "7\\tweb\\t-\\t-\\tended\\tno\\t10.0s\\tTimeoutError\\ta\\n");
    now->exit_code = 3;
    check_row(record, false, "7\\tweb\\t-\\t-\\tended\\tno\\t10.0s\\tTimeoutError, exit 3\\ta\\n");
    now->exit_code = -1;
    now->signal = SIGTERM;
    check_row(record, false, "7\\tweb\\t-\\t-\\tended\\tno\\t10.0s\\tTimeoutError, SIGTERM\\ta\\n");
    now->exception = NULL;
    check_row(record, false, "7\\tweb\\t-\\t-\\tended\\tno\\t10.0s\\tSIGTERM\\ta\\n");
    now->signal = 0;
    now->exit_code = 4;
    check_row(record, false, "7\\tweb\\t-\\t-\\tended\\tno\\t10.0s\\texit 4\\ta\\n");
    now->exit_code = -1;
    check_row(record, false, "7\\tweb\\t-\\t-\\tended\\tno\\t10.0s\\t-\\ta\\n");
    now->signal = SIGHUP;
    check_row(record, false, "7\\tweb\\t-\\t-\\tended\\tno\\t10.0s\\tSIGHUP\\ta\\n");
    free(record->row);
}

static void a_run_under_way_shows_no_earlier_result(void)
{
    struct record *record = make_running();

    record->job.argv = (char *[]){(char *) "a", NULL};
    record->now.exit_code = 3;
    check_row(record, false, "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\t-\\ta\\n");
    record->now.exit_code = -1;
    record->now.signal = SIGHUP;
    check_row(record, false, "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\t-\\ta\\n");
    record->now.state = STATE_DELAYED; /* the pause before the next run belongs to neither */
    record->now.pid = 0;
    check_row(record, false, "7\\tweb\\t71\\t-\\tdelayed\\tno\\t-\\tSIGHUP\\ta\\n");
    free(record->row);
}

static void what_a_thread_waits_for_is_its_result(void)
{
    struct need    needs[] = {{.word = (char *) "db"},
                              {.word = (char *) "x:ended"},
                              {.word = (char *) "y"},
                              {.word = (char *) "of another thread"}};
    struct record *record = make_running();

    record->job.argv = (char *[]){(char *) "a", NULL};
    record->job.ready = (char *) "line:is it up, or not up? 0123456789abcdefgh";
    record->now.ready = false;
    check_row(record, false,
              "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\twaits for line:is it up, or not up? "
              "0123456789abcd\\ta\\n");
    record->now.status = "half\tdone";
    check_row(record, false,
              "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\t"
              "waits for line:is it up, or not up? 0123456789abcd: half\\\\tdone\\ta\\n");
    CHECK(record->row == NULL);
    record->now.status = NULL;
    check_row(record, false,
              "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\twaits for line:is it up, or not up? "
              "0123456789abcd\\ta\\n");
    record->now.ready = true;
    check_row(record, false, "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\t-\\ta\\n");
    record->now.status = "half\tdone";
    record->now.state = STATE_READY;
    check_row(record, false, "7\\tweb\\t71\\t72\\tready\\tno\\t10.0s\\thalf\\\\tdone\\ta\\n");
    record->now.status = "done";
    check_row(record, false, "7\\tweb\\t71\\t72\\tready\\tno\\t10.0s\\tdone\\ta\\n");
    record->now.status = "";
    check_row(record, false, "7\\tweb\\t71\\t72\\tready\\tno\\t10.0s\\t-\\ta\\n");
    CHECK(record->row != NULL);
    record->now.status = "again";
    check_row(record, false, "7\\tweb\\t71\\t72\\tready\\tno\\t10.0s\\tagain\\ta\\n");
    record->now.state = STATE_STOPPING;
    check_row(record, false, "7\\tweb\\t71\\t72\\tstopping\\tno\\t10.0s\\t-\\ta\\n");
    record->now = (struct report){.state = STATE_WAITING, .exit_code = -1};
    record->job.needs = needs;
    record->job.need_count = 3;
    check_row(record, false, "7\\tweb\\t-\\t-\\twaiting\\tno\\t-\\twaits for db\\ta\\n");
    needs[0].met = true;
    check_row(record, false, "7\\tweb\\t-\\t-\\twaiting\\tno\\t-\\twaits for x:ended\\ta\\n");
    needs[1].met = true;
    check_row(record, false, "7\\tweb\\t-\\t-\\twaiting\\tno\\t-\\twaits for y\\ta\\n");
    CHECK(record->row == NULL);
    record->now.state = STATE_ENDED; /* it never began */
    CHECK(record_waits_for(record) == NULL);
    record->now.state = STATE_WAITING;
    needs[2].met = true;
    CHECK(record_waits_for(record) == NULL);
}

static void a_long_line_is_not_kept(void)
{
    struct record *record = make_running();
    char           word[513], line[600];

    record->job.argv = (char *[]){word, NULL};
    for (size_t size = 470; size < 476; size++) {
        memset(word, 'x', size);
        word[size] = '\0';
        (void) snprintf(line, sizeof(line), "7\\tweb\\t71\\t72\\trunning\\tno\\t10.0s\\t-\\t%s\\n",
                        word);
        check_row(record, false, line);
        CHECK_EQUAL(record->row != NULL, strlen(line) <= 512);
        check_row(record, false, line);
        record->now.tid++;
        record->now.tid--;
        free(record->row);
        record->row = NULL;
    }
}

static void objects_have_each_member(void)
{
    struct need    needs[] = {{.id = 3, .word = (char *) "db", .condition = NEED_READY},
                              {.id = 4, .word = (char *) "a:ended", .condition = NEED_ENDED},
                              {.id = 5, .word = (char *) "b:succeeded", .condition = NEED_SUCCEEDED}};
    struct record *record = make_running();
    struct text    text = {0};

    usage = (struct usage){1.5, 0.25, 4096};
    record_write(&text, record, RECORD_ALL_MEMBERS);
    check_written(
        &text,
        "{\"id\":7,\"name\":\"web\",\"tid\":71,\"pid\":72,\"state\":\"running\",\"daemon\":false,"
        "\"after\":0.0,\"command\":[\"sh\",\"-c\",\"echo "
        "\\\"a\\\"\\t'b'\"],\"directory\":\"/home\","
        "\"log\":\"/logs/7.log\",\"created\":1000000000.5,\"started\":1000000001.25,\"ended\":null,"
        "\"exit_code\":null,\"signal\":null,\"exception\":null,\"message\":null,\"runs\":1,"
        "\"unended\":null,\"ready\":true,\"status\":null,\"waits_for\":null,\"needs\":[],"
        "\"attached\":false,\"seconds\":10.0,\"cpu\":{\"user\":1.5,\"system\":0.25},\"max_rss\":"
        "4096,"
        "\"left\":[],\"tty\":false,\"input\":false}");
    record_write(&text, record,
                 record_member("pid") | record_member("ended") | record_member("id"));
    check_written(&text, "{\"id\":7,\"pid\":72}");
    CHECK(record_member("ids") == 0 && record_member(NULL) == 0 && record_member("host") != 0);
    record->job.needs = needs;
    record->job.need_count = 3;
    record_write(&text, record, record_member("needs") | record_member("left"));
    check_written(&text, "{\"needs\":[{\"id\":3,\"name\":\"db\",\"condition\":\"ready\"},"
                         "{\"id\":4,\"name\":\"a\",\"condition\":\"ended\"},"
                         "{\"id\":5,\"name\":\"b\",\"condition\":\"succeeded\"}]}");
    record->now.left = "[1]";
    record->now.status = "";
    record->now.run_end = 995;
    record_write(&text, record,
                 record_member("left") | record_member("status") | record_member("seconds"));
    check_written(&text, "{\"seconds\":5.0,\"left\":[1]}");
    record->now.status = "x";
    record_write(&text, record, record_member("status"));
    check_written(&text, "{\"status\":\"x\"}");
    has_hosts = true;
    record_write(&text, record, RECORD_ALL_MEMBERS);
    text_byte(&text, '\0', 1);
    CHECK(strstr(text.data, "\"input\":false,\"host\":null}") != NULL);
    text_release(&text);
}

static void the_time_is_that_of_the_last_run(void)
{
    struct record *record = make_running();

    CHECK(record_seconds(record) == 10 && record_seconds_at(record, 992) == 2);
    record->now.run_end = 997;
    CHECK(record_seconds(record) == 7);
    record->now.state = STATE_DELAYED;
    CHECK(isnan(record_seconds(record)));
    record->now = (struct report){.state = STATE_RUNNING};
    CHECK(isnan(record_seconds(record)));
}

static void success_and_failure_exclude_each_other(void)
{
    static const struct {
        enum protocol_state     state;
        int                     exit_code;
        const k3thread_exctype *exception;
        bool                    succeeded, failed;
    } table[] = {
        {STATE_RUNNING, 0, NULL, false, false},
        {STATE_ENDED, 0, NULL, true, false},
        {STATE_ENDED, 0, &k3thread_SystemExit, true, false},
        {STATE_ENDED, 0, &k3thread_TimeoutError, false, true},
        {STATE_ENDED, 1, NULL, false, true},
        {STATE_ENDED, -1, &k3thread_SystemExit, false, false},
        {STATE_ENDED, -1, &k3thread_KeyboardInterrupt, false, true},
    };
    struct record *record = make_running();

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        record->now.state = table[i].state;
        record->now.exit_code = table[i].exit_code;
        record->now.exception = table[i].exception;
        CHECK_EQUAL(record_has_succeeded(record), table[i].succeeded);
        CHECK_EQUAL(record_has_failed(record), table[i].failed);
    }
}

TEST_MAIN({"cells", lines_have_their_cells}, {"kept", a_kept_line_follows_its_thread},
          {"runs", a_run_under_way_shows_no_earlier_result},
          {"waits", what_a_thread_waits_for_is_its_result}, {"long", a_long_line_is_not_kept},
          {"members", objects_have_each_member}, {"seconds", the_time_is_that_of_the_last_run},
          {"success", success_and_failure_exclude_each_other})
