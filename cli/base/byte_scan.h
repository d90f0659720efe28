/*
 * Finds the first byte of a kind, eight bytes at a time. This makes tables fast: they are made of many short pieces,
 * and the program looks at every byte.
 *
 * A word has the bytes in the order of memory, lowest first, on both processors. Each BYTE_SCAN_ macro gives a word in
 * which the highest bit of a byte marks it. The lowest marked byte is the first byte of that kind; bytes behind it may
 * be marked wrongly.
 */
#ifndef K3THREAD_CLI_BASE_BYTE_SCAN_H
#define K3THREAD_CLI_BASE_BYTE_SCAN_H

#include <stddef.h>
#include <stdint.h>

#define BYTE_SCAN_ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Marks bytes with the highest bit. */
#define BYTE_SCAN_HIGH(word) ((word) &BYTE_SCAN_ALL(0x80))

/* Marks bytes less than LIMIT, at most 0x80. */
#define BYTE_SCAN_LESS(word, limit) BYTE_SCAN_HIGH(((word) -BYTE_SCAN_ALL(limit)) & ~(word))

/* Marks bytes that are BYTE. */
#define BYTE_SCAN_IS(word, byte) BYTE_SCAN_LESS((word) ^ BYTE_SCAN_ALL(byte), 1)

/* Reads eight bytes, at any address. The builtin is one instruction in the quick way too, which has no other. */
static inline uint64_t byte_scan_load(const char *bytes)
{
    uint64_t word;

    __builtin_memcpy(&word, bytes, sizeof(word));
    return word;
}

/* Returns the index of the first marked byte of MARKS, which are not 0. */
static inline size_t byte_scan_first(uint64_t marks)
{
    return (size_t) __builtin_ctzll(marks) / 8;
}

/*
 * Returns how many bytes at the start of DATA, of SIZE bytes, MARK does not mark. MARK is an inline function of the
 * macros above, which marks a byte in the same way wherever it stands.
 */
static inline size_t byte_scan_unmarked(const char *data, size_t size,
                                        uint64_t (*mark)(uint64_t word))
{
    size_t done = 0;

    for (; size - done >= sizeof(uint64_t); done += sizeof(uint64_t)) {
        uint64_t marks = mark(byte_scan_load(data + done));

        if (marks != 0)
            return done + byte_scan_first(marks);
    }
    while (done < size && mark(BYTE_SCAN_ALL((unsigned char) data[done])) == 0)
        done++;
    return done;
}

#endif
