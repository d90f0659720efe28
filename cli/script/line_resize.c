#include "cli/script/line_resize.h"

#include "cli/base/text.h"
#include "cli/view/output.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

static char *(*show_prompt)(EditLine *editor);
static size_t width; /* the width of the terminal when the line was drawn */

/* Ends the wait for a key, as any signal handler does; take_size() then looks at the width. */
static void wake(int signal)
{
    (void) signal;
}

/*
 * Moves to the beginning of the prompt and clears the screen from there. A terminal wraps the line again when its size
 * changes, so this counts the rows above the cursor in the new width.
 */
static void clear_line(EditLine *editor, size_t columns)
{
    const LineInfo *line = el_line(editor);
    const char     *prompt = show_prompt(editor);
    size_t          before = text_width(prompt, strlen(prompt)) +
                    text_width(line->buffer, (size_t) (line->cursor - line->buffer));
    struct text text = {0};

    text_add(&text, "\r");
    for (size_t row = 0; row < before / columns; row++)
        text_add(&text, "\033[A");
    text_add(&text, "\033[J");
    if (!text.failed)
        (void) output_write(STDOUT_FILENO, text.data, text.size);
    text_release(&text);
}

/* Draws the line again if the terminal's width has changed. */
static void take_size(EditLine *editor)
{
    size_t now = output_width();

    if (now == 0 || now == width)
        return;
    width = now;
    clear_line(editor, now);
    el_resize(editor);
    (void) el_set(editor, EL_REFRESH);
}

/* Waits for a byte of input. SIGWINCH ends the wait, and is blocked at other times, so that none is missed. */
static void wait_for_key(EditLine *editor)
{
    struct sigaction action = {.sa_handler = wake};
    struct pollfd    input = {.fd = STDIN_FILENO, .events = POLLIN};
    sigset_t         resize, before;

    (void) sigemptyset(&resize);
    (void) sigaddset(&resize, SIGWINCH);
    (void) sigprocmask(SIG_BLOCK, &resize, &before);
    (void) sigaction(SIGWINCH, &action,
                     NULL); /* in place of the editor's handler, which draws nothing */
    do
        take_size(editor);
    while (ppoll(&input, 1, NULL, &before) < 0 && errno == EINTR);
    (void) sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Reads one byte; draws the line again while it waits. Returns 1, 0 at the end, or -1. */
static ssize_t read_byte(EditLine *editor, char *ret)
{
    ssize_t n;

    do {
        wait_for_key(editor);
        n = read(STDIN_FILENO, ret, 1);
    } while (n < 0 && errno == EINTR);
    return n;
}

/* Reads one character, as EL_GETCFN asks for. Bytes that are no character are dropped. */
static int read_character(EditLine *editor, wchar_t *ret)
{
    mbstate_t state = {0};

    for (;;) {
        char    byte;
        ssize_t n = read_byte(editor, &byte);
        size_t  size;

        if (n <= 0)
            return (int) n;
        size = mbrtowc(ret, &byte, 1, &state);
        if (size == (size_t) -1)
            state = (mbstate_t){0};
        else if (size != (size_t) -2)
            return 1;
    }
}

bool line_resize_open(EditLine *editor, char *(*shown)(EditLine *editor))
{
    show_prompt = shown;
    width = output_width();
    return el_wset(editor, EL_GETCFN, read_character) == 0;
}
