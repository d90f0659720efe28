#include "cli/rpc/base64.h"

#include "lib/json/base64.h"

#include <errno.h>
#include <stdlib.h>

char *base64_encode(const void *data, size_t size)
{
    char *ret = malloc(JSON_BASE64_SIZE(size) + 1);

    if (ret == NULL)
        return NULL;
    json_base64_encode(data, size, ret);
    ret[JSON_BASE64_SIZE(size)] = '\0';
    return ret;
}

int base64_decode(const char *text, size_t length, char **ret, size_t *ret_size)
{
    char *out = malloc(length / 4 * 3 + 1);

    if (out == NULL)
        return -ENOMEM;
    if (!json_base64_decode(text, length, out, ret_size)) {
        free(out);
        return -EINVAL;
    }
    out[*ret_size] = '\0';
    *ret = out;
    return 0;
}
