#include "cli/rpc/bytes.h"

#include "cli/rpc/base64.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

json_t *bytes_to_json(const char *data)
{
    return bytes_to_json_n(data, strlen(data));
}

static json_t *encode(const char *data, size_t size)
{
    char   *encoded = base64_encode(data, size);
    json_t *object;

    if (encoded == NULL)
        return NULL;
    object = json_pack("{s:s}", "base64", encoded);
    free(encoded);
    return object;
}

json_t *bytes_to_json_n(const char *data, size_t size)
{
    json_t *text = json_stringn(data, size); /* NULL unless it is UTF-8 */

    return text != NULL ? text : encode(data, size);
}

json_t *bytes_any_to_json(const char *data, size_t size)
{
    return memchr(data, '\0', size) != NULL ? encode(data, size) : bytes_to_json_n(data, size);
}

static int copy_bytes(const char *data, size_t size, char **ret, size_t *ret_size)
{
    char *copy = malloc(size + 1);

    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy, data, size);
    copy[size] = '\0';
    *ret = copy;
    *ret_size = size;
    return 0;
}

int bytes_any_from_json(const json_t *value, char **ret, size_t *ret_size)
{
    const json_t *encoded = json_object_get(value, "base64");

    if (json_is_string(value))
        return copy_bytes(json_string_value(value), json_string_length(value), ret, ret_size);
    if (!json_is_string(encoded) || json_object_size(value) != 1)
        return -EINVAL;
    return base64_decode(json_string_value(encoded), json_string_length(encoded), ret, ret_size);
}

int bytes_from_json(const json_t *value, char **ret)
{
    char  *data;
    size_t size;
    int    error = bytes_any_from_json(value, &data, &size);

    if (error != 0)
        return error;
    if (strlen(data) != size) {
        free(data);
        return -EILSEQ;
    }
    *ret = data;
    return 0;
}
