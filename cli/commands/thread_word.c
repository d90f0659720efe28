#include "cli/commands/thread_word.h"

#include "cli/base/thread_name.h"
#include "cli/client/request.h"
#include "cli/rpc/bytes.h"

#include <string.h>

json_t *thread_to_json(const char *word)
{
    int64_t id;

    return request_is_id(word, &id) ? json_integer(id) : bytes_to_json(word);
}

bool thread_is_pattern(const char *word)
{
    return strpbrk(word, THREAD_PATTERN_BYTES) != NULL;
}
