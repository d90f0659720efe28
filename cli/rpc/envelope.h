/* The members of JSON-RPC's objects that stand around the parameters and the results. */
#ifndef K3THREAD_CLI_RPC_ENVELOPE_H
#define K3THREAD_CLI_RPC_ENVELOPE_H

#include "cli/base/text.h"

#include <stdint.h>

#define ENVELOPE_VERSION "2.0"

/* The beginning of each object. */
#define ENVELOPE_START "{\"jsonrpc\":\"" ENVELOPE_VERSION "\""

/* Append the beginning of a request, or of a notification, up to its parameters, which the caller appends next. */
void envelope_begin_request(struct text *line, int64_t id, const char *method);
void envelope_begin_notification(struct text *line, const char *method);

/* Ends a request or a notification behind its parameters. */
void envelope_end(struct text *line);

#endif
