#include "cli/server/need_params.h"

#include "cli/rpc/bytes.h"
#include "cli/server/select.h"
#include "cli/server/store.h"
#include "cli/worker/mailbox.h"

#include <stdlib.h>
#include <string.h>

/*
 * Refuses a thread that needs a thread of its own name: it would wait for itself. A longer circle is impossible,
 * because every other name means a thread that is older.
 */
static struct record *refuse_circle(struct call *call, const char *name)
{
    const struct record *ended = store_find_name(name);

    if (ended == NULL)
        call_fail(call, PROTOCOL_VALUE_ERROR, "--needs goes in a circle: %s needs %s", name, name);
    else
        call_fail(
            call, PROTOCOL_VALUE_ERROR,
            "--needs goes in a circle: %s needs %s; the thread of that name that has ended is "
            "%llu",
            name, name, (unsigned long long) ended->id);
    return NULL;
}

/* Returns the advice that the message adds if no thread has the name in WORD. */
static const char *advise(const char *word)
{
    if (strchr(word, ':') != NULL)
        return "; a condition is :ready, :ended or :succeeded";
    return "; --needs takes threads that were started before";
}

/*
 * Returns the thread that a need of JOB means, and puts the condition into *RET. Returns NULL, with CALL
 * failed, if there is none.
 */
static struct record *find(struct call *call, const json_t *need, const struct job *job,
                           enum need_condition *ret)
{
    char *word;
    int   error;

    *ret = NEED_READY;
    if (json_is_integer(need))
        return select_for_call(call, need);
    error = bytes_from_json(need, &word);
    if (error != 0) {
        call_refuse(call, error, "\"needs\" must be a list of threads");
        return NULL;
    }
    word[need_word_split(word, ret)] = '\0';
    if (job->name == NULL || strcmp(word, job->name) != 0)
        return select_word_for_call(call, word, advise(word));
    free(word);
    return refuse_circle(call, job->name);
}

/* Returns the word for a need, to be freed, or NULL without memory. */
static char *make_word(const char *name, enum need_condition condition)
{
    static const char *const suffixes[] = {
#define X(name, suffix) suffix,
        NEED_CONDITIONS(X)
#undef X
    };
    struct text text = {0};

    text_add(&text, name);
    if (condition != NEED_READY)
        text_add(&text, suffixes[condition]);
    text_byte(&text, '\0', 1);
    if (!text.failed)
        return text.data;
    text_release(&text);
    return NULL;
}

/* Returns true if JOB has this need already. */
static bool has(const struct job *job, const struct record *record, enum need_condition condition)
{
    for (size_t i = 0; i < job->need_count; i++)
        if (job->needs[i].id == record->id && job->needs[i].condition == condition)
            return true;
    return false;
}

/* Adds a need of RECORD to JOB. From now on each report on RECORD wakes the server. */
static bool add(struct call *call, struct job *job, struct record *record,
                enum need_condition condition)
{
    struct need need = {
        .id = record->id,
        .condition = condition,
        .word = make_word(record->job.name, condition),
        .shown = record->now.shown,
    };

    if (need.word == NULL)
        return call_fail_memory(call);
    record->is_needed = true;
    mailbox_notify(&record->assignment.mail);
    job->needs[job->need_count++] = need;
    return true;
}

bool need_params_read(struct call *call, const json_t *needs, struct job *job)
{
    size_t count = json_array_size(needs);

    if (needs != NULL && !json_is_array(needs))
        return call_fail(call, PROTOCOL_TYPE_ERROR, "\"needs\" must be a list of threads");
    job->needs = calloc(count + 1, sizeof(*job->needs));
    if (job->needs == NULL)
        return call_fail_memory(call);
    for (size_t i = 0; i < count; i++) {
        enum need_condition condition;
        struct record      *record = find(call, json_array_get(needs, i), job, &condition);

        if (record == NULL || (!has(job, record, condition) && !add(call, job, record, condition)))
            return false;
    }
    return true;
}
