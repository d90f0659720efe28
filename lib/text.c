#include "text.h"

#include <string.h>

void k3t_text_drop_partial(char *text, size_t length)
{
    size_t        start = length;
    size_t        size;
    unsigned char lead;

    while (start > 0 && length - start < 3 && ((unsigned char) text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    lead = (unsigned char) text[start - 1];
    size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < size)
        text[start - 1] = '\0';
}

void k3t_text_copy(char *ret, size_t size, const char *text)
{
    const size_t length = strnlen(text, size);

    memcpy(ret, text, length < size ? length : size - 1);
    ret[length < size ? length : size - 1] = '\0';
    if (length == size)
        k3t_text_drop_partial(ret, size - 1);
}
