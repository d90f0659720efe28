/* The notification "output", which brings a client a piece of a command's output. */
#ifndef K3THREAD_CLI_SERVER_OUTPUT_NOTICE_H
#define K3THREAD_CLI_SERVER_OUTPUT_NOTICE_H

#include <stddef.h>

struct connection;

/* Queues the SIZE bytes at DATA for the client. */
void output_notice_send(struct connection *connection, const char *data, size_t size);

#endif
