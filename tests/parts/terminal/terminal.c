/*
 * Tests what is known of a terminal's sequences: where they begin and end, what they ask and what they set. Tests the
 * kernel's side of a terminal (cli/terminal/pty.h), too.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/text.h"
#include "cli/terminal/modes.h"
#include "cli/terminal/pty.h"
#include "cli/terminal/screen.h"
#include "cli/terminal/sequence.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <termios.h>

/* Gives OUTPUT to SEQUENCE, and to MODES if it is not NULL. */
static void take(struct sequence *sequence, struct modes *modes, const char *output)
{
    for (; *output != '\0'; output++)
        if (sequence_take(sequence, *output) == SEQUENCE_COMPLETE && modes != NULL)
            modes_take(modes, sequence);
}

/* Each output, and the role of each of its bytes: t text, b begins, i inside, c complete. */
static void steps(void)
{
    static const char *const table[][2] = {
        {"ab\n", "ttt"},
        {"\033[1;2Ha", "biiiict"},
        {"\033[@\033[~", "bicbic"},
        {"\033[?1 \033[/p", "biiiibiic"}, /* another ESC begins anew */
        {"\033[1\r2m", "biiiic"},         /* a control character acts by itself */
        {"\033[1\0302m", "biictt"},       /* CAN ends it */
        {"\033[1\177m", "biiic"},
        {"\033c\033(B\033 F\033#8", "bcbicbicbic"},
        {"\033/Z", "bic"},
        {"\0330x", "bct"},
        {"\033[\0001m", "biiic"}, /* so does NUL */
        {"\030[1m", "tttt"},      /* outside of a sequence CAN is text, and begins nothing */
        {"\033[\0301m", "bictt"},
        {"\033]0;a\nb\a.", "biiiiiict"},
        {"\033P1$r\033\\.", "biiiiict"},
        {"\033Xa\033\\\033^b\a\033_c\a", "biiicbiicbiic"},
        {"\033]0;a\033[1m", "biiiiiiic"}, /* a sequence inside of a string cuts it short */
        {"\033]0;a\030m", "biiiict"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct sequence sequence = {0};
        char            roles[32] = "";

        for (size_t at = 0; at < strlen(table[i][1]); at++)
            roles[at] = "tbic"[sequence_take(&sequence, table[i][0][at])];
        if (strcmp(roles, table[i][1]) != 0) {
            fprintf(stderr, "%zu: %s, not %s\n", i, roles, table[i][1]);
            test_fail(__FILE__, __LINE__, "the roles of the bytes");
        }
    }
}

/* A long middle is cut, and its size is known. */
static void long_middle(void)
{
    struct sequence sequence = {0};

    take(&sequence, NULL, "\033[");
    for (int i = 0; i < 2 * SEQUENCE_KEPT; i++)
        take(&sequence, NULL, "1");
    take(&sequence, NULL, "m");
    CHECK_EQUAL(strlen(sequence.middle), SEQUENCE_KEPT);
    CHECK_EQUAL(sequence.size, 2 * SEQUENCE_KEPT);
    CHECK_EQUAL(sequence.final, 'm');
    CHECK(sequence_sets_colours(&sequence));
    take(&sequence, NULL, "\033[1");
    (void) sequence_take(&sequence, '\0'); /* a control character is no part of it */
    (void) sequence_take(&sequence, '\037');
    CHECK_EQUAL(sequence.size, 1);
    take(&sequence, NULL, "m");
    CHECK_TEXT(sequence.middle, "1");
}

/* Each sequence, and what it does: q asks, c clears, h goes home, r clears the rest, s sets colours, m moves. */
static void meanings(void)
{
    static const char *const table[][2] = {
        {"\033[c", "q"},
        {"\033[6n", "q"},
        {"\033[18t", "q"},
        {"\033[x", "q"},
        {"\033[?1$p", "q"},
        {"\033[!p", ""},
        {"\033[>q", "q"},
        {"\033[2 q", ""},
        {"\033[?u", "q"},
        {"\033[u", ""},
        {"\033]11;?\a", "q"},
        {"\033]0;title\a", ""},
        {"\033]52;c;?\a", "q"},
        {"\033]52;c;YQ==\a", "q"},
        {"\033P$qm\033\\", "q"},
        {"\033P+q544e\033\\", "q"},
        {"\033Pq#0\033\\", ""},
        {"\033X$q\033\\", ""},
        {"\033Z", "q"},
        {"\033 Z", ""},
        {"\033c", "c"},
        {"\033(c", ""},
        {"\033[2J", "c"},
        {"\033[3J", "c"},
        {"\033[1J", ""},
        {"\033[J", "r"},
        {"\033[0J", "r"},
        {"\033[2K", ""},
        {"\033[H", "hm"},
        {"\033[f", "hm"},
        {"\033[1;1H", "hm"},
        {"\033[1f", "hm"},
        {"\033[2;1H", "m"},
        {"\0332;1d", ""},
        {"\033[5d", "m"},
        {"\033[31m", "s"},
        {"\033[A", ""},
        {"\033]2;J\a", ""},
        {"text", ""},
        {"\033[c\033[\030", ""}, /* a sequence that CAN has ended does nothing */
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct sequence sequence = {0};
        char            found[8] = "", *at = found;

        take(&sequence, NULL, table[i][0]);
        if (sequence_is_query(&sequence))
            *at++ = 'q';
        if (sequence_clears(&sequence))
            *at++ = 'c';
        if (sequence_goes_home(&sequence))
            *at++ = 'h';
        if (sequence_clears_rest(&sequence))
            *at++ = 'r';
        if (sequence_sets_colours(&sequence))
            *at++ = 's';
        if (sequence_moves(&sequence))
            *at++ = 'm';
        if (strcmp(found, table[i][1]) != 0) {
            fprintf(stderr, "%zu: '%s', not '%s'\n", i, found, table[i][1]);
            test_fail(__FILE__, __LINE__, "the meaning of the sequence");
        }
    }
}

/* Each output, and the sequences that make and undo the settings that it leaves. */
static void settings(void)
{
    static const char *const table[][4] = {
        /* output, the screen, other settings, undone */
        {"a\033[1;1H\033[2J", "", "", ""},
        {"\033[?1h", "", "\033[?1h", "\033[?1l"},
        {"\033[?1h\033[?1l", "", "", ""},
        {"\033[?7l\033[?25l", "", "\033[?7l\033[?25l", "\033[?7h\033[?25h"},
        {"\033[?7l\033[?7h\033[?25h", "", "", ""},
        {"\033[?1000;1006h", "", "\033[?1000h\033[?1006h", "\033[?1000l\033[?1006l"},
        {"\033[?0h\033[?9999h\033[1h", "", "", ""},
        {"\033[?2004h\033c", "", "", ""},
        {"\033[?25m\033[?7x\033[25l", "", "", "\033[m"}, /* other sequences that name a mode */
        {"\033[?25x", "", "", ""},
        {"\033[?;25l", "", "\033[?25l", "\033[?25h"},
        {"\033[5m", "", "", "\033[m"},
        {"\033[5r", "", "", "\0337\033[r\0338"},
        {"\033[?2004h\033(c", "", "\033[?2004h", "\033[?2004l\033(B"},
        {"\033=", "", "\033=", "\033>"},
        {"\033=\033>", "", "", ""},
        {"\033 =", "", "", ""},
        {"\033(0", "", "", "\033(B"},
        {"\033(0\033(B\033)0", "", "", ""},
        {"\033[>4;2m", "", "\033[>4;2m", "\033[>4m"},
        {"\033[>4;2m\033[>4;0m", "", "", ""},
        {"\033[>4;2m\033[>4m", "", "", ""},
        {"\033[>1;2m", "", "", ""},
        {"\033[31m", "", "", "\033[m"},
        {"\033[31m\033[m\033[1m\033[0m", "", "", ""},
        {"\033[4 q", "", "", "\033[0 q"},
        {"\033[4 q\033[0 q\033[1 q\033[ q", "", "", ""},
        {"\033[4 q\033[0 q", "", "", ""},
        {"\033[>q", "", "", ""},
        {"\033[2;5r", "", "", "\0337\033[r\0338"},
        {"\033[2;5r\033[r\033[?5r", "", "", ""},
        {"\033[?1049h\033[?25l", "\033[?1049h", "\033[?25l", "\033[?25h\033[?1049l"},
        {"\033[?47h", "\033[?47h", "", "\033[?47l"},
        {"\033[?1047h", "\033[?1047h", "", "\033[?1047l"},
        {"\033]0;\033[?1h\a", "", "\033[?1h", "\033[?1l"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct sequence sequence = {0};
        struct modes    modes = {0};
        struct text     texts[3] = {{0}, {0}, {0}};

        take(&sequence, &modes, table[i][0]);
        modes_enter_screen(&texts[0], &modes);
        modes_enter(&texts[1], &modes);
        modes_leave(&texts[2], &modes);
        CHECK_EQUAL(modes_has_alternate_screen(&modes), table[i][1][0] != '\0');
        for (int k = 0; k < 3; k++) {
            if (texts[k].size != strlen(table[i][k + 1]) ||
                (texts[k].size > 0 && memcmp(texts[k].data, table[i][k + 1], texts[k].size) != 0)) {
                fprintf(stderr, "%zu, %d\n", i, k);
                test_fail(__FILE__, __LINE__, "the settings");
            }
            text_release(&texts[k]);
        }
    }
}

#define CLEAR "\033[H\033[2J"

static void replays_end_with_the_settings(void)
{
    static const struct {
        const char *output, *replay;
    } cases[] = {
        {"text", "text"},
        {"a\005b\033[6nc", "abc"},        /* the terminal would answer */
        {"a\033[1\033[6nb", "ab"},        /* without the query, the rest would join */
        {"a\033[1\033[3mb", "a\033[3mb"}, /* the second sequence interrupts the first */
        {"\033[?25la\033[1",
         "\033[?25la\033[?25l\033[1"}, /* the next output completes the sequence */
        {"a\033", "a\033"},
        /* A clear, and where its output begins: with the step home before it, and colours between the two. */
        {"old\033[H\033[2Jnew", CLEAR "\033[H\033[2Jnew"},
        {"old\033[H\033[0m\033[2Jnew", CLEAR "\033[H\033[0m\033[2Jnew"},
        {"old\033[H\033[Jnew", CLEAR "\033[H\033[Jnew"},
        {"old\033[2Jnew", CLEAR "\033[2Jnew"},
        {"old\033[Htop\033[2Jnew", CLEAR "\033[2Jnew"},
        {"old\033[Jnew", "old\033[Jnew"},
        {"old\033[0m\033[Jnew", "old\033[0m\033[Jnew"},
        {"old\033[H\033[A\033[Jnew", "old\033[H\033[A\033[Jnew"},
        {"old\033[H\033[Anew", "old\033[H\033[Anew"},
        /* The alternate screen begins empty, and leaves the main screen as it was. */
        {"old\033[?1049hnew", "\033[?1049h" CLEAR "\033[?1049hnew"},
        {"old\033[?1049hnew\033[?1049lmain", "old\033[?1049hnew\033[?1049lmain"},
        {"old\033[2Jmain\033[?1049hnew\033[?25lmore",
         "\033[?1049h" CLEAR "\033[?1049hnew\033[?25lmore\033[?25l"},
        {"old\033[2Jmain\033[?1049hnew\033[?1049lmain",
         CLEAR "\033[2Jmain\033[?1049hnew\033[?1049lmain"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct screen screen;
        struct text   text = {0};

        CHECK_EQUAL(screen_open(&screen), 0);
        screen_append(&screen, cases[i].output, strlen(cases[i].output));
        screen_replay(&screen, &text);
        check_written(&text, cases[i].replay);
        screen_close(&screen);
    }
}

/* Adds SIZE bytes of output: lines of 100 bytes, the first of which ends after FIRST bytes. */
static void append_lines(struct screen *screen, size_t size, size_t first)
{
    for (size_t i = 1; i <= size; i++)
        screen_append(screen, i % 100 == first ? "\n" : "x", 1);
}

/* Checks the size of a replay, and that it begins with BEGIN. */
static void check_replay(const struct screen *screen, size_t size, const char *begin)
{
    struct text text = {0};

    screen_replay(screen, &text);
    CHECK_EQUAL(text.size, size);
    CHECK(memcmp(text.data, begin, strlen(begin)) == 0);
    text_release(&text);
}

/* A long output is replayed from the beginning of a line on, if it has lines. */
static void long_replays(void)
{
    struct screen screen;

    CHECK_EQUAL(screen_open(&screen), 0);
    append_lines(&screen, SCREEN_REPLAY, 0);
    check_replay(&screen, SCREEN_REPLAY, "xxx");
    screen_append(&screen, "y", 1);
    check_replay(&screen, SCREEN_REPLAY + 1 - 100, "xxx");
    append_lines(&screen, 149, 0);
    check_replay(&screen, SCREEN_REPLAY + 150 - 200, "xxx");
    screen_append(&screen, "\033[2Jnew", 7); /* the output before a clear is no part of it */
    check_replay(&screen, strlen(CLEAR) + 7, CLEAR "\033[2Jnew");
    append_lines(&screen, SCREEN_REPLAY - 7, 50);
    check_replay(&screen, strlen(CLEAR) + SCREEN_REPLAY, CLEAR "\033[2Jnewx");
    screen_close(&screen);

    CHECK_EQUAL(screen_open(&screen), 0);
    screen_append(&screen, "\n", 1);
    for (size_t i = 0; i < SCREEN_KEPT; i++)
        screen_append(&screen, i == SCREEN_KEPT - SCREEN_REPLAY ? "y" : "x", 1);
    check_replay(&screen, SCREEN_REPLAY, "yxx");
    screen_close(&screen);

    /* The contents of the alternate screen are no part of it. */
    CHECK_EQUAL(screen_open(&screen), 0);
    screen_append(&screen, "\033[?1049h", 8);
    append_lines(&screen, SCREEN_REPLAY, 0);
    screen_append(&screen, "\033[?1049lmain\n", 13);
    check_replay(&screen, 5, "main\n");
    append_lines(&screen, SCREEN_REPLAY - 5, 0);
    check_replay(&screen, SCREEN_REPLAY, "main\n");
    screen_close(&screen);
}

/* Each reader has a position of its own, and what is not kept any more is reported. */
static void readers_follow(void)
{
    static char   bytes[SCREEN_KEPT];
    struct screen screen;
    uint64_t      position = 0, last;

    CHECK_EQUAL(screen_open(&screen), 0);
    screen_append(&screen, "hello", 5);
    CHECK_EQUAL(screen_copy(&screen, &position, bytes, 2), 2);
    CHECK(memcmp(bytes, "he", 2) == 0);
    CHECK_EQUAL(screen_copy(&screen, &position, bytes, sizeof(bytes)), 3);
    CHECK(memcmp(bytes, "llo", 3) == 0);
    CHECK_EQUAL(position, 5);
    CHECK_EQUAL(screen_copy(&screen, &position, bytes, sizeof(bytes)), 0);
    for (size_t i = 0; i < SCREEN_KEPT; i++)
        screen_append(&screen, i < SCREEN_KEPT - 2 ? "x" : "y", 1);
    CHECK_EQUAL(screen_copy(&screen, &position, bytes, sizeof(bytes)), SCREEN_KEPT - 5);
    CHECK(bytes[0] == 'x' && bytes[SCREEN_KEPT - 6] == 'x');
    CHECK_EQUAL(screen_copy(&screen, &position, bytes, sizeof(bytes)), 5);
    CHECK(memcmp(bytes, "xxxyy", 5) == 0);
    last = position - SCREEN_KEPT - 1;
    CHECK_EQUAL(screen_copy(&screen, &last, bytes, 1), -1);
    CHECK_EQUAL(last, position - SCREEN_KEPT - 1);
    screen_close(&screen);
    CHECK(screen.ring == NULL);
}

static struct termios settings_of(int fd)
{
    struct termios settings;

    CHECK(tcgetattr(fd, &settings) == 0);
    return settings;
}

/* Checks that the terminal has the settings that the kernel gives a new one, and expects UTF-8. */
static void check_settings(int slave)
{
    int            master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), locked = 0, fd;
    struct termios wanted, got = settings_of(slave);

    CHECK(master >= 0 && ioctl(master, TIOCSPTLCK, &locked) == 0);
    fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(fd >= 0);
    wanted = settings_of(fd);
    CHECK_EQUAL(got.c_iflag, wanted.c_iflag | IUTF8);
    CHECK_EQUAL(got.c_oflag, wanted.c_oflag);
    CHECK_EQUAL(got.c_cflag, wanted.c_cflag | HUPCL);
    CHECK_EQUAL(got.c_lflag, wanted.c_lflag);
    for (size_t i = 0; i < NCCS; i++)
        CHECK_EQUAL(got.c_cc[i], wanted.c_cc[i]);
    CHECK_EQUAL(cfgetospeed(&got), cfgetospeed(&wanted));
    CHECK_EQUAL(cfgetispeed(&got), cfgetispeed(&wanted));
    close(fd);
    close(master);
}

static void check_size(int fd, int rows, int columns)
{
    struct pty_size size = pty_size(fd);

    CHECK_EQUAL(size.rows, rows);
    CHECK_EQUAL(size.columns, columns);
}

static void a_terminal_is_made(void)
{
    struct pty_size size = {.rows = 30, .columns = 100};
    struct rlimit   limit = {.rlim_max = 1024};
    struct termios  raw;
    int             open_before = test_count_open(), master = -1, slave = -1;
    char            bytes[8];

    CHECK_EQUAL(pty_open(&size, &master, &slave), 0);
    CHECK(fcntl(master, F_GETFD) == FD_CLOEXEC && fcntl(slave, F_GETFD) == FD_CLOEXEC);
    check_size(slave, 30, 100);
    check_settings(slave);
    CHECK(read(master, bytes, sizeof(bytes)) < 0 && errno == EAGAIN);
    CHECK_EQUAL(write(master, "key\n", 4), 4);
    CHECK_EQUAL(read(slave, bytes, sizeof(bytes)), 4);
    raw = settings_of(slave);
    cfmakeraw(&raw);
    raw.c_cc[VEOF] = 'x';
    CHECK(tcsetattr(slave, TCSANOW, &raw) == 0);
    CHECK_EQUAL(pty_eof_key(slave), 'x');
    raw.c_cc[VEOF] = _POSIX_VDISABLE;
    CHECK(tcsetattr(slave, TCSANOW, &raw) == 0);
    CHECK_EQUAL(pty_eof_key(slave), 'D' & 037);
    pty_reset(slave);
    check_settings(slave);
    CHECK_EQUAL(pty_eof_key(slave), 'D' & 037);
    CHECK_EQUAL(pty_resize(master, &(struct pty_size){.rows = 1, .columns = 2}), 0);
    check_size(slave, 1, 2);
    CHECK_EQUAL(pty_resize(master, &(struct pty_size){.rows = 1}), 0);
    check_size(slave, 24, 80);
    CHECK_EQUAL(pty_resize(master, &(struct pty_size){.columns = 1}), 0);
    check_size(slave, 24, 80);
    close(master);
    close(slave);
    /* A descriptor of no terminal has the usual size and key. */
    master = open("/dev/null", O_RDWR | O_CLOEXEC);
    CHECK_EQUAL(pty_resize(master, &size), -ENOTTY);
    check_size(master, 24, 80);
    CHECK_EQUAL(pty_eof_key(master), 'D' & 037);
    close(master);
    /* Descriptors are short: first for both, and then for the second. */
    slave = -7;
    for (int i = 0; i < 2; i++) {
        limit.rlim_cur = (rlim_t) (master + i); /* the number of the next descriptor */
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
        CHECK_EQUAL(pty_open(&size, &master, &slave), -EMFILE);
        CHECK_EQUAL(test_count_open(), open_before);
    }
    CHECK_EQUAL(slave, -7); /* as it was */
}

/* A terminal that is made does not become that of the process, not even of one that could have it. */
static void make_terminal(void)
{
    int master, slave;

    CHECK(setsid() >= 0);
    CHECK_EQUAL(pty_open(&PTY_SIZE_DEFAULT, &master, &slave), 0);
    CHECK(open("/dev/tty", O_RDWR | O_CLOEXEC) < 0 && errno == ENXIO);
}

static void a_terminal_is_nobodys(void)
{
    char output[256];

    CHECK_EQUAL(test_child(make_terminal, output, sizeof(output)), 0);
}

TEST_MAIN({"steps", steps}, {"long-middle", long_middle}, {"meanings", meanings},
          {"settings", settings}, {"replays", replays_end_with_the_settings},
          {"long-replays", long_replays}, {"readers", readers_follow},
          {"pairs", a_terminal_is_made}, {"nobodys", a_terminal_is_nobodys})
