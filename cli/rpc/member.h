/*
 * Writes the members of a JSON object. If a value is missing, its function writes nothing: the reader of a request or
 * a report uses the default of a member that is left out.
 */
#ifndef K3THREAD_CLI_RPC_MEMBER_H
#define K3THREAD_CLI_RPC_MEMBER_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Each function appends the member NAME, a plain word, to an object that TEXT has begun. */

void member_write_integer(struct text *text, const char *name, int64_t number);

/* Writes nothing if SECONDS are negative. */
void member_write_seconds(struct text *text, const char *name, double seconds);

/* Writes nothing if STRING is NULL. */
void member_write_string(struct text *text, const char *name, const char *string);

/* Writes nothing if VALUE is false. */
void member_write_true(struct text *text, const char *name, bool value);

/* Writes a list of STRINGS, which end with NULL. */
void member_write_strings(struct text *text, const char *name, char *const *strings);

/* Writes the name of an exception, and its MESSAGE unless that is NULL or empty. */
void member_write_exception(struct text *text, const char *exception, const char *message);

#endif
