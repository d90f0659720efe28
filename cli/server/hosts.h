/*
 * The other machines of a run (run --hosts): which of them can be reached, how many commands each of them runs, and on
 * which of them a command is to run.
 *
 * A command runs on the first machine of the list with a free slot, or on the machine that its start names. The
 * carrier (cli/remote/carrier.h) says when a machine's agent is up, and when it is lost. The threads that wait
 * are in slot_queue.c, their order is in slot_lines.c. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_HOSTS_H
#define K3THREAD_CLI_SERVER_HOSTS_H

#include "cli/base/text.h"
#include "cli/worker/seat.h"

#include <jansson.h>
#include <stdbool.h>

/* Returns true if this supervisor runs its commands on other machines. */
bool hosts_are_used(void);

/* Returns true if a command whose machine is lost runs on another machine. */
bool hosts_reschedule(void);

/*
 * Takes LIST, the machines as objects with name, slots (null: as many as there are processors) and socket. Returns
 * 0, -ENOMEM, or -EINVAL with WHY.
 */
int hosts_set(const json_t *list, bool reschedule, struct text *why);

/* Returns the machine NAME, or NULL with WHY, which names the machines that there are. */
const struct seat *hosts_find(const char *name, struct text *why);

/* Returns the number of NAME, one of the machines, in the list; the first is 0. */
size_t hosts_index(const char *name);

/* Notes that the agent of SEAT is up, on a machine with PROCESSORS processors. */
void hosts_note_up(const struct seat *seat, unsigned processors);

/* Notes that the machine of SEAT is lost. WHY may be NULL: the reason is not known yet. */
void hosts_note_lost(const struct seat *seat, const char *why);

/* Notes that the agent of SEAT, a machine that is lost, has ended everything in SECONDS. */
void hosts_note_vacant(const struct seat *seat, double seconds);

/* Returns true if the agent of SEAT is up, as far as is known. */
bool hosts_is_up(const struct seat *seat);

/*
 * Returns the machine for a thread, or NULL if the thread has to wait. WANTED is the machine's name, or NULL for any.
 * A command that COUNTS takes a slot; a daemon does not count. If the wanted machine is lost, or every machine, returns
 * a lost machine: the command then fails there.
 */
const struct seat *hosts_take(const char *wanted, bool counts);

/* Gives back the slot, or the place of a daemon, that hosts_take() gave. */
void hosts_give_back(const struct seat *seat, bool counts);

/*
 * Returns the seconds until commands no longer wait for the machines that are being reached. Returns -1 if that time
 * has passed, if no machine is being reached, or if no machine is up yet, so that the time is not set. Call it before
 * the queue is advanced: then the time cannot pass unseen between the two.
 */
double hosts_due(void);

#endif
