#include "cli/commands/attach_start.h"

static void keep_notice(void *context, const json_t *params)
{
    struct attach_start *start = context;

    (void) json_array_append(start->notices, (json_t *) params); /* without memory, it is lost */
}

int attach_start_send(struct attach_start *start, struct client *client, struct text *params,
                      struct reply *ret)
{
    json_int_t id = 0;
    int        error;

    attach_start_close(start);
    *start = (struct attach_start){.client = client, .notices = json_array()};
    client->notify = keep_notice;
    client->notify_context = start;
    error = client_queue_written(client, "start", params, &id);
    if (error == 0)
        error = client_send(client, "join", json_object(), &start->join);
    while (error == 0) {
        error = client_receive(client, ret);
        if (error != 0)
            break;
        if (ret->id == id) {
            start->thread = json_incref((json_t *) ret->result);
            return client_take(client, ret);
        }
        attach_start_take(start, ret);
        reply_release(ret);
    }
    return error;
}

void attach_start_take(struct attach_start *start, const struct reply *reply)
{
    if (reply->id != start->join)
        return;
    start->joined = true;
    start->end = json_incref((json_t *) reply->result);
}

void attach_start_close(struct attach_start *start)
{
    if (start->client != NULL)
        start->client->notify = NULL;
    json_decref(start->notices);
    json_decref(start->thread);
    json_decref(start->end);
    *start = (struct attach_start){0};
}
