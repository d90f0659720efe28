#include "cli/commands/targets.h"

#include "cli/base/status.h"
#include "cli/commands/report.h"
#include "cli/commands/thread_word.h"

#include <stdbool.h>

/*
 * Makes a key for NAME, which is an object if it is not valid text. The keys differ, because no
 * name holds a '/'.
 */
static void add_key(struct text *key, const json_t *name)
{
    key->size = 0;
    if (json_is_string(name))
        text_add(key, json_string_value(name));
    else
        text_printf(key, "/%s", json_string_value(json_object_get(name, "base64")));
    text_append(key, "", 1);
}

/*
 * Returns the newest thread of each name, because a name or a pattern stands for the newest thread.
 */
static json_t *newest_of_names(const json_t *threads)
{
    json_t       *newest = json_object();
    struct text   key = {0};
    const json_t *thread;
    size_t        i;
    int           error = 0;

    json_array_foreach((json_t *) threads, i, thread) {
        add_key(&key, json_object_get(thread, "name"));
        error |= key.failed || json_object_set(newest, key.data, (json_t *) thread) != 0;
    }
    text_release(&key);
    if (error == 0)
        return newest;
    json_decref(newest);
    return NULL;
}

/* Appends the threads that the supervisor lists for PARAMS. Returns the exit status. */
static int append_listed(const struct invocation *invocation, json_t *params, json_t *targets)
{
    struct reply reply;
    json_t      *newest;
    const char  *name;
    json_t      *thread;
    int          error;

    if (client_call(&invocation->session->client, "list", params, &reply) != 0)
        return command_failed(invocation);
    newest = newest_of_names(reply.result);
    reply_release(&reply);
    error = newest == NULL;
    json_object_foreach(newest, name, thread)
        error |= json_array_append(targets, thread);
    json_decref(newest);
    return error == 0 ? STATUS_DONE : command_fail_memory(invocation, STATUS_FAILED);
}

static int append_pattern(const struct invocation *invocation, const char *pattern, json_t *targets)
{
    size_t before = json_array_size(targets);
    int status = append_listed(invocation, json_pack("{s:[o]}", "threads", thread_to_json(pattern)),
                               targets);

    if (status != STATUS_DONE || json_array_size(targets) > before)
        return status;
    return command_fail(invocation, STATUS_NO_THREAD, "InvalidThreadIdError", "no thread fits '%s'",
                        pattern);
}

static int append_word(const struct invocation *invocation, const char *thread, json_t *targets)
{
    if (thread_is_pattern(thread))
        return append_pattern(invocation, thread, targets);
    if (json_array_append_new(targets, thread_to_json(thread)) != 0)
        return command_fail_memory(invocation, STATUS_FAILED);
    return STATUS_DONE;
}

/*
 * Returns the WORDS that are not patterns, as parameters of a request; NULL if memory is lacking.
 */
static json_t *exact_words(char **words)
{
    json_t *exact = json_array();
    int     error = exact == NULL;

    for (; *words != NULL && error == 0; words++)
        if (!thread_is_pattern(*words))
            error = json_array_append_new(exact, thread_to_json(*words));
    if (error == 0)
        return exact;
    json_decref(exact);
    return NULL;
}

/*
 * Fails if one of several WORDS names no thread. Otherwise the command would report that only after the
 * other threads have ended. Without names the list is that of all threads.
 */
static int check_words(const struct invocation *invocation, char **words)
{
    json_t      *exact;
    struct reply reply;

    if (words[1] == NULL)
        return STATUS_DONE;
    exact = exact_words(words);
    if (exact == NULL)
        return command_fail_memory(invocation, STATUS_FAILED);
    if (client_call(&invocation->session->client, "list",
                    json_pack("{s:o, s:[s]}", "threads", exact, "members", "id"), &reply) != 0)
        return command_failed(invocation);
    reply_release(&reply);
    return STATUS_DONE;
}

/* Returns TARGETS if STATUS says that all were found. Otherwise releases them, and sets *RET_STATUS. */
static json_t *conclude(json_t *targets, int status, int *ret_status)
{
    if (status == STATUS_DONE)
        return targets;
    json_decref(targets);
    *ret_status = status;
    return NULL;
}

json_t *targets_find(const struct invocation *invocation, char **words, int *ret_status)
{
    json_t *targets = json_array();
    int     status = targets != NULL ? check_words(invocation, words)
                                     : command_fail_memory(invocation, STATUS_FAILED);

    for (; *words != NULL && status == STATUS_DONE; words++)
        status = append_word(invocation, *words, targets);
    return conclude(targets, status, ret_status);
}

json_t *targets_find_live(const struct invocation *invocation, int *ret_status)
{
    json_t *targets = json_array();
    int status = targets != NULL ? append_listed(invocation, json_pack("{s:b}", "live", 1), targets)
                                 : command_fail_memory(invocation, STATUS_FAILED);

    return conclude(targets, status, ret_status);
}

json_t *target_word(json_t *target)
{
    json_t *id = json_object_get(target, "id");

    return id != NULL ? id : target;
}
