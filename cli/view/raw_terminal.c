#include "cli/view/raw_terminal.h"

#include <errno.h>
#include <unistd.h>

int raw_terminal_enter(struct raw_terminal *terminal)
{
    struct termios raw;

    if (!terminal->is_raw && tcgetattr(STDIN_FILENO, &terminal->before) < 0)
        return -errno;
    raw = terminal->before;
    cfmakeraw(&raw);
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
        return -errno;
    terminal->is_raw = true;
    return 0;
}

void raw_terminal_leave(struct raw_terminal *terminal)
{
    if (terminal->is_raw)
        (void) tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal->before);
    terminal->is_raw = false;
}
