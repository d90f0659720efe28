/* Reports a command's failures, and prints its output. */
#ifndef K3THREAD_CLI_COMMANDS_REPORT_H
#define K3THREAD_CLI_COMMANDS_REPORT_H

#include "cli/base/text.h"
#include "cli/commands/session.h"

#include <jansson.h>
#include <stdbool.h>

/* Prints "k3thread: COMMAND: TYPE: …" on standard error; TYPE may be NULL. Returns STATUS. */
__attribute__((format(printf, 4, 5))) int command_fail(const struct invocation *invocation,
                                                       int status, const char *type,
                                                       const char *format, ...);

/* Prints the sentence WHY in the same way, and releases WHY. Returns STATUS. */
int command_fail_text(const struct invocation *invocation, int status, const char *type,
                      struct text *why);

/* Reports that memory is lacking. Returns STATUS. */
int command_fail_memory(const struct invocation *invocation, int status);

/* Reports the failure of the session's client. Returns the exit status for it. */
int command_failed(const struct invocation *invocation);

/*
 * Reports the reason why the command of THREAD, which has ended, never ran: no other message has it.
 * OF_SEVERAL: names the thread, and also reports a process of it that could not be ended.
 */
void command_explain_end(const struct invocation *invocation, const json_t *thread,
                         bool of_several);

/*
 * Returns the status for a failure of k3thread with STATUS, in a command that exits as its thread
 * did: k3thread's own failures must not look like the thread's.
 */
int command_own_failure(int status);

/* Prints TEXT on standard output. Returns 0, or 1 after reporting a failure. */
int command_print(const struct invocation *invocation, const struct text *text);

/* Prints TEXT as command_print() does; a failure is reported as one of the command NAME, or of the program if NULL. */
int report_print(const char *name, const struct text *text);

#endif
