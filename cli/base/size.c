#include "cli/base/size.h"

void size_add(struct text *text, uint64_t bytes)
{
    static const char suffixes[] = "KMGTPE";
    size_t            unit = 0;
    uint64_t          tenths;

    if (bytes < 1024) {
        text_number(text, bytes, 1);
        return;
    }
    while (bytes >= (uint64_t) 1024 * 1000) { /* a number has at most three digits */
        bytes /= 1024;
        unit++;
    }
    tenths = (bytes * 10 + 512) / 1024;
    if (tenths < 100) {
        text_number(text, tenths / 10, 1);
        text_byte(text, '.', 1);
        text_number(text, tenths % 10, 1);
    } else {
        text_number(text, (tenths + 5) / 10, 1);
    }
    text_byte(text, suffixes[unit], 1);
}
