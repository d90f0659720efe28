#include "cli/server/leash_ends.h"

#include "cli/server/arrive.h"
#include "cli/server/leash.h"

/* Asks RECORD to end. Returns false if it could not be asked. */
static bool end(struct record *record)
{
    int error = arrive_end(record, &k3thread_SystemExit, leash_message(record), leash_tell_again);

    return error == 0 || error == K3THREAD_INVALID_THREAD_ID_ERROR;
}

bool leash_ends_advance(void)
{
    return leash_tell(end);
}
