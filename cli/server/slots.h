/*
 * The slots: counts how many commands may run at a time, and how many do. A thread that is no daemon holds
 * a slot from the time when its command may begin until the thread has ended, also in the pause before a
 * restart. slot_queue.c decides which thread gets the next slot. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_SLOTS_H
#define K3THREAD_CLI_SERVER_SLOTS_H

#include <stdbool.h>

/* The number of slots that stands for no limit. */
#define SLOTS_UNLIMITED (~0U)

/* Sets the number of slots. It may be less than the number of taken slots: these stay taken. */
void slots_set(unsigned number);

unsigned slots_number(void);

/* Returns the number of taken slots, which are counted also when there is no limit. */
unsigned slots_taken(void);

bool slots_are_free(void);

/* Take a slot, and give it back. */
void slots_take(void);
void slots_give_back(void);

#endif
