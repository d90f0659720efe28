#include "shell_name.h"

#include "text.h"

#include <string.h>

/* Returns the size of the character at TEXT if the character needs no escape, or 0. */
static size_t plain_size(const unsigned char *text)
{
    if (*text >= 0x80)
        return k3t_text_utf8_size((const char *) text);
    return *text >= ' ' && *text != 127 && strchr("/*?[]\\", *text) == NULL ? 1 : 0;
}

static char *escape(char *out, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";

    *out++ = '\\';
    *out++ = 'x';
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
    return out;
}

void k3t_shell_name(const char *name, char ret[K3T_SHELL_NAME_SIZE])
{
    const unsigned char *in = (const unsigned char *) name;
    bool                 all_digits = name[strspn(name, "0123456789")] == '\0';

    while (*in != '\0') {
        size_t size = all_digits && in == (const unsigned char *) name ? 0 : plain_size(in);

        if (size == 0) {
            ret = escape(ret, *in++);
        } else {
            memcpy(ret, in, size);
            ret += size;
            in += size;
        }
    }
    *ret = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool k3t_shell_name_read(const char *name, char ret[K3T_SHELL_NAME_SIZE])
{
    if (strnlen(name, K3T_SHELL_NAME_SIZE) == K3T_SHELL_NAME_SIZE)
        return false;
    while (*name != '\0') {
        int high = name[0] == '\\' && name[1] == 'x' ? hex_digit(name[2]) : -1;
        int low = high >= 0 ? hex_digit(name[3]) : -1;

        if (low >= 0) {
            *ret++ = (char) (high << 4 | low);
            name += 4;
        } else {
            *ret++ = *name++;
        }
    }
    *ret = '\0';
    return true;
}
