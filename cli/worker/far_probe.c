#include "cli/worker/far_probe.h"

#include "cli/ready/ready.h"
#include "cli/rpc/member.h"
#include "cli/worker/remote.h"

#include <errno.h>
#include <math.h>

bool far_probe_is_wanted(const struct seat *seat, const char *spec)
{
    return seat != NULL && !ready_reads_log(spec);
}

/* Asks the agent to look for the probe; IS_FIRST: only once. Returns the id of the request. */
static int64_t ask(struct remote *remote, const struct far_probe *probe, bool is_first)
{
    struct text params = {0};

    text_byte(&params, '{', 1);
    member_write_integer(&params, "thread", (int64_t) probe->id);
    member_write_string(&params, "until", probe->spec);
    if (is_first)
        member_write_integer(&params, "timeout", 0);
    text_byte(&params, '}', 1);
    return remote_request(remote, "join", &params);
}

/* Returns the news that REPLY, the agent's reply, stands for. Puts a reason into WHY. */
static enum prober_news read_reply(const json_t *reply, struct text *why)
{
    const json_t *error = json_object_get(reply, "error");
    const char   *message = json_string_value(json_object_get(error, "message"));

    if (error == NULL)
        return PROBER_HOLDS;
    switch (json_integer_value(json_object_get(error, "code"))) {
    case PROTOCOL_TIMEOUT_ERROR:
        return PROBER_TRIED;
    case PROTOCOL_NOT_READY_ERROR:
    case PROTOCOL_INVALID_THREAD_ID_ERROR:
        return PROBER_IN_VAIN; /* the run is over */
    case PROTOCOL_VALUE_ERROR:
        text_add(why, message != NULL ? message : "the probe is impossible there");
        return PROBER_IMPOSSIBLE;
    default:
        text_add(why, message != NULL ? message : "the agent gives no reason");
        return PROBER_FAILED;
    }
}

/* Waits for the reply to REQUEST. Returns false, without a reply, at the end of the connection or of the prober. */
static bool await(struct remote *remote, int64_t request, bool (*goes_on)(void), json_t **ret)
{
    bool bad = false;
    int  error = 0;

    while (error == 0 && !bad) {
        struct pollfd poll = remote_poll(remote);

        if (k3thread_poll(&poll, 1, INFINITY) == -ECANCELED && !goes_on())
            return false;
        error = remote_move(remote);
        while ((*ret = remote_next(remote, &bad)) != NULL) {
            if (json_integer_value(json_object_get(*ret, "id")) == request)
                return true;
            json_decref(*ret);
        }
    }
    return false;
}

static enum prober_news ask_until_over(const struct far_probe *probe, struct remote *remote,
                                       struct text *why)
{
    enum prober_news news = PROBER_TRIED;
    json_t          *reply;

    for (bool is_first = true; news == PROBER_TRIED; is_first = false) {
        if (!await(remote, ask(remote, probe, is_first), probe->goes_on, &reply))
            return PROBER_IN_VAIN;
        news = read_reply(reply, why);
        json_decref(reply);
        if (news == PROBER_TRIED)
            probe->tried(probe->context);
    }
    return news;
}

enum prober_news far_probe_try(const struct far_probe *probe, struct text *why)
{
    struct remote    remote = {0};
    enum prober_news news = PROBER_IN_VAIN; /* the machine is lost, and with it the run */

    if (remote_open(&remote, probe->seat) == 0)
        news = ask_until_over(probe, &remote, why);
    remote_close(&remote);
    return news;
}
