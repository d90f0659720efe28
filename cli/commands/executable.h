/* Looking for a command where exec will look for it. */
#ifndef K3THREAD_CLI_COMMANDS_EXECUTABLE_H
#define K3THREAD_CLI_COMMANDS_EXECUTABLE_H

#include <stdbool.h>

/*
 * Returns true if NAME, from the current directory or along PATH, is a file that this process may
 * execute. Exec can fail all the same, for instance if the file is no program.
 */
bool executable_is_there(const char *name);

#endif
