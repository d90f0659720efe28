#include "cli/server/terminal_join.h"

#include "cli/server/console.h"

bool terminal_join(struct call *call, struct record *record, const struct terminal_wish *wish)
{
    struct viewer     *viewer = &call->peer->viewer;
    unsigned long long id = record->id;

    if (record->console == NULL)
        return call_fail(call, PROTOCOL_VALUE_ERROR,
                         "thread '%s' (id %llu) has no terminal; start it with --tty",
                         record->job.name, id);
    if (!viewer_is_to(viewer, record))
        viewer_end(viewer); /* it needs the old value of read_only */
    viewer->connection = &call->peer->connection;
    viewer->size = wish->size;
    viewer->read_only = wish->read_only;
    viewer_begin(viewer, record, !wish->is_new);
    return true;
}
