#include "cli/view/raw_terminal.h"

#include <errno.h>
#include <unistd.h>

/* Enters the raw mode, with KEPT, which are flags of c_lflag, as they were. */
static int enter(struct raw_terminal *terminal, tcflag_t kept)
{
    struct termios raw;

    if (!terminal->is_raw && tcgetattr(STDIN_FILENO, &terminal->before) < 0)
        return -errno;
    raw = terminal->before;
    cfmakeraw(&raw);
    raw.c_lflag |= terminal->before.c_lflag & kept;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
        return -errno;
    terminal->is_raw = true;
    return 0;
}

int raw_terminal_enter(struct raw_terminal *terminal)
{
    return enter(terminal, 0);
}

int raw_terminal_enter_signals(struct raw_terminal *terminal)
{
    return enter(terminal, ISIG);
}

void raw_terminal_leave(struct raw_terminal *terminal)
{
    if (terminal->is_raw)
        (void) tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal->before);
    terminal->is_raw = false;
}
