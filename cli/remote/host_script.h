/* The bytes that a machine gets before its agent is up: the script (bootstrap.h), and the program if it lacks that. */
#ifndef K3THREAD_CLI_REMOTE_HOST_SCRIPT_H
#define K3THREAD_CLI_REMOTE_HOST_SCRIPT_H

#include "cli/base/byte_queue.h"
#include "cli/base/text.h"

#include <stdbool.h>

/* Adds the script to QUEUE. Returns false with WHY if this program cannot be read. */
bool host_script_add(struct byte_queue *queue, struct text *why);

/*
 * Adds the program to QUEUE. Returns false with WHY if it does not run there: MACHINE is the processor there, as
 * uname(1) names it.
 */
bool host_script_add_program(struct byte_queue *queue, const char *machine, struct text *why);

/* Frees the copy of the program. */
void host_script_forget(void);

#endif
