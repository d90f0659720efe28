#include "cli/script/line_editor.h"

#include "cli/script/line_history.h"
#include "cli/script/line_resize.h"
#include "cli/script/line_words.h"
#include "cli/script/words.h"
#include "cli/view/output.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

struct line_editor {
    struct line_editor_options options;
    EditLine                  *editor;
    struct line_history        history;
    const struct text *begun; /* the earlier lines of the command that the present line continues */
    bool               continued, cancelled;
};

/* Completion */

/* The candidates that begin with the user's word. */
struct matches {
    struct text words; /* the candidates, each with a NUL behind it */
    size_t      count;
    size_t      common; /* how many bytes at the start are the same in all candidates */
};

static void add_match(struct matches *matches, const char *word)
{
    size_t same = 0;

    if (matches->count++ == 0)
        matches->common = strlen(word);
    while (same < matches->common && matches->words.size > 0 &&
           matches->words.data[same] == word[same])
        same++;
    if (matches->words.size > 0)
        matches->common = same;
    text_append(&matches->words, word, strlen(word) + 1);
}

static void find_matches(const struct text *candidates, const char *current, struct matches *ret)
{
    size_t length = strlen(current);

    *ret = (struct matches){0};
    for (size_t at = 0; at < candidates->size; at += strlen(candidates->data + at) + 1)
        if (strncmp(candidates->data + at, current, length) == 0)
            add_match(ret, candidates->data + at);
}

static void show_matches(const struct matches *matches)
{
    struct text text = {0};
    size_t      width = output_width(), used = 0;

    text_add(&text, "\n");
    for (size_t at = 0; at < matches->words.size;) {
        const char *word = matches->words.data + at;
        size_t      length = strlen(word);
        size_t      columns = text_width(word, length) + 2;

        if (used > 0 && used + columns > width) {
            text_add(&text, "\n");
            used = 0;
        }
        text_add_escaped(&text, word, length);
        text_add(&text, "  ");
        used += columns;
        at += length + 1;
    }
    text_add(&text, "\n");
    if (!text.failed)
        (void) output_write(STDOUT_FILENO, text.data, text.size);
    text_release(&text);
}

/* Returns the number of characters in the SIZE bytes of TEXT, which is UTF-8. */
static int count_characters(const char *text, size_t size)
{
    int count = 0;

    for (size_t i = 0; i < size; i++)
        count += ((unsigned char) text[i] & 0xc0) != 0x80;
    return count;
}

/* Replaces the CHARACTERS before the cursor by the first SIZE bytes of WORD. */
static unsigned char replace(EditLine *editor, int characters, const char *word, size_t size,
                             bool whole)
{
    struct text plain = {0}, quoted = {0};
    int         inserted = -1;

    text_append(&plain, word, size);
    text_append(&plain, "", 1);
    if (!plain.failed)
        text_add_quoted(&quoted, plain.data);
    text_append(&quoted, " ", whole ? 1 : 0);
    text_append(&quoted, "", 1);
    if (!plain.failed && !quoted.failed) {
        el_deletestr(editor, characters);
        inserted = el_insertstr(editor, quoted.data);
    }
    text_release(&plain);
    text_release(&quoted);
    return inserted < 0 ? CC_REFRESH_BEEP : CC_REFRESH;
}

/* Returns the user's word without its quotes; NULL if a quote is open, or if memory is lacking. */
static char *unquote(const char *raw, size_t size)
{
    struct words       words;
    struct words_scope scope = {0};
    struct words_error error;
    struct text        why = {0};
    char              *word = NULL;

    if (size == 0)
        return strdup("");
    if (words_split(&words, raw, size, &scope, &error, &why) == 0) {
        if (words.count == 1)
            word = strdup(words.list[0]);
        words_release(&words);
    }
    text_release(&why);
    return word;
}

static unsigned char complete_word(struct line_editor *self, const struct text *before,
                                   const char *raw, size_t size)
{
    struct text    candidates = {0};
    struct matches matches;
    char          *current = unquote(raw, size);
    unsigned char  result = CC_REFRESH_BEEP;

    if (current == NULL)
        return CC_REFRESH_BEEP;
    self->options.complete(self->options.context, before, current, &candidates);
    find_matches(&candidates, current, &matches);
    if (candidates.failed || matches.words.failed)
        matches.count = 0;
    if (matches.count == 1 || (matches.count > 1 && matches.common > strlen(current))) {
        result = replace(self->editor, count_characters(raw, size), matches.words.data,
                         matches.common, matches.count == 1);
    } else if (matches.count > 1) {
        show_matches(&matches);
        result = CC_REDISPLAY;
    }
    text_release(&candidates);
    text_release(&matches.words);
    free(current);
    return result;
}

/* Completes the word before the cursor. Bound to the tab key. */
static unsigned char handle_tab(EditLine *editor, wint_t key)
{
    const LineInfo     *line = el_line(editor);
    const char         *word = line->cursor;
    struct line_editor *self = NULL;
    struct text         before = {0};
    unsigned char       result = CC_REFRESH_BEEP;

    (void) key;
    if (el_get(editor, EL_CLIENTDATA, &self) < 0)
        return CC_REFRESH_BEEP;
    while (word > line->buffer &&
           (strchr(" \t", word[-1]) == NULL || (word - line->buffer > 1 && word[-2] == '\\')))
        word--;
    if (self->begun != NULL)
        text_append(&before, self->begun->data, self->begun->size);
    text_append(&before, line->buffer, (size_t) (word - line->buffer));
    if (!before.failed)
        result = complete_word(self, &before, word, (size_t) (line->cursor - word));
    text_release(&before);
    return result;
}

/* The editor */

/* Drops the line. Bound to Ctrl-C, which sends no signal while a line is edited. */
static unsigned char handle_cancel(EditLine *editor, wint_t key)
{
    struct line_editor *self = NULL;

    (void) key;
    if (el_get(editor, EL_CLIENTDATA, &self) < 0)
        return CC_ERROR;
    self->cancelled = true;
    (void) output_write(STDOUT_FILENO, "^C\n", 3);
    return CC_NEWLINE;
}

/* Suspends the shell. Bound to Ctrl-Z; the editor's handler of SIGTSTP restores the terminal. */
static unsigned char handle_suspend(EditLine *editor, wint_t key)
{
    (void) editor;
    (void) key;
    (void) kill(0, SIGTSTP);
    return CC_REDISPLAY; /* something else stands where the line was */
}

static char *show_prompt(EditLine *editor)
{
    struct line_editor *self = NULL;

    if (el_get(editor, EL_CLIENTDATA, &self) < 0)
        return (char *) "";
    return (char *) (self->continued ? self->options.continuation : self->options.prompt);
}

static bool set_up(struct line_editor *self)
{
    EditLine *editor = self->editor;

    return el_set(editor, EL_CLIENTDATA, self) == 0 &&
           el_set(editor, EL_PROMPT, show_prompt) == 0 && el_set(editor, EL_SIGNAL, 1) == 0 &&
           el_set(editor, EL_EDITOR, "emacs") == 0 &&
           el_set(editor, EL_HIST, history, self->history.list) == 0 &&
           el_wset(editor, EL_ADDFN, L"k3-complete", L"Complete a word", handle_tab) == 0 &&
           el_wset(editor, EL_ADDFN, L"k3-cancel", L"Drop the line", handle_cancel) == 0 &&
           el_set(editor, EL_BIND, "^I", "k3-complete", NULL) == 0 &&
           el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL) == 0 &&
           el_wset(editor, EL_ADDFN, L"k3-suspend", L"Suspend", handle_suspend) == 0 &&
           el_set(editor, EL_SETTY, "-d", "-isig", NULL) == 0 &&
           el_set(editor, EL_BIND, "^Z", "k3-suspend", NULL) == 0 &&
           el_set(editor, EL_BIND, "^C", "k3-cancel", NULL) == 0 &&
           line_resize_open(editor, show_prompt);
}

struct line_editor *line_editor_open(const struct line_editor_options *options)
{
    struct line_editor *self = calloc(1, sizeof(*self));

    if (self == NULL)
        return NULL;
    (void) setlocale(LC_CTYPE,
                     "C.UTF-8"); /* without UTF-8 the editor takes each byte for a character */
    self->options = *options;
    self->editor = el_init("k3thread", stdin, stdout, stderr);
    if (!line_history_open(&self->history) || self->editor == NULL || !set_up(self)) {
        line_editor_close(self);
        return NULL;
    }
    return self;
}

int line_editor_next(void *context, bool continued, struct text *line)
{
    struct line_editor *self = context;
    const char         *edited;
    int                 size = 0;

    self->continued = continued;
    self->cancelled = false;
    self->begun = line;
    /*
     * The editor itself would do this after printing the prompt, and a Ctrl-C before that would be
     * a signal.
     */
    (void) el_set(self->editor, EL_PREP_TERM, 1);
    edited = el_gets(self->editor, &size);
    self->begun = NULL;
    if (self->cancelled)
        return -ECANCELED;
    if (edited == NULL || size <= 0) {
        (void) output_write(STDOUT_FILENO, "\n", 1); /* ends the line of the prompt after Ctrl-D */
        return 0;
    }
    line_history_add(&self->history, edited);
    text_append(line, edited, (size_t) size);
    return 1;
}

void line_editor_close(struct line_editor *self)
{
    if (self->editor != NULL)
        el_end(self->editor);
    line_history_close(&self->history);
    free(self);
}
