/* JSON's escapes of one letter. For what has no C library, too: see cli/quick/quick.h. */
#ifndef K3THREAD_CLI_RPC_ESCAPE_H
#define K3THREAD_CLI_RPC_ESCAPE_H

/* The letter that stands behind the backslash for BYTE, or 0. */
static inline char escape_letter(char byte)
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

/* What LETTER stands for behind a backslash in a table's string; 0: none that a table has. */
static inline char escape_meaning(char letter)
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

#endif
