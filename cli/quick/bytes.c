#include "cli/quick/bytes.h"

#include "cli/rpc/escape.h"

/* Of a number that can be read and written; the program takes no longer ones for ids. */
#define DIGITS_MAX 18

void bytes_put(struct bytes *bytes, const char *data, size_t size)
{
    char *end = bytes->data + bytes->size;

    bytes->failed |= size > bytes->capacity - bytes->size;
    if (bytes->failed)
        return;
    for (size_t i = 0; i < size; i++)
        end[i] = data[i];
    bytes->size += size;
}

void bytes_repeat(struct bytes *bytes, char byte, size_t times)
{
    while (times-- > 0)
        bytes_put(bytes, &byte, 1);
}

size_t bytes_length(const char *word)
{
    size_t length = 0;

    while (word[length] != '\0')
        length++;
    return length;
}

void bytes_put_word(struct bytes *bytes, const char *word)
{
    bytes_put(bytes, word, bytes_length(word));
}

void bytes_put_number(struct bytes *bytes, unsigned long number)
{
    char   digits[24];
    size_t at = sizeof(digits);

    do
        digits[--at] = (char) ('0' + number % 10);
    while ((number /= 10) > 0);
    bytes_put(bytes, digits + at, sizeof(digits) - at);
}

static void put_escaped(struct bytes *bytes, char byte)
{
    char letter = escape_letter(byte);

    bytes_put(bytes, "\\", 1);
    if (letter != 0) {
        bytes_put(bytes, &letter, 1);
        return;
    }
    bytes_put_word(bytes, byte < 16 ? "u000" : "u001");
    letter = "0123456789abcdef"[byte & 15];
    bytes_put(bytes, &letter, 1);
}

/* How many bytes at the start stand for themselves in a string. */
static size_t plain_prefix(const char *word)
{
    size_t plain = 0;

    while ((unsigned char) word[plain] >= ' ' && (unsigned char) word[plain] < 0x80 &&
           word[plain] != '"' && word[plain] != '\\')
        plain++;
    return plain;
}

void bytes_put_string(struct bytes *bytes, const char *word)
{
    bytes_put(bytes, "\"", 1);
    while (!bytes->failed) {
        size_t plain = plain_prefix(word);

        bytes_put(bytes, word, plain);
        word += plain;
        if (*word == '\0')
            break;
        bytes->failed |= (unsigned char) *word >= 0x80;
        put_escaped(bytes, *word++);
    }
    bytes_put(bytes, "\"", 1);
}

bool bytes_are(const char *word, const char *other)
{
    for (; *word != '\0' && *word == *other; word++)
        other++;
    return *word == *other;
}

bool bytes_begin(const char *text, size_t size, const char *start)
{
    size_t i = 0;

    while (i < size && start[i] != '\0' && text[i] == start[i])
        i++;
    return start[i] == '\0';
}

size_t bytes_take_number(const char *text, size_t size, unsigned long *ret)
{
    unsigned long number = 0;
    size_t        digits = 0;

    for (; digits < size && text[digits] >= '0' && text[digits] <= '9'; digits++) {
        if (digits == DIGITS_MAX)
            return 0;
        number = number * 10 + (unsigned long) (text[digits] - '0');
    }
    *ret = number;
    return digits;
}
