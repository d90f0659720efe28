#include "cli/commands/completion_ask.h"

#include "cli/base/thread_name.h"
#include "cli/commands/command.h"

#include <string.h>

/* The seconds that a supervisor has to answer. */
#define ANSWER_WITHIN 3

/* Returns the parameters of the list of threads that COMMAND accepts and that CURRENT may become. */
static json_t *list_params(const struct command *command, const char *current)
{
    const char *slash = strchr(current, '/');

    if (slash == NULL || (command->flags & COMMAND_INNER) == 0)
        return json_pack("{s:b}", "live", (command->flags & COMMAND_ENDED) == 0);
    return json_pack("{s:[s%]}", "threads", current, (size_t) (slash + 1 - current));
}

/* Returns the first of the COUNT WORDS that names threads, or NULL. */
static const char *find_thread(char *const *words, size_t count)
{
    const struct command *command;

    for (size_t i = 1; i < count; i++)
        if (complete_kind_at(words, i, words[i], &command) == COMPLETE_THREAD)
            return words[i];
    return NULL;
}

/* Returns the parameters of the list of the exceptions of THREAD, or of the thread whose process has it; or NULL. */
static json_t *exceptions_params(const char *thread)
{
    if (thread == NULL || strcspn(thread, THREAD_PATTERN_BYTES) < strcspn(thread, "/"))
        return NULL; /* the processes of a pattern may have published different ones */
    return json_pack("{s:s%}", "thread", thread, strcspn(thread, "/"));
}

/* Connects without a message about a failure. Returns false if there is no supervisor. */
static bool connect_silently(struct session *session)
{
    struct text why = {0};
    int         error = session_find_place(session, &why);

    text_release(&why);
    session->is_silent = true;
    return error == 0 && session_connect(session, false) == 0;
}

/*
 * Calls METHOD. Gives up if the supervisor does not reply in time: the user waits at a prompt, which may be the prompt
 * of `shell` in this process.
 */
static json_t *ask(struct session *session, const char *method, json_t *params)
{
    struct reply reply;
    json_t      *listed;

    if (params == NULL || !connect_silently(session)) {
        json_decref(params);
        return NULL;
    }
    if (client_call_within(&session->client, method, params, ANSWER_WITHIN, &reply) != 0)
        return NULL;
    listed = json_deep_copy(reply.result);
    reply_release(&reply);
    return listed;
}

json_t *complete_ask(struct session *session, enum complete_kind kind, char *const *words,
                     size_t count, const char *current)
{
    switch (kind) {
    case COMPLETE_THREAD:
    case COMPLETE_NEED:
        return ask(session, "list", list_params(command_find(words[0]), current));
    case COMPLETE_EXCEPTION:
        return ask(session, "exceptions", exceptions_params(find_thread(words, count)));
    default:
        return NULL;
    }
}
