/*
 * The newest output of a terminal, kept for the clients that attach later. From the output this file finds
 * two things that a replay needs: the settings, and the position of the last clear. The output from that position
 * on has made the contents of the screen.
 *
 * A position counts the bytes of the output, from the first byte of all.
 */
#ifndef K3THREAD_CLI_TERMINAL_SCREEN_H
#define K3THREAD_CLI_TERMINAL_SCREEN_H

#include "cli/base/text.h"
#include "cli/terminal/modes.h"
#include "cli/terminal/sequence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The number of bytes of output that are kept, and the most bytes that a replay has. */
#define SCREEN_KEPT   ((size_t) 256 * 1024)
#define SCREEN_REPLAY ((size_t) 64 * 1024)

/* One terminal's output. */
struct screen {
    char           *ring; /* SCREEN_KEPT bytes */
    uint64_t        end;  /* the position behind the newest byte */
    struct sequence sequence;
    struct modes    modes;
    uint64_t        begin;      /* the position of the newest sequence */
    uint64_t        home;       /* the position of the last sequence that moved the cursor home */
    bool            was_home;   /* at most sequences of colours have followed that sequence */
    bool            is_cleared; /* the screen was cleared at `clear` */
    uint64_t        clear;      /* the position of the last clear; 0: from the first byte on */
    bool            main_is_cleared; /* is_cleared of the main screen, ... */
    uint64_t        main_clear;      /* ... and clear, while the alternate screen is shown */
    uint64_t        left_alternate;  /* the position where the program left the alternate screen */
};

/* Initialises SCREEN. Returns 0 or -ENOMEM. */
int screen_open(struct screen *screen);

void screen_close(struct screen *screen);

/* Adds output. */
void screen_append(struct screen *screen, const char *data, size_t size);

/*
 * Copies up to SIZE bytes of output from *POSITION on to DATA, and moves *POSITION behind them. Returns the
 * number of bytes copied, or -1 if the bytes at *POSITION are no longer kept.
 */
ssize_t screen_copy(const struct screen *screen, uint64_t *position, char *data, size_t size);

/*
 * Adds the bytes that make a terminal show this screen: the settings, and the output since the last clear,
 * at most SCREEN_REPLAY bytes of it, without the sequences that a terminal would answer.
 */
void screen_replay(const struct screen *screen, struct text *text);

#endif
