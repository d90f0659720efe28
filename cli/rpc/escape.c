#include "cli/rpc/escape.h"

#include "cli/base/byte_scan.h"
#include "lib/json/escape.h"

#include <stdbool.h>

/* Marks the bytes of WORD that do not stand for themselves (byte_scan.h). */
static inline uint64_t mark_special(uint64_t word)
{
    return BYTE_SCAN_LESS(word, ' ') | BYTE_SCAN_IS(word, '"') | BYTE_SCAN_IS(word, '\\');
}

size_t escape_plain(const char *bytes, size_t size)
{
    return byte_scan_unmarked(bytes, size, mark_special);
}

static void add_escape(struct text *text, char byte)
{
    char letter = json_letter_of(byte);

    text_byte(text, '\\', 1);
    if (letter != 0) {
        text_byte(text, letter, 1);
        return;
    }
    text_add(text, byte < 16 ? "u000" : "u001");
    text_byte(text, "0123456789abcdef"[byte & 15], 1);
}

void escape_add(struct text *text, const char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t plain = escape_plain(bytes + done, size - done);

        text_append(text, bytes + done, plain);
        done += plain;
        if (done < size)
            add_escape(text, bytes[done++]);
    }
}

/* The progress in a string whose escapes are taken out: SIZE bytes at STRING are still to be read. */
struct removal {
    const char *string;
    size_t      size;
    char       *out;
};

/* Takes out the escape that comes next. Returns false if no escape comes next, or one with digits. */
static bool take_escape(struct removal *removal)
{
    char byte = 0;

    if (removal->size >= 2 && removal->string[0] == '\\')
        byte = json_meaning_of(removal->string[1]);
    if (byte == 0)
        return false;
    *removal->out++ = byte;
    removal->string += 2;
    removal->size -= 2;
    return true;
}

/* Moves on behind COUNT bytes, which were copied. */
static void skip(struct removal *removal, size_t count)
{
    removal->string += count;
    removal->out += count;
    removal->size -= count;
}

size_t escape_remove(const char *string, size_t size, char *ret)
{
    struct removal removal = {string, size, ret};
    uint64_t       seen = 0;

    while (removal.size >= sizeof(uint64_t)) {
        uint64_t word = byte_scan_load(removal.string), special = mark_special(word);

        memcpy(removal.out, &word,
               sizeof(word)); /* there is room: what is left of RET is as long */
        seen |= word;
        skip(&removal, special != 0 ? byte_scan_first(special) : sizeof(word));
        if (special != 0 && !take_escape(&removal))
            return 0;
    }
    while (removal.size > 0) {
        unsigned char byte = (unsigned char) removal.string[0];

        *removal.out = (char) byte;
        seen |= byte;
        if (byte >= ' ' && byte != '"' && byte != '\\')
            skip(&removal, 1);
        else if (!take_escape(&removal))
            return 0;
    }
    size = (size_t) (removal.out - ret);
    return BYTE_SCAN_HIGH(seen) != 0 && !text_is_utf8(ret, size) ? 0 : size;
}
