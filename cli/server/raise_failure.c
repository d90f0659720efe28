#include "cli/server/raise_failure.h"

#include <errno.h>
#include <string.h>

enum protocol_error raise_failure_word(const struct record *record, int error, struct text *why)
{
    switch (error) {
    case K3THREAD_INVALID_THREAD_ID_ERROR:
        text_printf(why, "no live thread '%s'", record->job.name);
        return PROTOCOL_INVALID_THREAD_ID_ERROR;
    case -EPERM:
        text_printf(why, "process %d of thread '%s' may not be signalled: %s",
                    (int) record->now.pid, record->job.name, strerror(EPERM));
        return PROTOCOL_SEND_RAISE_ERROR;
    case -EMFILE:
    case -ENFILE:
    case -ENOMEM:
    case -ENOSPC:
        text_printf(why, "cannot open the input or terminal of thread '%s': %s", record->job.name,
                    strerror(-error));
        return PROTOCOL_OS_ERROR;
    default:
        text_printf(why, "too many exceptions are pending in thread '%s'; try again later",
                    record->job.name);
        return PROTOCOL_SEND_RAISE_ERROR;
    }
}

void raise_failure_reply(struct call *call, const struct record *record, int error)
{
    struct text         why = {0};
    enum protocol_error code = raise_failure_word(record, error, &why);

    call_fail(call, code, "%.*s", (int) why.size, why.size > 0 ? why.data : "");
    text_release(&why);
}
