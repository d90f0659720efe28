/* Finds the program k3thread-host, which calls the functions of `start --call`. */
#ifndef K3THREAD_CLI_WORKER_HOST_PATH_H
#define K3THREAD_CLI_WORKER_HOST_PATH_H

#include "cli/base/text.h"

/*
 * Returns the path of k3thread-host, to be freed: beside this program, in ../libexec/k3thread, or in LIBEXECDIR.
 * Returns NULL if it is in none of them; WHY then names them.
 */
char *host_path_find(struct text *why);

#endif
