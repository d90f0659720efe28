/* Finds the hosts that completion offers. */
#ifndef K3THREAD_CLI_COMMANDS_HOST_WORDS_H
#define K3THREAD_CLI_COMMANDS_HOST_WORDS_H

#include "cli/base/text.h"

/* Adds the hosts that the user's configuration of ssh names, each with a NUL behind it. */
void host_words_add(struct text *text);

#endif
