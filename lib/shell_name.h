/* The names of threads as a shell writes them: a byte that a shell's word or a pattern could not have is \xNN. */
#ifndef K3THREAD_SHELL_NAME_H
#define K3THREAD_SHELL_NAME_H

#include "k3thread.h"

#define K3T_SHELL_NAME_SIZE (4 * K3THREAD_NAME_MAX + 1)

/* Writes NAME, of at most K3THREAD_NAME_MAX bytes, so escaped. */
void k3t_shell_name(const char *name, char ret[K3T_SHELL_NAME_SIZE]);

/* Takes the escapes out of NAME. Returns false if it is longer than an escaped name. */
bool k3t_shell_name_read(const char *name, char ret[K3T_SHELL_NAME_SIZE]);

#endif
