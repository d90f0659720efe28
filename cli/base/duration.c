#include "cli/base/duration.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct unit {
    const char *suffix;
    double      seconds;
} units[] = {
    {"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"h", 3600}, {"d", 86400},
};

/*
 * Returns true if strtod() would read only a decimal number in TEXT: it also takes signs, blanks, "0x", "inf", "nan".
 */
static bool starts_decimal(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return (digits > 0 || text[0] == '.') && text[digits] != 'x' && text[digits] != 'X';
}

int duration_parse(const char *text, double *ret)
{
    char  *rest;
    double number;

    if (!starts_decimal(text))
        return -EINVAL;
    number = strtod(text, &rest);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(rest, units[i].suffix) != 0)
            continue;
        number *= units[i].seconds;
        if (!isfinite(number))
            return -EINVAL;
        *ret = number;
        return 0;
    }
    return -EINVAL;
}

/* Appends NUMBER in two units, as 125 in 2m05s. LETTERS are the two units; COUNT of the smaller make the larger. */
static void add_two(struct text *text, uint64_t number, unsigned count, const char *letters)
{
    text_number(text, number / count, 1);
    text_byte(text, letters[0], 1);
    text_number(text, number % count, 2);
    text_byte(text, letters[1], 1);
}

void duration_add(struct text *text, double seconds)
{
    uint64_t whole;

    if (!(seconds > 0)) /* a clock was set back */
        seconds = 0;
    if (seconds < 59.95) {
        unsigned tenths = (unsigned) (seconds * 10 + 0.5);

        text_number(text, tenths / 10, 1);
        text_byte(text, '.', 1);
        text_number(text, tenths % 10, 1);
        text_byte(text, 's', 1);
        return;
    }
    whole = seconds < 1e15 ? (uint64_t) (seconds + 0.05) : 1000000000000000U;
    if (whole < 3600)
        add_two(text, whole, 60, "ms");
    else if (whole < 86400)
        add_two(text, whole / 60, 60, "hm");
    else
        add_two(text, whole / 3600, 24, "dh");
}
