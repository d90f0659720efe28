#include "cli/top/last_line.h"

#include "cli/base/file_end.h"
#include "cli/top/line_text.h"

#include <stdbool.h>

/* The number of bytes at the end of a log that are read. */
#define END_SIZE 4096

static bool is_blank(const struct text *text)
{
    for (size_t i = 0; i < text->size; i++)
        if (text->data[i] != ' ')
            return false;
    return true;
}

void last_line_find(struct text *text, const char *end, size_t size)
{
    struct text line = {0};

    while (size > 0 && is_blank(&line)) {
        size_t begin = size;

        while (begin > 0 && end[begin - 1] != '\n')
            begin--;
        line.size = 0;
        line_text_add(&line, end + begin, size - begin);
        size = begin > 0 ? begin - 1 : 0;
    }
    if (!is_blank(&line))
        text_append(text, line.data, line.size);
    text->failed |= line.failed;
    text_release(&line);
}

void last_line_add(struct text *text, const char *path)
{
    char block[END_SIZE];

    last_line_find(text, block, file_end_read(path, block, sizeof(block)));
}
