/*
 * The rule for the names of threads. The supervisor applies the rule to each start. A Procfile's entries and the words
 * of `run --each` follow it too (cli/script/procfile.c, each.c). The library has a wider rule of its own for the
 * threads inside a program: name_is_legal() in lib/start.c.
 */
#ifndef K3THREAD_CLI_BASE_THREAD_NAME_H
#define K3THREAD_CLI_BASE_THREAD_NAME_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* The longest name, in bytes. */
#define THREAD_NAME_MAX 64

/* The words of a message for a longer name. */
#define THREAD_NAME_TOO_LONG "longer than 64 bytes"

/* A word that holds one of these bytes is a pattern, not a name or an id. */
#define THREAD_PATTERN_BYTES "*?["

/* The bytes, besides control characters, that a name cannot have: '/' stands before a thread inside a process. */
#define THREAD_NAME_FORBIDDEN "/]\\" THREAD_PATTERN_BYTES

/* Returns true if the LENGTH bytes at WORD are all digits, as an id's are. */
bool thread_name_is_id(const char *word, size_t length);

/* Returns true if BYTE may be in a name. */
bool thread_name_has(char byte);

/* Returns true if NAME can be the name of a thread. Otherwise puts the reason into WHY. */
bool thread_name_check(const char *name, struct text *why);

#endif
