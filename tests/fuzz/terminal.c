/* Fuzzes the reader of a terminal's output: any bytes, in pieces of any size. */
#include "cli/terminal/screen.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* The most that a replay adds to the output: the settings. */
#define SETTINGS_MAX 1024

/* Checks that a terminal that gets REPLAY answers nothing. */
static void check_silent(const struct text *replay)
{
    struct sequence sequence = {0};

    for (size_t i = 0; i < replay->size; i++) {
        MUST(replay->data[i] != 5);
        if (sequence_take(&sequence, replay->data[i]) == SEQUENCE_COMPLETE)
            MUST(!sequence_is_query(&sequence));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct screen whole, pieces;
    struct text   replay = {0}, other = {0};
    uint64_t      position = 0;
    char          copy[256];
    ssize_t       n;

    MUST(screen_open(&whole) == 0 && screen_open(&pieces) == 0);
    screen_append(&whole, (const char *) data, size);
    for (size_t at = 0; at < size;) {
        size_t wanted = 1 + (size_t) data[at] % 7;
        size_t piece = wanted < size - at ? wanted : size - at;

        screen_append(&pieces, (const char *) data + at, piece);
        at += piece;
    }
    screen_replay(&whole, &replay);
    screen_replay(&pieces, &other);
    MUST(replay.size == other.size && replay.size <= SCREEN_REPLAY + SETTINGS_MAX);
    MUST(replay.size == 0 || memcmp(replay.data, other.data, replay.size) == 0);
    check_silent(&replay);
    n = screen_copy(&whole, &position, copy, sizeof(copy));
    MUST(n == -1 ? size > SCREEN_KEPT : (size_t) n <= sizeof(copy));
    MUST(n <= 0 || memcmp(copy, data, (size_t) n) == 0);
    text_release(&replay);
    text_release(&other);
    screen_close(&whole);
    screen_close(&pieces);
    return 0;
}
