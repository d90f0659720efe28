/*
 * Writes JSON. A thread's object is written for each event and each row of a list, so it is
 * written straight into the line, without a tree of values in between. jansson reads JSON.
 */
#ifndef K3THREAD_CLI_RPC_WRITE_H
#define K3THREAD_CLI_RPC_WRITE_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdint.h>

/* Each function appends to TEXT. */

void write_integer(struct text *text, int64_t number);

/* Writes SECONDS exactly to the microsecond. */
void write_seconds(struct text *text, double seconds);

/* Writes a string of SIZE bytes of UTF-8, no NUL among them. */
void write_text(struct text *text, const char *bytes, size_t size);

/* Puts the escapes of a string into the bytes of TEXT from BEGIN to its end. */
void write_escapes(struct text *text, size_t begin);

/* Writes a string, or for bytes that are not UTF-8 the object that bytes.h describes. */
void write_bytes(struct text *text, const char *bytes);

/* Writes a list of STRINGS, which end with NULL, each as write_bytes() does. */
void write_strings(struct text *text, char *const *strings);

/* Writes any SIZE bytes, as the object that bytes.h describes. */
void write_base64(struct text *text, const char *bytes, size_t size);

/*
 * Writes "NAME": after a comma, unless an object or a list begins just here. NAME is a plain word.
 */
void write_name(struct text *text, const char *name);

/* Writes a comma, unless an object or a list begins just here. */
void write_comma(struct text *text);

void write_json(struct text *text, const json_t *value);

#endif
