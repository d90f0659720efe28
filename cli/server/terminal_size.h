/* The size of a terminal among the parameters of a request. */
#ifndef K3THREAD_CLI_SERVER_TERMINAL_SIZE_H
#define K3THREAD_CLI_SERVER_TERMINAL_SIZE_H

#include "cli/server/call.h"
#include "cli/terminal/pty.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Makes a size of ROWS and COLUMNS, where 0 means the default. Returns false, with CALL failed, if one
 * is out of range.
 */
bool terminal_size_check(struct call *call, json_int_t rows, json_int_t columns,
                         struct pty_size *ret);

#endif
