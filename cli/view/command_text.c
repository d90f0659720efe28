#include "cli/view/command_text.h"

#include "cli/rpc/bytes.h"

#include <stdlib.h>

/* The most bytes of a character that takes a column, without characters of no width that may follow it. */
#define CHARACTER_MAX 4

bool command_text_add(struct text *text, const json_t *words, size_t columns)
{
    struct text   line = {0};
    const json_t *word;
    size_t        i, fit;
    bool          is_cut;

    json_array_foreach((json_t *) words, i, word) {
        char *bytes = NULL;

        if (line.size > CHARACTER_MAX * columns)
            break;
        if (bytes_from_json(word, &bytes) != 0)
            continue;
        text_byte(&line, ' ', line.size > 0);
        text_add_quoted(&line, bytes);
        free(bytes);
    }
    fit = text_fit(line.data, line.size, columns);
    is_cut = fit < line.size;
    text_append(text, line.data, fit);
    text->failed |= line.failed;
    text_release(&line);
    return is_cut;
}
