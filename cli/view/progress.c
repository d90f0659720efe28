#include "cli/view/progress.h"

#include "cli/view/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

bool progress_is_seen(void)
{
    return isatty(STDERR_FILENO);
}

/*
 * Returns how much of TEXT fits into one row. A text that goes on in the next row could not be
 * removed.
 */
static size_t fitting(const struct text *text)
{
    struct winsize window = {0};
    size_t         width = 80;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1)
        width = window.ws_col;
    return text_fit(text->data, text->size, width - 1);
}

void progress_show(struct progress *progress, const struct text *text)
{
    struct text line = {0};

    if ((text->size == 0 && !progress->shown) || !progress_is_seen())
        return;
    text_add(&line, "\r\033[K");
    text_append(&line, text->data, fitting(text));
    (void) output_write(STDERR_FILENO, line.data, line.size); /* a lost line does no harm */
    progress->shown = text->size > 0;
    text_release(&line);
}
