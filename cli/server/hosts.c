#include "cli/server/hosts.h"

#include "cli/base/clock.h"
#include "cli/rpc/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * After the first machine is up, commands still wait so many seconds for the machines that are being reached. Without
 * that, the machine that is up first would get all the commands that wait, and the order of the list would count only
 * for the commands after them. A machine that takes longer holds up no command.
 */
#define PATIENCE 2.0

/* Whether a machine can be reached, as far as the server knows. */
enum reach { REACH_EXPECTED, REACH_UP, REACH_LOST };

/* How many threads of the queue ask for one machine, or for any. */
struct demand {
    size_t commands; /* these take a slot */
    size_t daemons;
};

/* One machine of the list. */
struct entry {
    struct seat   seat; /* the first member */
    enum reach    reach;
    unsigned      slots; /* 0: as many as there are processors */
    unsigned      taken;
    struct demand demand; /* of the threads that name this machine */
};

static struct entry *entries;
static size_t        count, expected;
static double        patience_end; /* 0: no machine is up yet */
static bool          reschedule;
static struct demand demand_for_any;

bool hosts_are_used(void)
{
    return count > 0;
}

bool hosts_reschedule(void)
{
    return reschedule;
}

/* Returns the entry of SEAT, which is its first member. A user of a seat may not change it; this file may. */
static struct entry *entry_of(const struct seat *seat)
{
    return (struct entry *) seat;
}

static struct entry *find(const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].seat.name, name) == 0)
            return &entries[i];
    return NULL;
}

/* Reads one machine. Returns 0, -ENOMEM, or -EINVAL with WHY. */
static int read_entry(const json_t *json, struct entry *ret, struct text *why)
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
    *ret = (struct entry){.seat = {.name = strdup(name), .socket = strdup(socket)},
                          .slots = (unsigned) number};
    return ret->seat.name != NULL && ret->seat.socket != NULL ? 0 : -ENOMEM;
}

static void forget(void)
{
    while (count > 0) {
        count--;
        free(entries[count].seat.name);
        free(entries[count].seat.socket);
    }
    free(entries);
    entries = NULL;
}

int hosts_set(const json_t *list, bool moves, struct text *why)
{
    int error = 0;

    if (count > 0 || json_array_size(list) == 0) {
        text_add(why, count > 0 ? "this supervisor has its hosts already"
                                : "\"hosts\" must be a list of one host or more");
        return -EINVAL;
    }
    entries = calloc(json_array_size(list), sizeof(*entries));
    if (entries == NULL)
        return -ENOMEM;
    for (size_t i = 0; error == 0 && i < json_array_size(list); i++) {
        error = read_entry(json_array_get(list, i), &entries[i], why);
        count += error == 0;
    }
    if (error != 0)
        forget();
    expected = count;
    reschedule = moves;
    return error;
}

const struct seat *hosts_find(const char *name, struct text *why)
{
    const struct entry *entry = find(name);

    if (entry != NULL)
        return &entry->seat;
    if (count == 0) {
        text_add(why, "there are no other machines; --host goes with run --hosts");
        return NULL;
    }
    text_printf(why, "no host '%s'; there are:", name);
    for (size_t i = 0; i < count && i < 10; i++)
        text_printf(why, " %s", entries[i].seat.name);
    if (count > 10)
        text_printf(why, " and %zu more", count - 10);
    return NULL;
}

/* Reachability */

static void set_reach(struct entry *entry, enum reach reach)
{
    expected -= entry->reach == REACH_EXPECTED;
    entry->reach = reach;
}

void hosts_note_up(const struct seat *seat, unsigned processors)
{
    struct entry *entry = entry_of(seat);

    if (entry->reach != REACH_EXPECTED)
        return;
    if (entry->slots == 0)
        entry->slots = processors > 0 ? processors : 1;
    set_reach(entry, REACH_UP);
    if (patience_end == 0)
        patience_end = clock_monotonic() + PATIENCE;
}

void hosts_note_lost(const struct seat *seat, const char *why)
{
    struct entry *entry = entry_of(seat);

    set_reach(entry, REACH_LOST);
    if (why != NULL && atomic_load(&seat->lost) == NULL)
        atomic_store(&entry->seat.lost, strdup(why)); /* without memory, no reason is known */
}

bool hosts_is_up(const struct seat *seat)
{
    return entry_of(seat)->reach == REACH_UP;
}

/* Returns true if a command that names no machine still waits for the machines that are being reached. */
static bool waits_for_expected(void)
{
    return expected > 0 && (patience_end == 0 || clock_monotonic() < patience_end);
}

double hosts_due(void)
{
    double left;

    if (patience_end == 0 || expected == 0)
        return -1;
    left = clock_until(patience_end);
    return left > 0 ? left : -1;
}

static bool all_are_lost(void)
{
    for (size_t i = 0; i < count; i++)
        if (entries[i].reach != REACH_LOST)
            return false;
    return true;
}

/* Placing */

static bool has_slot(const struct entry *entry)
{
    return entry->reach == REACH_UP && entry->taken < entry->slots;
}

/* Returns true if a thread that names the machine of ENTRY can go on: to run there, or to fail as the machine is lost. */
static bool takes(const struct entry *entry, bool counts)
{
    if (counts && entry->reach == REACH_UP)
        return has_slot(entry);
    return entry->reach != REACH_EXPECTED;
}

/* Returns the first machine for a thread that may run on any, or NULL. */
static struct entry *find_any(bool counts)
{
    if (all_are_lost())
        return &entries[0];
    if (waits_for_expected())
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (counts ? has_slot(&entries[i]) : entries[i].reach == REACH_UP)
            return &entries[i];
    return NULL;
}

const struct seat *hosts_take(const char *wanted, bool counts)
{
    struct entry *entry = wanted != NULL ? find(wanted) : find_any(counts);

    if (entry == NULL || !takes(entry, counts))
        return NULL;
    entry->taken += counts;
    return &entry->seat;
}

void hosts_give_back(const struct seat *seat, bool counts)
{
    entry_of(seat)->taken -= counts;
}

/* The queue */

void hosts_count_queued(const char *wanted, bool counts, bool enters)
{
    struct entry  *entry = wanted != NULL ? find(wanted) : NULL;
    struct demand *demand = entry != NULL ? &entry->demand : &demand_for_any;
    size_t        *number = counts ? &demand->commands : &demand->daemons;

    *number += enters ? 1 : (size_t) -1;
}

bool hosts_can_take_queued(bool slots_are_free)
{
    if (slots_are_free && demand_for_any.commands > 0 && find_any(true) != NULL)
        return true;
    if (demand_for_any.daemons > 0 && find_any(false) != NULL)
        return true;
    for (size_t i = 0; i < count; i++) {
        const struct demand *demand = &entries[i].demand;

        if (slots_are_free && demand->commands > 0 && takes(&entries[i], true))
            return true;
        if (demand->daemons > 0 && takes(&entries[i], false))
            return true;
    }
    return false;
}
