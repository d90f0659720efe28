/* Writes the error objects of replies. */
#ifndef K3THREAD_CLI_SERVER_ERROR_H
#define K3THREAD_CLI_SERVER_ERROR_H

#include "cli/base/text.h"
#include "cli/rpc/protocol.h"

/*
 * Appends the object of an error. DATA holds more members for its data, already written as JSON, or
 * is empty. Bytes of MESSAGE that are not UTF-8 are written as \xNN.
 */
void error_write(struct text *text, enum protocol_error code, const char *message,
                 const struct text *data);

#endif
