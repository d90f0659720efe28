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

/*
 * Returns true if SECOND may follow LEAD. Behind some lead bytes the second byte has limits: without them the form
 * would be longer than needed, or the character a surrogate or too large.
 */
static bool second_fits(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xE0:
        return second >= 0xA0;
    case 0xED:
        return second < 0xA0;
    case 0xF0:
        return second >= 0x90;
    case 0xF4:
        return second < 0x90;
    default:
        return true;
    }
}

size_t k3t_text_utf8_size(const char *text)
{
    const unsigned char *bytes = (const unsigned char *) text;
    const size_t         size = bytes[0] < 0x80   ? 1
                                : bytes[0] < 0xC2 ? 0
                                : bytes[0] < 0xE0 ? 2
                                : bytes[0] < 0xF0 ? 3
                                                  : 4;

    if (bytes[0] == 0 || size == 0 || bytes[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    return second_fits(bytes[0], bytes[1]) ? size : 0;
}

bool k3t_text_is_utf8(const char *text)
{
    size_t size;

    while ((size = k3t_text_utf8_size(text)) != 0)
        text += size;
    return *text == '\0';
}
