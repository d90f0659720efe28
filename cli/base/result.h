/* The result of a thread, in words: "-" (not ended), "exit 0", "SIGTERM", "SystemExit, SIGTERM". */
#ifndef K3THREAD_CLI_BASE_RESULT_H
#define K3THREAD_CLI_BASE_RESULT_H

#include "cli/base/text.h"

/* Appends the result. EXCEPTION is a name or NULL; EXIT_CODE is negative, and SIGNAL 0, if there is none. */
void result_add(struct text *text, const char *exception, int exit_code, int signal);

#endif
