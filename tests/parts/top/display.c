/*
 * Tests the display of top at a terminal that the test plays (painted.h): the pictures, the keys, how the terminal is
 * taken and given back, and which terminals will do.
 */
#include "tests/parts/top/painted.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/base/descriptors.h"
#include "cli/top/description.h"
#include "cli/top/display.h"

#include <curses.h>
#include <sys/resource.h>

static struct display display;

/* The results of the functions below. */
static bool fails_to_reopen, fails_to_begin, fails_to_open;
static int  polls, poll_milliseconds,
    read_by_poll;     /* READ_BY_POLL: the terminal takes that many bytes meanwhile */
static bool is_stuck; /* the terminal takes nothing */

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    if (!is_stuck)
        return __real_poll(fds, count, timeout);
    polls++;
    poll_milliseconds = timeout;
    CHECK(count == 1 && fds->fd == display.output && fds->events == POLLOUT);
    if (read_by_poll == 0)
        return 0;
    while (read_by_poll > 0) {
        char    bytes[4096];
        ssize_t n = read(painted.master, bytes, sizeof(bytes));

        CHECK(n > 0);
        read_by_poll -= (int) n;
    }
    return __real_poll(fds, count, -1);
}

int __real_descriptors_reopen(int fd, int flags);
int __wrap_descriptors_reopen(int fd, int flags);
int __wrap_descriptors_reopen(int fd, int flags)
{
    CHECK_EQUAL(flags, O_WRONLY | O_NOCTTY | O_NONBLOCK);
    return fails_to_reopen ? -EACCES : __real_descriptors_reopen(fd, flags);
}

SCREEN *__real_newterm(const char *name, FILE *output, FILE *input);
SCREEN *__wrap_newterm(const char *name, FILE *output, FILE *input);
SCREEN *__wrap_newterm(const char *name, FILE *output, FILE *input)
{
    return fails_to_begin ? NULL : __real_newterm(name, output, input);
}

FILE *__real_fdopen(int fd, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode)
{
    errno = ENFILE;
    return fails_to_open ? NULL : __real_fdopen(fd, mode);
}

static void set(const char *name, const char *value)
{
    CHECK_EQUAL(value != NULL ? setenv(name, value, 1) : unsetenv(name), 0);
}

/* Opens the display at a terminal of TYPE. */
static void open_display(const char *type, int rows, int columns)
{
    struct text why = {0};

    open_painted(rows, columns);
    set("TERM", type);
    CHECK_EQUAL(display_open(&display, &why), 0);
    CHECK(why.size == 0 && display.is_shown);
    CHECK(display.rows == rows && display.columns == columns);
}

/* A type of a terminal for which the built-in description is used. */
#define COMMON "xterm-that-nobody-knows"

/* Ends the picture, sends it, and returns the size of what was sent. */
static int send_picture(void)
{
    display_end(&display);
    CHECK(display_send(&display) && !display_is_busy(&display));
    return take_painted();
}

static void put(int row, int column, int width, enum display_style style, const char *string)
{
    display_put_string(&display, row, column, width, style, string);
}

/* Draws and sends a picture with a text in a corner. */
static int draw(const char *text)
{
    display_begin(&display);
    put(0, 0, 10, STYLE_PLAIN, text);
    return send_picture();
}

static void each_style_has_its_letters(void)
{
    set("LC_ALL", "C"); /* which has no UTF-8 */
    open_display(COMMON, 10, 30);
    CHECK(display.is_utf8 && display.has_colours);
    CHECK(draw("first") > 0);
    CHECK(painted.is_alternate && painted.has_keypad && !painted.is_visible);
    display_begin(&display);
    put(0, 0, 5, STYLE_TITLE, "title");
    put(1, 1, 4, STYLE_HEADING, "he");
    put(2, 2, 5, STYLE_SELECTED, "selected");
    put(3, 0, 4, STYLE_GOOD, "good");
    put(4, 0, 4, STYLE_WAITING, "w\303\244it");
    put(5, 0, 4, STYLE_ENDING, "end");
    put(6, 0, 4, STYLE_BAD, "bad");
    put(7, 0, 4, STYLE_FAINT, "faint");
    put(8, 0, 40, STYLE_PLAIN, "plain");
    put(9, 27, 9, STYLE_HEADING, "corner");
    (void) send_picture();
    check_painted(0, "title", "BBBBB");
    check_painted(1, " he", "-####");
    check_painted(2, "  selec", "--#####");
    check_painted(3, "good", "gggg");
    check_painted(4, "w\303\244it", "yyyy");
    check_painted(5, "end", "mmmm");
    check_painted(6, "bad", "RRRR");
    check_painted(7, "fain", "");
    check_painted(8, "plain", "");
    check_painted(9, "                           co", "---------------------------##");
    CHECK(!painted.is_visible);
    display_close(&display);
}

/* Texts stay in their columns, whatever they consist of. */
static void texts_stay_in_their_columns(void)
{
    static const struct {
        int         column, width;
        const char *text, *wanted;
    } table[] = {
        {1, 6, "日本語x", "|日本語|||||||||||||"},
        {1, 5, "日本語", "|日本 ||||||||||||||"},
        {1, 4, "a日本", "|a日 |||||||||||||||"},
        {1, 8, "e\u0301\u0301x", "|e\u0301\u0301x      |||||||||||"},
        {1, 4, "\u0301\u0301ab", "|ab  |||||||||||||||"},
        {1, 6, "a\001\t\177b", "|a???b |||||||||||||"},
        {1, 8, "\303\244\200x\377\200y", "|ä?x?y   |||||||||||"},
        {1, 4, "\343\201a", "|?a  |||||||||||||||"},
        {1, 4, "ab\343\201", "|ab? |||||||||||||||"},
        {1, 4, "\302\200\302\205x", "|??x |||||||||||||||"},
        {1, 3, "abcd\303\244", "|abc||||||||||||||||"},
        {17, 9, "abcdefgh", "|||||||||||||||||abc"},
        {17, 9, "ab日", "|||||||||||||||||ab "},
        {19, 9, "ab", "|||||||||||||||||||a"},
        {20, 9, "ab", "||||||||||||||||||||"},
        {5, 0, "ab", "||||||||||||||||||||"},
        {5, -1, "ab", "||||||||||||||||||||"},
        {1, 4, "", "|    |||||||||||||||"},
    };

    set("LC_ALL", "C.UTF-8");
    open_display(COMMON, 6, 20);
    CHECK(display.is_utf8);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char got[PAINTED_COLUMNS * 16] = "";

        display_begin(&display);
        put(2, 0, 20, STYLE_PLAIN, "||||||||||||||||||||");
        put(2, table[i].column, table[i].width, STYLE_PLAIN, table[i].text);
        (void) send_picture();
        for (int column = 0; column < 20; column++)
            (void) strcat(got, painted.cells[2][column]);
        if (strcmp(got, table[i].wanted) != 0) {
            fprintf(stderr, "%zu: '%s', not '%s'\n", i, got, table[i].wanted);
            test_fail(__FILE__, __LINE__, "as it should be");
        }
        check_painted(3, "", "");
    }
    display_begin(&display);
    put(-1, 0, 9, STYLE_PLAIN, "above");
    put(6, 0, 9, STYLE_PLAIN, "below");
    put(3, 1, 4, STYLE_GOOD, "\303\244x");
    display_put(&display, 1, 1, 9, STYLE_PLAIN, "\303\244abcdef", 4);
    display_put(&display, 2, 1, 9, STYLE_PLAIN, "a\303\244", 2);
    display_put(&display, 4, 1, 5, STYLE_PLAIN, "a\0b", 3);
    display_put(&display, 5, 1, 9, STYLE_PLAIN, "abcdef", 3);
    (void) send_picture();
    check_painted(0, "", "");
    check_painted(1, " \303\244ab", "");
    check_painted(2, " a?", "");
    check_painted(3, " \303\244x", "-gggg");
    check_painted(4, " a?b", "");
    check_painted(5, " abc", "");
    display_close(&display);
}

/* The cursor is shown where it was put, for one picture. */
static void the_cursor_is_shown(void)
{
    open_display(COMMON, 6, 20);
    display_begin(&display);
    put(2, 0, 5, STYLE_PLAIN, "typed");
    display_put_cursor(&display, 2, 5);
    (void) send_picture();
    CHECK(painted.is_visible && painted.row == 2 && painted.column == 5);
    display_begin(&display);
    put(2, 0, 5, STYLE_PLAIN, "typed");
    display_put_cursor(&display, 3, 20);
    (void) send_picture();
    CHECK(painted.is_visible && painted.row == 3 && painted.column == 19);
    (void) draw("typed");
    CHECK(!painted.is_visible);
    display_close(&display);
}

/* Only what has changed is sent, unless all is drawn again. A picture is whole, even if keys wait. */
static void pictures_are_sent_once(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    open_display(COMMON, 10, 20);
    CHECK(draw("first") > 10);
    CHECK(draw("first") == 0);
    (void) strcpy(painted.cells[0][0], "#");
    display_redraw(&display);
    CHECK(draw("first") > 5);
    check_painted(0, "first", "");
    (void) strcpy(painted.cells[0][0], "#");
    display_enter(
        &display); /* as after a SIGCONT, when another program may have used the terminal */
    CHECK(draw("first") > 5);
    check_painted(0, "first", "");
    CHECK(draw("fist") > 0);
    check_painted(0, "fist", "");
    CHECK_EQUAL(write(painted.master, "keys", 4), 4);
    CHECK_EQUAL(poll(&input, 1, -1), 1);
    display_begin(&display);
    for (int row = 0; row < 10; row++)
        put(row, 0, 19, STYLE_PLAIN, "a row of the picture");
    (void) send_picture();
    for (int row = 0; row < 10; row++)
        check_painted(row, "a row of the pictur", "");
    display_close(&display);
}

/* Waits for a key. */
static int next_key(void)
{
    int key;

    WAIT_FOR((key = display_key(&display)) != DISPLAY_NO_KEY);
    return key;
}

static void each_key_is_known(void)
{
    static const struct {
        const char *bytes;
        int         key;
    } table[] = {
        {"\033OA", DISPLAY_UP},
        {"\033[A", DISPLAY_UP},
        {"\033OB", DISPLAY_DOWN},
        {"\033[B", DISPLAY_DOWN},
        {"\033OC", DISPLAY_RIGHT},
        {"\033[C", DISPLAY_RIGHT},
        {"\033OD", DISPLAY_LEFT},
        {"\033[D", DISPLAY_LEFT},
        {"\033[5~", DISPLAY_PAGE_UP},
        {"\033[6~", DISPLAY_PAGE_DOWN},
        {"\033OH", DISPLAY_HOME},
        {"\033[H", DISPLAY_HOME},
        {"\033[1~", DISPLAY_HOME},
        {"\033OF", DISPLAY_END},
        {"\033[F", DISPLAY_END},
        {"\033[4~", DISPLAY_END},
        {"\177", DISPLAY_BACKSPACE},
        {"\b", DISPLAY_BACKSPACE},
        {"\r", DISPLAY_ENTER},
        {"\n", DISPLAY_ENTER},
        {"\033", DISPLAY_ESCAPE},
        {"a", 'a'},
        {"\377", 255},
        /* a byte of a letter in UTF-8 */ {"\033[3~x", 'x'}, /* Delete has no use here */
        {"\001", 1},
    };

    open_display(COMMON, 10, 20);
    CHECK_EQUAL(display_key(&display), DISPLAY_NO_KEY);
    CHECK_EQUAL(get_escdelay(), 25);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        size_t size = strlen(table[i].bytes);

        CHECK_EQUAL(write(painted.master, table[i].bytes, size), size);
        CHECK_EQUAL(next_key(), table[i].key);
        CHECK_EQUAL(display_key(&display), DISPLAY_NO_KEY);
    }
    display_close(&display);
}

static bool same_settings(const struct termios *a)
{
    struct termios b;

    CHECK(tcgetattr(STDIN_FILENO, &b) == 0);
    return a->c_iflag == b.c_iflag && a->c_oflag == b.c_oflag && a->c_lflag == b.c_lflag;
}

/* Checks that the terminal is as top needs it: Ctrl-C is a signal. */
static void check_raw(void)
{
    struct termios settings;

    CHECK(tcgetattr(STDIN_FILENO, &settings) == 0);
    CHECK_EQUAL(settings.c_lflag & (ISIG | ECHO | ICANON | IEXTEN), ISIG);
    CHECK_EQUAL(settings.c_oflag & OPOST, 0);
}

/* The terminal is given back as it was, for a while or for good. */
static void the_terminal_is_given_back(void)
{
    struct termios before;
    int            open = test_count_open() + 1; /* the master */

    set("TERMINFO", "/nowhere");
    open_painted(10, 20);
    CHECK(tcgetattr(STDIN_FILENO, &before) == 0);
    CHECK((before.c_lflag & (ECHO | ICANON)) != 0);
    set("TERM", COMMON);
    CHECK_EQUAL(display_open(&display, &(struct text){0}), 0);
    CHECK_TEXT(getenv("TERMINFO"), "/nowhere");
    check_raw();
    (void) draw("first");
    CHECK(painted.is_alternate && painted.has_keypad);
    display_leave(&display);
    CHECK(!display.is_shown && !display_is_busy(&display) && same_settings(&before));
    (void) take_painted();
    CHECK(!painted.is_alternate && !painted.has_keypad && painted.is_visible);
    display_leave(&display); /* does nothing */
    CHECK_EQUAL(take_painted(), 0);
    wipe(PAINTED_COLUMNS);
    resize_painted(12, 30);
    display_enter(&display);
    CHECK(display.is_shown && display.rows == 12 && display.columns == 30);
    check_raw();
    (void) draw("first");
    check_painted(0, "first", "");
    CHECK(painted.is_alternate && !painted.is_visible);
    display_close(&display);
    (void) take_painted();
    CHECK(!painted.is_alternate && painted.is_visible && same_settings(&before));
    CHECK_EQUAL(test_count_open(), open);
}

static void the_size_may_change(void)
{
    open_display(COMMON, 10, 20);
    (void) draw("first");
    resize_painted(14, 40);
    CHECK_EQUAL(display.rows, 10);
    display_resize(&display);
    CHECK(display.rows == 14 && display.columns == 40);
    display_begin(&display);
    put(13, 30, 10, STYLE_PLAIN, "corner");
    (void) send_picture();
    check_painted(13, "                              corner", "");
    resize_painted(0, 30); /* which is no size */
    display_resize(&display);
    resize_painted(9, 0);
    display_resize(&display);
    CHECK(display.rows == 14 && display.columns == 40);
    resize_painted(1, 1);
    display_resize(&display);
    CHECK(display.rows == 1 && display.columns == 1);
    display_close(&display);
}

/* Fills the terminal, so that it takes nothing more. Returns how much it holds. */
static int fill_terminal(void)
{
    int size = 0;

    for (ssize_t n; (n = write(display.output, "x", 1)) > 0; size += (int) n)
        ;
    CHECK_EQUAL(errno, EAGAIN);
    return size;
}

/* A terminal that takes nothing is waited for, but not for long. */
static void a_stuck_terminal_is_left(void)
{
    int size;

    open_display(COMMON, 10, 20);
    size = fill_terminal();
    display_begin(&display);
    put(0, 0, 10, STYLE_PLAIN, "picture");
    display_end(&display);
    CHECK(display_send(&display) && display_is_busy(&display));
    is_stuck = true;
    display_leave(&display);
    CHECK(polls == 1 && poll_milliseconds == 1000);
    CHECK(!display_is_busy(&display) && !display.is_shown);
    is_stuck = false;
    display_enter(&display);
    is_stuck = true;
    display_begin(&display);
    display_end(&display);
    polls = 0;
    read_by_poll = size;
    display_leave(&display);
    CHECK(polls >= 1 && !display_is_busy(&display));
    is_stuck = false;
    (void) take_painted();
    CHECK(!painted.is_alternate && painted.is_visible);
    display_close(&display);
}

static void check_failure(int error, const char *wanted)
{
    struct termios before;
    struct text    why = {0};
    int            open = test_count_open();

    CHECK(tcgetattr(STDIN_FILENO, &before) == 0 || errno == ENOTTY);
    CHECK_EQUAL(display_open(&display, &why), error);
    check_written(&why, wanted);
    CHECK_EQUAL(test_count_open(), open);
    CHECK(!isatty(STDIN_FILENO) || same_settings(&before));
    CHECK(!display.is_shown);
}

/* A terminal that cannot be taken stays as it is. */
static void a_failure_leaves_the_terminal_alone(void)
{
    struct rlimit limit = {.rlim_max = 1024};
    int           input, null = open("/dev/null", O_RDWR | O_CLOEXEC);

    open_painted(10, 20);
    set("TERM", COMMON);
    fails_to_begin = true;
    check_failure(-ENOMEM, "cannot use the terminal: Cannot allocate memory");
    fails_to_begin = false;
    fails_to_open = true;
    check_failure(-ENFILE, "cannot use the terminal: Too many open files in system");
    fails_to_open = false;
    limit.rlim_cur = (rlim_t) dup(null); /* the next descriptor */
    close((int) limit.rlim_cur);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    check_failure(-EMFILE, "cannot use the terminal: Too many open files");
    limit.rlim_cur++; /* one for the memory, and none for the terminal */
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    check_failure(-EMFILE, "cannot use the terminal: Too many open files");
    limit.rlim_cur = limit.rlim_max;
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    input = dup(STDIN_FILENO);
    CHECK(input >= 0 && dup2(null, STDIN_FILENO) == STDIN_FILENO);
    check_failure(-ENOTTY, "cannot use the terminal: Inappropriate ioctl for device");
    CHECK(dup2(input, STDIN_FILENO) == STDIN_FILENO);
    set("TERM", "nobody-knows");
    display.is_shown = false;
    check_failure(-ENOTSUP, "this machine has no description of the terminal 'nobody-knows' (TERM) "
                            "with a screen that can be drawn on");
    /* A terminal that cannot be opened again is written to as it is. */
    fails_to_reopen = true;
    open_display(COMMON, 10, 20);
    (void) draw("again");
    check_painted(0, "again", "");
    display_close(&display);
}

static void check_possible(const char *wanted)
{
    struct text why = {0};

    CHECK_EQUAL(display_is_possible(&why), wanted[0] == '\0');
    check_written(&why, wanted);
}

static void it_is_said_which_terminals_will_do(void)
{
    static const char plain[] = "NO_COLOR asks for plain output, and top draws a screen";
    static const char no_terminal[] = "standard input and output must be a terminal";
    int               null = open("/dev/null", O_RDWR | O_CLOEXEC), input;

    open_painted(10, 20);
    set("TERM", COMMON);
    set("NO_COLOR", NULL);
    check_possible("");
    set("NO_COLOR", "");
    check_possible("");
    set("NO_COLOR", "1");
    check_possible(plain);
    set("NO_COLOR", NULL);
    set("TERM", NULL);
    check_possible("TERM, the type of the terminal, is not set");
    set("TERM", "");
    check_possible("TERM, the type of the terminal, is not set");
    set("TERM", "dumb");
    check_possible("a terminal with TERM=dumb has no screen to draw on");
    set("TERM", "x\nterm");
    check_possible(
        "this machine has no description of the terminal 'x\\nterm' (TERM) with a screen "
        "that can be drawn on");
    set("TERM", COMMON);
    input = dup(STDIN_FILENO);
    CHECK(dup2(null, STDIN_FILENO) == STDIN_FILENO);
    check_possible(no_terminal);
    CHECK(dup2(input, STDIN_FILENO) == STDIN_FILENO);
    check_possible("");
    CHECK(dup2(null, STDOUT_FILENO) == STDOUT_FILENO);
    check_possible(no_terminal);
}

/* Made as the one of cli/top/description.c: k3faint has faint letters and no colours, and can send 8 bits for Alt. */
static const char faint[] =
    "b64:GgE6AA8AAwBnAGgAazNmYWludHxhIHRlcm1pbmFsIHdpdGggZmFpbnQgbGV0dGVycyBhbmQgd2l0"
    "aG91dCBjb2xvdXJzAAABAAABAAAAAQAAAAAAAQBQAAgAGAD__wAAAgD_____BAAMABAA_____xQAJQAn"
    "ACsAMgD__zQAOwD__z8A__________________9DAP____9IAP_______00A__________9SAP______"
    "________________________________________________________________________________"
    "____________________________________________________________________________VgBf"
    "AAcADQAbW0gbWzJKABtbSwAbW0oAG1slaSVwMSVkOyVwMiVkSAAKABtbSAAbWz8yNWwACAAbWz8yNWgA"
    "G1tDABtbQQAbWzFtABtbMm0AG1s3bQAbW20AG1s_MTAzNGwAG1s_MTAzNGgA";

/* The description that the machine has comes first. Some terminals have no colours. */
static void the_terminals_own_description_is_used(void)
{
    set("TERMINFO", faint);
    open_display("k3faint", 10, 20);
    CHECK(!display.has_colours);
    CHECK_TEXT(getenv("TERMINFO"), faint);
    display_begin(&display);
    put(0, 0, 5, STYLE_FAINT, "faint");
    put(1, 0, 3, STYLE_BAD, "bad");
    put(2, 0, 4, STYLE_GOOD, "good");
    (void) send_picture();
    check_painted(0, "faint", "FFFFF");
    check_painted(1, "bad", "BBB");
    check_painted(2, "good", "");
    CHECK(!painted.is_alternate);
    CHECK_EQUAL(write(painted.master, "\177\303\b", 3), 3);
    CHECK_EQUAL(next_key(), DISPLAY_BACKSPACE);
    CHECK_EQUAL(next_key(), 0303);
    CHECK_EQUAL(next_key(), DISPLAY_BACKSPACE);
    display_close(&display);
}

static void common_terminals_have_a_description(void)
{
    static const char *const common[] = {
        "xterm", "screen", "tmux",    "linux",   "rxvt",    "vt1",    "vt2", "vt3",
        "vt4",   "vt5",    "ansi",    "gnome",   "konsole", "putty",  "st-", "alacritty",
        "kitty", "foot",   "wezterm", "contour", "mlterm",  "ghostty"};
    struct text why = {0};
    char        type[64];

    open_painted(10, 20);
    set("TERMINFO", NULL);
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        snprintf(type, sizeof(type), "%s-that-nobody-knows", common[i]);
        CHECK_TEXT(description_choose(type, &why), DESCRIPTION_NAME);
    }
    CHECK(description_choose("st", &why) != NULL);
    CHECK_EQUAL(why.size, 0);
    CHECK(description_choose("stone", &why) == NULL && why.size > 0);
    why.size = 0;
    CHECK(description_choose("my-xterm-that-nobody-knows", &why) == NULL && why.size > 0);
    CHECK(getenv("TERMINFO") == NULL);
    open_display(COMMON, 10, 20);
    CHECK(getenv("TERMINFO") == NULL);
    display_close(&display);
    text_release(&why);
}

TEST_MAIN({"styles", each_style_has_its_letters}, {"columns", texts_stay_in_their_columns},
          {"cursor", the_cursor_is_shown}, {"once", pictures_are_sent_once},
          {"keys", each_key_is_known}, {"back", the_terminal_is_given_back},
          {"sizes", the_size_may_change}, {"stuck", a_stuck_terminal_is_left},
          {"failures", a_failure_leaves_the_terminal_alone},
          {"possible", it_is_said_which_terminals_will_do},
          {"own", the_terminals_own_description_is_used},
          {"common", common_terminals_have_a_description})
