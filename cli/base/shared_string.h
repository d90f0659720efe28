/*
 * A string that never changes and that several owners share, each with a reference of its own. It is
 * freed with the last reference. Any thread.
 */
#ifndef K3THREAD_CLI_BASE_SHARED_STRING_H
#define K3THREAD_CLI_BASE_SHARED_STRING_H

#include "cli/base/text.h"

/* Returns the first reference to a copy of STRING, or NULL without memory. */
const char *shared_string_new(const char *string);

/* Copies the bytes of TEXT likewise, and releases TEXT. Returns NULL also if TEXT is incomplete. */
const char *shared_string_from_text(struct text *text);

/* Returns one more reference to STRING, which comes from here. NULL is fine. */
const char *shared_string_ref(const char *string);

/* Drops a reference. NULL is fine. */
void shared_string_unref(const char *string);

#endif
