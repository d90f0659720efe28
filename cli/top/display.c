#include "cli/top/display.h"

#include "cli/base/descriptors.h"
#include "cli/top/description.h"
#include "cli/view/output.h"

#define NCURSES_WIDECHAR 1 /* for addnwstr(); glibc sets it, but not musl */
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

/* The milliseconds that the terminal may take to accept the bytes that restore it. */
#define LEAVE_MS 1000

/* The milliseconds that may pass between the bytes of one key. */
#define KEY_MS 25

/* Returns TERM, or an empty string if it is not set. */
static const char *terminal_type(void)
{
    const char *term = getenv("TERM");

    return term != NULL ? term : "";
}

bool display_is_possible(struct text *why)
{
    const char *term = terminal_type(), *no_colour = getenv("NO_COLOR");

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        text_add(why, "standard input and output must be a terminal");
    else if (no_colour != NULL && no_colour[0] != '\0')
        text_add(why, "NO_COLOR asks for plain output, and top draws a screen");
    else if (term[0] == '\0')
        text_add(why, "TERM, the type of the terminal, is not set");
    else if (strcmp(term, "dumb") == 0)
        text_add(why, "a terminal with TERM=dumb has no screen to draw on");
    return why->size == 0 && description_choose(term, why) != NULL;
}

/* Opening */

/* Opens ncurses for the terminal of the description NAME. */
static SCREEN *open_curses(const char *name, FILE *memory)
{
    const char *path = getenv("TERMINFO");
    char       *before = path != NULL ? strdup(path) : NULL;
    SCREEN     *screen;

    if (strcmp(name, DESCRIPTION_NAME) != 0) {
        free(before);
        return newterm(name, memory, stdin);
    }
    setenv("TERMINFO", description_text, 1);
    screen = newterm(name, memory, stdin);
    if (before != NULL)
        setenv("TERMINFO", before, 1);
    else
        unsetenv("TERMINFO");
    free(before);
    return screen;
}

static void set_up_colours(struct display *display)
{
    static const struct {
        enum display_style style;
        short              colour;
    } colours[] = {
        {STYLE_GOOD, COLOR_GREEN},
        {STYLE_WAITING, COLOR_YELLOW},
        {STYLE_ENDING, COLOR_MAGENTA},
        {STYLE_BAD, COLOR_RED},
    };

    display->has_colours = has_colors() && start_color() == OK && use_default_colors() == OK;
    for (size_t i = 0; display->has_colours && i < sizeof(colours) / sizeof(colours[0]); i++)
        (void) init_pair((short) colours[i].style, colours[i].colour, -1);
}

/*
 * Makes ncurses pass keys of 8 bits, such as the bytes of a letter in UTF-8. It does so by itself only if it draws to a
 * terminal. It would also tell the terminal, which would then send other bytes for Alt, to the programs after this one
 * too: so what it draws here is dropped.
 */
static void pass_letters(const struct display *display)
{
    int   fd = fileno(display->memory);
    off_t size;

    (void) refresh();
    size = lseek(fd, 0, SEEK_CUR);
    (void) meta(stdscr, TRUE);
    (void) refresh();
    (void) lseek(fd, size, SEEK_SET);
}

/* Sets the modes in which keys are read and the screen is drawn. */
static void set_up(struct display *display)
{
    (void) keypad(stdscr, TRUE);
    pass_letters(display);
    (void) nodelay(stdscr, TRUE);
    (void) set_escdelay(KEY_MS);
    (void) typeahead(-1);                   /* draw a whole picture, even if keys are waiting */
    (void) define_key("\033[1~", KEY_HOME); /* as the Linux console and others send it */
    (void) define_key("\033[4~", KEY_END);
    (void) define_key("\033[H", KEY_HOME);
    (void) define_key("\033[F", KEY_END);
    (void) define_key("\033[A", KEY_UP);
    (void) define_key("\033[B", KEY_DOWN);
    (void) define_key("\033[C", KEY_RIGHT);
    (void) define_key("\033[D", KEY_LEFT);
    set_up_colours(display);
}

static FILE *open_memory(void)
{
    int   fd = memfd_create("k3thread-top", MFD_CLOEXEC);
    FILE *memory = fd >= 0 ? fdopen(fd, "r+") : NULL;

    if (memory == NULL && fd >= 0)
        close(fd);
    return memory;
}

/* Opens the memory that curses draws into, and the output. Returns 0 or -errno. */
static int open_files(struct display *display)
{
    display->memory = open_memory();
    if (display->memory == NULL)
        return -errno;
    display->output = descriptors_reopen(STDOUT_FILENO, O_WRONLY | O_NOCTTY | O_NONBLOCK);
    if (display->output < 0)
        display->output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    return display->output < 0 ? -errno : 0;
}

static void release(struct display *display)
{
    if (display->memory != NULL)
        fclose(display->memory);
    if (display->output >= 0)
        close(display->output);
    byte_queue_release(&display->unsent);
}

/* Sets a locale with UTF-8: the user's, or else C.UTF-8, because the whole program assumes UTF-8. */
static bool has_utf8(void)
{
    if (setlocale(LC_CTYPE, "") != NULL && MB_CUR_MAX > 1)
        return true;
    return setlocale(LC_CTYPE, "C.UTF-8") != NULL && MB_CUR_MAX > 1;
}

int display_open(struct display *display, struct text *why)
{
    const char *name = description_choose(terminal_type(), why);
    int         error;

    if (name == NULL)
        return -ENOTSUP;
    *display = (struct display){.is_utf8 = has_utf8(), .output = -1};
    error = open_files(display);
    if (error == 0)
        error = raw_terminal_enter_signals(&display->raw);
    if (error == 0 && open_curses(name, display->memory) == NULL)
        error = -ENOMEM;
    if (error != 0) {
        text_printf(why, "cannot use the terminal: %s", strerror(-error));
        raw_terminal_leave(&display->raw);
        release(display);
        return error;
    }
    display->is_shown = true;
    set_up(display);
    display_resize(display);
    return 0;
}

/* Sending */

/* Takes the bytes that ncurses has drawn. */
static void take_drawn(struct display *display)
{
    struct text *unsent = &display->unsent.bytes;
    int          fd = fileno(display->memory);
    off_t        size = lseek(fd, 0, SEEK_CUR);
    ssize_t      n;

    if (size <= 0 || !byte_queue_reserve(&display->unsent, (size_t) size))
        return;
    n = pread(fd, unsent->data + unsent->size, (size_t) size, 0);
    if (n > 0)
        unsent->size += (size_t) n;
    (void) lseek(fd, 0, SEEK_SET);
}

bool display_is_busy(const struct display *display)
{
    return byte_queue_size(&display->unsent) > 0;
}

bool display_send(struct display *display)
{
    return byte_queue_flush(&display->unsent, display->output) == 0;
}

/* Sends everything. Gives up if the terminal accepts nothing for too long. */
static void send_all(struct display *display)
{
    struct pollfd poll_output = {.fd = display->output, .events = POLLOUT};

    take_drawn(display);
    while (display_send(display) && display_is_busy(display))
        if (poll(&poll_output, 1, LEAVE_MS) == 0)
            break;
    byte_queue_release(&display->unsent);
}

/* Leaving and entering */

void display_leave(struct display *display)
{
    if (!display->is_shown)
        return;
    (void) endwin();
    send_all(display);
    raw_terminal_leave(&display->raw);
    display->is_shown = false;
}

void display_enter(struct display *display)
{
    (void) raw_terminal_enter_signals(&display->raw);
    display->is_shown = true;
    display_resize(display);
    display_redraw(display);
}

void display_close(struct display *display)
{
    display_leave(display);
    release(display);
}

void display_resize(struct display *display)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        (void) resizeterm(size.ws_row, size.ws_col); /* which refuses a size of 0 */
    display->rows = LINES;
    display->columns = COLS;
}

void display_redraw(struct display *display)
{
    (void) display;
    (void) clearok(curscr, TRUE);
}

/* Drawing */

void display_begin(struct display *display)
{
    (void) display;
    (void) erase();
    (void) curs_set(0);
}

void display_end(struct display *display)
{
    (void) refresh();
    take_drawn(display);
}

static attr_t attributes_of(enum display_style style)
{
    switch (style) {
    case STYLE_TITLE:
    case STYLE_BAD:
        return A_BOLD;
    case STYLE_HEADING:
    case STYLE_SELECTED:
        return A_REVERSE;
    case STYLE_PLAIN:
    case STYLE_GOOD:
    case STYLE_WAITING:
    case STYLE_ENDING:
        break;
    case STYLE_FAINT:
        return A_DIM;
    }
    return A_NORMAL;
}

/* Returns the number of ncurses' pair of colours for STYLE. */
static short pair_of(const struct display *display, enum display_style style)
{
    bool is_coloured = display->has_colours && style >= STYLE_GOOD && style <= STYLE_BAD;

    return (short) (is_coloured ? style : STYLE_PLAIN);
}

/* Takes a character of at most SIZE bytes into *RET. Returns its size; *RET is "?" if it cannot be shown. */
static size_t take_character(const char *data, size_t size, wchar_t *ret)
{
    mbstate_t state = {0};
    size_t    bytes = mbrtowc(ret, data, size, &state);

    if (bytes != (size_t) -1 && bytes != (size_t) -2 && bytes != 0 && wcwidth(*ret) >= 0)
        return bytes;
    *ret = L'?';
    for (bytes = 1; bytes < size && ((unsigned char) data[bytes] & 0xc0) == 0x80;)
        bytes++;
    return bytes;
}

/*
 * Puts the character at *DONE and moves *DONE behind it. Returns false if it does not fit into the *LEFT columns.
 * IS_FIRST: the text begins with this character. If it has no width of its own, it is left out, because it would
 * change the cell before the text.
 */
static bool put_character(const char *data, size_t size, size_t *done, int *left, bool is_first)
{
    wchar_t character[2] = {0};
    size_t  bytes = take_character(data + *done, size - *done, character);
    int     columns = wcwidth(character[0]);

    if (columns > *left)
        return false;
    *done += bytes;
    if (columns > 0 || !is_first)
        (void) addnwstr(character, 1);
    *left -= columns;
    return true;
}

void display_put(struct display *display, int row, int column, int width, enum display_style style,
                 const char *data, size_t size)
{
    int left = width < display->columns - column ? width : display->columns - column;

    if (row < 0 || row >= display->rows || left <= 0)
        return;
    (void) attr_set(attributes_of(style), pair_of(display, style), NULL);
    (void) move(row, column);
    for (size_t done = 0; done < size && left > 0;) {
        size_t plain = text_plain(data + done, size - done);
        size_t bytes = plain < (size_t) left ? plain : (size_t) left;

        (void) addnstr(data + done, (int) bytes);
        left -= (int) bytes;
        done += bytes;
        if (bytes == plain && done < size &&
            !put_character(data, size, &done, &left, left == width))
            break;
    }
    if (left > 0)
        (void) hline(' ' | attributes_of(style) | (chtype) COLOR_PAIR(pair_of(display, style)),
                     left);
}

void display_put_string(struct display *display, int row, int column, int width,
                        enum display_style style, const char *string)
{
    display_put(display, row, column, width, style, string, strlen(string));
}

void display_put_cursor(struct display *display, int row, int column)
{
    (void) curs_set(1);
    (void) move(row, column < display->columns ? column : display->columns - 1);
}

/* Keys */

int display_key(struct display *display)
{
    static const struct {
        int curses, key;
    } keys[] = {
        {KEY_UP, DISPLAY_UP},
        {KEY_DOWN, DISPLAY_DOWN},
        {KEY_LEFT, DISPLAY_LEFT},
        {KEY_RIGHT, DISPLAY_RIGHT},
        {KEY_PPAGE, DISPLAY_PAGE_UP},
        {KEY_NPAGE, DISPLAY_PAGE_DOWN},
        {KEY_HOME, DISPLAY_HOME},
        {KEY_END, DISPLAY_END},
        {KEY_BACKSPACE, DISPLAY_BACKSPACE},
        {127, DISPLAY_BACKSPACE},
        {'\b', DISPLAY_BACKSPACE},
        {KEY_ENTER, DISPLAY_ENTER},
        {'\r', DISPLAY_ENTER},
        {'\n', DISPLAY_ENTER},
        {'\033', DISPLAY_ESCAPE},
    };
    int key;

    (void) display;
    do {
        key = getch();
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
            if (key == keys[i].curses)
                return keys[i].key;
    } while (key > UCHAR_MAX); /* a key that has no use here */
    return key == ERR ? DISPLAY_NO_KEY : key;
}
