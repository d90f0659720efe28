#include "cli/top/cells.h"

#include "cli/base/duration.h"
#include "cli/base/size.h"

#include <math.h>

#define MINUTE 60.0
#define HOUR   3600.0
#define DAY    86400.0

/* While a command runs, its time is shown in whole seconds, so that the screen changes at most once a second. */
void cells_add_time(struct text *text, const struct row *row, double time)
{
    double seconds = row_seconds(row, time);

    if (isnan(seconds))
        text_byte(text, '-', 1);
    else if (row_runs(row) && seconds < MINUTE)
        text_printf(text, "%ds", seconds > 0 ? (int) seconds : 0);
    else
        duration_add(text, row_runs(row) ? floor(seconds) : seconds);
}

double cells_next_time(const struct row *row, double time)
{
    double seconds = row_seconds(row, time);
    double unit = seconds < HOUR ? 1 : seconds < DAY ? MINUTE : HOUR;

    if (!row_runs(row))
        return INFINITY;
    return time + unit - fmod(fmax(seconds, 0), unit);
}

void cells_add_percent(struct text *text, const struct row *row)
{
    if (!row_runs(row) || isnan(row->live.percent))
        text_byte(text, '-', 1);
    else
        text_printf(text, "%.*f", row->live.percent < 99.95 ? 1 : 0, row->live.percent);
}

void cells_add_memory(struct text *text, const struct row *row)
{
    if (!row_runs(row) || row->live.time <= 0)
        text_byte(text, '-', 1);
    else
        size_add(text, row->live.memory);
}
