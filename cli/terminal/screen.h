/*
 * The newest output of a terminal, as it is kept for the clients that join it, and what is known of the
 * screen: since which byte it shows what it shows, and which settings hold.
 *
 * Positions count the bytes of the output from the first.
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

/* How many bytes are kept, and how many a client that joins gets at most. */
#define SCREEN_KEPT   ((size_t) 256 * 1024)
#define SCREEN_REPLAY ((size_t) 64 * 1024)

/* One terminal's output. */
struct screen {
    char           *ring; /* SCREEN_KEPT bytes */
    uint64_t        end;  /* the position behind the newest byte */
    struct sequence sequence;
    struct modes    modes;
    uint64_t        begin;           /* of the sequence that has begun */
    uint64_t        home;            /* of the last sequence, if that moved the cursor home */
    bool            was_home;        /* the last sequence did, and nothing followed it */
    bool            is_cleared;      /* the screen was cleared at `clear` */
    uint64_t        clear;           /* since when the screen shows what it shows */
    bool            main_is_cleared; /* the same of the main screen, while the other one is shown */
    uint64_t        main_clear;
    uint64_t        left_other; /* when the alternate screen was left last */
};

/* Initialises SCREEN. Returns 0 or -ENOMEM. */
int screen_open(struct screen *screen);

void screen_close(struct screen *screen);

/* Adds output. */
void screen_append(struct screen *screen, const char *data, size_t size);

/*
 * Copies up to SIZE bytes of output from *POSITION on to DATA, and moves *POSITION behind them. Returns
 * how many, or -1 if the bytes there are no longer kept.
 */
ssize_t screen_copy(const struct screen *screen, uint64_t *position, char *data, size_t size);

/*
 * Adds what a terminal must get to show this screen: the output since the screen was last cleared, at
 * most SCREEN_REPLAY bytes, without the sequences that a terminal would answer, and the settings.
 */
void screen_replay(const struct screen *screen, struct text *text);

#endif
