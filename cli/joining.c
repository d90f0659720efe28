#include "cli/joining.h"

#include "cli/rpc/bytes.h"
#include "cli/status.h"
#include "cli/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

json_t *thread_to_json(const char *thread)
{
    size_t digits = strspn(thread, "0123456789");

    if (digits > 0 && digits <= 18 && thread[digits] == '\0') /* more would not fit */
        return json_integer(strtoll(thread, NULL, 10));
    return bytes_to_json(thread);
}

bool thread_is_pattern(const char *thread)
{
    return strpbrk(thread, "*?[") != NULL;
}

static json_t *make_params(json_t *thread, double timeout)
{
    if (timeout < 0)
        return json_pack("{s:O}", "thread", thread);
    return json_pack("{s:O, s:f}", "thread", thread, "timeout", timeout);
}

/* Sends all requests; the ids of their replies are FIRST and those that follow it. */
static int send_joins(struct client *client, const json_t *threads, double timeout,
                      json_int_t *ret_first)
{
    json_t *thread;
    size_t  i;

    json_array_foreach((json_t *) threads, i, thread) {
        json_int_t id;
        int        error = client_send(client, "join", make_params(thread, timeout), &id);

        if (error != 0)
            return error;
        if (i == 0)
            *ret_first = id;
    }
    return 0;
}

/* The supervisor only says that the time is up; of several threads, one wants to know whose. */
static void name_late_one(struct client *client, const json_t *thread)
{
    struct text name = {0};

    if (json_is_integer(thread))
        text_printf(&name, "%" JSON_INTEGER_FORMAT, json_integer_value(thread));
    else
        view_add_bytes(&name, thread);
    client_fail(client, -ETIMEDOUT, STATUS_TIMEOUT, "TimeoutError", "thread '%.*s' has not ended",
                (int) name.size, name.data);
    text_release(&name);
}

static struct joined take_end(const struct call *call, const json_t *thread,
                              const struct reply *reply)
{
    struct client *client = &call->session->client;

    if (client_check(client, reply) != 0) {
        if (client->failure.status == STATUS_TIMEOUT)
            name_late_one(client, thread);
        return (struct joined){.ended = false, .status = command_failed(call)};
    }
    return (struct joined){.ended = true, .status = view_status(reply->result)};
}

int join_threads(const struct call *call, const json_t *threads, double timeout, struct joined *ret)
{
    struct client *client = &call->session->client;
    size_t         count = json_array_size(threads);
    size_t         missing = count;
    json_int_t     first = 0;
    int            error = send_joins(client, threads, timeout, &first);

    while (error == 0 && missing > 0) {
        struct reply reply;

        error = client_receive(client, &reply);
        if (error != 0)
            break;
        if (reply.id >= first && (size_t) (reply.id - first) < count) {
            size_t index = (size_t) (reply.id - first);

            ret[index] = take_end(call, json_array_get(threads, index), &reply);
            missing--;
        }
        reply_release(&reply);
    }
    return error;
}
