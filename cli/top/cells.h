/* The cells of a row: what each column of the screen shows of a thread. */
#ifndef K3THREAD_CLI_TOP_CELLS_H
#define K3THREAD_CLI_TOP_CELLS_H

#include "cli/base/text.h"
#include "cli/top/row.h"

/* Each adds a cell to TEXT. TIME is now, on the monotonic clock. */
void cells_add_time(struct text *text, const struct row *row, double time);
void cells_add_percent(struct text *text, const struct row *row);
void cells_add_memory(struct text *text, const struct row *row);

/* Returns when the cell of cells_add_time() will change, or INFINITY. TIME is now. */
double cells_next_time(const struct row *row, double time);

#endif
