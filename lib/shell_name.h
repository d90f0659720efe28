/* Escapes the names of threads for a shell: a byte that a word or a pattern of a shell could not have becomes \xNN. */
#ifndef K3THREAD_SHELL_NAME_H
#define K3THREAD_SHELL_NAME_H

#include "k3thread.h"

#define K3T_SHELL_NAME_SIZE (4 * K3THREAD_NAME_MAX + 1)

/* Writes NAME, which has at most K3THREAD_NAME_MAX bytes, with these escapes. */
void k3t_shell_name(const char *name, char ret[K3T_SHELL_NAME_SIZE]);

/* Decodes the escapes in NAME. Returns false if NAME is longer than any escaped name. */
bool k3t_shell_name_read(const char *name, char ret[K3T_SHELL_NAME_SIZE]);

#endif
