#include "cli/server/raise_failure.h"

#include <errno.h>
#include <string.h>

void raise_failure_reply(struct call *call, const struct record *record, int error)
{
    if (error == -EPERM)
        call_fail(call, PROTOCOL_SEND_RAISE_ERROR,
                  "process %d of thread '%s' may not be signalled: %s", (int) record->now.pid,
                  record->job.name, strerror(EPERM));
    else if (error == -EMFILE || error == -ENFILE || error == -ENOMEM)
        call_fail(call, PROTOCOL_OS_ERROR, "cannot open the input of thread '%s': %s",
                  record->job.name, strerror(-error));
    else
        call_fail(call, PROTOCOL_SEND_RAISE_ERROR,
                  "too many exceptions are pending in thread '%s'; try again later",
                  record->job.name);
}
