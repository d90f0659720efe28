/*
 * Prints much output with two threads: while the thread of the printer's user writes one block to a file, a helper
 * takes the next from the logs; then the helper writes that block, while the user does other work and takes the one
 * after it. For printer.c.
 *
 * Each thread writes the block that it has taken, whose bytes are in the cache of its processor: the kernel copies
 * bytes from the cache of another processor at less than half of the speed.
 *
 * No lock is needed. While the helper takes, pair_write() does not return, so nobody else uses the printer. While the
 * helper writes, it uses nothing but the block.
 */
#ifndef K3THREAD_CLI_VIEW_PRINTER_PAIR_H
#define K3THREAD_CLI_VIEW_PRINTER_PAIR_H

#include "cli/view/printer_source.h"

#include <stdbool.h>

/* While this many bytes of each of the two blocks wait to be written, no more lines are taken. */
#define PAIR_BLOCK_SIZE (1024U * 1024)

struct pair;

/* Gives PRINTER a helper. Returns false if it gets none. */
bool pair_open(struct printer *printer);

/* Returns true if PRINTER has a helper that was given a block, and whose end pair_finish() has not seen. */
bool pair_is_busy(const struct printer *printer);

/* Returns the descriptor that can be read when the helper, which is busy, is done. */
int pair_fd(const struct printer *printer);

/* Waits until the helper, if there is one, has written its block. Returns 0 or -errno. */
int pair_finish(struct printer *printer);

/*
 * Writes the bytes that wait, and gives the block behind them to the helper, which is not busy. Returns 0, -ENOMEM, or
 * -errno of the write; after an error, the helper is not busy and the rest is to be dropped.
 */
int pair_write(struct printer *printer);

/* Finishes, and frees the helper, if there is one. */
void pair_close(struct printer *printer);

#endif
