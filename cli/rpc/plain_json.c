#include "cli/rpc/plain_json.h"

#include "cli/rpc/plain_text.h"
#include "cli/rpc/protocol.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A double holds each integer up to this one. */
#define EXACT_MAX ((int64_t) 1 << 53)

static json_t *parse_value(struct plain_text *rest, int depth);

static void skip_blanks(struct plain_text *rest)
{
    while (rest->at < rest->end &&
           (*rest->at == ' ' || *rest->at == '\n' || *rest->at == '\t' || *rest->at == '\r'))
        rest->at++;
}

/* Moves on behind blanks and BYTE. Returns false if another byte comes next. */
static bool take(struct plain_text *rest, char byte)
{
    skip_blanks(rest);
    if (rest->at == rest->end || *rest->at != byte)
        return false;
    rest->at++;
    return true;
}

static json_t *parse_string(struct plain_text *rest)
{
    size_t      size;
    const char *string = plain_text_take_string(rest, &size);

    return string != NULL ? json_stringn_nocheck(string, size) : NULL;
}

/* Adds digits to *NUMBER. Returns the number of digits, or 0 if there are none or if *NUMBER is too large. */
static size_t take_digits(struct plain_text *rest, int64_t *number)
{
    const char *begin = rest->at;

    while (rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9') {
        *number = *number * 10 + (*rest->at++ - '0');
        if (*number > EXACT_MAX)
            return 0;
    }
    return (size_t) (rest->at - begin);
}

/*
 * Parses a number; an exponent is left to the caller, who expects none. A quotient of two integers that a double holds
 * exactly is the double next to the decimal number, as strtod() returns it; 10 to the power of 22 is the largest power
 * that a double holds.
 */
static json_t *parse_number(struct plain_text *rest)
{
    bool        is_negative = plain_text_take(rest, "-");
    int64_t     number = 0;
    const char *begin = rest->at;
    size_t      digits = take_digits(rest, &number);
    double      divisor = 1;

    if (digits == 0 || (*begin == '0' && digits > 1))
        return NULL;
    if (!plain_text_take(rest, "."))
        return json_integer(is_negative ? -number : number);
    digits = take_digits(rest, &number);
    if (digits == 0 || digits > 22)
        return NULL;
    while (digits-- > 0)
        divisor *= 10;
    return json_real((is_negative ? -(double) number : (double) number) / divisor);
}

/* Parses the member of OBJECT that comes next. Returns false if it is not plain. */
static bool parse_member(struct plain_text *rest, json_t *object, int depth)
{
    size_t      size, count = json_object_size(object);
    const char *name = take(rest, '"') ? plain_text_take_string(rest, &size) : NULL;
    json_t     *value = name != NULL && take(rest, ':') ? parse_value(rest, depth) : NULL;

    return value != NULL && json_object_setn_new_nocheck(object, name, size, value) == 0 &&
           json_object_size(object) ==
               count + 1; /* jansson decides about a name that comes again */
}

static json_t *parse_object(struct plain_text *rest, int depth)
{
    json_t *object = json_object();

    if (object == NULL || take(rest, '}'))
        return object;
    while (parse_member(rest, object, depth)) {
        if (take(rest, '}'))
            return object;
        if (!take(rest, ','))
            break;
    }
    json_decref(object);
    return NULL;
}

static json_t *parse_array(struct plain_text *rest, int depth)
{
    json_t *array = json_array();
    json_t *element;

    if (array == NULL || take(rest, ']'))
        return array;
    while ((element = parse_value(rest, depth)) != NULL &&
           json_array_append_new(array, element) == 0) {
        if (take(rest, ']'))
            return array;
        if (!take(rest, ','))
            break;
    }
    json_decref(array);
    return NULL;
}

static json_t *parse_value(struct plain_text *rest, int depth)
{
    if (depth == PROTOCOL_DEPTH_MAX)
        return NULL;
    if (take(rest, '"'))
        return parse_string(rest);
    if (take(rest, '{'))
        return parse_object(rest, depth + 1);
    if (take(rest, '['))
        return parse_array(rest, depth + 1);
    if (plain_text_take(rest, "true"))
        return json_true();
    if (plain_text_take(rest, "false"))
        return json_false();
    if (plain_text_take(rest, "null"))
        return json_null();
    return parse_number(rest);
}

json_t *plain_json_parse(const char *text, size_t size)
{
    struct plain_text rest = {.at = text, .end = text + size};
    json_t           *value;

    skip_blanks(&rest);
    if (rest.at == rest.end || (*rest.at != '{' && *rest.at != '['))
        return NULL;
    value = parse_value(&rest, 0);
    skip_blanks(&rest);
    if (rest.at == rest.end)
        return value;
    json_decref(value);
    return NULL;
}
