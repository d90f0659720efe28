/*
 * The numbers of the slots, for K3THREAD_SLOT. While there is a limit, each run of a command that takes
 * a slot has the lowest number that no other run has, so that the numbers are below the limit. How many
 * commands may run is not decided here: see cli/server/slots.h.
 *
 * A number is taken by the worker before its command begins, and given back when no process of the run
 * is left. If the limit is lowered, a command that still runs keeps its number.
 */
#ifndef K3THREAD_CLI_WORKER_SLOT_NUMBERS_H
#define K3THREAD_CLI_WORKER_SLOT_NUMBERS_H

#include <stdbool.h>

/* The number of a run that has none. */
#define SLOT_NUMBER_NONE (-1)

/* Says whether there is a limit. Without one, runs that begin get no number. */
void slot_numbers_set_limited(bool limited);

/*
 * Takes a number for a run: *RET is SLOT_NUMBER_NONE if there is no limit. Returns 0 or -ENOMEM. Any
 * thread.
 */
int slot_numbers_take(int *ret);

/* Gives back NUMBER, which may be SLOT_NUMBER_NONE. Any thread. */
void slot_numbers_give_back(int number);

#endif
