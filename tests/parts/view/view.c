/*
 * Tests how output is shown: which control sequences pass behind a name (cli/view/escape_filter.h), and how the lines
 * of several logs are printed (printer.h). The time is what the program says. Each case makes its files in the current
 * directory.
 */
#include "tests/lib/test.h"
#include "tests/parts/view/printed.h"
#include "tests/parts/written.h"

#include "cli/base/text.h"
#include "cli/place/log_buffer.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"
#include "cli/view/escape_filter.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Filters the line BYTES, whose first CUT bytes come before the others. */
static void check_filtered(const char *bytes, size_t cut, const char *wanted)
{
    struct escape_filter filter = {0};
    struct text          text = {0};

    escape_filter_begin_line(&filter);
    escape_filter_add(&filter, &text, bytes, cut);
    escape_filter_add(&filter, &text, bytes + cut, strlen(bytes) - cut);
    check_written(&text, wanted);
}

#define DIGITS "123456789012345678901234567890123456789012345678" /* 48 */

/* Colours pass. Nothing else passes that would leave the line, or change how the terminal shows the next lines. */
static void colours_alone_pass(void)
{
    static const char *const table[][2] = {
        {"plain", "plain"},
        {"a\033[1;31mred\033[0mb\033[m", "a\033[1;31mred\033[0mb\033[m"},
        {"\033[38:5:1mx", "\033[38:5:1mx"},
        {"\033[2J\033[3;4H\033[?25l\033[@\033[~x", "x"},
        {"\033[?1mx", "x"},
        {"\033[" DIGITS "mx", "\033[" DIGITS "mx"},
        {"\033[" DIGITS "0mx", "x"},
        {"\033]0;title\007x", "x"},
        {"\033]8;;there\033\\x", "x"},
        {"\033Pq\033\\\033Xa\007\033^a\007\033_a\007x", "x"},
        {"\033]0;a\033[1mx", "\033[1mx"}, /* a sequence inside of a string ends the string */
        {"\033]0;a\033]b\007x", "x"},
        {"\033(B\033#8\033/Z\033 Fx", "x"},
        {"\033c\0337\033:x", "x"},
        {"\033[1\033[2mx", "\033[2mx"},
        {"a\302\200b\302\233c\302\237d", "abcd"}, /* short forms of sequences */
        {"\302\240\302\251\303\233", "\302\240\302\251\303\233"},
        {"\302\302\233x", "\302x"},
        {"\016x\017\v\f\001y", "xy"},
        {"\t\a\r\177", "\t\a\r\177"},
        {"ab\bc", "ab\bc"},
        {"\b\bx", "x"}, /* not into the name */
        {"a\b\b\bx", "a\bx"},
        {"\033[1m\bx", "\033[1mx"},
        {"\303\244\b\bx", "\303\244\bx"},
        {"a\302\200\b\bx", "a\bx"},
        {"\302\233x", "x"},
        {"\302\200\bx", "x"},
        {"\302[1mx", "\302[1mx"},
        {"\033[1@x", "x"},
        {"\033[1\0072mx", "x"},
        {"\033]0;a\033(Bx", "x"},
        {"a\033[" DIGITS "\302m\233x", "a\233x"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        for (size_t cut = 0; cut <= strlen(table[i][0]); cut++)
            check_filtered(table[i][0], cut, table[i][1]);
}

static void a_filter_forgets_at_the_end_of_a_line(void)
{
    struct escape_filter filter = {0};
    struct text          text = {0};

    escape_filter_add(&filter, &text, "ab\302", 3);
    escape_filter_end_line(&filter);
    escape_filter_add(&filter, &text, "\233\033[3", 4);
    escape_filter_end_line(&filter);
    escape_filter_add(&filter, &text, "1mx", 3);
    check_written(&text, "ab\302\2331mx");
    escape_filter_begin_line(&filter); /* the cursor is behind the name again */
    escape_filter_add(&filter, &text, "\bx", 2);
    escape_filter_end_line(&filter);
    escape_filter_add(&filter, &text, "\by", 2);
    check_written(&text, "xy");
    /* The first byte of a short form, which was printed already, stays alone. */
    escape_filter_add(&filter, &text, "\302", 1);
    check_written(&text, "\302");
    escape_filter_add(&filter, &text, "\233x", 2);
    check_written(&text, "x");
    escape_filter_add(&filter, &text, "\0", 1);
    CHECK_EQUAL(text.size, 1);
    text_release(&text);
}

/* Wherever a byte stands that is not plain, it is noticed, and what is around it passes. */
static void each_byte_is_looked_at(void)
{
    struct escape_filter filter = {0};
    struct text          text = {0};
    char                 bytes[200 + 1] = "", wanted[200 + 1] = "";

    for (size_t at = 0; at < 200; at++) {
        memset(bytes, 'x', 200);
        memset(wanted, 'x', 199);
        bytes[at] = "\t\n\r\a"[at % 4];
        CHECK(!escape_filter_must_look(bytes, 200));
        bytes[at] = '\302';
        CHECK(escape_filter_must_look(bytes, 200));
        bytes[at] = '\001';
        CHECK(escape_filter_must_look(bytes, 200));
        CHECK(!escape_filter_must_look(bytes, at));
        escape_filter_add(&filter, &text, bytes, 200);
        check_written(&text, wanted);
    }
}

/* The lines of logs */

static void lines_have_names(void)
{
    struct printer         printer;
    struct printer_source *a, *b;

    begin(&printer, PRINTER_NAMES);
    a = printer_add(&printer, "a", "a.log", 0);
    b = printer_add(&printer, "a name of 18 bytes", "b.log", 0);
    print(a, "one\ntwo\n");
    print(b, "three\n\nfour\n");
    check_out(&printer, "a | one\na | two\na name of 18 bytes | three\na name of 18 bytes | \n"
                        "a name of 18 bytes | four\n");
    /* A line is printed when it is whole, or when its log has ended. */
    print(a, "half");
    check_out(&printer, "");
    CHECK_EQUAL(printer_patience(&printer), -1);
    CHECK(!printer_source_is_over(a));
    print(a, " and half\nrest");
    check_out(&printer, "a | half and half\n");
    printer_end(a);
    CHECK(!printer_source_is_over(a));
    check_out(&printer, "a | rest\n");
    CHECK(printer_source_is_over(a));
    print(a, "nobody reads this\n");
    check_out(&printer, "");
    printer_resume(a);
    check_out(&printer, "a | nobody reads this\n");
    printer_end_all(&printer);
    check_out(&printer, "");
    CHECK(printer_source_is_over(a) && printer_source_is_over(b));
    printer_remove(b);
    CHECK(printer_add(&printer, "c", "b.log", 6) != NULL); /* from the middle on */
    printer_touch_all(&printer);
    check_out(&printer, "c | \nc | four\n");
    end(&printer);
}

static void names_are_aligned_and_coloured(void)
{
    struct printer         printer;
    struct printer_source *sources[12];
    char                   name[8];

    begin(&printer, PRINTER_NAMES | PRINTER_ALIGN | PRINTER_COLOUR);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof(name), "n%d", i % 11);
        sources[i] = printer_add(&printer, name, "a.log", 0);
    }
    CHECK_EQUAL(sources[0]->colour, 0);
    CHECK_EQUAL(sources[10]->colour, 10);
    CHECK_EQUAL(sources[11]->colour, 0); /* the same name as the first */
    append("a.log", "x\n");
    printer_touch(sources[1]);
    printer_touch(sources[10]);
    check_out(&printer, "\033[0;33mn1  | \033[0mx\n\033[0;36mn10 | \033[0mx\n");
    end(&printer);
}

/* Bytes that may not pass in a line do not, and do not change the next line. */
static void lines_are_filtered(void)
{
    struct printer         printer;
    struct printer_source *a;

    begin(&printer, PRINTER_NAMES);
    a = printer_add(&printer, "13 characters", "a.log", 0);
    print(a, "plain\n\n\n");
    check_out(&printer, "13 characters | plain\n13 characters | \n13 characters | \n");
    print(a, "x\033[2Jy\033[3\n1mz\n");
    check_out(&printer, "13 characters | xy\n13 characters | 1mz\n");
    end(&printer);
}

/* The times that one printer has kept beside a log are those that another one prints, and no file stays open. */
static void the_times_are_kept(void)
{
    static const unsigned flags[] = {PRINTER_TIMES | PRINTER_KEEP, PRINTER_TIMES | PRINTER_KEPT};
    struct printer        printer;
    struct text           outs[2] = {{0}, {0}};
    int                   before = test_count_open();

    CHECK_EQUAL(mkdir(TIMES_DIRECTORY, 0700), 0);
    append("a.log", "one\ntwo\n");
    for (int i = 0; i < 2; i++) {
        int64_t                began = times_now();
        struct printer_source *a;

        begin(&printer, flags[i]);
        a = printer_add(&printer, "a", "./a.log", 0);
        CHECK_EQUAL(printer_show_runs(a, "a.runs"), 0);
        printer_touch(a);
        CHECK_EQUAL(printer_drain(&printer), 0);
        CHECK(text_reserve(&outs[i], 100));
        outs[i].size = (size_t) pread(printer.fd, outs[i].data, 100, 0);
        CHECK_EQUAL(ftruncate(printer.fd, 0), 0);
        end(&printer);
        CHECK_EQUAL(test_count_open(), before);
        WAIT_FOR(times_now() - began > 1000000); /* times are printed in milliseconds */
    }
    text_byte(&outs[0], '\0', 1);
    CHECK_EQUAL(strlen(outs[0].data), 2 * strlen("00:00:00.000 one\n"));
    CHECK(strstr(outs[0].data, " one\n") != NULL);
    check_written(&outs[1], outs[0].data);
}

/* Each run after the first is announced where its output begins. */
static void runs_are_announced(void)
{
    struct run_mark        marks[] = {{.offset = 4, .run = 2, .time = 1, .how = "exit 1"},
                                      {.offset = 7, .run = 3, .time = 2, .how = "exit 2"}};
    struct printer         printer;
    struct printer_source *a, *b;

    begin(&printer, PRINTER_NAMES | PRINTER_PARTIAL);
    a = printer_add(&printer, "a", "a.log", 0);
    b = printer_add(&printer, "b", "b.log", 0);
    CHECK_EQUAL(printer_show_runs(a, "a.runs"), 0);
    CHECK(run_marks_add("a.runs", &marks[0], true) >= 0);
    print(a, "one\ntwo");
    print(b, "open");
    CHECK_EQUAL(printer_fill(&printer), 0);
    now += 1;
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK(run_marks_add("a.runs", &marks[1], false) >= 0);
    print(a, "three\n");
    check_out(&printer, "a | one\na | --- run 2, after exit 1 ---\nb | open\na | two\n"
                        "a | --- run 3, after exit 2 ---\na | three\n");
    end(&printer);
}

/* With PRINTER_REWRITE, what follows a carriage return takes the place of the line, behind the name. */
static void a_carriage_return_begins_the_line_again(void)
{
    struct printer         printer;
    struct printer_source *a, *b;

    begin(&printer, PRINTER_NAMES | PRINTER_REWRITE);
    a = printer_add(&printer, "a", "a.log", 0);
    print(a, "10%\r20%\rdone\r\nnext\n");
    check_out(&printer, "a | 10%\ra | \033[K20%\ra | \033[Kdone\na | next\n");
    print(a, "\r\rx\n");
    check_out(&printer, "a | \ra | \033[Kx\n");
    end(&printer);
    /* The same with lines that are shown in parts, and when another line comes between. */
    begin(&printer, PRINTER_NAMES | PRINTER_REWRITE | PRINTER_PARTIAL);
    a = printer_add(&printer, "a", "c.log", 0);
    b = printer_add(&printer, "b", "d.log", 0);
    print(a, "10%\r2");
    check_out(&printer, "");
    now += 1;
    CHECK_EQUAL(printer_fill(&printer), 0);
    check_out(&printer, "a | 10%\ra | \033[K2");
    print(a, "0%\r");
    check_out(&printer, "0%");
    print(b, "x\n");
    check_out(&printer, "\nb | x\n");
    print(a, "30%\n");
    check_out(&printer, "a | 30%\n");
    end(&printer);
    begin(&printer, PRINTER_NAMES);
    a = printer_add(&printer, "a", "b.log", 0);
    print(a, "10%\rdone\r\n");
    check_out(&printer, "a | 10%\rdone\r\n");
    end(&printer);
}

/* With PRINTER_PARTIAL, an unfinished line is shown after 0.2 seconds. Another line ends its row. */
static void unfinished_lines_are_shown_after_a_pause(void)
{
    struct printer         printer;
    struct printer_source *a, *b;

    begin(&printer, PRINTER_NAMES | PRINTER_PARTIAL);
    a = printer_add(&printer, "a", "a.log", 0);
    b = printer_add(&printer, "b", "b.log", 0);
    CHECK_EQUAL(printer_patience(&printer), -1);
    print(a, "su");
    check_out(&printer, "");
    CHECK_EQUAL(printer_patience(&printer), 201);
    now += 0.125;
    print(a, "re? "); /* which does not wait anew */
    check_out(&printer, "");
    CHECK_EQUAL(printer_patience(&printer), 76);
    print(b, "too? "); /* waits for as long, but began later */
    check_out(&printer, "");
    now += 0.125;
    CHECK_EQUAL(printer_patience(&printer), 0);
    CHECK_EQUAL(printer_fill(&printer), 0);
    check_out(&printer, "a | sure? ");
    CHECK_EQUAL(printer_patience(&printer), 76);
    CHECK(!printer_source_is_over(a));
    /* The rest of a line that is shown follows at once. */
    print(a, "yes");
    check_out(&printer, "yes");
    print(b, "no\n");
    check_out(&printer, "\nb | too? no\n");
    print(a, "!\nnext\n");
    check_out(&printer, "a | !\na | next\n");
    CHECK_EQUAL(printer_patience(&printer), -1);
    /* If only the newline is left, another source's line has ended the row already. */
    print(a, "last");
    check_out(&printer, "");
    now += 1;
    CHECK_EQUAL(printer_fill(&printer), 0);
    check_out(&printer, "a | last");
    print(b, "x\n");
    check_out(&printer, "\nb | x\n");
    print(a, "\n");
    check_out(&printer, "");
    print(a, "open");
    check_out(&printer, "");
    now += 1;
    CHECK_EQUAL(printer_fill(&printer), 0);
    check_out(&printer, "a | open");
    printer_end_row(&printer);
    printer_end_row(&printer);
    check_out(&printer, "\n");
    end(&printer);
}

/* A line of any length is printed whole, and no other line gets into it. */
static void long_lines_are_whole(void)
{
    static char            line[200000 + 2], wanted[300000];
    struct printer         printer;
    struct printer_source *a, *b;

    memset(line, 'x', 200000);
    line[200000] = '\n';
    begin(&printer, PRINTER_NAMES);
    a = printer_add(&printer, "a", "a.log", 0);
    b = printer_add(&printer, "b", "b.log", 0);
    print(a, line);
    print(b, "1\n2\n");
    snprintf(wanted, sizeof(wanted), "b | 1\nb | 2\na | %s", line);
    check_out(&printer, wanted);
    print(a, "short\n");
    print(b, "3"); /* at the end of its log */
    printer_end_all(&printer);
    check_out(&printer, "a | short\nb | 3\n");
    end(&printer);
    /* Lines whose end is near the end of a block */
    begin(&printer, PRINTER_NAMES);
    unlink("c.log");
    a = printer_add(&printer, "a", "c.log", 0);
    line[1000] = '\n';
    line[1001] = '\0';
    wanted[0] = '\0';
    for (size_t i = 0, size = 0; i < 200; i++) {
        append("c.log", line);
        size += (size_t) snprintf(wanted + size, sizeof(wanted) - size, "a | %s", line);
    }
    printer_touch(a);
    check_out(&printer, wanted);
    end(&printer);
}

/* Without names, and for a single source, bytes pass as they are. */
static void bytes_pass_as_they_are(void)
{
    struct printer         printer;
    struct printer_source *a;

    begin(&printer, PRINTER_RAW | PRINTER_EXACT);
    a = printer_add(&printer, "a", "a.log", 0);
    print(a, "one\033[2J\ntw");
    check_out(&printer, "one\033[2J\ntw");
    print(a, "o\r\x01");
    check_out(&printer, "o\r\x01");
    a->limit = 16;
    print(a, "12345678");
    printer_end(a);
    check_out(&printer, "123");
    end(&printer);
    begin(&printer, PRINTER_RAW);
    a = printer_add(&printer, "a", "a.log", 13);
    printer_touch(a);
    printer_end(a);
    check_out(&printer, "12345678\n"); /* a last line is ended */
    end(&printer);
    begin(&printer, PRINTER_EXACT);
    a = printer_add(&printer, "a", "b.log", 0);
    print(a, "half");
    check_out(&printer, "");
    print(a, " and half\nlast");
    printer_end(a);
    check_out(&printer, "half and half\nlast");
    end(&printer);
    begin(&printer, PRINTER_EXACT);
    a = printer_add(&printer, "a", "a.log", 8);
    printer_touch(a);
    printer_end(a);
    check_out(&printer, "two\r\x01"
                        "12345678");
    end(&printer);
}

/* Output that was lost ends the line that it would have continued. */
static void lost_output_ends_a_line(void)
{
    static const unsigned    flags[] = {PRINTER_RAW, PRINTER_NAMES | PRINTER_PARTIAL};
    static const char *const wanted[] = {"old line\nnew more\n", "a | old line\na | new more\n"};

    for (int i = 0; i < 2; i++) {
        struct log_buffer      buffer;
        struct printer         printer;
        struct printer_source *a;

        CHECK_EQUAL(log_buffer_open(&buffer), 0);
        begin(&printer, flags[i]);
        a = printer_add_buffer(&printer, "a", "a.log", &buffer);
        CHECK_EQUAL(log_buffer_add(&buffer, 0, "old line", 8, false), 0);
        printer_touch(a);
        CHECK_EQUAL(printer_fill(&printer), 0);
        now += 1;
        CHECK_EQUAL(printer_fill(&printer), 0);
        for (int k = 0; k < 3; k++) {
            static const char *const parts[] = {"n", "ew", " more\n"};
            static const off_t       places[] = {100, 101, 103};

            CHECK_EQUAL(log_buffer_add(&buffer, places[k], parts[k], strlen(parts[k]), k == 0), 0);
            printer_touch(a);
            CHECK_EQUAL(printer_fill(&printer), 0);
            now += 1;
            CHECK_EQUAL(printer_fill(&printer), 0);
        }
        printer_end(a);
        CHECK_EQUAL(printer_fill(&printer), 0);
        CHECK_EQUAL(buffer.held, 0); /* what was printed is not kept */
        check_out(&printer, wanted[i]);
        end(&printer);
        log_buffer_close(&buffer);
    }
}

/* Nothing is printed after a discard, but the sources go on. */
static void what_nobody_reads_is_dropped(void)
{
    struct printer         printer;
    struct printer_source *a;

    begin(&printer, PRINTER_NAMES | PRINTER_PARTIAL);
    a = printer_add(&printer, "a", "a.log", 0);
    print(a, "one\ntwo");
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK(printer_is_ready(&printer) && !printer_is_idle(&printer));
    printer_touch(a);
    printer_discard(&printer);
    CHECK(!printer_is_ready(&printer) && printer_is_idle(&printer));
    CHECK_EQUAL(printer_patience(&printer), -1);
    check_out(&printer, "");
    printer_end_all(&printer);
    check_out(&printer, "a | two\n");
    end(&printer);
}

/* A pipe gets no more bytes at a time than it takes without blocking, and all of them in the end. */
static void a_pipe_is_filled_in_pieces(void)
{
    static char            bytes[100000];
    struct printer         printer;
    struct printer_source *a;
    int                    ends[2];
    size_t                 total = 0;
    ssize_t                n;

    CHECK_EQUAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    printer_open(&printer, ends[1], 0);
    a = printer_add(&printer, "a", "a.log", 0);
    memset(bytes, 'x', 69999);
    bytes[69998] = '\n';
    print(a, bytes);
    printer_end(a);
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK_EQUAL(printer_write(&printer), 0);
    CHECK_EQUAL(read(ends[0], bytes, sizeof(bytes)), PIPE_BUF);
    total = PIPE_BUF;
    for (int i = 0; i < 17; i++) /* the last write finds the pipe full */
        CHECK_EQUAL(printer_write(&printer), 0);
    while (!printer_is_idle(&printer) || total < 69999) {
        n = read(ends[0], bytes, sizeof(bytes));
        CHECK(n > 0);
        total += (size_t) n;
        CHECK_EQUAL(printer_fill(&printer), 0);
        CHECK_EQUAL(printer_write(&printer), 0);
    }
    CHECK_EQUAL(total, 69999);
    print(a, "x");
    close(ends[0]);
    (void) signal(SIGPIPE, SIG_IGN);
    printer_resume(a);
    print(a, "\n");
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK_EQUAL(printer_write(&printer), -EPIPE);
    printer_discard(&printer);
    CHECK(printer_is_idle(&printer));
    printer_close(&printer);
}

/* The style is that of the terminal, and of the user's wishes. */
static void the_style_suits_the_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), terminal;

    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(terminal >= 0);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    CHECK_EQUAL(printer_style(terminal), PRINTER_ALIGN | PRINTER_REWRITE | PRINTER_COLOUR);
    setenv("NO_COLOR", "", 1);
    CHECK_EQUAL(printer_style(terminal), PRINTER_ALIGN | PRINTER_REWRITE | PRINTER_COLOUR);
    setenv("NO_COLOR", "1", 1);
    CHECK_EQUAL(printer_style(terminal), PRINTER_ALIGN | PRINTER_REWRITE);
    setenv("TERM", "dumb", 1);
    CHECK_EQUAL(printer_style(terminal), PRINTER_ALIGN);
    unsetenv("TERM");
    CHECK_EQUAL(printer_style(terminal), PRINTER_ALIGN);
    CHECK_EQUAL(printer_style(open("a.log", O_RDWR | O_CREAT | O_CLOEXEC, 0600)), 0);
}

TEST_MAIN({"colours", colours_alone_pass}, {"ends", a_filter_forgets_at_the_end_of_a_line},
          {"bytes", each_byte_is_looked_at}, {"names", lines_have_names},
          {"aligned", names_are_aligned_and_coloured}, {"filtered", lines_are_filtered},
          {"times", the_times_are_kept}, {"runs", runs_are_announced},
          {"returns", a_carriage_return_begins_the_line_again},
          {"unfinished", unfinished_lines_are_shown_after_a_pause}, {"long", long_lines_are_whole},
          {"raw", bytes_pass_as_they_are}, {"lost", lost_output_ends_a_line},
          {"dropped", what_nobody_reads_is_dropped}, {"pipe", a_pipe_is_filled_in_pieces},
          {"style", the_style_suits_the_terminal})
