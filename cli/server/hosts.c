#include "cli/server/hosts.h"

#include "cli/base/clock.h"
#include "cli/rpc/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* When the first machine is up, commands wait for the others, but no longer than so many seconds. */
#define SETTLE 2.0

enum host_state { HOST_EXPECTED, HOST_UP, HOST_LOST };

struct host {
    struct seat     seat; /* the first member */
    enum host_state state;
    unsigned        slots; /* 0: as many as there are processors */
    unsigned        taken;
};

static struct host *hosts;
static size_t       count, expected;
static double       settled; /* when commands wait for no machine any more; 0: none is up */
static bool         reschedule;

bool hosts_are_used(void)
{
    return count > 0;
}

bool hosts_reschedule(void)
{
    return reschedule;
}

static struct host *find(const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(hosts[i].seat.name, name) == 0)
            return &hosts[i];
    return NULL;
}

/* Reads one machine. Returns 0, -ENOMEM, or -EINVAL with WHY. */
static int read_host(const json_t *json, struct host *ret, struct text *why)
{
    const char   *name = json_string_value(json_object_get(json, "name"));
    const char   *socket = json_string_value(json_object_get(json, "socket"));
    const json_t *slots = json_object_get(json, "slots");
    json_int_t    number = json_integer_value(slots);

    if (name == NULL || socket == NULL || (json_is_integer(slots) && number <= 0) ||
        number > PROTOCOL_SLOTS_MAX) {
        text_add(
            why,
            "each of \"hosts\" needs a \"name\" and a \"socket\", and \"slots\" above 0 or null");
        return -EINVAL;
    }
    if (find(name) != NULL) {
        text_printf(why, "the host '%s' stands twice in the list", name);
        return -EINVAL;
    }
    *ret = (struct host){.seat = {.name = strdup(name), .socket = strdup(socket)},
                         .slots = (unsigned) number};
    return ret->seat.name != NULL && ret->seat.socket != NULL ? 0 : -ENOMEM;
}

static void forget(void)
{
    while (count > 0) {
        count--;
        free(hosts[count].seat.name);
        free(hosts[count].seat.socket);
    }
    free(hosts);
    hosts = NULL;
}

int hosts_set(const json_t *list, bool moves, struct text *why)
{
    int error = 0;

    if (count > 0 || json_array_size(list) == 0) {
        text_add(why, count > 0 ? "this supervisor has its hosts already"
                                : "\"hosts\" must be a list of one host or more");
        return -EINVAL;
    }
    hosts = calloc(json_array_size(list), sizeof(*hosts));
    if (hosts == NULL)
        return -ENOMEM;
    for (size_t i = 0; error == 0 && i < json_array_size(list); i++) {
        error = read_host(json_array_get(list, i), &hosts[i], why);
        count += error == 0;
    }
    if (error != 0)
        forget();
    expected = count;
    reschedule = moves;
    return error;
}

bool hosts_have(const char *name, struct text *why)
{
    if (find(name) != NULL)
        return true;
    if (count == 0) {
        text_add(why, "there are no other machines; --host goes with run --hosts");
        return false;
    }
    text_printf(why, "no host '%s'; there are:", name);
    for (size_t i = 0; i < count && i < 10; i++)
        text_printf(why, " %s", hosts[i].seat.name);
    if (count > 10)
        text_printf(why, " and %zu more", count - 10);
    return false;
}

static void settle(struct host *host, enum host_state state)
{
    expected -= host->state == HOST_EXPECTED;
    host->state = state;
}

void hosts_up(const char *name, unsigned processors)
{
    struct host *host = find(name);

    if (host == NULL || host->state != HOST_EXPECTED)
        return;
    if (host->slots == 0)
        host->slots = processors > 0 ? processors : 1;
    settle(host, HOST_UP);
    if (settled == 0)
        settled = clock_monotonic() + SETTLE;
}

void hosts_down(const char *name, const char *why)
{
    struct host *host = find(name);

    if (host == NULL)
        return;
    settle(host, HOST_LOST);
    if (atomic_load(&host->seat.lost) == NULL)
        atomic_store(&host->seat.lost, strdup(why)); /* without memory, no reason is known */
}

void hosts_lose(const struct seat *seat)
{
    settle((struct host *) seat, HOST_LOST);
}

bool hosts_is_there(const struct seat *seat)
{
    return ((const struct host *) seat)->state == HOST_UP;
}

/* Returns true if commands may go to any machine that is up. */
static bool is_settled(void)
{
    return expected == 0 || (settled > 0 && clock_monotonic() >= settled);
}

static bool has_slot(const struct host *host)
{
    return host->state == HOST_UP && host->taken < host->slots;
}

static bool all_are_lost(void)
{
    for (size_t i = 0; i < count; i++)
        if (hosts[i].state != HOST_LOST)
            return false;
    return true;
}

bool hosts_have_room(void)
{
    for (size_t i = 0; i < count; i++)
        if (has_slot(&hosts[i]) || hosts[i].state == HOST_LOST)
            return true;
    return false;
}

/* Returns the first machine for a command that may run on any, or NULL. */
static struct host *find_any(bool counts)
{
    if (all_are_lost())
        return &hosts[0];
    if (!is_settled())
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (counts ? has_slot(&hosts[i]) : hosts[i].state == HOST_UP)
            return &hosts[i];
    return NULL;
}

const struct seat *hosts_take(const char *wanted, bool counts)
{
    struct host *host = wanted != NULL ? find(wanted) : find_any(counts);

    if (host == NULL || host->state == HOST_EXPECTED)
        return NULL;
    if (counts && host->state == HOST_UP && !has_slot(host))
        return NULL;
    host->taken += counts;
    return &host->seat;
}

void hosts_give_back(const struct seat *seat, bool counts)
{
    ((struct host *) seat)->taken -= counts;
}

double hosts_due(void)
{
    double left;

    if (settled == 0 || expected == 0)
        return -1;
    left = clock_until(settled);
    return left > 0 ? left : -1;
}
