/*
 * The numbers of the slots, for K3THREAD_SLOT. While there is a limit, each run of a command that takes
 * a slot has the lowest number that no other run has, so that the numbers are below the limit.
 * cli/server/slots.h decides how many commands may run.
 *
 * The worker takes a number before its command begins, and gives it back when no process of the run is left.
 * If the limit is lowered, a command that still runs keeps its number.
 */
#ifndef K3THREAD_CLI_WORKER_SLOT_NUMBERS_H
#define K3THREAD_CLI_WORKER_SLOT_NUMBERS_H

#include <stdbool.h>

/* The number of a run that has none. */
#define SLOT_NUMBER_NONE (-1)

/* Sets whether there is a limit. Without a limit, a run that begins gets no number. */
void slot_numbers_set_limited(bool limited);

/*
 * Takes a number for a run: *RET is SLOT_NUMBER_NONE if there is no limit. Returns 0 or -ENOMEM. Any
 * thread.
 */
int slot_numbers_take(int *ret);

/* Gives back NUMBER, which may be SLOT_NUMBER_NONE. Any thread. */
void slot_numbers_give_back(int number);

#endif
