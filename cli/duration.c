#include "cli/duration.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct unit {
    const char *suffix;
    double      seconds;
} units[] = {
    {"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"h", 3600}, {"d", 86400},
};

/* strtod() would also take signs, blanks, hexadecimal numbers, "inf" and "nan". */
static bool starts_decimal(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return (digits > 0 || (text[0] == '.' && strspn(text + 1, "0123456789") > 0)) &&
           text[digits] != 'x' && text[digits] != 'X';
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

void duration_add(struct text *text, double seconds)
{
    unsigned long long whole;

    if (!(seconds > 0)) /* a clock that was set back */
        seconds = 0;
    if (seconds < 59.95) {
        unsigned tenths = (unsigned) (seconds * 10 + 0.5);

        text_number(text, tenths / 10, 1);
        text_byte(text, '.', 1);
        text_number(text, tenths % 10, 1);
        text_byte(text, 's', 1);
        return;
    }
    whole = seconds < 1e15 ? (unsigned long long) (seconds + 0.05) : 1000000000000000ULL;
    if (whole < 3600)
        text_printf(text, "%llum%02llus", whole / 60, whole % 60);
    else if (whole < 86400)
        text_printf(text, "%lluh%02llum", whole / 3600, whole / 60 % 60);
    else
        text_printf(text, "%llud%02lluh", whole / 86400, whole / 3600 % 24);
}
