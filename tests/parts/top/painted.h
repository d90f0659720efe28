/*
 * A terminal of a test: a pair of descriptors, of which the slave is this process's standard input and output, and the
 * picture that the output paints. It knows the sequences of cli/top/description.c and no others.
 */
#ifndef PAINTED_H
#define PAINTED_H

#include "tests/lib/test.h"

#include <ctype.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#define PAINTED_ROWS    20
#define PAINTED_COLUMNS 60

/* The picture that the output has painted. */
struct painted {
    int  master;
    char cells[PAINTED_ROWS][PAINTED_COLUMNS]
              [16]; /* the bytes of a character; "" right of a wide one */
    char styles[PAINTED_ROWS][PAINTED_COLUMNS]; /* see style_letter() */
    int row, column, size; /* where the next character comes; and how many bytes have come so far */
    bool is_bold, is_faint, is_reverse, is_alternate, is_visible, has_keypad;
    int  colour;
};

static struct painted painted;

/* Returns - for plain letters, #, B or F for reverse, bold or faint ones, and the first letter of a colour. */
static inline char style_letter(void)
{
    if (painted.colour > 0)
        return (painted.is_bold ? "0RGYBMCW" : "0rgybmcw")[painted.colour];
    return painted.is_reverse ? '#' : painted.is_bold ? 'B' : painted.is_faint ? 'F' : '-';
}

/* Clears COUNT cells from the cursor on. */
static inline void wipe(int count)
{
    for (int at = painted.row * PAINTED_COLUMNS + painted.column; count > 0; at++, count--) {
        (void) strcpy(painted.cells[at / PAINTED_COLUMNS][at % PAINTED_COLUMNS], " ");
        painted.styles[at / PAINTED_COLUMNS][at % PAINTED_COLUMNS] = '-';
    }
}

static inline void set_style(int number)
{
    if (number == 0)
        painted.is_bold = painted.is_faint = painted.is_reverse = false;
    if (number == 0)
        painted.colour = 0;
    painted.is_bold |= number == 1;
    painted.is_faint |= number == 2;
    painted.is_reverse |= number == 7;
    CHECK(number < 40 || number == 49); /* no background has a colour */
    if (number >= 30 && number <= 39)
        painted.colour = number == 39 ? 0 : number - 30;
}

/* Handles the private mode NUMBER. */
static inline void set_mode(int number, bool on)
{
    if (number == 25)
        painted.is_visible = on;
    else if (number == 1049)
        painted.is_alternate = on;
    else
        CHECK_EQUAL(number, 1); /* the cursor keys; = and > belong to it */
}

/* Handles a sequence with the numbers FIRST and SECOND, -1 for each that is left out, and its last byte. */
static inline void control(int first, int second, char final)
{
    int step = first > 0 ? first : 1;

    switch (final) {
    case 'H':
        painted.row = first > 0 ? first - 1 : 0;
        painted.column = second > 0 ? second - 1 : 0;
        break;
    case 'A':
    case 'B':
        painted.row += final == 'A' ? -step : step;
        break;
    case 'C':
    case 'D':
        painted.column += final == 'D' ? -step : step;
        break;
    case 'J':
        if (first == 2)
            painted.row = painted.column = 0;
        wipe((PAINTED_ROWS - painted.row) * PAINTED_COLUMNS - painted.column);
        break;
    case 'K':
        wipe(PAINTED_COLUMNS - painted.column);
        break;
    case 'm':
        set_style(first > 0 ? first : 0);
        if (second >= 0)
            set_style(second);
        break;
    default:
        test_fail(__FILE__, __LINE__, "an unknown sequence");
    }
}

/* Puts the character of SIZE bytes, which takes two columns if it is long, and none if it is an accent. */
static inline void paint(const char *bytes, int size)
{
    bool  is_accent = (unsigned char) bytes[0] == 0xcc;
    int   column = painted.column - is_accent;
    char *cell;

    CHECK(painted.row >= 0 && painted.row < PAINTED_ROWS && column >= 0 &&
          column < PAINTED_COLUMNS);
    cell = painted.cells[painted.row][column];
    if (!is_accent)
        cell[0] = '\0';
    CHECK(strlen(cell) + (size_t) size < sizeof(painted.cells[0][0]));
    (void) strncat(cell, bytes, (size_t) size);
    painted.styles[painted.row][column] = style_letter();
    if (!is_accent)
        painted.column += size < 3 ? 1 : 2;
    if (size >= 3)
        painted.cells[painted.row][painted.column - 1][0] = '\0';
}

/* Takes the sequence behind an ESC. Returns its size. */
static inline int take_sequence(const char *bytes)
{
    int  numbers[2] = {-1, -1}, count = 0, at = 1;
    bool is_private = bytes[1] == '?';

    if (bytes[0] != '[') {
        CHECK(bytes[0] == '=' || bytes[0] == '>');
        painted.has_keypad = bytes[0] == '=';
        return 1;
    }
    for (at += is_private; isdigit((unsigned char) bytes[at]) || bytes[at] == ';'; at++)
        if (bytes[at] == ';')
            CHECK_EQUAL(++count, 1);
        else
            numbers[count] = (numbers[count] > 0 ? numbers[count] : 0) * 10 + (bytes[at] - '0');
    if (is_private)
        set_mode(numbers[0], bytes[at] == 'h');
    else
        control(numbers[0], numbers[1], bytes[at]);
    return at + 1;
}

/* Paints all that has come to the terminal, up to a mark that it sends itself, and returns its size. */
static inline int take_painted(void)
{
    static char bytes[65536];
    int         size = 0;

    CHECK_EQUAL(write(STDOUT_FILENO, "\177", 1), 1);
    while (size == 0 || bytes[size - 1] != '\177') {
        ssize_t n = read(painted.master, bytes + size, sizeof(bytes) - 1 - (size_t) size);

        CHECK(n > 0);
        size += (int) n;
    }
    bytes[--size] = '\0';
    for (int at = 0; at < size;) {
        unsigned char c = (unsigned char) bytes[at];
        int           length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

        if (c == '\033')
            length = 1 + take_sequence(bytes + at + 1);
        else if (c == '\r')
            painted.column = 0;
        else if (c == '\n')
            painted.row++;
        else if (c == '\b')
            painted.column--;
        else
            paint(bytes + at, length);
        at += length;
    }
    return size;
}

/*
 * Checks the line ROW, without the blanks at its end, and the styles of all its cells, likewise without - at their end.
 */
static inline void check_painted(int row, const char *wanted, const char *styles)
{
    char got[PAINTED_COLUMNS * 16] = "", letters[PAINTED_COLUMNS + 1];
    int  size = PAINTED_COLUMNS;

    for (int column = 0; column < PAINTED_COLUMNS; column++)
        (void) strcat(got, painted.cells[row][column]);
    for (size_t end = strlen(got); end > 0 && got[end - 1] == ' ';)
        got[--end] = '\0';
    memcpy(letters, painted.styles[row], PAINTED_COLUMNS);
    while (size > 0 && letters[size - 1] == '-')
        size--;
    letters[size] = '\0';
    if (strcmp(got, wanted) == 0 && strcmp(letters, styles) == 0)
        return;
    fprintf(stderr, "row %d: '%s' in '%s', not '%s' in '%s'\n", row, got, letters, wanted, styles);
    test_fail(__FILE__, __LINE__, "as it should be");
}

/* Sets the size that the terminal has for programs. */
static inline void resize_painted(int rows, int columns)
{
    struct winsize window = {.ws_row = (unsigned short) rows, .ws_col = (unsigned short) columns};

    CHECK(ioctl(painted.master, TIOCSWINSZ, &window) == 0);
}

/* Makes a terminal of this process's standard input and output. */
static inline void open_painted(int rows, int columns)
{
    int fd;

    painted =
        (struct painted){.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), .is_visible = true};
    CHECK(painted.master >= 0 && grantpt(painted.master) == 0 && unlockpt(painted.master) == 0);
    fd = open(ptsname(painted.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK(dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
    close(fd);
    resize_painted(rows, columns);
    wipe(PAINTED_ROWS * PAINTED_COLUMNS);
}

#endif
