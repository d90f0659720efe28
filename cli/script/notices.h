/*
 * The notices of `run` about its threads, which are printed on standard error while the threads
 * run. Each function adds a line to a text, unless its comment says otherwise.
 */
#ifndef K3THREAD_CLI_SCRIPT_NOTICES_H
#define K3THREAD_CLI_SCRIPT_NOTICES_H

#include "cli/base/text.h"
#include "cli/place/place.h"

#include <jansson.h>

/* Adds that THREAD has ended, and that its end ends all threads. */
void notices_ends_all(struct text *text, const json_t *thread);

/* Adds that the daemon THREAD has failed, and the last lines of LOG (NULL: none). */
void notices_daemon_failed(struct text *text, const json_t *thread, const char *log);

/* Adds that the command of THREAD, which had to wait, was not run; adds nothing if it ran. */
void notices_not_run(struct text *text, const json_t *thread);

/* Adds that a process of THREAD could not be ended; adds nothing if all have ended. */
void notices_unended(struct text *text, const json_t *thread);

/* Adds the leftovers of THREAD; adds nothing if there are none. */
void notices_left(struct text *text, const json_t *thread);

/* Adds that the file system of LOGS is full. */
void notices_full(struct text *text, const char *logs);

/* Adds that THREAD's command runs again. */
void notices_restarted(struct text *text, const json_t *thread);

/* Adds the probe that THREAD waits for; adds nothing if it waits for none. */
void notices_not_ready(struct text *text, const json_t *thread);

/* Adds that the run was not over after SECONDS. */
void notices_timed_out(struct text *text, double seconds);

/*
 * Prints HOW, the end of the supervisor at PLACE, and the reason from its journal. Prints it at once,
 * because the journal may be removed with PLACE.
 */
void notices_supervisor_ended(const struct place *place, const char *how);

/*
 * Adds HOW, the end of the supervisor at PLACE, and the last line of its journal. Adds no newline.
 */
void notices_add_supervisor(struct text *text, const struct place *place, const char *how);

/* Adds that the script has ended and has started only daemons, which now end too. */
void notices_only_daemons(struct text *text);

#endif
