#include "cli/rpc/bytes.h"

#include "cli/rpc/base64.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

json_t *bytes_to_json(const char *data)
{
    return bytes_to_json_n(data, strlen(data));
}

json_t *bytes_to_json_n(const char *data, size_t size)
{
    json_t *text = json_stringn(data, size); /* NULL unless it is UTF-8 */
    char   *encoded;

    if (text != NULL)
        return text;
    encoded = base64_encode(data, size);
    if (encoded == NULL)
        return NULL;
    text = json_pack("{s:s}", "base64", encoded);
    free(encoded);
    return text;
}

static int copy_bytes(const char *data, size_t size, char **ret)
{
    char *copy;

    if (memchr(data, '\0', size) != NULL)
        return -EILSEQ;
    copy = malloc(size + 1);
    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy, data, size);
    copy[size] = '\0';
    *ret = copy;
    return 0;
}

int bytes_from_json(const json_t *value, char **ret)
{
    const json_t *encoded = json_object_get(value, "base64");
    char         *data;
    size_t        size;
    int           error;

    if (json_is_string(value))
        return copy_bytes(json_string_value(value), json_string_length(value), ret);
    if (!json_is_string(encoded) || json_object_size(value) != 1)
        return -EINVAL;
    error = base64_decode(json_string_value(encoded), json_string_length(encoded), &data, &size);
    if (error != 0)
        return error;
    if (strlen(data) != size) {
        free(data);
        return -EILSEQ;
    }
    *ret = data;
    return 0;
}
