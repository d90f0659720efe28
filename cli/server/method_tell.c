/* The method "tell": takes the news of an attached process about its threads, its exceptions and its end. */
#include "cli/server/attachment.h"
#include "cli/server/following.h"
#include "cli/server/method.h"
#include "cli/server/news.h"
#include "cli/server/params.h"

static void run(struct call *call, const json_t *params)
{
    struct attachment *attachment = call->peer->attachment;
    struct news        news = {0};
    const char        *why = NULL;
    const struct param wanted[] = {
        {"started", PARAM_ANY, &news.started, false},
        {"ended", PARAM_ANY, &news.ended, false},
        {"published", PARAM_ANY, &news.published, false},
        {"exception", PARAM_STRING, &news.exception, false},
        {"message", PARAM_ANY, &news.message, false},
        {0},
    };

    if (!params_take(call, params, wanted))
        return;
    if (attachment == NULL) {
        call_fail(call, PROTOCOL_RUNTIME_ERROR, "only an attached process has something to tell");
        return;
    }
    if (!news_take(attachment, &news, &why)) {
        call_fail(call, PROTOCOL_VALUE_ERROR, "tell: %s", why);
        return;
    }
    following_tell(attachment, params);
    call_reply(call, json_object());
}

const struct method method_tell = {.name = "tell", .run = run};
