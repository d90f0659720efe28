#include "cli/commands/limits.h"

#include "cli/base/limit_names.h"
#include "cli/rpc/write.h"
#include "cli/view/message.h"

static void write_limit(struct text *params, __rlimit_resource_t resource, const char *name)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    (void) getrlimit(resource, &limit); /* fails for no resource that there is */
    write_name(params, name);
    text_byte(params, '[', 1);
    write_integer(params, limits_number(limit.rlim_cur));
    text_byte(params, ',', 1);
    write_integer(params, limits_number(limit.rlim_max));
    text_byte(params, ']', 1);
}

void limits_write(struct text *params)
{
    write_name(params, "limits");
    text_byte(params, '{', 1);
#define X(resource, name) write_limit(params, RLIMIT_##resource, name);
    LIMITS(X)
#undef X
    text_byte(params, '}', 1);
    write_name(params, "nice");
    write_integer(params, getpriority(PRIO_PROCESS, 0));
}

void limits_warn(const char *command, const json_t *result)
{
    const json_t *names = json_object_get(result, "limited");
    const json_t *name;
    struct text   words = {0};
    size_t        i;

    json_array_foreach(names, i, name)
        text_printf(&words, "%s%s", i > 0 ? ", " : "", json_string_value(name));
    if (words.size > 0)
        message_print(command, NULL,
                      "the command did not get your limits: the supervisor, which was started with "
                      "less, may not raise %.*s",
                      (int) words.size, words.data);
    text_release(&words);
}
