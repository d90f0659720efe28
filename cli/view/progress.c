#include "cli/view/progress.h"

#include "cli/view/bottom_line.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool progress_is_seen(void)
{
    return isatty(STDERR_FILENO) && !bottom_line_is_parents();
}

bool progress_can_replace(void)
{
    const char *terminal = getenv("TERM");

    return terminal == NULL || strcmp(terminal, "dumb") != 0;
}

/*
 * Returns the number of bytes of TEXT that fit into one row. A text that goes on in the next row could
 * not be removed.
 */
static size_t fitting(const struct text *text)
{
    struct winsize window = {0};
    size_t         width = 80;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1)
        width = window.ws_col;
    return text_fit(text->data, text->size, width - 1);
}

void progress_show(const struct text *text)
{
    if (progress_is_seen() && progress_can_replace())
        bottom_line_show(text->data, fitting(text));
}
