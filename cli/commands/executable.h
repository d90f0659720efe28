/* Looks for a command where exec will look for it. */
#ifndef K3THREAD_CLI_COMMANDS_EXECUTABLE_H
#define K3THREAD_CLI_COMMANDS_EXECUTABLE_H

#include <stdbool.h>

/*
 * Returns true if NAME, as a path or in a directory of PATH, is a file that this process may
 * execute. Exec can still fail, for example if the file is not a program.
 */
bool executable_is_there(const char *name);

#endif
