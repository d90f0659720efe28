/* Tests the timeline on the page of run --report (cli/script/timeline.h), of runs whose numbers are known. */
#include "tests/parts/script/page.h"
#include "tests/parts/written.h"

#define ARROW(kind) " marker-end=\"url(#arrow-" kind ")\"/>"

/* Adds threads with the ids FROM to TO, each of which ran for a second. */
static void add_threads(struct page *page, int from, int to)
{
    char members[128];

    for (int id = from; id <= to; id++) {
        snprintf(members, sizeof(members),
                 "'id':%d,'name':'t%d'," ENDED(1) ",'runs':1,'exit_code':0", id, id);
        run_add(&page->run, members);
        run_add_phase(&page->run, id, "running", 1, 0, 1);
    }
}

/* Checks the marks on the axis of a timeline of TOTAL seconds. */
static void check_marks(double total, const char *wanted)
{
    struct page page;
    struct text marks = {0};

    page_begin(&page);
    page.report.total = total;
    add_threads(&page, 1, 1);
    page_write(&page, report_add_timeline);
    for (const char *at = strstr(page.text.data, "class=\"axis\"");
         (at = strstr(at, "\"16\" dx=")) != NULL; at++) {
        at = strchr(at, '>');
        text_append(&marks, at + 1, (size_t) (strchr(at, '<') - at - 1));
        text_byte(&marks, ' ', 1);
    }
    CHECK_EQUAL(page_count(&page, "<line class=\"g\""), page_count(&page, "\" y=\"16\" dx=\""));
    check_written(&marks, wanted);
    page_end(&page);
}

static void the_axis_has_at_most_nine_marks_at_round_times(void)
{
    check_marks(0.001, "0s 1ms ");
    check_marks(0.008, "0s 1ms 2ms 3ms 4ms 5ms 6ms 7ms 8ms ");
    check_marks(0.016, "0s 2ms 4ms 6ms 8ms 10ms 12ms 14ms 16ms ");
    check_marks(0.017, "0s 5ms 10ms 15ms ");
    check_marks(0.041, "0s 10ms 20ms 30ms 40ms ");
    check_marks(1.7, "0s 500ms 1s 1.5s ");
    check_marks(4, "0s 500ms 1s 1.5s 2s 2.5s 3s 3.5s 4s ");
    check_marks(4.1, "0s 1s 2s 3s 4s ");
    check_marks(8, "0s 1s 2s 3s 4s 5s 6s 7s 8s ");
    check_marks(10, "0s 2s 4s 6s 8s 10s ");
    check_marks(40, "0s 5s 10s 15s 20s 25s 30s 35s 40s ");
    check_marks(80, "0s 10s 20s 30s 40s 50s 1m00s 1m10s 1m20s ");
    check_marks(120, "0s 15s 30s 45s 1m00s 1m15s 1m30s 1m45s 2m00s ");
    check_marks(240, "0s 30s 1m00s 1m30s 2m00s 2m30s 3m00s 3m30s 4m00s ");
    check_marks(480, "0s 1m00s 2m00s 3m00s 4m00s 5m00s 6m00s 7m00s 8m00s ");
    check_marks(960, "0s 2m00s 4m00s 6m00s 8m00s 10m00s 12m00s 14m00s 16m00s ");
    check_marks(2400, "0s 5m00s 10m00s 15m00s 20m00s 25m00s 30m00s 35m00s 40m00s ");
    check_marks(4800, "0s 10m00s 20m00s 30m00s 40m00s 50m00s 1h00m 1h10m 1h20m ");
    check_marks(7200, "0s 15m00s 30m00s 45m00s 1h00m 1h15m 1h30m 1h45m 2h00m ");
    check_marks(14400, "0s 30m00s 1h00m 1h30m 2h00m 2h30m 3h00m 3h30m 4h00m ");
    check_marks(28800, "0s 1h00m 2h00m 3h00m 4h00m 5h00m 6h00m 7h00m 8h00m ");
    check_marks(57600, "0s 2h00m 4h00m 6h00m 8h00m 10h00m 12h00m 14h00m 16h00m ");
    check_marks(115200, "0s 4h00m 8h00m 12h00m 16h00m 20h00m 1d00h 1d04h 1d08h ");
    check_marks(230400, "0s 8h00m 16h00m 1d00h 1d08h 1d16h 2d00h 2d08h 2d16h ");
    check_marks(864000, "0s 2d00h 4d00h 6d00h 8d00h 10d00h ");
    check_marks(3024000, "0s 5d00h 10d00h 15d00h 20d00h 25d00h 30d00h 35d00h ");
    check_marks(691200, "0s 1d00h 2d00h 3d00h 4d00h 5d00h 6d00h 7d00h 8d00h ");
}

static void a_mark_near_the_end_of_the_axis_is_before_its_line(void)
{
    struct page page;

    page_begin(&page);
    page.report.total = 8.4;
    add_threads(&page, 1, 1);
    page_write(&page, report_add_timeline);
    check_once(&page, "<text x=\"71.43%\" y=\"16\" dx=\"3\">6s</text><text x=\"95.24%\" y=\"16\" "
                      "dx=\"-3\" class=\"e\">8s</text></svg>");
    check_once(&page, "<line class=\"g\" x1=\"23.81%\" x2=\"23.81%\" y2=\"100%\"/>");
    page_end(&page);
}

static void a_row_shows_the_phases_of_its_thread(void)
{
    struct page page;

    page_begin(&page);
    run_add(&page.run, "'id':2,'name':'a<b>'," ENDED(3) ",'runs':2,'exit_code':0");
    run_add(&page.run, "'id':3,'name':'b'," ENDED(3) ",'runs':1,'exit_code':3");
    run_add(
        &page.run,
        "'id':5,'name':'c','state':'ended','ended':1700000010,'runs':0,'exception':'SystemExit'");
    run_add(&page.run, "'id':7,'name':'d'," ENDED(3) ",'runs':2,'exit_code':0");
    run_add_phase(&page.run, 2, "waiting", 0, 0, 1);
    run_add_phase(&page.run, 2, "queued", 0, 1, 1.5);
    run_add_phase(&page.run, 2, "running", 1, 1.5, 2);
    run_add_phase(&page.run, 2, "stopping", 1, 2, 2.5)->end.signal = 15;
    run_add_phase(&page.run, 2, "delayed", 0, 2.5, 2.505);
    run_add_phase(&page.run, 2, "running", 2, 3, 3.5);
    run_add_phase(&page.run, 2, "ready", 2, 3.5, 6);
    run_add_phase(&page.run, 3, "running", 1, 2, 4)->end.exit_code = 0;
    run_add_phase(&page.run, 3, "stopping", 1, 4, 4.01);
    run_add_phase(&page.run, 5, "waiting", 0, 0, 10);
    run_add_phase(&page.run, 7, "ready", 1, 0, 1)->end.exit_code = 1;
    run_add_phase(&page.run, 7, "ready", 2, 1, 2)->end.exit_code = 0;
    run_add_phase(&page.run, 7, "ready", 3, 2, 3);
    page_add_part(&page, 0, PATH_SCRIPT, CAUSE_NONE, 0, 2);
    page_add_part(&page, 3, PATH_RUN, CAUSE_NONE, 2, 4);
    page_add_part(&page, 3, PATH_STOP, CAUSE_NONE, 4, 4.01);
    page_write(&page, report_add_timeline);
    check_once(
        &page,
        "<ol class=\"names\">\n<li class=\"ok\"><a href=\"#t2\"><bdi>a&lt;b&gt;</bdi></a></li>\n"
        "<li class=\"failed on\"><a href=\"#t3\"><bdi>b</bdi></a></li>\n"
        "<li class=\"skipped\"><a href=\"#t5\"><bdi>c</bdi></a></li>\n"
        "<li class=\"ok\"><a href=\"#t7\"><bdi>d</bdi></a></li>\n</ol>\n"
        "<svg width=\"100%\" height=\"88\" role=\"img\" aria-label=\"Timeline of the threads 1 to "
        "4; the tables below have the same times\">\n");
    check_once(&page,
               "/>\n<line class=\"w\" x1=\"0.00%\" x2=\"10.00%\" y1=\"11\" "
               "y2=\"11\"><title>waiting for 1.00s, from 0ms to 1.00s</title></line>"
               "<line class=\"q\" x1=\"10.00%\" x2=\"15.00%\" y1=\"11\" y2=\"11\"><title>queued "
               "for 500ms, from 1.00s to 1.50s</title></line>"
               "<rect class=\"f\" x=\"15.00%\" y=\"5\" width=\"5.00%\" "
               "height=\"12\"><title>running for 500ms, from 1.50s to 2.00s</title></rect>"
               "<rect class=\"s\" x=\"20.00%\" y=\"5\" width=\"5.00%\" "
               "height=\"12\"><title>stopping for 500ms, from 2.00s to 2.50s</title></rect>"
               "<line class=\"d\" x1=\"25.00%\" x2=\"25.15%\" y1=\"11\" y2=\"11\"><title>delayed "
               "for 5ms, from 2.50s to 2.50s</title></line>"
               "<rect class=\"r\" x=\"30.00%\" y=\"5\" width=\"5.00%\" "
               "height=\"12\"><title>running for 500ms, from 3.00s to 3.50s, run 2</title></rect>"
               "<rect class=\"y\" x=\"35.00%\" y=\"5\" width=\"25.00%\" height=\"12\"><title>ready "
               "for 2.50s, from 3.50s to 6.00s, run 2</title></rect>"
               "<rect class=\"t\" y=\"22\" width=\"100%\" height=\"22\"/>"
               "<rect class=\"f\" x=\"20.00%\" y=\"27\" width=\"20.00%\" height=\"12\">");
    check_once(&page, "<rect class=\"s\" x=\"40.00%\" y=\"27\" width=\"0.15%\" height=\"12\">");
    check_once(&page, "<rect class=\"f\" x=\"0.00%\" y=\"71\" width=\"10.00%\" "
                      "height=\"12\"><title>ready for 1.00s, from 0ms to 1.00s</title>");
    check_once(&page, "<rect class=\"y\" x=\"10.00%\" y=\"71\"");
    check_once(&page, "<rect class=\"y\" x=\"20.00%\" y=\"71\"");
    /* The path, under the bars */
    check_once(&page, "<rect class=\"b\" x=\"20.00%\" y=\"40\" width=\"20.00%\" height=\"3\"/>"
                      "<rect class=\"b\" x=\"40.00%\" y=\"40\" width=\"0.15%\" height=\"3\"/>");
    CHECK_EQUAL(page_count(&page, "class=\"b\" x"), 2);
    CHECK_EQUAL(page_count(&page, "class=\"t\""), 1);
    CHECK_EQUAL(page_count(&page, "<li><svg"), 10);
    check_once(&page, "<defs><marker id=\"arrow-n\"");
    check_once(&page, "</li>\n</ul>\n<div class=\"scroll\"");
    check_once(&page, "role=\"region\" aria-labelledby=\"timeline-h\">\n<div class=\"chunk\"><div "
                      "class=\"corner\">");
    check_once(&page, "</svg>\n</div>\n</div>\n</section>\n");
    check_once(&page, "<li><svg aria-hidden=\"true\"><line class=\"q\" x2=\"26\" y1=\"7\" "
                      "y2=\"7\"/></svg>waits for a slot</li>\n");
    page_end(&page);
}

static void a_label_is_behind_its_bar_or_before_it_or_in_it(void)
{
    struct page page;

    page_begin(&page);
    run_add(&page.run, "'id':1,'name':'a'," ENDED(3) ",'runs':1,'exit_code':0");
    run_add(&page.run, "'id':2,'name':'b'," ENDED(0.25) ",'runs':1,'exit_code':3");
    run_add(
        &page.run,
        "'id':3,'name':'c','state':'ended','ended':1700000010,'runs':0,'exception':'SystemExit'");
    run_add(&page.run, "'id':4,'name':'d'," ENDED(3) ",'runs':2,'exit_code':4");
    run_add(&page.run, "'id':5,'name':'e'," ENDED(3) ",'runs':2,'exit_code':0");
    run_add(&page.run, "'id':6,'name':'f'," ENDED(3) ",'runs':2,'exit_code':0");
    run_add_phase(&page.run, 1, "running", 1, 1, 8.39);
    run_add_phase(&page.run, 2, "running", 1, 1.59, 8.4);
    run_add_phase(&page.run, 3, "waiting", 0, 0, 1.6);
    run_add_phase(&page.run, 3, "queued", 0, 1.6, 9);
    run_add_phase(&page.run, 4, "queued", 0, 0, 1);
    run_add_phase(&page.run, 4, "running", 1, 1.6, 8);
    run_add_phase(&page.run, 4, "ready", 1, 8, 8.4);
    run_add_phase(&page.run, 5, "running", 1, 2, 3);
    run_add_phase(&page.run, 5, "delayed", 0, 3, 4);
    run_add_phase(&page.run, 5, "running", 2, 5, 10);
    run_add_phase(&page.run, 6, "running", 1, 5, 10);
    page_add_part(&page, 6, PATH_RUN, CAUSE_NONE, 5, 10);
    page_write(&page, report_add_timeline);
    check_once(&page,
               "<text class=\"l\" x=\"83.90%\" dx=\"6\" y=\"15\">3.00s</text>\n"
               "<text class=\"l lf e i\" x=\"84.00%\" dx=\"-6\" y=\"37\">exit 3, 250ms</text>\n"
               "<text class=\"l e i\" x=\"90.00%\" dx=\"-6\" y=\"59\">SystemExit</text>\n"
               "<text class=\"l lf e\" x=\"16.00%\" dx=\"-6\" y=\"81\">exit 4, 3.00s</text>\n"
               "<text class=\"l e\" x=\"50.00%\" dx=\"-6\" y=\"103\">3.00s</text>\n"
               "<text class=\"l e\" x=\"50.00%\" dx=\"-6\" y=\"125\">3.00s</text>\n</svg>");
    /*
     * Where a line leads to the bar, its place is cleared: 14 letters of 7 pixels. On the path its colour is put back.
     */
    check_once(&page, "<rect class=\"k\" x=\"16.00%\" y=\"71\" width=\"98\" height=\"12\" "
                      "transform=\"translate(-99)\"/><rect class=\"r\"");
    check_once(&page, "<rect class=\"k\" x=\"50.00%\" y=\"115\" width=\"42\" height=\"12\" "
                      "transform=\"translate(-43)\"/>"
                      "<rect class=\"t\" x=\"50.00%\" y=\"115\" width=\"42\" height=\"12\" "
                      "transform=\"translate(-43)\"/>");
    CHECK_EQUAL(page_count(&page, "<rect class=\"k\""), 2);
    CHECK_EQUAL(page_count(&page, "transform="), 3);
    CHECK_EQUAL(page_count(&page, "class=\"b\" x"), 1); /* the mark of the path */
    page_end(&page);
}

/* A need of a thread: on ID, with CONDITION. */
#define NEED(id, condition) "{'id':" #id ",'name':'t','condition':'" condition "'}"

/*
 * Checks the lines between threads, in the order of the page: each with its class, its left and right end in percent,
 * its beginning and its end from the top, and > for an arrow.
 */
static void check_lines(const struct page *page, const char *wanted)
{
    struct text lines = {0};

    for (const char *at = page->text.data; (at = strstr(at, "<line class=")) != NULL; at++) {
        double x1, x2;
        char class, next;
        int y1, y2;

        if (sscanf(at, "<line class=\"%c\" x1=\"%lf%%\" x2=\"%lf%%\" y1=\"%d\" y2=\"%d\"%c", &class,
                   &x1, &x2, &y1, &y2, &next) != 6 ||
            strchr("nc", class) == NULL)
            continue;
        text_printf(&lines, "%c %g-%g %d-%d%s\n", class, x1, x2, y1, y2, next == ' ' ? ">" : "");
        CHECK(next != ' ' || strncmp(strstr(at, " marker"), class == 'n' ? ARROW("n") : ARROW("c"),
                                     strlen(ARROW("n"))) == 0);
    }
    check_written(&lines, wanted);
}

/* Adds a thread that waited for what is in NEEDS until it ran, or to the end. */
static void add_waiter(struct page *page, int id, double created, double until, const char *needs)
{
    char members[512];

    snprintf(members, sizeof(members),
             "'id':%d,'name':'t'," ENDED(1) ",'created':%f,'runs':1,'exit_code':0,'needs':[%s]", id,
             BEGAN + created, needs);
    run_add(&page->run, members);
    run_add_phase(&page->run, id, "waiting", 0, created, until);
    if (until < 10)
        run_add_phase(&page->run, id, "running", 1, until, until + 1);
}

static void arrows_lead_from_the_threads_that_were_waited_for(void)
{
    struct page page;

    page_begin(&page);
    add_threads(&page, 1, 2);
    add_waiter(&page, 3, 0.5, 1, NEED(2, "ready") "," NEED(1, "ended") "," NEED(9, "ended"));
    /* The need was met before the thread was there, or not before the thread stopped waiting. */
    add_waiter(&page, 4, 2, 10, NEED(1, "ended") "," NEED(7, "ended"));
    add_waiter(&page, 5, 0, 0.5, NEED(1, "ended"));
    /* No phase of the thread is known. */
    run_add(&page.run, "'id':6,'name':'t','created':1700000000,'needs':[" NEED(1, "ended") "]");
    /* A thread that ran at once had waited for nothing. */
    run_add(&page.run, "'id':7,'name':'t','created':1700000000,'needs':[" NEED(1, "ended") "]");
    run_add_phase(&page.run, 7, "running", 1, 0, 12);
    add_waiter(&page, 8, 0, 2, NEED(1, "ready"));
    page_write(&page, report_add_timeline);
    check_lines(&page, "n 0-0 11-158>\n"
                       "n 10-10 11-48>\n");
    page_end(&page);
}

static void an_arrow_of_the_path_takes_the_place_of_the_need(void)
{
    struct page page;

    page_begin(&page);
    add_threads(&page, 1, 2);
    add_waiter(&page, 3, 0, 1, NEED(1, "ended") "," NEED(2, "ended"));
    add_waiter(&page, 4, 0, 1, NEED(1, "ended"));
    page_add_part(&page, 0, PATH_SCRIPT, CAUSE_NONE, 0, 0);
    page_add_part(&page, 1, PATH_RUN, CAUSE_NONE, 0, 1);
    page_add_part(&page, 0, PATH_SCRIPT, CAUSE_NONE, 1, 1.5);
    page_add_part(&page, 3, PATH_RUN, CAUSE_NEED, 1.5, 2);
    page_add_part(&page, 3, PATH_STOP, CAUSE_NONE, 2, 3);
    page_add_part(&page, 1, PATH_RUN, CAUSE_JOIN, 3, 4);
    page_add_part(&page, 3, PATH_RUN, CAUSE_JOIN, 3.5, 4);
    page_write(&page, report_add_timeline);
    check_lines(&page, "n 10-10 11-70>\n"
                       "n 10-10 33-48>\n"
                       "c 10-15 11-11\n"
                       "c 15-15 11-48>\n"
                       "c 30-30 55-18>\n"
                       "c 40-40 11-48>\n");
    page_end(&page);
}

static void lines_cross_the_chunks_between_their_threads(void)
{
    struct page page;

    page_begin(&page);
    add_threads(&page, 1, 72);
    add_waiter(&page, 73, 0, 1, NEED(2, "ended"));
    add_waiter(&page, 74, 0, 1, NEED(2, "ended"));
    add_waiter(&page, 75, 0, 1, NEED(2, "ended") "," NEED(2, "ready"));
    page_add_part(&page, 75, PATH_RUN, CAUSE_NONE, 4, 5);
    page_add_part(&page, 2, PATH_RUN, CAUSE_JOIN, 6, 7);
    page_add_part(&page, 36, PATH_RUN, CAUSE_JOIN, 7, 8);
    page_add_part(&page, 37, PATH_RUN, CAUSE_JOIN, 8, 8.5);
    page_add_part(&page, 39, PATH_RUN, CAUSE_JOIN, 9, 9.5);
    page_add_part(&page, 37, PATH_RUN, CAUSE_JOIN, 9.5, 9.7);
    page_add_part(&page, 36, PATH_RUN, CAUSE_JOIN, 9.7, 9.8);
    page_write(&page, report_add_timeline);
    CHECK_EQUAL(page_count(&page, "<div class=\"chunk\">"), 3);
    check_once(&page, "height=\"792\" role=\"img\" aria-label=\"Timeline of the threads 1 to 36;");
    check_once(&page, "height=\"792\" role=\"img\" aria-label=\"Timeline of the threads 37 to 72;");
    check_once(&page, "height=\"66\" role=\"img\" aria-label=\"Timeline of the threads 73 to 75;");
    CHECK_EQUAL(page_count(&page, "<text class=\"l\""), 75);
    CHECK_EQUAL(page_count(&page, "<rect class=\"t\""), 5); /* the threads of the path */
    check_once(&page, "<section id=\"timeline\" aria-labelledby=\"timeline-h\">\n<h2 "
                      "id=\"timeline-h\">Timeline</h2>\n");
    CHECK_EQUAL(page_count(&page, "<use "), 1); /* in the legend */
    check_lines(&page,
                "n 0-0 33-792\n" /* when thread 2 was ready, and from its end, for three threads */
                "n 10-10 33-792\n"
                "c 60-60 792-40>\n"
                "c 70-70 33-774>\n"
                "c 80-80 781-792\n"
                "c 97-97 792-788>\n"
                "n 0-0 0-792\n" /* the second chunk */
                "n 10-10 0-792\n"
                "c 60-60 792-0\n"
                "c 80-80 0-4>\n"
                "c 85-90 11-11\n"
                "c 90-90 11-48>\n"
                "c 95-95 55-18>\n"
                "c 97-97 11-0\n"
                "n 0-0 0-48>\n" /* the third chunk */
                "n 10-10 0-4>\n"
                "n 10-10 0-26>\n"
                "n 10-10 0-48>\n"
                "c 50-60 55-55\n"
                "c 60-60 55-0\n");
    page_end(&page);
}

static void lines_that_leave_a_thread_at_the_same_time_are_one_where_they_cross_a_chunk(void)
{
    struct page page;

    page_begin(&page);
    add_threads(&page, 1, 36);
    /* They had ended twice, nearly at the same time, and two milliseconds apart. */
    run_add_phase(&page.run, 3, "stopping", 1, 1, 1.0005);
    run_add_phase(&page.run, 4, "stopping", 1, 1, 1.002);
    add_waiter(&page, 37, 0, 1, NEED(2, "ended"));
    add_waiter(&page, 38, 0, 2, NEED(3, "ended") "," NEED(4, "ended"));
    add_waiter(&page, 39, 0, 0.99, NEED(3, "ended") "," NEED(4, "ended"));
    page_write(&page, report_add_timeline);
    check_lines(&page, "n 10-10 33-792\n"
                       "n 10-10 55-792\n"
                       "n 10-10 77-792\n"
                       "n 10.02-10.02 77-792\n"
                       "n 10-10 0-4>\n"
                       "n 10-10 0-48>\n"
                       "n 10-10 0-26>\n"
                       "n 10-10 0-48>\n"
                       "n 10.02-10.02 0-26>\n");
    page_end(&page);
}

static void a_raise_is_marked_in_its_row(void)
{
    struct page page;

    page_begin(&page);
    add_threads(&page, 2, 3);
    run_add_raise(&page.run, 3, 2.5, "ValueError", "<no>");
    run_add_raise(&page.run, 1, 1, "Gone", NULL);
    run_add_raise(&page.run, 2, 20, "SIGHUP", NULL);
    page_write(&page, report_add_timeline);
    check_once(&page, "<use href=\"#raise\" x=\"25.00%\" y=\"22\"><title>ValueError was raised at "
                      "2.50s: &lt;no&gt;</title></use>\n"
                      "<use href=\"#raise\" x=\"100.00%\" y=\"0\"><title>SIGHUP was raised at "
                      "20.0s</title></use>\n");
    CHECK_EQUAL(page_count(&page, "</use>"), 2);
    page_end(&page);
}

TEST_MAIN({"axis", the_axis_has_at_most_nine_marks_at_round_times},
          {"last-mark", a_mark_near_the_end_of_the_axis_is_before_its_line},
          {"rows", a_row_shows_the_phases_of_its_thread},
          {"labels", a_label_is_behind_its_bar_or_before_it_or_in_it},
          {"arrows", arrows_lead_from_the_threads_that_were_waited_for},
          {"path-arrows", an_arrow_of_the_path_takes_the_place_of_the_need},
          {"chunks", lines_cross_the_chunks_between_their_threads},
          {"same-time",
           lines_that_leave_a_thread_at_the_same_time_are_one_where_they_cross_a_chunk},
          {"raises", a_raise_is_marked_in_its_row})
