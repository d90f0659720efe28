/*
 * JSON, written. A thread's object is written for each event and each row of a list, so it goes
 * into the line straight away, without a tree in between; what is read is jansson's.
 */
#ifndef K3THREAD_CLI_RPC_WRITE_H
#define K3THREAD_CLI_RPC_WRITE_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdint.h>

void write_integer(struct text *text, int64_t number);

/* Exact to the microsecond. */
void write_seconds(struct text *text, double seconds);

/* A string of SIZE bytes of UTF-8, no NUL among them. */
void write_text(struct text *text, const char *bytes, size_t size);

/* Escapes what stands from BEGIN to the end of TEXT as it has to be inside of a string. */
void write_escapes(struct text *text, size_t begin);

/* A string, or what bytes.h makes of bytes that are not UTF-8. */
void write_bytes(struct text *text, const char *bytes);

/* "NAME":, after a comma unless an object or a list begins just here. NAME is a plain word. */
void write_name(struct text *text, const char *name);

/* A comma, unless an object or a list begins just here. */
void write_comma(struct text *text);

void write_json(struct text *text, const json_t *value);

#endif
