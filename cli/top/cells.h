/* Writes the cells of a row: the contents of the columns for one thread. */
#ifndef K3THREAD_CLI_TOP_CELLS_H
#define K3THREAD_CLI_TOP_CELLS_H

#include "cli/base/text.h"
#include "cli/top/row.h"

/* Each function adds a cell to TEXT. TIME is now, on the monotonic clock. */
void cells_add_time(struct text *text, const struct row *row, double time);
void cells_add_percent(struct text *text, const struct row *row);
void cells_add_memory(struct text *text, const struct row *row);

/* Returns the time at which the cell of cells_add_time() will change, or INFINITY. TIME is now. */
double cells_next_time(const struct row *row, double time);

#endif
