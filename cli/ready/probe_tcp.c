/* The probe tcp:HOST:PORT, which holds when a connection is accepted there. */
#include "cli/ready/probe_connection.h"

#include <string.h>

static bool is_valid(const char *argument, struct text *why)
{
    struct address addresses[ADDRESS_MAX];

    if (address_parse(argument, strlen(argument), 0, addresses) > 0)
        return true;
    text_add(why, "tcp: takes HOST:PORT, HOST being an address or localhost");
    return false;
}

static bool check(struct ready *ready, const struct spawn_plan *plan)
{
    struct address addresses[ADDRESS_MAX];
    size_t         count = address_parse(ready->argument, strlen(ready->argument), 0, addresses);

    (void) plan;
    return probe_connection_step(ready, addresses, count) == CONNECTING_DONE;
}

const struct probe_kind probe_tcp = {
    .size = sizeof(struct ready),
    .is_shared = true,
    .is_valid = is_valid,
    .check = check,
};
