#include "cli/quick/list_answer.h"

#include "cli/base/byte_scan.h"
#include "cli/base/status.h"
#include "cli/base/text.h"
#include "cli/rpc/envelope.h"
#include "cli/view/output.h"

#include <string.h>
#include <unistd.h>

/*
 * A long table is the largest answer that there is, and memory that was not used before is what takes most time. So
 * the cells are not copied: they are read once for the widths of the columns, and once to be printed.
 */

/* How the two kinds of lines begin, and how both end. Between that are rows, as the inside of a JSON string. */
#define PART  ENVELOPE_START ",\"method\":\"table\",\"params\":{\"table\":\""
#define REPLY ENVELOPE_START ",\"id\":1,\"result\":{\"table\":\""
#define END   "\"}}"

/* The number of bytes, or a few more, that are written at a time. */
#define PIECE ((size_t) 64 * 1024)

/* A cell, which has SIZE bytes with its escapes, and WIDTH without. */
struct cell {
    const char *at;
    size_t      size, width;
    bool        ends_row;
};

static bool begins(const char *data, size_t size, const char *word)
{
    return size >= strlen(word) && memcmp(data, word, strlen(word)) == 0;
}

/* Reading */

/* Marks the bytes of WORD that are not printable ASCII, or do not stand for themselves in JSON (byte_scan.h). */
static inline uint64_t mark_special(uint64_t word)
{
    return BYTE_SCAN_LESS(word, ' ') | BYTE_SCAN_IS(word, '"') | BYTE_SCAN_IS(word, '\\') |
           BYTE_SCAN_HIGH((word + BYTE_SCAN_ALL(1)) | word);
}

/* Marks the same in a word that has no special bytes but backslashes. */
static inline uint64_t mark_backslash(uint64_t word)
{
    return BYTE_SCAN_IS(word, '\\');
}

/* Reads the cell at AT, and moves AT on. Returns false if it is not plain. MARK is one of the two functions above. */
static inline bool read_cell(const char **at, const char *end, uint64_t (*mark)(uint64_t word),
                             struct cell *ret)
{
    char letter = '"';

    *ret = (struct cell){.at = *at};
    while (letter == '"' || letter == '\\') { /* escaped they are a part of the cell */
        size_t plain = byte_scan_unmarked(*at, (size_t) (end - *at), mark);

        *at += plain;
        ret->width += plain + 1;
        if (end - *at < 2 || **at != '\\')
            return false;
        letter = (*at)[1];
        *at += 2;
    }
    ret->width--;
    ret->size = (size_t) (*at - 2 - ret->at);
    ret->ends_row = letter == 'n';
    return letter == 't' || letter == 'n';
}

/*
 * Measures the row at AT, and moves AT on. The first row says how many columns there are. Returns false for an odd one.
 */
static bool measure_row(struct list_answer *answer, const char **at, const char *end)
{
    struct cell cell = {.ends_row = false};
    size_t      column = 0;

    for (; !cell.ends_row; column++) {
        if (column == LIST_ANSWER_COLUMNS || !read_cell(at, end, mark_special, &cell))
            return false;
        if (cell.width > answer->widths[column])
            answer->widths[column] = cell.width;
    }
    if (answer->columns == 0)
        answer->columns = column;
    return column == answer->columns;
}

bool list_answer_measure(struct list_answer *answer, const char *line, size_t size)
{
    bool        is_part = begins(line, size, PART);
    const char *begin = is_part ? PART : REPLY;
    const char *at = line + strlen(begin), *end = line + size - strlen(END);

    if (size <= strlen(begin) + strlen(END) || !begins(line, size, begin) ||
        memcmp(end, END, strlen(END)) != 0)
        answer->is_odd = true;
    while (!answer->is_odd && at < end)
        answer->is_odd = !measure_row(answer, &at, end);
    return is_part;
}

/* Printing */

/* The number of bytes that are copied at once: most cells are so short that a call would take longer. */
#define STEP 8

/* Copies the bytes of CELL without its escapes to TO, and up to STEP - 1 bytes more. END is that of all lines. */
static inline void copy(char *to, const struct cell *cell, const char *end)
{
    const char *at = cell->at, *cell_end = at + cell->size;

    if (cell->size == cell->width && end - cell_end >= STEP) {
        for (size_t done = 0; done < cell->size; done += STEP)
            __builtin_memcpy(to + done, at + done, STEP);
        return;
    }
    for (; at < cell_end; at++) {
        at += *at == '\\';
        *to++ = *at;
    }
}

/* Sets SIZE bytes, and up to STEP - 1 more, to blanks. */
static inline void fill(char *to, size_t size)
{
    for (size_t done = 0; done < size; done += STEP)
        __builtin_memset(to + done, ' ', STEP);
}

/* Cuts the row that begins at BEGIN to the WIDTH of the terminal (0: none), and ends it. */
static void end_row(struct text *out, size_t begin, size_t width)
{
    if (out->failed)
        return;
    if (width > 0 && out->size - begin > width)
        out->size = begin + width;
    while (out->size > begin && out->data[out->size - 1] == ' ')
        out->size--;
    text_byte(out, '\n', 1);
}

/* Adds the row at AT, and returns where it ends. END is that of all lines. */
static const char *add_row(struct text *out, const struct list_answer *answer, const char *at,
                           const char *end)
{
    struct cell cell = {.ends_row = false};

    for (size_t column = 0; !cell.ends_row; column++) {
        size_t blanks;

        (void) read_cell(&at, end, mark_backslash, &cell); /* it was plain when it was measured */
        blanks = cell.ends_row ? 0 : answer->widths[column] + 2 - cell.width;
        /* Where there is room there is data, which the analyzer does not know. */
        if (text_has_room(out, cell.width + blanks + 2 * STEP) && out->data != NULL) {
            copy(out->data + out->size, &cell, end);
            fill(out->data + out->size + cell.width, blanks);
            out->size += cell.width + blanks;
        }
    }
    return at;
}

/* Writes OUT, and empties it. Returns 0 or -errno. Notes in *SOME if anything was written. */
static int write_out(struct text *out, bool *has_written)
{
    const char *rest = out->data;
    size_t      size = out->size;
    int         error = output_write_part(STDOUT_FILENO, &rest, &size);

    *has_written |= size < out->size;
    out->size = 0;
    return error;
}

/* Adds the rows of all lines to OUT, and writes OUT each time that it is large. Returns 0 or -errno. */
static int print_lines(struct text *out, const struct list_answer *answer, const char *at,
                       const char *end, bool *has_written)
{
    size_t width = output_width();
    int    error = 0;

    while (error == 0 && at < end) {
        at += begins(at, (size_t) (end - at), PART) ? strlen(PART) : strlen(REPLY);
        while (error == 0 && *at != END[0]) {
            size_t begin = out->size;

            at = add_row(out, answer, at, end);
            end_row(out, begin, width);
            if (out->size >= PIECE)
                error = write_out(out, has_written);
        }
        at += strlen(END "\n");
    }
    return error == 0 ? write_out(out, has_written) : error;
}

int list_answer_print(const struct list_answer *answer, const char *lines, size_t size)
{
    static const char message[] = "k3thread: list: cannot write to standard output\n";
    struct text       out = {0};
    bool              has_written = false;

    if (answer->is_odd)
        return -1;
    if (print_lines(&out, answer, lines, lines + size, &has_written) == 0 && !out.failed)
        return STATUS_DONE;
    if (!has_written)
        return -1;
    (void) output_write(STDERR_FILENO, message,
                        strlen(message)); /* the program would print the first rows again */
    return STATUS_FAILED;
}
