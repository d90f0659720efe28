#include "cli/top/footer.h"

#include "cli/top/help.h"

void footer_draw(struct state *state, const char *prompt, const struct typed *typed)
{
    struct display *display = &state->display;
    int             line = display->rows - 1;
    struct text     text = {0};

    if (typed != NULL) {
        text_add(&text, prompt);
        text_append(&text, typed->text, typed->size);
        display_put(display, line, 0, display->columns, STYLE_PLAIN, text.data, text.size);
        display_put_cursor(display, line, (int) text_width(text.data, text.size));
        text_release(&text);
    } else if (state->message.size > 0) {
        display_put(display, line, 0, display->columns, STYLE_TITLE, state->message.data,
                    state->message.size);
    } else {
        display_put_string(display, line, 0, display->columns, STYLE_FAINT,
                           help_hints(state->mode));
    }
}
