/* Knows the escapes in the strings of JSON, for the program and the library. */
#ifndef K3THREAD_JSON_ESCAPE_H
#define K3THREAD_JSON_ESCAPE_H

/* X(byte, letter): LETTER stands for BYTE behind a backslash, and is another byte. */
#define JSON_LETTERS(X)                                                                            \
    X('\b', 'b')                                                                                   \
    X('\f', 'f')                                                                                   \
    X('\n', 'n')                                                                                   \
    X('\r', 'r')                                                                                   \
    X('\t', 't')

/* Returns the letter that stands behind the backslash for BYTE, or 0. */
static inline char json_letter_of(char byte)
{
    switch (byte) {
#define X(byte, letter)                                                                            \
    case byte:                                                                                     \
        return letter;
        JSON_LETTERS(X)
#undef X
    case '"':
    case '\\':
        return byte;
    default:
        return 0;
    }
}

/*
 * Returns the byte that LETTER stands for behind a backslash. Returns 0 if LETTER is no escape, or has digits
 * behind it.
 */
static inline char json_meaning_of(char letter)
{
    switch (letter) {
#define X(byte, letter)                                                                            \
    case letter:                                                                                   \
        return byte;
        JSON_LETTERS(X)
#undef X
    case '"':
    case '\\':
    case '/':
        return letter;
    default:
        return 0;
    }
}

#endif
