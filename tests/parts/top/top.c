/* Tests the model of top without a screen: its rows, their order, their cells, and its reader of logs. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/text.h"
#include "cli/top/arrange.h"
#include "cli/top/cells.h"
#include "cli/top/last_line.h"
#include "cli/top/line_text.h"
#include "cli/top/pager.h"
#include "cli/top/rows.h"

#include <math.h>

/* Takes a thread: ID, a name, a state, and other members of the object in JSON. */
static void take(struct rows *rows, int id, const char *name, const char *state, const char *more)
{
    char    object[1024];
    json_t *thread;

    snprintf(object, sizeof(object),
             "{\"id\":%d,\"name\":\"%s\",\"state\":\"%s\",\"log\":\"/dev/null\"%s%s}", id, name,
             state, more[0] != '\0' ? "," : "", more);
    thread = json_loads(object, 0, NULL);
    CHECK(thread != NULL);
    CHECK_EQUAL(rows_take(rows, thread, 100), 0);
    json_decref(thread);
}

/* Adds the shown rows: each with the lines that lead to it. */
static void add_shown(struct text *text, struct arrangement *arrangement, const struct rows *rows)
{
    CHECK_EQUAL(arrange(arrangement, rows, 200), 0);
    for (size_t i = 0; i < arrangement->count; i++) {
        text_byte(text, ' ', i > 0);
        arrange_add_lines(text, arrangement->shown[i], false);
        text_add(text, arrangement->shown[i]->name);
    }
}

static void check_shown(struct arrangement *arrangement, const struct rows *rows,
                        const char *wanted)
{
    struct text text = {0};

    add_shown(&text, arrangement, rows);
    check_written(&text, wanted);
}

#define NEEDS(...) "\"needs\":[" __VA_ARGS__ "]"
#define NEED(id)   "{\"id\":" #id ",\"need\":\"x\"}"

static void rows_follow_the_supervisor(void)
{
    struct rows rows = {0};

    take(&rows, 2, "b", "running", "");
    take(&rows, 1, "a", "ended", "\"exit_code\":3");
    take(&rows, 3, "c", "ended", "\"signal\":15,\"exception\":\"SystemExit\"");
    CHECK_EQUAL(rows.count, 3);
    CHECK_EQUAL(rows.by_id[0]->id, 1);
    CHECK_EQUAL(rows.states[STATE_RUNNING], 1);
    CHECK_EQUAL(rows.states[STATE_ENDED], 2);
    CHECK_EQUAL(rows.failed, 1);
    take(&rows, 2, "b", "ended", "\"exit_code\":0");
    CHECK_EQUAL(rows.states[STATE_RUNNING], 0);
    CHECK_EQUAL(rows.states[STATE_ENDED], 3);
    CHECK_EQUAL(rows.failed, 1);
    CHECK_TEXT(rows_find(&rows, 2)->result, "exit 0");
    CHECK_TEXT(rows_find(&rows, 3)->result, "SystemExit, SIGTERM");
    rows_forget(&rows, 1);
    rows_forget(&rows, 7);
    CHECK(rows_find(&rows, 1) == NULL);
    CHECK(rows.gone != NULL && rows.gone->id == 1);
    CHECK_EQUAL(rows.failed, 0);
    rows_begin(&rows);
    take(&rows, 3, "c", "ended", "");
    take(&rows, 4, "d", "queued", "");
    rows_finish(&rows);
    CHECK_EQUAL(rows.count, 2);
    CHECK(rows_find(&rows, 2) == NULL);
    CHECK_EQUAL(rows.states[STATE_QUEUED], 1);
    CHECK_EQUAL(rows.states[STATE_ENDED], 1);
    CHECK(rows.gone->id == 2 && rows.gone->next_gone->id == 1);
    rows_free_gone(&rows);
    CHECK(rows.gone == NULL);
    rows_release(&rows);
    CHECK(rows.count == 0 && rows.by_id == NULL && rows.states[STATE_ENDED] == 0);
}

static void check_ids(const struct rows *rows, const char *wanted)
{
    struct text text = {0};

    for (size_t i = 0; i < rows->count; i++)
        text_printf(&text, "%d ", (int) rows->by_id[i]->id);
    check_written(&text, wanted);
}

/* The rows are in the order of their ids, in whatever order they come and go. */
static void rows_are_sorted(void)
{
    static const int ids[] = {2, 8, 4, 6, 5};
    struct rows      rows = {0};

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        take(&rows, ids[i], "x", "running", "");
    check_ids(&rows, "2 4 5 6 8 ");
    rows_forget(&rows, 3);
    rows_forget(&rows, 9);
    rows_forget(&rows, 4);
    check_ids(&rows, "2 5 6 8 ");
    rows_begin(&rows);
    take(&rows, 2, "x", "running", "");
    take(&rows, 8, "x", "running", "");
    rows_finish(&rows);
    check_ids(&rows, "2 8 ");
    rows_release(&rows);
}

/* A row has what the supervisor says of the thread. */
static void rows_have_facts(void)
{
    struct rows rows = {0};
    struct row *row;

    take(&rows, 1, "a", "running",
         "\"tty\":true,\"host\":\"box\",\"runs\":3,\"pid\":9,\"seconds\":2,"
         "\"cpu\":{\"user\":1.5,\"system\":0.25},\"max_rss\":4096");
    row = rows_find(&rows, 1);
    CHECK(row->has_terminal && row->is_far && row_runs(row));
    CHECK(isnan(row->live.percent)); /* nobody has looked yet */
    CHECK_EQUAL(row->runs, 3);
    CHECK_EQUAL(row->cpu * 100, 175);
    CHECK_EQUAL(row->peak, 4096);
    CHECK_TEXT(row->log, "/dev/null");
    row->live.is_read = true;
    take(&rows, 1, "a", "ended",
         "\"host\":{\"base64\":\"/"
         "w==\"},\"exception\":\"ValueError\",\"message\":\"bad\",\"pid\":9,\"seconds\":2");
    CHECK(!row->has_terminal && row->is_far && !row_runs(row));
    CHECK(!row->live.is_read); /* the last line may be another one now */
    CHECK_TEXT(row->result, "ValueError: bad");
    take(&rows, 1, "a", "delayed", "\"seconds\":2");
    CHECK(!row->is_far && !row_runs(row)); /* it waits for its next run */
    rows_release(&rows);
}

static void words_are_plain(void)
{
    struct rows rows = {0};
    struct row *row;

    take(&rows, 1, "a", "running",
         "\"command\":[\"sh\",\"-c\",\"a "
         "b\\n\\u001b[2J\",{\"base64\":\"/w==\"}],\"waits_for\":\"x\\u001bz\"");
    row = rows_find(&rows, 1);
    CHECK_TEXT(row->command, "sh -c $'a b\\n\\x1b[2J' $'\\xff'");
    CHECK_TEXT(row->result, "waits for x\\x1bz");
    take(&rows, 1, "a\\u001b]0;x\\u0007", "ended", "\"message\":\"no\\nsuch\",\"runs\":0");
    row = rows_find(&rows, 1);
    CHECK_TEXT(row->name, "a\\x1b]0;x\\x07");
    CHECK_TEXT(row->result, "no\\nsuch");
    rows_release(&rows);
}

static void needs_make_a_tree(void)
{
    struct rows        rows = {0};
    struct arrangement arrangement = {0};
    struct text        lines = {0};
    struct row        *row;
    char               needs[80];

    take(&rows, 1, "db", "ready", "");
    take(&rows, 2, "cron", "running", "");
    take(&rows, 3, "web", "ready", NEEDS(NEED(1)));
    take(&rows, 4, "e2e", "waiting", NEEDS(NEED(1) "," NEED(3) "," NEED(2)));
    take(&rows, 5, "job", "waiting", NEEDS(NEED(1)));
    take(&rows, 6, "odd", "waiting", NEEDS(NEED(6) "," NEED(99)));
    take(&rows, 7, "deep", "waiting", NEEDS(NEED(4) "," NEED(3)));
    check_shown(&arrangement, &rows, "db |- web |  `- e2e |     `- deep `- job cron odd");
    CHECK_EQUAL(arrange_find(&arrangement, 1), 0);
    CHECK_EQUAL(arrange_find(&arrangement, 5), 4);
    CHECK_EQUAL(arrange_find(&arrangement, 8), -1);
    CHECK_EQUAL(arrangement.name_width, 13);
    rows_find(&rows, 3)->state = STATE_ENDED;
    arrangement.hides_ended = true;
    check_shown(&arrangement, &rows, "db |- e2e |  `- deep `- job cron odd");
    CHECK_EQUAL(arrangement.name_width, 10);
    arrangement.order = ARRANGE_ID; /* which has no tree */
    check_shown(&arrangement, &rows, "db cron e2e job odd deep");
    CHECK_EQUAL(arrangement.name_width, 4);
    arrangement.order = ARRANGE_TREE;
    for (int id = 8; id < 2000; id++) { /* a long chain */
        snprintf(needs, sizeof(needs), "\"needs\":[{\"id\":%d}]", id - 1);
        take(&rows, id, "x", "waiting", needs);
    }
    CHECK_EQUAL(arrange(&arrangement, &rows, 0), 0);
    CHECK_EQUAL(arrangement.count, 6 + 1992);
    CHECK_EQUAL(arrangement.name_width, 3 * 16 + 1);
    row = rows_find(&rows, 1999);
    arrange_add_lines(&lines, row, false);
    CHECK_EQUAL(lines.size, 3 * 16);
    text_release(&lines);
    rows_forget(&rows, 1500); /* nothing but the rows behind it moves */
    CHECK(rows.count == 1998 && rows.by_id[1498]->id == 1499 && rows.by_id[1499]->id == 1501);
    arrange_release(&arrangement);
    CHECK(arrangement.shown == NULL && arrangement.count == 0);
    CHECK_EQUAL(arrangement.order, ARRANGE_TREE);
    rows_release(&rows);
}

static void orders_sort(void)
{
    static const struct {
        enum arrange_order order;
        bool               is_reversed;
        const char        *shown;
    } table[] = {{ARRANGE_ID, false, "c B a d"},    {ARRANGE_NAME, false, "a B c d"},
                 {ARRANGE_NAME, true, "d c B a"},   {ARRANGE_STATE, false, "d B a c"},
                 {ARRANGE_TIME, false, "d B c a"},  {ARRANGE_CPU, false, "B d a c"},
                 {ARRANGE_MEMORY, false, "d B c a"}};
    struct rows        rows = {0};
    struct arrangement arrangement = {0};

    take(&rows, 1, "c", "ended", "\"seconds\":5,\"exit_code\":0");
    take(&rows, 2, "B", "running", "\"seconds\":1,\"pid\":2");
    take(&rows, 3, "a", "delayed", "");
    take(&rows, 4, "d", "stopping", "\"seconds\":3,\"pid\":4");
    rows_find(&rows, 2)->live.percent = 50;
    rows_find(&rows, 4)->live.percent = 7;
    rows_find(&rows, 3)->live.percent = 0;
    rows_find(&rows, 4)->live.memory = 9;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        arrangement.order = table[i].order;
        arrangement.is_reversed = table[i].is_reversed;
        check_shown(&arrangement, &rows, table[i].shown);
    }
    arrange_release(&arrangement);
    rows_release(&rows);
}

static void filters_choose(void)
{
    static const struct {
        const char *filter, *shown;
        size_t      width; /* of the names */
    } table[] = {{"", "web-1 web-2 db", 5},
                 {"WEB", "web-1 web-2", 5},
                 {"web-?", "web-1 web-2", 5},
                 {"*2", "web-2", 5},
                 {"2", "web-2", 5},
                 {"postgres", "db", 2},
                 {"delay", "db", 2},
                 {"*b-[1]", "web-1", 5},
                 {"zzz", "", 0},
                 {"w*-", "", 0}};
    struct rows        rows = {0};
    struct arrangement arrangement = {.order = ARRANGE_ID};

    take(&rows, 1, "web-1", "running", "\"command\":[\"x\"]");
    take(&rows, 2, "web-2", "running", "\"command\":[\"a [1]\"]");
    take(&rows, 3, "db", "delayed", "\"command\":[\"postgres\"]");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        arrangement.filter = table[i].filter;
        check_shown(&arrangement, &rows, table[i].shown);
        CHECK_EQUAL(arrangement.name_width, table[i].width);
    }
    arrangement.filter = "[1]"; /* a part of a command, although it is a pattern too */
    check_shown(&arrangement, &rows, "web-2");
    arrange_release(&arrangement);
    rows_release(&rows);
}

/* Checks the cell at TIME of a thread that has run for SECONDS at 100, and the time until the cell changes. */
static void check_time(const char *seconds, bool runs, double time, const char *wanted, double next)
{
    struct rows rows = {0};
    char        more[100];
    struct text text = {0};

    snprintf(more, sizeof(more), "\"seconds\":%s%s", seconds, runs ? ",\"pid\":3" : "");
    take(&rows, 1, "a", runs ? "running" : "ended", more);
    cells_add_time(&text, rows.by_id[0], time);
    check_written(&text, wanted);
    if (isinf(next))
        CHECK(isinf(cells_next_time(rows.by_id[0], time)));
    else
        CHECK(fabs(cells_next_time(rows.by_id[0], time) - time - next) < 1e-6);
    rows_release(&rows);
}

static void times_change_when_they_must(void)
{
    check_time("null", true, 100, "-", INFINITY);
    check_time("0.4", false, 100, "0.4s", INFINITY);
    check_time("0.4", true, 100, "0s", 0.6);
    check_time("0.4", true, 101, "1s", 0.6);
    check_time("58.5", true, 101, "59s", 0.5);
    check_time("59.98", true, 100, "59s", 0.02);
    check_time("1", true, 100, "1s", 1);
    check_time("60", true, 100, "1m00s", 1);
    check_time("86400", true, 100, "1d00h", 3600);
    check_time("61.5", true, 100, "1m01s", 0.5);
    check_time("3540", true, 160, "1h00m", 60);
    check_time("7200", true, 130, "2h00m", 30);
    check_time("90000", true, 100, "1d01h", 3600);
    check_time("5", true, 50, "0s", 1); /* time does not run backwards */
}

static void processor_time_and_memory_are_shown_while_they_are_known(void)
{
    static const struct {
        double      percent;
        const char *cell;
    } table[] = {{NAN, "-"},     {0, "0.0"},     {12.34, "12.3"}, {99.94, "99.9"},
                 {99.95, "100"}, {99.96, "100"}, {250, "250"}};
    struct rows rows = {0};
    struct text text = {0};
    struct row *row;

    take(&rows, 1, "a", "running", "\"pid\":3,\"seconds\":1");
    row = rows_find(&rows, 1);
    cells_add_memory(&text, row);
    check_written(&text, "-");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        row->live.percent = table[i].percent;
        cells_add_percent(&text, row);
        check_written(&text, table[i].cell);
    }
    row->live.time = 0.5;
    row->live.memory = 3 << 20;
    cells_add_memory(&text, row);
    check_written(&text, "3.0M");
    row->state = STATE_ENDED;
    cells_add_memory(&text, row);
    cells_add_percent(&text, row);
    check_written(&text, "--");
    rows_release(&rows);
}

static void lines_are_plain(void)
{
    static const struct {
        const char *bytes, *text;
    } table[] = {
        {"plain", "plain"},
        {"\033[31mred\033[0m", "red"},
        {"\033]0;title\007x\033Pq\033\\y", "xy"},
        {"10%\r20%\r", "20%"},
        {"a\r", "a"},
        {"ab\bc", "ac"},
        {"\303\244\bx", "x"},
        {"\b\bx", "x"},
        {"a\tb", "a       b"},
        {"\346\227\245\tb", "\346\227\245      b"},
        {"a\tbc\td", "a       bc      d"},
        {"0123456789\tb\rabc\td", "abc     d"},
        {"a\t\bx", "a       x"},
        {"a\t\346\227\245\td", "a       \346\227\245      d"},
        /* What a carriage return leaves behind the text is no part of it. */
        {"\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
         "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
         "\ra\tb\tc",
         "a       b       c"},
        {"bell\007", "bell\\x07"},
        {"bad \377 utf", "bad \\xff utf"},
        {"\033[999", ""},
        {"\342\200\256x", "\\xe2\\x80\\xaex"},
    };
    struct text text = {0};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        line_text_add(&text, table[i].bytes, strlen(table[i].bytes));
        check_written(&text, table[i].text);
    }
    line_text_add(&text, "\0\0\0x", 4);
    check_written(&text, "x");
}

/* Writes the file "log" in the current directory. */
static void write_log(const char *bytes, size_t size, bool is_new)
{
    FILE *file = fopen("log", is_new ? "w" : "a");

    CHECK(file != NULL);
    CHECK_EQUAL(fwrite(bytes, 1, size, file), size);
    CHECK_EQUAL(fclose(file), 0);
}

static void check_last(const char *bytes, const char *wanted)
{
    struct text text = {0};

    write_log(bytes, strlen(bytes), true);
    last_line_add(&text, "log");
    check_written(&text, wanted);
}

static void last_lines_are_found(void)
{
    struct text text = {0};
    char        long_line[9000];

    check_last("", "");
    check_last("\n\n", "");
    check_last("one\ntwo\n", "two");
    check_last("one\ntwo", "two");
    check_last("one\nx\n", "x");
    check_last("x", "x");
    check_last(" ", "");
    check_last("one\n\n  \n\033[0m\n\r\n", "one");
    memset(long_line, 'x', sizeof(long_line) - 1);
    long_line[sizeof(long_line) - 1] = '\0';
    write_log(long_line, sizeof(long_line) - 1, true);
    last_line_add(&text, "log");
    CHECK_EQUAL(text.size, 4096);
    text_release(&text);
    last_line_add(&text, "/nonexistent");
    last_line_add(&text, "/dev/zero");
    CHECK_EQUAL(text.size, 0);
}

static void check_line(const struct pager *pager, off_t position, const char *wanted)
{
    struct text text = {0};

    pager_add_line(pager, position, &text);
    check_written(&text, wanted);
}

static void logs_are_paged(void)
{
    struct pager pager;
    FILE        *file;
    bool         is_other;
    int          fd;

    unlink("log");
    CHECK_EQUAL(pager_open(&pager, "log"), 0);
    CHECK_EQUAL(pager.fd, -1);
    CHECK_EQUAL(pager.size, 0);
    CHECK_EQUAL(pager_end(&pager, 5), 0);
    CHECK_EQUAL(pager_next(&pager, 0), 0);
    CHECK_EQUAL(pager_find(&pager, 0, "x"), -1);
    write_log("one\nTwo\n\nfour", 13, true);
    errno = ENXIO; /* an earlier failure says nothing about this file */
    CHECK(pager_look(&pager, &is_other) && is_other);
    fd = pager.fd;
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK_EQUAL(pager.begin, 0);
    CHECK_EQUAL(pager_next(&pager, 0), 4);
    CHECK_EQUAL(pager_next(&pager, 8), 9);
    CHECK_EQUAL(pager_next(&pager, 9), 13);
    CHECK_EQUAL(pager_next(&pager, 13), 13);
    CHECK_EQUAL(pager_previous(&pager, 13), 9);
    CHECK_EQUAL(pager_previous(&pager, 9), 8);
    CHECK_EQUAL(pager_previous(&pager, 4), 0);
    CHECK_EQUAL(pager_previous(&pager, 0), 0);
    CHECK_EQUAL(pager_end(&pager, 2), 8);
    CHECK_EQUAL(pager_end(&pager, 9), 0);
    check_line(&pager, 4, "Two");
    check_line(&pager, 9, "four");
    CHECK_EQUAL(pager_find(&pager, 0, "one"), 0);
    CHECK_EQUAL(pager_find(&pager, 9, "four"), 9);
    CHECK_EQUAL(pager_find(&pager, 0, "two"), 4);
    CHECK_EQUAL(pager_find(&pager, 5, "two"), -1);
    CHECK_EQUAL(pager_find(&pager, 0, "OUR"), 9);
    CHECK_EQUAL(pager_find(&pager, 0, ""), -1);
    CHECK(!pager_look(&pager, &is_other));
    write_log("\n", 1, false);
    CHECK(pager_look(&pager, &is_other) && !is_other);
    write_log("new", 3, true); /* emptied and written anew */
    CHECK(pager_look(&pager, &is_other) && is_other);
    CHECK_EQUAL(rename("log", "log.1"), 0);
    write_log("next log", 8, true);
    CHECK(pager_look(&pager, &is_other) && is_other);
    check_line(&pager, 0, "next log");
    CHECK_EQUAL(pager.fd, fd); /* the other file was closed */
    write_log("x", 1, true);
    CHECK(pager_look(&pager, &is_other) && is_other);
    CHECK_EQUAL(pager_next(&pager, 0), 1);
    /* A log that was removed is read for as long as the command writes to it. */
    file = fopen("log", "a");
    CHECK(file != NULL && unlink("log") == 0 && fputs("yz", file) >= 0 && fflush(file) == 0);
    CHECK(pager_look(&pager, &is_other) && !is_other);
    CHECK_EQUAL(pager.size, 3);
    CHECK_EQUAL(fclose(file), 0);
    pager_close(&pager);
    CHECK(pager.fd == -1 && fcntl(fd, F_GETFD) < 0);
}

/* Checks that a line of any length is taken in pieces, and that bytes that --log-limit gave back are not shown. */
static void long_logs_are_paged(void)
{
    static char  block[200000], words[32768 + 2];
    struct pager pager;
    off_t        position = 0, last = -1;
    int          pieces = 0, fd;

    memset(block, 'x', sizeof(block));
    memcpy(block + 150000, "Needle", 6);
    memcpy(block + 65533, "Border",
           6); /* between two parts that are searched one after the other */
    write_log(block, sizeof(block), true);
    CHECK_EQUAL(pager_open(&pager, "log"), 0);
    for (; position > last && position < pager.size; pieces++) {
        last = position;
        position = pager_next(&pager, position);
    }
    CHECK_EQUAL(position, sizeof(block));
    CHECK(pieces > 2);
    CHECK(pager_find(&pager, 0, "needle") > 100000);
    CHECK(pager_find(&pager, 0, "border") > 0);
    memset(words, 'x', sizeof(words) - 1);
    CHECK_EQUAL(pager_find(&pager, 0, words), -1); /* it is too long */
    words[sizeof(words) - 2] = '\0';
    CHECK_EQUAL(pager_find(&pager, 0, words), 0);
    while (position > 0) {
        last = position;
        position = pager_previous(&pager, position);
        CHECK(position < last);
    }
    memset(block, 'y', sizeof(block));
    for (size_t i = 99; i < sizeof(block); i += 100)
        block[i] = '\n';
    write_log(block, sizeof(block), true);
    fd = open("log", O_RDWR);
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 65536) == 0) {
        CHECK(pager_look(&pager, &(bool){0})); /* although the size is the same */
        CHECK_EQUAL(pager.begin, 65600);
        CHECK_EQUAL(pager_previous(&pager, 65700), 65600);
        CHECK_EQUAL(pager_previous(&pager, 65600), 65600);
        CHECK_EQUAL(pager_end(&pager, 5000), 65600);
        CHECK(ftruncate(fd, 0) == 0 && ftruncate(fd, 100000) == 0); /* nothing is kept */
        (void) pager_look(&pager, &(bool){0});
        CHECK_EQUAL(pager.begin, 100000);
        write_log("all", 3, true);
        (void) pager_look(&pager, &(bool){0});
        CHECK_EQUAL(pager.begin, 0);
    }
    close(fd);
    pager_close(&pager);
}

TEST_MAIN({"rows", rows_follow_the_supervisor}, {"words", words_are_plain},
          {"sorted", rows_are_sorted}, {"facts", rows_have_facts},
          {"cells", processor_time_and_memory_are_shown_while_they_are_known},
          {"tree", needs_make_a_tree}, {"orders", orders_sort}, {"filters", filters_choose},
          {"times", times_change_when_they_must}, {"lines", lines_are_plain},
          {"last-lines", last_lines_are_found}, {"paging", logs_are_paged},
          {"long-logs", long_logs_are_paged})
