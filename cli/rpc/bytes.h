/*
 * Bytes in JSON. Arguments, environment and paths are bytes, not text: UTF-8 is sent as a string,
 * anything else as {"base64": "…"}.
 */
#ifndef K3THREAD_CLI_RPC_BYTES_H
#define K3THREAD_CLI_RPC_BYTES_H

#include <jansson.h>
#include <stddef.h>

/* Return DATA, which holds no NUL, as JSON: a new reference, or NULL without memory. */
json_t *bytes_to_json(const char *data);
json_t *bytes_to_json_n(const char *data, size_t size);

/*
 * Sets *RET to the bytes of VALUE as a new NUL-terminated string, to be freed by the caller.
 * Returns 0, -EINVAL when VALUE is neither a string nor a base64 object, -EILSEQ when it holds a
 * NUL, or -ENOMEM.
 */
int bytes_from_json(const json_t *value, char **ret);

/*
 * Do the same for bytes that may hold a NUL, which are always sent as {"base64": "…"}. *RET has one more
 * NUL behind its *RET_SIZE bytes. bytes_any_from_json() returns 0, -EINVAL or -ENOMEM.
 */
json_t *bytes_any_to_json(const char *data, size_t size);
int     bytes_any_from_json(const json_t *value, char **ret, size_t *ret_size);

#endif
