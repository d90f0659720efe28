/* Base64 (RFC 4648, with padding). */
#ifndef K3THREAD_CLI_RPC_BASE64_H
#define K3THREAD_CLI_RPC_BASE64_H

#include <stddef.h>

/* Encodes SIZE bytes of DATA. Returns a new NUL-terminated string, or NULL without memory. */
char *base64_encode(const void *data, size_t size);

/*
 * Decodes TEXT into a new buffer with a NUL behind its *RET_SIZE bytes.
 * Returns 0, -EINVAL when TEXT is not strict base64, or -ENOMEM.
 */
int base64_decode(const char *text, size_t length, char **ret, size_t *ret_size);

#endif
