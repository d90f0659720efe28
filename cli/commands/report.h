/* How a command reports a failure, and prints what it was asked for. */
#ifndef K3THREAD_CLI_COMMANDS_REPORT_H
#define K3THREAD_CLI_COMMANDS_REPORT_H

#include "cli/base/text.h"
#include "cli/commands/session.h"

#include <jansson.h>
#include <stdbool.h>

/* Prints "k3thread: COMMAND: TYPE: …" on standard error; TYPE may be NULL. Returns STATUS. */
__attribute__((format(printf, 4, 5))) int command_fail(const struct invocation *call, int status,
                                                       const char *type, const char *format, ...);

/* Prints WHY, a sentence, as command_fail() does, and releases it. Returns STATUS. */
int command_fail_text(const struct invocation *call, int status, const char *type,
                      struct text *why);

/* Reports that there is no memory. Returns STATUS. */
int command_fail_memory(const struct invocation *call, int status);

/* Reports what the session's client failed with. Returns the exit status that stands for it. */
int command_failed(const struct invocation *call);

/*
 * Reports why the command of THREAD, which has ended, never ran: nothing else tells that. OF_SEVERAL: names
 * the thread, and reports also that a process of it could not be ended.
 */
void command_explain_end(const struct invocation *call, const json_t *thread, bool of_several);

/*
 * Returns STATUS for a command that exits as a thread did: k3thread's own failures must not look like the
 * thread's.
 */
int command_own_failure(int status);

/* Prints TEXT on standard output. Returns 0, or 1 after saying why that is not possible. */
int command_print(const struct invocation *call, const struct text *text);

/* The same, as the command of that NAME (NULL: as the program). */
int report_print(const char *name, const struct text *text);

#endif
