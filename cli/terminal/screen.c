#include "cli/terminal/screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The control character ENQ: a terminal that gets it answers with its name. */
#define ENQUIRY 5

int screen_open(struct screen *screen)
{
    *screen = (struct screen){.ring = malloc(SCREEN_KEPT)};
    return screen->ring != NULL ? 0 : -ENOMEM;
}

void screen_close(struct screen *screen)
{
    free(screen->ring);
    screen->ring = NULL;
}

/* The contents of the screen */

static void note_clear(struct screen *screen, uint64_t position)
{
    screen->is_cleared = true;
    screen->clear = position;
}

/* Notes that the program now shows the alternate screen, which begins empty, or the main screen again. */
static void note_alternate_screen(struct screen *screen, bool is_shown)
{
    if (is_shown) {
        screen->main_is_cleared = screen->is_cleared;
        screen->main_clear = screen->clear;
        note_clear(screen, screen->begin);
    } else {
        screen->is_cleared = screen->main_is_cleared;
        screen->clear = screen->main_clear;
        screen->left_alternate = screen->end;
    }
}

/* Notes how the complete sequence changes the screen. SCREEN->end is behind the sequence. */
static void take_sequence(struct screen *screen)
{
    const struct sequence *sequence = &screen->sequence;
    bool                   had_alternate = modes_has_alternate_screen(&screen->modes);
    bool                   was_home = screen->was_home;
    bool                   has_alternate;

    modes_take(&screen->modes, sequence);
    has_alternate = modes_has_alternate_screen(&screen->modes);
    if (has_alternate != had_alternate)
        note_alternate_screen(screen, has_alternate);
    screen->was_home =
        sequence_goes_home(sequence) || (was_home && sequence_sets_colours(sequence));
    if (sequence_goes_home(sequence))
        screen->home = screen->begin;
    else if (was_home && (sequence_clears(sequence) || sequence_clears_rest(sequence)))
        note_clear(screen, screen->home);
    else if (sequence_clears(sequence))
        note_clear(screen, screen->begin);
}

/* Notes how BYTE, which is at SCREEN->end, changes the screen, and moves SCREEN->end behind BYTE. */
static void take_byte(struct screen *screen, char byte)
{
    enum sequence_step step = sequence_take(&screen->sequence, byte);

    if (step == SEQUENCE_TEXT)
        screen->was_home = false;
    else if (step == SEQUENCE_BEGINS)
        screen->begin = screen->end;
    screen->end++;
    if (step == SEQUENCE_COMPLETE)
        take_sequence(screen);
}

void screen_append(struct screen *screen, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        screen->ring[screen->end % SCREEN_KEPT] = data[i];
        take_byte(screen, data[i]);
    }
}

/* Reading */

ssize_t screen_copy(const struct screen *screen, uint64_t *position, char *data, size_t size)
{
    size_t left = (size_t) (screen->end - *position);
    size_t at = *position % SCREEN_KEPT;

    if (screen->end - *position > SCREEN_KEPT)
        return -1;
    size = size < left ? size : left;
    if (size > SCREEN_KEPT - at)
        size = SCREEN_KEPT - at;
    memcpy(data, screen->ring + at, size);
    *position += size;
    return (ssize_t) size;
}

/* Returns the position at which a replay begins. */
static uint64_t start_of_replay(const struct screen *screen)
{
    uint64_t start = screen->clear;

    if (screen->end - start <= SCREEN_REPLAY)
        return start;
    start = screen->end - SCREEN_REPLAY;
    if (start <= screen->left_alternate) /* the alternate screen's output is no longer shown */
        return screen->left_alternate;
    while (start < screen->end && screen->ring[start % SCREEN_KEPT] != '\n')
        start++; /* behind a newline, the replay begins neither inside a sequence nor inside a character */
    /* Without a newline it may begin inside of one: better than nothing. */
    return start < screen->end ? start + 1 : screen->end - SCREEN_REPLAY;
}

/*
 * Adds the output from START on to TEXT, without queries. Drops also each sequence that another sequence
 * interrupts: if the other sequence is a query, and is dropped, the bytes around it could join into a new query.
 * Returns the place in TEXT where the incomplete sequence at its end begins, or the end of TEXT.
 */
static size_t add_output(const struct screen *screen, uint64_t start, struct text *text)
{
    struct sequence sequence = {0};
    size_t          begin = text->size;

    for (uint64_t position = start; position < screen->end && !text->failed; position++) {
        char               byte = screen->ring[position % SCREEN_KEPT];
        bool               was_begun = sequence.is_begun;
        enum sequence_step step = sequence_take(&sequence, byte);

        if (step == SEQUENCE_BEGINS && was_begun)
            text->size = begin;
        if (step == SEQUENCE_BEGINS)
            begin = text->size;
        if (byte != ENQUIRY)
            text_byte(text, byte, 1);
        if (step == SEQUENCE_COMPLETE && sequence_is_query(&sequence))
            text->size = begin;
    }
    return sequence.is_begun ? begin : text->size;
}

/*
 * Without a clear, the replay begins at the cursor of the client's terminal, below the lines there, because
 * the program's screen may have scrolled. After a clear, the replay begins at the upper left. If the output ends in
 * an incomplete sequence, the settings come before that sequence: the next output completes it.
 */
void screen_replay(const struct screen *screen, struct text *text)
{
    uint64_t    start = start_of_replay(screen);
    struct text rest = {0};
    size_t      end;

    modes_enter_screen(text, &screen->modes);
    if (screen->is_cleared)
        text_add(text, "\033[H\033[2J");
    end = add_output(screen, start, text);
    if (text->size > end)
        text_append(&rest, text->data + end, text->size - end);
    text->size = end;
    modes_enter(text, &screen->modes);
    text_append(text, rest.data, rest.size);
    text->failed |= rest.failed;
    text_release(&rest);
}
