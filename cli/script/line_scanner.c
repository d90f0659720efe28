#include "cli/script/line_scanner.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int scan_fail(struct line_scanner *p, int error, size_t where, const char *format, ...)
{
    va_list arguments;

    p->error->line = 0;
    for (size_t i = 0; i < where; i++)
        p->error->line += p->text[i] == '\n';
    p->error->missing = '\0';
    va_start(arguments, format);
    text_vprintf(p->why, format, arguments);
    va_end(arguments);
    return error;
}

int scan_fail_open(struct line_scanner *p, size_t opened, char missing, const char *what)
{
    int error = scan_fail(p, -EAGAIN, opened, "%s", what);

    p->error->missing = missing;
    return error;
}

bool scan_is_at_end(const struct line_scanner *p)
{
    return p->at == p->size;
}

char scan_peek(const struct line_scanner *p, size_t ahead)
{
    return ahead < p->size - p->at ? p->text[p->at + ahead] : '\0';
}

bool scan_is_one_of(char byte, const char *set)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

bool scan_is_line_end(const struct line_scanner *p)
{
    if (scan_is_at_end(p) || scan_peek(p, 0) == '\n')
        return true;
    return scan_peek(p, 0) == '\r' && (scan_peek(p, 1) == '\n' || scan_peek(p, 1) == '\0');
}

bool scan_is_continuation(const struct line_scanner *p)
{
    return scan_peek(p, 0) == '\\' && scan_peek(p, 1) == '\n';
}

int scan_skip_continuation(struct line_scanner *p)
{
    size_t opened = p->at;

    p->at += 2;
    if (scan_is_at_end(p))
        return scan_fail_open(p, opened, '\n', "nothing follows the backslash at the line's end");
    return 0;
}

int scan_skip_blanks(struct line_scanner *p)
{
    int error = 0;

    while (error == 0) {
        if (scan_is_one_of(scan_peek(p, 0), SCAN_BLANKS))
            p->at++;
        else if (scan_is_continuation(p))
            error = scan_skip_continuation(p);
        else
            break;
    }
    return error;
}

int scan_add(struct line_scanner *p, const char *data, size_t size)
{
    if (p->skipping > 0)
        return 0;
    if (size > WORDS_SIZE_MAX - p->bytes.size)
        return scan_fail(p, -EINVAL, p->at, "the line is too long with all that it expands to");
    text_append(&p->bytes, data, size);
    return p->bytes.failed ? -ENOMEM : 0;
}

int scan_add_byte(struct line_scanner *p)
{
    return scan_add(p, &p->text[p->at++], 1);
}

int scan_end_word(struct line_scanner *p)
{
    int error = 0;

    if (p->bytes.size > p->begin || p->is_word) {
        error = scan_add(p, "", 1);
        p->count++;
    }
    p->begin = p->bytes.size;
    p->is_word = false;
    return error;
}
