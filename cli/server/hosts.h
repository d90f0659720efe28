/*
 * The other machines of a run (run --hosts): which of them are there, and how many commands each of them runs.
 *
 * A command runs on the first machine of the list with a free slot, or on the one that its start names. The
 * carrier (cli/remote/carrier.h) says when a machine's agent is up, and when it is lost. After the first
 * machine is up, commands wait a moment for those that are still being reached. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_HOSTS_H
#define K3THREAD_CLI_SERVER_HOSTS_H

#include "cli/base/text.h"
#include "cli/worker/seat.h"

#include <jansson.h>
#include <stdbool.h>

/* Returns true if this supervisor runs its commands on other machines. */
bool hosts_are_used(void);

/* Returns true if a command whose machine is lost runs on another one. */
bool hosts_reschedule(void);

/*
 * Takes LIST, the machines as objects with name, slots (null: as many as there are processors) and socket. Returns
 * 0, -ENOMEM, or -EINVAL with WHY.
 */
int hosts_set(const json_t *list, bool reschedule, struct text *why);

/* Returns true if NAME is one of the machines; if not, WHY says which there are. */
bool hosts_have(const char *name, struct text *why);

/* Notes that the agent of NAME is up, on a machine with so many PROCESSORS; or that it is lost, and why. */
void hosts_up(const char *name, unsigned processors);
void hosts_down(const char *name, const char *why);

/* Notes that the agent of SEAT does not answer. */
void hosts_lose(const struct seat *seat);

/* Returns true if the agent of SEAT is up, as far as is known. */
bool hosts_is_there(const struct seat *seat);

/*
 * Returns true if a look at the queue may be of use: a machine has a free slot, or one is lost, so that commands for
 * it must fail.
 */
bool hosts_have_room(void);

/*
 * Returns the machine for a command, or NULL if it has to wait. WANTED is the machine's name, or NULL for any.
 * A command that COUNTS takes a slot. If the machine, or every machine, is lost, that one is returned: the command
 * then fails there.
 */
const struct seat *hosts_take(const char *wanted, bool counts);
void               hosts_give_back(const struct seat *seat, bool counts);

/* Returns after how many seconds a command that waits may have to be looked at again, or -1. */
double hosts_due(void);

#endif
