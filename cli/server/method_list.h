/* Lists that are under way. */
#ifndef K3THREAD_CLI_SERVER_METHOD_LIST_H
#define K3THREAD_CLI_SERVER_METHOD_LIST_H

#include <stdbool.h>

struct listing;

/* Writes the next part of each list whose client can take it; returns whether there was one. */
bool listing_advance(void);

/* Drops a list whose call ends. NULL is fine. */
void listing_free(struct listing *listing);

#endif
