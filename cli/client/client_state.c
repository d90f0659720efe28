#include "cli/client/client_state.h"

/* The seconds that ssh may take to end when its connection has been closed. */
#define SSH_END 1.0

void client_drop(struct client *client)
{
    if (client->open)
        wire_close(&client->wire);
    (void) ssh_finish(&client->ssh, SSH_END);
    client->open = client->adopted = client->is_new = false;
    client->environment_known = client->refused = false;
}
