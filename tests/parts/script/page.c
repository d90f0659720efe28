/*
 * Tests the page of run --report (cli/script/result_report.h) and its sections, of runs whose numbers are known; the
 * timeline has a program of its own.
 */
#include "tests/parts/script/page.h"

#include "cli/script/result_report.h"

/* The table */

static void the_table_describes_each_thread(void)
{
    struct page page;

    page_begin(&page);
    run_add(&page.run,
            "'id':1,'name':'a<b>'," ENDED(
                5) ",'runs':1,'exit_code':0,'started':1700000000.5,"
                   "'command':['echo','a "
                   "b'],'cpu':{'user':1.5,'system':0.25},'max_rss':1073741824,'host':null");
    run_add(&page.run,
            "'id':3,'name':'b'," ENDED(0.25) ",'runs':2,'exit_code':3,'started':1699999999,"
                                             "'command':['true'],'daemon':true,'host':'m<1>','"
                                             "needs':[{'id':1,'name':'a<b>','condition':'ready'},"
                                             "{'id':9,'name':'gone','condition':'ended'}]");
    run_add(&page.run,
            "'id':4,'name':'c',"
            "'state':'ended','ended':1700000010,'runs':0,'exception':'SystemExit','command':[]");
    run_add_phase(&page.run, 3, "delayed", 0, 1, 1.5);
    run_add_phase(&page.run, 3, "queued", 0, 1.5, 2);
    run_add_phase(&page.run, 3, "running", 1, 2, 3);
    run_add_phase(&page.run, 3, "delayed", 1, 3, 4);
    page_write(&page, report_add_table);
    check_once(&page,
               "<tbody>\n<tr id=\"t1\" class=\"ok\"><td class=\"num\"><data class=\"id\" "
               "value=\"1\">1</data></td>"
               "<th scope=\"row\"><bdi>a&lt;b&gt;</bdi></th><td class=\"result\">exit 0</td>"
               "<td class=\"num\"><data class=\"status\" value=\"0\">0</data></td>"
               "<td class=\"began num\">" DATA(
                   "0.500000",
                   "500ms") "</td>"
                            "<td class=\"seconds num\">" DATA(
                                "5.000000",
                                "5.00s") "</td>"
                                         "<td class=\"waited num\">" DATA(
                                             "0.000000",
                                             "0ms") "</td>"
                                                    "<td class=\"cpu num\">" DATA(
                                                        "1.750000",
                                                        "1.75s") "</td><td class=\"memory "
                                                                 "num\">1024.0</td>"
                                                                 "<td class=\"needs\"></td><td "
                                                                 "class=\"command\"><code>echo 'a "
                                                                 "b'</code></td></tr>\n"
                                                                 "<tr id=\"t3\" class=\"failed\">");
    check_once(&page,
               "<bdi>b</bdi> <small>daemon</small> <small>on <bdi>m&lt;1&gt;</bdi></small></th>"
               "<td class=\"result\">exit 3 (2 runs)</td>"
               "<td class=\"num\"><data class=\"status\" value=\"3\">3</data></td>"
               "<td class=\"began num\">" DATA(
                   "0.000000", "0ms") "</td>"
                                      "<td class=\"seconds num\">" DATA(
                                          "0.250000", "250ms") "</td>"
                                                               "<td class=\"waited num\">" DATA(
                                                                   "1.000000", "1.00s") "</td>");
    check_once(&page,
               "<td class=\"needs\"><a href=\"#t1\"><bdi>a&lt;b&gt;</bdi></a>, gone:ended</td>");
    check_once(&page, "<tr id=\"t4\" class=\"skipped\">");
    check_once(&page, "<td class=\"began num\">–</td><td class=\"seconds num\">–</td>");
    check_once(&page, "<code></code></td></tr>\n</tbody>");
    page.report.count = 0;
    text_release(&page.text);
    report_add_table(&page.report);
    CHECK_EQUAL(page.text.size, 0);
    page_end(&page);
}

static void a_long_command_is_cut(void)
{
    struct page page;
    char        members[1024];

    for (int length = 160; length <= 161; length++) {
        page_begin(&page);
        snprintf(members, sizeof(members), "'id':1,'name':'a','command':['%0*d']", length, 0);
        run_add(&page.run, members);
        page_write(&page, report_add_table);
        snprintf(members, sizeof(members), "<code>%0160d%s</code>", 0, length > 160 ? "…" : "");
        check_once(&page, members);
        page_end(&page);
    }
}

static void durations_have_three_digits(void)
{
    static const struct {
        double      seconds;
        const char *words;
    } table[] = {{0, "0ms"},        {0.0004, "0ms"},  {0.0126, "13ms"}, {0.9994, "999ms"},
                 {0.9995, "1.00s"}, {1.236, "1.24s"}, {9.994, "9.99s"}, {9.995, "10.0s"},
                 {59.94, "59.9s"},  {185, "3m05s"}};
    struct text text = {0};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        report_add_duration(&text, table[i].seconds);
        text_byte(&text, '\0', 1);
        CHECK_TEXT(text.data, table[i].words);
        text_release(&text);
    }
}

/* The critical path */

static void the_path_says_what_lasted_and_why(void)
{
    struct page page;
    json_t     *ready = json_pack("{s:s}", "condition", "ready");
    json_t     *ended = json_pack("{s:s}", "condition", "ended");

    page_begin(&page);
    run_add(&page.run, "'id':1,'name':'a'");
    run_add(&page.run, "'id':2,'name':'b'");
    page_add_part(&page, 1, PATH_DELAY, CAUSE_NONE, 0, 1);
    page_add_part(&page, 1, PATH_QUEUE, CAUSE_NONE, 1, 1.5);
    page_add_part(&page, 1, PATH_RUN, CAUSE_NONE, 1.5, 4);
    page_add_part(&page, 2, PATH_RUN, CAUSE_NEED, 4, 4.5)->need = ready;
    page_add_part(&page, 1, PATH_RUN, CAUSE_NEED, 4.5, 5)->need = ended;
    page_add_part(&page, 2, PATH_RUN, CAUSE_SLOT, 5, 6);
    page_add_part(&page, 0, PATH_SCRIPT, CAUSE_JOIN, 6, 7);
    page_add_part(&page, 1, PATH_RUN, CAUSE_READY, 7, 8);
    page_add_part(&page, 2, PATH_RUN, CAUSE_READY, 8, 8.25);
    page_add_part(&page, 1, PATH_STOP, CAUSE_END, 8.25, 10);
    page_write(&page, report_add_path);
    check_once(
        &page,
        "<section id=\"path\" aria-labelledby=\"path-h\">\n<h2 id=\"path-h\">Critical path</h2>\n");
    check_once(&page, "make one of these parts shorter.</p>");
    check_once(
        &page,
        "<tbody>\n<tr><td class=\"num\">" DATA("0.000000", "0ms") "</td><td class=\"num\">" DATA(
            "1.000000",
            "1.00s") "</td><td class=\"num\">10%</td><td><a href=\"#t1\"><bdi>a</bdi></a> waited "
                     "for its time</td><td></td></tr>\n");
    check_once(&page, DATA("1.000000", "1.00s") "</td><td class=\"num\">" DATA(
                          "0.500000",
                          "500ms") "</td><td class=\"num\">5%</td><td><a "
                                   "href=\"#t1\"><bdi>a</bdi></a> waited</td><td></td></tr>\n");
    check_once(&page, "25%</td><td><a href=\"#t1\"><bdi>a</bdi></a> ran</td><td></td>");
    check_once(&page, "<a href=\"#t2\"><bdi>b</bdi></a> ran</td><td>needs <a "
                      "href=\"#t1\"><bdi>a</bdi></a> to be ready</td>");
    check_once(&page, "<a href=\"#t1\"><bdi>a</bdi></a> ran</td><td>needs <a "
                      "href=\"#t2\"><bdi>b</bdi></a> to have ended</td>");
    check_once(&page, "<td>got the slot of <a href=\"#t1\"><bdi>a</bdi></a></td>");
    check_once(&page, "<td>The script had not started the next thread</td><td>came after <a "
                      "href=\"#t2\"><bdi>b</bdi></a> had ended</td>");
    check_once(&page, DATA("7.000000", "7.00s") "</td><td class=\"num\">" DATA(
                          "1.000000", "1.00s") "</td><td class=\"num\">10%</td><td><a "
                                               "href=\"#t1\"><bdi>a</bdi></a> ran</td><td></td>");
    check_once(&page, "<td>came after <a href=\"#t1\"><bdi>a</bdi></a> was ready</td>");
    check_once(&page, " was being ended</td><td>after <a href=\"#t2\"><bdi>b</bdi></a> had "
                      "ended</td></tr>\n</tbody>");
    CHECK_EQUAL(page_count(&page, "<tr><td"), 10);
    page.run.result.is_each = true;
    page.run.result.seconds = 0.5;
    page_write(&page, report_add_path);
    CHECK_EQUAL(page_count(&page, ">100%<"), 3);
    page.run.result.seconds = 0;
    page_write(&page, report_add_path);
    check_once(&page, "<td>The next word had not been read</td>");
    CHECK_EQUAL(page_count(&page, ">0%<"), 10);
    page_end(&page);
    json_decref(ready);
    json_decref(ended);
}

/* Checks a path of COUNT parts, of which each fourth is longer; the others are equally long. */
static void check_parts(size_t parts, size_t shown)
{
    struct page page;
    char        words[128];

    page_begin(&page);
    run_add(&page.run, "'id':1,'name':'a'");
    for (size_t i = 0; i < parts; i++)
        page_add_part(&page, 1, PATH_RUN, CAUSE_NONE, (double) i,
                      (double) i + (i % 4 == 3 ? 0.75 : 0.5));
    page_write(&page, report_add_path);
    CHECK_EQUAL(page_count(&page, "<tr><td"), shown);
    CHECK_EQUAL(page_count(&page, "750ms"), parts / 4);
    snprintf(words, sizeof(words), " It has %zu parts; these are the longest 25.</p>", parts);
    CHECK_EQUAL(page_count(&page, words), parts > 25);
    page_end(&page);
}

static void of_a_long_path_the_longest_parts_are_shown(void)
{
    check_parts(24, 24);
    check_parts(25, 25);
    check_parts(26, 25);
    check_parts(40, 25);
}

/* Failures */

static void write_file(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, bytes, size), size);
    close(fd);
}

static void failures_have_their_last_lines(void)
{
    static const char bytes[] = "10%\r20%\r\r\n\n\r\n\033[31mred\033[0m <x>\nend";
    struct page       page;

    page_begin(&page);
    write_file("./log", bytes, strlen(bytes));
    page_write(&page, report_add_failures);
    CHECK_EQUAL(page.text.size, 1);
    run_add(&page.run, "'id':1,'name':'ok'," ENDED(1) ",'runs':1,'exit_code':0,'log':'./log'");
    page_write(&page, report_add_failures);
    CHECK_EQUAL(page.text.size, 1);
    run_add(&page.run, "'id':2,'name':'a'," ENDED(1) ",'runs':1,'exit_code':3,'log':'./log'");
    run_add(&page.run, "'id':3,'name':'b'," ENDED(
                           1) ",'runs':0,'exit_code':127,'message':'no <file>','log':'./none'");
    run_add(&page.run, "'id':4,'name':'c'," ENDED(1) ",'runs':1,'exit_code':1,'log':null");
    page_write(&page, report_add_failures);
    check_once(
        &page,
        "<h2 id=\"failures-h\">Failures</h2>\n<article>\n<h3><a href=\"#t2\"><bdi>a</bdi></a> "
        "<span class=\"outcome\">exit 3</span></h3>\n<div class=\"tail\" tabindex=\"0\" "
        "role=\"group\" "
        "aria-label=\"The last lines\"><pre>\n20%\n\n\nred "
        "&lt;x&gt;\nend\n</pre></div>\n</article>\n");
    check_once(&page, "<span class=\"outcome\">exit 127, not run: no &lt;file&gt;</span></h3>\n"
                      "<p class=\"soft\">There is no output.</p>\n</article>\n");
    CHECK_EQUAL(page_count(&page, "There is no output"), 2);
    CHECK_EQUAL(page_count(&page, "<article>"), 3);
    check_once(&page, "</article>\n</section>\n");
    write_file("./log", "x", 1);
    page_write(&page, report_add_failures);
    check_once(&page, "<pre>\nx\n</pre>");
    page_end(&page);
}

/* Checks how much of a log of lines of a digit each is shown if there are so many FAILURES. */
static void check_tail(size_t failures, size_t lines)
{
    struct page page;
    char        members[128];

    page_begin(&page);
    for (size_t id = 1; id <= failures; id++) {
        snprintf(members, sizeof(members),
                 "'id':%zu,'name':'a'," ENDED(1) ",'exit_code':1,'log':'%s'", id,
                 id == 2 ? "./log" : "./none");
        run_add(&page.run, members);
    }
    page_write(&page, report_add_failures);
    CHECK_EQUAL(page_count(&page, "\n7"), lines);
    page_end(&page);
}

static void a_failure_has_at_most_fifty_lines_and_its_share_of_the_page(void)
{
    static char bytes[64 * 1024];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = i % 2 == 0 ? '7' : '\n';
    write_file("./log", bytes, sizeof(bytes));
    check_tail(2, 50);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = i % 1024 == 1023 ? '\n' : i % 1024 == 0 ? '7' : 'x';
    write_file("./log", bytes, sizeof(bytes));
    check_tail(2, 32);   /* 32 KiB each */
    check_tail(128, 32); /* 4 MiB all together */
    check_tail(256, 16);
    check_tail(4096, 1); /* but at least 1 KiB each */
    check_tail(5000, 1);
}

/* The whole page */

static void the_head_sums_up_the_run(void)
{
    static char *const arguments[] = {"a b", "<c>", NULL};
    struct page        page;

    CHECK(setenv("TZ", "EST5", 1) == 0);
    page_begin(&page);
    page.run.result.name = "a<b>";
    page.run.result.seconds = 2.5;
    result_add_report(&page.text, &page.run.result);
    text_byte(&page.text, '\0', 1);
    check_once(&page, "<title>a&lt;b&gt;: succeeded – k3thread run</title>");
    check_once(&page, "<h1><bdi>a&lt;b&gt;</bdi> <span class=\"badge ok\">succeeded</span></h1>\n"
                      "<p class=\"soft\"><time datetime=\"2023-11-14T22:13:20Z\">2023-11-14 "
                      "17:13:20 -0500</time></p>\n");
    check_once(&page, "<nav aria-label=\"Sections\"><ul>\n</ul></nav>\n<main>\n<p>The run had no "
                      "threads.</p>\n</main>");
    check_none(&page, "<section");
    check_none(&page, "Ended early");
    check_once(&page, "<style>\n:root{color-scheme:light dark;");
    check_once(&page, "</style>\n</head>\n<body>\n<header>");
    text_release(&page.text);
    run_add(&page.run, "'id':1,'name':'a'," ENDED(5) ",'runs':1,'exit_code':3");
    run_add(&page.run, "'id':2,'name':'b'," ENDED(5) ",'runs':1,'exit_code':0");
    run_add(&page.run, "'id':3,'name':'c'," ENDED(5) ",'runs':1,'exit_code':0");
    run_add(&page.run, "'id':4,'name':'d'," ENDED(5) ",'runs':0,'exception':'SystemExit'");
    run_add_phase(&page.run, 1, "running", 1, 0, 2.5);
    run_add_phase(&page.run, 2, "running", 1, 0, 5);
    page.run.result.arguments = arguments;
    page.run.result.status = 3;
    page.run.result.signal = 15;
    page.run.result.complete = false;
    result_add_report(&page.text, &page.run.result);
    text_byte(&page.text, '\0', 1);
    check_once(&page, "<title>a&lt;b&gt;: failed – k3thread run</title>");
    check_once(&page, "<h1><bdi>a&lt;b&gt; 'a b' '&lt;c&gt;'</bdi> <span class=\"badge "
                      "failed\">failed</span></h1>\n");
    check_once(
        &page,
        "</time> · ended by signal 15 · the script did not come to its end</p>\n<dl "
        "class=\"facts\">\n"
        "<div><dt>Threads</dt><dd><data class=\"threads\" value=\"4\">4</data></dd></div>\n"
        "<div><dt>OK</dt><dd><data class=\"ok\" value=\"2\">2</data></dd></div>\n"
        "<div><dt>Failed</dt><dd><data class=\"failed\" value=\"1\">1</data></dd></div>\n"
        "<div><dt>Ended early</dt><dd><data class=\"skipped\" value=\"1\">1</data></dd></div>\n"
        "<div><dt>Took</dt><dd>" DATA(
            "2.500000", "2.50s") "</dd></div>\n"
                                 "<div><dt>Exit status</dt><dd><data class=\"exit-status\" "
                                 "value=\"3\">3</data></dd></div>\n</dl>\n");
    check_once(&page, "<ul>\n<li><a href=\"#failures\">Failures</a></li>\n<li><a "
                      "href=\"#timeline\">Timeline</a></li>\n"
                      "<li><a href=\"#path\">Critical path</a></li>\n<li><a "
                      "href=\"#threads\">Threads</a></li>\n</ul></nav>");
    check_none(&page, "The run had no threads");
    check_once(
        &page,
        "<h2 id=\"failures-h\">Failures</h2>\n<article>\n<h3><a href=\"#t1\"><bdi>a</bdi></a>");
    /* A thread may end after the run: the timeline has room for it. */
    check_once(&page, "<rect class=\"r\" x=\"0.00%\" y=\"27\" width=\"100.00%\" height=\"12\">");
    check_once(&page, "<rect class=\"f\" x=\"0.00%\" y=\"5\" width=\"50.00%\" height=\"12\">");
    page_end(&page);

    page_begin(&page); /* one thread, which ends before the run */
    run_add(&page.run, "'id':1,'name':'a'," ENDED(5) ",'runs':1,'exit_code':0");
    run_add_phase(&page.run, 1, "running", 1, 0, 2.5);
    result_add_report(&page.text, &page.run.result);
    text_byte(&page.text, '\0', 1);
    check_once(&page, "<ul>\n<li><a href=\"#timeline\">Timeline</a></li>\n"
                      "<li><a href=\"#path\">Critical path</a></li>\n"
                      "<li><a href=\"#threads\">Threads</a></li>\n</ul></nav>");
    check_once(&page, "<rect class=\"r\" x=\"0.00%\" y=\"5\" width=\"25.00%\" height=\"12\">");
    page_end(&page);
}

TEST_MAIN({"table", the_table_describes_each_thread}, {"long-command", a_long_command_is_cut},
          {"durations", durations_have_three_digits}, {"path", the_path_says_what_lasted_and_why},
          {"long-path", of_a_long_path_the_longest_parts_are_shown},
          {"failures", failures_have_their_last_lines},
          {"tails", a_failure_has_at_most_fifty_lines_and_its_share_of_the_page},
          {"head", the_head_sums_up_the_run})
