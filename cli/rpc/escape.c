#include "cli/rpc/escape.h"

#include "lib/json/escape.h"

/* Returns what LETTER stands for behind a backslash in a table; 0: a table has no such escape. */
static char meaning_of(char letter)
{
    switch (letter) {
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case '"':
    case '\\':
        return letter;
    default:
        return 0;
    }
}

size_t escape_plain(const char *bytes, size_t size)
{
    size_t plain = 0;

    while (plain < size && (unsigned char) bytes[plain] >= ' ' && bytes[plain] != '"' &&
           bytes[plain] != '\\')
        plain++;
    return plain;
}

static void add_escape(struct text *text, char byte)
{
    char letter = json_letter_of(byte);

    text_byte(text, '\\', 1);
    if (letter != 0) {
        text_byte(text, letter, 1);
        return;
    }
    text_add(text, byte < 16 ? "u000" : "u001");
    text_byte(text, "0123456789abcdef"[byte & 15], 1);
}

void escape_add(struct text *text, const char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t plain = escape_plain(bytes + done, size - done);

        text_append(text, bytes + done, plain);
        done += plain;
        if (done < size)
            add_escape(text, bytes[done++]);
    }
}

size_t escape_remove(const char *string, size_t size, char *ret)
{
    unsigned char seen = 0;
    char         *out = ret;

    for (size_t i = 0; i < size; i++) {
        char byte = string[i];

        if (byte == '\\')
            byte = ++i < size ? meaning_of(string[i]) : 0;
        else if ((unsigned char) byte < ' ' || byte == '"')
            return 0;
        if (byte == 0)
            return 0;
        seen |= (unsigned char) byte;
        *out++ = byte;
    }
    if (seen >= 0x80 && !text_is_utf8(ret, (size_t) (out - ret)))
        return 0;
    return (size_t) (out - ret);
}
