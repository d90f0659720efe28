/* Whether a command is there, as exec will find it. */
#ifndef K3THREAD_CLI_COMMANDS_EXECUTABLE_H
#define K3THREAD_CLI_COMMANDS_EXECUTABLE_H

#include <stdbool.h>

/*
 * Is NAME, from the current directory or along PATH, a file that we may execute? Exec can fail all
 * the same, as when it is no program.
 */
bool executable_is_there(const char *name);

#endif
