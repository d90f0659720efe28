/*
 * A growing run of bytes. Also shows bytes to a person: escaped, quoted, cut to a width.
 *
 * Zeroed it is empty and ready. A failed allocation is remembered in `failed`, and bytes that are appended
 * after it are lost, so that only the last user has to check. UTF-8 is assumed, never required.
 */
#ifndef K3THREAD_CLI_BASE_TEXT_H
#define K3THREAD_CLI_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One run of bytes. */
struct text {
    char  *data; /* NULL while nothing was appended; not NUL-terminated */
    size_t size;
    size_t capacity;
    bool   failed;
};

/* Makes room for SIZE more bytes behind the end. Returns false without memory. */
bool text_reserve(struct text *text, size_t size);

/* Reserves room as text_reserve() does; inlined, as a table is made of very short pieces. */
static inline bool text_has_room(struct text *text, size_t size)
{
    return (!text->failed && size <= text->capacity - text->size) || text_reserve(text, size);
}

/* Appends SIZE bytes. DATA may be NULL if SIZE is 0. */
static inline void text_append(struct text *text, const void *data, size_t size)
{
    if (data == NULL || size == 0 || !text_has_room(text, size))
        return;
    memcpy(text->data + text->size, data, size);
    text->size += size;
}

static inline void text_add(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

static inline void text_byte(struct text *text, char byte, size_t times)
{
    if (times == 0 || !text_has_room(text, times))
        return;
    memset(text->data + text->size, byte, times);
    text->size += times;
}

/* Appends NUMBER in decimal, with at least WIDTH digits. */
void text_number(struct text *text, uint64_t number, size_t width);
void text_vprintf(struct text *text, const char *format, va_list arguments);
__attribute__((format(printf, 2, 3))) void text_printf(struct text *text, const char *format, ...);

/* Appends STRING with everything that is not plain printable UTF-8 written as \n, \t or \xNN. */
void text_add_escaped(struct text *text, const char *string, size_t length);

/* Appends STRING as one word of a shell's command line: plain, in quotes, or in $'…'. */
void text_add_quoted(struct text *text, const char *string);

bool text_is_utf8(const char *data, size_t size);

/* Returns the number of bytes at the start that are printable ASCII, as nearly all text that is shown. */
size_t text_plain(const char *data, size_t size);

/* Returns the number of columns of a terminal that SIZE bytes take. */
size_t text_width(const char *data, size_t size);

/* Returns the size of the longest start of DATA that fits into COLUMNS; cuts no character. */
size_t text_fit(const char *data, size_t size, size_t columns);

void text_release(struct text *text);

#endif
