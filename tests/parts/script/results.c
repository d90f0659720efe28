/* Tests the results of a run that other programs read, and its summary: each of a run whose numbers are known. */
#include "tests/parts/script/finished_run.h"
#include "tests/parts/written.h"

#include "cli/base/text.h"
#include "cli/script/result_json.h"
#include "cli/script/result_junit.h"
#include "cli/script/result_trace.h"
#include "cli/script/summary.h"
#include "cli/script/unique_names.h"
#include "cli/script/xml.h"

#define ENDED(seconds) "'state':'ended','ended':1700000010,'seconds':" #seconds

/* XML */

static void check_xml(const char *bytes, size_t size, const char *wanted)
{
    struct text text = {0};

    xml_add(&text, bytes, size);
    check_written(&text, wanted);
}

static void xml_has_no_byte_that_it_forbids(void)
{
    static const struct {
        const char *bytes, *wanted;
    } table[] = {
        {"", ""},
        {"a b~", "a b~"},
        {"<&>\"'", "&lt;&amp;&gt;&quot;'"},
        {"\t\n\r", "\t\n&#13;"},
        {"\1\x1f", "\xef\xbf\xbd\xef\xbf\xbd"},
        /* control sequences of a terminal */
        {"\033[0m\033[1;31mred\033[K", "red"},
        {"\033[@x\033[~y\033[ ?Az", "xyz"},
        {"\033[", "\xef\xbf\xbd["},
        {"\033[3", "\xef\xbf\xbd[3"},
        {"\033[3\x7f", "\xef\xbf\xbd[3\x7f"},
        {"\033]m", "\xef\xbf\xbd]m"},
        {"x[m", "x[m"},
        /* UTF-8 of two, three and four bytes, and what is none */
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80.", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80."},
        {"\xc3\xa9", "\xc3\xa9"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xc3", "\xef\xbf\xbd"},
        {"\xff<", "\xef\xbf\xbd&lt;"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf", /* U+FFFE and U+FFFF are not allowed */
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    struct text text = {0};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        check_xml(table[i].bytes, strlen(table[i].bytes), table[i].wanted);
    check_xml("a\0b", 3,
              "a\xef\xbf\xbd"
              "b");
    check_xml("\033[31m", 4, "\xef\xbf\xbd[31"); /* only what belongs to the text counts */
    check_xml("ab\033[31m", 6, "ab\xef\xbf\xbd[31");
    check_xml("\xe2\x82\xac", 2, "\xef\xbf\xbd\xef\xbf\xbd");
    xml_add_attribute(&text, "a", "<x", 2);
    xml_print_attribute(&text, "b", "%d\"", 7);
    check_written(&text, " a=\"&lt;x\" b=\"7&quot;\"");
}

/* Names */

static void check_name(struct unique_names *names, const char *name, const char *wanted)
{
    struct text text = {0};

    text_add(&text, "<");
    CHECK_EQUAL(unique_names_add(names, &text, name), 0);
    text_add(&text, ">");
    CHECK_EQUAL(text.size, strlen(wanted) + 2);
    CHECK(memcmp(text.data + 1, wanted, strlen(wanted)) == 0);
    text_release(&text);
}

static void names_become_unique(void)
{
    struct unique_names names = {0};

    check_name(&names, "", "");
    check_name(&names, "", "-2");
    check_name(&names, "a", "a");
    check_name(&names, "a-2", "a-2");
    check_name(&names, "a", "a-3");
    check_name(&names, "a", "a-4");
    check_name(&names, "a-2", "a-2-2");
    check_name(&names, "b", "b");
    unique_names_release(&names);
    check_name(&names, "a", "a");
    unique_names_release(&names);
}

static void thousands_of_names_are_told_apart(void)
{
    struct unique_names names = {0};
    char                name[32], wanted[40];

    for (int round = 1; round <= 3; round++)
        for (int i = 0; i < 10000; i++) {
            snprintf(name, sizeof(name), "n%d", i);
            snprintf(wanted, sizeof(wanted), round == 1 ? "n%d" : "n%d-%d", i, round);
            check_name(&names, name, wanted);
            CHECK(names.count < names.room); /* a search ends at a free place */
        }
    CHECK_EQUAL(names.count, 30000);
    CHECK(names.room <= 65536);
    unique_names_release(&names);
}

/* Files */

/* A run of four threads: one is done, one has failed, one was cut off, and one has left a process. */
static void begin_four(struct finished_run *run)
{
    run_begin(run);
    run->result.name = "a<b>";
    run->result.status = 3;
    run->result.seconds = 2.5;
    run_add(run, "'id':1,'name':'a'," ENDED(1.25) ",'runs':1,'exit_code':0");
    run_add(run, "'id':3,'name':'a'," ENDED(0.5) ",'runs':1,'exit_code':3,'log':'./log'");
    run_add(run,
            "'id':4,'name':'c'," ENDED(null) ",'runs':0,'exception':'SystemExit','message':'over'");
    run_add(run, "'id':5,'name':'d'," ENDED(1) ",'runs':1,'signal':15,'exception':'SystemExit'");
    run_add(run, "'id':6,'name':'e'," ENDED(
                     1) ",'runs':1,'exit_code':0,'left':[{'pid':7,'command':['x']}]");
}

static void junit_has_a_case_for_each_thread(void)
{
    struct finished_run run;
    struct text         text = {0};
    int                 fd = open("./log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK_EQUAL(write(fd, "one\n<two>\n", 10), 10);
    close(fd);
    begin_four(&run);
    run.threads.leaks_fail = true;
    result_add_junit(&text, &run.result);
    check_written(
        &text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"a&lt;b&gt;\" tests=\"5\" failures=\"2\" errors=\"0\" time=\"2.500\">\n"
        "  <testsuite name=\"a&lt;b&gt;\" tests=\"5\" failures=\"2\" errors=\"0\" time=\"2.500\" "
        "skipped=\"2\""
        " timestamp=\"2023-11-14T22:13:20Z\">\n"
        "    <testcase name=\"a\" classname=\"a&lt;b&gt;\" time=\"1.250\"/>\n"
        "    <testcase name=\"a-2\" classname=\"a&lt;b&gt;\" time=\"0.500\">\n"
        "      <failure type=\"exit 3\" message=\"exit 3\">one\n&lt;two&gt;</failure>\n"
        "    </testcase>\n"
        "    <testcase name=\"c\" classname=\"a&lt;b&gt;\" time=\"0.000\">\n"
        "      <skipped/>\n"
        "    </testcase>\n"
        "    <testcase name=\"d\" classname=\"a&lt;b&gt;\" time=\"1.000\">\n"
        "      <skipped message=\"ended before it was done: SystemExit, SIGTERM\"/>\n"
        "    </testcase>\n"
        "    <testcase name=\"e\" classname=\"a&lt;b&gt;\" time=\"1.000\">\n"
        "      <failure type=\"left processes\" message=\"exit 0, left process 7 (x)\"></failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
    run_end(&run);
}

static void a_failure_in_junit_has_a_hundred_lines_at_most(void)
{
    static char         bytes[128 * 1024];
    struct finished_run run;
    struct text         text = {0};
    size_t              found = 0;

    for (int long_lines = 0; long_lines < 2; long_lines++) {
        int fd = open("./log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = i % (long_lines ? 1024 : 2) == 1 ? '\n' : '7';
        CHECK_EQUAL(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
        close(fd);
        run_begin(&run);
        run_add(&run, "'id':1,'name':'a'," ENDED(0.5) ",'runs':1,'exit_code':7,'log':'./log'");
        result_add_junit(&text, &run.result);
        found = 0;
        for (size_t i = 0; i < text.size; i++)
            found += text.data[i] == '7';
        /* 100 lines of one byte, or 64 KiB with 64 ends of lines; and the status, twice */
        CHECK_EQUAL(found, long_lines ? 64 * 1024 - 64 + 2 : 100 + 2);
        text_release(&text);
        run_end(&run);
    }
}

/* Checks that the value in TEXT is WANTED, and releases TEXT. */
static void check_json(struct text *text, const char *wanted)
{
    json_t *got = json_loadb(text->data, text->size, 0, NULL), *value = json_loads(wanted, 0, NULL);

    CHECK(got != NULL && value != NULL);
    CHECK(json_equal(got, value));
    json_decref(got);
    json_decref(value);
    text_release(text);
}

static void json_has_the_numbers_of_the_run(void)
{
    static char *const  arguments[] = {"x", "\377", NULL};
    struct finished_run run;
    struct text         text = {0};
    json_t             *left_out = json_pack("[s]", "b");

    run_begin(&run);
    run_add(&run, "'id':1,'name':'a','ended':1700000010,'exit_code':0,'log':'/logs/1.log'");
    run_add(&run, "'id':2,'name':'b','ended':1700000010,'exit_code':3,'log':'/logs/1/2.log'");
    run_add(&run, "'id':4,'name':'c','log':'/logs-of-c/1.log'");
    run_add(&run, "'id':5,'name':'d','runs':1,'ended':1700000010,'exit_code':0");
    run.result.arguments = arguments;
    run.result.seconds = 2.5;
    run.result.logs = "/logs";
    run.result.left_out = left_out;
    run.result.complete = false;
    result_add_json(&text, &run.result);
    check_json(&text, "{\"script\":\"script\",\"arguments\":[\"x\",{\"base64\":\"/"
                      "w==\"}],\"started\":1700000000.0,"
                      "\"ended\":1700000002.5,\"seconds\":2.5,\"exit_status\":0,\"signal\":null,"
                      "\"complete\":false,\"ok\":1,"
                      "\"failed\":2,\"skipped\":1,\"threads\":["
                      "{\"id\":1,\"name\":\"a\",\"ended\":1700000010,\"exit_code\":0,\"log\":null,"
                      "\"failed\":false,\"exit_status\":0},"
                      "{\"id\":2,\"name\":\"b\",\"ended\":1700000010,\"exit_code\":3,\"log\":null,"
                      "\"failed\":true,\"exit_status\":3},"
                      "{\"id\":4,\"name\":\"c\",\"log\":\"/logs-of-c/"
                      "1.log\",\"failed\":true,\"exit_status\":125},"
                      "{\"id\":5,\"name\":\"d\",\"runs\":1,\"ended\":1700000010,\"exit_code\":0,"
                      "\"failed\":false,\"exit_status\":0}],"
                      "\"left_out\":[\"b\"]}");
    run_end(&run);
    run_begin(&run);
    run_add(&run, "'id':1,'name':'a','log':'/logs/1.log'");
    run.result.signal = 15;
    run.result.status = 143;
    result_add_json(&text, &run.result);
    check_json(
        &text,
        "{\"script\":\"script\",\"arguments\":[],\"started\":1700000000.0,\"ended\":1700000010.0,"
        "\"seconds\":10.0,\"exit_status\":143,\"signal\":15,\"complete\":true,\"ok\":0,\"failed\":"
        "1,\"skipped\":0,"
        "\"threads\":[{\"id\":1,\"name\":\"a\",\"log\":\"/logs/"
        "1.log\",\"failed\":true,\"exit_status\":125}]}");
    run_end(&run);
    json_decref(left_out);
}

static void a_trace_has_the_phases_and_the_raises(void)
{
    struct finished_run  run;
    struct text          text = {0};
    struct course_phase *last;

    run_begin(&run);
    run.result.name = "a\"b";
    run.result.status = 3;
    run_add(&run, "'id':1,'name':{'base64':'/w=='},'host':'m'");
    run_add(&run, "'id':3,'name':'c','host':null");
    run_add_phase(&run, 1, "delayed", 0, -1, 0.0000004);
    run_add_phase(&run, 1, "running", 1, 0.0000006, 1.5);
    last = run_add_phase(&run, 1, "stopping", 1, 1.5, 2);
    last->is_last = true;
    last->end.exit_code = 0;
    last->end.exception = json_string("SystemExit");
    run_add_phase(&run, 1, "running", 2, 3, 2.5);
    run_add_phase(&run, 1, "ready", 2, 3, 3.25)->is_last = true;
    run.course.threads[1].phases[4].end.signal = 15;
    run_add_raise(&run, 1, 1.5, "SystemExit", NULL);
    run_add_raise(&run, 3, 0.25, "ValueError", "no");
    run.course.raises[1].inner = json_string("w-1");
    result_add_trace(&text, &run.result);
    check_written(
        &text,
        "{\"traceEvents\":[\n"
        "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"tid\":0,\"args\":{\"name\":\"a\\\"b\"}"
        "},\n"
        "{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":1,\"args\":{\"name\":\"\\\\xff\"}"
        "},\n"
        "{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":1,\"tid\":1,\"args\":{\"sort_index\":"
        "1}},\n"
        "{\"ph\":\"X\",\"name\":\"delayed\",\"pid\":1,\"tid\":1,\"cat\":\"phase\",\"ts\":0,\"dur\":"
        "0,\"args\":{}},\n"
        "{\"ph\":\"X\",\"name\":\"running\",\"pid\":1,\"tid\":1,\"cat\":\"phase\",\"ts\":1,\"dur\":"
        "1499999,\"args\":{\"run\":1}},\n"
        "{\"ph\":\"X\",\"name\":\"stopping\",\"pid\":1,\"tid\":1,\"cat\":\"phase\",\"ts\":1500000,"
        "\"dur\":500000,"
        "\"args\":{\"run\":1,\"exit_code\":0,\"exception\":\"SystemExit\"}},\n"
        "{\"ph\":\"X\",\"name\":\"running\",\"pid\":1,\"tid\":1,\"cat\":\"phase\",\"ts\":3000000,"
        "\"dur\":0,"
        "\"args\":{\"run\":2,\"host\":\"m\"}},\n"
        "{\"ph\":\"X\",\"name\":\"ready\",\"pid\":1,\"tid\":1,\"cat\":\"phase\",\"ts\":3000000,"
        "\"dur\":250000,"
        "\"args\":{\"run\":2,\"host\":\"m\",\"signal\":15}},\n"
        "{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":3,\"args\":{\"name\":\"c\"}},\n"
        "{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":1,\"tid\":3,\"args\":{\"sort_index\":"
        "3}},\n"
        "{\"ph\":\"i\",\"name\":\"SystemExit\",\"pid\":1,\"tid\":1,\"cat\":\"raise\",\"s\":\"t\","
        "\"ts\":1500000,\"args\":{}},\n"
        "{\"ph\":\"i\",\"name\":\"ValueError\",\"pid\":1,\"tid\":3,\"cat\":\"raise\",\"s\":\"t\","
        "\"ts\":250000,"
        "\"args\":{\"message\":\"no\",\"inner\":\"w-1\"}}\n"
        "],\"displayTimeUnit\":\"ms\",\"otherData\":{\"started\":1700000000.0,\"exit_status\":3}}"
        "\n");
    run_end(&run);
}

/* The summary */

/* Returns the summary of RUN, which took SECONDS. */
static const char *summary_of(const struct finished_run *run, double seconds)
{
    static char output[16 * 1024];
    int         saved = dup(STDERR_FILENO),
        fd = open("./summary", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t size;

    CHECK(saved >= 0 && fd >= 0);
    CHECK(dup2(fd, STDERR_FILENO) >= 0);
    summary_print(&run->threads, seconds);
    CHECK(dup2(saved, STDERR_FILENO) >= 0);
    size = pread(fd, output, sizeof(output) - 1, 0);
    CHECK(size >= 0);
    output[size] = '\0';
    close(fd);
    close(saved);
    return output;
}

static void check_summary(const struct finished_run *run, double seconds, const char *wanted)
{
    const char *got = summary_of(run, seconds);

    if (strcmp(got, wanted) == 0)
        return;
    fprintf(stderr, "'%s', not '%s'\n", got, wanted);
    test_fail(__FILE__, __LINE__, "as it should be");
}

static void the_summary_has_a_row_for_each_thread(void)
{
    struct finished_run run;

    run_begin(&run);
    check_summary(&run, 1, "");
    run_end(&run);
    begin_four(&run);
    run_add(
        &run,
        "'id':7,'name':'f','ended':1700000010,'seconds':0.5,'runs':2,'exit_code':0,'daemon':true");
    check_summary(&run, 59.94,
                  "k3thread: run: 3 ok, 1 failed, 2 skipped, 1 left processes behind, 59.9 s\n"
                  "NAME  DAEMON  TIME  RESULT\n"
                  "a     no      1.3s  exit 0\n"
                  "a     no      0.5s  exit 3\n"
                  "c     no      -     SystemExit: over\n"
                  "d     no      1.0s  SystemExit, SIGTERM\n"
                  "e     no      1.0s  exit 0, left process 7 (x)\n"
                  "f     yes     0.5s  exit 0 (2 runs)\n");
    run_end(&run);
    run_begin(&run);
    run_add(&run, "'id':1,'name':'a'," ENDED(1) ",'runs':1,'exit_code':0,'host':'m'");
    run_add(&run, "'id':2,'name':'b'," ENDED(1) ",'runs':1,'exit_code':0");
    run_add(&run, "'id':3,'name':'c'," ENDED(
                      1) ",'runs':1,'signal':15,'exception':'SystemExit','host':null");
    check_summary(&run, 59.96,
                  "k3thread: run: 2 ok, 1 skipped, 1m00s\n"
                  "NAME  HOST  DAEMON  TIME  RESULT\n"
                  "a     m     no      1.0s  exit 0\n"
                  "b     -     no      1.0s  exit 0\n"
                  "c     -     no      1.0s  SystemExit, SIGTERM\n");
    run_end(&run);
}

/* Adds threads with the ids FROM to TO that are done. */
static void add_done(struct finished_run *run, int from, int to)
{
    char members[128];

    for (int id = from; id <= to; id++) {
        snprintf(members, sizeof(members), "'id':%d,'name':'t'," ENDED(1) ",'runs':1,'exit_code':0",
                 id);
        run_add(run, members);
    }
}

static void of_more_than_twenty_threads_only_failures_have_a_row(void)
{
    struct finished_run run;
    const char         *at;
    size_t              lines = 0;

    run_begin(&run);
    add_done(&run, 1, 20);
    for (at = summary_of(&run, 1); *at != '\0'; at++)
        lines += *at == '\n';
    CHECK_EQUAL(lines, 22);
    add_done(&run, 21, 21);
    check_summary(&run, 1, "k3thread: run: 21 ok, 1.0 s\n");
    run_add(&run, "'id':22,'name':'b'," ENDED(
                      1) ",'runs':1,'exit_code':0,'left':[{'pid':7,'command':['x']}]");
    check_summary(&run, 1,
                  "k3thread: run: 22 ok, 1 left processes behind, 1.0 s\n"
                  "NAME  DAEMON  TIME  RESULT\n"
                  "b     no      1.0s  exit 0, left process 7 (x)\n");
    run_end(&run);
    run_begin(&run);
    add_done(&run, 1, 20);
    run_add(&run, "'id':21,'name':'c'," ENDED(1) ",'runs':1,'exit_code':3");
    check_summary(&run, 1,
                  "k3thread: run: 20 ok, 1 failed, 1.0 s\n"
                  "NAME  DAEMON  TIME  RESULT\n"
                  "c     no      1.0s  exit 3\n");
    run_end(&run);
}

/* The threads */

static void threads_are_counted_by_kind(void)
{
    static const struct {
        const char          *members;
        enum run_thread_kind kind;
    } table[] = {
        {"'id':1,'state':'waiting','runs':0", RUN_THREAD_WAITING},
        {"'id':1,'state':'delayed','runs':0", RUN_THREAD_WAITING},
        {"'id':1,'state':'queued','runs':0", RUN_THREAD_WAITING},
        {"'id':1,'state':'running','runs':0", RUN_THREAD_RUNNING},
        {"'id':1,'state':'delayed','runs':1", RUN_THREAD_RUNNING},
        {"'id':1,'runs':0", RUN_THREAD_RUNNING},
        {"'id':1,'ended':1,'exit_code':0", RUN_THREAD_DONE},
        {"'id':1,'ended':1,'exit_code':1", RUN_THREAD_FAILED},
        {"'id':1,'ended':1,'signal':15,'exception':'SystemExit'", RUN_THREAD_DONE},
        {"'id':1,'ended':1,'signal':15,'exception':'ValueError'", RUN_THREAD_FAILED},
        {"'id':1,'daemon':true,'state':'waiting'", RUN_THREAD_DAEMON},
        {"'id':1,'daemon':true,'ended':1,'exit_code':1", RUN_THREAD_OTHER},
    };
    struct finished_run run;

    run_begin(&run);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        run_add(&run, table[i].members);
        for (size_t kind = 0; kind < RUN_THREAD_KINDS; kind++)
            CHECK_EQUAL(run.threads.counts[kind], kind == table[i].kind);
    }
    run_end(&run);
}

static void threads_are_found_by_their_ids(void)
{
    struct finished_run run;
    size_t              id = 0;

    run_begin(&run);
    CHECK(run_threads_next(&run.threads, &id) == NULL);
    CHECK(run_threads_get(&run.threads, 0) == NULL);
    run_add(&run, "'id':1");
    run_add(&run, "'id':127");
    run_add(&run, "'id':128");
    run_add(&run, "'id':1000"); /* there is no thread between, not even a chunk of threads */
    CHECK(run_threads_at(&run.threads, 5) != NULL);
    CHECK(run_threads_at(&run.threads, 0) == NULL);
    CHECK(run_threads_at(&run.threads, 100000000) != NULL);
    CHECK(run_threads_at(&run.threads, 100000001) == NULL);
    CHECK(run_threads_find(&run.threads, -1) == NULL);
    CHECK(run_threads_find(&run.threads, 5) == NULL);
    CHECK(run_threads_find(&run.threads, 500) == NULL);
    CHECK(run_threads_find(&run.threads, 1000) == run_threads_at(&run.threads, 1000));
    CHECK_EQUAL(run_threads_count(&run.threads), 4);
    id = 0;
    for (size_t i = 0; i < 4; i++) {
        static const int ids[] = {1, 127, 128, 1000};

        CHECK_EQUAL(json_integer_value(json_object_get(run_threads_next(&run.threads, &id), "id")),
                    ids[i]);
        CHECK_EQUAL(id, ids[i]);
    }
    CHECK(run_threads_next(&run.threads, &id) == NULL);
    run_end(&run);
}

static void threads_that_are_let_go_still_count(void)
{
    struct finished_run run;
    struct run_thread  *element;

    run_begin(&run);
    add_done(&run, 128, 255); /* all threads of a chunk */
    run_add(&run, "'id':256,'ended':1,'exit_code':3");
    run_add(&run, "'id':257,'ended':1,'exit_code':0,'left':[{'pid':7}]");
    for (int id = 128; id <= 257; id++)
        run_threads_end(&run.threads, run_threads_find(&run.threads, id));
    CHECK_EQUAL(run.threads.past_count, 128); /* neither a failure, nor what has left a process */
    element = run_threads_find(&run.threads, 130);
    CHECK(element->ended && element->is_past);
    CHECK(!run_threads_are_daemons(&run.threads));
    run_threads_resume(&run.threads, element);
    CHECK(!element->ended && !element->is_past);
    CHECK_EQUAL(run.threads.past_count, 127);
    run_threads_leave_past(&run.threads, element); /* it has left already */
    CHECK_EQUAL(run.threads.past_count, 127);
    run_threads_end(&run.threads, element);
    CHECK(TAILQ_LAST(&run.threads.past, run_thread_list) == element);
    CHECK(TAILQ_FIRST(&run.threads.past) == run_threads_find(&run.threads, 128));
    for (int id = 128; id <= 255; id++) {
        CHECK(run.threads.chunks[1] != NULL);
        run_threads_let_go(&run.threads, run_threads_find(&run.threads, id));
        CHECK(run_threads_find(&run.threads, id) == NULL);
    }
    CHECK(run.threads.chunks[1] == NULL); /* its memory is free again */
    CHECK_EQUAL(run.threads.past_count, 0);
    CHECK_EQUAL(run_threads_count(&run.threads), 130);
    CHECK_EQUAL(run_threads_count_failed(&run.threads), 1);
    CHECK_EQUAL(run_threads_count_left(&run.threads), 1);
    CHECK_EQUAL(run.threads.counts[RUN_THREAD_DONE], 129);
    run_end(&run);
}

static void a_run_of_daemons_alone_is_recognised(void)
{
    struct finished_run run;

    run_begin(&run);
    CHECK(!run_threads_are_daemons(&run.threads));
    run_add(&run, "'id':1,'daemon':true,'state':'running'");
    run_add(&run, "'id':3,'daemon':true,'state':'running'");
    CHECK(run_threads_are_daemons(&run.threads));
    run_threads_end(&run.threads, run_threads_find(&run.threads, 3));
    CHECK(run_threads_are_daemons(&run.threads));
    run_threads_end(&run.threads, run_threads_find(&run.threads, 1));
    CHECK(!run_threads_are_daemons(&run.threads)); /* none lives */
    run_threads_resume(&run.threads, run_threads_find(&run.threads, 1));
    run_add(&run, "'id':2,'state':'running'");
    CHECK(!run_threads_are_daemons(&run.threads));
    run_threads_let_go(&run.threads, run_threads_find(&run.threads, 2));
    CHECK(!run_threads_are_daemons(&run.threads)); /* there was another thread */
    run_end(&run);
}

static void a_trace_names_the_machine_of_a_run(void)
{
    struct finished_run run;
    struct text         text = {0};

    run_begin(&run);
    run_add(&run, "'id':1,'name':'a','host':'m'");
    run_add_phase(&run, 1, "running", 1, 0, 1);
    run_add(&run, "'id':2,'name':'b','host':'n'");
    run_add_phase(&run, 2, "waiting", 0, 0, 1); /* it never ran */
    result_add_trace(&text, &run.result);
    text_byte(&text, '\0', 1);
    CHECK(strstr(text.data, "\"args\":{\"run\":1,\"host\":\"m\"}}") != NULL);
    CHECK(strstr(text.data, "\"host\":\"n\"") == NULL);
    text_release(&text);
    run_end(&run);
}

static void a_failure_is_named_before_what_it_left(void)
{
    struct finished_run run;
    struct text         text = {0};

    run_begin(&run);
    run_add(&run, "'id':1,'name':'a'," ENDED(
                      1) ",'runs':1,'exit_code':3,'left':[{'pid':7,'command':['x']}]");
    result_add_junit(&text, &run.result);
    text_byte(&text, '\0', 1);
    CHECK(strstr(text.data, "<failure type=\"exit 3\" message=\"exit 3, left process 7 (x)\">") !=
          NULL);
    text_release(&text);
    run_end(&run);
}

TEST_MAIN({"xml", xml_has_no_byte_that_it_forbids}, {"names", names_become_unique},
          {"many-names", thousands_of_names_are_told_apart},
          {"junit", junit_has_a_case_for_each_thread},
          {"junit-left", a_failure_is_named_before_what_it_left},
          {"junit-tails", a_failure_in_junit_has_a_hundred_lines_at_most},
          {"json", json_has_the_numbers_of_the_run},
          {"trace", a_trace_has_the_phases_and_the_raises},
          {"trace-host", a_trace_names_the_machine_of_a_run},
          {"summary", the_summary_has_a_row_for_each_thread},
          {"long-summary", of_more_than_twenty_threads_only_failures_have_a_row},
          {"kinds", threads_are_counted_by_kind}, {"ids", threads_are_found_by_their_ids},
          {"let-go", threads_that_are_let_go_still_count},
          {"daemons", a_run_of_daemons_alone_is_recognised})
