/* The method "follow" of an agent: gives a run's supervisor the news of a process that is attached here. */
#include "cli/server/agent_check.h"
#include "cli/server/following.h"
#include "cli/server/method.h"
#include "cli/server/params.h"

static void run_follow(struct call *call, const json_t *params)
{
    struct attachment *attachment;
    json_int_t         id = 0;
    const struct param wanted[] = {{"thread", PARAM_INTEGER, &id, true}, {0}};

    if (!agent_check(call) || !params_take(call, params, wanted))
        return;
    attachment = following_find(id);
    if (attachment != NULL)
        following_begin(attachment, call);
    else
        call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "no process of this thread is attached");
}

const struct method method_follow = {.name = "follow", .run = run_follow};
