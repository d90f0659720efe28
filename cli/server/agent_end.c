#include "cli/server/agent_end.h"

#include "cli/server/connection.h"
#include "cli/server/listener.h"
#include "cli/server/parent.h"
#include "cli/server/shutdown.h"

#include <signal.h>

void agent_end(void)
{
    if (parent_pid() != 0)
        (void) raise(SIGKILL); /* the guardian ends everything, faster than this process could */
    listener_shut();
    connection_drop_all(); /* a command whose client is gone is killed */
    shutdown_begin(NULL, &k3thread_SystemExit);
}
