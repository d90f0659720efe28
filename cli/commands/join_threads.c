#include "cli/commands/join_threads.h"

#include "cli/base/status.h"
#include "cli/client/request.h"
#include "cli/commands/report.h"
#include "cli/commands/targets.h"
#include "cli/rpc/bytes.h"
#include "cli/view/output.h"
#include "cli/view/progress.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Returns the word for PARAMETER, to be freed, or NULL without memory. */
static char *word_of(const json_t *parameter)
{
    char *word;

    if (json_is_integer(parameter))
        return asprintf(&word, "%" JSON_INTEGER_FORMAT, json_integer_value(parameter)) < 0 ? NULL
                                                                                           : word;
    return bytes_from_json(parameter, &word) == 0 ? word : NULL;
}

/* Returns true if WANTED waits for the ends of threads. */
static bool is_for_end(const struct join_request *wanted)
{
    return !wanted->ready && wanted->until == NULL;
}

static int send_join(struct client *client, json_t *thread, const struct join_request *wanted)
{
    char               *word = word_of(target_word(thread));
    struct join_request request = *wanted;
    struct text         params = {.failed = word == NULL};

    request.thread = word;
    if (word != NULL)
        request_write_join(&params, &request);
    free(word);
    return client_send_written(client, "join", &params, NULL);
}

/* Sends all requests. Returns 0 or -errno. */
static int send_joins(struct client *client, const json_t *threads,
                      const struct join_request *wanted)
{
    json_t *thread;
    size_t  i;

    json_array_foreach((json_t *) threads, i, thread) {
        int error = send_join(client, thread, wanted);

        if (error != 0)
            return error;
    }
    return 0;
}

static void add_thread(struct text *text, const json_t *thread)
{
    const json_t *name = json_object_get(thread, "name");

    if (name != NULL)
        thread = name;
    if (json_is_integer(thread))
        text_printf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(thread));
    else
        thread_add_bytes(text, thread);
}

/* Shows the last lines of a thread that ended before it was ready, because they may name the reason. */
static void show_tail(const struct reply *reply)
{
    const json_t *error = json_object_get(reply->message, "error");
    const json_t *tail = json_object_get(json_object_get(error, "data"), "tail");
    char         *bytes;

    if (tail == NULL || bytes_from_json(tail, &bytes) != 0)
        return;
    (void) output_write(STDERR_FILENO, bytes,
                        strlen(bytes)); /* standard error has taken a message before */
    free(bytes);
}

/*
 * Returns true if THREAD was listed, and was then cleared. *RET_STATUS becomes the status of its
 * end, as far as the list shows it.
 */
static bool was_cleared(const struct client *client, const json_t *thread, int *ret_status)
{
    if (client->failure.status != STATUS_NO_THREAD || json_object_get(thread, "id") == NULL)
        return false;
    *ret_status = json_is_number(json_object_get(thread, "ended")) ? thread_status(thread) : 0;
    return true;
}

/* Takes the reply to the join of THREAD, an element of join_threads()'s array. */
static struct joined take_end(const struct invocation *invocation, const json_t *thread,
                              const struct join_request *wanted, const struct reply *reply)
{
    struct client *client = &invocation->session->client;
    bool           ends = is_for_end(wanted);
    struct joined  end = {.seen = true, .done = true};

    if (client_check(client, reply) == 0) {
        if (ends)
            command_explain_end(invocation, reply->result, true);
        end.status = ends ? thread_status(reply->result) : 0;
        end.unended = json_is_integer(json_object_get(reply->result, "unended"));
    } else if (!ends || !was_cleared(client, thread, &end.status)) {
        end.done = false;
        end.status = command_failed(invocation);
        show_tail(reply);
    }
    return end;
}

/*
 * Asks the supervisor for the condition that each of THREADS waits for, if a terminal shows it. Returns a
 * list of objects, or NULL.
 */
static json_t *ask_what_for(struct client *client, const json_t *threads)
{
    json_t      *names = progress_is_seen() ? json_array() : NULL;
    json_t      *thread, *known = NULL;
    struct reply reply;
    size_t       i;

    json_array_foreach((json_t *) threads, i, thread)
        if (names != NULL && json_array_append(names, target_word(thread)) != 0)
            break;
    if (names != NULL && client_call(client, "list",
                                     json_pack("{s:O, s:[sss]}", "threads", names, "members", "id",
                                               "name", "waits_for"),
                                     &reply) == 0) {
        known = json_incref((json_t *) reply.result);
        reply_release(&reply);
    }
    json_decref(names);
    return known;
}

/* Adds the condition that THREAD waits for, if KNOWN has it. */
static void add_what_for(struct text *text, const json_t *known, json_t *thread)
{
    const json_t *parameter = target_word(thread);
    const json_t *other;
    size_t        i;

    json_array_foreach((json_t *) known, i, other)
        if (json_object_get(other, "waits_for") != NULL &&
            (json_equal(parameter, json_object_get(other, "id")) ||
             json_equal(parameter, json_object_get(other, "name")))) {
            text_add(text, ", which waits for ");
            thread_add_bytes(text, json_object_get(other, "waits_for"));
        }
}

/* Adds the probe UNTIL, which may be NULL. */
static void add_until(struct text *text, const char *until)
{
    if (until == NULL)
        return;
    text_add(text, ", until this holds: ");
    text_add_escaped(text, until, strlen(until));
}

/* The line that shows on a terminal which threads a join waits for. */
struct join_progress {
    const json_t              *threads;
    json_t                    *known; /* from ask_what_for() */
    const struct join_request *wanted;
};

/* Returns words for the threads that the join has waited for: "4 of 9 have ended". */
static const char *words_for(const struct join_request *wanted)
{
    if (wanted->until != NULL)
        return "have shown it";
    return wanted->ready ? "are ready" : "have ended";
}

/* Shows the progress of a join that waits for several threads, or for more than the end of a thread. */
static void show_progress(struct join_progress *waiting, const struct joined *joined,
                          size_t missing)
{
    size_t      count = json_array_size(waiting->threads), next = 0;
    struct text text = {0};

    if ((count < 2 && is_for_end(waiting->wanted)) || !progress_is_seen())
        return;
    while (next < count && joined[next].seen)
        next++;
    if (missing > 0) {
        if (count > 1)
            text_printf(&text, "%zu of %zu %s, ", count - missing, count,
                        words_for(waiting->wanted));
        text_add(&text, "waiting for ");
        add_thread(&text, json_array_get(waiting->threads, next));
        add_what_for(&text, waiting->known, json_array_get(waiting->threads, next));
        if (missing > 1)
            text_printf(&text, " and %zu more", missing - 1);
        add_until(&text, waiting->wanted->until);
    }
    progress_show(&text);
    text_release(&text);
}

/* Fills JOINED, as join_threads() says. Returns 0 or -errno. */
static int join_all(const struct invocation *invocation, const json_t *threads,
                    const struct join_request *wanted, struct joined *joined)
{
    struct client       *client = &invocation->session->client;
    size_t               count = json_array_size(threads);
    size_t               missing = count;
    struct join_progress waiting = {
        .threads = threads,
        .known = wanted->ready ? ask_what_for(client, threads) : NULL,
        .wanted = wanted,
    };
    json_int_t first = client_next_id(client);
    int        error = send_joins(client, threads, wanted);

    while (error == 0 && missing > 0) {
        struct reply reply;

        show_progress(&waiting, joined, missing);
        error = client_receive(client, &reply);
        if (error != 0)
            break;
        if (reply.id >= first && (size_t) (reply.id - first) < count) {
            size_t index = (size_t) (reply.id - first);

            joined[index] = take_end(invocation, json_array_get(threads, index), wanted, &reply);
            missing--;
        }
        reply_release(&reply);
    }
    show_progress(&waiting, joined, 0);
    json_decref(waiting.known);
    return error;
}

struct joined *join_threads(const struct invocation *invocation, const json_t *threads,
                            const struct join_request *wanted, int *ret_status)
{
    struct joined *joined = calloc(json_array_size(threads) + 1, sizeof(*joined));

    if (joined == NULL) {
        *ret_status = command_fail_memory(invocation, STATUS_FAILED);
        return NULL;
    }
    if (join_all(invocation, threads, wanted, joined) == 0)
        return joined;
    *ret_status = command_failed(invocation);
    free(joined);
    return NULL;
}
