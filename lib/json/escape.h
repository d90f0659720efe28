/* The escapes in the strings of JSON, for the program and the library. */
#ifndef K3THREAD_JSON_ESCAPE_H
#define K3THREAD_JSON_ESCAPE_H

/* Returns the letter that stands behind the backslash for BYTE, or 0. */
static inline char json_letter_of(char byte)
{
    switch (byte) {
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '"':
    case '\\':
        return byte;
    default:
        return 0;
    }
}

/* Returns what LETTER stands for behind a backslash, or 0 if it stands for nothing, or for more than that. */
static inline char json_meaning_of(char letter)
{
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '"':
    case '\\':
    case '/':
        return letter;
    default:
        return 0;
    }
}

#endif
