/*
 * Reads JSON piece by piece, for code that needs no tree of values: the library reads the supervisor's few messages
 * with it. The text is in memory of the caller. Strings are decoded in place, where they only become shorter.
 *
 *     if (json_enter(&in, '{'))
 *         while (json_member(&in, &name))
 *             ... json_integer(&in, &number) or json_string(&in) or json_skip(&in) ...
 */
#ifndef K3THREAD_JSON_READ_H
#define K3THREAD_JSON_READ_H

#include "lib/json/escape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A position in one text. END points to a NUL. */
struct json_text {
    char *at, *end;
    bool  failed; /* the text is not JSON, or no value of the wanted kind */
    bool  fresh;  /* an object or a list has just begun: no comma comes before its first element */
};

#define JSON_DEPTH_MAX 16

static inline void json_blanks(struct json_text *in)
{
    while (*in->at == ' ' || *in->at == '\t' || *in->at == '\r')
        in->at++;
}

/* Moves behind BYTE. Returns false if another byte comes next. */
static inline bool json_take(struct json_text *in, char byte)
{
    json_blanks(in);
    if (*in->at != byte || in->at == in->end)
        return false;
    in->at++;
    return true;
}

/*
 * Begins to read an object or a list, whose opening bracket is OPEN. Returns false, with IN failed, if none comes
 * next.
 */
static inline bool json_enter(struct json_text *in, char open)
{
    in->failed |= !json_take(in, open);
    in->fresh = true;
    return !in->failed;
}

/* Returns the value of four hexadecimal digits, or -1. */
static inline int32_t json_hex(const char *digits)
{
    int32_t value = 0;

    for (int i = 0; i < 4; i++) {
        char c = digits[i];

        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            value = value * 16 + ((c | 32) - 'a' + 10);
        else
            return -1;
    }
    return value;
}

/* Writes CODE, a character, as UTF-8. Returns the end of the written bytes. */
static inline char *json_put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char) code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char) (0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *out++ = (char) (0xE0 | code >> 12);
        } else {
            *out++ = (char) (0xF0 | code >> 18);
            *out++ = (char) (0x80 | (code >> 12 & 63));
        }
        *out++ = (char) (0x80 | (code >> 6 & 63));
    }
    *out++ = (char) (0x80 | (code & 63));
    return out;
}

/*
 * Reads the digits behind "\u", and the second half of a surrogate pair. Returns the character; 0 if the digits
 * name none, or NUL.
 */
static inline uint32_t json_unicode(struct json_text *in)
{
    int32_t high = in->end - in->at >= 4 ? json_hex(in->at) : -1, low;

    if (high <= 0 || (high >= 0xDC00 && high < 0xE000))
        return 0;
    in->at += 4;
    if (high < 0xD800 || high >= 0xE000)
        return (uint32_t) high;
    if (in->end - in->at < 6 || in->at[0] != '\\' || in->at[1] != 'u')
        return 0;
    low = json_hex(in->at + 2);
    if (low < 0xDC00 || low >= 0xE000)
        return 0;
    in->at += 6;
    return 0x10000 + ((uint32_t) (high - 0xD800) << 10) + (uint32_t) (low - 0xDC00);
}

/*
 * Decodes one escape, behind its backslash, to OUT. Returns the end of the decoded bytes; NULL if the escape is
 * wrong.
 */
static inline char *json_unescape(struct json_text *in, char *out)
{
    char     letter = *in->at++;
    char     meaning = json_meaning_of(letter);
    uint32_t code;

    if (meaning != 0) {
        *out = meaning;
        return out + 1;
    }
    code = letter == 'u' ? json_unicode(in) : 0;
    return code != 0 ? json_put_utf8(out, code) : NULL;
}

/* Reads a string, which is decoded in its place and ends with a NUL. Returns NULL, with IN failed, if none comes. */
static inline char *json_string(struct json_text *in)
{
    char *begin, *out;

    if (!json_enter(in, '"'))
        return NULL;
    in->fresh = false;
    for (begin = out = in->at; in->at < in->end && *in->at != '"' && out != NULL;) {
        char byte = *in->at++;

        if (byte == '\\')
            out = json_unescape(in, out);
        else
            *out++ = byte;
    }
    if (out == NULL || in->at >= in->end) {
        in->failed = true;
        return NULL;
    }
    in->at++;
    *out = '\0';
    return begin;
}

/*
 * Moves to the next element of a list or an object, whose closing bracket is CLOSE. Returns false at its end, or
 * with IN failed.
 */
static inline bool json_element(struct json_text *in, char close)
{
    bool is_first = in->fresh;

    in->fresh = false;
    if (in->failed || json_take(in, close))
        return false;
    in->failed |= !is_first && !json_take(in, ',');
    return !in->failed;
}

/* Reads the name of the next member of an object. Returns false at its end, or with IN failed. */
static inline bool json_member(struct json_text *in, char **ret)
{
    if (!json_element(in, '}'))
        return false;
    *ret = json_string(in);
    if (*ret != NULL && !json_take(in, ':'))
        in->failed = true;
    json_blanks(in);
    return !in->failed;
}

/* Reads a whole number of at most 18 digits. Returns false, with IN failed, if none comes next. */
static inline bool json_integer(struct json_text *in, int64_t *ret)
{
    bool     negative = json_take(in, '-');
    char    *begin = in->at;
    uint64_t value = 0;

    while (*in->at >= '0' && *in->at <= '9' && in->at - begin < 18)
        value = value * 10 + (uint64_t) (*in->at++ - '0');
    if (in->at == begin || (*in->at >= '0' && *in->at <= '9')) {
        in->failed = true;
        return false;
    }
    *ret = negative ? -(int64_t) value : (int64_t) value;
    return true;
}

/* Moves behind a value of any kind. */
static inline void json_skip(struct json_text *in)
{
    int depth = 0;

    do {
        json_blanks(in);
        switch (*in->at) {
        case '{':
        case '[':
            in->failed |= ++depth > JSON_DEPTH_MAX;
            in->at++;
            break;
        case '}':
        case ']':
            depth--;
            in->at++;
            break;
        case '"':
            (void) json_string(in);
            break;
        case ',':
        case ':':
            in->at++;
            break;
        default: /* a number, true, false or null */
            if (strspn(in->at, "+-.0123456789Eaeflnrstu") == 0)
                in->failed = true;
            in->at += strspn(in->at, "+-.0123456789Eaeflnrstu");
        }
    } while (depth > 0 && !in->failed && in->at < in->end);
    in->failed |= depth != 0;
}

#endif
