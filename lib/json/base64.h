/* Encodes and decodes base64 (RFC 4648, with padding), in memory of the caller, for the program and the library. */
#ifndef K3THREAD_JSON_BASE64_H
#define K3THREAD_JSON_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_BASE64_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/* The size of SIZE bytes in base64, without a NUL. */
#define JSON_BASE64_SIZE(size) (((size) + 2) / 3 * 4)

/* Encodes SIZE bytes of DATA. Writes JSON_BASE64_SIZE(SIZE) characters, and no NUL. */
static inline void json_base64_encode(const void *data, size_t size, char *ret)
{
    const unsigned char *in = (const unsigned char *) data;

    for (size_t i = 0; i < size; i += 3) {
        size_t   left = size - i;
        uint32_t group = (uint32_t) in[i] << 16;

        if (left > 1)
            group |= (uint32_t) in[i + 1] << 8;
        if (left > 2)
            group |= in[i + 2];
        *ret++ = JSON_BASE64_ALPHABET[group >> 18];
        *ret++ = JSON_BASE64_ALPHABET[group >> 12 & 63];
        *ret++ = left > 1 ? JSON_BASE64_ALPHABET[group >> 6 & 63] : '=';
        *ret++ = left > 2 ? JSON_BASE64_ALPHABET[group & 63] : '=';
    }
}

/* Returns the value of one digit, or -1. */
static inline int json_base64_digit(char c)
{
    for (int value = 0; value < 64; value++)
        if (JSON_BASE64_ALPHABET[value] == c)
            return value;
    return -1;
}

/*
 * Decodes the LENGTH digits (2, 3 or 4) of one group. Returns false if a digit is bad, or if the last digit has
 * bits that belong to no byte: some bytes have only one text.
 */
static inline bool json_base64_decode_group(const char *text, size_t length, char *out)
{
    uint32_t unused = (1U << (24 - 8 * (length - 1))) - 1;
    uint32_t group = 0;

    for (size_t i = 0; i < 4; i++) {
        int value = i < length ? json_base64_digit(text[i]) : 0;

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

/*
 * Decodes TEXT into RET, which may be TEXT itself: LENGTH / 4 * 3 bytes at most. Returns false if TEXT is not
 * strict base64.
 */
static inline bool json_base64_decode(const char *text, size_t length, char *ret, size_t *ret_size)
{
    size_t padding = 0;

    if (length % 4 != 0)
        return false;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < length; i += 4)
        if (!json_base64_decode_group(text + i, i + 4 == length ? 4 - padding : 4, ret + i / 4 * 3))
            return false;
    *ret_size = length / 4 * 3 - padding;
    return true;
}

#endif
