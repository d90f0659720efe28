/* Finds the reason why a supervisor ended: the last line of its journal. */
#ifndef K3THREAD_CLI_PLACE_REASON_H
#define K3THREAD_CLI_PLACE_REASON_H

#include "cli/base/text.h"
#include "cli/place/place.h"

/* Appends ": " and the last line of PLACE's journal, without its date. Appends nothing if there is no such line. */
void reason_add(const struct place *place, struct text *text);

#endif
