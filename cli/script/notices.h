/*
 * Notices of `run` about its threads, on standard error while they run: a line each, added to a text.
 */
#ifndef K3THREAD_CLI_SCRIPT_NOTICES_H
#define K3THREAD_CLI_SCRIPT_NOTICES_H

#include "cli/base/text.h"
#include "cli/place/place.h"

#include <jansson.h>

/* THREAD has ended, and its end ends all. */
void notices_ends_all(struct text *text, const json_t *thread);

/* The daemon THREAD has failed; LOG is where its last lines are, or NULL. */
void notices_daemon_failed(struct text *text, const json_t *thread, const char *log);

/* THREAD, which had to wait, has ended; adds nothing if its command ran. */
void notices_not_run(struct text *text, const json_t *thread);

/* THREAD has ended; adds nothing if all its processes did. */
void notices_unended(struct text *text, const json_t *thread);

/* The file system of LOGS is full. */
void notices_full(struct text *text, const char *logs);

/* THREAD's command runs again. */
void notices_restarted(struct text *text, const json_t *thread);

/* THREAD was asked for because it may wait to become ready; adds nothing if it does not. */
void notices_waits(struct text *text, const json_t *thread);

/* The run was not over after SECONDS. */
void notices_timed_out(struct text *text, double seconds);

/* Prints at once how the supervisor at PLACE ended. Its journal, which has more, may go with the place. */
void notices_supervisor_ended(const struct place *place, const char *how);

/* Adds to TEXT how the supervisor at PLACE ended, with the last words of its journal. */
void notices_add_supervisor(struct text *text, const struct place *place, const char *how);

/* The script is over, and with it all threads. */
void notices_only_daemons(struct text *text);

#endif
