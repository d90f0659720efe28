#include "cli/rpc/table_line.h"

#include "cli/rpc/escape.h"
#include "cli/rpc/parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * The text before the string and behind it: an object of one member in the message. Because of
 * the comma, it cannot be a part of a string.
 */
static const char *const begins[] = {",\"params\":{\"table\":\"", ",\"result\":{\"table\":\""};
static const char        end[] = "\"}}";

#define BEGIN_SIZE strlen(",\"params\":{\"table\":\"") /* of either */
#define END_SIZE   strlen(end)

/* The longest text before the string: it has a method or an id. */
#define HEAD_MAX 100

/* jansson parses a shorter string. */
#define STRING_MIN 512

/* Returns the place in LINE where the string begins, or 0 if there is no long string in the right place. */
static size_t find_string(const char *line, size_t size)
{
    const char *found = NULL;
    size_t      head;

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]) && found == NULL; i++)
        found = memmem(line, size < HEAD_MAX ? size : HEAD_MAX, begins[i], BEGIN_SIZE);
    head = found != NULL ? (size_t) (found - line) + BEGIN_SIZE : size;
    if (size < head + STRING_MIN || memcmp(line + size - END_SIZE, end, END_SIZE) != 0)
        return 0;
    return head;
}

/* Parses LINE with an empty string in place of the table: its first HEAD bytes, and the end. */
static json_t *parse_around(const char *line, size_t head)
{
    char         around[HEAD_MAX + sizeof(end)];
    json_error_t error;

    memcpy(around, line, head);
    memcpy(around + head, end, sizeof(end));
    return parse_json(around, head + END_SIZE, 0, &error);
}

/*
 * Puts STRING back into its object. The object is a member of the message itself, because only two
 * brackets end the line.
 */
static bool put_back(json_t *message, const char *head, const char *string, size_t size)
{
    const char *key = head[-(ptrdiff_t) BEGIN_SIZE + 2] == 'p' ? "params" : "result";

    return json_object_set_new(json_object_get(message, key), "table",
                               json_stringn_nocheck(string, size)) == 0;
}

/* Parses a line with a long table. Returns NULL for any other line. */
static json_t *parse_apart(const char *line, size_t size)
{
    size_t head = find_string(line, size);
    char  *string = head > 0 ? malloc(size) : NULL; /* more than enough */
    size_t length = string != NULL ? escape_remove(line + head, size - head - END_SIZE, string) : 0;
    json_t *message = length > 0 ? parse_around(line, head) : NULL;

    if (message != NULL && !put_back(message, line + head, string, length)) {
        json_decref(message);
        message = NULL;
    }
    free(string);
    return message;
}

json_t *table_line_parse(char *line, size_t size, json_error_t *ret_error)
{
    json_t *message = parse_apart(line, size);

    return message != NULL ? message : parse_json(line, size, 0, ret_error);
}
