#include "cli/top/line_text.h"

#include "cli/terminal/sequence.h"

#define TAB_COLUMNS 8

/* A line that is being written. */
struct line {
    struct text bytes;
    size_t      tab; /* the index behind the last tab, whose column is a multiple of TAB_COLUMNS */
    bool        returns; /* a carriage return was the last byte */
    struct sequence sequence;
};

/* Removes the last character. */
static void go_back(struct line *line)
{
    struct text *bytes = &line->bytes;

    while (bytes->size > line->tab && (bytes->data[bytes->size - 1] & 0xc0) == 0x80)
        bytes->size--;
    if (bytes->size > line->tab)
        bytes->size--;
}

static void add_tab(struct line *line)
{
    size_t width = text_width(line->bytes.data + line->tab, line->bytes.size - line->tab);

    text_byte(&line->bytes, ' ', TAB_COLUMNS - width % TAB_COLUMNS);
    line->tab = line->bytes.size;
}

static void add_byte(struct line *line, char byte)
{
    if (byte == '\r') {
        line->returns = true;
        return;
    }
    if (line->returns) {
        line->bytes.size = line->tab = 0;
        line->returns = false;
    }
    if (byte == '\b')
        go_back(line);
    else if (byte == '\t')
        add_tab(line);
    else if (byte != '\0') /* --log-limit leaves zeros where it has removed the oldest output */
        text_byte(&line->bytes, byte, 1);
}

void line_text_add(struct text *text, const char *bytes, size_t size)
{
    struct line line = {0};

    for (size_t i = 0; i < size; i++)
        if (sequence_take(&line.sequence, bytes[i]) == SEQUENCE_TEXT)
            add_byte(&line, bytes[i]);
    text_add_escaped(text, line.bytes.data, line.bytes.size);
    text->failed |= line.bytes.failed;
    text_release(&line.bytes);
}
