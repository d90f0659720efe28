#include "cli/script/retry_targets.h"

#include "cli/base/status.h"
#include "cli/client/request.h"
#include "cli/commands/command.h"
#include "cli/commands/completion_kinds.h"
#include "cli/view/message.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Refuses WORD, which names a thread, if it is an id. Returns an exit status. */
static int check_id(const char *word)
{
    int64_t id;

    if (!request_is_id(word, &id))
        return STATUS_DONE;
    message_print("run", "ValueError",
                  "'%s' is an id, and with --retry another thread has that id; use a name", word);
    return STATUS_USAGE;
}

/* Replaces *RET by the COUNT words in BYTES, which it takes over. Returns an exit status. */
static int make_words(struct words *ret, struct text *bytes, size_t count)
{
    struct words words;

    if (words_make(&words, bytes, count) < 0) {
        message_no_memory("run");
        return STATUS_INTERNAL;
    }
    words_release(ret);
    *ret = words;
    return STATUS_DONE;
}

/* Starts */

/* Adds "--name NAME" to a start without a name. Returns an exit status. */
static int add_name(struct words *words, const char *name)
{
    struct text bytes = {0};
    size_t      count = 0;

    words_add(&bytes, words->list[0], &count);
    words_add(&bytes, "--name", &count);
    words_add(&bytes, name, &count);
    for (size_t i = 1; i < words->count; i++)
        words_add(&bytes, words->list[i], &count);
    return make_words(words, &bytes, count);
}

static int change_start(struct words *words, const struct retry_start *start)
{
    int status = STATUS_DONE;

    if (!start->runs) {
        words_release(words);
        return STATUS_DONE;
    }
    for (size_t i = 0; status == STATUS_DONE && i < start->outline.needs_count; i++)
        status = check_id(start->outline.needs[i]);
    if (status == STATUS_DONE && start->outline.name == NULL)
        status = add_name(words, start->name);
    return status;
}

/* Other commands */

/*
 * Returns true if NAME, which may be a pattern, fits only threads whose starts are left out. Looks only at the first
 * COUNT starts, which come before the command.
 */
static bool is_left_out(const struct retry_starts *starts, size_t count, const char *name)
{
    bool found = false;

    for (size_t i = 0; i < count; i++) {
        const struct retry_start *start = &starts->list[i];

        if (strcmp(start->name, name) != 0 && fnmatch(name, start->name, 0) != 0)
            continue;
        if (start->runs)
            return false;
        found = true;
    }
    return found;
}

/*
 * Removes the words for threads that are left out from a command, or all its words if it has no other thread.
 * COUNT is the number of starts before it. Returns an exit status.
 */
static int change_other(struct words *words, const struct retry_starts *starts, size_t count)
{
    struct text           bytes = {0};
    const struct command *command;
    size_t                kept = 0;
    bool                  acts = false;
    int                   status = STATUS_DONE;

    for (size_t i = 0; status == STATUS_DONE && i < words->count; i++) {
        char *word = words->list[i];

        if (complete_kind_at(words->list, i, word, &command) == COMPLETE_THREAD) {
            status = check_id(word);
            if (is_left_out(starts, count, word))
                continue;
            acts = true;
        }
        words_add(&bytes, word, &kept);
    }
    if (status == STATUS_DONE && kept < words->count && acts)
        return make_words(words, &bytes, kept);
    if (status == STATUS_DONE && kept < words->count)
        words_release(words);
    text_release(&bytes);
    return status;
}

int retry_leave_out(struct plan *plan, const struct retry_starts *starts, const char *name)
{
    size_t count = 0; /* the number of starts before the command */
    int    status = STATUS_DONE;

    for (size_t i = 0; status == STATUS_DONE && i < plan->count; i++) {
        struct words *words = &plan->commands[i].words;

        message_set_origin(name, plan->commands[i].line);
        if (count < starts->count && starts->list[count].command == i)
            status = change_start(words, &starts->list[count++]);
        else
            status = change_other(words, starts, count);
    }
    message_set_origin(NULL, 0);
    return status;
}
