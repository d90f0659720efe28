/* The one request that a plain command is, to the byte as the program writes it. */
#ifndef K3THREAD_CLI_QUICK_REQUEST_H
#define K3THREAD_CLI_QUICK_REQUEST_H

#include "cli/quick/bytes.h"
#include "cli/quick/words.h"

#include <stdbool.h>

enum quick_command { QUICK_START, QUICK_DAEMON, QUICK_JOIN, QUICK_RAISE, QUICK_LIST, QUICK_OTHER };

enum quick_command request_take_command(struct words *words);

/* Puts what the rest of WORDS says. False, or a REQUEST that failed: it is not plain. */
bool request_put(struct bytes *request, struct words *words, enum quick_command command);

#endif
