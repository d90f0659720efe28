/* How a thread ended, in words: "-" (not yet), "exit 0", "SIGTERM", "SystemExit, SIGTERM". */
#ifndef K3THREAD_CLI_BASE_RESULT_H
#define K3THREAD_CLI_BASE_RESULT_H

#include "cli/base/text.h"

/* EXCEPTION may be NULL or a name; EXIT_CODE is negative, and SIGNAL 0, where there is none. */
void result_add(struct text *text, const char *exception, int exit_code, int signal);

#endif
