/*
 * The slots: how many commands may run at a time, and how many do. A thread that is no daemon holds a
 * slot from the time when its command may begin until the thread has ended, also in the pause before
 * a restart. Which thread gets the next slot is decided in threads.c. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_SLOTS_H
#define K3THREAD_CLI_SERVER_SLOTS_H

#include <stdbool.h>

/* The number of slots that stands for no limit. */
#define SLOTS_UNLIMITED (~0U)

/* Sets how many slots there are. Fewer than are taken is fine: none of them is taken away. */
void slots_set(unsigned number);

unsigned slots_number(void);

/* Returns how many slots are taken; counted without a limit, too. */
unsigned slots_taken(void);

bool slots_are_free(void);

/* Take a free slot, and give it back. */
void slots_take(void);
void slots_give_back(void);

#endif
