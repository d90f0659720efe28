#include "cli/server/terminal_size.h"

/* More than any terminal has; programs allocate memory for each cell. */
#define SIZE_MAX_ROWS 4096

static bool check(struct call *call, const char *name, json_int_t number)
{
    if (number >= 0 && number <= SIZE_MAX_ROWS)
        return true;
    return call_fail(call, PROTOCOL_VALUE_ERROR, "%s must be a number from 1 to %d, not %lld", name,
                     SIZE_MAX_ROWS, (long long) number);
}

bool terminal_size_check(struct call *call, json_int_t rows, json_int_t columns,
                         struct pty_size *ret)
{
    if (!check(call, "rows", rows) || !check(call, "columns", columns))
        return false;
    *ret = PTY_SIZE_DEFAULT;
    if (rows > 0)
        ret->rows = (unsigned short) rows;
    if (columns > 0)
        ret->columns = (unsigned short) columns;
    return true;
}
