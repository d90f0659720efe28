#include "cli/rpc/base64.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *data, size_t size)
{
    const unsigned char *in = data;
    char                *ret = malloc((size + 2) / 3 * 4 + 1);
    char                *out = ret;

    if (ret == NULL)
        return NULL;
    for (size_t i = 0; i < size; i += 3) {
        size_t   left = size - i;
        uint32_t group = (uint32_t) in[i] << 16;

        if (left > 1)
            group |= (uint32_t) in[i + 1] << 8;
        if (left > 2)
            group |= in[i + 2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *out++ = left > 2 ? alphabet[group & 63] : '=';
    }
    *out = '\0';
    return ret;
}

/* Returns the value of one digit, or -1. */
static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/*
 * Decodes the LENGTH digits (2, 3 or 4) of one group. Returns false if one is bad, or if the last
 * one has bits that belong to no byte: a string of bytes has only one text.
 */
static bool decode_group(const char *text, size_t length, char *out)
{
    uint32_t unused = (1U << (24 - 8 * (length - 1))) - 1;
    uint32_t group = 0;

    for (size_t i = 0; i < 4; i++) {
        int value = i < length ? digit(text[i]) : 0;

        if (value < 0)
            return false;
        group = group << 6 | (uint32_t) value;
    }
    if ((group & unused) != 0)
        return false;
    for (size_t i = 0; i + 1 < length; i++)
        out[i] = (char) (group >> (16 - 8 * i) & 255);
    return true;
}

int base64_decode(const char *text, size_t length, char **ret, size_t *ret_size)
{
    size_t padding = 0;
    char  *out;

    if (length % 4 != 0)
        return -EINVAL;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    out = malloc(length / 4 * 3 + 1);
    if (out == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < length; i += 4) {
        size_t digits = i + 4 == length ? 4 - padding : 4;

        if (!decode_group(text + i, digits, out + i / 4 * 3)) {
            free(out);
            return -EINVAL;
        }
    }
    *ret_size = length / 4 * 3 - padding;
    out[*ret_size] = '\0';
    *ret = out;
    return 0;
}
