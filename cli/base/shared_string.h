/*
 * A string that never changes and that several owners share, each with a reference of its own. It is
 * freed with the last reference. Any thread.
 */
#ifndef K3THREAD_CLI_BASE_SHARED_STRING_H
#define K3THREAD_CLI_BASE_SHARED_STRING_H

#include "cli/base/text.h"

/* Returns the first reference to a copy of STRING, or NULL without memory. */
const char *shared_string_new(const char *string);

/* Returns the first reference to a copy of TEXT, and releases TEXT. NULL without memory, also if TEXT has failed. */
const char *shared_string_from_text(struct text *text);

/* Returns one more reference to STRING, which one of the functions above has returned. STRING may be NULL. */
const char *shared_string_ref(const char *string);

/* Drops a reference. STRING may be NULL. */
void shared_string_unref(const char *string);

#endif
