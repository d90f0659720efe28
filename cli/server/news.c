#include "cli/server/news.h"

#include "cli/base/exceptions.h"
#include "cli/rpc/bytes.h"
#include "cli/server/threads_raise.h"

#include <stdlib.h>
#include <string.h>

static bool refuse(const char **ret_why, const char *what)
{
    *ret_why = what;
    return false;
}

/* Reads one thread that has started. Returns false if it is not one. */
static bool take_started(struct attachment *attachment, const json_t *value, const char **ret_why)
{
    const char  *name = json_string_value(json_object_get(value, "name"));
    const char  *state = json_string_value(json_object_get(value, "state"));
    json_int_t   id = json_integer_value(json_object_get(value, "id"));
    struct inner thread = {
        .id = (uint64_t) id,
        .tid = (pid_t) json_integer_value(json_object_get(value, "tid")),
        .daemon = json_is_true(json_object_get(value, "daemon")),
        .delayed = state != NULL && strcmp(state, "delayed") == 0,
    };

    if (id <= 0)
        return refuse(ret_why, "a thread that has started needs an \"id\", a positive number");
    if (name == NULL || !inner_is_name(name))
        return refuse(ret_why, "a thread that has started needs a \"name\", escaped for a shell");
    attachment_thread_started(attachment, &thread, name);
    return true;
}

static bool take_ended(struct attachment *attachment, const json_t *value, const char **ret_why)
{
    if (!json_is_integer(value))
        return refuse(ret_why, "\"ended\" must be a list of ids");
    attachment_thread_ended(attachment, (uint64_t) json_integer_value(value));
    return true;
}

/* Returns the type NAME that is known everywhere, or that the process has published; or NULL. */
static const k3thread_exctype *find_type(const struct attachment *attachment, const char *name)
{
    const k3thread_exctype *type = attachment_find_type(attachment, name);

    return type != NULL ? type : exceptions_find(name);
}

/* Returns the type NAME, which the process has defined now or before; or NULL. */
static const k3thread_exctype *learn(const struct attachment *attachment, const char *name,
                                     const k3thread_exctype *base)
{
    return exceptions_learn(name, base, &attachment_record(attachment)->types);
}

static bool take_published(struct attachment *attachment, const json_t *value, const char **ret_why)
{
    const char             *name = json_string_value(json_object_get(value, "name"));
    const char             *base_name = json_string_value(json_object_get(value, "base"));
    const k3thread_exctype *base = base_name != NULL ? find_type(attachment, base_name) : NULL;
    const k3thread_exctype *type;

    if (name == NULL || base == NULL || exceptions_signal(base) != 0)
        return refuse(ret_why, "a published exception needs a \"name\" and a known \"base\"");
    type = learn(attachment, name, base);
    if (type == NULL || exceptions_signal(type) != 0)
        return refuse(ret_why, "no exception can be published under this name");
    return attachment_publish(attachment, type) ||
           refuse(ret_why, "too many exceptions are published");
}

/* Calls TAKE for each element of LIST, which may be NULL. Returns false at the first that is wrong. */
static bool take_all(struct attachment *attachment, const json_t *list, const char *what,
                     bool (*take)(struct attachment *attachment, const json_t *value,
                                  const char **ret_why),
                     const char **ret_why)
{
    const json_t *value;
    size_t        i;

    if (list != NULL && !json_is_array(list))
        return refuse(ret_why, what);
    json_array_foreach((json_t *) list, i, value)
        if (!take(attachment, value, ret_why))
            return false;
    return true;
}

/* Takes the exception that ends the process. */
static bool take_exception(struct attachment *attachment, const struct news *news,
                           const char **ret_why)
{
    const k3thread_exctype *type = find_type(attachment, news->exception);
    char                   *bytes = NULL;

    if (news->message != NULL && bytes_from_json(news->message, &bytes) != 0)
        return refuse(ret_why, "\"message\" must be a string");
    if (type == NULL)
        type = learn(attachment, news->exception, &k3thread_Exception);
    if (type != NULL)
        threads_told(attachment_record(attachment), type, bytes);
    free(bytes);
    return type != NULL || refuse(ret_why, "no exception has this name");
}

bool news_take(struct attachment *attachment, const struct news *news, const char **ret_why)
{
    return take_all(attachment, news->started, "\"started\" must be a list of threads",
                    take_started, ret_why) &&
           take_all(attachment, news->ended, "\"ended\" must be a list of ids", take_ended,
                    ret_why) &&
           take_all(attachment, news->published, "\"published\" must be a list of exceptions",
                    take_published, ret_why) &&
           (news->exception == NULL || take_exception(attachment, news, ret_why));
}
