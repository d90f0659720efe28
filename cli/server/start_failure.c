#include "cli/server/start_failure.h"

#include "cli/rpc/write.h"

#include <errno.h>

static enum protocol_error code_of(int error)
{
    switch (error) {
    case ENOENT:
        return PROTOCOL_FILE_NOT_FOUND_ERROR;
    case EACCES:
    case EPERM:
        return PROTOCOL_PERMISSION_ERROR;
    default:
        return PROTOCOL_OS_ERROR;
    }
}

void start_failure_reply(struct call *call, const struct record *record)
{
    const char *message = record->now.message;
    struct text data = {0};

    write_name(&data, "thread");
    record_write(&data, record, RECORD_ALL_MEMBERS);
    call_fail_with(call, code_of(record->now.error), message != NULL ? message : "out of memory",
                   &data);
}
